//! Media over TCP: a client whose network blocks UDP, beside one whose network does not.

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

use std::cell::RefCell;
use std::future::Future as _;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use sfu::{Sfu, SfuConfig, TcpPeer};
use shared::control::{Command, Event, KeyLength, Purpose};
use shared::ids::{MeetingId, ParticipantId, RoomId, SessionId};
use shared::meeting::Role;
use shared::signal::Stage;
use str0m::media::MediaKind;
use tokio::sync::oneshot;

use media_client::MediaClient;
use media_socket::MediaSocket;

/// What became of places.
#[derive(Default)]
struct Counts {
    kept: AtomicUsize,
    given_back: AtomicUsize,
}

/// A place that is counted, and given away when the other end of `asked` says so.
struct Place {
    counts: Arc<Counts>,
    asked: oneshot::Receiver<()>,
}

impl sfu::Place for Place {
    fn keep(&self) {
        self.counts.kept.fetch_add(1, Ordering::SeqCst);
    }

    fn poll_given_away(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.asked).poll(cx).map(drop)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.counts.given_back.fetch_add(1, Ordering::SeqCst);
    }
}

/// A node, and the listener whose connections it takes.
struct Node {
    sfu: Sfu,
    listener: TcpListener,
    counts: Arc<Counts>,
    /// Asks for the place of each connection, in order.
    ask: RefCell<Vec<oneshot::Sender<()>>>,
}

impl Node {
    fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let tcp = vec![listener.local_addr().unwrap()];
        let bind = vec![Ipv4Addr::LOCALHOST.into()];
        let sfu = sfu::start(&SfuConfig { bind, tcp, ..SfuConfig::default() }).unwrap();
        Self { sfu, listener, counts: Arc::default(), ask: RefCell::default() }
    }

    /// Hands the next connection in, as the server's listener does.
    fn accept(&self) {
        let (stream, _) = self.listener.accept().unwrap();
        let (ask, asked) = oneshot::channel();
        self.ask.borrow_mut().push(ask);
        let place = Box::new(Place { counts: self.counts.clone(), asked });
        self.sfu.handle.tcp.blocking_send(TcpPeer { stream, place }).unwrap();
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.listener.local_addr().unwrap()).unwrap();
        self.accept();
        stream
    }

    fn join(&mut self, number: u16, offer: &str) -> String {
        let room = RoomId(MeetingId::from_random([1; 16]));
        let session = SessionId(number.into());
        let (participant, offer) = (ParticipantId(number), offer.to_owned());
        let join = Command::Join {
            room,
            session,
            participant,
            role: Role::Moderator,
            stage: Stage::Room,
            purpose: Purpose::Page,
            keys: KeyLength::Bits256,
            offer,
        };
        self.sfu.handle.commands.blocking_send(join).unwrap();
        loop {
            match self.sfu.events.blocking_recv().unwrap() {
                Event::Answered { session: of, answer } if of == session => return answer,
                Event::OfferRefused { error, .. } => panic!("{error}"),
                _ => {}
            }
        }
    }
}

/// A client on a connection of its own.
struct Framed {
    client: MediaClient,
    stream: TcpStream,
    address: SocketAddr,
    read: Vec<u8>,
    wake_at: Instant,
}

impl Framed {
    fn new(number: u16, stream: TcpStream) -> Self {
        let address = stream.local_addr().unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(2))).unwrap();
        let now = Instant::now();
        let client = MediaClient::over_tcp(number, address, now).unwrap();
        Self { client, stream, address, read: Vec::new(), wake_at: now }
    }

    fn flush(&mut self) {
        let _ = self.client.handle_timeout(Instant::now());
        let mut out = Vec::new();
        self.wake_at = self.client.drain(&mut out).unwrap();
        for datagram in out {
            let size = u16::try_from(datagram.payload.len()).unwrap();
            self.stream.write_all(&[&size.to_be_bytes()[..], &datagram.payload].concat()).unwrap();
        }
    }

    fn run_for(&mut self, duration: Duration) {
        let end = Instant::now() + duration;
        let mut buffer = [0; 4096];
        while Instant::now() < end {
            if let Ok(size) = self.stream.read(&mut buffer) {
                self.read.extend_from_slice(&buffer[..size]);
            }
            while let Some((head, rest)) = self.read.split_first_chunk::<2>() {
                let size = usize::from(u16::from_be_bytes(*head));
                let Some(frame) = rest.get(..size).map(<[u8]>::to_vec) else { break };
                self.read.drain(..2 + size);
                let server = self.stream.peer_addr().unwrap();
                self.client.handle_datagram(Instant::now(), server, self.address, &frame).unwrap();
                self.flush();
            }
            if self.wake_at <= Instant::now() {
                self.flush();
            }
        }
    }
}

