//! Stories of half-lost connections, with Mia who moderates, Piet and Rosa who take part.

use shared::control::{Command, Event, Gone};
use shared::signal::{JoinRefused, MediaState, OfferError, Picture, Stage};

use super::link::{WITHOUT_MEDIA_MS, WITHOUT_SOCKET_MS};
use super::tests::{PIET, Play, ROSA, commands, hung_up, notes, refuse, returning, told};
use super::*;

/// Piet's socket breaks, his page does not.
fn lose_socket(play: &mut Play, session: SessionId) -> Vec<Output> {
    play.room.handle(play.now, Input::HungUp { session, page_is_gone: false })
}

/// His page comes back over another socket, with the media session of that number.
fn resume_with(play: &mut Play, of: SessionId, media: u32) -> (SessionId, Vec<Output>) {
    let session = play.session();
    let out = play.room.resume(play.now, session, returning(Play::secret(of), Some(media))).unwrap();
    (session, out)
}

fn restart() -> ClientMsg {
    ClientMsg::Restart { offer: "offer".into() }
}

fn enter() -> ClientMsg {
    ClientMsg::Enter { offer: "offer".into(), media: MediaState::default() }
}

/// The socket goes and comes: nobody sees it, the media session is the same, and everything missed is told.
#[test]
fn a_lost_socket_leaves_media_alone() {
    let (mut play, mia, piet) = Play::two_in_the_room();
    let out = lose_socket(&mut play, piet);
    assert_eq!(out, [Output::Media(Command::Watch { session: piet, closely: true })]);
    let video = vec![Some(Picture::face(ParticipantId(1)))];
    let slots = Slots { audio: vec![None], video, ..Slots::default() };
    assert_eq!(play.event(Event::SlotsChanged { session: piet, slots: slots.clone() }), []);
    assert_eq!(play.event(Event::LayersWanted { session: piet, camera: vec![true, false], screen: true }), []);
    let rosa = play.arrive(ROSA);
    play.admit(mia, rosa);

    let (back, out) = resume_with(&mut play, piet, 1);
    assert_eq!(commands(&out), [&Command::Watch { session: piet, closely: false }]);
    let [welcome, admitted, slots_told, layers_told] = told(&out, back)[..] else { panic!("{out:?}") };
    assert!(matches!(welcome, ServerMsg::Welcomed { media_kept: true, resumed_to: Some(Stage::Room), .. }));
    assert!(matches!(admitted, ServerMsg::Admitted { room } if room.roster.len() == 3 && room.lobby.is_empty()));
    assert_eq!(slots_told, &ServerMsg::SlotsChanged { slots });
    assert_eq!(layers_told, &ServerMsg::LayersWanted { camera: vec![true, false], screen: true });
    assert!(told(&out, mia).is_empty() && notes(&out).is_empty());

    let later = play.event(Event::SlotsChanged { session: piet, slots: Slots::default() });
    assert_eq!(told(&later, back).len(), 1, "the media session speaks to the socket of now");
    let out = play.ask(back, ClientMsg::Look { tiles: Vec::new() });
    assert_eq!(commands(&out), [&Command::Look { session: piet, tiles: Vec::new() }]);
}

