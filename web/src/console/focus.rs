//! Puts the keyboard where the next thing happens: the heading of a new page, the first wrong field.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// Focuses the first element that matches, after the page was repainted.
pub(crate) fn later(selector: impl Into<String>) {
    let selector = selector.into();
    request_animation_frame(move || {
        let found = document().query_selector(&selector).ok().flatten();
        if let Some(element) = found.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
            // An element that just went needs no focus.
            let _ = element.focus();
        }
    });
}

/// Focuses the first field that is marked as wrong.
pub(crate) fn first_wrong_field() {
    later("#main [aria-invalid=true]");
}
