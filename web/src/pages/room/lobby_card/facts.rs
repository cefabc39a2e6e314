//! The evidence on a card: how they came, whether computer and telephone agree, what happened before.

use std::time::Duration;

use leptos::prelude::*;
use shared::location::{LocationHint, Verdict};
use shared::signal::{LobbyCard, PasswordState, Past, PastKind};
use shared::text::{tr, tr_with};

use crate::app::Session;
use crate::bindings::{country_name, now, time_of_day};
use crate::room::{lobby_words, location_words, words};
use crate::ui::{Badge, Glyph, Icon, Tone};

/// How often the waiting time is repainted.
const TICK: Duration = Duration::from_secs(10);

/// What speaks for somebody and against, and how sure it is.
#[component]
pub(super) fn Facts(session: Session, card: LobbyCard) -> impl IntoView {
    let clock = RwSignal::new(now());
    if let Ok(interval) = set_interval_with_handle(move || clock.set(now()), TICK) {
        on_cleanup(move || interval.clear());
    }
    let since = card.waiting_since;
    let waits = move || waiting_for(clock.get().since(since));
    let (came_tone, came) = match (card.came_by_link, card.pin_typed) {
        (_, false) => (Tone::Warn, tr("Knocked without a PIN")),
        (true, true) => (Tone::Neutral, tr("Came by their link")),
        (false, true) => (Tone::Neutral, tr("Typed the PIN without the link")),
    };
    let (password_tone, password_glyph) = match card.password {
        PasswordState::Given | PasswordState::CodeGiven => (Tone::Good, Glyph::Check),
        PasswordState::NotAsked => (Tone::Neutral, Glyph::Key),
        _ => (Tone::Warn, Glyph::Key),
    };
    let tone = match card.location.verdict {
        Verdict::Agree => Tone::Good,
        Verdict::Nearby => Tone::Accent,
        Verdict::Differ => Tone::Warn,
        Verdict::Unknown => Tone::Neutral,
    };
    view! {
        <div class="lobby-card__badges">
            <Badge tone=tone icon=Glyph::Pin>{location_words::verdict(card.location.verdict)}</Badge>
            <Badge>{words::role(card.role)}</Badge>
            <Badge icon=Glyph::Clock>{waits}</Badge>
            <Badge tone=password_tone icon=password_glyph>{words::password_on_card(&card.password)}</Badge>
            <Badge tone=came_tone icon=Glyph::Link>{came}</Badge>
        </div>
        {card.in_use.map(|place| view! {
            <p class="fact fact--warn small" data-testid="pin-in-use"><Icon glyph=Glyph::Warning /><span>{lobby_words::in_use(place)}</span></p>
        })}
        <Hint session=session hint=card.location software=lobby_words::software(&card.software) />
        <Before history=card.history />
    }
}

/// What happened with this invitation before. That they came to the lobby just now goes without saying.
#[component]
fn Before(history: Vec<Past>) -> impl IntoView {
    let before = history.len().saturating_sub(1);
    let refused = history.iter().any(|past| past.what == PastKind::Refused);
    (before > 0).then(|| view! {
        <details class="lobby-card__before small" open=refused data-testid="before">
            <summary>{tr_with("Before in this meeting: {n}", &[("n", &before.to_string())])}</summary>
            <ol class="lobby-card__past">
                {history.into_iter().take(before).map(|past| view! {
                    <li class:past--refused=past.what == PastKind::Refused><span class="muted-text">{time_of_day(past.at)}</span>" "{lobby_words::past(past.what)}</li>
                }).collect_view()}
            </ol>
        </details>
    })
}

fn waiting_for(ms: i64) -> String {
    match ms / 60_000 {
        i64::MIN..=0 => tr("Just came").to_owned(),
        1 => tr("Waiting for 1 minute").to_owned(),
        minutes => tr_with("Waiting for {n} minutes", &[("n", &minutes.to_string())]),
    }
}

/// D28–D30: verdict, evidence in words, and that it is an estimate.
#[component]
fn Hint(session: Session, hint: LocationHint, software: String) -> impl IntoView {
    let verdict = match hint.verdict {
        Verdict::Agree => "agree",
        Verdict::Nearby => "nearby",
        Verdict::Differ => "differ",
        Verdict::Unknown => "unknown",
    };
    let (computer, phone) = location_words::evidence(&hint, country_name);
    let apart = location_words::distance(&hint);
    let media = location_words::media_from(&hint, country_name);
    // The database's licence asks for it wherever its results are shown.
    let attribution =
        move || session.store.site.with(|site| site.as_ref().and_then(|site| site.geo_attribution.clone()));
    view! {
        <div class="hint" data-testid="location-hint" data-verdict=verdict>
            <ul class="hint__evidence small">
                <li class="fact"><Icon glyph=Glyph::Computer /><span>{computer}</span></li>
                <li class="fact"><Icon glyph=Glyph::Phone /><span>{phone}</span></li>
                {apart.map(|apart| view! {
                    <li class="fact"><Icon glyph=Glyph::Pin /><span data-testid="apart">{apart}</span></li>
                })}
                {media.map(|media| view! {
                    <li class="fact fact--warn"><Icon glyph=Glyph::Warning /><span data-testid="media-from">{media}</span></li>
                })}
                {hint.network.as_ref().map(|network| view! {
                    <li class="fact"><Icon glyph=Glyph::Link /><span data-testid="network">{location_words::network(network)}</span></li>
                })}
                <li class="fact"><Icon glyph=Glyph::Screen /><span data-testid="software">{software}</span></li>
            </ul>
            <p class="hint__estimate">{location_words::estimate()}</p>
            {move || attribution().map(|words| view! { <p class="hint__estimate">{words}</p> })}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::waiting_for;

    #[test]
    fn waiting_is_told_in_whole_minutes() {
        let table = [
            (-5, "Just came"),
            (59_999, "Just came"),
            (60_000, "Waiting for 1 minute"),
            (180_000, "Waiting for 3 minutes"),
        ];
        for (ms, words) in table {
            assert_eq!(waiting_for(ms), words);
        }
    }
}
