//! What strangers send.

use std::net::SocketAddr;
use std::time::Duration;

use proptest::prelude::*;

use sfu_core::Output;
use shared::control::{Command, Event, KeyLength, Purpose};
use shared::ids::{ParticipantId, SessionId};
use shared::meeting::Role;
use shared::signal::{OfferError, Stage};

use crate::media_client::{MediaClient, Shape};
use crate::world::{World, room};

fn stranger() -> SocketAddr {
    "203.0.113.66:6666".parse().unwrap()
}

/// What a node says to an offer in a room of its own.
fn refusal(world: &mut World, offer: String) -> Option<OfferError> {
    let (session, participant) = (SessionId(900), ParticipantId(9));
    let join = Command::Join {
        room: room(9),
        session,
        participant,
        role: Role::Moderator,
        stage: Stage::Room,
        purpose: Purpose::Page,
        keys: KeyLength::Bits256,
        offer,
    };
    world.node.handle_command(world.now, join);
    let mut refused = None;
    loop {
        match world.node.poll_output() {
            Output::Timeout(_) => return refused,
            Output::Event(Event::OfferRefused { error, .. }) => refused = Some(error),
            _ => {}
        }
    }
}

/// SECURITY T8: each kind of bad offer has its own error and leaves nothing behind.
#[test]
fn bad_offers_are_refused_one_by_one() {
    let mut world = World::new();
    let good = MediaClient::new(1, stranger(), world.now).unwrap().offer().to_owned();
    let device = MediaClient::device(1, stranger(), Shape::Publisher, world.now).unwrap().offer().to_owned();
    let without = |prefix: &str| -> String {
        good.lines().filter(|line| !line.starts_with(prefix)).map(|line| format!("{line}\r\n")).collect()
    };
    let m_line = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n";
    let table = [
        ("70 KiB", good.clone() + &"a=x:y\r\n".repeat(10_000), Some(OfferError::TooLarge)),
        ("garbage", "this is no SDP".into(), Some(OfferError::Unreadable)),
        ("empty", String::new(), Some(OfferError::Unreadable)),
        ("65 m-lines", good.clone() + &m_line.repeat(65), Some(OfferError::TooManyMediaSections)),
        ("no fingerprint", without("a=fingerprint"), Some(OfferError::Unusable)),
        ("no ICE password", without("a=ice-pwd"), Some(OfferError::Unusable)),
        (
            "no codec of ours",
            good.replace("VP8", "X8").replace("H264", "X264").replace("VP9", "X9").replace("opus", "xopus"),
            Some(OfferError::Unusable),
        ),
        ("the same m-lines twice", device.clone() + &device, Some(OfferError::Unreadable)),
    ];
    for (what, offer, error) in table {
        let refused = refusal(&mut world, offer);
        assert_eq!((refused, world.node.stats().sessions), (error, 0), "{what}");
    }
    assert_eq!(refusal(&mut world, good), None, "the positive control");
    assert_eq!(world.node.stats().sessions, 1);
}

/// SECURITY T4: a plaintext fatal DTLS alert from the victim's own address during set-up is counted, and she
/// connects all the same.
#[test]
fn a_spoofed_alert_during_set_up_does_not_keep_anybody_out() {
    let mut world = World::new();
    world.latency = Duration::from_millis(5);
    let ann = world.join("Ann", Role::Moderator, Stage::Room);
    let victim = world.people[ann].address;
    for sequence in 0..50u8 {
        let alert = [0x15, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, sequence, 0, 2, 2, 0x28];
        world.inject(victim, &alert);
        if !world.is_up(ann) {
            world.run_for(Duration::from_millis(2));
        }
    }
    world.run_until("connected", |world| world.is_up(ann));
    world.inject(victim, &[0x15, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 99, 0, 2, 2, 0x28]);
    world.run_for(Duration::from_secs(1));
    assert_eq!(world.people[ann].gone, None);
    assert!(world.node.stats().early_dtls_errors > 0, "the attack was real: {:?}", world.node.stats());
}

fn binding_request(username: &str) -> Vec<u8> {
    let mut message = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
    message.extend([7; 12]);
    message.extend([0, 6, 0, username.len() as u8]);
    message.extend(username.as_bytes());
    message.resize(message.len().next_multiple_of(4), 0);
    message.extend([0, 8, 0, 20]);
    message.extend([0; 20]); // MESSAGE-INTEGRITY of nobody's password
    let length = (message.len() - 20) as u16;
    message[2..4].copy_from_slice(&length.to_be_bytes());
    message
}

/// SECURITY T5: a STUN for nobody is dropped after one look-up; one for somebody, but not from them, teaches the
/// node no address.
#[test]
fn forged_stun_teaches_no_address() {
    let mut world = World::new();
    let ann = world.enter("Ann", Role::Moderator, Stage::Room);
    let before = world.node.stats();
    world.inject(stranger(), &binding_request("nobody:at-all"));
    let offer_session = world.people[ann].session;
    assert_eq!(world.node.stats().dropped.unknown_ufrag, before.dropped.unknown_ufrag + 1);
    // Anything else from an address that nobody proved: dropped without asking any peer.
    world.inject(stranger(), &[0x80; 60]);
    world.inject(stranger(), &[0x16, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 2, 0x28]);
    assert_eq!(world.node.stats().dropped.unknown_address, before.dropped.unknown_address + 2);
    assert_eq!(world.node.stats().addresses, before.addresses);
    assert_eq!(offer_session, world.people[ann].session);
}

