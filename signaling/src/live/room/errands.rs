//! What a moderator has done about somebody at the door that takes the world outside: a password is sent and compared, an
//! invitation sent again. The room asks, somebody else does it ([`crate::letters::errands`]), and the room hears how it went.

use shared::ids::{InviteeId, ParticipantId};
use shared::meeting::Role;
use shared::secret::Secret;
use shared::signal::{PasswordRefused, PasswordState, ProtocolError, Sent, ServerMsg};

use super::person::{Person, Place};
use super::{Output, Room, tell_person};

/// Something to be done for somebody in the lobby.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Errand {
    /// For whom.
    pub participant: ParticipantId,
    /// Their invitation: whoever has this number when it is done may be somebody else.
    pub invitee: InviteeId,
    /// What.
    pub kind: ErrandKind,
}

/// See [`Errand`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ErrandKind {
    /// Send a password to the number on the invitation.
    SendPassword {
        /// The moderator who wants it; `None`: the person themselves, again.
        by: Option<InviteeId>,
    },
    /// Whether this is it.
    CheckPassword {
        /// As typed.
        typed: Secret,
    },
    /// Send the invitation again, with a PIN of its own where it goes out by SMS.
    Invite {
        /// The moderator.
        by: InviteeId,
    },
}

/// How an errand went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ErrandDone {
    /// A password went out, or did not.
    PasswordSent {
        /// The moderator who wanted it; `None`: the person themselves.
        by: Option<InviteeId>,
        /// How things stand with it now.
        outcome: Result<PasswordState, PasswordRefused>,
    },
    /// What was typed was compared, and is what was given now.
    PasswordChecked(Result<PasswordState, PasswordRefused>),
    /// The invitation is on its way, or is not.
    Invited {
        /// The moderator.
        by: InviteeId,
        /// Why not.
        outcome: Result<(), PasswordRefused>,
    },
}

/// How far somebody in the lobby is with the password that a moderator asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct FreshPassword {
    /// Whether one was asked for since they came.
    pub(super) asked: bool,
    /// An errand is under way, and another waits for its end.
    busy: bool,
}

impl Person {
    /// Whether a password that was asked for at the door has not been given.
    pub(super) fn owes_password(&self) -> bool {
        self.fresh.asked && !self.guest.password.is_given()
    }

    /// One at a time for each, however often they press.
    fn begin(&mut self, kind: ErrandKind) -> Option<Output> {
        let errand = Errand { participant: self.id, invitee: self.guest.invitee, kind };
        (!std::mem::replace(&mut self.fresh.busy, true)).then_some(Output::Errand(errand))
    }
}

impl Room {
    /// A moderator wants a second proof of somebody who waits, whatever was given before: a password to the telephone on the
    /// invitation, or what their account's authenticator shows.
    pub(super) fn ask_password(
        &mut self,
        me: ParticipantId,
        who: ParticipantId,
        out: &mut Vec<Output>,
    ) -> Result<(), ProtocolError> {
        let by = self.moderator(me)?;
        self.waits(who)?;
        self.send_password(who, Some(by), out)
    }

    /// Somebody in the lobby wants the password that was asked of them once more.
    pub(super) fn password_again(&mut self, me: ParticipantId, out: &mut Vec<Output>) -> Result<(), ProtocolError> {
        let person = self.present(me).ok_or(ProtocolError::WrongState)?;
        if !person.owes_password() {
            tell_person(out, person, not_asked());
            return Ok(());
        }
        self.send_password(me, None, out)
    }

    fn send_password(
        &mut self,
        who: ParticipantId,
        by: Option<InviteeId>,
        out: &mut Vec<Output>,
    ) -> Result<(), ProtocolError> {
        let person = self.people.get_mut(&who).ok_or(ProtocolError::NobodyThere)?;
        out.extend(person.begin(ErrandKind::SendPassword { by }));
        Ok(())
    }

    /// Somebody in the lobby typed the password.
    pub(super) fn take_password(
        &mut self,
        me: ParticipantId,
        typed: Secret,
        out: &mut Vec<Output>,
    ) -> Result<(), ProtocolError> {
        let person = self.present(me).ok_or(ProtocolError::WrongState)?;
        if !person.owes_password() {
            tell_person(out, person, not_asked());
        } else {
            out.extend(person.begin(ErrandKind::CheckPassword { typed }));
        }
        Ok(())
    }

