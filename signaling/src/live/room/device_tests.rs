//! Stories of devices: Piet's encoder that publishes, and his television that watches.

use shared::control::{Command, Event, Gone, KeyLength, Purpose};
use shared::device::{Device, DeviceError, DeviceOf, DeviceState, DeviceUse};
use shared::limits::{MAX_DEVICES, MAX_PARTICIPANTS};
use shared::meeting::MeetingKind;
use shared::quality::Quality;
use shared::secret::Secret;
use shared::signal::{MediaState, OfferError};

use super::tests::{MIA, NOW, OTTO, PIET, Play, commands, meeting, notes, told};
use super::*;

const OFFER: &str = "v=0\r\na=ice-ufrag:abcd\r\nm=audio 9 x 111\r\nm=video 9 x 96\r\n";

/// Mia and Piet in the room of a meeting that may be watched.
fn watched_meeting() -> (Play, SessionId, SessionId) {
    let mut play = Play::new();
    play.room = Room::new(MeetingInfo { kind: MeetingKind::MayBeRecorded, ..meeting() }, DoorRules::default());
    let (mia, piet) = (play.arrive(MIA), play.arrive(PIET));
    play.admit(mia, piet);
    (play, mia, piet)
}

/// Makes a device; its token.
fn make(play: &mut Play, owner: SessionId, does: DeviceUse) -> Secret {
    let out = play.ask(owner, ClientMsg::MakeDevice { does });
    let [Output::MakeToken { owner, does }] = out[..] else { panic!("{out:?}") };
    let token = Secret::new(format!("token {} {}", owner.0, play.session().0));
    play.room.token_made(owner, does, &token);
    token
}

fn offer(play: &mut Play, token: &Secret, does: DeviceUse) -> (SessionId, Result<Vec<Output>, PlugRefused>) {
    let session = play.session();
    let ask =
        DeviceAsk::PlugIn { does, keys: KeyLength::Bits128, offer: OFFER.into(), resource: format!("r{}", session.0) };
    (session, play.room.device_asks(play.now, session, token, ask))
}

/// The device's offer is taken and its media comes up.
fn plug_in(play: &mut Play, token: &Secret, does: DeviceUse) -> (SessionId, Vec<Output>) {
    let (session, taken) = offer(play, token, does);
    taken.unwrap();
    let answered = play.event(Event::Answered { session, answer: "answer".into() });
    assert_eq!(answered, [Output::Plugged { session, answer: Ok("answer".into()) }]);
    let out = play.event(Event::Connected { session, keys: KeyLength::Bits256 });
    (session, out)
}

fn listed(out: &[Output], owner: SessionId) -> Vec<Device> {
    let last = told(out, owner).into_iter().rev().find_map(|message| match message {
        ServerMsg::DevicesChanged { devices } => Some(devices.clone()),
        _ => None,
    });
    last.unwrap_or_else(|| panic!("{out:?}"))
}

fn left(out: &[Output], to: SessionId) -> Vec<ParticipantId> {
    let left = told(out, to).into_iter().filter_map(|message| match message {
        ServerMsg::ParticipantLeft { participant } => Some(*participant),
        _ => None,
    });
    left.collect()
}

#[test]
fn an_encoder_comes_into_the_room_as_what_it_is() {
    let (mut play, mia, piet) = Play::two_in_the_room();
    let token = make(&mut play, piet, DeviceUse::Publish);
    let (session, taken) = offer(&mut play, &token, DeviceUse::Publish);
    let taken = taken.unwrap();
    let [
        Command::Join {
            purpose: Purpose::Publish, role: Role::Participant, keys: KeyLength::Bits128, participant, ..
        },
    ] = commands(&taken)[..]
    else {
        panic!("{taken:?}")
    };
    assert_eq!(told(&taken, mia), Vec::<&ServerMsg>::new(), "nobody sees it before its media is up");
    assert_eq!(listed(&taken, piet)[0].state, DeviceState::Connecting);
    play.event(Event::Answered { session, answer: "a".into() });
    let out = play.event(Event::Connected { session, keys: KeyLength::Bits128 });
    let [ServerMsg::ParticipantJoined { entry }] = told(&out, mia)[..] else { panic!("{out:?}") };
    let device = DeviceOf { owner: play.id(piet), does: DeviceUse::Publish, keys: KeyLength::Bits128 };
    let media = MediaState { microphone: true, camera: true, screen: false };
    assert_eq!((entry.participant, entry.name.as_str(), entry.media), (*participant, "guest 2", media));
    assert_eq!(entry.device, Some(device));
    assert_eq!(notes(&out), [&DoorEvent::DeviceCame { watches: false }]);
    assert_eq!(listed(&out, piet)[0].state, DeviceState::Connected);
    assert_eq!(play.room.counts().present, 2, "a device is nobody");
    let out = play.event(Event::Quality { session, quality: Quality::Poor });
    let [ServerMsg::ParticipantChanged { entry: worse }] = told(&out, mia)[..] else { panic!("{out:?}") };
    assert_eq!((worse.participant, worse.connection), (*participant, Quality::Poor));

    let rosa = play.arrive(super::tests::ROSA);
    let out = play.admit(mia, rosa);
    let Some(ServerMsg::Admitted { room }) = told(&out, rosa).first().copied() else { panic!("{out:?}") };
    assert_eq!(room.roster.iter().filter(|entry| entry.device == Some(device)).count(), 1, "a newcomer sees it too");
}

