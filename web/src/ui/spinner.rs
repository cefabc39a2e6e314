//! A spinner.

use leptos::prelude::*;

/// Turns while something is under way. Say in words what; this is only its picture.
#[component]
pub fn Spinner() -> impl IntoView {
    view! { <span class="spinner" aria-hidden="true"></span> }
}
