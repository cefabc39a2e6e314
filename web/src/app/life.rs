//! How a session connects, loses its socket and comes back. What its media does meanwhile is in [`super::mend`].

use std::time::Duration;

use leptos::prelude::*;
use shared::limits::PROTOCOL_VERSION;
use shared::signal::ClientMsg;

use super::session::Session;
use crate::room::{Link, Room, Stage, backoff};
use crate::signal::socket::{Socket, SocketEvent};

/// How often the countdown to the next try is repainted.
const COUNT_EVERY_MS: u32 = 100;

impl Session {
    /// Opens another socket. Media goes on.
    pub(super) fn connect(self) {
        let life = self.drop_socket();
        if let Link::Waiting { attempt, .. } = self.store.link.get_untracked() {
            self.store.link.set(Link::Trying { attempt });
        }
        let socket = Socket::open(move |event| {
            if self.shell().life.get() == life {
                self.on_socket(event);
            }
        });
        let is_open = socket.is_some();
        self.shell().socket.replace(socket);
        if !is_open {
            self.lost();
        }
    }

    /// Nothing of the present socket is heard any more.
    fn drop_socket(self) -> u32 {
        let shell = self.shell();
        let life = shell.life.get().wrapping_add(1);
        shell.life.set(life);
        shell.told.set(None);
        shell.knocking.set(false);
        shell.socket.take();
        life
    }

    fn on_socket(self, event: SocketEvent) {
        match event {
            SocketEvent::Open => {
                self.send(&ClientMsg::Hello { protocol: PROTOCOL_VERSION });
                self.knock();
            }
            SocketEvent::Message(message) => self.receive(message),
            SocketEvent::Gone => self.lost(),
        }
    }

    pub(super) fn knock(self) {
        let shell = self.shell();
        let session = shell.room.borrow().session.clone();
        shell.knocking.set(session.is_some() || self.store.link.get_untracked().is_lost());
        if let Some(session) = session {
            let media = self.with_room(|room| room.media);
            self.send(&ClientMsg::Resume { session, media });
        } else if let Some(pin) = shell.knock.borrow().clone() {
            self.send(&ClientMsg::Join { pin, link: shell.link.clone() });
        }
    }

    pub(super) fn hang_up(self) {
        self.drop_socket();
        self.drop_peer();
        self.shell().knock.take();
        self.media.stop();
        self.board.forget();
        self.store.link.set(Link::Idle);
        self.store.blocked.set(false);
        self.store.asking.set(false);
    }

    /// The socket is gone: come back, or say so where there is nothing to come back to. Media that is up goes on without it.
    pub(super) fn lost(self) {
        self.drop_socket();
        if !self.shell().was_up.get() {
            self.drop_peer();
        }
        let at_password = self.with_room(|room| room.stage == Stage::Password);
        let can_knock = self.shell().knock.borrow().is_some();
        if self.with_room(Room::is_resumable) || (at_password && can_knock) {
            let shell = self.shell();
            shell.attempt.set(shell.attempt.get().saturating_add(1));
            let attempt = shell.attempt.get();
            self.count_down(attempt, backoff::wait_ms(attempt), shell.life.get());
        } else if self.store.asking.get_untracked() {
            self.store.asking.set(false);
            self.store.unreachable.set(true);
        }
    }

    fn count_down(self, attempt: u32, in_ms: u32, life: u32) {
        if self.shell().life.get() != life {
            return;
        }
        self.store.link.set(Link::Waiting { attempt, in_ms });
        if in_ms == 0 {
            return self.connect();
        }
        let step = in_ms.min(COUNT_EVERY_MS);
        let next = move || self.count_down(attempt, in_ms - step, life);
        set_timeout(next, Duration::from_millis(u64::from(step)));
    }

    pub(super) fn connected(self) {
        self.shell().attempt.set(0);
        self.store.link.set(Link::Up);
    }
}