/// Every way in which a device's owner goes for good, or is put out: connection and token die in the same step.
#[test]
fn a_device_goes_with_its_owner() {
    type Goes = fn(&mut Play, SessionId, SessionId) -> Vec<Output>;
    let ways: [(&str, Goes); 7] = [
        ("leaves", |play, _, piet| play.ask(piet, ClientMsg::Leave)),
        ("removed", |play, mia, piet| {
            let participant = play.id(piet);
            play.ask(mia, ClientMsg::Remove { participant })
        }),
        ("PIN withdrawn", |play, _, _| {
            play.room.handle(
                NOW,
                Input::Cut {
                    invitee: super::tests::guest(PIET, Standing::Participant).invitee,
                    why: TurnedAway::Revoked,
                },
            )
        }),
        ("knocks anew after their connection was lost for long", |play, _, piet| {
            play.room.handle(play.now, Input::HungUp { session: piet, page_is_gone: true });
            play.now = play.now.plus_ms(PLACE_HELD_MS);
            let (session, secret) = (play.session(), Secret::new("another window"));
            play.room.knock(play.now, session, &secret, super::tests::guest(PIET, Standing::Participant)).unwrap()
        }),
        ("lost for a minute", |play, _, piet| {
            let mut out = play.room.handle(play.now, Input::HungUp { session: piet, page_is_gone: true });
            assert!(left(&out, piet).is_empty() && commands(&out).len() == 1, "the device goes on for now: {out:?}");
            play.now = play.now.plus_ms(PLACE_HELD_MS - 1);
            assert_eq!(commands(&play.room.handle(play.now, Input::Tick)), Vec::<&Command>::new());
            play.now = play.now.plus_ms(1);
            out.extend(play.room.handle(play.now, Input::Tick));
            out
        }),
        ("takes it away", |play, _, piet| play.ask(piet, ClientMsg::RevokeDevice { number: 1 })),
        ("device removed by a moderator", |play, mia, piet| {
            let participant = ParticipantId(play.id(piet).0 + 1);
            let out = play.ask(mia, ClientMsg::Remove { participant });
            assert_eq!(notes(&out), [&DoorEvent::DeviceRemoved]);
            out
        }),
    ];
    for (way, goes) in ways {
        let (mut play, mia, piet) = Play::two_in_the_room();
        let token = make(&mut play, piet, DeviceUse::Publish);
        let (session, came) = plug_in(&mut play, &token, DeviceUse::Publish);
        let ServerMsg::ParticipantJoined { entry } = told(&came, mia)[0] else { panic!("{came:?}") };
        let device = entry.participant;
        let out = goes(&mut play, mia, piet);
        assert!(commands(&out).contains(&&Command::Leave { session }), "{way}: {out:?}");
        assert!(left(&out, mia).contains(&device), "{way}: {out:?}");
        assert_eq!(offer(&mut play, &token, DeviceUse::Publish).1, Err(PlugRefused::Unknown), "{way}");
        assert!(!play.room.has_media(session), "{way}");
    }
}

