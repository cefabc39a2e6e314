//! Devices without a page: cameras and encoders that publish (WHIP), players and recorders that watch (WHEP).

use std::time::Duration;

use shared::control::{Command, Gone, KeyLength, Purpose};
use shared::ids::{ParticipantId, SessionId};
use shared::meeting::Role;
use shared::signal::{OfferError, Stage};
use shared::surface::{DrawDown, DrawUp, OpKind};
use str0m::media::MediaKind;

use crate::media_client::{MediaClient, Shape};
use crate::world::{World, room};

const TV: Shape = Shape::Watcher { voices: 1, pictures: 1, h264: false };

/// Counters of the pictures that came from somebody since, and on which slots.
fn pictures_since(world: &World, watcher: usize, from: usize, since: usize) -> (usize, Vec<usize>) {
    let sender = world.people[from].participant.0;
    let received = &world.people[watcher].client.received[since..];
    let of = received.iter().filter(|received| received.kind == MediaKind::Video && received.mark.sender == sender);
    let mut slots: Vec<usize> = of.clone().map(|received| received.slot).collect();
    slots.sort_unstable();
    slots.dedup();
    (of.count(), slots)
}

/// One of these people speaks and all of them film, for so long. The others' microphones pick up the room.
pub(super) fn speak(world: &mut World, people: &[usize], speaker: usize, duration: Duration) {
    for round in 0..duration.as_millis() / 20 {
        for person in people.iter().copied() {
            if round % 2 == 0 {
                world.film_once(person);
            }
            world.say(person, if person == speaker { -25 } else { -90 });
        }
        world.run_for(Duration::from_millis(20));
    }
}

#[test]
fn a_device_publishes_and_nothing_comes_back() {
    let mut world = World::new();
    let ann = world.enter("Ann", Role::Moderator, Stage::Room);
    let encoder = world.plug_in("encoder", Shape::Publisher);
    world.talk(&[ann, encoder], 50);
    let [ann, encoder] = [ann, encoder].map(|person| &world.people[person]);
    assert!(ann.seen(encoder).len() > 40 && ann.heard(encoder).len() > 40);
    let back = encoder.client.counts;
    assert_eq!((back.rtp, encoder.client.received.len(), back.data_messages), (0, 0, 0));
}

#[test]
fn a_watcher_s_one_picture_is_of_whoever_speaks() {
    let mut world = World::new();
    let ann = world.enter("Ann", Role::Moderator, Stage::Room);
    let ben = world.enter("Ben", Role::Participant, Stage::Room);
    let tv = world.plug_in("television", TV);
    for (speaker, other) in [(ann, ben), (ben, ann), (ann, ben)] {
        speak(&mut world, &[ann, ben], speaker, Duration::from_millis(600));
        let begun = world.people[tv].heard(&world.people[speaker]).len();
        assert!(begun >= 10, "the voice is heard long before the picture follows: {begun}");
        speak(&mut world, &[ann, ben], speaker, Duration::from_millis(2_400));
        let settled = world.people[tv].client.received.len();
        speak(&mut world, &[ann, ben], speaker, Duration::from_secs(2));
        let (of_speaker, of_other) =
            (pictures_since(&world, tv, speaker, settled).0, pictures_since(&world, tv, other, settled).0);
        assert!(of_speaker >= 45, "{} of {}", of_speaker, world.people[speaker].name);
        assert_eq!(of_other, 0, "{}", world.people[other].name);
        let heard = world.people[tv].client.received[settled..].iter().filter(|r| r.kind == MediaKind::Audio);
        let voices: Vec<u16> = heard.map(|received| received.mark.sender).collect();
        assert!(
            voices.len() >= 90 && voices.iter().all(|who| *who == world.people[speaker].participant.0),
            "{voices:?}"
        );
    }
    assert!(world.people[tv].client.received.iter().all(|received| received.slot == 0));
}

#[test]
fn a_word_between_does_not_move_the_picture() {
    let mut world = World::new();
    let ann = world.enter("Ann", Role::Moderator, Stage::Room);
    let ben = world.enter("Ben", Role::Participant, Stage::Room);
    let tv = world.plug_in("television", TV);
    speak(&mut world, &[ann, ben], ann, Duration::from_secs(3));
    let before = world.people[tv].client.received.len();
    for speaker in [ben, ann, ben, ann] {
        speak(&mut world, &[ann, ben], speaker, Duration::from_millis(800));
    }
    assert_eq!(pictures_since(&world, tv, ben, before).0, 0);
    assert!(pictures_since(&world, tv, ann, before).0 > 70);
}