#[test]
fn somebody_without_udp_sees_and_is_seen() {
    let mut node = Node::start();
    let mut ann = MediaSocket::on_loopback(1).unwrap();
    let answer = node.join(1, ann.client.offer());
    ann.accept(&answer).unwrap();
    assert!(ann.run_until(Duration::from_secs(20), |client| client.connected));

    let mut ben = Framed::new(2, node.connect());
    let answer = node.join(2, ben.client.offer());
    assert!(answer.contains("tcptype passive"), "{answer}");
    ben.client.accept(&answer).unwrap();
    ben.flush();
    let deadline = Instant::now() + Duration::from_secs(20);
    while !ben.client.connected {
        assert!(Instant::now() < deadline, "Ben's media over TCP");
        ben.run_for(Duration::from_millis(20));
    }
    let mut asked = [0; 2];
    for round in 0..60 {
        let wanted = [ann.client.keyframe_requests, ben.client.keyframe_requests];
        ann.client.send_video_of(Instant::now(), round == 0 || wanted[0] > asked[0], 900);
        ben.client.send_video_of(Instant::now(), round == 0 || wanted[1] > asked[1], 900);
        asked = wanted;
        ann.flush();
        ben.flush();
        ann.run_for(Duration::from_millis(5));
        ben.run_for(Duration::from_millis(5));
    }
    ann.run_for(Duration::from_millis(200));
    ben.run_for(Duration::from_millis(200));
    for (seen, who) in
        [(ann.client.counters_of(MediaKind::Video, 2), "Ben"), (ben.client.counters_of(MediaKind::Video, 1), "Ann")]
    {
        let expected: Vec<u32> = (seen.first().copied().unwrap_or(0)..60).collect();
        assert_eq!(seen, expected, "of {who}");
        assert!(seen.len() > 20, "{} frames of {who}", seen.len());
    }
    assert_eq!(node.counts.kept.load(Ordering::SeqCst), 1, "Ben is known by the first answer to him");
    node.sfu.shutdown();
}

/// Whoever does not keep to the framing is hung up on, and their place is free again; the others notice nothing.
#[test]
fn a_connection_that_sends_nonsense_is_closed() {
    let node = Node::start();
    let broken: [&[u8]; 3] = [&[0, 0], &[0x0f, 0xff, 1, 2, 3], &[0xff; 4000]];
    let mut streams: Vec<TcpStream> = broken
        .iter()
        .map(|bytes| {
            let mut stream = node.connect();
            stream.write_all(bytes).unwrap();
            stream
        })
        .collect();
    for stream in &mut streams {
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let end = stream.read(&mut [0; 16]);
        assert!(matches!(end, Ok(0) | Err(_)), "{end:?}");
    }
    let deadline = Instant::now() + Duration::from_secs(5);
    while node.counts.given_back.load(Ordering::SeqCst) < 3 {
        assert!(Instant::now() < deadline, "their places");
        std::thread::sleep(Duration::from_millis(10));
    }
    // Strangers' frames that keep to it are dropped one by one, and counted.
    let mut polite = node.connect();
    polite.write_all(&[0, 4, 0xff, 0xff, 0xff, 0xff].repeat(10)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    while runtime.block_on(node.sfu.handle.stats()).unwrap().core.dropped.total() < 10 {
        assert!(Instant::now() < deadline, "ten frames");
    }
    assert_eq!(node.counts.kept.load(Ordering::SeqCst), 0, "nobody of these was answered");
    // A stranger's place is wanted by somebody else: the connection ends.
    node.ask.borrow_mut().pop().unwrap().send(()).unwrap();
    polite.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    assert!(matches!(polite.read(&mut [0; 16]), Ok(0)), "hung up on");
    node.sfu.shutdown();
}
