//! Signaling and media nodes over real TLS on loopback: who is let in, what ends a line, and what a lost node leaves behind.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use sfu::keys::Keys;
use sfu::standalone::{self, Ready, RunError, Settings};
use sfu::wire::{self, FromNode, MAX_FRAME_BYTES, SILENCE, ToNode, VERSION};
use shared::control::{Command, Event, Gone, KeyLength, Purpose};
use shared::ids::{MeetingId, ParticipantId, RoomId, SessionId};
use shared::meeting::Role;
use shared::signal::{OfferError, Stage};
use signaling::config::{Media, MediaNode};
use signaling::media_keys;
use signaling::sfu_link::{self, Media as _, Nodes};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// How long anything may take that should come soon.
const PATIENCE: Duration = Duration::from_secs(20);

/// As small as an offer can be: one voice.
const OFFER: &str = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n\
    m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\na=ice-ufrag:abcd\r\n\
    a=ice-pwd:0123456789abcdef01234567\r\na=fingerprint:sha-256 00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:\
10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F\r\na=setup:actpass\r\na=mid:0\r\na=sendonly\r\na=rtcp-mux\r\n\
    a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\na=ssrc:1 cname:x\r\n";

/// Keys of a deployment with two nodes, in a folder that goes away with the test.
struct Folder(PathBuf);

impl Folder {
    fn with_keys() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("conclave-nodes-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        media_keys::make(&path, &["media-a".into(), "media-b".into()]).unwrap();
        Self(path)
    }

