//! How long there is, and more of it.

use std::time::Duration;

use leptos::prelude::*;
use shared::text::{tr, tr_with};

use crate::app::Session;
use crate::bindings::{now, time_of_day};
use crate::ui::{Button, Glyph, Icon};

/// Minutes before the end from which on it is pointed at.
const NEAR_MINUTES: i64 = 10;
/// What one press adds.
const EXTENSION_MINUTES: u32 = 15;
/// How often the countdown is repainted.
const TICK: Duration = Duration::from_secs(1);

/// Where the meeting is on its way to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Left {
    /// There is time.
    Plenty,
    /// This many minutes to the scheduled end.
    Near(i64),
    /// Past it: the room closes by itself in this many seconds.
    Closing(i64),
}

fn left(now: i64, ends_at: i64, closes_at: i64) -> Left {
    let to_end = ends_at - now;
    if to_end <= 0 {
        return Left::Closing(((closes_at - now).max(0) + 999) / 1_000);
    }
    let minutes = (to_end + 59_999) / 60_000;
    if minutes <= NEAR_MINUTES { Left::Near(minutes) } else { Left::Plenty }
}

/// The end time with its countdown, and the moderator's way to move it.
#[component]
pub(super) fn EndTime(session: Session) -> impl IntoView {
    let store = session.store;
    let clock = RwSignal::new(now().0);
    if let Ok(interval) = set_interval_with_handle(move || clock.set(now().0), TICK) {
        on_cleanup(move || interval.clear());
    }
    let time_left = Memo::new(move |_| {
        let clock = clock.get();
        store.meeting.with(|meeting| {
            meeting.as_ref().map_or(Left::Plenty, |meeting| left(clock, meeting.ends_at.0, meeting.closes_at.0))
        })
    });
    let words = move || {
        let ends = store.meeting.with(|meeting| meeting.as_ref().map(|m| time_of_day(m.ends_at)).unwrap_or_default());
        match time_left.get() {
            Left::Plenty => tr_with("Until {time}", &[("time", &ends)]),
            Left::Near(1) => tr("Ends within a minute").to_owned(),
            Left::Near(minutes) => tr_with("Ends in {n} minutes", &[("n", &minutes.to_string())]),
            Left::Closing(s) => {
                let clock = format!("{}:{:02}", s / 60, s % 60);
                tr_with("Over time: closes in {clock}", &[("clock", &clock)])
            }
        }
    };
    let is_moderator = Memo::new(move |_| store.is_moderator());
    view! {
        <div class="end-time" class:end-time--near=move || time_left.get() != Left::Plenty>
            <Icon glyph=Glyph::Clock />
            <span role="timer">{words}</span>
            {move || is_moderator.get().then(|| view! {
                <Button small=true label=tr("+15 min: extend the meeting") testid="extend" on:click=move |_| session.extend(EXTENSION_MINUTES)>{tr("+15 min")}</Button>
            })}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::{Left, left};

    #[test]
    fn the_end_comes_nearer() {
        const MINUTE: i64 = 60_000;
        let table = [
            (0, Left::Plenty),
            (49 * MINUTE, Left::Plenty),
            (50 * MINUTE, Left::Near(10)),
            (60 * MINUTE - 1, Left::Near(1)),
            (60 * MINUTE, Left::Closing(600)),
            (70 * MINUTE - 500, Left::Closing(1)),
            (80 * MINUTE, Left::Closing(0)),
        ];
        for (now, expected) in table {
            assert_eq!(left(now, 60 * MINUTE, 70 * MINUTE), expected, "{now}");
        }
    }
}