/// The newest connection of a token wins and keeps the device's number; the older one's address is gone.
#[test]
fn a_device_that_comes_back_takes_its_own_place() {
    let (mut play, mia, piet) = Play::two_in_the_room();
    let token = make(&mut play, piet, DeviceUse::Publish);
    let (first, came) = plug_in(&mut play, &token, DeviceUse::Publish);
    let ServerMsg::ParticipantJoined { entry } = told(&came, mia)[0].clone() else { panic!("{came:?}") };
    let (second, taken) = offer(&mut play, &token, DeviceUse::Publish);
    let taken = taken.unwrap();
    assert!(matches!(commands(&taken)[..], [Command::Leave { session }, Command::Join { .. }] if *session == first));
    assert_eq!(left(&taken, mia), [entry.participant]);
    play.event(Event::Answered { session: second, answer: "a".into() });
    let again = play.event(Event::Connected { session: second, keys: KeyLength::Bits256 });
    let Some(ServerMsg::ParticipantJoined { entry: again }) = told(&again, mia).first().copied() else { panic!() };
    assert_eq!(again.participant, entry.participant);
    let gone = play.room.device_asks(NOW, SessionId(99), &token, DeviceAsk::Unplug { resource: "r4".into() });
    assert_eq!(gone, Err(PlugRefused::NoConnection));
    let resource = format!("r{}", second.0);
    let ended = play.room.device_asks(NOW, SessionId(99), &token, DeviceAsk::Unplug { resource }).unwrap();
    assert_eq!(commands(&ended), [&Command::Leave { session: second }]);
    assert!(offer(&mut play, &token, DeviceUse::Publish).1.is_ok(), "its token is good for another connection");
}

#[test]
fn what_a_token_is_not_good_for() {
    let (mut play, _, piet) = watched_meeting();
    let (publish, watch) = (make(&mut play, piet, DeviceUse::Publish), make(&mut play, piet, DeviceUse::Watch));
    assert_eq!(offer(&mut play, &publish, DeviceUse::Watch).1, Err(PlugRefused::OtherUse));
    assert_eq!(offer(&mut play, &watch, DeviceUse::Publish).1, Err(PlugRefused::OtherUse));
    assert_eq!(offer(&mut play, &Secret::new("x"), DeviceUse::Watch).1, Err(PlugRefused::Unknown));
    let (session, out) = plug_in(&mut play, &watch, DeviceUse::Watch);
    assert_eq!(notes(&out), [&DoorEvent::DeviceCame { watches: true }]);
    let resource = format!("r{}", session.0);
    let ask = |play: &mut Play, ask| play.room.device_asks(NOW, SessionId(99), &watch, ask);
    for (ufrag, expected) in [(None, Ok(vec![])), (Some("abcd"), Ok(vec![])), (Some("efgh"), Err(PlugRefused::Restart))]
    {
        let trickle = DeviceAsk::Trickle { resource: resource.clone(), ufrag: ufrag.map(str::to_owned) };
        assert_eq!(ask(&mut play, trickle), expected, "{ufrag:?}");
    }
    let other = play.room.device_asks(NOW, SessionId(99), &publish, DeviceAsk::Unplug { resource });
    assert_eq!(other, Err(PlugRefused::NoConnection), "somebody else's token");
    for _ in 0..5 {
        offer(&mut play, &watch, DeviceUse::Watch).1.unwrap();
    }
    assert_eq!(offer(&mut play, &watch, DeviceUse::Watch).1, Err(PlugRefused::TooMany));
}

/// D32: a meeting of which nothing is kept is not watched, whoever asks.
#[test]
fn a_meeting_that_keeps_nothing_is_not_watched() {
    let (mut play, mia, _) = Play::two_in_the_room();
    let out = play.ask(mia, ClientMsg::MakeDevice { does: DeviceUse::Watch });
    let error = ProtocolError::Device { error: DeviceError::NotWatchable };
    assert_eq!(out, [Output::Tell { session: mia, message: ServerMsg::ProtocolError { error } }]);
    // Even with a token that should not exist.
    let token = Secret::new("made by mistake");
    let owner = play.id(mia);
    play.room.token_made(owner, DeviceUse::Watch, &token);
    assert_eq!(offer(&mut play, &token, DeviceUse::Watch).1, Err(PlugRefused::NotWatchable));
}

