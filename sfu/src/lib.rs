//! The SFU's shell: sockets, clock and thread around `sfu-core`.
//!
//! [`start`] binds one UDP port on every interface address and runs the core on a thread of its own; or several of both
//! (`shards`), among which it spreads the rooms ([`placement`]). Commands go
//! in over a bounded channel, events come out over one that never makes media wait. Nothing is written anywhere:
//! no file, no database; addresses of connections and SDP are never logged.
//!
//! `config` and `sockets` decide where to listen, `driver` moves datagrams: in by the batch, out by the burst (`port`), or over connections (`tcp`) where UDP is blocked.
//!
//! The node is embedded in signaling, or runs in a process of its own ([`standalone`]) that signaling reaches over
//! mutually authenticated TLS ([`keys`]) with the same commands and events ([`wire`]).

mod config;
mod driver;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
pub mod keys;
pub mod log;
pub mod placement;
mod port;
mod shards;
mod sockets;
pub mod standalone;
mod tcp;
pub mod wire;

use std::net::SocketAddr;
use std::thread::JoinHandle;

use shared::control::{Command, Event};
use shared::limits::AUDIO_SLOTS;
use tokio::sync::{mpsc, oneshot};

pub use config::{MAX_THREADS, SfuConfig, StartError};
pub use driver::Snapshot;
pub use sfu_core::guards;
pub use sfu_core::{Carried, Connections, Dropped, Shown, Stats};
pub use sockets::listen;
pub use tcp::{Place, TcpPeer, begins_like_media};

/// Commands that may wait. Signaling awaits a place; a full channel means that media is behind.
const COMMANDS_WAITING: usize = 256;

/// Connections that may wait to be taken.
const TCP_WAITING: usize = 64;

/// A running media node.
#[derive(Debug)]
pub struct Sfu {
    /// How to talk to it. May be cloned.
    pub handle: Handle,
    /// What it says. Ends when the node has stopped.
    pub events: mpsc::UnboundedReceiver<Event>,
    /// Where it listens: for each thread one port on every address.
    pub addresses: Vec<SocketAddr>,
    stops: Vec<oneshot::Sender<()>>,
    threads: Vec<JoinHandle<()>>,
}

/// The way to a running media node.
#[derive(Debug, Clone)]
pub struct Handle {
    /// Takes commands; sending awaits while the node is behind.
    pub commands: mpsc::Sender<Command>,
    /// Takes connections that carry media, see [`begins_like_media`]. A full channel is a reason to refuse one.
    pub tcp: mpsc::Sender<TcpPeer>,
    inspect: mpsc::Sender<oneshot::Sender<Snapshot>>,
}

impl Handle {
    /// Counters as they are now; `None` when the node has stopped.
    pub async fn stats(&self) -> Option<Snapshot> {
        let (answer, answered) = oneshot::channel();
        self.inspect.send(answer).await.ok()?;
        answered.await.ok()
    }
}

impl Sfu {
    /// The UDP port, of several threads the first one's.
    pub fn port(&self) -> u16 {
        self.addresses.first().map_or(0, SocketAddr::port)
    }

    /// Tells every browser that the connection is over, stops and waits for the threads: milliseconds.
    pub fn shutdown(self) {
        for stop in self.stops {
            let _ = stop.send(());
        }
        for thread in self.threads {
            if thread.join().is_err() {
                tracing::error!("a media thread had panicked");
            }
        }
    }
}

/// Binds the sockets and starts the media threads.
///
/// # Errors
/// [`StartError`], with a sentence for the person who typed the command.
pub fn start(config: &SfuConfig) -> Result<Sfu, StartError> {
    let count = config.threads.clamp(1, MAX_THREADS);
    if count == 1 {
        return start_thread(config);
    }
    let (mut shards, mut addresses, mut stops, mut threads) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    // The one in front stops first: what the others say while they stop is nobody's loss.
    let (stop_front, stopped) = oneshot::channel();
    stops.push(stop_front);
    for number in 0..count {
        // Ports that the system chooses need not follow one another.
        let port = u16::try_from(number).ok().and_then(|number| config.port.checked_add(number));
        let port = port.filter(|_| config.port != 0).unwrap_or_default();
        let Sfu { handle, events, addresses: own, stops: stop, threads: thread } =
            start_thread(&SfuConfig { port, ..config.clone() })?;
        shards.push(shards::Shard { handle, events });
        addresses.extend(own);
        stops.extend(stop);
        threads.extend(thread);
    }
    let shards::Front { handle, events, thread } = shards::gather(shards, stopped)?;
    threads.insert(0, thread);
    Ok(Sfu { handle, events, addresses, stops, threads })
}

/// One thread, which is a whole node by itself.
fn start_thread(config: &SfuConfig) -> Result<Sfu, StartError> {
    let sockets = sockets::bind_all(config)?;
    let addresses: Vec<SocketAddr> = sockets.iter().map(|socket| socket.address).collect();
    let candidates = sockets::candidates(&addresses, config.advertise);
    let tcp_candidates = sockets::tcp_candidates(config)?;
    let core = sfu_core::Config { candidates, tcp_candidates, speakers: config.speakers.clamp(1, AUDIO_SLOTS) };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(StartError::Thread)?;
    let (commands, commands_in) = mpsc::channel(COMMANDS_WAITING);
    let (inspect, inspect_in) = mpsc::channel(8);
    let (tcp, tcp_in) = mpsc::channel(TCP_WAITING);
    let (events_out, events) = mpsc::unbounded_channel();
    let (stop, stopped) = oneshot::channel();
    let channels =
        driver::Channels { commands: commands_in, inspect: inspect_in, tcp: tcp_in, events: events_out, stopped };
    let thread = std::thread::Builder::new()
        .name("media".into())
        .spawn(move || runtime.block_on(driver::run(sockets, core, channels)))
        .map_err(StartError::Thread)?;
    Ok(Sfu { handle: Handle { commands, tcp, inspect }, events, addresses, stops: vec![stop], threads: vec![thread] })
}