/// Everybody in the room sees whose connection is bad, also who comes later; other media begins as good.
#[test]
fn everybody_sees_whose_connection_is_bad_until_there_is_another() {
    let (mut play, mia, piet) = Play::two_in_the_room();
    let seen = |out: &[Output], by| match told(out, by)[..] {
        [ServerMsg::ParticipantChanged { entry }] => Some((entry.participant, entry.connection)),
        _ => None,
    };
    let (poor, his) = (Quality::Poor, play.id(piet));
    let out = play.event(Event::Quality { session: piet, quality: poor });
    assert_eq!(seen(&out, mia), Some((his, poor)));
    assert_eq!(seen(&out, piet), Some((his, poor)), "it is theirs to know as well");

    let rosa = play.arrive(ROSA);
    assert_eq!(play.event(Event::Quality { session: rosa, quality: poor }), [], "nobody's business in the lobby");
    let out = play.admit(mia, rosa);
    let connections = told(&out, rosa).into_iter().find_map(|message| match message {
        ServerMsg::Admitted { room } => Some(room.roster.iter().map(|entry| entry.connection).collect::<Vec<_>>()),
        _ => None,
    });
    assert_eq!(connections, Some(vec![Quality::Good, poor, poor]));

    play.event(Event::Gone { session: piet, reason: Gone::Timeout });
    let out = play.enter(piet);
    assert_eq!(seen(&out, mia), Some((his, Quality::Good)));
    assert_eq!(play.event(Event::Quality { session: SessionId(999), quality: poor }), [], "of nobody");
}

/// The server has not noticed yet that the older socket is dead: it goes without a word, and nothing else happens.
#[test]
fn the_same_page_by_another_socket_replaces_nobody() {
    let (mut play, mia, piet) = Play::two_in_the_room();
    let (back, out) = resume_with(&mut play, piet, 1);
    assert!(hung_up(&out, piet) && told(&out, piet).is_empty() && told(&out, mia).is_empty());
    assert_eq!(play.ask(piet, ClientMsg::SetHand { raised: true }), [], "the older one is not heard any more");
    assert_eq!(lose_socket(&mut play, piet), []);
    assert_eq!(told(&play.ask(back, ClientMsg::SetHand { raised: true }), mia).len(), 1);
}

/// A tab attaches to its own media session only: another number, or none, is a page without media.
#[test]
fn no_other_media_session_is_kept() {
    for media in [None, Some(0), Some(2), Some(u32::MAX)] {
        let (mut play, mia, piet) = Play::two_in_the_room();
        lose_socket(&mut play, piet);
        let session = play.session();
        let out = play.room.resume(play.now, session, returning(Play::secret(piet), media)).unwrap();
        assert_eq!(commands(&out), [&Command::Leave { session: piet }]);
        assert!(matches!(told(&out, session)[..], [ServerMsg::Welcomed { media_kept: false, .. }]));
        assert!(matches!(told(&out, mia)[..], [ServerMsg::ParticipantLeft { .. }]));
    }
}

/// Who is put out while their socket is lost loses their media at once, and does not come back to it.
#[test]
fn removal_and_refusal_reach_who_has_no_socket() {
    let (mut play, mia, piet) = Play::two_in_the_room();
    let rosa = play.arrive(ROSA);
    let (his, hers) = (play.id(piet), play.id(rosa));
    lose_socket(&mut play, piet);
    lose_socket(&mut play, rosa);
    let table = [(piet, ClientMsg::Remove { participant: his }), (rosa, refuse(hers))];
    for (whom, request) in table {
        let out = play.ask(mia, request);
        assert_eq!(commands(&out), [&Command::Leave { session: whom }]);
        let back = play.room.resume(play.now, SessionId(99), returning(Play::secret(whom), Some(1)));
        assert_eq!(back, Err(JoinRefused::SessionUnknown));
    }
}

/// Admitted while the socket is lost: in the room when it is back.
#[test]
fn rosa_is_let_in_while_her_socket_is_lost() {
    let (mut play, mia, _) = Play::two_in_the_room();
    let rosa = play.arrive(ROSA);
    let participant = play.id(rosa);
    lose_socket(&mut play, rosa);
    let out = play.ask(mia, ClientMsg::Admit { participant });
    assert_eq!(commands(&out), [&Command::Admit { session: rosa }]);
    let (back, out) = resume_with(&mut play, rosa, 1);
    assert!(matches!(told(&out, back)[..], [ServerMsg::Welcomed { .. }, ServerMsg::Admitted { .. }]));
}

