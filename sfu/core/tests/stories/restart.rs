//! A session goes on over another network path, and is given up when nothing comes of it.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use shared::control::{Command, Gone};
use shared::limits::VIDEO_SLOTS;
use shared::meeting::Role;
use shared::signal::{OfferError, Stage};

use crate::world::World;

fn elsewhere() -> SocketAddr {
    "203.0.113.7:50000".parse().unwrap()
}

/// The values of all lines that begin so.
fn values<'a>(sdp: &'a str, prefix: &str) -> Vec<&'a str> {
    sdp.lines().filter_map(|line| line.strip_prefix(prefix)).collect()
}

/// The location hint looks at where media comes from: said once when it is connected, and again for another address, not for
/// another port.
#[test]
fn where_media_comes_from_is_said_when_it_changes() {
    let mut world = World::new();
    let ann = world.enter("Ann", Role::Moderator, Stage::Room);
    let ben = world.enter("Ben", Role::Participant, Stage::Lobby);
    world.talk(&[ann, ben], 50);
    let home = world.people[ben].address.ip();
    assert_eq!(world.people[ben].paths, [home]);
    world.rebind(ben);
    world.talk(&[ann, ben], 250);
    assert_eq!(world.people[ben].paths, [home], "another port is the same place");
    world.change_network(ben, elsewhere());
    world.talk(&[ann, ben], 150);
    assert_eq!(world.people[ben].paths, [home, elsewhere().ip()]);
}

/// Ben goes from one network to another. Nobody sees him leave, his streams keep their numbers in both directions, and keys,
/// channels and slots stay.
#[test]
fn somebody_goes_on_over_another_network() {
    let mut world = World::new();
    let ann = world.enter("Ann", Role::Moderator, Stage::Room);
    let ben = world.enter("Ben", Role::Participant, Stage::Room);
    world.talk(&[ann, ben], 50);
    let before = world.node.stats();
    let (handshakes, slots) = (world.people[ben].client.counts.dtls, world.people[ann].slots.clone());
    let (saw, showed) =
        (world.people[ben].seen(&world.people[ann]).len(), world.people[ann].seen(&world.people[ben]).len());

    let asked = [ann, ben].map(|person| world.people[person].client.keyframe_requests);
    world.change_network(ben, elsewhere());
    world.talk(&[ann, ben], 150);

    let asked_since = [ann, ben].map(|person| world.people[person].client.keyframe_requests);
    assert!(
        asked_since.iter().zip(asked).all(|(since, before)| *since > before),
        "pictures begin anew, both ways: {asked:?} {asked_since:?}"
    );
    let [first, second] = &world.people[ben].answers[..] else { panic!("{:?}", world.people[ben].refused) };
    assert_ne!(values(first, "a=ice-ufrag:"), values(second, "a=ice-ufrag:"));
    assert_eq!(values(first, "a=fingerprint:"), values(second, "a=fingerprint:"));
    assert_eq!(values(first, "a=ssrc:"), values(second, "a=ssrc:"), "receivers wait for the streams they know");
    assert_eq!(values(first, "a=msid:"), values(second, "a=msid:"));
    let streams: BTreeSet<&str> =
        values(first, "a=ssrc-group:FID ").into_iter().flat_map(|pair| pair.split(' ')).collect();
    assert_eq!(streams.len(), 2 * VIDEO_SLOTS, "each slot has its own");
    let names: BTreeSet<&str> = values(first, "a=msid:").into_iter().collect();
    assert_eq!(names.len(), values(first, "a=msid:").len());
    assert_eq!(world.people[ann].slots, slots);
    let after = world.node.stats();
    assert_eq!((after.sessions, after.faults, after.peer_errors), (2, 0, before.peer_errors));
    assert_eq!(world.people[ben].client.counts.dtls, handshakes, "no other handshake");

    for (viewer, of, already) in [(ben, ann, saw), (ann, ben, showed)] {
        let seen = world.people[viewer].seen(&world.people[of]);
        assert!(seen.len() > already + 120, "{} of 150", seen.len() - already);
        let distinct: BTreeSet<u32> = seen.iter().copied().collect();
        assert_eq!(distinct.len(), seen.len(), "nothing twice: {seen:?}");
    }
    let sequence: Vec<u64> = world.people[ben].client.received.iter().filter(|r| r.slot == 0).map(|r| r.seq).collect();
    assert!(sequence.len() > 200, "{}", sequence.len());
    assert!(world.with(ben, |client| client.channels_open()));
    world.run_for(Duration::from_secs(30));
    assert_eq!(world.people[ben].gone, None, "the restart's patience does not outlive its success");
}

/// A connectivity check for this user fragment, from nobody in particular (RFC 8489).
fn check_for(ufrag: &str) -> Vec<u8> {
    let username = format!("{ufrag}:some");
    let padded = username.len().next_multiple_of(4);
    let mut check = vec![0, 1, 0, (4 + padded) as u8, 0x21, 0x12, 0xa4, 0x42];
    check.extend([7; 12]);
    check.extend([0, 6, 0, username.len() as u8]);
    check.extend(username.as_bytes());
    check.resize(24 + padded, 0);
    check
}

