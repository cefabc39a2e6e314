//! A node with several media threads: rooms are spread over them, and nobody outside notices.

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

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use sfu::{Sfu, SfuConfig, TcpPeer};
use shared::control::{Command, Event, KeyLength, Purpose};
use shared::ids::{MeetingId, ParticipantId, RoomId, SessionId};
use shared::meeting::Role;
use shared::signal::{OfferError, Stage};
use str0m::media::MediaKind;

use media_client::MediaClient;
use media_socket::MediaSocket;

const SECOND: Duration = Duration::from_secs(1);

/// A node with two threads, and what it said so far.
struct Node {
    sfu: Sfu,
    listener: TcpListener,
}

impl Node {
    fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let (tcp, bind) = (vec![listener.local_addr().unwrap()], vec![Ipv4Addr::LOCALHOST.into()]);
        Self { sfu: sfu::start(&SfuConfig { bind, tcp, threads: 2, ..SfuConfig::default() }).unwrap(), listener }
    }

    fn join(&mut self, room: u8, number: u16, offer: &str) -> Result<String, OfferError> {
        let session = SessionId(number.into());
        self.say(Command::Join {
            room: RoomId(MeetingId::from_random([room; 16])),
            session,
            participant: ParticipantId(number),
            role: Role::Moderator,
            stage: Stage::Room,
            purpose: Purpose::Page,
            keys: KeyLength::Bits256,
            offer: offer.to_owned(),
        });
        loop {
            match self.sfu.events.blocking_recv().unwrap() {
                Event::Answered { session: of, answer } if of == session => return Ok(answer),
                Event::OfferRefused { session: of, error } if of == session => return Err(error),
                _ => {}
            }
        }
    }

    fn say(&self, command: Command) {
        self.sfu.handle.commands.blocking_send(command).unwrap();
    }

    fn stats(&self) -> sfu::Stats {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(self.sfu.handle.stats()).unwrap().core
    }
}

/// The UDP ports that an answer offers.
fn ports(answer: &str) -> BTreeSet<u16> {
    let candidates = answer.lines().filter(|line| line.starts_with("a=candidate:") && line.contains(" udp "));
    candidates.map(|line| line.split(' ').nth(5).unwrap().parse().unwrap()).collect()
}

/// Two rooms of two people on two threads: each sees the other one of their own room and nobody else, and counters are of
/// both together. A room that closes makes place on its thread.
#[test]
fn rooms_are_spread_and_apart() {
    let mut node = Node::start();
    let (mut people, mut port_of) = (BTreeMap::new(), BTreeMap::new());
    for (room, number) in [(1, 1), (2, 2), (1, 3), (2, 4)] {
        let mut person = MediaSocket::on_loopback(number).unwrap();
        let answer = node.join(room, number, person.client.offer()).unwrap();
        let before = port_of.entry(room).or_insert_with(|| ports(&answer)).clone();
        assert_eq!(ports(&answer), before, "a room is in one place");
        person.accept(&answer).unwrap();
        assert!(person.run_until(20 * SECOND, |client| client.connected), "{number}");
        people.insert(number, person);
    }
    assert!(port_of[&1].is_disjoint(&port_of[&2]) && port_of[&1].len() == 1, "{port_of:?}");
    assert_eq!(node.sfu.addresses.len(), 2);
    let mut asked = BTreeMap::new();
    for round in 0..40 {
        for (number, person) in &mut people {
            let wanted = person.client.keyframe_requests;
            let keyframe = asked.insert(*number, wanted).is_none_or(|before| wanted > before);
            person.client.send_video_of(Instant::now(), keyframe || round == 0, 400);
            person.flush();
        }
        people.values_mut().for_each(|person| person.run_for(Duration::from_millis(5)));
    }
    people.values_mut().for_each(|person| person.run_for(Duration::from_millis(200)));
    for (viewer, person) in &people {
        let seen = |of: u16| person.client.counters_of(MediaKind::Video, of).len();
        let other = if *viewer > 2 { viewer - 2 } else { viewer + 2 };
        assert!(seen(other) > 20, "{viewer} saw {} of {other}", seen(other));
        assert!((1..=4).filter(|of| *of != other).all(|of| seen(of) == 0), "{viewer} saw another room");
    }
    let stats = node.stats();
    assert_eq!((stats.rooms, stats.sessions, stats.connections.good), (2, 4, 4));
    assert!(stats.rtp_in >= 4 * 40 && stats.rtp_out > 4 * 20, "{stats:?}");

    node.say(Command::CloseRoom { room: RoomId(MeetingId::from_random([1; 16])) });
    let offer = MediaClient::without_estimate(9, "127.0.0.1:9".parse().unwrap(), Instant::now()).unwrap();
    let answer = node.join(3, 9, offer.offer()).unwrap();
    assert_eq!(ports(&answer), port_of[&1], "the thread that is empty now");
    assert_eq!(node.join(3, 10, "nonsense"), Err(OfferError::Unreadable));
    node.sfu.shutdown();
}