/// The largest size is worth its bits: there is one picture.
#[test]
fn a_shared_screen_comes_before_faces_and_who_speaks_next() {
    let mut world = World::new();
    let ann = world.enter("Ann", Role::Moderator, Stage::Room);
    let ben = world.enter("Ben", Role::Participant, Stage::Room);
    let tv = world.plug_in("television", TV);
    let wall = world.plug_in("video wall", Shape::Watcher { voices: 3, pictures: 2, h264: false });
    speak(&mut world, &[ann, ben], ann, Duration::from_secs(3));
    let largest = world.people[tv].client.received.iter().rfind(|received| received.kind == MediaKind::Video);
    assert_eq!(largest.map(|received| received.mark.layer), Some(2));
    world.share(ben, true);
    world.film_and_share(&[ann, ben], ben, Duration::from_secs(2));
    let before = [tv, wall].map(|watcher| world.people[watcher].client.received.len());
    world.film_and_share(&[ann, ben], ben, Duration::from_secs(2));
    let screen = |watcher: usize, since: usize| {
        let received = world.people[watcher].client.received[since..].iter();
        received
            .filter(|r| r.kind == MediaKind::Video && r.slot == 0)
            .all(|r| r.mark.layer == crate::media_client::SCREEN)
    };
    assert!(screen(tv, before[0]) && screen(wall, before[1]), "the first picture is the screen");
    assert_eq!(pictures_since(&world, tv, ann, before[0]).0, 0);
    let (face, slots) = pictures_since(&world, wall, ann, before[1]);
    assert!(face > 45 && slots == [1], "Ann spoke last: {face} on {slots:?}");
}

/// Whose camera is off leads without a picture, and is nobody's still face.
#[test]
fn who_speaks_without_a_camera_leaves_the_picture_where_it_is() {
    let mut world = World::new();
    let ann = world.enter("Ann", Role::Moderator, Stage::Room);
    let ben = world.enter("Ben", Role::Participant, Stage::Room);
    world.look(ann, &[(ben, 480)]);
    let tv = world.plug_in("television", TV);
    let listen = |world: &mut World, seconds: u32| {
        for round in 0..seconds * 50 {
            if round % 2 == 0 {
                world.film_once(ann);
            }
            world.say(ben, -25);
            world.run_for(Duration::from_millis(20));
        }
    };
    listen(&mut world, 6);
    let settled = world.people[tv].client.received.len();
    listen(&mut world, 3);
    assert!(pictures_since(&world, tv, ann, settled).0 > 70);
    assert!(world.people[tv].heard(&world.people[ben]).len() > 300);
}

/// D24, D27: a watcher sees what a participant does, and nobody sees a watcher.
#[test]
fn a_watcher_sees_neither_lobby_nor_observers_and_is_nobody_s_picture() {
    let mut world = World::new();
    let ann = world.enter("Ann", Role::Moderator, Stage::Room);
    let otto = world.enter("Otto", Role::Observer, Stage::Room);
    let lea = world.enter("Lea", Role::Participant, Stage::Lobby);
    let wall = world.plug_in("video wall", Shape::Watcher { voices: 3, pictures: 4, h264: false });
    world.talk(&[ann, otto, lea], 100);
    let [ann, otto, lea, wall] = [ann, otto, lea, wall].map(|person| &world.people[person]);
    assert!(wall.seen(ann).len() > 40 && wall.heard(ann).len() > 40);
    for hidden in [otto, lea] {
        assert!(wall.seen(hidden).is_empty() && wall.heard(hidden).is_empty(), "{}", hidden.name);
    }
    let shown = ann.slots.as_ref().unwrap().video.iter().flatten();
    assert!(shown.clone().count() == 2 && shown.copied().all(|picture| picture.who != wall.participant));
}

/// The board forgets what everybody has heard of; a device never hears of anything.
#[test]
fn drawings_go_on_without_devices() {
    let mut world = World::new();
    let ann = world.enter("Ann", Role::Moderator, Stage::Room);
    let tv = world.plug_in("television", TV);
    for (kind, object) in [(OpKind::Stroke, 1), (OpKind::Undo, 1), (OpKind::Stroke, 2)] {
        let body = if kind == OpKind::Stroke { vec![1, 2, 3, 4, 5, 6] } else { Vec::new() };
        world.with(ann, |client| client.draw(&DrawUp { kind, object, epoch: 0, body }));
        world.run_for(Duration::from_millis(100));
    }
    let ben = world.enter("Ben", Role::Participant, Stage::Room);
    world.run_for(Duration::from_millis(100));
    let undone = |record: &DrawDown| matches!(record, DrawDown::Op { kind: OpKind::Undo, .. });
    let told = &world.people[ben].client.drawing;
    assert!(told.len() == 2 && !told.iter().any(undone), "{told:?}");
    assert_eq!(world.people[tv].client.counts.data_messages, 0);
}

