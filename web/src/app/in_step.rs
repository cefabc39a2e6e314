//! Keeps senders, server, `sessionStorage` and the marks of who speaks in step with what is so.

use std::time::Duration;

use leptos::prelude::*;
use shared::signal::ClientMsg;

use super::session::Session;
use crate::signal::kept::{self, Kept};

/// How often it is looked who speaks.
const SPEAKING_EVERY: Duration = Duration::from_millis(250);
/// The level (0 to 1) from which a person counts as speaking: above a fan, below a quiet voice.
const SPEAKING_FROM: f64 = 0.02;
/// Looks for which the mark stays after the last word: people pause for breath.
const SPEAKING_STAYS: u8 = 3;

impl Session {
    /// Tells the server what is on, when that differs from what it knows.
    pub(super) fn tell_media(self) {
        let shell = self.shell();
        let media = self.media.state_now();
        if shell.told.get().is_some_and(|told| told != media) {
            shell.told.set(Some(media));
            self.send(&ClientMsg::SetMedia { media });
        }
    }

    pub(super) fn remember(self) {
        let session = self.with_room(|room| room.session.clone());
        if session.is_some() {
            kept::save(&Kept {
                session,
                link: self.shell().link.clone(),
                microphone: self.media.microphone_on.get_untracked(),
                camera: self.media.camera_on.get_untracked(),
                microphone_id: self.media.microphone_id.get_untracked(),
                camera_id: self.media.camera_id.get_untracked(),
                no_quality_letter: !self.store.quality_letter.get_untracked(),
            });
        }
    }

    /// Keeps senders, server and `sessionStorage` in step with the devices.
    pub(super) fn watch(self) {
        let (media, store) = (self.media, self.store);
        Effect::new(move || {
            let Some(peer) = store.peer.get() else { return };
            media.camera.with(|track| peer.send_camera(track.as_ref()));
        });
        Effect::new(move || {
            let Some(peer) = store.peer.get() else { return };
            let is_on = media.microphone_on.get();
            media.microphone.with(|track| peer.send_microphone(track.as_ref().filter(|_| is_on)));
        });
        Effect::new(move || {
            let Some(peer) = store.peer.get() else { return };
            media.screen.track.with(|track| peer.send_screen(track.as_ref()));
        });
        Effect::new(move || {
            let _ = (media.state(), media.camera_id.get(), media.microphone_id.get());
            let _ = (media.camera_on.get(), media.microphone_on.get(), store.quality_letter.get());
            self.tell_media();
            self.remember();
        });
        Effect::new(move || {
            let here = store.roster.get();
            self.board.keep_pointers_of(&here);
        });
        media.watch_plugs();
        // The session lives as long as the page, and so does this.
        let _ = window_event_listener(leptos::ev::online, move |_| {
            self.shell().online_at.set(js_sys::Date::now());
            self.shell().network_came.set(true);
            self.network_is_back();
        });
        let _ = set_interval_with_handle(move || self.look_who_speaks(), SPEAKING_EVERY);
        self.watch_quality();
        self.watch_silence();
    }

    fn look_who_speaks(self) {
        let Some(peer) = self.store.peer.get_untracked() else { return };
        for who in self.store.roster.get_untracked() {
            let person = self.store.person(who);
            let level = person.slots.get_untracked().audio.map_or(0.0, |slot| peer.audio_level(slot));
            let before = person.speaking.get_untracked();
            let now = if level > SPEAKING_FROM { SPEAKING_STAYS } else { before.saturating_sub(1) };
            if before != now {
                person.speaking.set(now);
            }
        }
    }
}
