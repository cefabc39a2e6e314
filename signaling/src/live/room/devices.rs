//! Devices: what people in the room connect with a token of their page's (WHIP, WHEP). A device is a participant of its own,
//! shown as what it is, and never more than its owner: it goes when they go for good.
//!
//! A token is made for one use and shown once; the room keeps its hash. The newest connection of a token wins, as with people's
//! pages: an encoder that lost its network and comes back must not wait for its own ghost.

use sha2::{Digest, Sha256};
use shared::control::{Command, Event, Gone};
use shared::device::{Device, DeviceError, DeviceOf, DeviceState, DeviceUse};
use shared::ids::{InviteeId, ParticipantId, SessionId};
use shared::limits::{MAX_DEVICES, MAX_PARTICIPANTS};
use shared::meeting::{MeetingKind, Role};
use shared::quality::Quality;
use shared::secret::Secret;
use shared::signal::{MediaState, OfferError, ProtocolError, RosterEntry, ServerMsg, Stage};
use shared::units::UnixMs;

use super::offers::Offers;
use super::person::{Person, Place};
use super::{Output, PLACE_HELD_MS, Room, tell_person};
use crate::meetings::events::{Actor, DoorEvent};

/// What a device asks for, over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeviceAsk {
    /// Take this offer.
    PlugIn {
        /// Whether it came to publish or to watch.
        does: DeviceUse,
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
            participant: self.id?,
            name: owner.guest.name.clone(),
            role: role_of_device(owner.role()),
            media: if hidden { MediaState::default() } else { plug.media },
            hand: false,
            connection: plug.quality,
            device: Some(DeviceOf { owner: owner.id, does: self.does }),
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

    /// A device asks for something with its token.
    ///
    /// # Errors
    /// It does not get it.
    pub fn device_asks(
        &mut self,
        now: UnixMs,
        session: SessionId,
        token: &Secret,
        ask: DeviceAsk,
    ) -> Result<Vec<Output>, PlugRefused> {
        let token = hash(token);
        let index = self.devices.list.iter().position(|device| device.token == token).ok_or(PlugRefused::Unknown)?;
        match ask {
            DeviceAsk::PlugIn { does, offer, resource } => self.plug_in(now, index, session, (does, offer, resource)),
            DeviceAsk::Unplug { resource } => {
                self.check_resource(index, &resource)?;
                let mut out = Vec::new();
                let mut device = self.devices.list.remove(index);
                self.unplug(&mut device, DeviceState::Away, &mut out);
                let owner = device.owner;
                self.devices.list.insert(index, device);
                self.tell_owner(owner, &mut out);
                Ok(out)
            }
            DeviceAsk::Trickle { resource, ufrag } => {
                let plug = self.check_resource(index, &resource)?;
                if ufrag.is_none() || ufrag == plug.ufrag { Ok(Vec::new()) } else { Err(PlugRefused::Restart) }
            }
        }
    }

    fn check_resource(&self, index: usize, resource: &str) -> Result<&Plug, PlugRefused> {
        let plug = self.devices.list.get(index).and_then(|device| device.plug.as_ref());
        plug.filter(|plug| plug.resource == resource).ok_or(PlugRefused::NoConnection)
    }

    fn plug_in(
        &mut self,
        now: UnixMs,
        index: usize,
        session: SessionId,
        (does, offer, resource): (DeviceUse, String, String),
    ) -> Result<Vec<Output>, PlugRefused> {
        let full = self.is_full_for_devices(now);
        let (room, next_id) = (self.room_id(), self.next_id());
        let device = self.devices.list.get_mut(index).ok_or(PlugRefused::Unknown)?;
        let owner = self.people.get(&device.owner).filter(|owner| owner.place == Place::Room);
        let role = role_of_device(owner.ok_or(PlugRefused::Unknown)?.role());
        if device.does != does {
            return Err(PlugRefused::OtherUse);
        }
        if does == DeviceUse::Watch && self.meeting.kind != MeetingKind::MayBeRecorded {
            return Err(PlugRefused::NotWatchable);
        }
        if full && device.plug.is_none() {
            return Err(PlugRefused::Full);
        }
        if !device.offers.allows(now) {
            return Err(PlugRefused::TooMany);
        }
        let mut out = Vec::new();
        let mut device = self.devices.list.remove(index);
        self.unplug(&mut device, DeviceState::Connecting, &mut out);
        let participant = *device.id.get_or_insert(next_id);
        let (ufrag, media) = (ufrag_of(&offer), media_of(does, &offer));
        device.plug = Some(Plug { session, is_taken: false, resource, ufrag, media, quality: Quality::Good });
        let owner = device.owner;
        self.devices.list.insert(index, device);
        let (stage, purpose) = (Stage::Room, does.into());
        out.push(Output::Media(Command::Join { room, session, participant, role, stage, purpose, offer }));
        self.tell_owner(owner, &mut out);
        Ok(out)
    }

    /// As for people; and one place is kept for a moderator while there is none.
    fn is_full_for_devices(&self, now: UnixMs) -> bool {
        let people = || self.people.values().filter(|person| person.holds_a_place(now));
        let kept = !people().any(|person| person.role() == Role::Moderator);
        people().count() + self.devices.places() + usize::from(kept) >= MAX_PARTICIPANTS
    }

    /// The SFU said something: about a device, which is done here, or about somebody else.
    pub(super) fn device_media(&mut self, event: Event, out: &mut Vec<Output>) -> Option<Event> {
        let (Event::Answered { session, .. }
        | Event::OfferRefused { session, .. }
        | Event::Restarted { session, .. }
        | Event::RestartRefused { session, .. }
        | Event::Connected { session }
        | Event::Gone { session, .. }
        | Event::Quality { session, .. }
        | Event::SlotsChanged { session, .. }
        | Event::LayersWanted { session, .. }) = &event;
        let session = *session;
        let Some(index) = self.devices.list.iter().position(|device| device.session() == Some(session)) else {
            return Some(event);
        };
        let plug = self.devices.list.get_mut(index).and_then(|device| device.plug.as_mut());
        let was_taken = plug.is_some_and(|plug| {
            let is_taken = plug.is_taken || matches!(event, Event::Answered { .. });
            std::mem::replace(&mut plug.is_taken, is_taken)
        });
        match event {
            Event::Answered { answer, .. } if !was_taken => out.push(Output::Plugged { session, answer: Ok(answer) }),
            Event::OfferRefused { error, .. } if !was_taken => {
                out.push(Output::Plugged { session, answer: Err(error) });
                self.device_gone(index, DeviceState::Away, out);
            }
            Event::Connected { .. } if was_taken => self.device_came(index, out),
            Event::Gone { reason, .. } if was_taken => {
                let was_present = self.devices.list.get(index).is_some_and(Made::is_present);
                let state = match reason {
                    Gone::NoCommonEncryption => DeviceState::NoCommonEncryption,
                    Gone::Timeout if !was_present => DeviceState::Unreachable,
                    Gone::Timeout | Gone::Closed | Gone::Fault => DeviceState::Away,
                };
                self.device_gone(index, state, out);
            }
            Event::Quality { quality, .. } if was_taken => self.device_quality(index, quality, out),
            // A device has no page to tell. What does not belong to where its offer is was said of something else.
            _ => {}
        }
        None
    }

    /// Its media is up: now others see it.
    fn device_came(&mut self, index: usize, out: &mut Vec<Output>) {
        let Some(device) = self.devices.list.get_mut(index) else { return };
        device.state = DeviceState::Connected;
        let (watches, owner) = (device.does == DeviceUse::Watch, device.owner);
        if let Some(invitee) = self.people.get(&owner).map(|person| person.guest.invitee) {
            let (actor, event) = (Actor::Invitee(invitee), DoorEvent::DeviceCame { watches });
            out.push(Output::Note { invitee: Some(invitee), actor, event });
        }
        self.tell_room_of_device(index, out, |entry| ServerMsg::ParticipantJoined { entry });
        self.tell_owner(owner, out);
    }

    fn device_quality(&mut self, index: usize, quality: Quality, out: &mut Vec<Output>) {
        let Some(plug) = self.devices.list.get_mut(index).and_then(|device| device.plug.as_mut()) else { return };
        plug.quality = quality;
        self.tell_room_of_device(index, out, |entry| ServerMsg::ParticipantChanged { entry });
    }

    /// About a device that others see, to each as they may see it.
    fn tell_room_of_device(&self, index: usize, out: &mut Vec<Output>, say: fn(RosterEntry) -> ServerMsg) {
        let Some(device) = self.devices.list.get(index) else { return };
        let Some(owner) = self.people.get(&device.owner) else { return };
        for viewer in self.people.values().filter(|person| person.is_present_in(Place::Room)) {
            if let Some(entry) = device.entry_for(owner, viewer) {
                tell_person(out, viewer, say(entry));
            }
        }
    }

    /// The SFU has dropped its session.
    fn device_gone(&mut self, index: usize, state: DeviceState, out: &mut Vec<Output>) {
        let mut device = self.devices.list.remove(index);
        let mut said = Vec::new();
        self.unplug(&mut device, state, &mut said);
        // Without a `Leave`: there is nothing to leave any more.
        out.extend(said.into_iter().filter(|output| !matches!(output, Output::Media(_))));
        let owner = device.owner;
        self.devices.list.insert(index, device);
        self.tell_owner(owner, out);
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

/// What a publisher brings. A watcher brings nothing.
fn media_of(does: DeviceUse, offer: &str) -> MediaState {
    let has = |kind: &str| does == DeviceUse::Publish && offer.lines().any(|line| line.starts_with(kind));
    MediaState { microphone: has("m=audio"), camera: has("m=video"), screen: false }
}

/// ICE's name of the credentials that an offer has.
fn ufrag_of(offer: &str) -> Option<String> {
    offer.lines().find_map(|line| line.strip_prefix("a=ice-ufrag:")).map(|ufrag| ufrag.trim().to_owned())
}
