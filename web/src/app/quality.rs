//! Looks at the connection from time to time, so that the page can say how well it serves, and notices that it does not.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;
use shared::ids::ParticipantId;
use shared::signal::VideoSource;
use wasm_bindgen_futures::spawn_local;

use super::session::Session;
use crate::room::Stage;
use crate::room::quality::silence::{self, Silence};
use crate::room::quality::{Line, Monitor, Report, Sample};

/// How often the figures move while they are shown.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Of so many looks one is taken while they are not shown: each costs the browser a little.
const HIDDEN_EVERY: u32 = 3;

/// A silence that another path did not help is not worth more of them: at most one in so many milliseconds.
const SUSPECT_EVERY_MS: f64 = 10_000.0;

/// What watches for silence, between two looks.
#[derive(Default)]
struct Ear {
    silence: RefCell<(u32, Silence)>,
    asked: Cell<bool>,
    /// Every other look is left out while something comes.
    rests: Cell<bool>,
    suspected_at: Cell<f64>,
}

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

    /// Looks for another path as soon as nothing comes any more, for as long as the page lives.
    pub(super) fn watch_silence(self) {
        let ear = Rc::new(Ear::default());
        let every = Duration::from_millis(silence::LOOK_EVERY_MS);
        let _ = set_interval_with_handle(move || self.listen_for_silence(&ear), every);
    }

    fn listen_for_silence(self, ear: &Rc<Ear>) {
        let store = self.store;
        let is_up = store.media_up.get_untracked() && !store.mending.get_untracked() && !self.network_is_new();
        let Some(peer) = store.peer.get_untracked().filter(|_| is_up && !document().hidden()) else { return };
        let rests = !ear.rests.replace(!ear.rests.get()) && !ear.silence.borrow().1.is_quiet();
        if rests || ear.asked.replace(true) {
            return;
        }
        let (ear, life) = (Rc::clone(ear), self.shell().peer_life.get());
        spawn_local(async move {
            let bytes = peer.traffic().await.map(|traffic| traffic.bytes);
            ear.asked.set(false);
            let mut known = ear.silence.borrow_mut();
            if known.0 != life {
                *known = (life, Silence::default());
            }
            let now = js_sys::Date::now();
            let is_silent = bytes.is_some_and(|bytes| known.1.look(bytes));
            if is_silent && self.shell().peer_life.get() == life && now - ear.suspected_at.get() > SUSPECT_EVERY_MS {
                ear.suspected_at.set(now);
                self.shell().fell_silent.set(true);
                self.network_is_back();
            }
        });
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
