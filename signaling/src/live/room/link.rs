//! What becomes of a connection that loses a half: the socket goes and media stays, or media goes and the socket stays.
//!
//! Whoever lost one half stays where others see them, for a moment: the page mends it, and nobody is told of leaving and
//! coming. When it does not, or both halves are gone, they have left, and only their place is kept.

use shared::control::{Command, Gone};
use shared::ids::{ParticipantId, SessionId};
use shared::meeting::Role;
use shared::signal::{OfferError, PastKind, ProtocolError, ServerMsg};
use shared::units::UnixMs;

use super::entry::note_left;
use super::errands::tell_password;
use super::person::{Media, Person, Place};
use super::{Output, Room, tell_person};

/// How long media goes on without its page's socket, milliseconds, as long as it is not silent. Longer bridges a proxy that
/// restarts; for as long, a page whose socket alone is broken can be removed and cannot be told anything.
pub(super) const WITHOUT_SOCKET_MS: i64 = 20_000;
/// How long somebody whose media is lost stays where others see them, milliseconds: a page has new media within two seconds,
/// on a slow network within five.
pub(super) const WITHOUT_MEDIA_MS: i64 = 6_000;

impl Person {
    /// Whether this number names the media session that they have, or had until the media node was lost just now.
    pub(super) fn has_media(&self, number: Option<u32>) -> bool {
        let has = self.link.media.up().is_some() || self.link.lost_with_node;
        self.present && has && number == Some(self.link.media_count)
    }

    /// Whether a missing half of the connection was missing for too long.
    fn is_half_for_too_long(&self, now: UnixMs) -> bool {
        let most = if self.link.media.up().is_some() { WITHOUT_SOCKET_MS } else { WITHOUT_MEDIA_MS };
        self.present && self.link.half_since.is_some_and(|since| now.since(since) >= most)
    }
}

impl Room {
    /// The socket ended. Media goes on while the page is there; the place stays theirs.
    pub(super) fn hung_up(&mut self, now: UnixMs, session: SessionId, page_is_gone: bool, out: &mut Vec<Output>) {
        let Some(who) = self.by_socket(session) else { return };
        let Some(person) = self.people.get_mut(&who) else { return };
        person.link.socket = None;
        match person.link.media.up().filter(|_| person.present && !page_is_gone) {
            Some(session) => {
                person.link.half_since = Some(now);
                out.push(Output::Media(Command::Watch { session, closely: true }));
            }
            None => self.lose(now, who, out),
        }
    }

    /// The SFU gave a session up. The page is told and has a moment to enter with another.
    pub(super) fn media_gone(&mut self, now: UnixMs, session: SessionId, reason: Gone, out: &mut Vec<Output>) {
        let Some(person) = self.by_media_up(session) else { return };
        let who = person.id;
        // Without a `Leave`: the SFU has dropped it already.
        person.link.media = Media::None;
        let with_node = reason == Gone::NodeLost;
        if person.link.socket.is_none() && !with_node {
            return self.lose(now, who, out);
        }
        // Whose media falls silent may be looking for another network just then, on another socket: they hear of it there.
        person.link.lost_with_node = with_node && person.link.socket.is_none();
        person.link.half_since = Some(now);
        tell_person(out, person, ServerMsg::MediaLost { media: person.link.media_count, with_node });
        // Their screen is shown to nobody any more, and does not keep anybody else from sharing.
        if std::mem::take(&mut person.media.screen) {
            self.tell_changed(who, out);
        }
    }

    /// Who lost half of their connection too long ago has left. A socket that is there stays: its page may enter again.
    pub(super) fn give_up_halves(&mut self, now: UnixMs, out: &mut Vec<Output>) {
        let lost: Vec<_> = self.people.values().filter(|p| p.is_half_for_too_long(now)).map(|p| p.id).collect();
        for who in lost {
            let socket = self.people.get(&who).and_then(|person| person.link.socket);
            self.lose(now, who, out);
            if let Some(person) = self.people.get_mut(&who) {
                person.link.socket = socket;
            }
        }
    }

    fn lose(&mut self, now: UnixMs, who: ParticipantId, out: &mut Vec<Output>) {
        self.disconnect(who, out);
        let Some(person) = self.people.get_mut(&who).filter(|person| person.place != Place::GreenRoom) else { return };
        person.lost_at = Some(now);
        let (invitee, place) = (person.guest.invitee, person.place);
        note_left(out, invitee, place, false);
        self.history.remember(now, invitee, PastKind::Lost);
    }

