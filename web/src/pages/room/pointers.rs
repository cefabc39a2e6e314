//! The others' pointers over the paper, each an element of its own.

use leptos::prelude::*;
use shared::ids::ParticipantId;

use super::tile::person_colour;
use crate::app::Session;

/// Everybody's pointers.
#[component]
pub(super) fn PointerLayer(session: Session) -> impl IntoView {
    let pointing = session.board.pointing;
    view! {
        <div class="pointers" aria-hidden="true">
            <For each=move || pointing.get() key=|who| *who let:who>
                <Pointer session=session who=who />
            </For>
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
            style:--person=person_colour(who)
            style:--x=move || at.get().x.to_string()
            style:--y=move || at.get().y.to_string()
            data-testid=format!("pointer-{}", who.0)
            data-x=move || at.get().x.to_string()
            data-y=move || at.get().y.to_string()
        >
            <svg class="pointer__arrow" viewBox="0 0 20 20"><path d="M2 1.500l15 6.600-6.400 2.200-2.700 6.300L2 1.500Z" /></svg>
            <span class="pointer__name">{name}</span>
        </div>
    }
}
