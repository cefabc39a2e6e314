//! The text line between somebody in the lobby and the moderators. It lives with the wait and is gone with it (D32).

use shared::ids::ParticipantId;
use shared::input;
use shared::limits::MAX_LINES;
use shared::signal::{Line, ProtocolError, ServerMsg};
use shared::units::UnixMs;

use super::person::Place;
use super::{Output, Room, tell_person};

impl Room {
    /// Takes a line in: from whoever waits to all moderators, or from a moderator to one who waits.
    pub(super) fn say(
        &mut self,
        now: UnixMs,
        me: ParticipantId,
        to: Option<ParticipantId>,
        text: &str,
        out: &mut Vec<Output>,
    ) -> Result<(), ProtocolError> {
        let text = input::line(text).map_err(|_| ProtocolError::OutOfRange)?;
        let speaker = self.present(me).ok_or(ProtocolError::WrongState)?;
        let (who, by) = match to {
            None => (me, None),
            Some(who) => (who, Some(speaker.guest.name.clone())),
        };
        let waits = self.present(who).filter(|person| person.place == Place::Lobby);
        let person = waits.ok_or(ProtocolError::NobodyThere)?;
        if person.lines.len() == MAX_LINES {
            person.lines.remove(0);
        }
        person.lines.push(Line { by, text, at: now });
        tell_person(out, person, ServerMsg::Lines { lines: person.lines.clone() });
        self.tell_changed(who, out);
        Ok(())
    }
}
