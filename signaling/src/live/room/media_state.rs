//! What people switch on and off; and the one screen that a room sees.

use shared::control::Command;
use shared::ids::ParticipantId;
use shared::meeting::Role;
use shared::signal::{MediaState, ProtocolError, ShareError};

use super::person::{Person, Place};
use super::{Output, Room};

impl Room {
    /// Takes in what is on at somebody's end. A screen that may not be shared changes nothing at all.
    pub(super) fn set_media(
        &mut self,
        me: ParticipantId,
        media: MediaState,
        out: &mut Vec<Output>,
    ) -> Result<(), ProtocolError> {
        let shares = self.present(me).ok_or(ProtocolError::WrongState)?.media.screen;
        if media.screen && !shares {
            self.check_share(me)?;
        }
        let person = self.present(me).ok_or(ProtocolError::WrongState)?;
        person.media = media;
        if let Some(session) = person.link.media.session().filter(|_| media.screen != shares) {
            out.push(Output::Media(Command::Share { session, on: media.screen }));
        }
        self.tell_changed(me, out);
        self.tell_waiting(me, out);
        Ok(())
    }

    /// Whether somebody may begin to share their screen now.
    fn check_share(&self, me: ParticipantId) -> Result<(), ProtocolError> {
        let can = |person: &&Person| person.place == Place::Room && person.link.media.session().is_some();
        let person = self.people.get(&me).filter(can);
        let role = person.ok_or(ProtocolError::WrongState)?.role();
        let refused = |error| Err(ProtocolError::Share { error });
        if role == Role::Observer {
            return refused(ShareError::Observer);
        }
        match self.people.values().find(|other| other.is_present_in(Place::Room) && other.media.screen) {
            Some(sharer) => refused(ShareError::Taken { by: sharer.id }),
            None => Ok(()),
        }
    }
}