/// Connections over TCP come by one port, whichever thread they are for: a STUN request's first frame says whose.
#[test]
fn a_connection_finds_its_thread() {
    let mut node = Node::start();
    for (room, number) in [(1, 1), (2, 2)] {
        let stream = TcpStream::connect(node.listener.local_addr().unwrap()).unwrap();
        let (accepted, _) = node.listener.accept().unwrap();
        let mut client = MediaClient::over_tcp(number, stream.local_addr().unwrap(), Instant::now()).unwrap();
        let answer = node.join(room, number, client.offer()).unwrap();
        client.accept(&answer).unwrap();
        node.sfu.handle.tcp.blocking_send(TcpPeer { stream: accepted, place: Box::new(()) }).unwrap();
        connect(&mut client, stream);
        assert!(client.connected, "{number} over TCP");
    }
    // Nobody's: it is closed, and so is one that says nothing of the kind.
    for stranger in [&b"\x00\x04\xff\xff\xff\xff"[..], &[0x0f, 0xff, 1], &[0, 0]] {
        let mut stream = TcpStream::connect(node.listener.local_addr().unwrap()).unwrap();
        let (accepted, _) = node.listener.accept().unwrap();
        node.sfu.handle.tcp.blocking_send(TcpPeer { stream: accepted, place: Box::new(()) }).unwrap();
        stream.write_all(stranger).unwrap();
        stream.set_read_timeout(Some(20 * SECOND)).unwrap();
        assert!(matches!(stream.read(&mut [0; 16]), Ok(0) | Err(_)));
    }
    assert_eq!(node.stats().sessions, 2);
    node.sfu.shutdown();
}

/// Lives over a connection until it is up. Its first frame comes in two pieces, as networks like it.
fn connect(client: &mut MediaClient, mut stream: TcpStream) {
    let (address, server) = (stream.local_addr().unwrap(), stream.peer_addr().unwrap());
    stream.set_read_timeout(Some(Duration::from_millis(2))).unwrap();
    stream.set_nodelay(true).unwrap();
    let (mut read, mut buffer, mut first) = (Vec::new(), [0; 4096], true);
    let deadline = Instant::now() + 20 * SECOND;
    while !client.connected && Instant::now() < deadline {
        let _ = client.handle_timeout(Instant::now());
        let mut out = Vec::new();
        client.drain(&mut out).unwrap();
        for datagram in out {
            let size = u16::try_from(datagram.payload.len()).unwrap();
            let frame = [&size.to_be_bytes()[..], &datagram.payload].concat();
            let (head, rest) = frame.split_at(if std::mem::take(&mut first) { 9 } else { 0 });
            stream.write_all(head).unwrap();
            std::thread::sleep(Duration::from_millis(if head.is_empty() { 0 } else { 30 }));
            stream.write_all(rest).unwrap();
        }
        if let Ok(size) = stream.read(&mut buffer) {
            read.extend_from_slice(&buffer[..size]);
        }
        while let Some((head, rest)) = read.split_first_chunk::<2>() {
            let size = usize::from(u16::from_be_bytes(*head));
            let Some(frame) = rest.get(..size).map(<[u8]>::to_vec) else { break };
            read.drain(..2 + size);
            client.handle_datagram(Instant::now(), server, address, &frame).unwrap();
        }
    }
}
