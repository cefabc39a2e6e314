//! Everybody's face, as large as the place allows.

use leptos::html;
use leptos::prelude::*;
use shared::text::tr;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::ResizeObserver;

use super::looking::{Place, keep_told};
use super::tile::{OwnTile, Tile};
use crate::app::Session;
use crate::room::tiling::best_fit;

/// Between tiles, pixels; `.faces` in the style sheet says the same.
const GAP: f64 = 8.0;
/// A face below this width is no longer recognised.
const LEAST: f64 = 104.0;
/// Left free below (and so above) the one tile for the words that nobody else is here.
const WORDS: f64 = 48.0;
/// A box lower than this has no place for words.
const WORDS_FROM: f64 = 320.0;

/// Everybody's face, one's own last. Rebuilt for nobody when somebody else comes or goes.
#[component]
pub(super) fn Faces(session: Session, stage: RwSignal<Option<f64>>) -> impl IntoView {
    let store = session.store;
    let node = NodeRef::<html::Section>::new();
    let size = RwSignal::new((0.0_f64, 0.0_f64));
    let others = Memo::new(move |_| {
        let me = store.me();
        store.faces.get().into_iter().filter(|who| Some(*who) != me).collect::<Vec<_>>()
    });
    let says_alone = Memo::new(move |_| others.with(Vec::is_empty) && size.get().1 >= WORDS_FROM);
    let fit = Memo::new(move |_| {
        let (width, height) = size.get();
        let height = if says_alone.get() { height - 2.0 * WORDS } else { height };
        best_fit(others.with(Vec::len) + 1, width, height, GAP, LEAST)
    });
    let scrolled = RwSignal::new(0.0_f64);
    let place = Memo::new(move |_| {
        let (columns, tile_width) = fit.get();
        Place { columns, tile_width, gap: GAP, height: size.get().1, scrolled: scrolled.get() }
    });
    keep_told(session, others, place, stage);
    Effect::new(move || {
        let Some(section) = node.get() else { return };
        watch_size(section.unchecked_into(), size);
    });
    view! {
        <section
            node_ref=node
            class="faces"
            on:scroll=move |_| if let Some(section) = node.get() { scrolled.set(f64::from(section.scroll_top())) }
            style:--columns=move || fit.get().0.to_string()
            style:--tile-width=move || format!("{}px", fit.get().1 as u32)
            aria-label=tr("People in the meeting")
        >
            <For each=move || others.get() key=|who| *who let:who>
                <Tile session=session who=who />
            </For>
            <OwnTile session=session />
            {move || says_alone.get().then(|| view! {
                <p class="faces__alone">{tr("You are the only one here so far.")}</p>
            })}
        </section>
    }
}

/// Keeps `size` equal to the element's, until the effect that called is done.
pub(super) fn watch_size(element: web_sys::Element, size: RwSignal<(f64, f64)>) {
    let measured = element.clone();
    let resized = Closure::<dyn FnMut()>::new(move || {
        let measured = measured.clone();
        // Not at once: what follows from a size changes other sizes, and browsers report that as an error.
        request_animation_frame(move || {
            let _ = size.try_set((f64::from(measured.client_width()), f64::from(measured.client_height())));
        });
    });
    let Ok(observer) = ResizeObserver::new(resized.as_ref().unchecked_ref()) else { return };
    observer.observe(&element);
    let kept = StoredValue::new_local(Some((observer, resized)));
    on_cleanup(move || {
        let _ = kept.try_update_value(|kept| {
            if let Some((observer, _)) = kept.take() {
                observer.disconnect();
            }
        });
    });
}
