//! Stories of one room, with Mia who moderates, Piet and Rosa who take part, and Otto who observes.

use shared::control::{Command, Event, KeyLength};
use shared::ids::{InviteeId, MeetingId};
use shared::limits::MAX_PARTICIPANTS;
use shared::location::{ComputerPlace, LocationHint, PhonePlace};
use shared::meeting::MeetingKind;
use shared::secret::Secret;
use shared::signal::{
    JoinRefused, MediaState, OfferError, PasswordState, PastKind, RefuseReason, ShareError, Software, Stage,
};

use super::*;
use crate::meetings::events::SecondFactor;

pub(super) const NOW: UnixMs = UnixMs(1_795_262_400_000);
const HOUR: i64 = 3_600_000;

pub(super) fn meeting() -> MeetingInfo {
    MeetingInfo {
        id: MeetingId::from_random([9; 16]),
        title: "Board".into(),
        kind: MeetingKind::NothingKept,
        starts_at: NOW,
        ends_at: NOW.plus_ms(HOUR),
        closes_at: NOW.plus_ms(HOUR + 600_000),
        time_zone: "Europe/Brussels".into(),
        camera_required: false,
        link_suffices: false,
    }
}

pub(super) fn guest(number: u8, standing: Standing) -> Guest {
    Guest {
        invitee: InviteeId::from_random([number; 16]),
        name: format!("guest {number}"),
        standing,
        came_by_link: true,
        pin_typed: true,
        password: PasswordState::NotAsked,
        invitation: shared::signal::InvitationSays::default(),
        location: LocationHint::compare(ComputerPlace::country("NL"), PhonePlace::country("BE")),
        software: Software::default(),
    }
}

/// A tab that comes back from where everybody is.
pub(super) fn returning(secret: Secret, media: Option<u32>) -> Return {
    Return { secret, media, computer: ComputerPlace::country("NL"), network: None }
}

pub(super) fn refuse(participant: ParticipantId) -> ClientMsg {
    ClientMsg::Refuse { participant, reason: RefuseReason::Unsaid }
}

pub(super) const MIA: u8 = 1;
pub(super) const PIET: u8 = 2;
pub(super) const ROSA: u8 = 3;
pub(super) const OTTO: u8 = 4;

fn standing(who: u8) -> Standing {
    match who {
        MIA => Standing::Moderator(SecondFactor::SmsPassword),
        OTTO => Standing::Observer,
        _ => Standing::Participant,
    }
}

/// A room on a stage: people by number, their sessions, and what was said to each.
pub(super) struct Play {
    pub(super) room: Room,
    pub(super) now: UnixMs,
    next_session: u64,
}

impl Play {
    pub(super) fn new() -> Self {
        Self { room: Room::new(meeting(), DoorRules::default()), now: NOW, next_session: 1 }
    }

    pub(super) fn secret(session: SessionId) -> Secret {
        Secret::new(format!("secret of {}", session.0))
    }

    pub(super) fn session(&mut self) -> SessionId {
        let session = SessionId(self.next_session);
        self.next_session += 1;
        session
    }

    pub(super) fn try_knock(&mut self, who: u8) -> Result<(SessionId, Vec<Output>), JoinRefused> {
        let session = self.session();
        let guest = guest(who, standing(who));
        self.room.knock(self.now, session, &Self::secret(session), guest).map(|out| (session, out))
    }

    pub(super) fn knock(&mut self, who: u8) -> SessionId {
        self.try_knock(who).unwrap().0
    }

    pub(super) fn resume(&mut self, secret_of: SessionId) -> (SessionId, Vec<Output>) {
        let session = self.session();
        let out = self.room.resume(self.now, session, returning(Self::secret(secret_of), None)).unwrap();
        (session, out)
    }

    pub(super) fn ask(&mut self, session: SessionId, request: ClientMsg) -> Vec<Output> {
        self.room.handle(self.now, Input::Asked { session, request })
    }

    pub(super) fn event(&mut self, event: Event) -> Vec<Output> {
        self.room.handle(self.now, Input::Media(event))
    }

