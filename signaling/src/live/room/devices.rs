//! Devices: what people in the room connect with a token of their page's (WHIP, WHEP). A device is a participant of its own,
//! shown as what it is, and never more than its owner: it goes when they go for good.
//!
//! A token is made for one use and shown once; the room keeps its hash. The newest connection of a token wins, as with people's
//! pages: an encoder that lost its network and comes back must not wait for its own ghost.

use sha2::{Digest, Sha256};
use shared::control::{Command, KeyLength};
use shared::device::{Device, DeviceError, DeviceOf, DeviceState, DeviceUse};
use shared::ids::{InviteeId, ParticipantId, SessionId};
use shared::limits::MAX_DEVICES;
use shared::meeting::{MeetingKind, Role};
use shared::quality::Quality;
use shared::secret::Secret;
use shared::signal::{MediaState, OfferError, ProtocolError, RosterEntry, ServerMsg};
use shared::units::UnixMs;

use super::offers::Offers;
use super::person::{Person, Place};
use super::{Output, PLACE_HELD_MS, Room, tell_person};
use crate::meetings::events::{Actor, DoorEvent};

mod plug;

/// What a device asks for, over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeviceAsk {
    /// Take this offer.
    PlugIn {
        /// Whether it came to publish or to watch.
        does: DeviceUse,
        /// The shortest keys that it may have.
        keys: KeyLength,
        /// SDP.
        offer: String,
        /// What the connection is called over HTTP.
        resource: String,
    },
    /// End the connection.
    Unplug {
        /// Which.
        resource: String,
    },
    /// Are these the credentials that the connection was opened with? Candidates of the same need not be known here.
    Trickle {
        /// Which.
        resource: String,
        /// ICE's name of them, when the fragment says one.
        ufrag: Option<String>,
    },
}

/// Why a device does not get what it asks for. Each is its own HTTP status and sentence, see `routes::devices`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PlugRefused {
    /// The token is nobody's, or was taken back.
    #[error("unknown token")]
    Unknown,
    /// The token is for the other use.
    #[error("a token for another use")]
    OtherUse,
    /// The meeting may not be watched.
    #[error("the meeting may not be watched")]
    NotWatchable,
    /// No connection of that name.
    #[error("no such connection")]
    NoConnection,
    /// Another set of ICE credentials: a restart is not taken, a new connection is.
    #[error("an ICE restart")]
    Restart,
    /// The room has no place left.
    #[error("the room is full")]
    Full,
    /// One offer too soon after the others.
    #[error("too many offers")]
    TooMany,
    /// The SFU did not take the offer.
    #[error("the offer was refused: {0}")]
    Offer(OfferError),
    /// The room has closed, or nothing answers.
    #[error("no answer")]
    NoAnswer,
}

/// All devices of a room.
#[derive(Default)]
pub(super) struct Devices {
    made: u32,
    list: Vec<Made>,
}

/// A device that somebody made.
struct Made {
    number: u32,
    owner: ParticipantId,
    does: DeviceUse,
    /// SHA-256 of its token.
    token: [u8; 32],
    /// Its number in the room, from its first connection on.
    id: Option<ParticipantId>,
    offers: Offers,
    state: DeviceState,
    plug: Option<Plug>,
}

/// A device's connection.
struct Plug {
    session: SessionId,
    /// Whether the SFU took its offer.
    is_taken: bool,
    resource: String,
    ufrag: Option<String>,
    media: MediaState,
    /// As agreed on, once it is connected.
    keys: KeyLength,
    quality: Quality,
}

impl Devices {
    /// Whose devices there are, and which sessions the SFU has of them.
    #[cfg(test)]
    pub(super) fn owners_and_sessions(&self) -> (Vec<ParticipantId>, Vec<SessionId>) {
        let owners = self.list.iter().map(|device| device.owner).collect();
        (owners, self.list.iter().filter_map(Made::session).collect())
    }

    /// The numbers of those that others see.
    #[cfg(test)]
    pub(super) fn present(&self) -> impl Iterator<Item = ParticipantId> {
        self.list.iter().filter(|device| device.is_present()).filter_map(|device| device.id)
    }

    /// Whether the SFU has, or is about to have, a device's session of this number.
    pub(super) fn has(&self, session: SessionId) -> bool {
        self.list.iter().any(|device| device.session() == Some(session))
    }

    /// Places in the room that devices take.
    pub(super) fn places(&self) -> usize {
        self.list.iter().filter(|device| device.plug.is_some()).count()
    }

    /// The largest number in the room that a device has.
    pub(super) fn last_id(&self) -> Option<ParticipantId> {
        self.list.iter().filter_map(|device| device.id).max()
    }
}

impl Made {
    fn session(&self) -> Option<SessionId> {
        self.plug.as_ref().map(|plug| plug.session)
    }

    /// Whether others see it.
    fn is_present(&self) -> bool {
        self.state == DeviceState::Connected
    }

    fn shown(&self) -> Device {
        Device { number: self.number, does: self.does, state: self.state }
    }

    /// As `viewer` sees it. What an observer's device sends is for moderators, as their camera is.
    fn entry_for(&self, owner: &Person, viewer: &Person) -> Option<RosterEntry> {
        let plug = self.plug.as_ref().filter(|_| self.is_present())?;
        let hidden = owner.role() == Role::Observer && viewer.role() != Role::Moderator && viewer.id != owner.id;
        Some(RosterEntry {
            confirmed: false,
            participant: self.id?,
            name: owner.guest.name.clone(),
            role: role_of_device(owner.role()),
            media: if hidden { MediaState::default() } else { plug.media },
            hand: false,
            connection: plug.quality,
            device: Some(DeviceOf { owner: owner.id, does: self.does, keys: plug.keys }),
        })
    }
}

