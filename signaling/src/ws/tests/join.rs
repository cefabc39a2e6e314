//! The way in and out, as people live it: Mia moderates, Piet and Rosa take part.

use std::time::{Duration, Instant};

use shared::control::Command;
use shared::ids::ParticipantId;
use shared::meeting::Role;
use shared::secret::Secret;
use shared::signal::{
    ClientMsg, JoinRefused, MediaState, PasswordRefused, PasswordState, ProtocolError, RefuseReason, ServerMsg, Stage,
    TurnedAway, Waiting,
};

use super::page::Page;
use super::theatre::{ADMIN, BOARD, HOUR, ORGANISATION, Person, Theatre, theatre, theatre_with};
use crate::config::SmsSenderKind;
use crate::live::Counts;
use crate::meetings::events::Actor;

/// Mia with her account and Piet in the lobby.
pub(super) async fn mia_and_piet(theatre: &mut Theatre) -> (Page, Page, Person) {
    let piet = theatre.invite("Piet", Role::Participant).await;
    let (mias, piets) = mia_and(theatre, &piet).await;
    (mias, piets, piet)
}

/// The same with a Piet who is invited already.
pub(super) async fn mia_and(theatre: &mut Theatre, piet: &Person) -> (Page, Page) {
    let mia = theatre.invite("Mia", Role::Moderator).await;
    let mut mias = theatre.admins_page().await;
    mias.join(&mia).await;
    mias.enter().await;
    mias.hear_admitted().await;
    let mut piets = theatre.page().await;
    piets.join(piet).await;
    assert!(matches!(piets.enter().await, ServerMsg::Entered { stage: Stage::Lobby, .. }));
    (mias, piets)
}

pub(super) async fn card(page: &mut Page) -> ParticipantId {
    page.hear_until(|message| match message {
        ServerMsg::LobbyChanged { card } => Some(card.participant),
        _ => None,
    })
    .await
}

/// As `mia_and_piet`, and Piet admitted.
async fn both_in(theatre: &mut Theatre) -> (Page, Page, Person, ParticipantId) {
    let (mut mias, mut piets, piet) = mia_and_piet(theatre).await;
    let participant = card(&mut mias).await;
    mias.say(ClientMsg::Admit { participant }).await;
    piets.hear_admitted().await;
    (mias, piets, piet, participant)
}

/// D9, D24, D25: PIN, password, green room, lobby, admission, with what is written down about it.
#[tokio::test]
async fn two_people_get_in() {
    let mut theatre = theatre().await;
    let mia = theatre.invite("Mia", Role::Moderator).await;
    let piet = theatre.invite("Piet", Role::Participant).await;

    let mut piets = theatre.page().await;
    piets.say(Page::join_message(&piet, true)).await;
    let ServerMsg::Welcomed { invited_as, meeting, resumed_to: None, .. } = piets.welcomed().await else { panic!() };
    assert_eq!((invited_as.name.as_str(), meeting.title.as_str()), ("Piet", "Board"));
    piets.enter().await;
    assert_eq!(piets.hear().await, ServerMsg::Waiting { reason: Waiting::NoModeratorYet });

    // A PIN alone makes no moderator: without an account it takes the password.
    let mut mias = theatre.page().await;
    mias.say(Page::join_message(&mia, false)).await;
    let required = |state| ServerMsg::PasswordRequired { state, for_moderator: true, by_login: true };
    assert_eq!(mias.hear().await, required(PasswordState::NotSent));
    mias.say(ClientMsg::SubmitPassword { password: Secret::new("ACDEFGHJ") }).await;
    assert_eq!(mias.hear().await, ServerMsg::PasswordRefused { reason: PasswordRefused::NotSent });
    mias.say(ClientMsg::SendPassword).await;
    assert_eq!(mias.hear().await, required(PasswordState::Sent { phone_ends_in: "61".into() }));
    let typed = theatre.last_password().reveal().to_lowercase();
    mias.say(ClientMsg::SubmitPassword { password: Secret::new(format!(" {} {}", &typed[..4], &typed[4..])) }).await;
    mias.welcomed().await;
    assert!(matches!(mias.enter().await, ServerMsg::Entered { stage: Stage::Room, .. }));
    let room = mias.hear_admitted().await;
    assert_eq!((room.roster.len(), room.lobby[0].name.as_str()), (1, "Piet"));
    assert_eq!(piets.hear().await, ServerMsg::Waiting { reason: Waiting::ModeratorDecides });

    mias.say(ClientMsg::Admit { participant: room.lobby[0].participant }).await;
    assert_eq!(piets.hear_admitted().await.roster.len(), 2);
    assert_eq!(theatre.world.state.live.counts(BOARD), Counts { present: 2, waiting: 0 });

    let events = theatre.events_when(8).await;
    let kinds: Vec<_> = events.iter().map(|(kind, _)| kind.as_str()).collect();
    let told = [
        "pin_issued",
        "pin_issued",
        "knocked",
        "entered_lobby",
        "password_sent",
        "knocked",
        "moderator_entered",
        "admitted",
    ];
    assert_eq!(kinds, told);
    assert_eq!(events.last().unwrap().1, format!("invitee:{}", mia.invitee));
}

