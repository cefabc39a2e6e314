//! Stories of the lobby: one PIN twice, confirmed identities, lines, locks. The people are those of [`super::tests`].

use shared::control::Command;
use shared::limits::{IDENTITY_HOLDS_MS, MAX_CLAIMS, MAX_LINE_CHARS, MAX_LINES};
use shared::location::ComputerPlace;
use shared::meeting::DoorRules;
use shared::signal::{
    AdmissionError, InUse, JoinRefused, Locks, MediaState, PastKind, RefuseReason, Stage, TurnedAway, Waiting,
};

use super::tests::{MIA, NOW, OTTO, PIET, Play, ROSA, away, commands, hung_up, notes, refuse, returning, told, wrong};
use super::*;
use crate::meetings::events::{Lapse, SecondFactor};

const MONA: u8 = 9;

/// A play whose meeting asks for this.
fn with_rules(rules: DoorRules) -> Play {
    let mut play = Play::new();
    play.room = Room::new(super::tests::meeting(), rules);
    play
}

/// Mona, a second moderator.
fn mona(play: &mut Play) -> SessionId {
    let session = play.session();
    let guest = super::tests::guest(MONA, Standing::Moderator(SecondFactor::SmsPassword));
    play.room.knock(play.now, session, &Play::secret(session), guest).unwrap();
    play.enter(session);
    session
}

fn card_of(out: &[Output], moderator: SessionId) -> LobbyCard {
    let mut cards = told(out, moderator).into_iter().filter_map(|message| match message {
        ServerMsg::LobbyChanged { card } => Some(LobbyCard::clone(card)),
        _ => None,
    });
    cards.next_back().unwrap()
}

fn not_admitted(error: AdmissionError) -> ServerMsg {
    wrong(ProtocolError::Admission { error })
}

fn is_in_room(play: &Play, who: ParticipantId) -> bool {
    play.room.people[&who].is_present_in(Place::Room)
}

/// D9: a second use of a PIN puts nobody out. The first is told, the card says where it is in use, and whom the moderator
/// lets in stays.
#[test]
fn the_same_pin_twice_is_the_moderator_s_to_decide() {
    let (mut play, mia, piet) = Play::two_in_the_room();
    let (other, out) = play.try_knock(PIET).unwrap();
    assert_eq!(told(&out, piet), [&ServerMsg::PinUsedElsewhere]);
    assert!(!hung_up(&out, piet) && notes(&out).contains(&&DoorEvent::SecondUse), "{out:?}");
    let out = play.enter(other);
    assert_eq!(card_of(&out, mia).in_use, Some(InUse::Room));
    assert!(told(&out, other).contains(&&ServerMsg::Waiting { reason: Waiting::PinInUse }));

    // Refused, the newcomer goes and the first stays.
    let newcomer = play.id(other);
    let out = play.ask(mia, refuse(newcomer));
    assert!(hung_up(&out, other) && !hung_up(&out, piet));

    // Let in, the newcomer stays and the first goes, tab and all.
    let again = play.arrive(PIET);
    let out = play.admit(mia, again);
    assert_eq!(told(&out, piet), [&away(TurnedAway::ReplacedByNewer)]);
    assert!(is_in_room(&play, play.id(again)));
    let old_tab = play.room.resume(NOW, SessionId(99), returning(Play::secret(piet), None));
    assert_eq!(old_tab, Err(JoinRefused::SessionUnknown));
}

/// A first use that was lost a moment ago is not put out either: it comes back to where it was.
#[test]
fn a_knock_does_not_take_the_place_of_a_lost_connection() {
    let (mut play, mia, piet) = Play::two_in_the_room();
    let first = play.id(piet);
    play.room.handle(play.now, Input::HungUp { session: piet, page_is_gone: true });
    let other = play.knock(PIET);
    let out = play.enter(other);
    assert_eq!(card_of(&out, mia).in_use, Some(InUse::Lost));
    let (back, _) = play.resume(piet);
    play.enter(back);
    assert!(is_in_room(&play, first));
    assert_eq!(play.room.people[&play.id(other)].in_use, Some(InUse::Room));

    // After a minute it is over, and the card says so.
    play.room.handle(play.now, Input::HungUp { session: back, page_is_gone: true });
    play.now = play.now.plus_ms(PLACE_HELD_MS);
    let out = play.room.handle(play.now, Input::Tick);
    assert_eq!(card_of(&out, mia).in_use, None);
    assert_eq!(told(&out, other), [&ServerMsg::Waiting { reason: Waiting::ModeratorDecides }]);
}

