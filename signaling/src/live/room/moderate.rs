//! What moderators do: let in, turn away, put out, move the end, end.

use shared::control::Command;
use shared::ids::{InviteeId, ParticipantId, SessionId};
use shared::limits::{MAX_EXTENSION_MINUTES, MAX_MEETING_MINUTES};
use shared::meeting::Role;
use shared::signal::{ProtocolError, ServerMsg, TurnedAway};

use super::devices::Devices;
use super::person::Place;
use super::{Output, Room, turn_away};
use crate::meetings::events::{Actor, DoorEvent};

const MINUTE_MS: i64 = 60_000;

impl Room {
    /// Lets somebody in from the lobby. Their media session is raised in place.
    pub(super) fn admit(
        &mut self,
        me: ParticipantId,
        who: ParticipantId,
        out: &mut Vec<Output>,
    ) -> Result<(), ProtocolError> {
        let moderator = self.moderator(me)?;
        self.check_waits(who)?;
        // Before the newcomer is one of those in the room.
        self.tell_moderators(out, &ServerMsg::LobbyLeft { participant: who });
        let person = self.people.get_mut(&who).ok_or(ProtocolError::NobodyThere)?;
        person.place = Place::Room;
        let (invitee, evidence) = (person.guest.invitee, person.guest.evidence());
        // Media that is being replaced just now is raised with the offer that is there, or enters the room itself.
        let session = person.link.media.session();
        let location = person.guest.location.verdict;
        note(out, invitee, moderator, DoorEvent::Admitted { evidence, location });
        out.extend(session.map(|session| Output::Media(Command::Admit { session })));
        self.appear_in_room(who, out);
        Ok(())
    }

    /// Turns somebody in the lobby away. Their PIN goes on working.
    pub(super) fn refuse(
        &mut self,
        me: ParticipantId,
        who: ParticipantId,
        out: &mut Vec<Output>,
    ) -> Result<(), ProtocolError> {
        let moderator = self.moderator(me)?;
        self.check_waits(who)?;
        let (invitee, session) = self.invitee_and_socket(who)?;
        self.put_out(who, out);
        if let Some(person) = self.people.get_mut(&who) {
            person.refused_before = person.refused_before.saturating_add(1);
        }
        note(out, invitee, moderator, DoorEvent::Refused);
        if let Some(session) = session {
            turn_away(out, session, TurnedAway::Refused);
        }
        Ok(())
    }

    /// Puts somebody out of the room, also when only their way back is left. The PIN dies with the note.
    pub(super) fn remove(
        &mut self,
        me: ParticipantId,
        who: ParticipantId,
        out: &mut Vec<Output>,
    ) -> Result<(), ProtocolError> {
        let moderator = self.moderator(me)?;
        if self.remove_device(moderator, who, out) {
            return Ok(());
        }
        let person = self.people.get(&who).filter(|p| p.place == Place::Room && p.id != me);
        let person = person.ok_or(ProtocolError::NobodyThere)?;
        let (invitee, session) = (person.guest.invitee, person.link.socket);
        note(out, invitee, moderator, DoorEvent::Removed);
        self.put_out(who, out);
        if let Some(session) = session {
            turn_away(out, session, TurnedAway::Removed);
        }
        Ok(())
    }

    /// Moves the scheduled end, and with it the moment the room closes by itself.
    pub(super) fn extend(
        &mut self,
        me: ParticipantId,
        minutes: u32,
        out: &mut Vec<Output>,
    ) -> Result<(), ProtocolError> {
        let moderator = self.moderator(me)?;
        let by_ms = i64::from(minutes) * MINUTE_MS;
        let ends_at = self.meeting.ends_at.plus_ms(by_ms);
        let longest = i64::from(MAX_MEETING_MINUTES) * MINUTE_MS;
        if !(1..=MAX_EXTENSION_MINUTES).contains(&minutes) || ends_at.since(self.meeting.starts_at) > longest {
            return Err(ProtocolError::OutOfRange);
        }
        self.meeting.ends_at = ends_at;
        self.meeting.closes_at = self.meeting.closes_at.plus_ms(by_ms);
        let event = DoorEvent::Extended { ends_at };
        out.push(Output::Note { invitee: None, actor: Actor::Invitee(moderator), event });
        self.tell_room(out, None, &ServerMsg::EndMoved { ends_at, closes_at: self.meeting.closes_at });
        Ok(())
    }

    pub(super) fn end_by_moderator(&mut self, me: ParticipantId, out: &mut Vec<Output>) -> Result<(), ProtocolError> {
        let moderator = self.moderator(me)?;
        self.end(Actor::Invitee(moderator), out);
        Ok(())
    }

    /// The end, for everybody. The note comes first: the PINs are dead before anybody hears of it.
    pub(super) fn end(&mut self, by: Actor, out: &mut Vec<Output>) {
        self.over = true;
        out.push(Output::Note { invitee: None, actor: by, event: DoorEvent::Ended });
        for session in self.people.values().filter_map(|person| person.link.socket) {
            turn_away(out, session, TurnedAway::MeetingOver);
        }
        out.push(Output::Media(Command::CloseRoom { room: self.room_id() }));
        self.people.clear();
        self.devices = Devices::default();
    }

    /// The one check of every moderator's request.
    fn moderator(&self, me: ParticipantId) -> Result<InviteeId, ProtocolError> {
        let person = self.people.get(&me).ok_or(ProtocolError::WrongState)?;
        match person.role() {
            Role::Participant | Role::Observer => Err(ProtocolError::NotAllowed),
            Role::Moderator if !person.is_present_in(Place::Room) => Err(ProtocolError::WrongState),
            Role::Moderator => Ok(person.guest.invitee),
        }
    }

    fn check_waits(&self, who: ParticipantId) -> Result<(), ProtocolError> {
        let waits = self.people.get(&who).is_some_and(|person| person.is_present_in(Place::Lobby));
        if waits { Ok(()) } else { Err(ProtocolError::NobodyThere) }
    }

    fn invitee_and_socket(&self, who: ParticipantId) -> Result<(InviteeId, Option<SessionId>), ProtocolError> {
        let person = self.people.get(&who).ok_or(ProtocolError::NobodyThere)?;
        Ok((person.guest.invitee, person.link.socket))
    }
}

fn note(out: &mut Vec<Output>, invitee: InviteeId, moderator: InviteeId, event: DoorEvent) {
    out.push(Output::Note { invitee: Some(invitee), actor: Actor::Invitee(moderator), event });
}