/// A page that is gone takes its media along; a socket that stays away, or silent media, ends it too.
#[test]
fn media_without_a_page_ends() {
    for by_silence in [false, true] {
        let (mut play, mia, piet) = Play::two_in_the_room();
        lose_socket(&mut play, piet);
        let out = match by_silence {
            true => play.event(Event::Gone { session: piet, reason: Gone::Timeout }),
            false => {
                play.now = play.now.plus_ms(WITHOUT_SOCKET_MS - 1);
                assert_eq!(play.room.handle(play.now, Input::Tick), []);
                play.now = play.now.plus_ms(1);
                play.room.handle(play.now, Input::Tick)
            }
        };
        assert!(matches!(told(&out, mia)[..], [ServerMsg::ParticipantLeft { .. }]));
        assert!(matches!(notes(&out)[..], [DoorEvent::Left { on_purpose: false, .. }]));
        assert_eq!(commands(&out).len(), usize::from(!by_silence), "what the SFU gave up is not left again");
        let (back, out) = resume_with(&mut play, piet, 1);
        assert!(matches!(told(&out, back)[..], [ServerMsg::Welcomed { media_kept: false, .. }]));
    }
}

/// Media goes, the socket stays: the page enters again, and nobody is told of leaving and coming.
#[test]
fn lost_media_is_replaced_on_the_same_socket() {
    let (mut play, mia, piet) = Play::two_in_the_room();
    let out = play.event(Event::Gone { session: piet, reason: Gone::Timeout });
    assert_eq!(out, [Output::Tell { session: piet, message: ServerMsg::MediaLost { media: 1, with_node: false } }]);
    let out = play.ask(piet, enter());
    assert!(matches!(commands(&out)[..], [Command::Join { stage: Stage::Room, .. }]));
    let late = play.event(Event::Gone { session: piet, reason: Gone::Closed });
    assert_eq!(late, [], "before the answer, this is about the session before");
    let out = play.event(Event::Answered { session: piet, answer: "b".into() });
    let entered = ServerMsg::Entered { answer: "b".into(), stage: Stage::Room, media: 2 };
    assert_eq!(told(&out, piet)[0], &entered);
    assert!(matches!(told(&out, mia)[..], [ServerMsg::ParticipantChanged { .. }]) && notes(&out).is_empty());
    // The page may also replace what the SFU still has.
    let out = play.ask(piet, enter());
    assert!(matches!(commands(&out)[..], [Command::Leave { .. }, Command::Join { .. }]));
}

/// The node itself is lost: the page is told that it was not this one connection alone. Without any node it may try again.
#[test]
fn a_lost_node_is_told_as_what_it_is() {
    let (mut play, mia, piet) = Play::two_in_the_room();
    for session in [mia, piet] {
        let out = play.event(Event::Gone { session, reason: Gone::NodeLost });
        assert_eq!(out, [Output::Tell { session, message: ServerMsg::MediaLost { media: 1, with_node: true } }]);
    }
    play.ask(piet, enter());
    let error = OfferError::NoNode;
    let out = play.event(Event::OfferRefused { session: piet, error });
    assert_eq!(told(&out, piet), [&ServerMsg::ProtocolError { error: ProtocolError::Offer { error } }]);
    assert!(matches!(commands(&play.ask(piet, enter()))[..], [Command::Join { stage: Stage::Room, .. }]));
}