/// Three uses at most: more are turned away at the door, and nobody is put out for them.
#[test]
fn a_pin_in_use_three_times_opens_no_more() {
    let (mut play, _, piet) = Play::two_in_the_room();
    let more: Vec<_> = (1..MAX_CLAIMS).map(|_| play.arrive(PIET)).collect();
    assert_eq!(play.try_knock(PIET).err(), Some(JoinRefused::InUse));
    assert!(is_in_room(&play, play.id(piet)));
    play.ask(more[0], ClientMsg::Leave);
    assert!(play.try_knock(PIET).is_ok());
}

/// A second use of a moderator's invitation waits too, second factor or not, until the first is gone.
#[test]
fn a_moderator_s_second_use_waits() {
    let mut play = Play::new();
    let mia = play.arrive(MIA);
    let other = play.knock(MIA);
    let out = play.ask(other, ClientMsg::Enter { offer: "o".into(), media: MediaState::default() });
    assert!(matches!(commands(&out)[..], [Command::Join { stage: Stage::Lobby, .. }]), "{out:?}");
    let out = play.event(Event::Answered { session: other, answer: "a".into() });
    assert_eq!(card_of(&out, mia).in_use, Some(InUse::Room));
    let asks = play.ask(other, ClientMsg::EndMeeting);
    assert_eq!(told(&asks, other), [&wrong(ProtocolError::WrongState)]);

    let out = play.ask(mia, ClientMsg::Leave);
    assert!(told(&out, other).iter().any(|message| matches!(message, ServerMsg::Admitted { .. })), "{out:?}");
    assert_eq!(commands(&out).last(), Some(&&Command::Admit { session: other }));
}

/// A removal ends every use of the PIN, and a moderator does not remove themselves by another window.
#[test]
fn a_removal_ends_all_uses() {
    let (mut play, mia, piet) = Play::two_in_the_room();
    let other = play.arrive(PIET);
    let participant = play.id(piet);
    let out = play.ask(mia, ClientMsg::Remove { participant });
    for session in [piet, other] {
        assert_eq!(told(&out, session), [&away(TurnedAway::Removed)]);
        let back = play.room.resume(NOW, SessionId(99), returning(Play::secret(session), None));
        assert_eq!(back, Err(JoinRefused::SessionUnknown));
    }
}

/// Sent back, Piet's media ends, nothing more of the room reaches him, and he waits again.
#[test]
fn back_to_the_lobby() {
    let (mut play, mia, piet) = Play::two_in_the_room();
    let participant = play.id(piet);
    let out = play.ask(mia, ClientMsg::SendBack { participant });
    assert_eq!(commands(&out), [&Command::Leave { session: piet }]);
    assert_eq!(told(&out, piet), [&ServerMsg::SentToLobby]);
    assert!(told(&out, mia).contains(&&ServerMsg::ParticipantLeft { participant }));
    assert_eq!(notes(&out), [&DoorEvent::SentBack]);
    let out = play.ask(mia, ClientMsg::SetHand { raised: true });
    assert!(told(&out, piet).is_empty(), "{out:?}");

    let out = play.ask(piet, ClientMsg::Enter { offer: "o".into(), media: MediaState::default() });
    assert!(matches!(commands(&out)[..], [Command::Join { stage: Stage::Lobby, .. }]));
    let out = play.event(Event::Answered { session: piet, answer: "a".into() });
    assert!(card_of(&out, mia).history.iter().any(|past| past.what == PastKind::SentBack));
    let out = play.admit(mia, piet);
    assert!(matches!(told(&out, piet)[..], [ServerMsg::Admitted { .. }]));

    let me = play.id(mia);
    let mona = mona(&mut play);
    assert_eq!(
        told(&play.ask(mona, ClientMsg::SendBack { participant: me }), mona),
        [&not_admitted(AdmissionError::Moderator)]
    );
}

/// Admit all: whom the moderator saw waiting, and not who needs a second look.
#[test]
fn admit_all_leaves_open_questions_open() {
    let mut play = Play::new();
    let mia = play.arrive(MIA);
    let (piet, twin, rosa) = (play.arrive(PIET), play.arrive(PIET), play.arrive(ROSA));
    let session = play.session();
    let by_link_alone = Guest { pin_typed: false, ..super::tests::guest(7, Standing::Participant) };
    play.room.knock(play.now, session, &Play::secret(session), by_link_alone).unwrap();
    play.enter(session);
    let participants = [piet, twin, rosa, session].map(|session| play.id(session)).to_vec();
    let otto = play.arrive(OTTO);
    play.ask(mia, ClientMsg::AdmitAll { participants });
    for (who, is_in) in [(piet, false), (twin, false), (rosa, true), (session, false), (otto, false)] {
        assert_eq!(is_in_room(&play, play.id(who)), is_in, "{who:?}");
    }
}