/// A device lets nobody in, whoever owns it.
fn role_of_device(owner: Role) -> Role {
    match owner {
        Role::Moderator | Role::Participant => Role::Participant,
        Role::Observer => Role::Observer,
    }
}

fn hash(token: &Secret) -> [u8; 32] {
    Sha256::digest(token.reveal().as_bytes()).into()
}

impl Room {
    /// Somebody wants a token. [`Output::MakeToken`] has it made: a room has no chance of its own.
    pub(super) fn make_device(
        &mut self,
        me: ParticipantId,
        does: DeviceUse,
        out: &mut Vec<Output>,
    ) -> Result<(), ProtocolError> {
        self.present(me).filter(|person| person.place == Place::Room).ok_or(ProtocolError::WrongState)?;
        let refused = |error| Err(ProtocolError::Device { error });
        if does == DeviceUse::Watch && self.meeting.kind != MeetingKind::MayBeRecorded {
            return refused(DeviceError::NotWatchable);
        }
        if self.devices.list.iter().filter(|device| device.owner == me).count() >= MAX_DEVICES {
            return refused(DeviceError::TooMany);
        }
        out.push(Output::MakeToken { owner: me, does });
        Ok(())
    }

    /// The token that [`Output::MakeToken`] asked for.
    pub fn token_made(&mut self, owner: ParticipantId, does: DeviceUse, token: &Secret) -> Vec<Output> {
        let mut out = Vec::new();
        self.devices.made += 1;
        let number = self.devices.made;
        self.devices.list.push(Made {
            number,
            owner,
            does,
            token: hash(token),
            id: None,
            offers: Offers::default(),
            state: DeviceState::Away,
            plug: None,
        });
        self.tell_owner(owner, &mut out);
        if let Some(person) = self.people.get(&owner) {
            tell_person(&mut out, person, ServerMsg::DeviceMade { number, token: token.clone() });
        }
        out
    }

    /// Somebody takes a device of theirs away.
    pub(super) fn revoke_device(
        &mut self,
        me: ParticipantId,
        number: u32,
        out: &mut Vec<Output>,
    ) -> Result<(), ProtocolError> {
        let mine = self.devices.list.iter().any(|device| device.owner == me && device.number == number);
        if !mine {
            return Err(ProtocolError::NobodyThere);
        }
        self.end_devices(|device| device.number == number, out);
        self.tell_owner(me, out);
        Ok(())
    }

    /// A moderator puts a device out. `false`: it is none.
    pub(super) fn remove_device(&mut self, moderator: InviteeId, who: ParticipantId, out: &mut Vec<Output>) -> bool {
        let device = self.devices.list.iter().find(|device| device.id == Some(who) && device.is_present());
        let Some(owner) = device.map(|device| device.owner) else { return false };
        let invitee = self.people.get(&owner).map(|person| person.guest.invitee);
        let actor = Actor::Invitee(moderator);
        out.push(Output::Note { invitee, actor, event: DoorEvent::DeviceRemoved });
        self.end_devices(|device| device.id == Some(who), out);
        self.tell_owner(owner, out);
        true
    }

    /// Somebody has gone for good, and what they connected with them.
    pub(super) fn end_devices_of(&mut self, owner: ParticipantId, out: &mut Vec<Output>) {
        self.end_devices(|device| device.owner == owner, out);
    }

    /// Whose place is no longer held for them has left their devices alone for too long.
    pub(super) fn end_devices_without_owner(&mut self, now: UnixMs, out: &mut Vec<Output>) {
        let long_lost = |person: &&Person| person.lost_at.is_some_and(|at| now.since(at) >= PLACE_HELD_MS);
        let owners: Vec<ParticipantId> = self.people.values().filter(long_lost).map(|person| person.id).collect();
        self.end_devices(|device| owners.contains(&device.owner), out);
    }

    /// Ends connections and tokens.
    fn end_devices(&mut self, which: impl Fn(&Made) -> bool, out: &mut Vec<Output>) {
        let (ended, kept) = std::mem::take(&mut self.devices.list).into_iter().partition(which);
        self.devices.list = kept;
        let ended: Vec<Made> = ended;
        for mut device in ended {
            self.unplug(&mut device, DeviceState::Away, out);
        }
    }

    /// Ends a device's connection, if it has one.
    fn unplug(&self, device: &mut Made, state: DeviceState, out: &mut Vec<Output>) {
        let was_present = device.is_present();
        device.state = state;
        let Some(plug) = device.plug.take() else { return };
        if let Some(participant) = device.id.filter(|_| was_present) {
            self.tell_room(out, None, &ServerMsg::ParticipantLeft { participant });
        }
        out.push(Output::Media(Command::Leave { session: plug.session }));
    }

    /// The devices in the room, as `viewer` sees them.
    pub(super) fn device_entries(&self, viewer: &Person) -> impl Iterator<Item = RosterEntry> {
        self.devices.list.iter().filter_map(|device| device.entry_for(self.people.get(&device.owner)?, viewer))
    }

    /// Tells somebody of their own devices, once they have had any.
    pub(super) fn tell_owner(&self, owner: ParticipantId, out: &mut Vec<Output>) {
        let is_there = |person: &&Person| person.is_present_in(Place::Room) && self.devices.made > 0;
        let Some(person) = self.people.get(&owner).filter(is_there) else { return };
        let mine = self.devices.list.iter().filter(|device| device.owner == owner);
        tell_person(out, person, ServerMsg::DevicesChanged { devices: mine.map(Made::shown).collect() });
    }
}