/// D31: AES-128 is for devices, where the operator allows it, and for those that have nothing else.
#[test]
fn short_keys_are_for_devices_that_may_have_them() {
    let table = [
        (KeyLength::Bits256, Shape::Publisher, None),
        (KeyLength::Bits256, TV, None),
        (KeyLength::Bits128, Shape::Publisher, Some(KeyLength::Bits128)),
        (KeyLength::Bits128, TV, Some(KeyLength::Bits128)),
        (KeyLength::Bits128, Shape::PlainPage, None),
    ];
    for (shortest_keys, shape, expected) in table {
        let mut world = World::new();
        world.shortest_keys = shortest_keys;
        let device = world.offer_with_short_keys("device", shape);
        world.run_for(Duration::from_secs(20));
        let device = &world.people[device];
        assert_eq!(device.keys, expected, "{shape:?} where {shortest_keys:?} are enough");
        assert_eq!(device.gone, expected.is_none().then_some(Gone::NoCommonEncryption), "{shape:?}");
    }
    let mut world = World::new();
    world.shortest_keys = KeyLength::Bits128;
    let device = world.plug_in("device with both", Shape::Publisher);
    assert_eq!(world.people[device].keys, Some(KeyLength::Bits256));
}

/// What goes to a device with short keys and comes from it is the same media.
#[test]
fn media_is_passed_on_between_short_keys_and_long_ones() {
    let mut world = World::new();
    world.shortest_keys = KeyLength::Bits128;
    let ann = world.enter("Ann", Role::Moderator, Stage::Room);
    let encoder = world.offer_with_short_keys("encoder", Shape::Publisher);
    let tv = world.offer_with_short_keys("television", TV);
    world.run_until("connected", |world| world.is_up(encoder) && world.is_up(tv));
    world.talk(&[ann, encoder], 100);
    let [ann, encoder, tv] = [ann, encoder, tv].map(|person| &world.people[person]);
    assert!(ann.seen(encoder).len() > 80 && ann.heard(encoder).len() > 80);
    assert!(tv.heard(ann).len() > 80 && tv.seen(ann).len() + tv.seen(encoder).len() > 80);
}

/// What a device offers, changed as another encoder would have it, and what it is told.
#[test]
fn an_offer_that_cannot_work_is_refused_with_its_reason() {
    let offer = |shape| {
        let now = std::time::Instant::now();
        MediaClient::device(1, "192.0.2.1:1".parse().unwrap(), shape, now).unwrap().offer().to_owned()
    };
    let publisher = offer(Shape::Publisher);
    let encoder = offer(Shape::Encoder);
    let watcher = offer(TV);
    let page = MediaClient::new(1, "192.0.2.1:1".parse().unwrap(), std::time::Instant::now()).unwrap();
    let two_pictures =
        offer(Shape::Watcher { voices: 1, pictures: 2, h264: false }).replace("a=recvonly", "a=sendonly");
    let table = [
        (Purpose::Publish, publisher.clone(), None),
        (Purpose::Publish, publisher.replace("a=sendonly", "a=sendrecv"), None),
        (Purpose::Publish, encoder.clone(), None),
        (Purpose::Publish, encoder.replace("42e01f", "64001f"), Some(OfferError::WrongCodec)),
        (Purpose::Publish, publisher.replace("VP8/90000", "H263/90000"), Some(OfferError::WrongCodec)),
        (Purpose::Publish, publisher.replace("opus/48000/2", "PCMU/8000"), Some(OfferError::WrongCodec)),
        (Purpose::Publish, watcher.clone(), Some(OfferError::WrongDirection)),
        (Purpose::Publish, two_pictures, Some(OfferError::WrongDirection)),
        (Purpose::Watch, watcher.clone(), None),
        (Purpose::Watch, watcher.replace("a=recvonly", "a=sendrecv"), None),
        (Purpose::Watch, publisher, Some(OfferError::WrongDirection)),
        (Purpose::Watch, page.offer().to_owned(), Some(OfferError::WrongDirection)),
        (Purpose::Watch, watcher.replace("VP8/90000", "H263/90000"), Some(OfferError::WrongCodec)),
        (Purpose::Watch, "v=0\r\n".to_owned(), Some(OfferError::Unreadable)),
    ];
    for (number, (purpose, offer, expected)) in (1_u16..).zip(table) {
        let mut world = World::new();
        let (session, participant) = (SessionId(u64::from(number)), ParticipantId(number));
        let (role, stage, keys) = (Role::Participant, Stage::Room, KeyLength::Bits256);
        let shown = format!("{purpose:?} {number}: {}", &offer[..offer.len().min(4000)]);
        world.node.handle_command(
            world.now,
            Command::Join { room: room(1), session, participant, role, stage, purpose, keys, offer },
        );
        let refused = match world.node.poll_output() {
            sfu_core::Output::Event(shared::control::Event::OfferRefused { error, .. }) => Some(error),
            sfu_core::Output::Event(shared::control::Event::Answered { answer, .. }) => {
                let way = if purpose == Purpose::Publish { "a=recvonly" } else { "a=sendonly" };
                assert!(answer.contains(way) && !answer.contains("a=sendrecv"), "{answer}");
                None
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(refused, expected, "{shown}");
    }
}