/// D27: where the meeting wants to see whoever comes in, a camera that is off keeps them out, and says so.
#[test]
fn a_camera_that_is_off_keeps_out() {
    let mut play = with_rules(DoorRules { camera_required: true, ..DoorRules::default() });
    let mia = play.arrive(MIA);
    let piet = play.knock(PIET);
    let out = play.enter(piet);
    assert!(told(&out, piet).contains(&&ServerMsg::Waiting { reason: Waiting::CameraWanted }));
    assert_eq!(told(&play.admit(mia, piet), mia), [&not_admitted(AdmissionError::CameraOff)]);
    let media = MediaState { camera: true, ..MediaState::default() };
    let out = play.ask(piet, ClientMsg::SetMedia { media });
    assert_eq!(told(&out, piet), [&ServerMsg::Waiting { reason: Waiting::ModeratorDecides }]);
    play.admit(mia, piet);
    assert!(is_in_room(&play, play.id(piet)));
}

/// Four eyes are two people's, each with the whole checklist.
#[test]
fn four_eyes() {
    let checklist = vec!["The face is the one in the passport".to_owned(), "Knows the file number".to_owned()];
    let mut play = with_rules(DoorRules { confirmations: 2, checklist, ..DoorRules::default() });
    let (mia, mona) = (play.arrive(MIA), mona(&mut play));
    let piet = play.arrive(PIET);
    let participant = play.id(piet);
    let confirm = |checked| ClientMsg::ConfirmIdentity { participant, checked };
    assert_eq!(told(&play.ask(mia, confirm(1)), mia), [&wrong(ProtocolError::OutOfRange)]);
    for _ in 0..2 {
        // Mia twice is Mia once.
        play.ask(mia, confirm(2));
        assert_eq!(told(&play.admit(mia, piet), mia), [&not_admitted(AdmissionError::NotConfirmed)]);
    }
    assert_eq!(told(&play.ask(piet, confirm(2)), piet), [&wrong(ProtocolError::NotAllowed)]);
    let out = play.ask(mona, confirm(2));
    assert_eq!(notes(&out), [&DoorEvent::IdentityConfirmed { confirmations: 2 }]);
    let identity = card_of(&out, mia).identity;
    assert!(identity.is_confirmed() && identity.names == ["guest 1", "guest 9"], "{identity:?}");
    let out = play.admit(mia, piet);
    assert!(matches!(notes(&out)[..], [DoorEvent::Admitted { .. }]));
    // Moderators see it in the room; Piet himself does not.
    let confirmed = |out: &[Output], to| match &told(out, to)[..] {
        [.., ServerMsg::Admitted { room }] => room.roster.iter().any(|entry| entry.confirmed),
        [.., ServerMsg::ParticipantJoined { entry }] => entry.confirmed,
        other => panic!("{other:?}"),
    };
    assert!(confirmed(&out, mona) && !confirmed(&out, piet));
    let out = play.ask(mona, ClientMsg::DoubtIdentity { participant });
    assert_eq!(notes(&out), [&DoorEvent::IdentityDoubted]);
}

/// A confirmed identity lapses with two minutes of absence and with another country; then it is the lobby again.
#[test]
fn a_confirmation_lapses() {
    let gone = |ms: i64, country: &str| {
        let mut play = with_rules(DoorRules { confirmations: 1, ..DoorRules::default() });
        let (mia, piet) = (play.arrive(MIA), play.arrive(PIET));
        let participant = play.id(piet);
        play.ask(mia, ClientMsg::ConfirmIdentity { participant, checked: 0 });
        play.admit(mia, piet);
        assert!(is_in_room(&play, participant));
        play.room.handle(play.now, Input::HungUp { session: piet, page_is_gone: true });
        play.now = play.now.plus_ms(ms);
        let session = play.session();
        let computer = ComputerPlace::country(country);
        let back = Return { computer, ..returning(Play::secret(piet), None) };
        let out = play.room.resume(play.now, session, back).unwrap();
        let events = notes(&out).into_iter().cloned().collect::<Vec<_>>();
        let out = play.enter(session);
        let place = play.room.people[&participant].place;
        (events, place, told(&out, mia).len())
    };
    assert_eq!(gone(IDENTITY_HOLDS_MS - 1, "NL").1, Place::Room);
    let (events, place, _) = gone(IDENTITY_HOLDS_MS, "NL");
    assert_eq!((events, place), (vec![DoorEvent::IdentityLapsed { why: Lapse::Away }], Place::Lobby));
    let (events, place, _) = gone(1_000, "RO");
    assert!(matches!(
        events[..],
        [DoorEvent::LocationChanged { .. }, DoorEvent::IdentityLapsed { why: Lapse::Country }]
    ));
    assert_eq!(place, Place::Lobby);
}

