//! The PeerConnection: offer, answer and what comes through it.

use std::rc::Rc;

use leptos::prelude::*;
use shared::signal::{ClientMsg, MediaState, Tile};
use shared::text::tr;
use wasm_bindgen_futures::spawn_local;

use super::session::Session;
use crate::media::codecs::CameraCodec;
use crate::media::peer::{Peer, PeerEvent};
use crate::media::screen::ScreenProblem;
use crate::room::{Link, Room, Stage, words};
use crate::signal::site;
use crate::ui::Tone;

/// What became of an answer.
pub(super) enum Given {
    Taken,
    /// The browser cannot use it.
    Refused,
    /// There is another PeerConnection meanwhile.
    TooLate,
}

impl Session {
    pub(super) async fn open_peer(self) {
        let life = self.forget_peer();
        if self.with_room(|room| room.stage == Stage::Entering) && self.media.is_untouched() {
            // A reload: come back at once, and let the devices follow.
            spawn_local(self.media.start());
        }
        let on_event = move |event| {
            if self.shell().peer_life.get() == life {
                self.on_peer(event);
            }
        };
        let site = match self.store.site.get_untracked() {
            Some(site) => Some(site),
            None => site::fetch().await, // a return may be quicker
        };
        if self.shell().peer_life.get() != life {
            return;
        }
        let camera = CameraCodec::nearest(site.map(|site| site.video_codec).unwrap_or_default());
        let afresh = self.shell().afresh.take() || self.network_is_new();
        let Ok(peer) = Peer::new(camera, afresh, Rc::new(on_event)) else { return self.no_webrtc() };
        let Ok(offer) = peer.offer().await else { return self.no_webrtc() };
        if self.shell().peer_life.get() != life {
            return;
        }
        if let Some(me) = self.with_room(Room::me) {
            self.board.open(me);
        }
        self.store.peer.set(Some(Rc::new(peer)));
        // A screen is asked for from the inside, also after a return.
        let media = MediaState { screen: false, ..self.media.state_now() };
        self.shell().entered_with.set(media);
        self.send(&ClientMsg::Enter { offer, media });
    }

    fn no_webrtc(self) {
        self.say(
            Tone::Danger,
            tr("This browser gave no media connection. Check whether an extension blocks WebRTC, then reload."),
        );
    }

    pub(super) async fn take_answer(self, sdp: String) {
        let Some(peer) = self.store.peer.get_untracked() else { return };
        match self.give_answer(&peer, &sdp).await {
            Given::TooLate => return,
            Given::Refused => return self.lost(),
            Given::Taken => {}
        }
        let shell = self.shell();
        shell.told.set(Some(shell.entered_with.get()));
        self.tell_media();
        if shell.was_up.get() {
            self.connected();
        }
    }

    /// Gives the PeerConnection of now an answer of the server.
    pub(super) async fn give_answer(self, peer: &Peer, sdp: &str) -> Given {
        let life = self.shell().peer_life.get();
        let taken = peer.answer(sdp).await;
        match taken {
            _ if self.shell().peer_life.get() != life => Given::TooLate,
            Ok(()) => Given::Taken,
            Err(_) => Given::Refused,
        }
    }

    /// The server said which layers of the camera are watched, and whether the screen is.
    pub(super) fn encode(self, camera: &[bool], screen: bool) {
        if let Some(peer) = self.store.peer.get_untracked() {
            peer.encode_camera(camera);
            peer.encode_screen(screen);
        }
    }

    /// Shares this person's screen, or takes it back. Whose turn it is not hears so before having to choose a window.
    pub fn toggle_screen(self) {
        let screen = self.media.screen;
        if untrack(|| screen.is_shared() || screen.is_asking()) {
            return screen.stop();
        }
        let (me, sharer) = (untrack(|| self.store.me()), self.store.sharer.get_untracked());
        if let Some(sharer) = sharer.filter(|sharer| Some(*sharer) != me) {
            let entry = self.store.person(sharer).entry.get_untracked();
            let name = entry.as_ref().map(|entry| entry.name.as_str());
            return self.say(Tone::Neutral, words::share_taken(name));
        }
        spawn_local(async move {
            let problem = screen.start().await.err().and_then(ScreenProblem::words);
            if let Some(words) = problem {
                self.say(Tone::Danger, words);
            }
        });
    }

    /// Tells the server which faces are shown, and how large, when that differs from what it knows. Only in the room,
    /// and only while the connection stands.
    pub fn look(self, tiles: Vec<Tile>) {
        let shell = self.shell();
        // Another socket or another media session: it is told again.
        let look = Some((shell.life.get().wrapping_add(shell.peer_life.get()), tiles));
        let is_there = self.store.link.get_untracked() == Link::Up && self.with_room(|room| room.stage == Stage::Room);
        if is_there && *shell.looked.borrow() != look {
            let tiles = look.as_ref().map(|(_, tiles)| tiles.clone()).unwrap_or_default();
            shell.looked.replace(look);
            self.send(&ClientMsg::Look { tiles });
        }
    }

    fn on_peer(self, event: PeerEvent) {
        match event {
            PeerEvent::Connected => self.media_up(),
            PeerEvent::Falters => self.mend(),
            PeerEvent::Pointer(pointer) => self.board.pointer_moved(pointer),
            PeerEvent::Drawing(records) => {
                for refused in self.board.apply(records) {
                    self.board.message.set(Some(words::draw_refused(refused)));
                }
            }
        }
    }
}
