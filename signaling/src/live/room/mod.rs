//! The room as a state machine: what happened goes in with the time it happened, what is to be done comes out.
//! No socket, clock, database or task; `live::actor` performs the outputs in order.
//!
//! A person stands in the green room, the lobby or the room ([`person::Place`]) and is connected by at most one socket and
//! one media session ([`person::Link`]). All three are apart: a lost connection keeps the place, and the tab's secret brings
//! it back; a lost socket leaves the media alone for a while, and lost media the socket ([`link`]).
//! Everything about other people goes through [`Room::tell_room`], [`Room::tell_room_of`] or [`Room::tell_moderators`] and so reaches nobody
//! in the lobby. Coming and going is in [`entry`], one invitation used twice in [`claims`], who is let in and who is who in
//! [`admission`], who may say what where in [`rights`], the lines between lobby and moderators in [`lines`], how the room is closed in [`locks`], its end in
//! [`moderate`], microphone, camera and screen in [`media_state`], devices in [`devices`].

mod admission;
mod claims;
#[cfg(test)]
mod device_tests;
mod devices;
mod entry;
#[cfg(test)]
mod errand_tests;
mod errands;
mod lines;
mod link;
#[cfg(test)]
mod link_tests;
#[cfg(test)]
mod lobby_tests;
mod locks;
mod media_state;
#[cfg(test)]
mod model_tests;
mod moderate;
mod offers;
mod past;
mod person;
mod rights;
#[cfg(test)]
mod rights_tests;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use shared::control::{Command, Event};
use shared::device::DeviceUse;
use shared::ids::{InviteeId, ParticipantId, RoomId, SessionId};
use shared::location::ComputerPlace;
use shared::meeting::{DoorRules, MeetingInfo, Role};
use shared::quality::Quality;
use shared::signal::{
    ClientMsg, LobbyCard, OfferError, ProtocolError, RoomSnapshot, RosterEntry, ServerMsg, Slots, Tile, TurnedAway,
    Waiting,
};
use shared::units::UnixMs;

use self::devices::Devices;
pub use self::devices::{DeviceAsk, PlugRefused};
pub use self::entry::Return;
pub use self::errands::{Errand, ErrandDone, ErrandKind};
use self::locks::Lock;
use self::past::History;
pub use self::person::{Guest, Standing};
use self::person::{Media, Person, Place};
use crate::meetings::events::{Actor, DoorEvent};

/// How long the place of somebody whose connection was lost stays theirs when the room is full, milliseconds. Longer is
/// kinder to bad networks and keeps newcomers out for longer.
pub const PLACE_HELD_MS: i64 = 60_000;

/// What happens to a room, apart from [`Room::knock`] and [`Room::resume`], which have an answer.
pub enum Input {
    /// A page said something.
    Asked {
        /// Which page.
        session: SessionId,
        /// What.
        request: ClientMsg,
    },
    /// A page's socket ended.
    HungUp {
        /// Which page.
        session: SessionId,
        /// Whether the page itself is gone, and its media with it, not only the socket.
        page_is_gone: bool,
    },
    /// The SFU said something about a session of this room.
    Media(Event),
    /// An errand is done.
    ErrandDone {
        /// For whom it was.
        participant: ParticipantId,
        /// Their invitation.
        invitee: InviteeId,
        /// How it went.
        done: ErrandDone,
    },
    /// Where a session's media comes from, as far as the location databases know.
    MediaFrom {
        /// Which connection's.
        session: SessionId,
        /// Where that is.
        place: ComputerPlace,
    },
    /// The console did something to an invitation that ends its person's session.
    Cut {
        /// Whose.
        invitee: InviteeId,
        /// What, as their page hears it.
        why: TurnedAway,
    },
    /// Somebody at the console ended the meeting.
    Ended {
        /// Who.
        by: Actor,
    },
    /// Time went by.
    Tick,
}

/// What is to be done, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Say this to a page.
    Tell {
        /// Which page.
        session: SessionId,
        /// What.
        message: ServerMsg,
    },
    /// Close a page's socket once everything said before has gone out.
    HangUp {
        /// Which page.
        session: SessionId,
    },
    /// Make a token for a device of somebody's, and say so to [`Room::token_made`].
    MakeToken {
        /// Whose.
        owner: ParticipantId,
        /// What for.
        does: DeviceUse,
    },
    /// Answer a device's offer.
    Plugged {
        /// Its connection.
        session: SessionId,
        /// The SDP answer, or why there is none.
        answer: Result<String, OfferError>,
    },
    /// Tell the SFU.
    Media(Command),
    /// Have this done; [`Input::ErrandDone`] says how it went.
    Errand(Errand),
    /// Write down, together with what it changes durably (a PIN, the end).
    Note {
        /// Whom it concerns.
        invitee: Option<InviteeId>,
        /// Who decided.
        actor: Actor,
        /// What.
        event: DoorEvent,
    },
}

