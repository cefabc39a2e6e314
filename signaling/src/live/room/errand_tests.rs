//! Stories of what moderators have sent to those who wait, and of where media comes from.

use shared::location::{ComputerPlace, Verdict};
use shared::meeting::DoorRules;
use shared::secret::Secret;
use shared::signal::{PasswordRefused, PasswordState, Sent};

use super::tests::{MIA, NOW, PIET, Play, ROSA, notes, returning, told};
use super::*;

fn errands(out: &[Output]) -> Vec<Errand> {
    out.iter()
        .filter_map(|output| if let Output::Errand(errand) = output { Some(errand.clone()) } else { None })
        .collect()
}

fn sent() -> PasswordState {
    PasswordState::Sent { phone_ends_in: "56".into() }
}

fn submit(typed: &str) -> ClientMsg {
    ClientMsg::SubmitPassword { password: Secret::new(typed) }
}

/// Does an errand with this outcome.
fn done(play: &mut Play, errand: &Errand, done: ErrandDone) -> Vec<Output> {
    let Errand { participant, invitee, .. } = *errand;
    play.room.handle(play.now, Input::ErrandDone { participant, invitee, done })
}

/// Mia asks Piet, who waits, and a password went out.
fn asked(play: &mut Play) -> (SessionId, SessionId, Errand) {
    let (mia, piet) = (play.arrive(MIA), play.arrive(PIET));
    let participant = play.id(piet);
    let out = play.ask(mia, ClientMsg::AskPassword { participant });
    let [errand] = &errands(&out)[..] else { panic!("{out:?}") };
    let ErrandKind::SendPassword { by } = errand.kind else { panic!("{errand:?}") };
    let out = done(play, errand, ErrandDone::PasswordSent { by, outcome: Ok(sent()) });
    assert!(told(&out, piet).contains(&&ServerMsg::PasswordAsked { state: sent() }), "{out:?}");
    let told_mia = ServerMsg::SentFromCard { participant, what: Sent::Password, refused: None };
    assert!(told(&out, mia).contains(&&told_mia), "{out:?}");
    (mia, piet, errand.clone())
}

fn password_of(play: &Play, who: SessionId) -> PasswordState {
    play.room.people[&play.id(who)].guest.password.clone()
}

#[test]
fn a_password_that_a_moderator_asked_for_is_typed_in_the_lobby() {
    let mut play = Play::new();
    let (mia, piet, _) = asked(&mut play);
    assert_eq!(password_of(&play, piet), sent());
    let out = play.ask(piet, submit("wrong"));
    let [errand] = &errands(&out)[..] else { panic!("{out:?}") };
    assert_eq!(errand.kind, ErrandKind::CheckPassword { typed: Secret::new("wrong") });
    // One at a time, however often they press.
    assert_eq!(play.ask(piet, submit("other")), []);
    let reason = PasswordRefused::Wrong { tries_left: 4 };
    let out = done(&mut play, errand, ErrandDone::PasswordChecked(Err(reason.clone())));
    assert_eq!(told(&out, piet), [&ServerMsg::PasswordRefused { reason }]);
    let out = play.ask(piet, submit("right"));
    let out = done(&mut play, &errands(&out)[0], ErrandDone::PasswordChecked(Ok(PasswordState::Given)));
    assert!(told(&out, piet).contains(&&ServerMsg::PasswordAsked { state: PasswordState::Given }));
    let card = told(&out, mia).into_iter().find_map(|message| match message {
        ServerMsg::LobbyChanged { card } => Some(card.password.clone()),
        _ => None,
    });
    assert_eq!(card, Some(PasswordState::Given));
    let out = play.admit(mia, piet);
    let evidence = notes(&out).into_iter().find_map(|event| match event {
        DoorEvent::Admitted { evidence, .. } => Some(evidence.password_given),
        _ => None,
    });
    assert_eq!(evidence, Some(true), "the record says so");
}

/// Nothing is compared, and nothing sent, for whoever was not asked.
#[test]
fn whoever_was_not_asked_tries_none() {
    let mut play = Play::new();
    play.arrive(MIA);
    let piet = play.arrive(PIET);
    for request in [submit("x"), ClientMsg::SendPassword] {
        let out = play.ask(piet, request);
        assert_eq!(
            out,
            [Output::Tell { session: piet, message: ServerMsg::PasswordRefused { reason: PasswordRefused::NotSent } }]
        );
    }
}