    fn of(&self, side: &str) -> PathBuf {
        self.0.join(side)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A real node in this process.
struct Node {
    ready: Ready,
    asks: mpsc::Sender<()>,
    task: JoinHandle<Result<(), RunError>>,
}

impl Node {
    async fn start(keys: PathBuf) -> Self {
        let control = "127.0.0.1:0".parse().unwrap();
        let bind = vec!["127.0.0.1".parse().unwrap()];
        let (port, tcp) = (Some(0), vec![control]);
        let settings = Settings { control, keys, bind, port, tcp, drain_seconds: 60, ..Settings::default() };
        let (asks, asked) = mpsc::channel(2);
        let (ready, is_ready) = oneshot::channel();
        let task = tokio::spawn(async move {
            let say = |at| assert!(ready.send(at).is_ok());
            standalone::run(&settings, asked, say).await
        });
        Self { ready: is_ready.await.unwrap(), asks, task }
    }

    fn address(&self) -> String {
        self.ready.control.to_string()
    }
}

/// Signaling's end with these nodes, and what the rooms would hear.
fn signaling(folder: &Folder, nodes: &[(&str, String)]) -> (Nodes, mpsc::UnboundedReceiver<Event>) {
    let nodes = nodes.iter().map(|(name, address)| MediaNode { name: (*name).into(), address: address.clone() });
    let media = Media { keys: Some(folder.of(media_keys::SIGNALING)), nodes: nodes.collect(), ..Media::default() };
    Nodes::start(&media).unwrap()
}

/// Which nodes are there, by name.
async fn there(nodes: &Nodes) -> Vec<String> {
    let counters = sfu_link::Counters::Nodes(nodes.clone()).read(PATIENCE).await;
    counters.into_iter().filter(|(_, counters)| counters.is_some()).filter_map(|(name, _)| name).collect()
}

async fn until_there(nodes: &Nodes, expected: &[&str]) {
    let deadline = Instant::now() + PATIENCE;
    while there(nodes).await != expected {
        assert!(Instant::now() < deadline, "{expected:?} in vain, {:?} there", there(nodes).await);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The next that is about coming or going.
async fn next(events: &mut mpsc::UnboundedReceiver<Event>) -> Event {
    loop {
        let event = tokio::time::timeout(PATIENCE, events.recv()).await.unwrap().unwrap();
        if !is_about_pictures(&event) {
            return event;
        }
    }
}

fn is_about_pictures(event: &Event) -> bool {
    matches!(event, Event::SlotsChanged { .. } | Event::LayersWanted { .. })
}

fn join(session: u64, offer: &str) -> Command {
    Command::Join {
        room: RoomId(MeetingId::from_random([1; 16])),
        session: SessionId(session),
        participant: ParticipantId(u16::try_from(session).unwrap()),
        role: Role::Participant,
        stage: Stage::Room,
        purpose: Purpose::Page,
        keys: KeyLength::Bits256,
        offer: offer.into(),
    }
}

async fn connect(node: &Node, connector: TlsConnector, name: &'static str) -> std::io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(node.ready.control).await?;
    connector.connect(ServerName::try_from(name).unwrap(), stream).await
}

async fn connect_as(node: &Node, keys: &Path) -> std::io::Result<TlsStream<TcpStream>> {
    connect(node, Keys::read(keys).unwrap().connector().unwrap(), "media-a").await
}

/// Whether somebody who shows this gets as far as the node's hello.
async fn is_let_in(line: std::io::Result<TlsStream<TcpStream>>) -> bool {
    let Ok(mut line) = line else { return false };
    let said = wire::write(&mut line, &ToNode::Hello { version: VERSION }).await;
    said.is_ok() && matches!(wire::read::<FromNode>(&mut line).await, Ok(FromNode::Hello { version: VERSION }))
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_go_to_the_node_and_events_come_back() {
    let folder = Folder::with_keys();
    let node = Node::start(folder.of("media-a")).await;
    let (nodes, mut events) = signaling(&folder, &[("media-a", node.address())]);
    until_there(&nodes, &["media-a"]).await;
    nodes.command(join(1, "not SDP"));
    assert_eq!(next(&mut events).await, Event::OfferRefused { session: SessionId(1), error: OfferError::Unreadable });
    nodes.command(join(2, OFFER));
    let Event::Answered { session: SessionId(2), answer } = next(&mut events).await else { panic!() };
    assert!(answer.contains(&format!(" {} typ host", node.ready.media_port)), "{answer}");
    let deadline = Instant::now() + PATIENCE;
    loop {
        let counters = sfu_link::Counters::Nodes(nodes.clone()).read(PATIENCE).await;
        if counters[0].1.is_some_and(|node| (node.core.rooms, node.core.sessions) == (1, 1)) {
            break;
        }
        assert!(Instant::now() < deadline, "{counters:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Browsers whose network blocks UDP connect to the node itself, also to the media thread that follows another.
#[tokio::test(flavor = "multi_thread")]
async fn media_over_tcp_reaches_the_media_thread() {
    let folder = Folder::with_keys();
    let node = Node::start(folder.of("media-a")).await;
    for round in 0..2 {
        let mut line = line_to(&node, &folder, VERSION).await;
        wire::write(&mut line, &ToNode::Command(join(1, OFFER))).await.unwrap();
        let (mut answer, mut dropped) = (String::new(), 0);
        let deadline = Instant::now() + PATIENCE;
        while dropped < 10 {
            assert!(Instant::now() < deadline, "round {round}: {dropped} frames");
            // Signaling does not fall silent meanwhile.
            wire::write(&mut line, &ToNode::Alive).await.unwrap();
            match wire::read::<FromNode>(&mut line).await.unwrap() {
                FromNode::Event(Event::Answered { answer: given, .. }) => {
                    answer = given;
                    let offered = answer.lines().find(|line| line.contains("tcptype passive")).unwrap();
                    let port: u16 = offered.split(' ').nth(5).unwrap().parse().unwrap();
                    let mut browser = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                    browser.write_all(&[0, 4, 0xff, 0xff, 0xff, 0xff].repeat(10)).await.unwrap();
                    let mut other = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                    other.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
                    assert!(matches!(other.read(&mut [0; 16]).await, Ok(0) | Err(_)), "there are no pages here");
                }
                FromNode::Alive(counters) => dropped = counters.core.dropped.total(),
                _ => {}
            }
        }
        assert!(!answer.is_empty());
    }
}

/// Two deployments, and a thief with one node's keys: nobody gets in but signaling, and signaling takes nobody else for the
/// node it means. Whoever is not let in does not get in the way of who is.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_is_let_in_or_taken_for_a_node() {
    let (ours, theirs) = (Folder::with_keys(), Folder::with_keys());
    let node = Node::start(ours.of("media-a")).await;
    let (nodes, _events) = signaling(&ours, &[("media-a", node.address())]);
    until_there(&nodes, &["media-a"]).await;

    // Another authority, ours known to it: the node does not take its certificate.
    let stranger = Folder::with_keys();
    for file in [sfu::keys::CERTIFICATE, sfu::keys::KEY] {
        let from = theirs.of("signaling").join(file);
        std::fs::copy(from, stranger.of("signaling").join(file)).unwrap();
    }
    let known = ours.of("signaling").join(sfu::keys::AUTHORITY);
    std::fs::copy(known, stranger.of("signaling").join(sfu::keys::AUTHORITY)).unwrap();
    assert!(!is_let_in(connect_as(&node, &stranger.of("signaling")).await).await, "another authority");
    assert!(!is_let_in(connect_as(&node, &ours.of("media-b")).await).await, "a node's certificate");
    assert!(!is_let_in(connect(&node, without_certificate(&ours), "media-a").await).await, "no certificate");
    let mut plain = TcpStream::connect(node.ready.control).await.unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    until_there(&nodes, &["media-a"]).await;

    // The other way round: signaling hangs up on them during the handshake.
    let name = connect(&node, Keys::read(&ours.of("signaling")).unwrap().connector().unwrap(), "media-b").await;
    assert!(name.unwrap_err().to_string().contains("not valid for name"), "a node of another name");
    let authority = connect_as(&node, &theirs.of("signaling")).await;
    assert!(authority.unwrap_err().to_string().contains("invalid peer certificate"), "a node of another authority");

    // Signaling itself gets in, and the line of before ends: the newest counts.
    assert!(is_let_in(connect_as(&node, &ours.of("signaling")).await).await);
}

fn without_certificate(folder: &Folder) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    let authority = folder.of("signaling").join(sfu::keys::AUTHORITY);
    roots.add(CertificateDer::from_pem_file(authority).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    TlsConnector::from(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
}

/// A raw line, as signaling would begin it.
async fn line_to(node: &Node, folder: &Folder, version: u16) -> TlsStream<TcpStream> {
    let mut line = connect_as(node, &folder.of("signaling")).await.unwrap();
    wire::write(&mut line, &ToNode::Hello { version }).await.unwrap();
    let hello = wire::read::<FromNode>(&mut line).await.unwrap();
    assert_eq!(hello, FromNode::Hello { version: VERSION }, "said to whoever has the keys, whatever they speak");
    line
}

/// Reads to the end of a line; answers what came before it.
async fn rest(line: &mut TlsStream<TcpStream>) -> Vec<FromNode> {
    let mut said = Vec::new();
    while let Ok(message) = wire::read::<FromNode>(line).await {
        said.push(message);
    }
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_message_ends_the_line_and_nothing_else() {
    let folder = Folder::with_keys();
    let node = Node::start(folder.of("media-a")).await;
    let oversize = u32::try_from(MAX_FRAME_BYTES + 1).unwrap().to_be_bytes();
    let hello = format!("\0\0\0\x1b{{\"hello\":{{\"version\":{VERSION}}}}}    ");
    let garbage: [&[u8]; 4] = [b"\0\0\0\x05hello", &oversize, &[0xff; 4_096], hello.as_bytes()];
    for bytes in garbage {
        let mut line = line_to(&node, &folder, VERSION).await;
        let began = Instant::now();
        line.write_all(bytes).await.unwrap();
        line.flush().await.unwrap();
        let said = rest(&mut line).await;
        assert!(said.iter().all(|message| matches!(message, FromNode::Alive(_))), "{said:?}");
        assert!(began.elapsed() < PATIENCE);
    }
    // Garbage in place of a hello does not even reach the line that stands.
    let (nodes, mut events) = signaling(&folder, &[("media-a", node.address())]);
    until_there(&nodes, &["media-a"]).await;
    nodes.command(join(1, OFFER));
    assert!(matches!(next(&mut events).await, Event::Answered { .. }));
    for bytes in garbage {
        let mut stranger = connect_as(&node, &folder.of("signaling")).await.unwrap();
        stranger.write_all(bytes).await.unwrap();
        assert!(bytes[4..].starts_with(b"{\"hello\"") || rest(&mut stranger).await.is_empty());
        drop(stranger);
        if bytes[4..].starts_with(b"{\"hello\"") {
            // That was one, and the newest line counts.
            assert_eq!(next(&mut events).await, Event::Gone { session: SessionId(1), reason: Gone::NodeLost });
        } else {
            let said: Vec<_> = std::iter::from_fn(|| events.try_recv().ok()).collect();
            assert!(said.iter().all(is_about_pictures), "{said:?}");
        }
    }
    assert!(!node.task.is_finished());
}

#[tokio::test(flavor = "multi_thread")]
async fn another_version_is_told_so_and_refused() {
    let folder = Folder::with_keys();
    let node = Node::start(folder.of("media-a")).await;
    let mut line = line_to(&node, &folder, VERSION + 1).await;
    assert_eq!(rest(&mut line).await, []);
    // And a node of another version.
    let (address, _old) = imitate(&folder, "media-b", VERSION + 1, vec![FromNode::Alive(Box::default())]).await;
    let (nodes, _events) = signaling(&folder, &[("media-b", address), ("media-a", node.address())]);
    until_there(&nodes, &["media-a"]).await;
    tokio::time::sleep(SILENCE).await;
    assert_eq!(there(&nodes).await, ["media-a"]);
}

/// A node with real keys that says these things and then nothing more, while its connection stands.
async fn imitate(folder: &Folder, name: &str, version: u16, says: Vec<FromNode>) -> (String, JoinHandle<()>) {
    let acceptor = Keys::read(&folder.of(name)).unwrap().acceptor().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let task = tokio::spawn(async move {
        let mut kept = Vec::new();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(mut line) = acceptor.accept(stream).await else { continue };
            let Ok(ToNode::Hello { .. }) = wire::read(&mut line).await else { continue };
            wire::write(&mut line, &FromNode::Hello { version }).await.unwrap();
            for message in says.iter().filter(|_| kept.is_empty()) {
                wire::write(&mut line, message).await.unwrap();
            }
            kept.push(line);
        }
    });
    (address, task)
}

/// The machine dies and says no goodbye: its people hear of it, and the next of them opens the room on the other node.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_falls_silent_is_lost() {
    let folder = Folder::with_keys();
    let (silent, _task) = imitate(&folder, "media-a", VERSION, vec![FromNode::Alive(Box::default())]).await;
    let (nodes, mut events) = signaling(&folder, &[("media-a", silent)]);
    until_there(&nodes, &["media-a"]).await;
    nodes.command(join(1, OFFER));
    let began = Instant::now();
    assert_eq!(next(&mut events).await, Event::OfferRefused { session: SessionId(1), error: OfferError::NoNode });
    println!("a silent node was lost after {:?}", began.elapsed());
    assert_eq!(there(&nodes).await, [""; 0]);
}

/// Kill and come back: everybody is told once, and the node that returns is empty.
#[tokio::test(flavor = "multi_thread")]
async fn a_room_moves_when_its_node_is_gone() {
    let folder = Folder::with_keys();
    let first = Node::start(folder.of("media-a")).await;
    let second = Node::start(folder.of("media-b")).await;
    let (nodes, mut events) = signaling(&folder, &[("media-a", first.address()), ("media-b", second.address())]);
    until_there(&nodes, &["media-a", "media-b"]).await;
    for session in [1, 2] {
        nodes.command(join(session, OFFER));
        let Event::Answered { answer, .. } = next(&mut events).await else { panic!() };
        assert!(answer.contains(&format!(" {} typ host", first.ready.media_port)));
    }
    first.task.abort();
    for session in [1, 2] {
        let lost = Event::Gone { session: SessionId(session), reason: Gone::NodeLost };
        assert_eq!(next(&mut events).await, lost);
    }
    for session in [1, 2] {
        nodes.command(join(session, OFFER));
        let Event::Answered { answer, .. } = next(&mut events).await else { panic!() };
        assert!(answer.contains(&format!(" {} typ host", second.ready.media_port)));
    }
}

/// Asked to end, a node takes no new room and keeps those it has; once the last is closed it ends by itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_drains_ends_with_its_last_room() {
    let folder = Folder::with_keys();
    let node = Node::start(folder.of("media-a")).await;
    let (nodes, mut events) = signaling(&folder, &[("media-a", node.address())]);
    until_there(&nodes, &["media-a"]).await;
    nodes.command(join(1, OFFER));
    assert!(matches!(next(&mut events).await, Event::Answered { .. }));
    node.asks.send(()).await.unwrap();
    let other_room = |session| {
        let mut command = join(session, OFFER);
        let Command::Join { room, .. } = &mut command else { panic!() };
        *room = RoomId(MeetingId::from_random([2; 16]));
        command
    };
    let deadline = Instant::now() + PATIENCE;
    for session in 10.. {
        nodes.command(other_room(session));
        if matches!(next(&mut events).await, Event::OfferRefused { error: OfferError::NoNode, .. }) {
            break;
        }
        nodes.command(Command::CloseRoom { room: RoomId(MeetingId::from_random([2; 16])) });
        assert!(Instant::now() < deadline, "it takes new rooms");
    }
    nodes.command(join(2, OFFER));
    assert!(matches!(next(&mut events).await, Event::Answered { session: SessionId(2), .. }), "the old room is whole");
    assert!(!node.task.is_finished());
    nodes.command(Command::CloseRoom { room: RoomId(MeetingId::from_random([1; 16])) });
    tokio::time::timeout(PATIENCE, node.task).await.unwrap().unwrap().unwrap();
}

/// Asked twice it ends at once, and its people are told so.
#[tokio::test(flavor = "multi_thread")]
async fn asked_twice_a_node_ends_at_once() {
    let folder = Folder::with_keys();
    let node = Node::start(folder.of("media-a")).await;
    let (nodes, mut events) = signaling(&folder, &[("media-a", node.address())]);
    until_there(&nodes, &["media-a"]).await;
    nodes.command(join(1, OFFER));
    assert!(matches!(next(&mut events).await, Event::Answered { .. }));
    node.asks.send(()).await.unwrap();
    node.asks.send(()).await.unwrap();
    assert_eq!(next(&mut events).await, Event::Gone { session: SessionId(1), reason: Gone::NodeLost });
    tokio::time::timeout(PATIENCE, node.task).await.unwrap().unwrap().unwrap();
}

/// Signaling goes and comes back, as another process that counts its sessions anew: the node is empty, and nothing of
/// before is said to it.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_is_empty_for_whoever_comes_next() {
    let folder = Folder::with_keys();
    let node = Node::start(folder.of("media-a")).await;
    for round in 0..3 {
        let mut line = line_to(&node, &folder, VERSION).await;
        let mut last = None;
        loop {
            match wire::read::<FromNode>(&mut line).await.unwrap() {
                FromNode::Alive(counters) if last.is_none() => {
                    assert_eq!((counters.core.rooms, counters.core.sessions), (0, 0), "round {round}");
                    wire::write(&mut line, &ToNode::Command(join(1, OFFER))).await.unwrap();
                    last = Some(counters);
                }
                FromNode::Alive(_) => {}
                FromNode::Event(Event::Answered { answer, .. }) => {
                    assert!(last.is_some(), "an answer of before");
                    assert!(answer.contains(&format!(" {} typ host", node.ready.media_port)), "the same port");
                    break;
                }
                other => panic!("{other:?}"),
            }
        }
    }
}
