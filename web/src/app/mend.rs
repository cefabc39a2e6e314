//! How media is mended: by another path first (ICE restart), which keeps connection, keys and the last pictures; by another
//! PeerConnection when that does not help, or cannot: one from before the network of now. Either way the socket stays, and the
//! page says one quiet line.

use std::time::Duration;

use leptos::prelude::*;
use shared::signal::ClientMsg;
use wasm_bindgen_futures::spawn_local;

use super::call::Given;
use super::session::Session;

use crate::media::Traffic;
use crate::room::Link;

/// How long another path may take. Longer is kinder to networks that change slowly, and leaves the faces of those frozen
/// whom only a new connection helps.
const ANOTHER_PATH_WITHIN: Duration = Duration::from_secs(6);
/// After the answer to a restart: how long until the connection must carry something, or say that it is up.
const PROVES_ITSELF_WITHIN: Duration = Duration::from_millis(500);
/// The same of a connection that had fallen silent, beside the time that the answer itself took. A server that answers reports
/// by the path of before at once, so one that is alive shows it about as soon as the answer is there.
const SHOWS_ITSELF_WITHIN: Duration = Duration::from_millis(60);
/// After the browser has found a network it may take so long until its connections know the interface: Chromium tells them 1.5 to
/// 3.5 s after the one before went.
const NETWORK_IS_NEW_MS: f64 = 3_000.0;
/// Something comes within so long where the network that was found is the one of before.
const CAME_BACK_WITHIN: Duration = Duration::from_millis(120);
/// How long until the server is asked again that had no media node: as often as it takes offers from one person.
const NO_NODE_AGAIN: Duration = Duration::from_secs(2);

/// What was so when the server was last asked for another path.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// Milliseconds.
    at: f64,
    traffic: Option<Traffic>,
}

impl Session {
    /// Nothing of the present PeerConnection is heard any more, and it closes.
    pub(super) fn drop_peer(self) {
        self.forget_peer();
        self.store.peer.set(None);
        self.store.mending.set(false);
    }

    /// Nothing of the present PeerConnection is heard any more. Its last pictures stay until there is another.
    pub(super) fn forget_peer(self) -> u32 {
        let shell = self.shell();
        let life = shell.peer_life.get().wrapping_add(1);
        shell.peer_life.set(life);
        shell.was_up.set(false);
        shell.fell_silent.set(false);
        self.store.media_up.set(false);
        self.update_room(|room| room.media = None);
        self.board.close();
        life
    }

    /// The PeerConnection is up, for the first time or again.
    pub(super) fn media_up(self) {
        self.shell().was_up.set(true);
        self.shell().fell_silent.set(false);
        self.store.media_up.set(true);
        self.store.blocked.set(false);
        self.store.mending.set(false);
        // Otherwise the server does not know of it yet on the socket of now, if there is one.
        if self.shell().told.get().is_some() {
            self.connected();
        }
    }

    /// The server kept the media: the page has it too. What was not told while there was no socket is told now.
    pub(super) fn go_on(self) {
        let media = self.media.state_now();
        self.shell().told.set(Some(media));
        self.send(&ClientMsg::SetMedia { media });
        self.connected();
        if self.store.mending.get_untracked() {
            spawn_local(self.mend_on_socket());
        }
    }

    /// The socket is there. A connection from before a network that is new does not know it, unless it is the one of before,
    /// where something comes already.
    async fn mend_on_socket(self) {
        if !self.shell().network_came.take() {
            return self.ask_for_path().await;
        }
        let life = self.shell().peer_life.get();
        let Some(peer) = self.store.peer.get_untracked() else { return };
        let before = peer.traffic().await;
        let look = move || {
            spawn_local(async move {
                let now = peer.traffic().await;
                if self.shell().peer_life.get() != life {
                    return;
                }
                if now.is_some_and(|now| now.moved_since(before.as_ref())) {
                    self.ask_for_path().await;
                } else {
                    self.media_lost();
                }
            });
        };
        set_timeout(look, CAME_BACK_WITHIN);
    }

    /// The connection falters, or the network is another one.
    pub(super) fn mend(self) {
        if !self.shell().was_up.get() {
            // It never came although the server answered: the network in between is the likely cause.
            return self.media_lost();
        }
        if self.begin_to_mend() && self.store.link.get_untracked() == Link::Up {
            spawn_local(self.ask_for_path());
        }
    }