/// D24: a participant lets nobody in, ends nothing, and puts nobody out.
#[tokio::test]
async fn a_participant_moderates_nothing() {
    let mut theatre = theatre().await;
    let (_mias, mut piets, _, me) = both_in(&mut theatre).await;
    let requests = [
        ClientMsg::Admit { participant: me },
        ClientMsg::Refuse { participant: me, reason: RefuseReason::Unsaid },
        ClientMsg::Remove { participant: me },
        ClientMsg::Extend { minutes: 10 },
        ClientMsg::EndMeeting,
    ];
    for request in requests {
        piets.say(request).await;
        assert_eq!(piets.hear().await, ServerMsg::ProtocolError { error: ProtocolError::NotAllowed });
    }
    assert_eq!(theatre.ended_at().await, None);
}

#[tokio::test]
async fn refused_with_a_pin_that_still_works_and_removed_with_one_that_does_not() {
    let mut theatre = theatre().await;
    let (mut mias, mut piets, piet) = mia_and_piet(&mut theatre).await;
    let participant = card(&mut mias).await;
    mias.say(ClientMsg::Refuse { participant, reason: RefuseReason::NotVerified }).await;
    assert_eq!(piets.hear_turned_away().await, TurnedAway::Refused { reason: RefuseReason::NotVerified });

    let mut again = theatre.page().await;
    again.join(&piet).await;
    again.enter().await;
    assert_eq!(card(&mut mias).await, participant);
    mias.say(ClientMsg::Admit { participant }).await;
    again.hear_admitted().await;
    mias.say(ClientMsg::Remove { participant }).await;
    assert_eq!(again.hear_turned_away().await, TurnedAway::Removed);

    let mut third = theatre.page().await;
    third.resume(again.session.as_ref().unwrap()).await;
    assert_eq!(third.hear_refusal().await, JoinRefused::SessionUnknown);
    third.say(Page::join_message(&piet, false)).await;
    assert_eq!(third.hear_refusal().await, JoinRefused::NotValidNow);
    third.say(Page::join_message(&piet, true)).await;
    assert_eq!(third.hear_refusal().await, JoinRefused::Revoked);
}

/// A lost connection, then a reload with the tab's secret; then the same tab twice: the newer one stays.
#[tokio::test]
async fn coming_back_without_the_pin() {
    let mut theatre = theatre().await;
    let (mut mias, piets, _, participant) = both_in(&mut theatre).await;
    let secret = piets.vanish().await;
    mias.hear_until(|m| (*m == ServerMsg::ParticipantLeft { participant }).then_some(())).await;

    let mut back = theatre.page().await;
    back.resume(&secret).await;
    let ServerMsg::Welcomed { resumed_to, .. } = back.welcomed().await else { panic!() };
    assert_eq!(resumed_to, Some(Stage::Room));
    back.enter().await;
    back.hear_admitted().await;

    let mut newer = theatre.page().await;
    newer.resume(&secret).await;
    newer.welcomed().await;
    assert_eq!(back.hear_turned_away().await, TurnedAway::ReplacedByNewer);
    newer.enter().await;
    assert_eq!(newer.hear_admitted().await.roster.len(), 2);
    assert_eq!(theatre.world.state.live.counts(BOARD).present, 2);
}

