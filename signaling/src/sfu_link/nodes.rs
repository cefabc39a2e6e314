//! All media nodes together: takes the rooms' commands to the node that has the room, and the nodes' events back.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sfu::Snapshot;
use sfu::keys::{Keys, KeysError};
use sfu::placement::{NodeIndex, Placement, Route};
use sfu::wire::{FromNode, ToNode, WireError};
use shared::control::{Command, Event};
use tokio::sync::mpsc;

use super::Media;
use super::line::{self, Peer};
use crate::config;

/// The media nodes. Clones share them.
#[derive(Clone)]
pub struct Nodes(Arc<Inner>);

struct Inner {
    names: Vec<String>,
    state: Mutex<State>,
    /// What the rooms are told.
    events: mpsc::UnboundedSender<Event>,
}

struct State {
    placement: Placement,
    /// What is to be said to each node; `None` while there is no line.
    lines: Vec<Option<mpsc::UnboundedSender<ToNode>>>,
    counters: Vec<Option<Snapshot>>,
}

impl Nodes {
    /// Reads the keys and begins to connect to every configured node, for as long as the runtime lives. What the nodes say
    /// comes out of the channel.
    ///
    /// # Errors
    /// The keys cannot be used.
    pub fn start(config: &config::Media) -> Result<(Self, mpsc::UnboundedReceiver<Event>), KeysError> {
        let connector = Keys::read(config.keys.as_deref().unwrap_or("keys".as_ref()))?.connector()?;
        let (events, heard) = mpsc::unbounded_channel();
        let count = config.nodes.len();
        let state = State { placement: Placement::new(count), lines: vec![None; count], counters: vec![None; count] };
        let names = config.nodes.iter().map(|node| node.name.clone()).collect();
        let nodes = Self(Arc::new(Inner { names, state: Mutex::new(state), events }));
        for (index, node) in config.nodes.iter().enumerate() {
            let peer = Peer { name: node.name.clone(), address: node.address.clone(), connector: connector.clone() };
            tokio::spawn(line::keep(nodes.clone(), index, peer));
        }
        Ok((nodes, heard))
    }

    /// Each node's name and counters, as it said them last; none while it is lost.
    pub(super) fn counters(&self) -> impl Iterator<Item = (String, Option<Snapshot>)> {
        let counters = self.lock().counters.clone();
        self.0.names.clone().into_iter().zip(counters)
    }

    /// There is a line to a node, which is empty: what comes out is to be said on it.
    pub(super) fn up(&self, node: NodeIndex) -> Up {
        let (line, commands) = mpsc::unbounded_channel();
        let mut state = self.lock();
        state.placement.up(node);
        state.lines[node] = Some(line);
        Up { nodes: self.clone(), node, commands }
    }

    /// A node said something.
    pub(super) fn heard(&self, node: NodeIndex, message: FromNode) -> Result<(), WireError> {
        let mut state = self.lock();
        match message {
            FromNode::Event(event) => {
                if state.placement.hear(node, &event) {
                    self.tell(event);
                }
            }
            FromNode::Alive(counters) => state.counters[node] = Some(*counters),
            FromNode::Draining => {
                tracing::info!(node = self.0.names[node], "a media node is about to end: no new rooms go there");
                state.placement.drain(node);
            }
            FromNode::Hello { .. } => return Err(WireError::Unreadable),
        }
        Ok(())
    }

    /// The line is gone, and the node with it: everybody there hears of it before anybody is placed anew.
    fn lost(&self, node: NodeIndex) {
        let mut state = self.lock();
        state.lines[node] = None;
        state.counters[node] = None;
        state.placement.lost(node).into_iter().for_each(|event| self.tell(event));
    }

    /// Called while the state is held, so that the rooms hear everything in the order in which it was decided.
    fn tell(&self, event: Event) {
        // Nobody listens any more: the server is stopping.
        let _ = self.0.events.send(event);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic while it was held cannot have left it half changed.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Media for Nodes {
    fn command(&self, command: Command) {
        let mut state = self.lock();
        match state.placement.route(&command) {
            Route::To(node) => {
                // A line that has just ended: what follows from that is on its way.
                let line = state.lines[node].as_ref();
                line.map(|line| line.send(ToNode::Command(command)));
            }
            Route::Refused(answer) => self.tell(answer),
            Route::Nowhere => {}
        }
    }
}

/// A node that is there. When this goes, however it goes, the node is lost.
pub(super) struct Up {
    nodes: Nodes,
    node: NodeIndex,
    /// What is to be said to it.
    pub(super) commands: mpsc::UnboundedReceiver<ToNode>,
}

impl Drop for Up {
    fn drop(&mut self) {
        self.nodes.lost(self.node);
    }
}
