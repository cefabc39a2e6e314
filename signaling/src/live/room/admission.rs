//! What moderators decide about who is in: let in, turn away, send back, put out, confirm who somebody is.

use shared::control::Command;
use shared::ids::{InviteeId, ParticipantId};
use shared::meeting::Role;
use shared::signal::{AdmissionError, PastKind, ProtocolError, RefuseReason, ServerMsg, TurnedAway};
use shared::units::UnixMs;

use super::person::{Person, Place, Standing};
use super::{Output, Room, tell_person, turn_away};
use crate::meetings::events::{Actor, DoorEvent};

impl Room {
    /// Lets somebody in from the lobby. Their media session is raised in place.
    pub(super) fn admit(
        &mut self,
        now: UnixMs,
        me: ParticipantId,
        who: ParticipantId,
        out: &mut Vec<Output>,
    ) -> Result<(), ProtocolError> {
        let moderator = self.moderator(me)?;
        let person = self.waits(who)?;
        self.check_admissible(person).map_err(|error| ProtocolError::Admission { error })?;
        self.end_other_claims(who, out);
        let person = self.people.get(&who).ok_or(ProtocolError::NobodyThere)?;
        let (invitee, evidence) = (person.guest.invitee, person.guest.evidence());
        let event = DoorEvent::Admitted { evidence, location: person.guest.location.verdict };
        note(out, invitee, moderator, event);
        self.raise(now, who, out);
        Ok(())
    }

    /// Lets in whoever of these may be let in without a second look: not who knocked without a PIN, or with one in use, or owes a
    /// password that was asked for.
    pub(super) fn admit_all(
        &mut self,
        now: UnixMs,
        me: ParticipantId,
        all: &[ParticipantId],
        out: &mut Vec<Output>,
    ) -> Result<(), ProtocolError> {
        self.moderator(me)?;
        let is_plain = |person: &Person| person.guest.pin_typed && person.in_use.is_none() && !person.owes_password();
        for who in all {
            let may = self.waits(*who).is_ok_and(|person| is_plain(person) && self.check_admissible(person).is_ok());
            if may {
                self.admit(now, me, *who, out)?;
            }
        }
        Ok(())
    }

    /// A moderator who had to wait for another use of their invitation, which is over.
    pub(super) fn raise_moderator(&mut self, now: UnixMs, who: ParticipantId, out: &mut Vec<Output>) {
        let Some(person) = self.people.get(&who) else { return };
        if let Standing::Moderator(second_factor) = person.guest.standing {
            let invitee = person.guest.invitee;
            note(out, invitee, invitee, DoorEvent::ModeratorEntered { second_factor });
            self.raise(now, who, out);
        }
    }

    /// From the lobby to the room.
    fn raise(&mut self, now: UnixMs, who: ParticipantId, out: &mut Vec<Output>) {
        // Before the newcomer is one of those in the room.
        self.tell_moderators(out, &ServerMsg::LobbyLeft { participant: who });
        let Some(person) = self.people.get_mut(&who) else { return };
        person.place = Place::Room;
        person.lines.clear();
        person.in_use = None;
        let invitee = person.guest.invitee;
        // Media that is being replaced just now is raised with the offer that is there, or enters the room itself.
        let session = person.link.media.session();
        self.history.remember(now, invitee, PastKind::CameIn);
        out.extend(session.map(|session| Output::Media(Command::Admit { session })));
        self.appear_in_room(who, out);
    }

    /// What stands in the way of somebody's admission. Nothing does of a moderator's.
    fn check_admissible(&self, person: &Person) -> Result<(), AdmissionError> {
        if person.role() == Role::Moderator {
            return Ok(());
        }
        if self.lock.locks.closed {
            return Err(AdmissionError::Locked);
        }
        if self.rules.camera_required && !person.media.camera {
            return Err(AdmissionError::CameraOff);
        }
        if person.identity.is_missing() { Err(AdmissionError::NotConfirmed) } else { Ok(()) }
    }

    /// Turns somebody in the lobby away. Their PIN goes on working.
    pub(super) fn refuse(
        &mut self,
        now: UnixMs,
        me: ParticipantId,
        who: ParticipantId,
        reason: RefuseReason,
        out: &mut Vec<Output>,
    ) -> Result<(), ProtocolError> {
        let moderator = self.moderator(me)?;
        let person = self.waits(who)?;
        let (invitee, session) = (person.guest.invitee, person.link.socket);
        self.put_out(who, out);
        self.history.remember(now, invitee, PastKind::Refused);
        note(out, invitee, moderator, DoorEvent::Refused { reason });
        if let Some(session) = session {
            turn_away(out, session, TurnedAway::Refused { reason });
        }
        Ok(())
    }