/// A socket breaks while media is up: nobody sees it, and the same page goes on with the same media session.
#[tokio::test]
async fn a_broken_socket_leaves_media_alone() {
    let mut theatre = theatre().await;
    let (mut mias, piets, _, participant) = both_in(&mut theatre).await;
    let secret = piets.break_off();
    let watched = |command: &Command| matches!(command, Command::Watch { closely: true, .. });
    while !theatre.commands.lock().unwrap().iter().any(watched) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let mut back = theatre.page().await;
    back.resume_with(&secret, 1).await;
    let ServerMsg::Welcomed { media_kept: true, .. } = back.welcomed().await else { panic!() };
    assert_eq!(back.hear_admitted().await.roster.len(), 2);
    back.say(ClientMsg::Restart { offer: "offer".into() }).await;
    assert!(matches!(back.hear().await, ServerMsg::Restarted { .. }), "the SFU's word finds the socket of now");
    back.say(ClientMsg::SetHand { raised: true }).await;
    // The very next thing that Mia hears of Piet: not that he left or came.
    let ServerMsg::ParticipantChanged { entry } = mias.hear_until(of(participant)).await else { panic!() };
    assert!(entry.hand);
    let commands = theatre.commands.lock().unwrap();
    assert!(!commands.iter().any(|command| matches!(command, Command::Leave { .. })));
}

/// What is said about a person in the room.
fn of(who: ParticipantId) -> impl FnMut(&ServerMsg) -> Option<ServerMsg> {
    move |message| match message {
        ServerMsg::ParticipantChanged { entry } => (entry.participant == who).then(|| message.clone()),
        ServerMsg::ParticipantLeft { participant } => (*participant == who).then(|| message.clone()),
        _ => None,
    }
}

/// D13: ended by the moderator, the PINs are dead before anybody hears of it, and stay so.
#[tokio::test]
async fn over_is_over() {
    let mut theatre = theatre().await;
    let (mut mias, mut piets, piet, _) = both_in(&mut theatre).await;
    mias.say(ClientMsg::Extend { minutes: 30 }).await;
    piets.hear_until(|message| matches!(message, ServerMsg::EndMoved { .. }).then_some(())).await;
    mias.say(ClientMsg::EndMeeting).await;
    assert_eq!(piets.hear_turned_away().await, TurnedAway::MeetingOver);
    assert_eq!(mias.hear_turned_away().await, TurnedAway::MeetingOver);
    assert_eq!(theatre.ended_at().await, Some(theatre.world.state.clock.now()));

    theatre.world.clock.advance_ms(-10_000);
    let mut late = theatre.page().await;
    late.say(Page::join_message(&piet, false)).await;
    assert_eq!(late.hear_refusal().await, JoinRefused::NotValidNow);
    late.say(Page::join_message(&piet, true)).await;
    assert_eq!(late.hear_refusal().await, JoinRefused::Over);
    late.resume(piets.session.as_ref().unwrap()).await;
    assert_eq!(late.hear_refusal().await, JoinRefused::MeetingOver);
    let closed = theatre.commands.lock().unwrap().iter().any(|command| matches!(command, Command::CloseRoom { .. }));
    assert!(closed && theatre.world.state.live.counts(BOARD) == Counts::default());
    let (kind, actor) = theatre.events().await.pop().unwrap();
    assert!(kind == "ended" && actor.starts_with("invitee:"), "{kind} {actor}");
}

/// D13: by the clock, after the grace, whether or not anybody is there.
#[tokio::test]
async fn the_clock_ends_it() {
    let mut theatre = theatre().await;
    let (_mias, mut piets, ..) = both_in(&mut theatre).await;
    theatre.world.clock.advance_ms(HOUR + shared::limits::DEFAULT_GRACE_MS);
    assert_eq!(piets.hear_turned_away().await, TurnedAway::MeetingOver);
    assert_eq!(theatre.events().await.pop().unwrap(), ("ended".into(), "clock".into()));
}

