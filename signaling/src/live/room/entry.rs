//! Coming and going: knock, return, enter, leave. What is lost on the way is in [`super::link`].

use shared::control::{Command, Purpose};
use shared::ids::{InviteeId, ParticipantId, SessionId};
use shared::limits::MAX_PARTICIPANTS;
use shared::meeting::Role;
use shared::quality::Quality;
use shared::secret::Secret;
use shared::signal::{JoinRefused, MediaState, OfferError, ProtocolError, ServerMsg, Stage, TurnedAway};
use shared::units::UnixMs;

use super::person::{Guest, Media, Person, Place, Standing, TabHash};
use super::{Output, Room, tell_person, turn_away};
use crate::meetings::events::{Actor, DoorEvent};

impl Room {
    /// Somebody whom the door let through: to the green room. The newer connection wins. `secret` is what their tab
    /// will come back with.
    ///
    /// # Errors
    /// The room is full, or the meeting over.
    pub fn knock(
        &mut self,
        now: UnixMs,
        session: SessionId,
        secret: &Secret,
        guest: Guest,
    ) -> Result<Vec<Output>, JoinRefused> {
        self.check_open(now)?;
        let known = self.by_invitee(guest.invitee);
        self.check_place(now, known, guest.standing.role())?;
        let mut out = Vec::new();
        let id = known.unwrap_or_else(|| self.next_id());
        self.replace(id, &mut out);
        self.end_devices_of(id, &mut out);
        let evidence = guest.evidence();
        let invitee = guest.invitee;
        let person = self.people.entry(id).or_insert_with(|| Person::new(id, guest.clone(), now));
        // Another device, or the same one again: identity is confirmed anew, so it is the lobby anew.
        person.put_out();
        person.guest = guest;
        person.tab = Some(TabHash::of(secret));
        person.link.socket = Some(session);
        person.media = MediaState::default();
        note(&mut out, invitee, DoorEvent::Knocked { evidence });
        self.welcome(id, secret, false, &mut out);
        Ok(out)
    }

    /// A tab that comes back with its secret: to where it was. `media` is the media session that its page still has: with
    /// it, only the socket is another.
    ///
    /// # Errors
    /// Nobody here has this secret, the room is full meanwhile, or the meeting is over.
    pub fn resume(
        &mut self,
        now: UnixMs,
        session: SessionId,
        secret: &Secret,
        media: Option<u32>,
    ) -> Result<Vec<Output>, JoinRefused> {
        self.check_open(now)?;
        let hash = TabHash::of(secret);
        let known = self.people.values().find(|person| person.tab == Some(hash));
        let (id, role) = known.map(|person| (person.id, person.role())).ok_or(JoinRefused::SessionUnknown)?;
        self.check_place(now, Some(id), role)?;
        let mut out = Vec::new();
        let keeps_media = self.people.get(&id).is_some_and(|person| person.has_media(media));
        if keeps_media {
            self.change_socket(id, session, &mut out);
        } else {
            self.replace(id, &mut out);
            if let Some(person) = self.people.get_mut(&id) {
                person.link.socket = Some(session);
                person.lost_at = None;
            }
        }
        self.welcome(id, secret, keeps_media, &mut out);
        if keeps_media {
            self.tell_anew(id, &mut out);
        }
        Ok(out)
    }

    fn check_open(&self, now: UnixMs) -> Result<(), JoinRefused> {
        if self.over || now >= self.meeting.closes_at { Err(JoinRefused::MeetingOver) } else { Ok(()) }
    }

    /// One place is kept for a moderator while there is none: a lobby full of people must not keep out whoever can empty it.
    fn check_place(&self, now: UnixMs, known: Option<ParticipantId>, role: Role) -> Result<(), JoinRefused> {
        let others = || self.people.values().filter(|p| Some(p.id) != known && p.holds_a_place(now));
        let kept = role != Role::Moderator && !others().any(|p| p.role() == Role::Moderator);
        let full = others().count() + self.devices.places() + usize::from(kept) >= MAX_PARTICIPANTS;
        if full { Err(JoinRefused::Full) } else { Ok(()) }
    }

    pub(super) fn next_id(&self) -> ParticipantId {
        let last = self.people.keys().next_back().copied().max(self.devices.last_id());
        ParticipantId(last.map_or(1, |last| last.0.saturating_add(1)))
    }

    /// Ends the connection that somebody has, because a newer one has come.
    fn replace(&mut self, who: ParticipantId, out: &mut Vec<Output>) {
        let socket = self.people.get(&who).and_then(|person| person.link.socket);
        self.disconnect(who, out);
        if let Some(session) = socket {
            turn_away(out, session, TurnedAway::ReplacedByNewer);
        }
    }

    fn welcome(&self, who: ParticipantId, secret: &Secret, media_kept: bool, out: &mut Vec<Output>) {
        let Some(person) = self.people.get(&who) else { return };
        let message = ServerMsg::Welcomed {
            session: secret.clone(),
            meeting: self.meeting.clone(),
            invited_as: person.invited_as(),
            resumed_to: person.place.stage(),
            media_kept,
        };
        tell_person(out, person, message);
    }