/// How many people are where, for the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// In the room.
    pub present: u32,
    /// In the lobby.
    pub waiting: u32,
}

/// A meeting's live instance.
pub struct Room {
    meeting: MeetingInfo,
    people: BTreeMap<ParticipantId, Person>,
    devices: Devices,
    rules: DoorRules,
    lock: Lock,
    history: History,
    /// Whether any moderator was ever here: whom the lobby waits for is said differently then.
    had_moderator: bool,
    over: bool,
}

impl Room {
    /// An empty room for this meeting.
    pub fn new(meeting: MeetingInfo, rules: DoorRules) -> Self {
        Self {
            meeting,
            people: BTreeMap::new(),
            devices: Devices::default(),
            rules,
            lock: Lock::default(),
            history: History::default(),
            had_moderator: false,
            over: false,
        }
    }

    /// Whether the meeting is over: the room does nothing more.
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// How many people are where.
    pub fn counts(&self) -> Counts {
        let count = |place| {
            let there = self.people.values().filter(|person| person.is_present_in(place)).count();
            u32::try_from(there).unwrap_or(u32::MAX)
        };
        Counts { present: count(Place::Room), waiting: count(Place::Lobby) }
    }

    /// Takes in what happened at `now`.
    pub fn handle(&mut self, now: UnixMs, input: Input) -> Vec<Output> {
        let mut out = Vec::new();
        if self.over {
            return out;
        }
        match input {
            Input::Asked { session, request } => self.asked(now, session, request, &mut out),
            Input::HungUp { session, page_is_gone } => self.hung_up(now, session, page_is_gone, &mut out),
            Input::Media(event) => self.media(now, event, &mut out),
            Input::ErrandDone { participant, invitee, done } => {
                self.errand_done((participant, invitee), done, &mut out);
            }
            Input::MediaFrom { session, place } => self.media_comes_from(session, place, &mut out),
            Input::Cut { invitee, why } => self.cut(invitee, why, &mut out),
            Input::Ended { by } => self.end(by, &mut out),
            Input::Tick if now >= self.meeting.closes_at => self.end(Actor::Clock, &mut out),
            Input::Tick => {
                self.give_up_halves(now, &mut out);
                self.end_devices_without_owner(now, &mut out);
            }
        }
        if !self.over {
            self.settle_claims(now, &mut out);
        }
        out
    }

    fn asked(&mut self, now: UnixMs, session: SessionId, request: ClientMsg, out: &mut Vec<Output>) {
        // A page that was replaced may still be talking; it was told, and is not heard any more.
        let Some(me) = self.by_socket(session) else { return };
        if let Err(error) = self.check_right(me, &request) {
            return tell(out, session, ServerMsg::ProtocolError { error });
        }
        let done = match request {
            ClientMsg::Enter { offer, media } => self.enter(now, me, offer, media, out),
            ClientMsg::Restart { offer } => self.restart(now, me, offer, out),
            ClientMsg::SetMedia { media } => self.set_media(me, media, out),
            ClientMsg::SetHand { raised } => self.set_hand(me, raised, out),
            ClientMsg::Look { tiles } => self.look(me, tiles, out),
            ClientMsg::MakeDevice { does } => self.make_device(me, does, out),
            ClientMsg::RevokeDevice { number } => self.revoke_device(me, number, out),
            ClientMsg::Leave => {
                self.leave(now, me, out);
                Ok(())
            }
            ClientMsg::Admit { participant } => self.admit(now, me, participant, out),
            ClientMsg::AdmitAll { participants } => self.admit_all(now, me, &participants, out),
            ClientMsg::Refuse { participant, reason } => self.refuse(now, me, participant, reason, out),
            ClientMsg::SendBack { participant } => self.send_back(now, me, participant, out),
            ClientMsg::SendPassword => self.password_again(me, out),
            ClientMsg::SubmitPassword { password } => self.take_password(me, password, out),
            ClientMsg::AskPassword { participant } => self.ask_password(me, participant, out),
            ClientMsg::InviteAgain { participant } => self.invite_again(me, participant, out),
            ClientMsg::Say { to, text } => self.say(now, me, to, &text, out),
            ClientMsg::ConfirmIdentity { participant, checked } => self.confirm_identity(me, participant, checked, out),
            ClientMsg::DoubtIdentity { participant } => self.doubt_identity(me, participant, out),
            ClientMsg::SetLocks { locks } => self.set_locks(me, locks, out),
            ClientMsg::Remove { participant } => self.remove(me, participant, out),
            ClientMsg::Extend { minutes } => self.extend(me, minutes, out),
            ClientMsg::EndMeeting => self.end_by_moderator(me, out),
            ClientMsg::Pong => Ok(()),
            ClientMsg::Hello { .. } | ClientMsg::Join { .. } | ClientMsg::Resume { .. } => {
                Err(ProtocolError::WrongState)
            }
        };
        if let Err(error) = done {
            tell(out, session, ServerMsg::ProtocolError { error });
        }
    }