#[tokio::test]
async fn an_empty_meeting_is_ended_by_the_clock_too() {
    let mut theatre = theatre().await;
    let piet = theatre.invite("Piet", Role::Participant).await;
    theatre.world.state.live.end_overdue().await.unwrap();
    assert_eq!(theatre.ended_at().await, None);
    theatre.world.clock.advance_ms(HOUR + shared::limits::DEFAULT_GRACE_MS);
    theatre.world.state.live.end_overdue().await.unwrap();
    assert_eq!(theatre.ended_at().await, Some(theatre.world.state.clock.now()));
    theatre.world.clock.advance_ms(-HOUR);
    let mut page = theatre.page().await;
    page.say(Page::join_message(&piet, true)).await;
    assert_eq!(page.hear_refusal().await, JoinRefused::Over);
}

#[tokio::test]
async fn the_console_ends_it_and_withdraws_pins() {
    let mut theatre = theatre().await;
    let (_mias, mut piets, piet, _) = both_in(&mut theatre).await;
    theatre.issue_pin(piet.invitee).await;
    let live = theatre.world.state.live.clone();
    live.pin_revoked(BOARD, piet.invitee);
    assert_eq!(piets.hear_turned_away().await, TurnedAway::Revoked);
    assert!(live.end(ORGANISATION, BOARD, Actor::Account(ADMIN)).await.unwrap());
    assert!(theatre.ended_at().await.is_some());
    assert!(!live.end(ORGANISATION, BOARD, Actor::Account(ADMIN)).await.unwrap());
    let ended = theatre.events().await.into_iter().filter(|(kind, _)| kind == "ended").count();
    assert_eq!(ended, 1);
}

/// D12, D24: unknown, mistyped, early and another's get one answer after one time, and so does success.
#[tokio::test]
async fn one_answer_after_one_time() {
    let mut theatre = theatre().await;
    let piet = theatre.invite("Piet", Role::Participant).await;
    let join = |pin: &str| ClientMsg::Join { pin: Secret::new(pin), link: None };
    let right = piet.pin.grouped();
    theatre.world.clock.advance_ms(-HOUR);
    for pin in ["1234567890123456", "123", "12345678901234567", "letters", "", right.as_str()] {
        let mut page = theatre.page().await;
        let start = Instant::now();
        page.say(join(pin)).await;
        assert_eq!(page.hear_refusal().await, JoinRefused::NotValidNow, "{}", pin.len());
        assert!(start.elapsed() >= Duration::from_millis(400), "{:?}", start.elapsed());
    }
    theatre.world.clock.advance_ms(HOUR);
    let mut page = theatre.page().await;
    let start = Instant::now();
    page.join(&piet).await;
    assert!(start.elapsed() >= Duration::from_millis(400), "{:?}", start.elapsed());
}

fn typed(pin: impl Into<String>, link: Option<&Secret>) -> ClientMsg {
    ClientMsg::Join { pin: Secret::new(pin), link: link.cloned() }
}

/// Says ten wrong PINs on five pages.
async fn ten_wrong_pins(theatre: &Theatre, link: Option<&Secret>, answer: JoinRefused) {
    let mut pages = Vec::new();
    for _ in 0..5 {
        pages.push(theatre.page().await);
    }
    for n in 0..2_u8 {
        for page in &mut pages {
            page.say(typed(format!("{n:016}"), link)).await;
        }
        for page in &mut pages {
            assert_eq!(page.hear_refusal().await, answer);
        }
    }
}

/// D12: ten wrong PINs from one source, and the right one is not looked at either. Elsewhere it works, and so does the link
/// of an invitation from the same source: nobody who holds one is held up by a neighbour who guesses.
#[tokio::test]
async fn ten_wrong_pins_a_minute() {
    let mut theatre = theatre().await;
    let piet = theatre.invite("Piet", Role::Participant).await;
    ten_wrong_pins(&theatre, None, JoinRefused::NotValidNow).await;
    let mut here = theatre.page().await;
    here.say(Page::join_message(&piet, false)).await;
    assert_eq!(here.hear_refusal().await, JoinRefused::TooManyTries { retry_after_s: 60 });
    let mut elsewhere = Page::greeted(theatre.server, &[("x-test-address", "192.0.2.9")]).await;
    elsewhere.join(&piet).await;
    let mut by_link = theatre.page().await;
    by_link.say(Page::join_message(&piet, true)).await;
    by_link.welcomed().await;
    theatre.world.clock.advance_ms(60_000);
    here.say(Page::join_message(&piet, false)).await;
    here.welcomed().await;
}

