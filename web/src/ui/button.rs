//! Buttons.

use leptos::prelude::*;

use super::{Glyph, Icon, Spinner};

/// How loud a button is. One primary per view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ButtonVariant {
    /// The one thing most people came to do.
    Primary,
    /// Everything else.
    #[default]
    Secondary,
    /// Beside other things, without a frame.
    Quiet,
    /// Cannot be undone.
    Danger,
    /// Cannot be undone, and is not the main thing here.
    DangerQuiet,
}

impl ButtonVariant {
    const fn modifier(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Secondary => "secondary",
            Self::Quiet => "quiet",
            Self::Danger => "danger",
            Self::DangerQuiet => "danger-quiet",
        }
    }
}

/// A button that does something. Its name is its text, or `label` when the text does not say enough ("Admit" → "Admit Ben").
#[component]
pub fn Button(
    /// How loud.
    #[prop(optional)]
    variant: ButtonVariant,
    /// Whether it sends the form it stands in.
    #[prop(optional)]
    submit: bool,
    /// Lower and tighter, for lists.
    #[prop(optional)]
    small: bool,
    /// As wide as its surroundings.
    #[prop(optional)]
    wide: bool,
    /// A picture before the text.
    #[prop(optional)]
    icon: Option<Glyph>,
    /// Name for assistive technology, when the text alone is not enough.
    #[prop(optional, into)]
    label: Option<String>,
    /// For tests.
    #[prop(optional, into)]
    testid: Option<String>,
    /// Cannot be pressed now. Like `busy` it stays focusable, so that the keyboard does not lose its place.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// Works on it: a spinner instead of the picture, and no second press.
    #[prop(optional, into)]
    busy: Signal<bool>,
    /// The text.
    children: Children,
) -> impl IntoView {
    let class = format!(
        "button button--{}{}{}",
        variant.modifier(),
        if small { " button--small" } else { "" },
        if wide { " button--wide" } else { "" }
    );
    let held = move || busy.try_get_untracked().unwrap_or(true) || disabled.try_get_untracked().unwrap_or(true);
    let hold = move |press: web_sys::MouseEvent| {
        if held() {
            press.prevent_default();
            press.stop_immediate_propagation();
        }
    };
    view! {
        <button
            type=if submit { "submit" } else { "button" }
            class=class
            aria-label=label
            data-testid=testid
            on:click:capture=hold
            aria-disabled=move || (busy.get() || disabled.get()).then_some("true")
            aria-busy=move || busy.get().then_some("true")
        >
            {move || match (busy.get(), icon) {
                (true, _) => view! { <Spinner /> }.into_any(),
                (false, Some(glyph)) => view! { <Icon glyph=glyph /> }.into_any(),
                (false, None) => ().into_any(),
            }}
            <span>{children()}</span>
        </button>
    }
}
