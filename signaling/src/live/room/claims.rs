//! An invitation that is used more than once at a time (D9). Whoever is there is never put out for a newcomer: the newcomer
//! waits in the lobby, a moderator among them, the card says where the PIN is in use, and whom a moderator lets in stays.

use shared::ids::{InviteeId, ParticipantId};
use shared::limits::MAX_CLAIMS;
use shared::meeting::Role;
use shared::signal::{InUse, JoinRefused, ServerMsg, TurnedAway};
use shared::units::UnixMs;

use super::person::{Person, Place};
use super::{Output, PLACE_HELD_MS, Room, tell_person, turn_away};
use crate::meetings::events::{Actor, DoorEvent};

impl Person {
    /// Where this person uses their invitation just now, if they do.
    fn claim(&self, now: UnixMs) -> Option<InUse> {
        let is_connected = self.link.socket.is_some() || self.present;
        let was_lost = self.tab.is_some() && self.lost_at.is_some_and(|at| now.since(at) < PLACE_HELD_MS);
        match self.place {
            Place::Room if is_connected => Some(InUse::Room),
            Place::Lobby if is_connected => Some(InUse::Lobby),
            Place::GreenRoom if self.link.socket.is_some() => Some(InUse::GreenRoom),
            Place::Room | Place::Lobby if was_lost => Some(InUse::Lost),
            Place::Room | Place::Lobby | Place::GreenRoom => None,
        }
    }
}

impl Room {
    /// The number under which a newcomer with this invitation is known, when nobody uses it: theirs from before.
    ///
    /// # Errors
    /// It is in use as often as it may be.
    pub(super) fn free_claim(
        &self,
        now: UnixMs,
        invitee: InviteeId,
        role: Role,
    ) -> Result<Option<ParticipantId>, JoinRefused> {
        let mut free = None;
        let mut in_use = 0;
        for person in self.claims(invitee) {
            match person.claim(now) {
                // A moderator proves themselves anew by a second factor, and must not wait for their own lost connection.
                None => free = Some(person.id),
                Some(InUse::Lost) if role == Role::Moderator => free = Some(person.id),
                Some(_) => in_use += 1,
            }
        }
        if in_use < MAX_CLAIMS { Ok(free) } else { Err(JoinRefused::InUse) }
    }

    /// Says to those who use the same invitation that somebody else does now.
    pub(super) fn tell_claims(&self, now: UnixMs, newcomer: ParticipantId, invitee: InviteeId, out: &mut Vec<Output>) {
        let others: Vec<_> = self.claims(invitee).filter(|p| p.id != newcomer && p.claim(now).is_some()).collect();
        for person in &others {
            tell_person(out, person, ServerMsg::PinUsedElsewhere);
        }
        if !others.is_empty() {
            out.push(Output::Note {
                invitee: Some(invitee),
                actor: Actor::Invitee(invitee),
                event: DoorEvent::SecondUse,
            });
        }
    }

    /// Where else this person's invitation is in use: the place that matters most.
    pub(super) fn in_use(&self, now: UnixMs, person: &Person) -> Option<InUse> {
        let weight = |place: &InUse| match place {
            InUse::Room => 3,
            InUse::Lobby => 2,
            InUse::Lost => 1,
            InUse::GreenRoom => 0,
        };
        let others = self.claims(person.guest.invitee).filter(|other| other.id != person.id);
        others.filter_map(|other| other.claim(now)).max_by_key(weight)
    }

    /// A moderator has decided for one of those who use an invitation: the others are put out.
    pub(super) fn end_other_claims(&mut self, chosen: ParticipantId, out: &mut Vec<Output>) {
        let Some(invitee) = self.people.get(&chosen).map(|person| person.guest.invitee) else { return };
        let others: Vec<_> = self.claims(invitee).map(|person| person.id).filter(|id| *id != chosen).collect();
        for other in others {
            self.turn_out(other, TurnedAway::ReplacedByNewer, out);
        }
    }

    /// Puts out everybody who uses an invitation.
    pub(super) fn end_claims(&mut self, invitee: InviteeId, why: TurnedAway, out: &mut Vec<Output>) {
        let all: Vec<_> = self.claims(invitee).map(|person| person.id).collect();
        for who in all {
            self.turn_out(who, why, out);
        }
    }

    fn turn_out(&mut self, who: ParticipantId, why: TurnedAway, out: &mut Vec<Output>) {
        let socket = self.people.get(&who).and_then(|person| person.link.socket);
        self.put_out(who, out);
        if let Some(session) = socket {
            turn_away(out, session, why);
        }
    }

    /// Brings up to date what cards say of other uses, and lets in a moderator who no longer has to wait for one.
    pub(super) fn settle_claims(&mut self, now: UnixMs, out: &mut Vec<Output>) {
        let waiting = self.people.values().filter(|person| person.place == Place::Lobby);
        let found: Vec<_> = waiting.map(|person| (person.id, self.in_use(now, person))).collect();
        for (who, in_use) in found {
            let Some(person) = self.people.get_mut(&who) else { continue };
            let changed = std::mem::replace(&mut person.in_use, in_use) != in_use;
            if person.role() == Role::Moderator && in_use.is_none() && person.present {
                self.raise_moderator(now, who, out);
            } else if changed && person.present {
                self.tell_changed(who, out);
                self.tell_waiting(who, out);
            }
        }
    }

    fn claims(&self, invitee: InviteeId) -> impl Iterator<Item = &Person> {
        self.people.values().filter(move |person| person.guest.invitee == invitee)
    }
}
