//! Pointers and drawings between the people of a room. The author is the session's participant, never anything
//! that a message says.

use shared::ids::{RoomId, SessionId};
use shared::surface::{DrawRefused, DrawUp, OpKind, PointerDown, PointerUp};

use crate::drawing::Verdict;
use crate::node::Node;
use crate::room::SurfaceRule;
use crate::session::{Session, Who};

impl Node {
    /// A pointer message came from a peer.
    pub(super) fn pointer_moved(&mut self, id: SessionId, message: &[u8]) {
        let now = self.now;
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Some(PointerUp(place)) = session.who.has_surface().then(|| PointerUp::decode(message).ok()).flatten()
        else {
            self.stats.stray_messages += 1;
            return;
        };
        let author = session.who;
        let may_point = self.rooms.get(&author.room).is_some_and(|room| room.surface.may_point(author.role));
        if !may_point {
            return;
        }
        if let Some(at) = session.pointer.offer(place, now) {
            self.show_pointer(&author, PointerDown { author: author.participant, at });
        }
        self.rearm(id);
    }

    /// Who may draw and point from now on. What was drawn stays; pointers that may no longer be shown go.
    pub(super) fn set_surface(&mut self, room: RoomId, surface: SurfaceRule) {
        let Some(members) = self.rooms.get_mut(&room) else { return };
        members.surface = surface;
        for id in self.sessions_in(room) {
            let Some(session) = self.sessions.get_mut(&id) else { continue };
            let author = session.who;
            if !surface.may_point(author.role) && session.pointer.take_away() {
                self.show_pointer(&author, PointerDown { author: author.participant, at: None });
            }
        }
    }

    /// A pointer position that had to wait is due.
    pub(super) fn pass_due_pointer(&mut self, id: SessionId) {
        let now = self.now;
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let author = session.who;
        if let Some(at) = session.pointer.take_due(now) {
            self.show_pointer(&author, PointerDown { author: author.participant, at });
        }
    }

    /// Takes the pointer of somebody who leaves off the others' surface.
    pub(super) fn hide_pointer(&mut self, session: &Session) {
        if session.pointer.is_shown() {
            let author = session.who;
            self.show_pointer(&author, PointerDown { author: author.participant, at: None });
        }
    }

    fn show_pointer(&mut self, author: &Who, pointer: PointerDown) {
        self.stats.pointers += 1;
        let message = pointer.encode();
        for id in self.sessions_in(author.room) {
            let Some(session) = self.sessions.get_mut(&id) else { continue };
            let other = session.who.participant != author.participant;
            if other && session.receives() && session.peer.write_pointer(&message) {
                self.touch(id);
            }
        }
    }

    /// A drawing message came from a peer.
    pub(super) fn drawn(&mut self, id: SessionId, message: &[u8]) {
        let Some(session) = self.sessions.get(&id) else { return };
        let who = session.who;
        match DrawUp::decode(message) {
            Ok(up) if who.has_surface() => self.draw(&who, up),
            _ => self.stats.stray_messages += 1,
        }
    }

    fn draw(&mut self, who: &Who, up: DrawUp) {
        let (kind, object) = (up.kind, up.object);
        match self.judge(who, up) {
            Verdict::Ignored => return,
            Verdict::Taken => self.stats.drawing_ops += 1,
            Verdict::Refused(reason) => self.refuse(who, kind, object, reason),
        }
        self.pump_room(who.room);
    }

    fn judge(&mut self, who: &Who, up: DrawUp) -> Verdict {
        let now = self.now;
        let Some(session) = self.sessions.get_mut(&who.session) else { return Verdict::Ignored };
        let Some(room) = self.rooms.get_mut(&who.room) else { return Verdict::Ignored };
        if up.kind == OpKind::Stroke && session.pen.refused == Some(up.object) {
            return Verdict::Ignored; // the rest of what was refused
        }
        if !session.pen.rate.take(now) {
            return Verdict::Refused(DrawRefused::TooFast);
        }
        let stroke = (up.kind == OpKind::Stroke).then_some(up.object);
        if !room.surface.may_draw(who.role) {
            return Verdict::Refused(DrawRefused::NotAllowed);
        }
        let verdict = room.board.submit(who.participant, who.role, up);
        if verdict == Verdict::Taken {
            session.pen.growing = stroke.or(session.pen.growing);
        }
        verdict
    }

    /// Tells the author. The page takes the object away, so the parts of it that were taken before go too.
    fn refuse(&mut self, who: &Who, kind: OpKind, object: u32, reason: DrawRefused) {
        self.stats.drawing_refused += 1;
        let Some(session) = self.sessions.get_mut(&who.session) else { return };
        session.cursor.refuse(object, reason);
        if kind != OpKind::Stroke {
            return;
        }
        session.pen.refused = Some(object);
        // Only what grew last can have parts: looking through the log for each refusal would reward a flood.
        if session.pen.growing.take_if(|growing| *growing == object).is_some()
            && let Some(room) = self.rooms.get_mut(&who.room)
        {
            room.board.undo(who.participant, object);
        }
    }

    /// Sends everybody what is new on the board.
    fn pump_room(&mut self, room: RoomId) {
        let sessions = self.sessions_in(room);
        sessions.iter().for_each(|session| self.pump(*session));
        let heard = |id: &SessionId| self.sessions.get(id).filter(|session| session.who.has_surface());
        let by_all = sessions.iter().filter_map(heard).map(|session| session.cursor.next()).min();
        if let (Some(room), Some(by_all)) = (self.rooms.get_mut(&room), by_all) {
            room.board.compact(by_all);
        }
    }

    /// Sends one subscriber what is new on the board, as far as there is room.
    pub(super) fn pump(&mut self, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Some(room) = self.rooms.get(&session.who.room) else { return };
        if session.pump(&room.board) {
            self.touch(id);
        }
    }

    fn sessions_in(&self, room: RoomId) -> Vec<SessionId> {
        let members = self.rooms.get(&room).map(|room| room.members()).unwrap_or_default();
        members.iter().map(|who| who.session).collect()
    }
}
