//! The others' pointers over the paper, each an element of its own.

use leptos::prelude::*;
use shared::ids::ParticipantId;
use shared::surface::Point;

use super::tile::person_colour;
use crate::app::Session;

/// From here to the right edge (of 65,535) a name stands left of its arrow, or the edge would cut it.
const FLIP_FROM: u16 = 54_000;

/// Everybody's pointers.
#[component]
pub(super) fn PointerLayer(
    session: Session,
    /// This person's own pointer, while the keyboard moves it.
    own: RwSignal<Option<Point>>,
) -> impl IntoView {
    let pointing = session.board.pointing;
    view! {
        <div class="pointers" aria-hidden="true">
            <For each=move || pointing.get() key=|who| *who let:who>
                <Pointer session=session who=who />
            </For>
            {move || own.get().map(|at| view! {
                <div
                    class="pointer"
                    style:--person=move || session.store.me().map(person_colour).unwrap_or_default()
                    style:--x=at.x.to_string()
                    style:--y=at.y.to_string()
                    data-testid="pointer-self"
                >
                    <Arrow />
                </div>
            })}
        </div>
    }
}

#[component]
fn Pointer(session: Session, who: ParticipantId) -> impl IntoView {
    let at = RwSignal::from(session.board.position(who));
    let entry = RwSignal::from(session.store.person(who).entry);
    let name = move || entry.with(|entry| entry.as_ref().map(|entry| entry.name.clone()));
    view! {
        <div
            class="pointer"
            class:pointer--right=move || { at.get().x > FLIP_FROM }
            style:--person=person_colour(who)
            style:--x=move || at.get().x.to_string()
            style:--y=move || at.get().y.to_string()
            data-testid=format!("pointer-{}", who.0)
            data-x=move || at.get().x.to_string()
            data-y=move || at.get().y.to_string()
        >
            <Arrow />
            <span class="pointer__name">{name}</span>
        </div>
    }
}

#[component]
fn Arrow() -> impl IntoView {
    view! { <svg class="pointer__arrow" viewBox="0 0 20 20"><path d="M2 1.500l15 6.600-6.400 2.200-2.700 6.300L2 1.500Z" /></svg> }
}