    /// From now on another path is looked for, but not for ever. Whether that is new.
    fn begin_to_mend(self) -> bool {
        if self.store.mending.get_untracked() {
            return false;
        }
        self.store.mending.set(true);
        let life = self.shell().peer_life.get();
        let too_late = move || {
            if self.shell().peer_life.get() == life && self.store.mending.get_untracked() {
                self.media_lost();
            }
        };
        set_timeout(too_late, ANOTHER_PATH_WITHIN);
        true
    }

    /// A network is there again, perhaps another one, on which socket and media of before lead nowhere: that would not be
    /// noticed for seconds. Another socket first; as soon as it is there it asks for another path.
    pub(super) fn network_is_back(self) {
        if self.shell().was_up.get() {
            self.begin_to_mend();
        }
        match self.store.link.get_untracked() {
            Link::Idle => {}
            Link::Up | Link::Waiting { .. } | Link::Trying { .. } => self.connect(),
        }
    }

    /// Whether the network is so new that the connection may not know it yet: nothing says then that it is dead.
    pub(super) fn network_is_new(self) -> bool {
        js_sys::Date::now() - self.shell().online_at.get() < NETWORK_IS_NEW_MS
    }

    async fn ask_for_path(self) {
        let life = self.shell().peer_life.get();
        let Some(peer) = self.store.peer.get_untracked() else { return };
        let traffic = peer.traffic().await;
        let offer = peer.restart().await;
        if self.shell().peer_life.get() != life {
            return;
        }
        self.shell().asked.replace(Asked { at: js_sys::Date::now(), traffic });
        match offer {
            Ok(offer) => self.send(&ClientMsg::Restart { offer }),
            Err(_) => self.media_lost(),
        }
    }

    /// The server's answer to a restart.
    pub(super) async fn take_path(self, sdp: String) {
        let Some(peer) = self.store.peer.get_untracked() else { return };
        match self.give_answer(&peer, &sdp).await {
            Given::TooLate => return,
            Given::Refused => return self.media_lost(),
            Given::Taken => {}
        }
        let life = self.shell().peer_life.get();
        let asked = self.shell().asked.take();
        let now = js_sys::Date::now();
        let is_known_dead = self.shell().fell_silent.get() && !self.network_is_new();
        let took = Duration::from_millis((now - asked.at).clamp(0.0, 1_000.0) as u64);
        let patience = if is_known_dead { SHOWS_ITSELF_WITHIN + took } else { PROVES_ITSELF_WITHIN };
        let look = move || {
            spawn_local(async move {
                let now = peer.traffic().await;
                if self.shell().peer_life.get() == life {
                    let carries = now.is_some_and(|now| now.moved_since(asked.traffic.as_ref()));
                    self.judge_path(carries, peer.is_connected());
                }
            });
        };
        set_timeout(look, patience);
    }

    /// The server has answered, so the network works. Where pictures had stopped, a path that carries nothing still is
    /// the dead one: Chromium stays with it for almost four seconds, whatever else works. A connection that never went
    /// down does not say that it is up, and may have nothing to carry.
    fn judge_path(self, carries: bool, says_up: bool) {
        let fell_silent = self.shell().fell_silent.get();
        if carries || (says_up && !fell_silent) {
            self.media_up();
        } else if fell_silent {
            self.media_lost();
        }
    }

    /// Media gave up. One that was up is replaced on the socket that is there; one that never came takes the socket along, so
    /// that the next try waits its turn.
    pub(super) fn media_lost(self) {
        let was_up = self.shell().was_up.get();
        if !was_up {
            self.store.blocked.set(true);
            return self.lost();
        }
        self.forget_peer();
        self.shell().afresh.set(true);
        self.store.mending.set(true);
        if self.store.link.get_untracked() == Link::Up {
            spawn_local(self.open_peer());
        }
    }

    /// The server has no other path for the media of a moment ago. What has replaced it meanwhile has nothing to do with that.
    pub(super) fn path_refused(self) {
        if self.shell().was_up.get() {
            self.media_lost();
        }
    }

    /// The media node is gone, with everything on the whiteboard: another connection to another node, at once. The server
    /// said so on the socket of now.
    pub(super) fn node_lost(self) {
        self.board.lose();
        self.forget_peer();
        self.store.mending.set(true);
        spawn_local(self.open_peer());
    }

    /// The server has no media node just now.
    pub(super) fn try_media_again(self) {
        let (life, socket_life) = (self.forget_peer(), self.shell().life.get());
        self.store.mending.set(true);
        let again = move || {
            let shell = self.shell();
            // Another socket has asked by itself.
            if (shell.peer_life.get(), shell.life.get()) == (life, socket_life) {
                spawn_local(self.open_peer());
            }
        };
        set_timeout(again, NO_NODE_AGAIN);
    }
}
