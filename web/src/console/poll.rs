//! Repeats a question while the page is visible, and once more as it becomes visible again.

use std::time::Duration;

use leptos::prelude::*;

/// How often lists refresh: presence is news for about as long.
pub(crate) const REFRESH: Duration = Duration::from_secs(5);

/// Calls `ask` every `gap` while the page is visible, until the calling component goes.
pub(crate) fn every(gap: Duration, ask: impl Fn() + Copy + 'static) {
    let ask_if_seen = move || {
        if !document().hidden() {
            ask();
        }
    };
    let seen_again = window_event_listener_untyped("visibilitychange", move |_| ask_if_seen());
    let timer = set_interval_with_handle(ask_if_seen, gap).ok();
    on_cleanup(move || {
        seen_again.remove();
        if let Some(timer) = timer {
            timer.clear();
        }
    });
}
