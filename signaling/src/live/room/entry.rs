//! Coming and going: knock, return, enter, lose the connection, leave.

use shared::control::Command;
use shared::ids::{InviteeId, ParticipantId, SessionId};
use shared::limits::MAX_PARTICIPANTS;
use shared::meeting::Role;
use shared::secret::Secret;
use shared::signal::{JoinRefused, MediaState, OfferError, ProtocolError, ServerMsg, Stage, TurnedAway};
use shared::units::UnixMs;

use super::person::{Guest, Link, Person, Place, Standing, TabHash};
use super::{Output, Room, tell, turn_away};
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
        let evidence = guest.evidence();
        let invitee = guest.invitee;
        let person = self.people.entry(id).or_insert_with(|| Person::new(id, guest.clone(), now));
        // Another device, or the same one again: identity is confirmed anew, so it is the lobby anew.
        person.put_out();
        person.guest = guest;
        person.tab = Some(TabHash::of(secret));
        person.link = Link::Open(session);
        person.media = MediaState::default();
        note(&mut out, invitee, DoorEvent::Knocked { evidence });
        self.welcome(id, session, secret, &mut out);
        Ok(out)
    }

    /// A tab that comes back with its secret: to where it was.
    ///
    /// # Errors
    /// Nobody here has this secret, the room is full meanwhile, or the meeting is over.
    pub fn resume(&mut self, now: UnixMs, session: SessionId, secret: &Secret) -> Result<Vec<Output>, JoinRefused> {
        self.check_open(now)?;
        let hash = TabHash::of(secret);
        let known = self.people.values().find(|person| person.tab == Some(hash));
        let (id, role) = known.map(|person| (person.id, person.role())).ok_or(JoinRefused::SessionUnknown)?;
        self.check_place(now, Some(id), role)?;
        let mut out = Vec::new();
        self.replace(id, &mut out);
        if let Some(person) = self.people.get_mut(&id) {
            person.link = Link::Open(session);
            person.lost_at = None;
        }
        self.welcome(id, session, secret, &mut out);
        Ok(out)
    }

    fn check_open(&self, now: UnixMs) -> Result<(), JoinRefused> {
        if self.over || now >= self.meeting.closes_at { Err(JoinRefused::MeetingOver) } else { Ok(()) }
    }

    /// One place is kept for a moderator while there is none: a lobby full of people must not keep out whoever can empty it.
    fn check_place(&self, now: UnixMs, known: Option<ParticipantId>, role: Role) -> Result<(), JoinRefused> {
        let others = || self.people.values().filter(|p| Some(p.id) != known && p.holds_a_place(now));
        let kept = role != Role::Moderator && !others().any(|p| p.role() == Role::Moderator);
        let full = others().count() + usize::from(kept) >= MAX_PARTICIPANTS;
        if full { Err(JoinRefused::Full) } else { Ok(()) }
    }

    fn next_id(&self) -> ParticipantId {
        ParticipantId(self.people.keys().next_back().map_or(1, |last| last.0.saturating_add(1)))
    }

    /// Ends the connection that somebody has, because a newer one has come.
    fn replace(&mut self, who: ParticipantId, out: &mut Vec<Output>) {
        let Some(session) = self.people.get(&who).and_then(|person| person.link.session()) else { return };
        self.disconnect(who, out);
        turn_away(out, session, TurnedAway::ReplacedByNewer);
    }

    fn welcome(&self, who: ParticipantId, session: SessionId, secret: &Secret, out: &mut Vec<Output>) {
        let Some(person) = self.people.get(&who) else { return };
        let message = ServerMsg::Welcomed {
            session: secret.clone(),
            meeting: self.meeting.clone(),
            invited_as: person.invited_as(),
            resumed_to: person.place.stage(),
        };
        tell(out, session, message);
    }

    /// Out of the green room, or back after a return: the offer goes to the SFU.
    pub(super) fn enter(
        &mut self,
        me: ParticipantId,
        offer: String,
        media: MediaState,
        out: &mut Vec<Output>,
    ) -> Result<(), ProtocolError> {
        let room = self.room_id();
        let person = self.people.get_mut(&me).ok_or(ProtocolError::WrongState)?;
        let Link::Open(session) = person.link else { return Err(ProtocolError::WrongState) };
        person.link = Link::Offered(session);
        // A screen is asked for from the inside, where it is checked; after a return it is asked for again.
        person.media = MediaState { screen: false, ..media };
        let (participant, role, stage) = (me, person.role(), stage_to_enter(person));
        out.push(Output::Media(Command::Join { room, session, participant, role, stage, offer }));
        Ok(())
    }

    /// The SFU took the offer.
    pub(super) fn answered(&mut self, now: UnixMs, session: SessionId, answer: String, out: &mut Vec<Output>) {
        let Some(me) = self.by_session(session) else { return };
        let Some(person) = self.people.get_mut(&me).filter(|p| p.link == Link::Offered(session)) else { return };
        let stage = stage_to_enter(person);
        let returned = person.place == Place::from(stage);
        person.link = Link::Live(session);
        person.place = stage.into();
        tell(out, session, ServerMsg::Entered { answer, stage });
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
            Stage::Lobby => self.appear_in_lobby(me, session, out),
            Stage::Room => self.appear_in_room(me, out),
        }
    }

    fn appear_in_lobby(&self, me: ParticipantId, session: SessionId, out: &mut Vec<Output>) {
        tell(out, session, ServerMsg::Waiting { reason: self.waiting() });
        self.tell_changed(me, out);
    }

    /// The room to the newcomer, the newcomer to the room.
    pub(super) fn appear_in_room(&mut self, me: ParticipantId, out: &mut Vec<Output>) {
        let Some(person) = self.people.get(&me) else { return };
        let Some(session) = person.link.session() else { return };
        tell(out, session, ServerMsg::Admitted { room: self.snapshot(person) });
        self.tell_room_of(person, out, Some(me), |entry| ServerMsg::ParticipantJoined { entry });
        if person.role() == Role::Moderator {
            self.had_moderator = true;
            self.tell_lobby_whom_it_waits_for(out);
        }
    }

    /// The SFU did not take the offer: the page may try another.
    pub(super) fn offer_refused(&mut self, session: SessionId, error: OfferError, out: &mut Vec<Output>) {
        let Some(person) = self.people.values_mut().find(|p| p.link == Link::Offered(session)) else { return };
        person.link = Link::Open(session);
        tell(out, session, ServerMsg::ProtocolError { error: ProtocolError::Offer { error } });
    }

    /// The SFU gave a session up. Socket and media are one connection, so the socket goes too; the tab may return.
    pub(super) fn media_gone(&mut self, now: UnixMs, session: SessionId, out: &mut Vec<Output>) {
        let Some(who) = self.by_session(session) else { return };
        if self.people.get(&who).is_none_or(|person| person.link.media_session().is_none()) {
            return;
        }
        // Without a `Leave`: the SFU has dropped it already.
        self.unlink(who, out);
        self.lost(now, who, out);
        tell(out, session, ServerMsg::MediaLost);
        out.push(Output::HangUp { session });
    }

    /// The socket ended. The place stays theirs.
    pub(super) fn hung_up(&mut self, now: UnixMs, session: SessionId, out: &mut Vec<Output>) {
        let Some(who) = self.by_session(session) else { return };
        self.disconnect(who, out);
        self.lost(now, who, out);
    }

    fn lost(&mut self, now: UnixMs, who: ParticipantId, out: &mut Vec<Output>) {
        let Some(person) = self.people.get_mut(&who).filter(|person| person.place != Place::GreenRoom) else { return };
        person.lost_at = Some(now);
        note_left(out, person.guest.invitee, person.place, false);
    }

    /// Gone for good, by their own wish.
    pub(super) fn leave(&mut self, me: ParticipantId, out: &mut Vec<Output>) {
        let Some(person) = self.people.get(&me) else { return };
        let (invitee, place, session) = (person.guest.invitee, person.place, person.link.session());
        self.put_out(me, out);
        note_left(out, invitee, place, true);
        out.extend(session.map(|session| Output::HangUp { session }));
    }

    /// The PIN was replaced or withdrawn at the console: what it opened closes.
    pub(super) fn pin_revoked(&mut self, invitee: InviteeId, out: &mut Vec<Output>) {
        let Some(who) = self.by_invitee(invitee) else { return };
        let session = self.people.get(&who).and_then(|person| person.link.session());
        self.put_out(who, out);
        if let Some(session) = session {
            turn_away(out, session, TurnedAway::Revoked);
        }
    }

    /// Ends connection and place; nothing but a knock brings them back.
    pub(super) fn put_out(&mut self, who: ParticipantId, out: &mut Vec<Output>) {
        self.disconnect(who, out);
        if let Some(person) = self.people.get_mut(&who) {
            person.put_out();
        }
    }

    /// Takes somebody's connection away: out of the others' sight and out of the SFU.
    fn disconnect(&mut self, who: ParticipantId, out: &mut Vec<Output>) {
        if let Some(session) = self.unlink(who, out).media_session() {
            out.push(Output::Media(Command::Leave { session }));
        }
    }

    /// Takes somebody out of the others' sight; gives back the connection they had.
    fn unlink(&mut self, who: ParticipantId, out: &mut Vec<Output>) -> Link {
        let Some(person) = self.people.get_mut(&who) else { return Link::None };
        let link = std::mem::replace(&mut person.link, Link::None);
        person.hand = false;
        person.media.screen = false;
        let (place, role) = (person.place, person.role());
        if matches!(link, Link::Live(_)) {
            self.tell_gone(who, place, role, out);
        }
        link
    }

    fn tell_gone(&self, who: ParticipantId, place: Place, role: Role, out: &mut Vec<Output>) {
        match place {
            Place::Room => self.tell_room(out, None, &ServerMsg::ParticipantLeft { participant: who }),
            Place::Lobby => self.tell_moderators(out, &ServerMsg::LobbyLeft { participant: who }),
            Place::GreenRoom => {}
        }
        if place == Place::Room && role == Role::Moderator && !self.has_moderator() {
            self.tell_lobby_whom_it_waits_for(out);
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

fn note_left(out: &mut Vec<Output>, invitee: InviteeId, place: Place, on_purpose: bool) {
    if let Some(stage) = place.stage() {
        note(out, invitee, DoorEvent::Left { stage, on_purpose });
    }
}