    /// Enters with media and hears the SFU's answer.
    pub(super) fn enter(&mut self, session: SessionId) -> Vec<Output> {
        self.ask(session, ClientMsg::Enter { offer: "offer".into(), media: MediaState::default() });
        self.event(Event::Answered { session, answer: "answer".into() })
    }

    pub(super) fn arrive(&mut self, who: u8) -> SessionId {
        let session = self.knock(who);
        self.enter(session);
        session
    }

    pub(super) fn id(&self, session: SessionId) -> ParticipantId {
        self.room.by_socket(session).unwrap()
    }

    pub(super) fn admit(&mut self, moderator: SessionId, who: SessionId) -> Vec<Output> {
        let participant = self.id(who);
        self.ask(moderator, ClientMsg::Admit { participant })
    }

    /// Mia is in, and Piet whom she let in.
    pub(super) fn two_in_the_room() -> (Self, SessionId, SessionId) {
        let mut play = Self::new();
        let (mia, piet) = (play.arrive(MIA), play.arrive(PIET));
        play.admit(mia, piet);
        (play, mia, piet)
    }
}

pub(super) fn told(out: &[Output], to: SessionId) -> Vec<&ServerMsg> {
    out.iter()
        .filter_map(|output| match output {
            Output::Tell { session, message } if *session == to => Some(message),
            _ => None,
        })
        .collect()
}

pub(super) fn commands(out: &[Output]) -> Vec<&Command> {
    out.iter()
        .filter_map(|output| match output {
            Output::Media(command) => Some(command),
            _ => None,
        })
        .collect()
}

pub(super) fn notes(out: &[Output]) -> Vec<&DoorEvent> {
    out.iter()
        .filter_map(|output| match output {
            Output::Note { event, .. } => Some(event),
            _ => None,
        })
        .collect()
}

pub(super) fn hung_up(out: &[Output], session: SessionId) -> bool {
    out.contains(&Output::HangUp { session })
}

pub(super) fn away(reason: TurnedAway) -> ServerMsg {
    ServerMsg::TurnedAway { reason }
}

pub(super) fn wrong(error: ProtocolError) -> ServerMsg {
    ServerMsg::ProtocolError { error }
}

/// The whole way in: green room, lobby, card, admission, roster.
#[test]
fn piet_waits_and_is_let_in() {
    let mut play = Play::new();
    let piet = play.knock(PIET);
    let out = play.ask(piet, ClientMsg::Enter { offer: "o".into(), media: MediaState::default() });
    assert!(matches!(
        commands(&out)[..],
        [Command::Join { stage: Stage::Lobby, role: Role::Participant, keys: KeyLength::Bits256, .. }]
    ));
    let out = play.event(Event::Answered { session: piet, answer: "a".into() });
    let entered = ServerMsg::Entered { answer: "a".into(), stage: Stage::Lobby, media: 1 };
    assert_eq!(told(&out, piet), [&entered, &ServerMsg::Waiting { reason: Waiting::NoModeratorYet }]);

    let mia = play.knock(MIA);
    let out = play.enter(mia);
    let [ServerMsg::Entered { stage: Stage::Room, .. }, ServerMsg::Admitted { room }] = told(&out, mia)[..] else {
        panic!("{out:?}")
    };
    assert_eq!((room.roster.len(), room.lobby.len()), (1, 1));
    assert_eq!(told(&out, piet), [&ServerMsg::Waiting { reason: Waiting::ModeratorDecides }]);
    assert_eq!(play.room.counts(), Counts { present: 1, waiting: 1 });

    let out = play.admit(mia, piet);
    assert_eq!(commands(&out), [&Command::Admit { session: piet }]);
    assert!(matches!(notes(&out)[..], [DoorEvent::Admitted { .. }]));
    let [ServerMsg::Admitted { room }] = told(&out, piet)[..] else { panic!("{out:?}") };
    assert_eq!((room.roster.len(), room.lobby.len()), (2, 0));
    assert!(matches!(told(&out, mia)[..], [ServerMsg::LobbyLeft { .. }, ServerMsg::ParticipantJoined { .. }]));
    assert_eq!(play.room.counts(), Counts { present: 2, waiting: 0 });
}