    /// A moderator has the invitation of somebody who waits sent again. By SMS it has a new PIN, and the one in use dies.
    pub(super) fn invite_again(
        &mut self,
        me: ParticipantId,
        who: ParticipantId,
        out: &mut Vec<Output>,
    ) -> Result<(), ProtocolError> {
        let by = self.moderator(me)?;
        let person = self.waits(who)?;
        if person.role() == Role::Moderator {
            return Err(ProtocolError::NotAllowed);
        }
        let invitee = person.guest.invitee;
        out.push(Output::Errand(Errand { participant: who, invitee, kind: ErrandKind::Invite { by } }));
        Ok(())
    }

    /// An errand is done. Whoever it was for may have left meanwhile.
    pub(super) fn errand_done(
        &mut self,
        (who, invitee): (ParticipantId, InviteeId),
        done: ErrandDone,
        out: &mut Vec<Output>,
    ) {
        if let ErrandDone::Invited { by, outcome } = done {
            let refused = outcome.err();
            return self.tell_sender(
                by,
                ServerMsg::SentFromCard { participant: who, what: Sent::Invitation, refused },
                out,
            );
        }
        let Some(person) = self.people.get_mut(&who).filter(|person| person.guest.invitee == invitee) else { return };
        // What was begun for the tab before this one, with the same invitation, says nothing of this one.
        if !std::mem::take(&mut person.fresh.busy) {
            return;
        }
        let waits = person.place == Place::Lobby;
        match done {
            ErrandDone::PasswordSent { by, outcome: Ok(state) } => {
                person.guest.password = state.clone();
                person.fresh.asked = true;
                if waits {
                    tell_person(out, person, ServerMsg::PasswordAsked { state });
                }
                let what = if person.guest.password == PasswordState::Code { Sent::Code } else { Sent::Password };
                let sent = ServerMsg::SentFromCard { participant: who, what, refused: None };
                self.tell_changed(who, out);
                if let Some(by) = by {
                    self.tell_sender(by, sent, out);
                }
            }
            ErrandDone::PasswordSent { by: None, outcome: Err(reason) } => {
                tell_person(out, person, ServerMsg::PasswordRefused { reason });
            }
            ErrandDone::PasswordSent { by: Some(by), outcome: Err(reason) } => {
                let refused = Some(reason);
                self.tell_sender(by, ServerMsg::SentFromCard { participant: who, what: Sent::Password, refused }, out);
            }
            ErrandDone::PasswordChecked(Ok(state)) => {
                person.guest.password = state.clone();
                if waits {
                    tell_person(out, person, ServerMsg::PasswordAsked { state });
                }
                self.tell_changed(who, out);
            }
            ErrandDone::PasswordChecked(Err(reason)) => {
                let used_up = matches!(reason, PasswordRefused::UsedUp | PasswordRefused::CodesUsedUp);
                tell_person(out, person, ServerMsg::PasswordRefused { reason });
                if used_up {
                    person.guest.password = PasswordState::UsedUp;
                    self.tell_changed(who, out);
                }
            }
            ErrandDone::Invited { .. } => {}
        }
    }

    /// To whoever moderates on this invitation, wherever they are by now.
    fn tell_sender(&self, by: InviteeId, message: ServerMsg, out: &mut Vec<Output>) {
        let is_there = |person: &&Person| person.guest.invitee == by && person.is_present_in(Place::Room);
        for person in self.people.values().filter(is_there) {
            tell_person(out, person, message.clone());
        }
    }
}

/// Says again what was asked of somebody, to a page that may have missed it.
pub(super) fn tell_password(out: &mut Vec<Output>, person: &Person) {
    if person.fresh.asked {
        tell_person(out, person, ServerMsg::PasswordAsked { state: person.guest.password.clone() });
    }
}

fn not_asked() -> ServerMsg {
    ServerMsg::PasswordRefused { reason: PasswordRefused::NotSent }
}
