//! How a room is closed and quietened. The last moderator who set it is the one who counts; what is set stays when they go,
//! but nobody skips the lobby while no moderator is in the room.

use shared::control::Command;
use shared::ids::{InviteeId, ParticipantId};
use shared::meeting::Role;
use shared::signal::{AdmissionError, Locks, ProtocolError, ServerMsg};

use super::person::Person;
use super::{Output, Room};
use crate::meetings::events::{Actor, DoorEvent};

/// The locks, and by whom they were set.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Lock {
    pub(super) locks: Locks,
    pub(super) by: Option<InviteeId>,
}

impl Room {
    pub(super) fn set_locks(
        &mut self,
        me: ParticipantId,
        locks: Locks,
        out: &mut Vec<Output>,
    ) -> Result<(), ProtocolError> {
        let moderator = self.moderator(me)?;
        if (locks.participants_skip_lobby || locks.observers_skip_lobby) && self.rules.need_the_lobby() {
            return Err(ProtocolError::Admission { error: AdmissionError::LobbyNeeded });
        }
        let before = self.lock.locks;
        self.lock = Lock { locks, by: Some(moderator) };
        if locks == before {
            return Ok(());
        }
        let event = DoorEvent::LocksChanged { locks };
        out.push(Output::Note { invitee: None, actor: Actor::Invitee(moderator), event });
        self.tell_room(out, None, &ServerMsg::LocksChanged { locks });
        self.tell_lobby_whom_it_waits_for(out);
        let surface = |locks: Locks| (locks.only_moderators_draw, locks.only_moderators_point);
        if surface(locks) != surface(before) {
            out.push(self.surface());
        }
        Ok(())
    }

    /// Who may draw and point, for the SFU.
    pub(super) fn surface(&self) -> Output {
        let Locks { only_moderators_draw, only_moderators_point, .. } = self.lock.locks;
        Output::Media(Command::Surface { room: self.room_id(), only_moderators_draw, only_moderators_point })
    }

    /// Whether somebody comes in without a moderator's word.
    pub(super) fn skips_lobby(&self, person: &Person) -> bool {
        let locks = self.lock.locks;
        let is_plain = person.guest.pin_typed && !self.history.is_in_doubt(person.guest.invitee);
        person.role() != Role::Moderator
            && locks.skips_lobby(person.role())
            && self.has_moderator()
            && !self.rules.need_the_lobby()
            && is_plain
    }
}