    /// Out of the green room, back after a return, or in place of media that is lost: the offer goes to the SFU.
    pub(super) fn enter(
        &mut self,
        now: UnixMs,
        me: ParticipantId,
        offer: String,
        media: MediaState,
        out: &mut Vec<Output>,
    ) -> Result<(), ProtocolError> {
        let room = self.room_id();
        let person = self.people.get_mut(&me).ok_or(ProtocolError::WrongState)?;
        let session = person.link.socket.ok_or(ProtocolError::WrongState)?;
        if matches!(person.link.media, Media::Offered(_)) {
            return Err(ProtocolError::WrongState);
        }
        if !person.offers.allows(now) {
            return Err(ProtocolError::Offer { error: OfferError::TooMany });
        }
        let older = person.link.media.session();
        out.extend(older.map(|session| Output::Media(Command::Leave { session })));
        // The number of the socket may name the older session too. What the SFU still said of that one comes before its
        // answer, and is not heard while the offer is with it.
        person.link.media = Media::Offered(session);
        person.link.lost_with_node = false;
        person.link.media_count = person.link.media_count.wrapping_add(1);
        person.link.half_since = person.present.then_some(now);
        // A screen is asked for from the inside, where it is checked; after a return it is asked for again.
        person.media = MediaState { screen: false, ..media };
        let (participant, role, stage) = (me, person.role(), stage_to_enter(person));
        let purpose = Purpose::Page;
        out.push(Output::Media(Command::Join { room, session, participant, role, stage, purpose, offer }));
        Ok(())
    }

    /// The SFU took the offer.
    pub(super) fn answered(&mut self, now: UnixMs, session: SessionId, answer: String, out: &mut Vec<Output>) {
        let Some(person) = self.people.values_mut().find(|p| p.link.media == Media::Offered(session)) else { return };
        let me = person.id;
        let stage = stage_to_enter(person);
        let returned = person.place == Place::from(stage);
        person.link.media = Media::Up { session, slots: None, layers: None, quality: Quality::Good };
        person.link.half_since = None;
        person.place = stage.into();
        tell_person(out, person, ServerMsg::Entered { answer, stage, media: person.link.media_count });
        if std::mem::replace(&mut person.present, true) {
            // In place of media that was lost: what is on may differ, and nothing else for anybody.
            return self.tell_changed(me, out);
        }
        let (invitee, standing) = (person.guest.invitee, person.guest.standing);
        match (stage, returned) {
            (_, true) => note(out, invitee, DoorEvent::Returned { stage }),
            (Stage::Lobby, false) => {
                person.waiting_since = now;
                note(out, invitee, DoorEvent::EnteredLobby);
            }
            (Stage::Room, false) => {
                if let Standing::Moderator(second_factor) = standing {
                    note(out, invitee, DoorEvent::ModeratorEntered { second_factor });
                }
            }
        }
        match stage {
            Stage::Lobby => self.appear_in_lobby(me, out),
            Stage::Room => self.appear_in_room(me, out),
        }
    }

    fn appear_in_lobby(&self, me: ParticipantId, out: &mut Vec<Output>) {
        let Some(person) = self.people.get(&me) else { return };
        tell_person(out, person, ServerMsg::Waiting { reason: self.waiting() });
        self.tell_changed(me, out);
    }

    /// The room to the newcomer, the newcomer to the room.
    pub(super) fn appear_in_room(&mut self, me: ParticipantId, out: &mut Vec<Output>) {
        let Some(person) = self.people.get(&me) else { return };
        tell_person(out, person, ServerMsg::Admitted { room: self.snapshot(person) });
        self.tell_room_of(person, out, Some(me), |entry| ServerMsg::ParticipantJoined { entry });
        self.tell_owner(me, out);
        if person.role() == Role::Moderator {
            self.had_moderator = true;
            self.tell_lobby_whom_it_waits_for(out);
        }
    }

    /// The SFU did not take the offer: the page may try another.
    pub(super) fn offer_refused(&mut self, now: UnixMs, session: SessionId, error: OfferError, out: &mut Vec<Output>) {
        let Some(person) = self.people.values_mut().find(|p| p.link.media == Media::Offered(session)) else { return };
        person.link.media = Media::None;
        person.link.half_since = person.present.then_some(now);
        tell_person(out, person, ServerMsg::ProtocolError { error: ProtocolError::Offer { error } });
    }

    /// Gone for good, by their own wish.
    pub(super) fn leave(&mut self, me: ParticipantId, out: &mut Vec<Output>) {
        let Some(person) = self.people.get(&me) else { return };
        let (invitee, place, session) = (person.guest.invitee, person.place, person.link.socket);
        self.put_out(me, out);
        note_left(out, invitee, place, true);
        out.extend(session.map(|session| Output::HangUp { session }));
    }

    /// The console changed an invitation: what it opened closes.
    pub(super) fn cut(&mut self, invitee: InviteeId, why: TurnedAway, out: &mut Vec<Output>) {
        let Some(who) = self.by_invitee(invitee) else { return };
        let session = self.people.get(&who).and_then(|person| person.link.socket);
        self.put_out(who, out);
        if let Some(session) = session {
            turn_away(out, session, why);
        }
    }

    /// Ends connection and place; nothing but a knock brings them back.
    pub(super) fn put_out(&mut self, who: ParticipantId, out: &mut Vec<Output>) {
        self.disconnect(who, out);
        self.end_devices_of(who, out);
        if let Some(person) = self.people.get_mut(&who) {
            person.put_out();
        }
    }
}

/// Where entering leads: back to where they stood, or from the green room to the lobby, which moderators skip.
fn stage_to_enter(person: &Person) -> Stage {
    match (person.place, person.guest.standing) {
        (Place::Room, _) | (Place::GreenRoom, Standing::Moderator(_)) => Stage::Room,
        (Place::Lobby | Place::GreenRoom, _) => Stage::Lobby,
    }
}

/// Something a person did themselves.
fn note(out: &mut Vec<Output>, invitee: InviteeId, event: DoorEvent) {
    out.push(Output::Note { invitee: Some(invitee), actor: Actor::Invitee(invitee), event });
}

pub(super) fn note_left(out: &mut Vec<Output>, invitee: InviteeId, place: Place, on_purpose: bool) {
    if let Some(stage) = place.stage() {
        note(out, invitee, DoorEvent::Left { stage, on_purpose });
    }
}