/// Piet's page found its media silent and is on its way to another socket when the node is given up: it hears of it there,
/// and nobody is told of leaving and coming. If it does not come he has left, sooner than one whose media goes on.
#[test]
fn a_node_lost_between_two_sockets_is_told_on_the_second() {
    for comes in [true, false] {
        let (mut play, mia, piet) = Play::two_in_the_room();
        lose_socket(&mut play, piet);
        assert_eq!(play.event(Event::Gone { session: piet, reason: Gone::NodeLost }), []);
        if comes {
            let (back, out) = resume_with(&mut play, piet, 1);
            let [welcomed, admitted, lost] = told(&out, back)[..] else { panic!("{out:?}") };
            assert!(matches!(welcomed, ServerMsg::Welcomed { media_kept: true, .. }));
            assert!(matches!(admitted, ServerMsg::Admitted { .. }));
            assert_eq!(lost, &ServerMsg::MediaLost { media: 1, with_node: true });
            assert!(told(&out, mia).is_empty() && commands(&out).is_empty());
            play.now = play.now.plus_ms(WITHOUT_MEDIA_MS - 1);
            assert_eq!(play.room.handle(play.now, Input::Tick), []);
            assert!(matches!(commands(&play.ask(back, enter()))[..], [Command::Join { stage: Stage::Room, .. }]));
            let out = play.event(Event::Answered { session: back, answer: "b".into() });
            assert!(matches!(told(&out, mia)[..], [ServerMsg::ParticipantChanged { .. }]));
        } else {
            play.now = play.now.plus_ms(WITHOUT_MEDIA_MS);
            let out = play.room.handle(play.now, Input::Tick);
            assert!(matches!(told(&out, mia)[..], [ServerMsg::ParticipantLeft { .. }]));
        }
    }
}

/// Who does not replace it has left after a moment; their socket stays, and they may still enter.
#[test]
fn who_does_not_replace_their_media_has_left() {
    let (mut play, mia, piet) = Play::two_in_the_room();
    play.event(Event::Gone { session: piet, reason: Gone::Timeout });
    play.now = play.now.plus_ms(WITHOUT_MEDIA_MS);
    let out = play.room.handle(play.now, Input::Tick);
    assert!(matches!(told(&out, mia)[..], [ServerMsg::ParticipantLeft { .. }]) && !hung_up(&out, piet));
    let out = play.enter(piet);
    assert!(matches!(told(&out, piet)[..], [ServerMsg::Entered { media: 2, .. }, ServerMsg::Admitted { .. }]));
    assert!(matches!(told(&out, mia)[..], [ServerMsg::ParticipantJoined { .. }]));
}

/// Another path for the media: the SFU is asked, and its answer goes to the page that asked.
#[test]
fn a_restart_goes_to_the_sfu_and_back() {
    let (mut play, mia, piet) = Play::two_in_the_room();
    let (back, _) = resume_with(&mut play, piet, 1);
    let out = play.ask(back, restart());
    assert_eq!(out, [Output::Media(Command::Restart { session: piet, offer: "offer".into() })]);
    let out = play.event(Event::Restarted { session: piet, answer: "b".into() });
    assert_eq!(out, [Output::Tell { session: back, message: ServerMsg::Restarted { answer: "b".into() } }]);
    let error = OfferError::OtherSession;
    let out = play.event(Event::RestartRefused { session: piet, error });
    assert_eq!(out, [Output::Tell { session: back, message: ServerMsg::RestartRefused { error } }]);
    assert_eq!(
        told(&play.event(Event::RestartRefused { session: SessionId(77), error }), mia),
        Vec::<&ServerMsg>::new()
    );
}

/// Without media there is nothing to restart, and nobody makes the SFU answer without end.
#[test]
fn restarts_are_refused_without_media_and_without_end() {
    let mut play = Play::new();
    let green = play.knock(PIET);
    let refused = |error| ServerMsg::RestartRefused { error };
    assert_eq!(told(&play.ask(green, restart()), green), [&refused(OfferError::OtherSession)]);
    play.enter(green);
    let taken = (0..100).filter(|_| commands(&play.ask(green, restart())).len() == 1).count();
    assert_eq!(taken, 5, "six offers, the entry among them");
    assert_eq!(told(&play.ask(green, restart()), green), [&refused(OfferError::TooMany)]);
    let too_many = ServerMsg::ProtocolError { error: ProtocolError::Offer { error: OfferError::TooMany } };
    assert_eq!(told(&play.ask(green, enter()), green), [&too_many]);
}
