//! Whose packets reach whom, and how they are numbered.

use std::time::Duration;

use shared::meeting::Role;
use shared::signal::Stage;
use str0m::media::MediaKind;

use crate::world::World;

fn ten_people(world: &mut World) -> Vec<usize> {
    let names = ["Ann", "Ben", "Cleo", "Dan", "Eve", "Finn", "Gus", "Hana", "Ines", "Jan"];
    let role = |name| if name == "Ann" { Role::Moderator } else { Role::Participant };
    names.into_iter().map(|name| world.enter(name, role(name), Stage::Room)).collect()
}

/// D20: ten people in one room, each receiving every other's picture and the same three voices, in order, on slots
/// that are each one continuous stream.
#[test]
fn ten_people_receive_every_other_s_packets_in_order() {
    let mut world = World::new();
    let people = ten_people(&mut world);
    world.talk(&people, 60);
    for viewer in &world.people {
        for publisher in world.people.iter().filter(|other| other.session != viewer.session) {
            let speaks = publisher.participant.0 <= 3; // they spoke first, and all are equally loud
            let heard = viewer.heard(publisher);
            assert_eq!(!heard.is_empty(), speaks, "{} of {}", viewer.name, publisher.name);
            for counters in [Some(viewer.seen(publisher)), speaks.then_some(heard)].into_iter().flatten() {
                let expected: Vec<u32> = (counters[0]..60).collect();
                assert_eq!(counters, expected, "{} of {}", viewer.name, publisher.name);
                assert!(counters.len() > 40, "{} missed the start of {}", viewer.name, publisher.name);
            }
        }
        assert!(viewer.seen(viewer).is_empty(), "{} sees themselves", viewer.name);
        assert_continuous(&viewer.client.received);
    }
}

fn assert_continuous(received: &[crate::media_client::Received]) {
    for kind in [MediaKind::Audio, MediaKind::Video] {
        for slot in 0..9 {
            let of = received.iter().filter(|packet| packet.kind == kind && packet.slot == slot);
            let packets: Vec<_> = of.collect();
            for pair in packets.windows(2) {
                assert_eq!(pair[1].seq, pair[0].seq + 1, "{kind:?} slot {slot}");
                assert!(pair[1].timestamp > pair[0].timestamp, "{kind:?} slot {slot}");
                let next = pair[0].picture.map(|picture| (picture + 1) & 0x7fff);
                assert_eq!(pair[1].picture, next, "{kind:?} slot {slot}");
            }
        }
    }
}

#[test]
fn a_slot_that_changes_hands_stays_one_stream_and_begins_with_a_keyframe() {
    let mut world = World::new();
    let ann = world.enter("Ann", Role::Moderator, Stage::Room);
    let ben = world.enter("Ben", Role::Participant, Stage::Room);
    world.talk(&[ann, ben], 20);
    world.leave(ben);
    let cleo = world.enter("Cleo", Role::Participant, Stage::Room);
    // Cleo's first frames are lost on nobody: she begins with a keyframe.
    world.talk(&[ann, cleo], 20);
    let [ann, ben, cleo] = [ann, ben, cleo].map(|person| &world.people[person]);
    assert_eq!((ann.seen(ben).len(), ann.seen(cleo).len()), (20, 20));
    assert!(ann.client.received.iter().all(|packet| packet.slot == 0), "Cleo took Ben's slot");
    assert_continuous(&ann.client.received);
}

#[test]
fn somebody_who_comes_late_sees_nobody_without_a_keyframe_and_one_is_asked_for() {
    let mut world = World::new();
    let ann = world.enter("Ann", Role::Moderator, Stage::Room);
    let ben = world.enter("Ben", Role::Participant, Stage::Room);
    world.talk(&[ann, ben], 50);
    let before = world.people[ben].client.keyframe_requests;
    let cleo = world.enter("Cleo", Role::Participant, Stage::Room);
    world.talk(&[ann, ben, cleo], 50);
    let [ben, cleo] = [ben, cleo].map(|person| &world.people[person]);
    assert!(ben.client.keyframe_requests > before, "Ben was asked for a keyframe");
    let seen = cleo.seen(ben);
    assert!(seen.len() > 20, "{seen:?}");
    assert_continuous(&cleo.client.received);
}

