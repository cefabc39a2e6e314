//! A raised surface.

use leptos::prelude::*;

/// A raised surface that holds one matter together.
#[component]
pub fn Card(
    /// Without shadow and with less air, for lists.
    #[prop(optional)]
    flat: bool,
    /// Extra class.
    #[prop(optional, into)]
    class: Option<String>,
    /// What is on it.
    children: Children,
) -> impl IntoView {
    let class = format!("card{} {}", if flat { " card--flat" } else { "" }, class.unwrap_or_default());
    view! { <div class=class>{children()}</div> }
}
