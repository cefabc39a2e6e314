//! Coming and going: knock, return, enter, leave. What is lost on the way is in [`super::link`].

use shared::control::{Command, KeyLength, Purpose};
use shared::ids::{InviteeId, ParticipantId, SessionId};
use shared::limits::{IDENTITY_HOLDS_MS, MAX_PARTICIPANTS};
use shared::location::{ComputerPlace, Network};
use shared::meeting::Role;
use shared::quality::Quality;
use shared::secret::Secret;
use shared::signal::{JoinRefused, MediaState, OfferError, PastKind, ProtocolError, ServerMsg, Stage, TurnedAway};
use shared::units::UnixMs;

use super::errands::{FreshPassword, tell_password};
use super::link::tell_lines;
use super::person::{Guest, Media, Person, Place, Standing, TabHash};
use super::{Output, Room, tell_person, turn_away};
use crate::meetings::events::{Actor, DoorEvent, Lapse};

/// A tab that comes back.
pub struct Return {
    /// Its secret.
    pub secret: Secret,
    /// The media session that its page still has: with it, only the socket is another.
    pub media: Option<u32>,
    /// Where its address seems to be now.
    pub computer: ComputerPlace,
    /// Whose network that is.
    pub network: Option<Network>,
}

impl Room {
    /// Somebody whom the door let through: to the green room. Who is there with the same invitation stays there, and is
    /// told. `secret` is what their tab will come back with.
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
        let known = self.free_claim(now, guest.invitee, guest.standing.role())?;
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
        person.identity.needed = if person.role() == Role::Moderator { 0 } else { self.rules.confirmations };
        person.tab = Some(TabHash::of(secret));
        person.link.socket = Some(session);
        person.media = MediaState::default();
        person.media_from = None;
        person.fresh = FreshPassword::default();
        note(&mut out, invitee, DoorEvent::Knocked { evidence });
        self.tell_claims(now, id, invitee, &mut out);
        self.settle_claims(now, &mut out);
        self.welcome(id, secret, false, &mut out);
        Ok(out)
    }

    /// A tab that comes back: to where it was, or to the lobby when what was confirmed of them no longer counts.
    ///
    /// # Errors
    /// Nobody here has this secret, the room is full meanwhile, or the meeting is over.
    pub fn resume(
        &mut self,
        now: UnixMs,
        session: SessionId,
        Return { secret, media, computer, network }: Return,
    ) -> Result<Vec<Output>, JoinRefused> {
        self.check_open(now)?;
        let hash = TabHash::of(&secret);
        let known = self.people.values().find(|person| person.tab == Some(hash));
        let (id, role) = known.map(|person| (person.id, person.role())).ok_or(JoinRefused::SessionUnknown)?;
        self.check_place(now, Some(id), role)?;
        let mut out = Vec::new();
        self.look_again(now, id, (computer, network), &mut out);
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
        self.welcome(id, &secret, keeps_media, &mut out);
        if keeps_media {
            self.tell_anew(id, &mut out);
        }
        self.settle_claims(now, &mut out);
        Ok(out)
    }

    /// Whether somebody who comes back is still who was confirmed: not after a long absence, nor from another country.
    fn look_again(
        &mut self,
        now: UnixMs,
        who: ParticipantId,
        (computer, network): (ComputerPlace, Option<Network>),
        out: &mut Vec<Output>,
    ) {
        let Some(person) = self.people.get_mut(&who) else { return };
        let invitee = person.guest.invitee;
        let before = person.look_again(computer, network);
        let moved = person.guest.location.computer.is_in_another_country_than(&before.computer);
        if moved {
            note(out, invitee, DoorEvent::LocationChanged { location: person.guest.location.verdict });
        }
        let was_away = person.lost_at.is_some_and(|at| now.since(at) >= IDENTITY_HOLDS_MS);
        let lapse = if moved { Some(Lapse::Country) } else { was_away.then_some(Lapse::Away) };
        let Some(why) = lapse.filter(|_| person.forget_identity()) else { return };
        note(out, invitee, DoorEvent::IdentityLapsed { why });
        if person.place == Place::Room && person.identity.is_missing() {
            self.move_to_lobby(now, who, Some(PastKind::Lapsed), out);
        }
    }

    /// Their picture and sound come from there now: the page may have come another way.
    pub(super) fn media_comes_from(&mut self, session: SessionId, place: ComputerPlace, out: &mut Vec<Output>) {
        let who = self.by_media_up(session).map(|person| person.id);
        let Some(person) = who.and_then(|who| self.people.get_mut(&who)) else { return };
        person.media_from = Some(place);
        let before = person.look_again(person.guest.location.computer.clone(), person.guest.location.network.clone());
        let (who, invitee, now) = (person.id, person.guest.invitee, person.guest.location.clone());
        if now.verdict != before.verdict {
            note(out, invitee, DoorEvent::LocationChanged { location: now.verdict });
        }
        if now != before && person.place == Place::Lobby {
            self.tell_changed(who, out);
        }
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
            invitation: person.guest.invitation.clone(),
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
        let (participant, role) = (me, person.role());
        let stage = self.stage_to_enter(now, me);
        if let Some(person) = self.people.get_mut(&me) {
            person.entering = stage;
        }
        let (purpose, keys) = (Purpose::Page, KeyLength::Bits256);
        out.push(Output::Media(Command::Join { room, session, participant, role, stage, purpose, keys, offer }));
        if self.lock.locks.only_moderators_draw || self.lock.locks.only_moderators_point {
            // The room may be new to the SFU: its node was lost, or nobody was in it.
            out.push(self.surface());
        }
        Ok(())
    }

    /// The SFU took the offer.
    pub(super) fn answered(&mut self, now: UnixMs, session: SessionId, answer: String, out: &mut Vec<Output>) {
        let Some(person) = self.people.values_mut().find(|p| p.link.media == Media::Offered(session)) else { return };
        let me = person.id;
        // Whoever was let in while the offer was on its way is in.
        let stage = if person.place == Place::Room { Stage::Room } else { person.entering };
        let returned = person.place == Place::from(stage);
        if self.skipping_was_stopped(me, stage) {
            return self.move_to_lobby(now, me, None, out);
        }
        let Some(person) = self.people.get_mut(&me) else { return };
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
                self.history.remember(now, invitee, PastKind::Waited);
            }
            (Stage::Room, false) => {
                let evidence = person.guest.evidence();
                let location = person.guest.location.verdict;
                let (actor, event) = match standing {
                    Standing::Moderator(second_factor) => (invitee, DoorEvent::ModeratorEntered { second_factor }),
                    Standing::Participant | Standing::Observer => {
                        (self.lock.by.unwrap_or(invitee), DoorEvent::AdmittedByRule { evidence, location })
                    }
                };
                out.push(Output::Note { invitee: Some(invitee), actor: Actor::Invitee(actor), event });
                self.history.remember(now, invitee, PastKind::CameIn);
            }
        }
        match stage {
            Stage::Lobby => self.appear_in_lobby(now, me, out),
            Stage::Room => self.appear_in_room(me, out),
        }
    }

    fn appear_in_lobby(&mut self, now: UnixMs, me: ParticipantId, out: &mut Vec<Output>) {
        let in_use = self.people.get(&me).and_then(|person| self.in_use(now, person));
        let Some(person) = self.people.get_mut(&me) else { return };
        person.in_use = in_use;
        person.waiting_for = None;
        tell_lines(out, person);
        tell_password(out, person);
        self.tell_waiting(me, out);
        self.tell_changed(me, out);
    }

    /// Whether somebody on their way past the lobby has to wait after all: it was closed meanwhile.
    fn skipping_was_stopped(&self, who: ParticipantId, stage: Stage) -> bool {
        let Some(person) = self.people.get(&who) else { return false };
        let skips = stage == Stage::Room && person.place == Place::GreenRoom && person.role() != Role::Moderator;
        skips && !self.skips_lobby(person)
    }

    /// Where entering leads: back to where they stood, or from the green room to the lobby, which moderators skip, and
    /// others where a moderator lets them. Not who comes with an invitation that is in use.
    fn stage_to_enter(&self, now: UnixMs, who: ParticipantId) -> Stage {
        let Some(person) = self.people.get(&who) else { return Stage::Lobby };
        match (person.place, person.guest.standing) {
            (Place::Room, _) => Stage::Room,
            (Place::Lobby, _) => Stage::Lobby,
            (Place::GreenRoom, _) if self.in_use(now, person).is_some() => Stage::Lobby,
            (Place::GreenRoom, Standing::Moderator(_)) => Stage::Room,
            (Place::GreenRoom, _) if self.skips_lobby(person) => Stage::Room,
            (Place::GreenRoom, _) => Stage::Lobby,
        }
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
    pub(super) fn leave(&mut self, now: UnixMs, me: ParticipantId, out: &mut Vec<Output>) {
        let Some(person) = self.people.get(&me) else { return };
        let (invitee, place, session) = (person.guest.invitee, person.place, person.link.socket);
        self.put_out(me, out);
        note_left(out, invitee, place, true);
        if place != Place::GreenRoom {
            self.history.remember(now, invitee, PastKind::Left);
        }
        out.extend(session.map(|session| Output::HangUp { session }));
    }

    /// The console changed an invitation: what it opened closes.
    pub(super) fn cut(&mut self, invitee: InviteeId, why: TurnedAway, out: &mut Vec<Output>) {
        self.end_claims(invitee, why, out);
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

/// Something a person did themselves.
fn note(out: &mut Vec<Output>, invitee: InviteeId, event: DoorEvent) {
    out.push(Output::Note { invitee: Some(invitee), actor: Actor::Invitee(invitee), event });
}

pub(super) fn note_left(out: &mut Vec<Output>, invitee: InviteeId, place: Place, on_purpose: bool) {
    if let Some(stage) = place.stage() {
        note(out, invitee, DoorEvent::Left { stage, on_purpose });
    }
}