/// The name under which the path before was checked leads nowhere any more.
#[test]
fn the_name_of_before_is_forgotten() {
    let mut world = World::new();
    let ben = world.enter("Ben", Role::Participant, Stage::Room);
    let name = |world: &World| values(world.people[ben].answers.last().unwrap(), "a=ice-ufrag:")[0].to_owned();
    let before = name(&world);
    let dropped = |world: &World| {
        let dropped = world.node.stats().dropped;
        (dropped.refused_stun, dropped.unknown_ufrag)
    };
    world.inject(elsewhere(), &check_for(&before));
    assert_eq!(dropped(&world), (1, 0), "known, and not proved");
    world.change_network(ben, elsewhere());
    world.inject(elsewhere(), &check_for(&before));
    assert_eq!(dropped(&world), (1, 1));
    let after = name(&world);
    assert_ne!(before, after);
    let stranger = "203.0.113.66:6666".parse().unwrap();
    world.inject(stranger, &check_for(&after));
    assert_eq!(dropped(&world), (2, 1));
}

/// Another certificate, other media, no session: refused, and the session is as it was.
#[test]
fn an_offer_of_anything_else_is_refused() {
    let mut world = World::new();
    let ann = world.enter("Ann", Role::Moderator, Stage::Room);
    let ben = world.enter("Ben", Role::Participant, Stage::Room);
    let session = world.people[ben].session;
    let offer = world.people[ben].client.offer().to_owned();
    let stranger = world.people[ann].client.offer().to_owned();
    let print = values(&offer, "a=fingerprint:")[0].to_owned();
    let theirs = values(&stranger, "a=fingerprint:")[0].to_owned();
    let table = [
        (offer.replace(&print, &theirs), OfferError::OtherSession),
        (offer.replacen("a=sendonly", "a=sendrecv", 1), OfferError::OtherSession),
        (offer.replace("a=fingerprint:", "a=x-fingerprint:"), OfferError::OtherSession),
        (stranger, OfferError::OtherSession),
        ("nonsense".to_owned(), OfferError::Unreadable),
        (offer.clone() + &"a=x:y\r\n".repeat(10_000), OfferError::TooLarge),
    ];
    for (offer, error) in table {
        world.people[ben].refused = None;
        world.command(Command::Restart { session, offer });
        assert_eq!(world.people[ben].refused, Some(error));
    }
    world.talk(&[ann, ben], 50);
    assert!(world.people[ann].seen(&world.people[ben]).len() > 40, "the session is as it was");
    world.command(Command::Leave { session });
    world.people[ben].refused = None;
    world.command(Command::Restart { session, offer });
    assert_eq!(world.people[ben].refused, Some(OfferError::OtherSession));
}

/// Ben's page asks whether its path is still one: on a live one something comes at once, not with the next report.
#[test]
fn a_path_that_is_alive_shows_it_as_soon_as_another_is_asked_for() {
    let mut world = World::new();
    let ann = world.enter("Ann", Role::Moderator, Stage::Room);
    let ben = world.enter("Ben", Role::Participant, Stage::Room);
    world.talk(&[ann, ben], 50);
    world.run_for(Duration::from_millis(100));
    let (before, here) = (world.people[ben].client.counts.rtcp, world.people[ben].address);
    world.change_network(ben, here);
    assert!(world.people[ben].client.counts.rtcp > before, "{before}");
}

/// A restart that leads nowhere: str0m would wait for ever.
#[test]
fn who_never_comes_by_the_new_path_is_given_up() {
    let mut world = World::new();
    let ben = world.enter("Ben", Role::Participant, Stage::Room);
    world.cut_off(ben);
    world.change_network(ben, elsewhere());
    world.run_for(Duration::from_secs(9));
    assert_eq!(world.people[ben].gone, None);
    world.run_for(Duration::from_secs(2));
    assert_eq!(world.people[ben].gone, Some(Gone::Timeout));
    let stats = world.node.stats();
    assert_eq!((stats.sessions, stats.addresses, stats.timers), (0, 0, 0));
}

/// A page without a socket is gone as soon as it is silent; one that is heard of stays.
#[test]
fn a_watched_session_is_given_up_when_it_falls_silent() {
    let mut world = World::new();
    let ann = world.enter("Ann", Role::Moderator, Stage::Room);
    let ben = world.enter("Ben", Role::Participant, Stage::Room);
    for person in [ann, ben] {
        let session = world.people[person].session;
        world.command(Command::Watch { session, closely: true });
    }
    world.talk(&[ann, ben], 500);
    assert_eq!((world.people[ann].gone, world.people[ben].gone), (None, None));
    world.cut_off(ben);
    world.talk(&[ann], 350);
    assert_eq!((world.people[ann].gone, world.people[ben].gone), (None, Some(Gone::Timeout)));
    let session = world.people[ann].session;
    world.command(Command::Watch { session, closely: false });
    world.cut_off(ann);
    world.run_for(Duration::from_secs(8));
    assert_eq!(world.people[ann].gone, None, "ICE's own patience again");
}