/// D12: whoever holds a link does not guess the PIN that goes with it either, from wherever they try.
#[tokio::test]
async fn ten_wrong_pins_a_minute_with_one_link() {
    let mut theatre = theatre().await;
    let (piet, olga) =
        (theatre.invite("Piet", Role::Participant).await, theatre.invite("Olga", Role::Participant).await);
    ten_wrong_pins(&theatre, Some(&piet.link), JoinRefused::WrongPin).await;
    let mut elsewhere = Page::greeted(theatre.server, &[("x-test-address", "192.0.2.9")]).await;
    elsewhere.say(Page::join_message(&piet, true)).await;
    assert_eq!(elsewhere.hear_refusal().await, JoinRefused::TooManyTries { retry_after_s: 60 });
    elsewhere.say(Page::join_message(&olga, true)).await;
    elsewhere.welcomed().await;
    let mut here = theatre.page().await;
    here.say(Page::join_message(&piet, false)).await;
    here.welcomed().await;
}

/// D12: in a crowd a person hears where they stand, and has their turn after a round of the networks.
#[tokio::test]
async fn in_a_crowd_a_person_hears_where_they_stand() {
    let mut theatre = theatre().await;
    let piet = theatre.invite("Piet", Role::Participant).await;
    let mut crowd = Vec::new();
    for n in 0..40_u8 {
        let address = format!("10.0.{}.{n}", n % 20);
        let mut page = Page::greeted(theatre.server, &[("x-test-address", &address)]).await;
        page.say(typed("0", None)).await;
        crowd.push(page);
    }
    let mut page = Page::greeted(theatre.server, &[("x-test-address", "192.0.2.9")]).await;
    page.say(Page::join_message(&piet, false)).await;
    let ServerMsg::Queued { ahead, wait_s } = page.hear().await else { panic!("a place") };
    assert!((10..=20).contains(&ahead) && (1..=3).contains(&wait_s), "{ahead} turns, {wait_s} s");
    page.welcomed().await;
    assert!(theatre.world.state.door.waiting() > 5, "the crowd has not had all of its turns by then");
    drop(crowd);
    for _ in 0..500 {
        if theatre.world.state.door.waiting() == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("who hangs up waits no more");
}

/// D25, D26: five wrong passwords and a new one is needed, which the telephone's limit allows.
#[tokio::test]
async fn five_wrong_passwords() {
    let mut theatre = theatre().await;
    theatre.ask_passwords().await;
    let piet = theatre.invite("Piet", Role::Participant).await;
    let mut page = theatre.page().await;
    page.say(Page::join_message(&piet, true)).await;
    assert!(matches!(page.hear().await, ServerMsg::PasswordRequired { for_moderator: false, .. }));
    page.say(ClientMsg::SendPassword).await;
    page.hear().await;
    let first = theatre.last_password();
    let refusal = |reason| ServerMsg::PasswordRefused { reason };
    for tries_left in [4, 3, 2, 1] {
        page.say(ClientMsg::SubmitPassword { password: Secret::new("WRONGONE") }).await;
        assert_eq!(page.hear().await, refusal(PasswordRefused::Wrong { tries_left }));
    }
    for password in ["WRONGONE", first.reveal()] {
        page.say(ClientMsg::SubmitPassword { password: Secret::new(password) }).await;
        assert_eq!(page.hear().await, refusal(PasswordRefused::UsedUp));
    }
    page.say(ClientMsg::SendPassword).await;
    assert_eq!(page.hear().await, refusal(PasswordRefused::SentTooOften { retry_after_s: 30 }));
    theatre.world.clock.advance_ms(30_000);
    page.say(ClientMsg::SendPassword).await;
    assert!(matches!(page.hear().await, ServerMsg::PasswordRequired { state: PasswordState::Sent { .. }, .. }));
    page.say(ClientMsg::SubmitPassword { password: first }).await;
    assert_eq!(page.hear().await, refusal(PasswordRefused::Wrong { tries_left: 4 }), "the one before is void");
    page.say(ClientMsg::SubmitPassword { password: theatre.last_password() }).await;
    page.welcomed().await;
}

/// A try that the server was too busy to look at costs nothing.
#[tokio::test]
async fn a_busy_server_uses_up_nobodys_tries() {
    let mut theatre = theatre().await;
    theatre.ask_passwords().await;
    let piet = theatre.invite("Piet", Role::Participant).await;
    let mut page = theatre.page().await;
    page.say(Page::join_message(&piet, true)).await;
    page.hear().await;
    page.say(ClientMsg::SendPassword).await;
    page.hear().await;
    let places = theatre.world.state.door_hasher.fill().unwrap();
    for _ in 0..6 {
        page.say(ClientMsg::SubmitPassword { password: theatre.last_password() }).await;
        assert_eq!(page.hear().await, ServerMsg::ProtocolError { error: ProtocolError::Internal });
    }
    drop(places);
    page.say(ClientMsg::SubmitPassword { password: Secret::new("WRONGONE") }).await;
    let reason = PasswordRefused::Wrong { tries_left: 4 };
    assert_eq!(page.hear().await, ServerMsg::PasswordRefused { reason });
}

/// D26: where no SMS can be sent, a moderator hears so at every try, not that they tried too often.
#[tokio::test]
async fn a_server_without_sms_says_so() {
    let mut theatre = theatre_with(|config| config.sms.sender = SmsSenderKind::None).await;
    let mia = theatre.invite("Mia", Role::Moderator).await;
    let mut page = theatre.page().await;
    page.say(Page::join_message(&mia, true)).await;
    assert!(matches!(page.hear().await, ServerMsg::PasswordRequired { for_moderator: true, .. }));
    for _ in 0..2 {
        page.say(ClientMsg::SendPassword).await;
        assert_eq!(page.hear().await, ServerMsg::PasswordRefused { reason: PasswordRefused::NoSender });
    }
}

/// A PIN that dies while its password is typed does not get in.
#[tokio::test]
async fn the_pin_is_looked_at_again_after_the_password() {
    let mut theatre = theatre().await;
    theatre.ask_passwords().await;
    let piet = theatre.invite("Piet", Role::Participant).await;
    let mut page = theatre.page().await;
    page.say(Page::join_message(&piet, true)).await;
    page.hear().await;
    page.say(ClientMsg::SendPassword).await;
    page.hear().await;
    theatre.issue_pin(piet.invitee).await;
    page.say(ClientMsg::SubmitPassword { password: theatre.last_password() }).await;
    assert_eq!(page.hear_refusal().await, JoinRefused::Revoked);
}

#[tokio::test]
async fn a_bad_offer_is_named_and_another_may_follow() {
    let mut theatre = theatre().await;
    let piet = theatre.invite("Piet", Role::Participant).await;
    let mut page = theatre.page().await;
    page.join(&piet).await;
    page.say(ClientMsg::Enter { offer: "garbage".into(), media: MediaState::default() }).await;
    let error = ProtocolError::Offer { error: shared::signal::OfferError::Unreadable };
    assert_eq!(page.hear().await, ServerMsg::ProtocolError { error });
    page.enter().await;
}

/// After a restart the room is gone, and a secret of before says so, also once there is a new room.
#[tokio::test]
async fn a_restarted_server_says_that_the_room_was_lost() {
    let mut theatre = theatre().await;
    let piet = theatre.invite("Piet", Role::Participant).await;
    let mut page = theatre.page().await;
    let of_before = Secret::new(format!("{BOARD}.{}.{}", "0".repeat(16), "ab".repeat(32)));
    page.resume(&of_before).await;
    assert_eq!(page.hear_refusal().await, JoinRefused::RoomLost);
    page.join(&piet).await;
    let mut other = theatre.page().await;
    other.resume(&of_before).await;
    assert_eq!(other.hear_refusal().await, JoinRefused::RoomLost);
    for nonsense in ["", "x", &format!("{}.{}.{}", "0".repeat(32), "0".repeat(16), "ab".repeat(32))] {
        other.resume(&Secret::new(nonsense)).await;
        assert_eq!(other.hear_refusal().await, JoinRefused::SessionUnknown);
    }
}