    /// The one place where it is decided who may say what; what a message is about is its handler's.
    fn check_right(&self, me: ParticipantId, request: &ClientMsg) -> Result<(), ProtocolError> {
        let person = self.people.get(&me).ok_or(ProtocolError::WrongState)?;
        rights::check(request, person.role(), person.place, person.present)
    }

    fn media(&mut self, now: UnixMs, event: Event, out: &mut Vec<Output>) {
        let Some(event) = self.device_media(event, out) else { return };
        match event {
            Event::Answered { session, answer } => self.answered(now, session, answer, out),
            Event::OfferRefused { session, error } => self.offer_refused(now, session, error, out),
            Event::Restarted { session, answer } => self.restarted(session, answer, out),
            Event::RestartRefused { session, error } => self.restart_refused(session, error, out),
            Event::Gone { session, reason } => self.media_gone(now, session, reason, out),
            Event::SlotsChanged { session, slots } => self.slots_changed(session, slots, out),
            Event::LayersWanted { session, camera, screen } => self.layers_wanted(session, camera, screen, out),
            Event::Quality { session, quality } => self.quality_changed(session, quality, out),
            // Addresses are looked up before they come here, as `Input::MediaFrom`.
            Event::Connected { .. } | Event::Path { .. } => {}
        }
    }

    fn set_hand(&mut self, me: ParticipantId, raised: bool, out: &mut Vec<Output>) -> Result<(), ProtocolError> {
        let person = self.present(me).filter(|person| person.place == Place::Room).ok_or(ProtocolError::WrongState)?;
        person.hand = raised;
        self.tell_changed(me, out);
        Ok(())
    }

    /// Only to somebody in the room: the SFU never sends it for others, and this does not rely on that. Kept for a page
    /// that has no socket just now.
    fn slots_changed(&mut self, session: SessionId, slots: Slots, out: &mut Vec<Output>) {
        let Some(person) = self.by_media_up(session).filter(|person| person.place == Place::Room) else { return };
        if let Media::Up { slots: last, .. } = &mut person.link.media {
            *last = Some(slots.clone());
        }
        tell_person(out, person, ServerMsg::SlotsChanged { slots });
    }

    /// Says to a publisher what is watched. In the lobby too: moderators look at faces there.
    fn layers_wanted(&mut self, session: SessionId, camera: Vec<bool>, screen: bool, out: &mut Vec<Output>) {
        let Some(person) = self.by_media_up(session) else { return };
        if let Media::Up { layers: last, .. } = &mut person.link.media {
            *last = Some((camera.clone(), screen));
        }
        tell_person(out, person, ServerMsg::LayersWanted { camera, screen });
    }

    /// Says to the room whose connection serves how well. From the lobby nobody hears it: it is known on admission.
    fn quality_changed(&mut self, session: SessionId, quality: Quality, out: &mut Vec<Output>) {
        let Some(person) = self.by_media_up(session) else { return };
        let (who, place) = (person.id, person.place);
        if let Media::Up { quality: last, .. } = &mut person.link.media {
            *last = quality;
        }
        if place == Place::Room {
            self.tell_changed(who, out);
        }
    }

    fn look(&mut self, me: ParticipantId, tiles: Vec<Tile>, out: &mut Vec<Output>) -> Result<(), ProtocolError> {
        let person = self.present(me).filter(|person| person.place == Place::Room).ok_or(ProtocolError::WrongState)?;
        // While media is replaced there is nobody to tell; the page looks again when it is up.
        let session = person.link.media.session();
        out.extend(session.map(|session| Output::Media(Command::Look { session, tiles })));
        Ok(())
    }

    /// Says how `who` is now, to whoever may see them.
    fn tell_changed(&self, who: ParticipantId, out: &mut Vec<Output>) {
        let Some(person) = self.people.get(&who) else { return };
        match person.place {
            Place::Room => self.tell_room_of(person, out, None, |entry| ServerMsg::ParticipantChanged { entry }),
            Place::Lobby => self.tell_moderators(out, &ServerMsg::LobbyChanged { card: Box::new(self.card(person)) }),
            Place::GreenRoom => {}
        }
    }

    /// To everybody in the room but `except`.
    fn tell_room(&self, out: &mut Vec<Output>, except: Option<ParticipantId>, message: &ServerMsg) {
        for person in self.people.values().filter(|p| p.is_present_in(Place::Room) && Some(p.id) != except) {
            tell_person(out, person, message.clone());
        }
    }

