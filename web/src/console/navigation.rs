//! The history router: one signal for the page shown, fed by link clicks and the browser's back and forward.
//!
//! Links are real `<a href>`s; [`Link`] only takes over plain clicks, so opening in a new window stays possible.

use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsValue;

use super::route::Route;

/// Which page is shown. A handle, given out through the context.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Navigation {
    route: RwSignal<Route>,
}

impl Navigation {
    /// Starts at the browser's address and follows back and forward.
    pub(crate) fn provide() -> Self {
        let navigation = Self { route: RwSignal::new(current()) };
        let listener = window_event_listener(ev::popstate, move |_| navigation.route.set(current()));
        on_cleanup(move || listener.remove());
        provide_context(navigation);
        navigation
    }

    /// The one of this page.
    pub(crate) fn get() -> Self {
        expect_context()
    }

    /// The page shown.
    pub(crate) fn route(self) -> Route {
        self.route.get()
    }

    /// Shows another page and adds it to the history.
    pub(crate) fn go(self, route: Route) {
        if self.route.get_untracked() == route {
            return;
        }
        if let Ok(history) = window().history() {
            // Refused only beyond a hundred entries in ten seconds; the page changes all the same.
            let _ = history.push_state_with_url(&JsValue::NULL, "", Some(&route.path()));
        }
        self.route.set(route);
        window().scroll_to_with_x_and_y(0.0, 0.0);
    }
}

fn current() -> Route {
    Route::parse(&window().location().pathname().unwrap_or_default())
}

/// A link to another page of the console.
#[component]
pub(crate) fn Link(
    /// Where to.
    to: Route,
    /// Class of the anchor.
    #[prop(into, default = "".into())]
    class: String,
    /// Name for tests.
    #[prop(optional)]
    testid: Option<&'static str>,
    /// Whether it can be the current page of the navigation.
    #[prop(optional)]
    in_navigation: bool,
    children: Children,
) -> impl IntoView {
    let navigation = Navigation::get();
    let current = move || match navigation.route() {
        _ if !in_navigation => None,
        route if route == to => Some("page"),
        route => (route.section() == to).then_some("true"),
    };
    let follow = move |click: ev::MouseEvent| {
        let plain =
            click.button() == 0 && !(click.ctrl_key() || click.meta_key() || click.shift_key() || click.alt_key());
        if plain {
            click.prevent_default();
            navigation.go(to);
        }
    };
    view! {
        <a href=to.path() class=class data-testid=testid aria-current=current on:click=follow>
            {children()}
        </a>
    }
}