    /// Sends somebody in the room back to the lobby. Their media session ends: nothing of the room reaches them from then
    /// on, whatever their page does, and it enters anew.
    pub(super) fn send_back(
        &mut self,
        now: UnixMs,
        me: ParticipantId,
        who: ParticipantId,
        out: &mut Vec<Output>,
    ) -> Result<(), ProtocolError> {
        let moderator = self.moderator(me)?;
        let in_room = self.people.get(&who).filter(|person| person.is_present_in(Place::Room));
        let person = in_room.ok_or(ProtocolError::NobodyThere)?;
        if person.role() == Role::Moderator {
            return Err(ProtocolError::Admission { error: AdmissionError::Moderator });
        }
        note(out, person.guest.invitee, moderator, DoorEvent::SentBack);
        self.move_to_lobby(now, who, Some(PastKind::SentBack), out);
        Ok(())
    }

    /// Takes somebody out of the room and has them wait. What was confirmed of them is open again. `what` is what their card
    /// says of it: nothing of somebody who was never in.
    pub(super) fn move_to_lobby(
        &mut self,
        now: UnixMs,
        who: ParticipantId,
        what: Option<PastKind>,
        out: &mut Vec<Output>,
    ) {
        let socket = self.people.get(&who).and_then(|person| person.link.socket);
        self.disconnect(who, out);
        self.end_devices_of(who, out);
        let Some(person) = self.people.get_mut(&who) else { return };
        person.link.socket = socket;
        person.place = Place::Lobby;
        person.waiting_since = now;
        person.forget_identity();
        if let Some(what) = what {
            self.history.remember(now, person.guest.invitee, what);
        }
        tell_person(out, person, ServerMsg::SentToLobby);
    }

    /// Puts somebody out of the room, also when only their way back is left. The PIN dies with the note, and with it
    /// every other use of it.
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
        let invitee = person.ok_or(ProtocolError::NobodyThere)?.guest.invitee;
        if invitee == moderator {
            return Err(ProtocolError::NobodyThere);
        }
        note(out, invitee, moderator, DoorEvent::Removed);
        self.end_claims(invitee, TurnedAway::Removed, out);
        Ok(())
    }

    /// A moderator's word that somebody is the person on the invitation. Whoever holds the same invitation as one who
    /// has given theirs gives no second one: four eyes are two people's.
    pub(super) fn confirm_identity(
        &mut self,
        me: ParticipantId,
        who: ParticipantId,
        checked: u8,
        out: &mut Vec<Output>,
    ) -> Result<(), ProtocolError> {
        let moderator = self.moderator(me)?;
        if usize::from(checked) != self.rules.checklist.len() {
            return Err(ProtocolError::OutOfRange);
        }
        let name = self.people.get(&me).map(|person| person.guest.name.clone()).unwrap_or_default();
        let invitee_of = |id: &ParticipantId| self.people.get(id).map(|person| person.guest.invitee);
        let person = self.people.get(&who).filter(|person| person.present && person.guest.invitee != moderator);
        let person = person.ok_or(ProtocolError::NobodyThere)?;
        if person.identity.by.iter().any(|by| invitee_of(by) == Some(moderator)) {
            return Ok(());
        }
        let person = self.people.get_mut(&who).ok_or(ProtocolError::NobodyThere)?;
        person.identity.by.push(me);
        person.identity.names.push(name);
        let confirmations = u8::try_from(person.identity.by.len()).unwrap_or(u8::MAX);
        note(out, person.guest.invitee, moderator, DoorEvent::IdentityConfirmed { confirmations });
        self.tell_changed(who, out);
        Ok(())
    }

    /// Takes every word about somebody's identity back.
    pub(super) fn doubt_identity(
        &mut self,
        me: ParticipantId,
        who: ParticipantId,
        out: &mut Vec<Output>,
    ) -> Result<(), ProtocolError> {
        let moderator = self.moderator(me)?;
        let person = self.present(who).ok_or(ProtocolError::NobodyThere)?;
        if !person.forget_identity() {
            return Ok(());
        }
        note(out, person.guest.invitee, moderator, DoorEvent::IdentityDoubted);
        self.tell_changed(who, out);
        Ok(())
    }

    /// The one check of every moderator's request.
    pub(super) fn moderator(&self, me: ParticipantId) -> Result<InviteeId, ProtocolError> {
        let person = self.people.get(&me).ok_or(ProtocolError::WrongState)?;
        match person.role() {
            Role::Participant | Role::Observer => Err(ProtocolError::NotAllowed),
            Role::Moderator if !person.is_present_in(Place::Room) => Err(ProtocolError::WrongState),
            Role::Moderator => Ok(person.guest.invitee),
        }
    }

    pub(super) fn waits(&self, who: ParticipantId) -> Result<&Person, ProtocolError> {
        let waits = self.people.get(&who).filter(|person| person.is_present_in(Place::Lobby));
        waits.ok_or(ProtocolError::NobodyThere)
    }
}

fn note(out: &mut Vec<Output>, invitee: InviteeId, moderator: InviteeId, event: DoorEvent) {
    out.push(Output::Note { invitee: Some(invitee), actor: Actor::Invitee(moderator), event });
}