    /// Takes somebody's connection away: out of the others' sight and out of the SFU.
    pub(super) fn disconnect(&mut self, who: ParticipantId, out: &mut Vec<Output>) {
        let Some(person) = self.people.get_mut(&who) else { return };
        let media = person.link.media.session();
        let was_present = std::mem::take(&mut person.present);
        person.link.clear();
        person.hand = false;
        person.media.screen = false;
        let (place, role) = (person.place, person.role());
        if was_present {
            self.tell_gone(who, place, role, out);
        }
        out.extend(media.map(|session| Output::Media(Command::Leave { session })));
    }

    fn tell_gone(&mut self, who: ParticipantId, place: Place, role: Role, out: &mut Vec<Output>) {
        match place {
            Place::Room => self.tell_room(out, None, &ServerMsg::ParticipantLeft { participant: who }),
            Place::Lobby => self.tell_moderators(out, &ServerMsg::LobbyLeft { participant: who }),
            Place::GreenRoom => {}
        }
        if place == Place::Room && role == Role::Moderator && !self.has_moderator() {
            self.tell_lobby_whom_it_waits_for(out);
        }
    }

    /// The same page by another socket. The older one, if it is still there, leads nowhere any more.
    pub(super) fn change_socket(&mut self, who: ParticipantId, socket: SessionId, out: &mut Vec<Output>) {
        let Some(person) = self.people.get_mut(&who) else { return };
        let older = person.link.socket.replace(socket);
        out.extend(older.map(|session| Output::HangUp { session }));
        let media = person.link.media.up();
        // What is lost besides stays lost since then.
        person.link.half_since = person.link.half_since.filter(|_| media.is_none());
        out.extend(media.map(|session| Output::Media(Command::Watch { session, closely: false })));
    }

    /// Everything a page may have missed while it had no socket. It replaces what the page knew.
    pub(super) fn tell_anew(&mut self, who: ParticipantId, out: &mut Vec<Output>) {
        if let Some(person) = self.people.get_mut(&who) {
            person.waiting_for = None;
        }
        self.tell_waiting(who, out);
        let Some(person) = self.people.get(&who) else { return };
        match person.place {
            Place::Room => {
                tell_person(out, person, ServerMsg::Admitted { room: self.snapshot(person) });
                self.tell_owner(who, out);
            }
            Place::Lobby => {
                tell_lines(out, person);
                tell_password(out, person);
            }
            Place::GreenRoom => {}
        }
        if person.link.lost_with_node {
            tell_person(out, person, ServerMsg::MediaLost { media: person.link.media_count, with_node: true });
        }
        let Media::Up { slots, layers, .. } = &person.link.media else { return };
        if let (Place::Room, Some(slots)) = (person.place, slots) {
            tell_person(out, person, ServerMsg::SlotsChanged { slots: slots.clone() });
        }
        if let Some((camera, screen)) = layers {
            tell_person(out, person, ServerMsg::LayersWanted { camera: camera.clone(), screen: *screen });
        }
    }

    /// The page asks for another path for its media.
    pub(super) fn restart(
        &mut self,
        now: UnixMs,
        me: ParticipantId,
        offer: String,
        out: &mut Vec<Output>,
    ) -> Result<(), ProtocolError> {
        let person = self.people.get_mut(&me).ok_or(ProtocolError::WrongState)?;
        match person.link.media.up() {
            None => refuse(out, person, OfferError::OtherSession),
            Some(_) if !person.offers.allows(now) => refuse(out, person, OfferError::TooMany),
            Some(session) => out.push(Output::Media(Command::Restart { session, offer })),
        }
        Ok(())
    }

    /// The SFU took the restart.
    pub(super) fn restarted(&mut self, session: SessionId, answer: String, out: &mut Vec<Output>) {
        if let Some(person) = self.by_media_up(session) {
            tell_person(out, person, ServerMsg::Restarted { answer });
        }
    }

    /// The SFU did not take the restart.
    pub(super) fn restart_refused(&mut self, session: SessionId, error: OfferError, out: &mut Vec<Output>) {
        if let Some(person) = self.by_media_up(session) {
            refuse(out, person, error);
        }
    }
}

/// What was written while they wait, if anything was.
pub(super) fn tell_lines(out: &mut Vec<Output>, person: &Person) {
    if !person.lines.is_empty() {
        tell_person(out, person, ServerMsg::Lines { lines: person.lines.clone() });
    }
}

fn refuse(out: &mut Vec<Output>, person: &Person, error: OfferError) {
    tell_person(out, person, ServerMsg::RestartRefused { error });
}
