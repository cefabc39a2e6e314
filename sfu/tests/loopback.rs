//! The shell with real sockets on loopback.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "the client is shared with e2e; a test may fail loudly anywhere"
)]

#[path = "../../e2e/src/media_client.rs"]
mod media_client;
#[path = "../../e2e/src/media_socket.rs"]
mod media_socket;

use std::net::{Ipv4Addr, UdpSocket};
use std::time::Duration;

use sfu::{Sfu, SfuConfig, StartError};
use shared::control::{Command, Event, KeyLength, Purpose};
use shared::ids::{MeetingId, ParticipantId, RoomId, SessionId};
use shared::limits::AUDIO_SLOTS;
use shared::meeting::Role;
use shared::signal::Stage;
use str0m::media::MediaKind;

use media_socket::MediaSocket;

fn start() -> Sfu {
    sfu::start(&SfuConfig { bind: vec![Ipv4Addr::LOCALHOST.into()], ..SfuConfig::default() }).unwrap()
}

/// Joins a client; the answer is applied on return.
fn join(sfu: &mut Sfu, number: u16, role: Role, stage: Stage) -> MediaSocket {
    let mut socket = MediaSocket::on_loopback(number).unwrap();
    let join = Command::Join {
        room: RoomId(MeetingId::from_random([1; 16])),
        session: SessionId(u64::from(number)),
        participant: ParticipantId(number),
        role,
        stage,
        purpose: Purpose::Page,
        keys: KeyLength::Bits256,
        offer: socket.client.offer().to_owned(),
    };
    sfu.handle.commands.blocking_send(join).unwrap();
    loop {
        match sfu.events.blocking_recv().unwrap() {
            Event::Answered { session, answer } if session == SessionId(u64::from(number)) => {
                socket.accept(&answer).unwrap();
                return socket;
            }
            Event::OfferRefused { error, .. } => panic!("{error}"),
            _ => {}
        }
    }
}

fn all_step(people: &mut [MediaSocket], duration: Duration) {
    let slice = duration / people.len() as u32;
    people.iter_mut().for_each(|person| person.run_for(slice));
}

/// D20: ten people over real UDP sockets, each receiving every other's picture and the same three voices in order.
#[test]
fn ten_people_over_loopback_receive_each_other_in_order() {
    let mut sfu = start();
    let mut people: Vec<_> = (1..=10)
        .map(|number| {
            let role = if number == 1 { Role::Moderator } else { Role::Participant };
            let mut person = join(&mut sfu, number, role, Stage::Room);
            assert!(person.run_until(Duration::from_secs(20), |client| client.connected));
            person
        })
        .collect();
    let mut asked = [0; 10];
    for round in 0..60 {
        for (person, asked) in people.iter_mut().zip(&mut asked) {
            let wanted = person.client.keyframe_requests;
            person.client.send_video(std::time::Instant::now(), round == 0 || wanted > *asked);
            person.client.send_audio(std::time::Instant::now(), None);
            *asked = wanted;
            person.flush();
        }
        all_step(&mut people, Duration::from_millis(20));
    }
    all_step(&mut people, Duration::from_millis(500));
    let hears = |viewer: &MediaSocket, sender| !viewer.client.counters_of(MediaKind::Audio, sender).is_empty();
    let speakers: Vec<u16> = (1..=10).filter(|sender| people.iter().any(|viewer| hears(viewer, *sender))).collect();
    assert_eq!(speakers.len(), AUDIO_SLOTS, "the floor is theirs who spoke first");
    for viewer in &people {
        for sender in (1..=10).filter(|sender| *sender != viewer.client.number) {
            let voice = speakers.contains(&sender).then_some(MediaKind::Audio);
            for kind in voice.into_iter().chain([MediaKind::Video]) {
                let counters = viewer.client.counters_of(kind, sender);
                let expected: Vec<u32> = (counters.first().copied().unwrap_or(0)..60).collect();
                assert_eq!(counters, expected, "{kind:?} of {sender} at {}", viewer.client.number);
                assert!(counters.len() > 20, "{kind:?} of {sender} at {}: {}", viewer.client.number, counters.len());
            }
        }
    }
    sfu.shutdown();
    for person in &mut people {
        assert!(person.run_until(Duration::from_secs(2), |client| client.closed), "everybody is told goodbye");
    }
}

#[test]
fn a_port_in_use_is_a_sentence() {
    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let config = SfuConfig { port, bind: vec![Ipv4Addr::LOCALHOST.into()], ..SfuConfig::default() };
    let error = sfu::start(&config).unwrap_err();
    assert!(matches!(error, StartError::PortInUse { port: named } if named == port), "{error:?}");
    assert!(error.sentence().contains(&port.to_string()));
}

#[test]
fn the_default_is_every_address_on_one_port() {
    let sfu = sfu::start(&SfuConfig::default()).unwrap();
    assert!(sfu.port() > 0);
    assert!(sfu.addresses.iter().all(|address| address.port() == sfu.port()));
    assert!(sfu.addresses.iter().any(|address| address.ip() == Ipv4Addr::LOCALHOST));
    sfu.shutdown();
}

/// Junk on the media port is counted by reason and disturbs nobody.
#[test]
fn junk_on_the_port_is_counted() {
    let mut sfu = start();
    let mut ann = join(&mut sfu, 1, Role::Moderator, Stage::Room);
    assert!(ann.run_until(Duration::from_secs(20), |client| client.connected));
    let stranger = UdpSocket::bind("127.0.0.1:0").unwrap();
    for junk in [&[][..], &[255; 40], &[22; 1500], &[0; 20], &[0x80; 2000], &[200; 3000]] {
        stranger.send_to(junk, sfu.addresses[0]).unwrap();
    }
    ann.run_for(Duration::from_millis(300));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let snapshot = runtime.block_on(sfu.handle.stats()).unwrap();
    assert_eq!(snapshot.core.dropped.total(), 6, "{snapshot:?}");
    assert_eq!(snapshot.core.sessions, 1);
    let junk = 40 + 1500 + 20 + 2000 + 3000;
    assert!(snapshot.core.bytes > junk && snapshot.core.bytes < junk + 100_000, "{snapshot:?}");
    // A DTLS handshake and its ICE checks: no datagram is empty, none larger than a frame of Ethernet.
    assert!((20 * snapshot.sent..1500 * snapshot.sent).contains(&snapshot.sent_bytes), "{snapshot:?}");
    assert!(!snapshot.cpu.is_zero() && snapshot.cpu < Duration::from_secs(20), "{snapshot:?}");
    sfu.shutdown();
}
