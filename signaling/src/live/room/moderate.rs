//! What moderators do to the meeting as a whole: move the end, end. Who is in it is [`super::admission`]'s.

use shared::control::Command;
use shared::ids::ParticipantId;
use shared::limits::{MAX_EXTENSION_MINUTES, MAX_MEETING_MINUTES};
use shared::signal::{ProtocolError, ServerMsg, TurnedAway};

use super::devices::Devices;
use super::{Output, Room, turn_away};
use crate::meetings::events::{Actor, DoorEvent};

const MINUTE_MS: i64 = 60_000;

impl Room {
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
}
