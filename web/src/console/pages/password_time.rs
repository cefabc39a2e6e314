//! The choice of when SMS passwords go out.

use leptos::prelude::*;
use shared::text::tr;

use crate::console::words;
use crate::ui::{Choice, Select};

/// When the door opens: whoever comes then has the password already.
pub(super) const DEFAULT_MINUTES: u32 = 15;
/// What is offered, minutes before the start; 0 is not by itself.
const OFFERED: [u32; 6] = [0, 5, 15, 30, 60, 120];

/// A menu of times.
#[component]
pub(super) fn PasswordTime(
    /// What is chosen.
    #[prop(into)]
    minutes: Signal<u32>,
    /// Called with a new choice.
    #[prop(into)]
    on_choice: Callback<u32>,
) -> impl IntoView {
    let choices = move || {
        let mut offered = OFFERED.to_vec();
        let chosen = minutes.get();
        if !offered.contains(&chosen) {
            offered.push(chosen);
            offered.sort_unstable();
        }
        offered.into_iter().map(|n| Choice::new(n.to_string(), words::password_time(n))).collect::<Vec<_>>()
    };
    view! {
        <Select label=tr("The password goes out") choices=Signal::derive(choices)
            value=Signal::derive(move || minutes.get().to_string())
            on_choice=move |value: String| on_choice.run(value.parse().unwrap_or_default()) testid="password-time" />
    }
}