#[test]
fn one_who_owes_a_password_is_not_among_all() {
    let mut play = Play::new();
    let (mia, piet, _) = asked(&mut play);
    let rosa = play.arrive(ROSA);
    let (his, hers) = (play.id(piet), play.id(rosa));
    play.ask(mia, ClientMsg::AdmitAll { participants: vec![his, hers] });
    let is_in = |play: &Play, who| play.room.people[&who].is_present_in(Place::Room);
    assert_eq!((is_in(&play, his), is_in(&play, hers)), (false, true));
    // A moderator who looks at the card decides as they like.
    play.admit(mia, piet);
    assert!(is_in(&play, his));
}

/// Used up, they have a new one sent themselves; what the gateway refuses they read.
#[test]
fn used_up_and_sent_again() {
    let mut play = Play::new();
    let (mia, piet, _) = asked(&mut play);
    let out = play.ask(piet, submit("wrong"));
    done(&mut play, &errands(&out)[0], ErrandDone::PasswordChecked(Err(PasswordRefused::UsedUp)));
    assert_eq!(password_of(&play, piet), PasswordState::UsedUp);
    let out = play.ask(piet, ClientMsg::SendPassword);
    let [errand] = &errands(&out)[..] else { panic!("{out:?}") };
    let ErrandKind::SendPassword { by } = errand.kind else { panic!("{errand:?}") };
    assert_eq!(by, None, "by themselves");
    let reason = PasswordRefused::SentTooOften { retry_after_s: 9 };
    let out = done(&mut play, errand, ErrandDone::PasswordSent { by, outcome: Err(reason.clone()) });
    assert_eq!((told(&out, piet), told(&out, mia)), (vec![&ServerMsg::PasswordRefused { reason }], vec![]));
}

/// Somebody with a moderator's own PIN is asked like anybody: what comes of it is the moderator's to hear.
#[test]
fn a_moderator_asks_whoever_has_their_own_pin() {
    let mut play = Play::new();
    let mia = play.arrive(MIA);
    let other = play.knock(MIA);
    play.enter(other);
    let participant = play.id(other);
    let out = play.ask(mia, ClientMsg::AskPassword { participant });
    let [errand] = &errands(&out)[..] else { panic!("{out:?}") };
    let ErrandKind::SendPassword { by } = errand.kind else { panic!("{errand:?}") };
    assert_eq!(by, Some(errand.invitee));
    let out = done(&mut play, errand, ErrandDone::PasswordSent { by, outcome: Err(PasswordRefused::NoPhone) });
    let refused = Some(PasswordRefused::NoPhone);
    assert_eq!(told(&out, mia), [&ServerMsg::SentFromCard { participant, what: Sent::Password, refused }]);
    assert_eq!(told(&out, other), Vec::<&ServerMsg>::new());
}

/// Nothing goes out where a code is asked for, and the moderator hears what it is.
#[test]
fn a_code_that_a_moderator_asked_for_is_typed_in_the_lobby() {
    let mut play = Play::new();
    let (mia, piet) = (play.arrive(MIA), play.arrive(PIET));
    let participant = play.id(piet);
    let out = play.ask(mia, ClientMsg::AskPassword { participant });
    let errand = errands(&out)[0].clone();
    let ErrandKind::SendPassword { by } = errand.kind else { panic!("{errand:?}") };
    let out = done(&mut play, &errand, ErrandDone::PasswordSent { by, outcome: Ok(PasswordState::Code) });
    assert!(told(&out, piet).contains(&&ServerMsg::PasswordAsked { state: PasswordState::Code }), "{out:?}");
    let told_mia = ServerMsg::SentFromCard { participant, what: Sent::Code, refused: None };
    assert!(told(&out, mia).contains(&&told_mia), "{out:?}");
    let out = play.ask(piet, submit("123456"));
    done(&mut play, &errands(&out)[0], ErrandDone::PasswordChecked(Err(PasswordRefused::CodesUsedUp)));
    assert_eq!(password_of(&play, piet), PasswordState::UsedUp);
    let out = play.ask(piet, submit("123456"));
    done(&mut play, &errands(&out)[0], ErrandDone::PasswordChecked(Ok(PasswordState::CodeGiven)));
    let out = play.ask(mia, ClientMsg::Admit { participant });
    let written = notes(&out).into_iter().find_map(|event| match event {
        DoorEvent::Admitted { evidence, .. } => Some((evidence.code_given, evidence.password_given)),
        _ => None,
    });
    assert_eq!(written, Some((true, false)));
}

