//! Signaling's end of the line to the media: the embedded node by a pair of channels, or nodes in processes of their own
//! over TLS ([`Nodes`]), chosen by configuration. Either takes the same commands and says the same events.
//!
//! [`sfu::placement`] knows which room is on which node, and neither socket nor clock; `line` keeps the line to one node;
//! [`nodes`](Nodes) puts the two together.

mod line;
mod nodes;

use std::sync::Arc;
use std::time::Duration;

use sfu::Snapshot;
use shared::control::{Command, Event};
use tokio::sync::mpsc;
use tokio::time::timeout;

pub use self::nodes::Nodes;
use crate::geo::Geo;
use crate::live::Registry;

/// Takes commands to the SFU. What comes back goes through [`route`].
pub trait Media: Send + Sync {
    /// Tells the SFU. Never waits.
    fn command(&self, command: Command);
}

/// A channel is enough of an SFU for signaling: the embedded one, and a test that stands in for it.
impl Media for mpsc::UnboundedSender<Command> {
    fn command(&self, command: Command) {
        if self.send(command).is_err() {
            tracing::error!("the media node is gone: restart the server");
        }
    }
}

/// Passes the SFU's events on to the rooms they concern, until the SFU is gone. Rooms hear of places, never of addresses.
pub async fn route(registry: Registry, geo: Arc<Geo>, mut events: mpsc::UnboundedReceiver<Event>) {
    while let Some(event) = events.recv().await {
        match event {
            Event::Path { session, address } => registry.media_from(session, geo.place(address)),
            event => registry.media_event(event),
        }
    }
}

/// Where the media's counters are read.
#[derive(Clone)]
pub enum Counters {
    /// At the embedded node.
    Embedded(sfu::Handle),
    /// Where the nodes' own reports arrive.
    Nodes(Nodes),
}

impl Counters {
    /// Each node's name, which the embedded one has none of, and counters, unless it did not answer within `patience`.
    pub async fn read(&self, patience: Duration) -> Vec<(Option<String>, Option<Snapshot>)> {
        match self {
            Self::Embedded(media) => vec![(None, timeout(patience, media.stats()).await.ok().flatten())],
            Self::Nodes(nodes) => nodes.counters().map(|(name, counters)| (Some(name), counters)).collect(),
        }
    }
}
