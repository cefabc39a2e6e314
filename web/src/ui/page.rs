//! The frame of every page that is not a meeting: brand, content, footer.

use leptos::prelude::*;
use shared::text::tr;

use super::{Glyph, Icon};

/// The mark and the name. The mark is a round table with one place at the door.
#[component]
pub fn Brand() -> impl IntoView {
    view! {
        <span class="brand">
            <svg class="brand__mark" viewBox="0 0 32 32" aria-hidden="true">
                <rect width="32" height="32" rx="8" fill="currentColor" />
                <path class="brand__table" d="M22.2 10.2a8.6 8.6 0 1 0 0 11.6" fill="none" stroke-width="3.2" stroke-linecap="round" />
                <circle class="brand__door" cx="22.6" cy="16" r="2.6" />
            </svg>
            "Conclave"
        </span>
    }
}

/// Says that this deployment is a demo (D15): on loopback, or under a certificate for other computers.
#[component]
pub fn DemoBanner(
    /// Where there is little room.
    #[prop(optional)]
    short: bool,
) -> impl IntoView {
    let is_plain = window().location().protocol().is_ok_and(|protocol| protocol == "http:");
    let words = match (is_plain, short) {
        (true, true) => tr("Demo: for this computer only, not for real meetings."),
        (true, false) => {
            tr("Demo: this server speaks plain HTTP to this computer only. Do not use it for real meetings.")
        }
        (false, true) => tr("Demo: for trying out, not for real meetings."),
        (false, false) => tr("Demo: this server is for trying out. Do not use it for real meetings."),
    };
    view! {
        <section class="demo-banner" aria-label=tr("Demo") data-testid="demo-banner">
            <Icon glyph=Glyph::Info />
            <span>{words}</span>
        </section>
    }
}

/// A page with header, one column and footer.
#[component]
pub fn Page(
    /// Beside the brand, for what this page is: "Console".
    #[prop(optional, into)]
    title: Option<String>,
    /// A narrow column, for forms.
    #[prop(optional)]
    narrow: bool,
    /// Whether this is the demo.
    #[prop(optional, into)]
    demo: Signal<bool>,
    /// At the right of the header.
    #[prop(optional, into)]
    aside: ViewFnOnce,
    /// In the footer.
    #[prop(optional, into)]
    footer: ViewFnOnce,
    /// What is on the page.
    children: Children,
) -> impl IntoView {
    let main = if narrow { "page__main page__main--narrow" } else { "page__main" };
    view! {
        <div class="page">
            <div>
                <a class="skip-link" href="#main">{tr("Skip to the content")}</a>
                {move || demo.get().then(|| view! { <DemoBanner /> })}
                <header class="header">
                    <div class="header__side">
                        <Brand />
                        {title.map(|title| view! { <span class="header__title muted-text">{title}</span> })}
                    </div>
                    <div class="header__side">{aside.run()}</div>
                </header>
            </div>
            <main class=main id="main" tabindex="-1">{children()}</main>
            <footer class="page__footer">{footer.run()}</footer>
        </div>
    }
}
