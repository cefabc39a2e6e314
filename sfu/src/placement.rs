//! Which room is on which node, or on which of a node's threads. A room is placed with its first media session and stays until it closes or its node is
//! lost; then its next session places it anew. Everything that is said to or by a node goes through here, in one order, so
//! that nobody is ever sent to a node that the others of their room are not on.

use std::collections::HashMap;

use shared::control::{Command, Event, Gone};
use shared::ids::{RoomId, SessionId};
use shared::signal::OfferError;

/// A node, by its place in the configuration; or a thread, by its number.
pub type NodeIndex = usize;

/// How a node stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// Nothing can be said to it.
    Lost,
    /// Takes rooms.
    Up,
    /// Keeps the rooms it has and takes no others.
    Draining,
}

/// A media session that a node has, or is about to have.
#[derive(Debug, Clone, Copy)]
struct Placed {
    node: NodeIndex,
    room: RoomId,
    /// Whether the node has taken its offer.
    is_answered: bool,
}

/// What becomes of a command.
#[derive(Debug, PartialEq, Eq)]
pub enum Route {
    /// It goes to this node.
    To(NodeIndex),
    /// No node can take it, and this is the answer.
    Refused(Event),
    /// It is about something that is gone: whoever sent it is being told so.
    Nowhere,
}

/// Rooms and sessions over nodes.
#[derive(Debug)]
pub struct Placement {
    nodes: Vec<Standing>,
    rooms: HashMap<RoomId, NodeIndex>,
    sessions: HashMap<SessionId, Placed>,
}

impl Placement {
    /// So many nodes, none of them there yet.
    pub fn new(nodes: usize) -> Self {
        Self { nodes: vec![Standing::Lost; nodes], rooms: HashMap::new(), sessions: HashMap::new() }
    }

    /// A node is there, and empty.
    pub fn up(&mut self, node: NodeIndex) {
        self.nodes[node] = Standing::Up;
    }

    /// A node takes no more rooms.
    pub fn drain(&mut self, node: NodeIndex) {
        if self.nodes[node] == Standing::Up {
            self.nodes[node] = Standing::Draining;
        }
    }

    /// A node is lost with all that was on it: what is to be said about each of its sessions.
    pub fn lost(&mut self, node: NodeIndex) -> Vec<Event> {
        self.nodes[node] = Standing::Lost;
        self.rooms.retain(|_, on| *on != node);
        let gone = self.sessions.extract_if(|_, placed| placed.node == node);
        let mut said: Vec<_> = gone.map(|(session, placed)| (session, last_word(session, placed))).collect();
        said.sort_by_key(|(session, _)| *session); // the older a session, the earlier its page is told
        said.into_iter().map(|(_, event)| event).collect()
    }

    /// Where a command goes. What it changes is changed.
    pub fn route(&mut self, command: &Command) -> Route {
        match command {
            Command::Join { room, session, .. } => self.join(*room, *session),
            Command::Restart { session, .. }
            | Command::Watch { session, .. }
            | Command::Admit { session }
            | Command::Share { session, .. }
            | Command::Look { session, .. } => self.to(self.sessions.get(session).map(|placed| placed.node)),
            Command::Leave { session } => {
                let left = self.sessions.remove(session);
                self.to(left.map(|placed| placed.node))
            }
            Command::Surface { room, .. } => self.to(self.rooms.get(room).copied()),
            Command::CloseRoom { room } => {
                self.sessions.retain(|_, placed| placed.room != *room);
                let closed = self.rooms.remove(room);
                self.to(closed)
            }
        }
    }

    fn to(&self, node: Option<NodeIndex>) -> Route {
        node.map_or(Route::Nowhere, Route::To)
    }

    fn join(&mut self, room: RoomId, session: SessionId) -> Route {
        let Some(node) = self.rooms.get(&room).copied().or_else(|| self.least_loaded()) else {
            return Route::Refused(Event::OfferRefused { session, error: OfferError::NoNode });
        };
        self.rooms.insert(room, node);
        self.sessions.insert(session, Placed { node, room, is_answered: false });
        Route::To(node)
    }

    /// The node with the fewest sessions; a room counts as one more, because people are about to come. Of equals the first.
    fn least_loaded(&self) -> Option<NodeIndex> {
        let load = |node: NodeIndex| {
            let sessions = self.sessions.values().filter(|placed| placed.node == node).count();
            sessions + self.rooms.values().filter(|on| **on == node).count()
        };
        (0..self.nodes.len()).filter(|node| self.nodes[*node] == Standing::Up).min_by_key(|node| load(*node))
    }

    /// Whether a node has this session, or is about to have it.
    pub fn has(&self, session: SessionId) -> bool {
        self.sessions.contains_key(&session)
    }

    /// Whether what a node said is to be passed on: it still has the session it speaks of. What it changes is changed.
    pub fn hear(&mut self, node: NodeIndex, event: &Event) -> bool {
        let session = event.session();
        let Some(placed) = self.sessions.get_mut(&session).filter(|placed| placed.node == node) else { return false };
        match event {
            Event::Answered { .. } => placed.is_answered = true,
            Event::OfferRefused { .. } | Event::Gone { .. } => drop(self.sessions.remove(&session)),
            _ => {}
        }
        true
    }
}

/// What is said about a session whose node is lost.
fn last_word(session: SessionId, placed: Placed) -> Event {
    if placed.is_answered {
        Event::Gone { session, reason: Gone::NodeLost }
    } else {
        Event::OfferRefused { session, error: OfferError::NoNode }
    }
}

#[cfg(test)]
mod tests;
