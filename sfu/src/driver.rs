//! The media thread's loop: wait for a datagram, a command or the core's next deadline; take in a batch with one
//! timestamp; send out what the core says.

use std::collections::HashMap;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::task::Poll;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};
use sfu_core::{Config, Node, Output, Stats, Transport};
use shared::control::{Command, Event};
use tokio::sync::{mpsc, oneshot};

use crate::port::{Inbox, Port};
use crate::sockets::Bound;
use crate::tcp::{Connections, Frame, TcpPeer};

/// Batches taken from one port before the others and the core have their turn.
const BATCHES: usize = 4;
/// Frames taken from connections before the core has its turn.
const FRAMES: usize = 128;
/// How long a datagram waits for others. A frame's packets arrive one behind the other; taken together they cost each
/// subscriber one look at its streams and one send instead of one for each packet.
const TICK: Duration = Duration::from_micros(500);
/// How often dropped datagrams are worth a line in the log.
const REPORT_EVERY: Duration = Duration::from_secs(10);

/// Counters of core and shell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The core's.
    pub core: Stats,
    /// Datagrams that the system took for sending.
    pub sent: u64,
    /// Their bytes, without headers of UDP and IP.
    pub sent_bytes: u64,
    /// System calls that took them.
    pub sends: u64,
    /// Datagrams that the system did not take: a full buffer, an unreachable network.
    pub not_sent: u64,
    /// Processor time that the media thread has used.
    pub cpu: Duration,
}

impl Snapshot {
    /// Of two threads together.
    pub(crate) fn plus(&self, other: &Self) -> Self {
        let Self { core, sent, sent_bytes, sends, not_sent, cpu } = *self;
        Self {
            core: core.plus(&other.core),
            sent: sent + other.sent,
            sent_bytes: sent_bytes + other.sent_bytes,
            sends: sends + other.sends,
            not_sent: not_sent + other.not_sent,
            cpu: cpu + other.cpu,
        }
    }
}

/// The thread's ends of the channels.
#[derive(Debug)]
pub(crate) struct Channels {
    pub(crate) commands: mpsc::Receiver<Command>,
    pub(crate) inspect: mpsc::Receiver<oneshot::Sender<Snapshot>>,
    pub(crate) tcp: mpsc::Receiver<TcpPeer>,
    pub(crate) events: mpsc::UnboundedSender<Event>,
    pub(crate) stopped: oneshot::Receiver<()>,
}

/// What woke the loop.
enum Woken {
    Readable,
    Command(Command),
    Inspect(oneshot::Sender<Snapshot>),
    Connection(TcpPeer),
    Frame(Frame),
    Disconnected((SocketAddr, u64)),
    Deadline,
    Stop,
}

struct Driver {
    node: Node,
    ports: Vec<Port>,
    by_address: HashMap<SocketAddr, usize>,
    inbox: Inbox,
    tcp: Connections,
    events: mpsc::UnboundedSender<Event>,
    snapshot: Snapshot,
    reported: (Instant, u64),
}

/// Runs until told to stop, or until nobody is left to send commands.
pub(crate) async fn run(sockets: Vec<Bound>, config: Config, channels: Channels) {
    let Channels { mut commands, mut inspect, tcp: mut peers, events, mut stopped } = channels;
    let (connections, mut inflow) = Connections::new();
    let now = Instant::now();
    let mut driver = match Driver::new(sockets, config, connections, events, now) {
        Ok(driver) => driver,
        Err(error) => return tracing::error!(kind = %error.kind(), "media sockets could not be registered"),
    };
    let mut deadline = driver.pump();
    loop {
        let woken = tokio::select! {
            () = readable(&driver.ports) => Woken::Readable,
            command = commands.recv() => command.map_or(Woken::Stop, Woken::Command),
            Some(answer) = inspect.recv() => Woken::Inspect(answer),
            Some(peer) = peers.recv() => Woken::Connection(peer),
            Some(frame) = inflow.frames.recv() => Woken::Frame(frame),
            Some(which) = inflow.ended.recv() => Woken::Disconnected(which),
            () = tokio::time::sleep_until(deadline.into()) => Woken::Deadline,
            _ = &mut stopped => Woken::Stop,
        };
        if matches!(woken, Woken::Readable) {
            // The thread has nothing else to do, and tokio's timers know milliseconds only.
            std::thread::sleep(TICK);
        }
        let now = Instant::now();
        match woken {
            Woken::Readable => driver.receive(now),
            Woken::Command(command) => driver.node.handle_command(now, command),
            Woken::Inspect(answer) => driver.inspected(answer),
            Woken::Connection(peer) => driver.tcp.add(peer),
            Woken::Frame(frame) => driver.receive_frames(now, frame, &mut inflow.frames),
            Woken::Disconnected(which) => driver.tcp.remove(which),
            Woken::Deadline => {}
            Woken::Stop => break,
        }
        if deadline <= now {
            driver.node.handle_timeout(now);
        }
        deadline = driver.pump();
        driver.report(now);
    }
    driver.node.shutdown(Instant::now());
    driver.pump();
}