/// Another country ends the media that the page still has: nothing of the room reaches a socket from elsewhere.
#[test]
fn another_country_does_not_keep_its_media() {
    let mut play = with_rules(DoorRules { confirmations: 1, ..DoorRules::default() });
    let (mia, piet) = (play.arrive(MIA), play.arrive(PIET));
    let participant = play.id(piet);
    play.ask(mia, ClientMsg::ConfirmIdentity { participant, checked: 0 });
    play.admit(mia, piet);
    let session = play.session();
    let computer = ComputerPlace::country("RO");
    let out =
        play.room.resume(play.now, session, Return { computer, ..returning(Play::secret(piet), Some(1)) }).unwrap();
    assert!(commands(&out).contains(&&Command::Leave { session: piet }), "{out:?}");
    let past = play.room.history.of(InviteeId::from_random([PIET; 16]));
    assert_eq!(past.last().map(|past| past.what), Some(PastKind::Lapsed), "no moderator did it");
    assert!(told(&out, session).iter().any(|message| {
        matches!(message, ServerMsg::Welcomed { resumed_to: Some(Stage::Lobby), media_kept: false, .. })
    }));
}

/// Lines go between one who waits and the moderators, and are gone when the wait is over.
#[test]
fn lines_between_lobby_and_moderators() {
    let mut play = Play::new();
    let (mia, piet, rosa) = (play.arrive(MIA), play.arrive(PIET), play.arrive(ROSA));
    let his = play.id(piet);
    let to = Some(his);
    let say = |to, text: &str| ClientMsg::Say { to, text: text.into() };
    let out = play.ask(piet, say(None, " Good morning, Piet here "));
    assert_eq!(card_of(&out, mia).lines[0].text, "Good morning, Piet here");
    assert!(told(&out, rosa).is_empty());
    let out = play.ask(mia, say(to, "Please hold your passport up"));
    let [ServerMsg::Lines { lines }] = told(&out, piet)[..] else { panic!("{out:?}") };
    assert_eq!((lines.len(), lines[1].by.as_deref()), (2, Some("guest 1")));
    for (who, message, error) in [
        (piet, say(to, "to myself"), ProtocolError::NotAllowed),
        (mia, say(None, "to nobody"), ProtocolError::WrongState),
        (mia, say(Some(ParticipantId(77)), "to a ghost"), ProtocolError::NobodyThere),
        (piet, say(None, "  "), ProtocolError::OutOfRange),
        (piet, say(None, &"x".repeat(MAX_LINE_CHARS + 1)), ProtocolError::OutOfRange),
    ] {
        assert_eq!(told(&play.ask(who, message), who), [&wrong(error)]);
    }
    for _ in 0..MAX_LINES {
        play.ask(piet, say(None, "hello?"));
    }
    assert_eq!(play.room.people[&his].lines.len(), MAX_LINES);
    play.admit(mia, piet);
    assert!(play.room.people[&his].lines.is_empty());
    assert_eq!(told(&play.ask(piet, say(None, "inside")), piet), [&wrong(ProtocolError::WrongState)]);
}

/// A refusal says why, and is on the next card.
#[test]
fn a_refusal_with_a_reason() {
    let mut play = Play::new();
    let (mia, piet) = (play.arrive(MIA), play.arrive(PIET));
    let (participant, reason) = (play.id(piet), RefuseReason::NotVerified);
    let out = play.ask(mia, ClientMsg::Refuse { participant, reason });
    assert_eq!(told(&out, piet), [&away(TurnedAway::Refused { reason })]);
    assert_eq!(notes(&out), [&DoorEvent::Refused { reason }]);
    let again = play.knock(PIET);
    let out = play.enter(again);
    let past: Vec<_> = card_of(&out, mia).history.iter().map(|past| past.what).collect();
    assert_eq!(past, [PastKind::Waited, PastKind::Refused, PastKind::Waited]);
}

