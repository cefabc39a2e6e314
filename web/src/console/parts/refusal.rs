//! Why the server refused a form as a whole.

use leptos::prelude::*;

use super::FormState;
use crate::ui::{Banner, Tone};

/// The banner that says why; announced when it appears.
#[component]
pub(crate) fn Refusal(
    /// Of this form.
    state: FormState,
    /// For tests.
    testid: &'static str,
) -> impl IntoView {
    move || {
        state.refusal.get().map(|text| view! { <Banner tone=Tone::Danger assertive=true testid=testid>{text}</Banner> })
    }
}
