//! A media node in a process of its own, `conclave-sfu`: waits for signaling, and does what it says for as long as the line
//! to it stands.
//!
//! [`settings`] is what an operator says, `control` lets signaling in, `line` talks with it, `doors` takes media that comes
//! over TCP. The media thread lives exactly as long as the line: a new line finds an empty node, so that nothing of a
//! meeting that has moved meanwhile is left here, and nobody can be in the half of a room that was forgotten.

mod control;
mod doors;
mod line;
mod places;
mod settings;

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};

pub use settings::{Settings, SettingsError};

use self::control::Line;
use self::doors::Doors;
use crate::config::{SfuConfig, StartError};
use crate::keys::{Keys, KeysError};
use crate::{Handle, Sfu};

/// How often a node that shall end looks whether anybody is left.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How long signaling has to tell pages that the node is gone before their connections close: a page that hears of it
/// first makes a new connection at once, and one that sees its connection close first tries to mend it.
const FAREWELL: Duration = Duration::from_millis(300);

/// Why the node did not start, or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The TLS files.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// An address for signaling or for media over TCP.
    #[error("{address} cannot be listened on ({error}): name another address or port")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        error: io::Error,
    },
    /// The media part.
    #[error("{}", .0.sentence())]
    Media(#[from] StartError),
}

/// Where a node that runs is reached.
#[derive(Debug, Clone, Copy)]
pub struct Ready {
    /// By signaling.
    pub control: SocketAddr,
    /// By browsers.
    pub media_port: u16,
}

/// Runs until asked to end, twice or with nobody left. `ready` is called once everything is bound.
///
/// The first ask drains: no new rooms, and those that are here have `settings.drain_seconds` to end by themselves. Then
/// signaling moves them. The second ends at once.
///
/// # Errors
/// [`RunError`], a sentence for the person who started it.
pub async fn run(settings: &Settings, mut asks: mpsc::Receiver<()>, ready: impl FnOnce(Ready)) -> Result<(), RunError> {
    let acceptor = Keys::read(&settings.keys)?.acceptor()?;
    let (control, mut lines) = control::listen(settings.control, acceptor)?;
    let doors = Doors::open(settings)?;
    let mut node = Node::start(settings, doors)?;
    ready(Ready { control, media_port: node.sfu.port() });
    let (drains, drain) = watch::channel(false);
    let mut leaving = Leaving { until: None, grace: Duration::from_secs(settings.drain_seconds), drains };
    let mut next: Option<Line> = None;
    loop {
        let line = match next.take() {
            Some(line) => line,
            None => tokio::select! {
                Some(line) = lines.recv() => line,
                // Nobody is here: nobody has to be waited for.
                _ = asks.recv() => break,
            },
        };
        let Sfu { handle, events, .. } = &mut node.sfu;
        next = tokio::select! {
            ended = line::serve(line, handle, events, drain.clone()) => {
                tracing::warn!(reason = %ended, "the line to signaling ended: all rooms here are closed");
                None
            }
            Some(newer) = lines.recv() => {
                tracing::warn!("signaling has come anew: all rooms here are closed");
                Some(newer)
            }
            () = leaving.wait(&mut asks, handle) => break,
        };
        if leaving.until.is_some() {
            break;
        }
        node = node.begin_anew().await?;
    }
    node.end().await;
    Ok(())
}

/// The media thread, and how another is started in its place.
struct Node {
    sfu: Sfu,
    config: SfuConfig,
    doors: Doors,
}

impl Node {
    fn start(settings: &Settings, doors: Doors) -> Result<Self, StartError> {
        let mut config = SfuConfig {
            port: settings.port.unwrap_or(doors.port()),
            threads: settings.threads,
            advertise: settings.advertise,
            bind: settings.bind.clone(),
            tcp: doors.addresses(),
            speakers: settings.speakers,
        };
        let sfu = crate::start(&config)?;
        config.port = sfu.port();
        doors.lead_to(&sfu.handle);
        Ok(Self { sfu, config, doors })
    }

    /// Everything of now is closed, and an empty node stands on the same ports.
    async fn begin_anew(self) -> Result<Self, StartError> {
        let Self { sfu, config, doors } = self;
        close(sfu).await;
        let sfu = crate::start(&config)?;
        doors.lead_to(&sfu.handle);
        Ok(Self { sfu, config, doors })
    }

    async fn end(self) {
        tokio::time::sleep(FAREWELL).await;
        close(self.sfu).await;
    }
}

async fn close(sfu: Sfu) {
    if tokio::task::spawn_blocking(move || sfu.shutdown()).await.is_err() {
        tracing::error!("the media thread did not stop");
    }
}

/// How a node ends that was asked to.
struct Leaving {
    /// Until when rooms may end by themselves, once asked.
    until: Option<Instant>,
    grace: Duration,
    drains: watch::Sender<bool>,
}

impl Leaving {
    /// Comes back when it is time to end. May be cancelled and called again.
    async fn wait(&mut self, asks: &mut mpsc::Receiver<()>, media: &Handle) {
        loop {
            match self.until {
                None => {
                    if asks.recv().await.is_none() {
                        return;
                    }
                    tracing::info!(seconds = self.grace.as_secs(), "asked to end: no new rooms; asked again, at once");
                    self.until = Some(Instant::now() + self.grace);
                    self.drains.send_replace(true);
                }
                Some(until) if Instant::now() >= until => return,
                Some(until) => tokio::select! {
                    _ = asks.recv() => return,
                    () = tokio::time::sleep_until(until.min(Instant::now() + LOOK_EVERY).into()) => {
                        if is_empty(media).await {
                            return;
                        }
                    }
                },
            }
        }
    }
}

/// Whether no room is left, or no media thread that could say so.
async fn is_empty(media: &Handle) -> bool {
    media.stats().await.is_none_or(|stats| stats.core.rooms == 0 && stats.core.sessions == 0)
}
