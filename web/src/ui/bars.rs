//! Three bars, as on a telephone.

use leptos::prelude::*;
use shared::quality::Quality;

/// How well a connection serves, as a picture without a name: what it stands in or beside has one. The number of bars
/// carries the meaning; the colour only repeats it.
#[component]
pub fn Bars(
    /// How well; `None` is no connection.
    #[prop(into)]
    quality: Signal<Option<Quality>>,
) -> impl IntoView {
    let class = move || match quality.get() {
        None => "bars bars--none",
        Some(Quality::Good) => "bars bars--good",
        Some(Quality::Fair) => "bars bars--fair",
        Some(Quality::Poor) => "bars bars--poor",
    };
    view! {
        <svg class=class viewBox="0 0 24 24" aria-hidden="true">
            <rect x="3" y="14" width="4.5" height="6.5" rx="1" />
            <rect x="9.75" y="9" width="4.5" height="11.5" rx="1" />
            <rect x="16.5" y="3.5" width="4.5" height="17" rx="1" />
        </svg>
    }
}