/// What was asked outlives a reload, and neither a new knock nor somebody else's invitation takes its outcome.
#[test]
fn a_reload_is_asked_again_and_a_new_knock_is_not() {
    let mut play = Play::new();
    let (_, piet, errand) = asked(&mut play);
    let session = play.session();
    let back = returning(Play::secret(piet), None);
    play.room.resume(play.now, session, back).unwrap();
    let out = play.enter(session);
    assert!(told(&out, session).contains(&&ServerMsg::PasswordAsked { state: sent() }), "{out:?}");
    let anew = play.knock(PIET);
    let out = play.enter(anew);
    assert!(!told(&out, anew).iter().any(|message| matches!(message, ServerMsg::PasswordAsked { .. })), "{out:?}");
    assert_eq!(
        done(&mut play, &errand, ErrandDone::PasswordChecked(Ok(PasswordState::Given))),
        [],
        "the tab before typed it"
    );
    assert_eq!(password_of(&play, anew), PasswordState::NotAsked);
    let late = Errand { invitee: InviteeId::from_random([99; 16]), ..errand };
    assert_eq!(done(&mut play, &late, ErrandDone::PasswordChecked(Ok(PasswordState::Given))), []);
}

#[test]
fn what_cannot_be_sent_is_told_to_the_moderator_alone() {
    let mut play = Play::new();
    let (mia, piet) = (play.arrive(MIA), play.arrive(PIET));
    let participant = play.id(piet);
    let out = play.ask(mia, ClientMsg::AskPassword { participant });
    let errand = &errands(&out)[0];
    let ErrandKind::SendPassword { by } = errand.kind else { panic!("{errand:?}") };
    let out = done(&mut play, errand, ErrandDone::PasswordSent { by, outcome: Err(PasswordRefused::NoPhone) });
    let refused = Some(PasswordRefused::NoPhone);
    assert_eq!(told(&out, mia), [&ServerMsg::SentFromCard { participant, what: Sent::Password, refused }]);
    assert_eq!(told(&out, piet), Vec::<&ServerMsg>::new());
    assert_eq!(password_of(&play, piet), PasswordState::NotAsked, "nothing is asked that was not sent");
}

#[test]
fn an_invitation_is_sent_again_from_the_card() {
    let mut play = Play::new();
    let (mia, piet) = (play.arrive(MIA), play.arrive(PIET));
    let participant = play.id(piet);
    let out = play.ask(mia, ClientMsg::InviteAgain { participant });
    let [errand] = &errands(&out)[..] else { panic!("{out:?}") };
    let ErrandKind::Invite { by } = errand.kind else { panic!("{errand:?}") };
    // The PIN in use has died meanwhile, and its person with it.
    let cut = Input::Cut { invitee: errand.invitee, why: TurnedAway::Revoked };
    play.room.handle(play.now, cut);
    let out = done(&mut play, errand, ErrandDone::Invited { by, outcome: Ok(()) });
    assert_eq!(told(&out, mia), [&ServerMsg::SentFromCard { participant, what: Sent::Invitation, refused: None }]);
}

/// Whoever asks for pages through a proxy and sends media straight is no longer said to agree; and back.
#[test]
fn media_from_another_country_is_on_the_card() {
    let mut play = Play::new();
    play.room = Room::new(super::tests::meeting(), DoorRules::default());
    let (mia, piet) = (play.arrive(MIA), play.arrive(PIET));
    let hint = |out: &[Output]| {
        told(out, mia).into_iter().find_map(|message| match message {
            ServerMsg::LobbyChanged { card } => Some(card.location.clone()),
            _ => None,
        })
    };
    let mut comes_from = |place: ComputerPlace| play.room.handle(NOW, Input::MediaFrom { session: piet, place });
    let out = comes_from(ComputerPlace::country("RO"));
    let said = hint(&out).unwrap();
    assert_eq!((said.verdict, said.media), (Verdict::Unknown, Some(ComputerPlace::country("RO"))));
    assert_eq!(notes(&out), [&DoorEvent::LocationChanged { location: Verdict::Unknown }]);
    assert_eq!(comes_from(ComputerPlace::country("RO")), [], "nothing new");
    let said = hint(&comes_from(ComputerPlace::PrivateNetwork)).unwrap();
    assert_eq!((said.verdict, said.media), (Verdict::Differ, None), "NL against BE, as on the page alone");
}