#[test]
fn keyframe_requests_are_throttled_and_none_is_lost() {
    let mut world = World::new();
    let ann = world.enter("Ann", Role::Moderator, Stage::Room);
    let ben = world.enter("Ben", Role::Participant, Stage::Room);
    world.talk(&[ann, ben], 60);
    world.run_for(Duration::from_secs(1));
    let before = world.people[ben].client.keyframe_requests;
    for _ in 0..95 {
        world.with(ann, |client| client.request_keyframe(0));
        world.run_for(Duration::from_millis(10));
    }
    world.run_for(Duration::from_secs(2));
    let asked = world.people[ben].client.keyframe_requests - before;
    assert!((2..=3).contains(&asked), "95 wishes within a second became {asked} requests");
}

#[test]
fn a_wish_that_came_too_soon_is_granted_half_a_second_later() {
    let mut world = World::new();
    let ann = world.enter("Ann", Role::Moderator, Stage::Room);
    let ben = world.enter("Ben", Role::Participant, Stage::Room);
    world.talk(&[ann, ben], 60);
    world.run_for(Duration::from_secs(1));
    let before = world.people[ben].client.keyframe_requests;
    world.with(ann, |client| client.request_keyframe(0));
    world.run_for(Duration::from_millis(100));
    world.with(ann, |client| client.request_keyframe(0));
    world.run_for(Duration::from_millis(300));
    let soon = world.people[ben].client.keyframe_requests - before;
    world.run_for(Duration::from_secs(1));
    let later = world.people[ben].client.keyframe_requests - before;
    assert_eq!((soon, later), (1, 2), "nobody wished again: the second request is the one that waited");
}

/// D20, role observer: seen and heard by moderators alone, and sees everybody else.
#[test]
fn an_observer_is_perceived_by_moderators_alone() {
    let mut world = World::new();
    let ann = world.enter("Ann", Role::Moderator, Stage::Room);
    let ben = world.enter("Ben", Role::Participant, Stage::Room);
    let olga = world.enter("Olga", Role::Observer, Stage::Room);
    let oskar = world.enter("Oskar", Role::Observer, Stage::Room);
    world.talk(&[ann, ben, olga, oskar], 30);
    let [ann, ben, olga, oskar] = [ann, ben, olga, oskar].map(|person| &world.people[person]);
    assert!(!ann.seen(olga).is_empty() && !ann.heard(olga).is_empty());
    assert!(ben.seen(olga).is_empty() && ben.heard(olga).is_empty());
    assert!(oskar.seen(olga).is_empty() && oskar.heard(olga).is_empty());
    assert!(!olga.seen(ben).is_empty() && !olga.heard(ben).is_empty());
}

/// D31, its media part: the keys of every leg are AES-256-GCM's.
#[test]
fn srtp_is_aead_aes_256_gcm() {
    let mut world = World::new();
    let ann = world.enter("Ann", Role::Moderator, Stage::Room);
    assert_eq!(world.people[ann].client.srtp_profile().as_deref(), Some("AEAD_AES_256_GCM"));
}

#[test]
fn the_answer_lists_only_what_is_forwarded() {
    let mut world = World::new();
    let offer = crate::media_client::MediaClient::new(1, "192.0.2.1:1".parse().unwrap(), world.now).unwrap();
    let join = shared::control::Command::Join {
        room: crate::world::room(1),
        session: shared::ids::SessionId(1),
        participant: shared::ids::ParticipantId(1),
        role: Role::Moderator,
        stage: Stage::Room,
        purpose: shared::control::Purpose::Page,
        keys: shared::control::KeyLength::Bits256,
        offer: offer.offer().to_owned(),
    };
    world.node.handle_command(world.now, join);
    let sfu_core::Output::Event(shared::control::Event::Answered { answer, .. }) = world.node.poll_output() else {
        panic!("not answered");
    };
    let codecs: std::collections::BTreeSet<_> = answer
        .lines()
        .filter_map(|line| line.strip_prefix("a=rtpmap:")?.split_once(' ')?.1.split('/').next())
        .map(str::to_ascii_lowercase)
        .collect();
    assert_eq!(codecs.into_iter().collect::<Vec<_>>(), ["h264", "opus", "rtx", "vp8", "vp9"]);
    let opus = answer.lines().find(|line| line.starts_with("a=fmtp:") && line.contains("useinbandfec=1"));
    assert!(opus.is_some_and(|line| line.contains("usedtx=1")), "encoders rest while nobody speaks: {opus:?}");
    assert!(answer.contains("a=ice-lite") && answer.contains("198.51.100.1 8080 typ host"), "{answer}");
}