/// A locked room lets nobody in, says so to those who wait, and opens again.
#[test]
fn a_locked_room() {
    let (mut play, mia, piet) = Play::two_in_the_room();
    let rosa = play.arrive(ROSA);
    let closed = Locks { closed: true, ..Locks::default() };
    let out = play.ask(mia, ClientMsg::SetLocks { locks: closed });
    assert_eq!(told(&out, piet), [&ServerMsg::LocksChanged { locks: closed }]);
    assert_eq!(told(&out, rosa), [&ServerMsg::Waiting { reason: Waiting::Locked }]);
    assert_eq!(told(&play.admit(mia, rosa), mia), [&not_admitted(AdmissionError::Locked)]);
    assert_eq!(
        told(&play.ask(piet, ClientMsg::SetLocks { locks: Locks::default() }), piet),
        [&wrong(ProtocolError::NotAllowed)]
    );
    let (back, _) = play.resume(piet);
    play.enter(back);
    assert!(is_in_room(&play, play.id(back)), "who was in comes back");
    play.ask(mia, ClientMsg::SetLocks { locks: Locks::default() });
    play.admit(mia, rosa);
    assert!(is_in_room(&play, play.id(rosa)));
}

/// Where the lobby is skipped: only while a moderator is there, and not by who was turned away or knocks without a PIN.
#[test]
fn skipping_the_lobby() {
    let mut play = Play::new();
    let early = play.arrive(PIET);
    let mia = play.arrive(MIA);
    let locks = Locks { participants_skip_lobby: true, ..Locks::default() };
    play.ask(mia, ClientMsg::SetLocks { locks });
    assert!(!is_in_room(&play, play.id(early)), "who waits is not let in by a switch");
    let rosa = play.knock(ROSA);
    let out = play.enter(rosa);
    assert!(is_in_room(&play, play.id(rosa)));
    assert!(matches!(notes(&out)[..], [DoorEvent::AdmittedByRule { .. }]));
    let otto = play.arrive(OTTO);
    assert!(!is_in_room(&play, play.id(otto)), "observers are another switch");

    let participant = play.id(early);
    play.ask(mia, refuse(participant));
    let again = play.arrive(PIET);
    assert!(!is_in_room(&play, play.id(again)), "who was turned away waits");

    play.ask(mia, ClientMsg::Leave);
    let late = play.session();
    let guest = super::tests::guest(8, Standing::Participant);
    play.room.knock(play.now, late, &Play::secret(late), guest).unwrap();
    play.enter(late);
    assert!(!is_in_room(&play, play.id(late)), "nobody skips it while no moderator is there");
}

/// The lobby is closed while somebody is on their way past it: they wait after all, and their media with them.
#[test]
fn closed_on_the_way_past_the_lobby() {
    let mut play = Play::new();
    let mia = play.arrive(MIA);
    play.ask(mia, ClientMsg::SetLocks { locks: Locks { participants_skip_lobby: true, ..Locks::default() } });
    let rosa = play.knock(ROSA);
    play.ask(rosa, ClientMsg::Enter { offer: "o".into(), media: MediaState::default() });
    play.ask(mia, ClientMsg::SetLocks { locks: Locks { closed: true, ..Locks::default() } });
    let out = play.event(Event::Answered { session: rosa, answer: "a".into() });
    assert_eq!(told(&out, rosa), [&ServerMsg::SentToLobby]);
    assert_eq!(commands(&out), [&Command::Leave { session: rosa }]);
}

/// A meeting that must see whom it lets in cannot have its lobby skipped.
#[test]
fn a_strict_lobby_is_not_skipped() {
    let mut play = with_rules(DoorRules { confirmations: 1, ..DoorRules::default() });
    let mia = play.arrive(MIA);
    let locks = Locks { observers_skip_lobby: true, ..Locks::default() };
    assert_eq!(told(&play.ask(mia, ClientMsg::SetLocks { locks }), mia), [&not_admitted(AdmissionError::LobbyNeeded)]);
}

/// Who may draw and point is told to the SFU, and again when its room may be new.
#[test]
fn the_surface_is_the_moderators() {
    let (mut play, mia, piet) = Play::two_in_the_room();
    let locks = Locks { only_moderators_draw: true, ..Locks::default() };
    let out = play.ask(mia, ClientMsg::SetLocks { locks });
    let room = play.room.room_id();
    let surface = Command::Surface { room, only_moderators_draw: true, only_moderators_point: false };
    assert_eq!(commands(&out), [&surface]);
    let (back, _) = play.resume(piet);
    let out = play.ask(back, ClientMsg::Enter { offer: "o".into(), media: MediaState::default() });
    assert_eq!(commands(&out).last(), Some(&&surface));
}
