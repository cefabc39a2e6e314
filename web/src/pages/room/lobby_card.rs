//! Somebody at the door, as moderators see them: live face, name on the invitation, evidence, decision.

use std::time::Duration;

use leptos::prelude::*;
use shared::ids::ParticipantId;
use shared::location::{LocationHint, Verdict};
use shared::signal::{LobbyCard, PasswordState};
use shared::text::{tr, tr_with};

use super::tile::person_colour;
use crate::app::Session;
use crate::bindings::{country_name, now};
use crate::pages::picture::{Picture, stream_of};
use crate::room::words;
use crate::ui::{Avatar, Badge, Button, ButtonVariant, Glyph, Icon, Tone};

/// How often the waiting time is repainted.
const TICK: Duration = Duration::from_secs(10);

/// After cards have moved nobody is decided about for so long: the press was meant for whoever stood there before.
const SETTLES_IN: Duration = Duration::from_millis(800);

/// What all cards share. Copy it freely.
#[derive(Clone, Copy)]
pub(super) struct Door {
    /// Whom this page decided about last, so that the focus of their vanishing card finds its next place.
    pub(super) decided: StoredValue<Option<ParticipantId>>,
    /// How many moves of the cards are younger than [`SETTLES_IN`].
    settling: RwSignal<u32>,
}

impl Door {
    /// Nobody decided about yet.
    pub(super) fn new() -> Self {
        Self { decided: StoredValue::new(None), settling: RwSignal::new(0) }
    }

    /// Cards have moved.
    pub(super) fn settle(self) {
        self.settling.update(|moves| *moves += 1);
        let settled = move || {
            let _ = self.settling.try_update(|moves| *moves = moves.saturating_sub(1));
        };
        set_timeout(settled, SETTLES_IN);
    }
}

/// The card.
#[component]
pub(super) fn Card(session: Session, who: ParticipantId, door: Door) -> impl IntoView {
    let store = session.store;
    let person = store.person(who);
    let card = RwSignal::from(person.card);
    let slots = RwSignal::from(person.slots);
    let face = Signal::derive_local(move || {
        let peer = store.peer.get()?;
        stream_of(&peer.video(slots.get().video?)?)
    });
    let name = Memo::new(move |_| card.with(|card| card.as_ref().map(|card| card.name.clone()).unwrap_or_default()));
    let camera = Memo::new(move |_| card.with(|card| card.as_ref().is_some_and(|card| card.media.camera)));
    let held = Signal::derive(move || door.settling.get() > 0 || store.link.get().is_lost());
    // The second press of a double-click belongs to the first.
    let decide = move |press: web_sys::MouseEvent, act: &dyn Fn()| {
        if press.detail() < 2 {
            door.decided.set_value(Some(who));
            act();
        }
    };
    view! {
        <article class="lobby-card" style:--person=person_colour(who) data-testid=format!("lobby-card-{}", who.0) data-name=name>
            <div class="lobby-card__face">
                <div class="lobby-card__no-face">{move || view! { <Avatar name=name.get() /> }}<span class="small">{move || slots.get().undecodable.map_or_else(|| tr("No picture").to_owned(), |codec| words::undecodable(&name.get(), codec))}</span></div>
                <Picture stream=face shown=camera label=name.get_untracked() />
            </div>
            <div class="lobby-card__who">
                <span class="small muted-text">{tr("Invited as")}</span>
                <strong class="lobby-card__name" tabindex="-1">{name}</strong>
            </div>
            {move || card.get().map(|card| view! { <Facts session=session card=card /> })}
            <div class="lobby-card__actions">
                <Button variant=ButtonVariant::Primary small=true icon=Glyph::Check label=tr_with("Admit {name}", &[("name", &name.get_untracked())]) testid=format!("admit-{}", who.0) disabled=held on:click=move |press| decide(press, &|| session.admit(who))>{tr("Admit")}</Button>
                <Button variant=ButtonVariant::DangerQuiet small=true label=tr_with("Refuse {name}", &[("name", &name.get_untracked())]) testid=format!("refuse-{}", who.0) disabled=held on:click=move |press| decide(press, &|| session.refuse(who))>{tr("Refuse")}</Button>
            </div>
        </article>
    }
}

#[component]
fn Facts(session: Session, card: LobbyCard) -> impl IntoView {
    let clock = RwSignal::new(now());
    if let Ok(interval) = set_interval_with_handle(move || clock.set(now()), TICK) {
        on_cleanup(move || interval.clear());
    }
    let since = card.waiting_since;
    let waits = move || waiting_for(clock.get().since(since));
    let came = if card.came_by_link { tr("Came by their link") } else { tr("Typed the PIN without the link") };
    let (password_tone, password_glyph) = match card.password {
        PasswordState::Given => (Tone::Good, Glyph::Check),
        PasswordState::NotAsked => (Tone::Neutral, Glyph::Key),
        _ => (Tone::Warn, Glyph::Key),
    };
    let tone = match card.location.verdict {
        Verdict::Agree => Tone::Good,
        Verdict::Differ => Tone::Warn,
        Verdict::Unknown => Tone::Neutral,
    };
    view! {
        <div class="lobby-card__badges">
            <Badge tone=tone icon=Glyph::Pin>{words::verdict(card.location.verdict)}</Badge>
            <Badge>{words::role(card.role)}</Badge>
            <Badge icon=Glyph::Clock>{waits}</Badge>
            <Badge tone=password_tone icon=password_glyph>{words::password_on_card(&card.password)}</Badge>
            <Badge icon=Glyph::Link>{came}</Badge>
            {(card.refused_before > 0).then(|| view! {
                <Badge tone=Tone::Danger>{tr_with("Refused before: {n}", &[("n", &card.refused_before.to_string())])}</Badge>
            })}
        </div>
        <Hint session=session hint=card.location />
    }
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
fn Hint(session: Session, hint: LocationHint) -> impl IntoView {
    let verdict = match hint.verdict {
        Verdict::Agree => "agree",
        Verdict::Differ => "differ",
        Verdict::Unknown => "unknown",
    };
    let (computer, phone) = words::evidence(&hint, country_name);
    // The database's licence asks for it wherever its results are shown.
    let attribution =
        move || session.store.site.with(|site| site.as_ref().and_then(|site| site.geo_attribution.clone()));
    view! {
        <div class="hint" data-testid="location-hint" data-verdict=verdict>
            <ul class="hint__evidence small">
                <li class="fact"><Icon glyph=Glyph::Computer /><span>{computer}</span></li>
                <li class="fact"><Icon glyph=Glyph::Phone /><span>{phone}</span></li>
            </ul>
            <p class="hint__estimate">{words::estimate()}</p>
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