/// Ready when any port has a datagram.
async fn readable(ports: &[Port]) {
    poll_fn(|context| {
        let ready = ports.iter().any(|port| port.poll_readable(context).is_ready());
        if ready { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

impl Driver {
    fn new(
        bound: Vec<Bound>,
        config: Config,
        tcp: Connections,
        events: mpsc::UnboundedSender<Event>,
        now: Instant,
    ) -> std::io::Result<Self> {
        let ports = bound.into_iter().map(Port::new).collect::<Result<Vec<_>, _>>()?;
        let by_address = ports.iter().enumerate().map(|(index, port)| (port.address, index)).collect();
        let max_segments = ports.iter().map(Port::max_segments).min().unwrap_or(1);
        tracing::info!(addresses = ports.len(), max_segments, "media ports are open");
        let node = Node::new(config, now);
        Ok(Self {
            node,
            ports,
            by_address,
            inbox: Inbox::new(),
            tcp,
            events,
            snapshot: Snapshot::default(),
            reported: (now, 0),
        })
    }

    /// Takes what waits at every port; one timestamp for all of it.
    fn receive(&mut self, now: Instant) {
        let Self { node, ports, inbox, .. } = self;
        for port in ports {
            for _ in 0..BATCHES {
                let taken = port.receive(inbox, |source, datagram| {
                    node.handle_datagram(now, Transport::Udp, source, port.address, datagram);
                });
                // With an error nothing is lost either: the next call goes on.
                if taken.is_err() {
                    break;
                }
            }
        }
    }

    /// Takes this frame and what else has come over connections meanwhile, but not for ever.
    fn receive_frames(&mut self, now: Instant, first: Frame, more: &mut mpsc::Receiver<Frame>) {
        let more = std::iter::from_fn(|| more.try_recv().ok());
        for Frame { source, destination, bytes } in std::iter::once(first).chain(more).take(FRAMES) {
            self.node.handle_datagram(now, Transport::Tcp, source, destination, &bytes);
        }
    }

    /// Sends what the core has to say; when it wants to be woken.
    fn pump(&mut self) -> Instant {
        loop {
            match self.node.poll_output() {
                Output::Timeout(at) => return at,
                Output::Transmit { source, destination, transport, payload, segment } => match transport {
                    Transport::Udp => self.send(source, destination, &payload, segment),
                    Transport::Tcp => self.send_framed(destination, &payload, segment),
                },
                // Nobody listening any more means that the process is stopping.
                Output::Event(event) => drop(self.events.send(event)),
            }
        }
    }

    fn send(&mut self, source: SocketAddr, destination: SocketAddr, payload: &[u8], segment: usize) {
        let port = self.by_address.get(&source).and_then(|index| self.ports.get(*index));
        let Some(port) = port.or(self.ports.first()) else { return };
        let sent = port.send(destination, payload, segment);
        self.snapshot.sends += sent.calls as u64;
        self.snapshot.sent += sent.taken as u64;
        // All but the last are of one size.
        self.snapshot.sent_bytes += payload.len().min(sent.taken * segment) as u64;
        self.snapshot.not_sent += sent.refused as u64;
    }

    fn send_framed(&mut self, destination: SocketAddr, payload: &[u8], segment: usize) {
        for datagram in payload.chunks(segment.max(1)) {
            let sent = self.tcp.send(destination, datagram.to_vec());
            self.snapshot.sent += u64::from(sent);
            self.snapshot.sent_bytes += datagram.len() as u64 * u64::from(sent);
            self.snapshot.not_sent += u64::from(!sent);
        }
    }

    fn inspected(&self, answer: oneshot::Sender<Snapshot>) {
        let _ = answer.send(Snapshot { core: self.node.stats(), cpu: cpu(), ..self.snapshot });
    }

    /// Says now and then how many datagrams were dropped, by reason and never by address.
    fn report(&mut self, now: Instant) {
        let (at, known) = self.reported;
        if now < at + REPORT_EVERY {
            return;
        }
        let dropped = self.node.stats().dropped;
        if dropped.total() > known {
            tracing::warn!(total = dropped.total(), new = dropped.total() - known, ?dropped, "datagrams dropped");
        }
        self.reported = (now, dropped.total());
    }
}

/// Processor time of the thread that asks.
fn cpu() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}
