//! The way to a peer: from which of our addresses to which of theirs.
//!
//! An ICE-lite agent sends where the other side nominates (RFC 8445 section 7.3.1.5), and the newest nomination counts: it
//! comes with the first check after a network change or a NAT that forgot, when the old way is already dead. str0m stays
//! with what it has when priorities are equal.

use std::net::SocketAddr;

use crate::demux::Path;
use crate::node::{Output, Transport};
use crate::stun;

/// Where everything for one peer goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) transport: Transport,
    /// Ours.
    pub(crate) source: SocketAddr,
    /// Theirs.
    pub(crate) destination: SocketAddr,
}

impl Route {
    /// Back to where a datagram came from.
    pub(crate) fn back(path: Path, arrived_at: SocketAddr) -> Self {
        Self { transport: path.transport, source: arrived_at, destination: path.source }
    }

    /// Datagrams on this way, each but the last of `segment` bytes.
    pub(crate) fn transmit(&self, segment: usize, payload: Vec<u8>) -> Output {
        let Self { transport, source, destination } = *self;
        Output::Transmit { source, destination, transport, payload, segment }
    }
}

/// A check that nominates the way it came.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Nomination {
    route: Route,
    transaction: [u8; 12],
}

impl Nomination {
    /// Reads it out of a STUN request; whether the request is from the peer is not known yet.
    pub(crate) fn in_request(request: &[u8], route: Route) -> Option<Self> {
        stun::nominates(request).map(|transaction| Self { route, transaction })
    }

    /// The nominated way, if this is the answer that says that the request's integrity was right.
    pub(crate) fn confirmed_by(&self, answer: &Output) -> Option<Route> {
        let Output::Transmit { destination, payload, .. } = answer else { return None };
        let is_answer = *destination == self.route.destination && stun::is_success(payload, &self.transaction);
        is_answer.then_some(self.route)
    }
}
