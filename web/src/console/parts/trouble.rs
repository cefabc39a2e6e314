//! What a page shows while it waits for the server, and when the server does not answer.

use leptos::prelude::*;
use shared::text::tr;

use crate::console::api::CallError;
use crate::console::words;
use crate::ui::{Banner, Spinner, Tone};

/// Waiting for the first answer.
#[component]
pub(crate) fn Loading() -> impl IntoView {
    view! { <p class="console-loading muted-text" role="status"><Spinner /><span>{tr("Loading…")}</span></p> }
}

/// Says why the last question had no answer, while that is so.
#[component]
pub(crate) fn Trouble(
    /// Why.
    #[prop(into)]
    error: Signal<Option<CallError>>,
    /// Whether an older answer is on the page.
    #[prop(into)]
    stale: Signal<bool>,
) -> impl IntoView {
    move || {
        error.get().map(|error| {
            let title = if stale.get() { tr("What you see may be out of date") } else { tr("This cannot be shown") };
            view! { <Banner tone=Tone::Warn title=title>{words::call_error(&error)}</Banner> }
        })
    }
}
