//! The heading of a page, which takes the focus when the page appears, so that a screen reader says where one is.

use leptos::html;
use leptos::prelude::*;
use shared::text::tr_with;

/// A page's heading, and the title of the window.
#[component]
pub(crate) fn PageHead(
    /// What the page is about. May be somebody's words.
    #[prop(into)]
    title: String,
    /// Beside the heading: badges, buttons.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let heading = NodeRef::<html::H1>::new();
    document().set_title(&tr_with("{page} · Conclave console", &[("page", &title)]));
    Effect::new(move || {
        if let Some(heading) = heading.get() {
            // Not there any more: then another page has taken the focus.
            let _ = heading.focus();
        }
    });
    view! {
        <header class="console-head">
            <h1 class="console-head__title" tabindex="-1" dir="auto" node_ref=heading>{title}</h1>
            {children.map(|children| view! { <div class="console-head__side">{children()}</div> })}
        </header>
    }
}
