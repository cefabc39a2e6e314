//! The media thread's loop: wait for a datagram, a command or the core's next deadline; take in a batch with one
//! timestamp; send out what the core says.

use std::collections::HashMap;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::task::Poll;
use std::time::{Duration, Instant};

use sfu_core::{Config, Node, Output, Stats};
use shared::control::{Command, Event};
use tokio::net::UdpSocket;
use tokio::sync::{mpsc, oneshot};

use crate::sockets::Bound;

/// Datagrams taken from one socket before the others and the core have their turn.
const BATCH: usize = 64;
/// Larger datagrams are no media of ours; what is cut off fails its integrity check.
const DATAGRAM_BYTES: usize = 2048;
/// How often dropped datagrams are worth a line in the log.
const REPORT_EVERY: Duration = Duration::from_secs(10);

/// Counters of core and shell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The core's.
    pub core: Stats,
    /// Datagrams that the system took for sending.
    pub sent: u64,
    /// Datagrams that the system did not take: a full buffer, an unreachable network.
    pub not_sent: u64,
}

/// The thread's ends of the channels.
#[derive(Debug)]
pub(crate) struct Channels {
    pub(crate) commands: mpsc::Receiver<Command>,
    pub(crate) inspect: mpsc::Receiver<oneshot::Sender<Snapshot>>,
    pub(crate) events: mpsc::UnboundedSender<Event>,
    pub(crate) stopped: oneshot::Receiver<()>,
}

/// What woke the loop.
enum Woken {
    Readable,
    Command(Command),
    Inspect(oneshot::Sender<Snapshot>),
    Deadline,
    Stop,
}

struct Driver {
    node: Node,
    sockets: Vec<(UdpSocket, SocketAddr)>,
    by_address: HashMap<SocketAddr, usize>,
    events: mpsc::UnboundedSender<Event>,
    snapshot: Snapshot,
    reported: (Instant, u64),
}

/// Runs until told to stop, or until nobody is left to send commands.
pub(crate) async fn run(sockets: Vec<Bound>, candidates: Vec<SocketAddr>, channels: Channels) {
    let Channels { mut commands, mut inspect, events, mut stopped } = channels;
    let now = Instant::now();
    let mut driver = match Driver::new(sockets, candidates, events, now) {
        Ok(driver) => driver,
        Err(error) => return tracing::error!(kind = %error.kind(), "media sockets could not be registered"),
    };
    let mut deadline = driver.pump();
    loop {
        let woken = tokio::select! {
            () = readable(&driver.sockets) => Woken::Readable,
            command = commands.recv() => command.map_or(Woken::Stop, Woken::Command),
            Some(answer) = inspect.recv() => Woken::Inspect(answer),
            () = tokio::time::sleep_until(deadline.into()) => Woken::Deadline,
            _ = &mut stopped => Woken::Stop,
        };
        let now = Instant::now();
        match woken {
            Woken::Readable => driver.receive(now),
            Woken::Command(command) => driver.node.handle_command(now, command),
            Woken::Inspect(answer) => driver.inspected(answer),
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

/// Ready when any socket has a datagram.
async fn readable(sockets: &[(UdpSocket, SocketAddr)]) {
    poll_fn(|context| {
        let ready = sockets.iter().any(|(socket, _)| socket.poll_recv_ready(context).is_ready());
        if ready { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

impl Driver {
    fn new(
        bound: Vec<Bound>,
        candidates: Vec<SocketAddr>,
        events: mpsc::UnboundedSender<Event>,
        now: Instant,
    ) -> std::io::Result<Self> {
        let mut sockets = Vec::with_capacity(bound.len());
        for Bound { socket, address } in bound {
            sockets.push((UdpSocket::from_std(socket)?, address));
        }
        let by_address = sockets.iter().enumerate().map(|(index, (_, address))| (*address, index)).collect();
        let node = Node::new(Config { candidates }, now);
        Ok(Self { node, sockets, by_address, events, snapshot: Snapshot::default(), reported: (now, 0) })
    }

    /// Takes a batch from every socket; one timestamp for all of it.
    fn receive(&mut self, now: Instant) {
        let mut buffer = [0; DATAGRAM_BYTES];
        for (socket, address) in &self.sockets {
            for _ in 0..BATCH {
                match socket.try_recv_from(&mut buffer) {
                    Ok((size, source)) => self.node.handle_datagram(now, source, *address, &buffer[..size]),
                    // An ICMP "port unreachable" of an earlier datagram also ends up here; the next call goes on.
                    Err(_) => break,
                }
            }
        }
    }

    /// Sends what the core has to say; when it wants to be woken.
    fn pump(&mut self) -> Instant {
        loop {
            match self.node.poll_output() {
                Output::Timeout(at) => return at,
                Output::Transmit { source, destination, payload } => self.send(source, destination, &payload),
                // Nobody listening any more means that the process is stopping.
                Output::Event(event) => drop(self.events.send(event)),
            }
        }
    }

    /// A datagram that the system does not take is lost, as it would be on the wire; RTP and SCTP repeat theirs.
    fn send(&mut self, source: SocketAddr, destination: SocketAddr, payload: &[u8]) {
        let index = self.by_address.get(&source).copied().unwrap_or(0);
        let sent = self.sockets.get(index).is_some_and(|(socket, _)| socket.try_send_to(payload, destination).is_ok());
        self.snapshot.sent += u64::from(sent);
        self.snapshot.not_sent += u64::from(!sent);
    }

    fn inspected(&self, answer: oneshot::Sender<Snapshot>) {
        let _ = answer.send(Snapshot { core: self.node.stats(), ..self.snapshot });
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
