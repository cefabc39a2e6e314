//! The management console: accounts, meetings, invitees.

use leptos::prelude::*;

use crate::ui::Page;

/// The console's root.
#[component]
pub fn App() -> impl IntoView {
    view! { <Page title="Console">""</Page> }
}
