//! Tells the server which faces are on the screen, and how large: it sends no others, and none larger than needed.

use std::time::Duration;

use leptos::prelude::*;
use shared::ids::ParticipantId;
use shared::signal::{Picture, Tile};

use crate::app::Session;
use crate::room::tiling::visible;

/// While things move nothing is told.
const SETTLES_IN: Duration = Duration::from_millis(150);
/// Faces of the lobby that are shown at once: more would take the room's own from a moderator's computer.
const LOBBY_FACES: usize = 8;
/// A face on a lobby card, CSS pixels.
const CARD_WIDTH: f64 = 320.0;

/// Where the tiles are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Place {
    pub(super) columns: usize,
    pub(super) tile_width: f64,
    pub(super) gap: f64,
    pub(super) height: f64,
    pub(super) scrolled: f64,
}

/// Keeps the server told, for as long as the caller's owner lives. `stage` is how wide a shared screen is shown, while it is.
pub(super) fn keep_told(
    session: Session,
    people: Memo<Vec<ParticipantId>>,
    place: Memo<Place>,
    stage: RwSignal<Option<f64>>,
) {
    let store = session.store;
    let hidden = page_hidden();
    let tiles = Memo::new(move |_| {
        if hidden.get() {
            return Vec::new();
        }
        let tile = |picture, width: f64| Tile { picture, width: (width * window().device_pixel_ratio()) as u16 };
        let me = store.me();
        let sharer = store.sharer.get().filter(|sharer| Some(*sharer) != me);
        let screen = sharer.zip(stage.get()).map(|(sharer, width)| tile(Picture::screen(sharer), width));
        let waiting = store.lobby.get().into_iter().take(LOBBY_FACES).map(|who| tile(Picture::face(who), CARD_WIDTH));
        let Place { columns, tile_width, gap, height, scrolled } = place.get();
        let people = people.get();
        let (first, count) = visible(people.len(), columns, tile_width, gap, height, scrolled);
        let shown = people.into_iter().skip(first).take(count).map(|who| tile(Picture::face(who), tile_width));
        screen.into_iter().chain(waiting).chain(shown).collect::<Vec<_>>()
    });
    let pending = StoredValue::new(0_u32);
    Effect::new(move || {
        tiles.track();
        store.link.track(); // a new connection knows nothing yet
        let Some(number) = pending.try_update_value(|number| {
            *number += 1;
            *number
        }) else {
            return;
        };
        set_timeout(
            move || {
                // Both are gone with the room.
                let is_last = pending.try_get_value() == Some(number);
                if let (true, Some(tiles)) = (is_last, tiles.try_get_untracked()) {
                    session.look(tiles);
                }
            },
            SETTLES_IN,
        );
    });
}

/// Whether the page lies in a tab behind another.
fn page_hidden() -> RwSignal<bool> {
    let hidden = RwSignal::new(document().hidden());
    let listener = window_event_listener_untyped("visibilitychange", move |_| hidden.set(document().hidden()));
    on_cleanup(move || listener.remove());
    hidden
}