    /// The same about `person`, to each as they may see them.
    fn tell_room_of(
        &self,
        person: &Person,
        out: &mut Vec<Output>,
        except: Option<ParticipantId>,
        say: fn(RosterEntry) -> ServerMsg,
    ) {
        for viewer in self.people.values().filter(|p| p.is_present_in(Place::Room) && Some(p.id) != except) {
            tell_person(out, viewer, say(person.entry_for(viewer)));
        }
    }

    /// To every moderator in the room.
    fn tell_moderators(&self, out: &mut Vec<Output>, message: &ServerMsg) {
        for person in self.people.values().filter(|p| p.is_present_in(Place::Room) && p.role() == Role::Moderator) {
            tell_person(out, person, message.clone());
        }
    }

    /// To everybody in the lobby: whom or what they wait for, and nothing else.
    fn tell_lobby_whom_it_waits_for(&mut self, out: &mut Vec<Output>) {
        let waiting = self.people.values().filter(|p| p.is_present_in(Place::Lobby)).map(|p| p.id);
        for who in waiting.collect::<Vec<_>>() {
            self.tell_waiting(who, out);
        }
    }

    /// To one in the lobby, when it is something else than they know.
    fn tell_waiting(&mut self, who: ParticipantId, out: &mut Vec<Output>) {
        let waits = self.people.get(&who).filter(|person| person.place == Place::Lobby);
        let Some(reason) = waits.map(|person| self.waiting(person)) else { return };
        let Some(person) = self.people.get_mut(&who) else { return };
        if person.waiting_for.replace(reason) != Some(reason) {
            tell_person(out, person, ServerMsg::Waiting { reason });
        }
    }

    fn waiting(&self, person: &Person) -> Waiting {
        match (self.has_moderator(), self.had_moderator) {
            (false, true) => Waiting::ModeratorGone,
            (false, false) => Waiting::NoModeratorYet,
            (true, _) if person.in_use.is_some() => Waiting::PinInUse,
            (true, _) if person.role() == Role::Moderator => Waiting::ModeratorDecides,
            (true, _) if self.lock.locks.closed => Waiting::Locked,
            (true, _) if self.rules.camera_required && !person.media.camera => Waiting::CameraWanted,
            (true, _) => Waiting::ModeratorDecides,
        }
    }

    fn card(&self, person: &Person) -> LobbyCard {
        person.card(self.history.of(person.guest.invitee))
    }

    fn has_moderator(&self) -> bool {
        self.people.values().any(|p| p.is_present_in(Place::Room) && p.role() == Role::Moderator)
    }

    fn snapshot(&self, me: &Person) -> RoomSnapshot {
        let present = |place| self.people.values().filter(move |p| p.is_present_in(place));
        let lobby = match me.role() {
            Role::Moderator => present(Place::Lobby).map(|person| self.card(person)).collect(),
            Role::Participant | Role::Observer => Vec::new(),
        };
        let checklist = match me.role() {
            Role::Moderator => self.rules.checklist.clone(),
            Role::Participant | Role::Observer => Vec::new(),
        };
        RoomSnapshot {
            me: me.id,
            roster: present(Place::Room).map(|person| person.entry_for(me)).chain(self.device_entries(me)).collect(),
            lobby,
            meeting: self.meeting.clone(),
            locks: self.lock.locks,
            checklist,
        }
    }

    fn room_id(&self) -> RoomId {
        RoomId(self.meeting.id)
    }

    /// Whether the SFU has, or is about to have, a session of this number here.
    pub fn has_media(&self, session: SessionId) -> bool {
        self.people.values().any(|person| person.link.media.session() == Some(session)) || self.devices.has(session)
    }

    fn by_socket(&self, session: SessionId) -> Option<ParticipantId> {
        self.people.values().find(|person| person.link.socket == Some(session)).map(|person| person.id)
    }

    fn by_media_up(&mut self, session: SessionId) -> Option<&mut Person> {
        self.people.values_mut().find(|person| person.link.media.up() == Some(session))
    }

    /// Somebody whom others see in lobby or room.
    fn present(&mut self, who: ParticipantId) -> Option<&mut Person> {
        self.people.get_mut(&who).filter(|person| person.present)
    }
}

fn tell(out: &mut Vec<Output>, session: SessionId, message: ServerMsg) {
    out.push(Output::Tell { session, message });
}

fn tell_person(out: &mut Vec<Output>, person: &Person, message: ServerMsg) {
    if let Some(session) = person.link.socket {
        tell(out, session, message);
    }
}

/// The last words to a page.
fn turn_away(out: &mut Vec<Output>, session: SessionId, reason: TurnedAway) {
    tell(out, session, ServerMsg::TurnedAway { reason });
    out.push(Output::HangUp { session });
}
