//! A message that stays while it is true.

use leptos::prelude::*;

use super::{Glyph, Icon, Tone};

/// A message with an optional title and actions. `assertive` interrupts a screen reader, for what is urgent.
#[component]
pub fn Banner(
    /// What it means.
    #[prop(optional)]
    tone: Tone,
    /// Its picture; each tone has one of its own.
    #[prop(optional)]
    icon: Option<Glyph>,
    /// First line, in bold.
    #[prop(optional, into)]
    title: Option<String>,
    /// Interrupt instead of waiting for a pause.
    #[prop(optional)]
    assertive: bool,
    /// For tests.
    #[prop(optional, into)]
    testid: Option<String>,
    /// The text.
    children: Children,
) -> impl IntoView {
    let glyph = icon.unwrap_or(match tone {
        Tone::Good => Glyph::Check,
        Tone::Warn | Tone::Danger => Glyph::Warning,
        Tone::Neutral | Tone::Accent => Glyph::Info,
    });
    view! {
        <div class=tone.class("banner") role=if assertive { "alert" } else { "status" } data-testid=testid>
            <Icon glyph=glyph />
            <div class="banner__body">
                {title.map(|title| view! { <p class="banner__title">{title}</p> })}
                <div>{children()}</div>
            </div>
        </div>
    }
}