/// SECURITY T5: the right user fragment with a wrong password is refused, and the address is not learned.
#[test]
fn a_stun_without_the_password_is_refused() {
    let mut world = World::new();
    let offer = MediaClient::new(1, stranger(), world.now).unwrap();
    let remote = offer.offer().lines().find_map(|line| line.strip_prefix("a=ice-ufrag:")).unwrap().trim().to_owned();
    let join = Command::Join {
        room: room(1),
        session: SessionId(1),
        participant: ParticipantId(1),
        role: Role::Moderator,
        stage: Stage::Room,
        purpose: Purpose::Page,
        keys: KeyLength::Bits256,
        offer: offer.offer().to_owned(),
    };
    world.node.handle_command(world.now, join);
    let Output::Event(Event::Answered { answer, .. }) = world.node.poll_output() else { panic!("not answered") };
    let local = answer.lines().find_map(|line| line.strip_prefix("a=ice-ufrag:")).unwrap().trim();
    world.inject(stranger(), &binding_request(&format!("{local}:{remote}")));
    let stats = world.node.stats();
    assert_eq!((stats.dropped.refused_stun + stats.dropped.unreadable, stats.addresses), (1, 0), "{stats:?}");
}

/// SECURITY T5: nor from where the peer really is, but by another transport: the address was said, and nothing was shown.
#[test]
fn a_stun_without_the_password_is_refused_from_the_peer_s_own_address_too() {
    let mut world = World::new();
    let ann = world.enter("Ann", Role::Moderator, Stage::Room);
    let person = &world.people[ann];
    let ufrag = |text: &str| text.lines().find_map(|line| line.strip_prefix("a=ice-ufrag:")).unwrap().trim().to_owned();
    let username = format!("{}:{}", ufrag(&person.answers[0]), ufrag(person.client.offer()));
    let (address, before) = (person.address, world.node.stats());
    let forged = binding_request(&username);
    world.node.handle_datagram(world.now, sfu_core::Transport::Tcp, address, crate::world::server(), &forged);
    let stats = world.node.stats();
    assert_eq!((stats.addresses, stats.dropped.refused_stun), (before.addresses, before.dropped.refused_stun + 1));
}

/// SECURITY T5: dropping a STUN for nobody costs the same with 2 sessions as with 200. Counted in look-ups by
/// construction; here a generous factor in time, so that a loop over all sessions cannot come back unnoticed.
#[test]
fn dropping_junk_does_not_depend_on_the_number_of_sessions() {
    let junk = binding_request("nobody:at-all");
    let cost = |sessions: u8| {
        let mut world = World::new();
        let offer = MediaClient::new(1, stranger(), world.now).unwrap().offer().to_owned();
        for number in 1..=sessions {
            let join = Command::Join {
                room: room(number),
                session: SessionId(u64::from(number)),
                participant: ParticipantId(1),
                role: Role::Moderator,
                stage: Stage::Room,
                purpose: Purpose::Page,
                keys: KeyLength::Bits256,
                offer: offer.clone(),
            };
            world.node.handle_command(world.now, join);
        }
        while !matches!(world.node.poll_output(), Output::Timeout(_)) {}
        let best = (0..7).map(|_| {
            let start = std::time::Instant::now();
            for _ in 0..2000 {
                world.node.handle_datagram(
                    world.now,
                    sfu_core::Transport::Udp,
                    stranger(),
                    crate::world::server(),
                    &junk,
                );
            }
            start.elapsed()
        });
        best.min().unwrap()
    };
    let (few, many) = (cost(2), cost(200));
    println!("2,000 junk STUN: {few:?} with 2 sessions, {many:?} with 200");
    assert!(many < few * 20 + Duration::from_millis(5), "{few:?} with 2 sessions, {many:?} with 200");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Junk from a stranger and, worse, from a participant's own address, before and after she is connected: counted,
    /// and she talks on.
    #[test]
    fn junk_disturbs_nobody(
        junk in proptest::collection::vec((any::<u8>(), proptest::collection::vec(any::<u8>(), 0..200)), 1..40),
    ) {
        let mut world = World::new();
        let ann = world.join("Ann", Role::Moderator, Stage::Room);
        let ben = world.enter("Ben", Role::Participant, Stage::Room);
        let spoofed = world.people[ann].address;
        for round in 0..2 {
            for (first, rest) in &junk {
                // The first byte decides the class; let every class have its turn.
                let class = [0u8, 22, 21, 0x80, 0x90, 0x81][usize::from(*first) % 6];
                let datagram = [&[class], &rest[..]].concat();
                let from = if first % 2 == 0 { spoofed } else { stranger() };
                world.inject(from, &datagram);
            }
            if round == 0 {
                world.run_until("connected", |world| world.is_up(ann));
            }
        }
        world.talk(&[ann, ben], 10);
        let [ann, ben] = [ann, ben].map(|person| &world.people[person]);
        prop_assert_eq!(ann.gone, None);
        prop_assert!(ben.seen(ann).len() >= 9 && ben.heard(ann).len() >= 9);
        prop_assert_eq!(world.node.stats().faults, 0);
    }
}