#[test]
fn devices_are_few_and_only_for_people_in_the_room() {
    let (mut play, mia, piet) = watched_meeting();
    let wrong = |session, error| [Output::Tell { session, message: ServerMsg::ProtocolError { error } }];
    let rosa = play.arrive(super::tests::ROSA);
    let out = play.ask(rosa, ClientMsg::MakeDevice { does: DeviceUse::Publish });
    assert_eq!(out, wrong(rosa, ProtocolError::WrongState), "from the lobby");
    for _ in 0..MAX_DEVICES {
        make(&mut play, piet, DeviceUse::Publish);
    }
    let out = play.ask(piet, ClientMsg::MakeDevice { does: DeviceUse::Publish });
    assert_eq!(out, wrong(piet, ProtocolError::Device { error: DeviceError::TooMany }));
    let out = play.ask(mia, ClientMsg::RevokeDevice { number: 1 });
    assert_eq!(out, wrong(mia, ProtocolError::NobodyThere), "not hers");
    let out = play.ask(piet, ClientMsg::RevokeDevice { number: 1 });
    assert_eq!(listed(&out, piet).iter().map(|device| device.number).collect::<Vec<_>>(), [2, 3, 4]);
}

#[test]
fn devices_take_places_and_leave_one_for_a_moderator() {
    let (mut play, mia, piet) = Play::two_in_the_room();
    let token = make(&mut play, piet, DeviceUse::Publish);
    for number in 10..(10 + MAX_PARTICIPANTS as u8 - 2) {
        let (session, secret) = (play.session(), Secret::new(format!("tab {number}")));
        play.room.knock(NOW, session, &secret, super::tests::guest(number, Standing::Participant)).unwrap();
    }
    assert_eq!(offer(&mut play, &token, DeviceUse::Publish).1, Err(PlugRefused::Full));
    play.ask(mia, ClientMsg::Leave);
    assert_eq!(offer(&mut play, &token, DeviceUse::Publish).1, Err(PlugRefused::Full), "kept for a moderator");
}

/// Why a device did not get in reaches whoever can do something about it: its owner.
#[test]
fn the_owner_hears_why_a_device_is_not_in() {
    for (reason, state) in [
        (Gone::NoCommonEncryption, DeviceState::NoCommonEncryption),
        (Gone::Timeout, DeviceState::Unreachable),
        (Gone::Closed, DeviceState::Away),
    ] {
        let (mut play, mia, piet) = Play::two_in_the_room();
        let token = make(&mut play, piet, DeviceUse::Publish);
        let (session, _) = offer(&mut play, &token, DeviceUse::Publish);
        play.event(Event::Answered { session, answer: "a".into() });
        let out = play.event(Event::Gone { session, reason });
        assert_eq!(listed(&out, piet)[0].state, state);
        assert!(told(&out, mia).is_empty() && commands(&out).is_empty() && !play.room.has_media(session), "{out:?}");
    }
    let (mut play, _, piet) = Play::two_in_the_room();
    let token = make(&mut play, piet, DeviceUse::Publish);
    let (session, _) = offer(&mut play, &token, DeviceUse::Publish);
    let out = play.event(Event::OfferRefused { session, error: OfferError::WrongCodec });
    assert_eq!(out[0], Output::Plugged { session, answer: Err(OfferError::WrongCodec) });
    assert!(!play.room.has_media(session));
}

/// D20: what an observer's device sends is for moderators alone, and so is that it sends.
#[test]
fn an_observer_s_device_is_an_observer() {
    let (mut play, mia, piet) = Play::two_in_the_room();
    let otto = play.arrive(OTTO);
    play.admit(mia, otto);
    let token = make(&mut play, otto, DeviceUse::Publish);
    let (_, taken) = offer(&mut play, &token, DeviceUse::Publish);
    let taken = taken.unwrap();
    let [Command::Join { role: Role::Observer, session, .. }] = commands(&taken)[..] else { panic!("{taken:?}") };
    play.event(Event::Answered { session: *session, answer: "a".into() });
    let out = play.event(Event::Connected { session: *session, keys: KeyLength::Bits256 });
    let seen = |viewer| match told(&out, viewer)[..] {
        [ServerMsg::ParticipantJoined { entry }] => entry.media.camera,
        _ => panic!("{out:?}"),
    };
    assert!(seen(mia) && !seen(piet));
}

/// What is said to a page that comes back over another socket: its devices, as they are now.
#[test]
fn a_page_that_comes_back_finds_its_devices() {
    let (mut play, _, piet) = Play::two_in_the_room();
    let token = make(&mut play, piet, DeviceUse::Publish);
    plug_in(&mut play, &token, DeviceUse::Publish);
    let (session, mut out) = play.resume(piet);
    out.extend(play.enter(session));
    assert_eq!(listed(&out, session)[0].state, DeviceState::Connected);
}
