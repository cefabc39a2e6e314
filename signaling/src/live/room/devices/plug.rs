//! A device's connection: what it asks for with its token, and what the SFU says of it.

use shared::control::{Command, Event, Gone, KeyLength};
use shared::device::{DeviceState, DeviceUse};
use shared::ids::SessionId;
use shared::limits::MAX_PARTICIPANTS;
use shared::meeting::{MeetingKind, Role};
use shared::quality::Quality;
use shared::secret::Secret;
use shared::signal::{MediaState, RosterEntry, ServerMsg, Stage};
use shared::units::UnixMs;

use super::super::person::Place;
use super::super::{Output, Room, tell_person};
use super::{DeviceAsk, Made, Plug, PlugRefused, hash, role_of_device};
use crate::meetings::events::{Actor, DoorEvent};

impl Room {
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
            DeviceAsk::PlugIn { does, keys, offer, resource } => {
                self.plug_in(now, index, session, (does, keys, offer, resource))
            }
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
        (does, keys, offer, resource): (DeviceUse, KeyLength, String, String),
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
        let (is_taken, quality) = (false, Quality::Good);
        device.plug = Some(Plug { session, is_taken, resource, ufrag, media, keys: KeyLength::Bits128, quality });
        let owner = device.owner;
        self.devices.list.insert(index, device);
        let (stage, purpose) = (Stage::Room, does.into());
        out.push(Output::Media(Command::Join { room, session, participant, role, stage, purpose, keys, offer }));
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
    pub(in super::super) fn device_media(&mut self, event: Event, out: &mut Vec<Output>) -> Option<Event> {
        let session = event.session();
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
            Event::Connected { keys, .. } if was_taken => self.device_came(index, keys, out),
            Event::Gone { reason, .. } if was_taken => {
                let was_present = self.devices.list.get(index).is_some_and(Made::is_present);
                let state = match reason {
                    Gone::NoCommonEncryption => DeviceState::NoCommonEncryption,
                    Gone::Timeout if !was_present => DeviceState::Unreachable,
                    Gone::Timeout | Gone::Closed | Gone::Fault | Gone::NodeLost => DeviceState::Away,
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
    fn device_came(&mut self, index: usize, keys: KeyLength, out: &mut Vec<Output>) {
        let Some(device) = self.devices.list.get_mut(index) else { return };
        if let Some(plug) = &mut device.plug {
            plug.keys = keys;
        }
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
