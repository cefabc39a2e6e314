//! Looks at the connection from time to time, so that the page can say how well it serves.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;
use shared::ids::ParticipantId;
use shared::signal::VideoSource;
use wasm_bindgen_futures::spawn_local;

use super::session::Session;
use crate::room::Stage;
use crate::room::quality::{Line, Monitor, Report, Sample};

/// How often the figures move while they are shown.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Of so many looks one is taken while they are not shown: each costs the browser a little.
const HIDDEN_EVERY: u32 = 3;

/// Between two looks.
#[derive(Default)]
struct Watch {
    monitor: RefCell<Monitor>,
    looks: Cell<u32>,
    /// A look that the browser has not answered yet: a busy one gets no second.
    asked: Cell<bool>,
}

impl Session {
    /// Keeps the report up to date for as long as the page lives.
    pub(super) fn watch_quality(self) {
        let watch = Rc::new(Watch::default());
        let _ = set_interval_with_handle(move || self.look_at_connection(&watch), LOOK_EVERY);
    }

    /// Who is heard, or seen in which picture, in a slot just now.
    pub fn whose(&self, line: Line) -> Option<(ParticipantId, Option<VideoSource>)> {
        self.with_room(|room| match line {
            Line::Voice(slot) => room.slots.audio.get(slot).copied().flatten().map(|who| (who, None)),
            Line::Picture(slot) => {
                let picture = room.slots.video.get(slot).copied().flatten();
                picture.map(|picture| (picture.who, Some(picture.source)))
            }
            Line::Microphone | Line::Camera | Line::Screen => None,
        })
    }

    fn look_at_connection(self, watch: &Rc<Watch>) {
        let store = self.store;
        let peer = store.peer.get_untracked().filter(|_| self.with_room(|room| room.stage == Stage::Room));
        let Some(peer) = peer else {
            watch.monitor.take();
            return show(store.quality, Report::default());
        };
        watch.looks.set(watch.looks.get().wrapping_add(1));
        let is_due = store.quality_open.get_untracked() || watch.looks.get() % HIDDEN_EVERY == 1;
        if !is_due || watch.asked.replace(true) {
            return;
        }
        let (watch, connection) = (Rc::clone(watch), self.shell().peer_life.get());
        spawn_local(async move {
            let sample = peer.sample().await;
            watch.asked.set(false);
            if let Ok(sample) = sample {
                let report = watch.monitor.borrow_mut().observe(Sample { connection, ..sample });
                show(store.quality, report);
            }
        });
    }
}

/// Nothing is repainted for the same figures.
fn show(shown: RwSignal<Report>, report: Report) {
    if shown.with_untracked(|before| *before != report) {
        shown.set(report);
    }
}
