//! Who may say what, where: one table for every message that a page sends once it has a seat. What is not declared here is
//! refused; `rights_tests` tries every cell.
//!
//! Before the seat the states are types ([`crate::ws::stage`]), and a message of another state does not get that far.

use shared::meeting::Role;
use shared::signal::{ClientMsg, ProtocolError};

use super::person::Place;

/// Where somebody stands who may say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Where {
    /// Anywhere.
    Anywhere,
    /// Where others see them: lobby or room.
    Seen,
    /// In the lobby.
    Lobby,
    /// In the room.
    Room,
    /// Nowhere, once there is a seat.
    Nowhere,
}

/// Who may say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// Everybody's.
    Everybody,
    /// A moderator's. Others hear that it is, wherever they stand.
    Moderators,
}

impl Where {
    const fn allows(self, place: Place) -> bool {
        match self {
            Self::Anywhere => true,
            Self::Seen => matches!(place, Place::Lobby | Place::Room),
            Self::Lobby => matches!(place, Place::Lobby),
            Self::Room => matches!(place, Place::Room),
            Self::Nowhere => false,
        }
    }
}

/// The table.
pub(super) const fn declared(message: &ClientMsg) -> (Whose, Where) {
    use Whose::{Everybody, Moderators};
    match message {
        ClientMsg::Pong | ClientMsg::Leave | ClientMsg::Enter { .. } | ClientMsg::Restart { .. } => {
            (Everybody, Where::Anywhere)
        }
        ClientMsg::SetMedia { .. } => (Everybody, Where::Seen),
        // To the moderators, whose own line names somebody who waits; and the password that one of them asked for.
        ClientMsg::Say { to: None, .. } | ClientMsg::SendPassword | ClientMsg::SubmitPassword { .. } => {
            (Everybody, Where::Lobby)
        }
        ClientMsg::SetHand { .. }
        | ClientMsg::Look { .. }
        | ClientMsg::MakeDevice { .. }
        | ClientMsg::RevokeDevice { .. } => (Everybody, Where::Room),
        ClientMsg::Say { to: Some(_), .. }
        | ClientMsg::AskPassword { .. }
        | ClientMsg::InviteAgain { .. }
        | ClientMsg::Admit { .. }
        | ClientMsg::AdmitAll { .. }
        | ClientMsg::Refuse { .. }
        | ClientMsg::SendBack { .. }
        | ClientMsg::ConfirmIdentity { .. }
        | ClientMsg::DoubtIdentity { .. }
        | ClientMsg::SetLocks { .. }
        | ClientMsg::Remove { .. }
        | ClientMsg::Extend { .. }
        | ClientMsg::EndMeeting => (Moderators, Where::Room),
        ClientMsg::Hello { .. } | ClientMsg::Join { .. } | ClientMsg::Resume { .. } => (Everybody, Where::Nowhere),
    }
}

/// Whether somebody may say this where they stand. `is_seen` is whether others see them there: not while a part of their
/// connection is lost for too long, nor before their media has come.
///
/// # Errors
/// [`ProtocolError::NotAllowed`] for all but moderators, [`ProtocolError::WrongState`] in another place.
pub(super) fn check(message: &ClientMsg, role: Role, place: Place, is_seen: bool) -> Result<(), ProtocolError> {
    let (whose, r#where) = declared(message);
    if whose == Whose::Moderators && role != Role::Moderator {
        return Err(ProtocolError::NotAllowed);
    }
    let needs_to_be_seen = r#where != Where::Anywhere;
    if r#where.allows(place) && (is_seen || !needs_to_be_seen) { Ok(()) } else { Err(ProtocolError::WrongState) }
}
