//! A word or two in a pill.

use leptos::prelude::*;

use super::{Glyph, Icon, Tone};

/// A short fact beside a name or title. Its words carry the meaning; the colour only repeats it.
#[component]
pub fn Badge(
    /// What it means.
    #[prop(optional)]
    tone: Tone,
    /// A picture before the words.
    #[prop(optional)]
    icon: Option<Glyph>,
    /// The words.
    children: Children,
) -> impl IntoView {
    view! {
        <span class=tone.class("badge")>
            {icon.map(|glyph| view! { <Icon glyph=glyph /> })}
            {children()}
        </span>
    }
}