/// D24: before admission nothing of the room reaches Rosa, whatever happens in it.
/// What the green room promises: where somebody seems to be is shown and not kept, only whether the two sides agreed.
#[test]
fn no_country_is_written_down() {
    let mut play = Play::new();
    let (mia, mut out) = play.try_knock(MIA).unwrap();
    out.extend(play.enter(mia));
    let (piet, knocked) = play.try_knock(PIET).unwrap();
    out.extend(knocked);
    out.extend(play.enter(piet));
    out.extend(play.admit(mia, piet));
    let written: Vec<_> = notes(&out).iter().map(|event| event.columns()).collect();
    let kinds: Vec<_> = written.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["knocked", "moderator_entered", "knocked", "entered_lobby", "admitted"]);
    assert!(written.iter().all(|(_, json)| !json.contains("NL") && !json.contains("BE")), "{written:?}");
    assert!(written[4].1.contains(r#""location":"differ""#) && !written[2].1.contains("location"), "{written:?}");
}

#[test]
fn nothing_of_the_room_reaches_the_lobby() {
    let (mut play, mia, piet) = Play::two_in_the_room();
    let rosa = play.arrive(ROSA);
    let happenings = [
        (piet, ClientMsg::SetHand { raised: true }),
        (piet, ClientMsg::SetMedia { media: MediaState { microphone: true, camera: true, screen: false } }),
        (mia, ClientMsg::Extend { minutes: 5 }),
        (piet, ClientMsg::Leave),
    ];
    for (who, request) in happenings {
        let out = play.ask(who, request);
        assert_eq!(told(&out, rosa), Vec::<&ServerMsg>::new(), "{out:?}");
    }
    let slots = play.event(Event::SlotsChanged { session: rosa, slots: Slots::default() });
    assert_eq!(slots, []);
}

/// Every moderator's request by everybody who is none, and by a moderator who is not in the room yet.
#[test]
fn only_a_moderator_in_the_room_moderates() {
    let (mut play, _, piet) = Play::two_in_the_room();
    let rosa = play.arrive(ROSA);
    let green_mia = {
        // Mia again, from another device, still in the green room.
        play.knock(MIA)
    };
    let participant = play.id(rosa);
    let requests = [
        ClientMsg::Admit { participant },
        refuse(participant),
        ClientMsg::Remove { participant },
        ClientMsg::Extend { minutes: 5 },
        ClientMsg::EndMeeting,
    ];
    for request in requests {
        for (who, error) in [
            (piet, ProtocolError::NotAllowed),
            (rosa, ProtocolError::NotAllowed),
            (green_mia, ProtocolError::WrongState),
        ] {
            let out = play.ask(who, request.clone());
            assert_eq!(out, [Output::Tell { session: who, message: wrong(error) }], "{request:?}");
        }
    }
}

#[test]
fn a_refused_person_may_knock_again_and_their_card_says_so() {
    let mut play = Play::new();
    let (mia, piet) = (play.arrive(MIA), play.arrive(PIET));
    let participant = play.id(piet);
    let out = play.ask(mia, refuse(participant));
    assert_eq!(told(&out, piet), [&away(TurnedAway::Refused { reason: RefuseReason::Unsaid })]);
    assert!(hung_up(&out, piet) && commands(&out) == [&Command::Leave { session: piet }]);
    assert_eq!(notes(&out), [&DoorEvent::Refused { reason: RefuseReason::Unsaid }]);
    let back = play.room.resume(NOW, SessionId(99), returning(Play::secret(piet), None));
    assert_eq!(back, Err(JoinRefused::SessionUnknown));
    let again = play.knock(PIET);
    let out = play.enter(again);
    let [ServerMsg::LobbyChanged { card }] = told(&out, mia)[..] else { panic!("{out:?}") };
    assert_eq!(
        (card.participant, card.history.iter().filter(|past| past.what == PastKind::Refused).count()),
        (participant, 1)
    );
}

/// Removal ends session and way back, and the PIN with the note, also of somebody whose connection is just lost.
#[test]
fn a_removed_person_is_gone() {
    for connected in [true, false] {
        let (mut play, mia, piet) = Play::two_in_the_room();
        let participant = play.id(piet);
        if !connected {
            play.room.handle(NOW, Input::HungUp { session: piet, page_is_gone: true });
        }
        let out = play.ask(mia, ClientMsg::Remove { participant });
        assert_eq!(notes(&out), [&DoorEvent::Removed]);
        assert_eq!(hung_up(&out, piet), connected);
        let said = told(&out, piet);
        let removed = away(TurnedAway::Removed);
        assert_eq!(said, if connected { vec![&removed] } else { vec![] });
        assert_eq!(
            play.room.resume(NOW, SessionId(99), returning(Play::secret(piet), None)),
            Err(JoinRefused::SessionUnknown)
        );
    }
}

#[test]
fn nobody_there_to_admit_refuse_or_remove() {
    let (mut play, mia, piet) = Play::two_in_the_room();
    let (me, in_room, nobody) = (play.id(mia), play.id(piet), ParticipantId(77));
    let offering = play.knock(ROSA);
    play.ask(offering, ClientMsg::Enter { offer: "o".into(), media: MediaState::default() });
    let not_yet = play.id(offering);
    let table = [
        ClientMsg::Admit { participant: nobody },
        ClientMsg::Admit { participant: in_room },
        ClientMsg::Admit { participant: not_yet },
        refuse(in_room),
        refuse(nobody),
        ClientMsg::Remove { participant: nobody },
        ClientMsg::Remove { participant: not_yet },
        ClientMsg::Remove { participant: me },
    ];
    for request in table {
        let out = play.ask(mia, request.clone());
        assert_eq!(told(&out, mia), [&wrong(ProtocolError::NobodyThere)], "{request:?}");
    }
}

/// A reload: the others see the person go and come, and it is the room again without anybody's leave.
#[test]
fn an_admitted_person_reloads_into_the_room() {
    let (mut play, mia, piet) = Play::two_in_the_room();
    let out = play.room.handle(NOW, Input::HungUp { session: piet, page_is_gone: true });
    assert!(matches!(told(&out, mia)[..], [ServerMsg::ParticipantLeft { .. }]));
    assert_eq!(commands(&out), [&Command::Leave { session: piet }]);
    let (back, out) = play.resume(piet);
    let [ServerMsg::Welcomed { resumed_to: Some(Stage::Room), session, .. }] = told(&out, back)[..] else {
        panic!("{out:?}")
    };
    assert_eq!(session, &Play::secret(piet));
    let out = play.enter(back);
    assert!(matches!(
        told(&out, back)[..],
        [ServerMsg::Entered { stage: Stage::Room, .. }, ServerMsg::Admitted { .. }]
    ));
    assert!(matches!(told(&out, mia)[..], [ServerMsg::ParticipantJoined { .. }]));
}

/// The newer socket wins, with no ghost: the tab that was duplicated, or reloaded before the server noticed.
#[test]
fn the_newer_connection_of_the_same_tab_wins() {
    let (mut play, mia, piet) = Play::two_in_the_room();
    let (newer, out) = play.resume(piet);
    assert_eq!(told(&out, piet), [&away(TurnedAway::ReplacedByNewer)]);
    assert!(hung_up(&out, piet) && commands(&out) == [&Command::Leave { session: piet }]);
    assert!(matches!(told(&out, mia)[..], [ServerMsg::ParticipantLeft { .. }]));
    assert_eq!(play.ask(piet, ClientMsg::SetHand { raised: true }), [], "the older one is not heard any more");
    assert_eq!(
        play.room.handle(NOW, Input::HungUp { session: piet, page_is_gone: true }),
        [],
        "nor does its end end the newer one"
    );
    play.enter(newer);
    assert_eq!(play.room.counts().present, 2);
}

#[test]
fn the_lobby_hears_that_the_moderators_are_gone() {
    let mut play = Play::new();
    let (mia, piet) = (play.arrive(MIA), play.arrive(PIET));
    let out = play.room.handle(NOW, Input::HungUp { session: mia, page_is_gone: true });
    assert_eq!(told(&out, piet), [&ServerMsg::Waiting { reason: Waiting::ModeratorGone }]);
    let (back, _) = play.resume(mia);
    let out = play.enter(back);
    assert_eq!(told(&out, piet), [&ServerMsg::Waiting { reason: Waiting::ModeratorDecides }]);
}

#[test]
fn a_refused_offer_may_be_tried_again() {
    let mut play = Play::new();
    let piet = play.knock(PIET);
    play.ask(piet, ClientMsg::Enter { offer: "garbage".into(), media: MediaState::default() });
    let error = OfferError::Unreadable;
    let out = play.event(Event::OfferRefused { session: piet, error });
    assert_eq!(told(&out, piet), [&wrong(ProtocolError::Offer { error })]);
    let out = play.enter(piet);
    assert!(matches!(told(&out, piet)[0], ServerMsg::Entered { .. }));
}

/// What does not belong where it is said.
#[test]
fn requests_in_the_wrong_state() {
    let mut play = Play::new();
    let green = play.knock(PIET);
    let media = MediaState::default();
    let enter = || ClientMsg::Enter { offer: "o".into(), media };
    for request in
        [ClientMsg::SetMedia { media }, ClientMsg::SetHand { raised: true }, ClientMsg::Hello { protocol: 1 }]
    {
        assert_eq!(told(&play.ask(green, request), green), [&wrong(ProtocolError::WrongState)]);
    }
    play.ask(green, enter());
    assert_eq!(told(&play.ask(green, enter()), green), [&wrong(ProtocolError::WrongState)]);
    play.event(Event::Answered { session: green, answer: "a".into() });
    for request in [ClientMsg::SetHand { raised: true }, ClientMsg::Look { tiles: Vec::new() }] {
        assert_eq!(told(&play.ask(green, request), green), [&wrong(ProtocolError::WrongState)]);
    }
}

/// The lobby counts, and one place is kept for a moderator while there is none.
#[test]
fn a_full_room_keeps_a_place_for_a_moderator() {
    let mut play = Play::new();
    let sessions: Vec<_> = (101..100 + MAX_PARTICIPANTS as u8).map(|who| play.knock(who)).collect();
    assert_eq!(play.try_knock(30).err(), Some(JoinRefused::Full));
    let mia = play.arrive(MIA);
    assert_eq!(play.try_knock(30).err(), Some(JoinRefused::Full));
    play.ask(sessions[0], ClientMsg::Leave);
    let newcomer = play.knock(30);
    play.enter(newcomer);
    play.admit(mia, newcomer);
    // A lost connection keeps its place for a minute, and not for ever.
    play.room.handle(play.now, Input::HungUp { session: newcomer, page_is_gone: true });
    assert_eq!(play.try_knock(31).err(), Some(JoinRefused::Full));
    play.now = play.now.plus_ms(PLACE_HELD_MS);
    assert!(play.try_knock(31).is_ok());
}

#[test]
fn an_observer_sees_and_raises_a_hand_and_moderates_nothing() {
    let mut play = Play::new();
    let (mia, otto) = (play.arrive(MIA), play.arrive(OTTO));
    play.admit(mia, otto);
    let out = play.ask(otto, ClientMsg::SetHand { raised: true });
    let [ServerMsg::ParticipantChanged { entry }] = told(&out, mia)[..] else { panic!("{out:?}") };
    assert!(entry.hand && entry.role == Role::Observer);
}

/// Otto's camera is for Mia: the others are not told whether it runs.
#[test]
fn an_observers_media_are_known_to_moderators_alone() {
    let (mut play, mia, piet) = Play::two_in_the_room();
    let otto = play.arrive(OTTO);
    let on = MediaState { microphone: true, camera: true, screen: false };
    play.ask(otto, ClientMsg::SetMedia { media: on });
    let media = |out: &[Output], to, of| {
        told(out, to).into_iter().find_map(|message| match message {
            ServerMsg::ParticipantJoined { entry } | ServerMsg::ParticipantChanged { entry } => Some(entry.media),
            ServerMsg::Admitted { room } => room.roster.iter().find(|e| e.participant == of).map(|e| e.media),
            _ => None,
        })
    };
    let ottos = play.id(otto);
    let off = Some(MediaState::default());
    let joined = play.admit(mia, otto);
    assert_eq!((media(&joined, mia, ottos), media(&joined, piet, ottos)), (Some(on), off));
    assert_eq!(media(&joined, otto, ottos), Some(on), "his own are his to know");
    let changed = play.ask(otto, ClientMsg::SetMedia { media: on });
    assert_eq!((media(&changed, mia, ottos), media(&changed, piet, ottos)), (Some(on), off));
    play.ask(piet, ClientMsg::SetMedia { media: on });
    let rosa = play.arrive(ROSA);
    let snapshot = play.admit(mia, rosa);
    let piets = play.id(piet);
    assert_eq!((media(&snapshot, rosa, ottos), media(&snapshot, rosa, piets)), (off, Some(on)));
}

/// The scheduled end, moved by the moderator, then the grace, then over (D13).
#[test]
fn the_end_can_be_moved_and_then_comes_by_itself() {
    let (mut play, mia, piet) = Play::two_in_the_room();
    let out = play.ask(mia, ClientMsg::Extend { minutes: 30 });
    let ends_at = NOW.plus_ms(HOUR + 30 * 60_000);
    assert_eq!(notes(&out), [&DoorEvent::Extended { ends_at }]);
    let closes_at = ends_at.plus_ms(600_000);
    for who in [mia, piet] {
        assert_eq!(told(&out, who), [&ServerMsg::EndMoved { ends_at, closes_at }]);
    }
    for minutes in [0, 121, u32::MAX] {
        let out = play.ask(mia, ClientMsg::Extend { minutes });
        assert_eq!(told(&out, mia), [&wrong(ProtocolError::OutOfRange)]);
    }
    assert_eq!(play.room.handle(closes_at.plus_ms(-1), Input::Tick), []);
    let out = play.room.handle(closes_at, Input::Tick);
    assert!(play.room.is_over());
    assert_eq!(out[0], Output::Note { invitee: None, actor: Actor::Clock, event: DoorEvent::Ended });
    for who in [mia, piet] {
        assert_eq!(told(&out, who), [&away(TurnedAway::MeetingOver)]);
        assert!(hung_up(&out, who));
    }
    assert_eq!(commands(&out), [&Command::CloseRoom { room: play.room.room_id() }]);
    assert!(play.room.people.is_empty());
    assert_eq!(play.try_knock(PIET).err(), Some(JoinRefused::MeetingOver));
}

#[test]
fn a_meeting_is_not_extended_beyond_a_day() {
    let (mut play, mia, _) = Play::two_in_the_room();
    let extended = (0..20).filter(|_| notes(&play.ask(mia, ClientMsg::Extend { minutes: 120 })).len() == 1).count();
    assert_eq!(extended, 11, "one hour and eleven times two");
}

#[test]
fn the_moderator_and_the_console_end_it_for_everybody() {
    for by_console in [false, true] {
        let (mut play, mia, piet) = Play::two_in_the_room();
        let rosa = play.arrive(ROSA);
        let green = play.knock(OTTO);
        let actor = Actor::Account(shared::ids::AccountId::from_random([5; 16]));
        let out = match by_console {
            true => play.room.handle(NOW, Input::Ended { by: actor }),
            false => play.ask(mia, ClientMsg::EndMeeting),
        };
        for who in [mia, piet, rosa, green] {
            assert_eq!(told(&out, who), [&away(TurnedAway::MeetingOver)]);
        }
        assert_eq!(play.ask(piet, ClientMsg::Leave), []);
    }
}

#[test]
fn a_new_pin_ends_what_the_old_one_opened() {
    let (mut play, mia, piet) = Play::two_in_the_room();
    let out =
        play.room.handle(NOW, Input::Cut { invitee: InviteeId::from_random([PIET; 16]), why: TurnedAway::Revoked });
    assert_eq!(told(&out, piet), [&away(TurnedAway::Revoked)]);
    assert!(matches!(told(&out, mia)[..], [ServerMsg::ParticipantLeft { .. }]));
    assert!(play.room.resume(NOW, SessionId(99), returning(Play::secret(piet), None)).is_err());
}

const SHARING: MediaState = MediaState { microphone: false, camera: false, screen: true };

fn taken(out: &[Output], to: SessionId) -> Option<ParticipantId> {
    match told(out, to)[..] {
        [ServerMsg::ProtocolError { error: ProtocolError::Share { error: ShareError::Taken { by } } }] => Some(*by),
        _ => None,
    }
}

#[test]
fn one_screen_at_a_time_and_who_came_first_goes_on() {
    let (mut play, mia, piet) = Play::two_in_the_room();
    let (mias, piets) = (play.id(mia), play.id(piet));
    let share = ClientMsg::SetMedia { media: SHARING };
    let out = play.ask(piet, share.clone());
    let [ServerMsg::ParticipantChanged { entry }] = told(&out, mia)[..] else { panic!("{out:?}") };
    assert!(entry.participant == piets && entry.media.screen);
    assert_eq!(commands(&out), [&Command::Share { session: piet, on: true }]);
    assert_eq!(commands(&play.ask(piet, share.clone())), [] as [&Command; 0], "the SFU knows already");

    let out = play.ask(mia, share.clone());
    assert_eq!((taken(&out, mia), commands(&out).len()), (Some(piets), 0));
    assert!(!play.room.people[&mias].media.screen && told(&out, piet).is_empty());

    let out = play.ask(piet, ClientMsg::SetMedia { media: MediaState::default() });
    assert_eq!(commands(&out), [&Command::Share { session: piet, on: false }]);
    assert_eq!(commands(&play.ask(mia, share)), [&Command::Share { session: mia, on: true }]);
}

/// A connection that is lost ends the share: the place is free, and whoever comes back asks anew.
#[test]
fn a_lost_connection_ends_the_share() {
    let (mut play, mia, piet) = Play::two_in_the_room();
    let share = ClientMsg::SetMedia { media: SHARING };
    play.ask(piet, share.clone());
    let piets = play.id(piet);
    play.room.handle(NOW, Input::HungUp { session: piet, page_is_gone: true });
    assert!(!play.room.people[&piets].media.screen, "who is not there shares nothing");
    assert_eq!(commands(&play.ask(mia, share.clone())), [&Command::Share { session: mia, on: true }]);
    let (again, _) = play.resume(piet);
    play.ask(again, ClientMsg::Enter { offer: "offer".into(), media: SHARING });
    let out = play.event(Event::Answered { session: again, answer: "answer".into() });
    let ServerMsg::Admitted { room } = told(&out, again)[1] else { panic!("{out:?}") };
    let sharers: Vec<_> = room.roster.iter().filter(|entry| entry.media.screen).map(|e| e.participant).collect();
    assert_eq!(sharers, [play.id(mia)]);
    assert_eq!(taken(&play.ask(again, share), again), Some(play.id(mia)));
}

#[test]
fn nobody_shares_from_the_lobby_and_observers_never_do() {
    let (mut play, mia, _) = Play::two_in_the_room();
    let share = ClientMsg::SetMedia { media: SHARING };
    let otto = play.arrive(OTTO);
    assert_eq!(play.ask(otto, share.clone()), [tells(otto, wrong(ProtocolError::WrongState))]);
    play.admit(mia, otto);
    let refused = wrong(ProtocolError::Share { error: ShareError::Observer });
    assert_eq!(play.ask(otto, share), [tells(otto, refused)]);
}

fn tells(session: SessionId, message: ServerMsg) -> Output {
    Output::Tell { session, message }
}
