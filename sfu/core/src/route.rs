//! The way to a peer: from which of our addresses to which of theirs.
//!
//! An ICE-lite agent sends where the other side nominates (RFC 8445 section 7.3.1.5). str0m stays with what it has when
//! priorities are equal, which a NAT that forgot makes them.
//!
//! Chromium nominates the one way that it uses, again and again. Firefox nominates every way that it checks, each once, takes
//! the best of those that work, and never nominates again: the last of them may be one that it does not keep alive. So a worse
//! way is taken only when it is nominated twice; a better one at once, and so is the same way from another address, because
//! then the old one is dead.

use std::collections::VecDeque;
use std::net::SocketAddr;

use crate::demux::Path;
use crate::guards::{self, Guard};
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

/// Confirmed nominations that are remembered: a copy of one of them moves nothing. A check may be recorded and sent again from
/// anywhere, integrity and all. Chromium nominates about every 2.5 seconds once it has settled, so this is most of an hour; fewer
/// let copies count sooner, more cost 12 bytes each.
const REMEMBERED: usize = 1_024;

/// A check that nominates the way it came.
#[derive(Debug, Clone)]
pub(crate) struct Nomination {
    route: Route,
    transaction: [u8; 12],
    /// Whose check of whom: an ICE restart changes it.
    username: Vec<u8>,
    /// What the peer thinks of the way.
    priority: u32,
}

impl Nomination {
    /// Reads it out of a STUN request; whether the request is from the peer is not known yet.
    pub(crate) fn in_request(request: &[u8], route: Route) -> Option<Self> {
        let transaction = stun::nominates(request)?;
        let (username, priority) = (stun::username(request)?.to_vec(), stun::priority(request)?);
        Some(Self { route, transaction, username, priority })
    }

    /// Whether this is the answer that says that the request's integrity was right.
    pub(crate) fn is_confirmed_by(&self, answer: &Output) -> bool {
        let Output::Transmit { destination, payload, .. } = answer else { return false };
        *destination == self.route.destination && stun::is_success(payload, &self.transaction)
    }

    /// Whether it is at once better than the one that counts now.
    fn is_preferred_to(&self, now: &Self) -> bool {
        let rank = |of: &Self| (of.route.transport == Transport::Udp, of.priority);
        let (ours, theirs) = (rank(self), rank(now));
        self.username != now.username || ours > theirs || (ours == theirs && self.route.source == now.route.source)
    }
}

/// The nominations of one peer.
#[derive(Debug, Default)]
pub(crate) struct Nominations {
    /// The one that counts.
    counts: Option<Nomination>,
    /// A worse way that was nominated once.
    once: Option<Route>,
    seen: VecDeque<[u8; 12]>,
}

impl Nominations {
    /// A nomination was confirmed: sets the route, if it is to be followed.
    pub(crate) fn confirmed(&mut self, nomination: Nomination, route: &mut Option<Route>) {
        // Nor may copies, from wherever they seem to come, take the place of what is remembered.
        if self.seen.contains(&nomination.transaction) && guards::holds(Guard::CopiedChecks) {
            return;
        }
        let way = nomination.route;
        let moves = *route != Some(way);
        self.seen.push_back(nomination.transaction);
        self.seen.drain(..self.seen.len().saturating_sub(REMEMBERED));
        let is_preferred = self.counts.as_ref().is_none_or(|counts| nomination.is_preferred_to(counts));
        if moves && !is_preferred && self.once.replace(way) != Some(way) {
            return;
        }
        self.once = None;
        self.counts = Some(nomination);
        *route = Some(way);
    }

    /// The newest report of the peer came this way: a NAT that forgot gives them another address, which they do not know of
    /// and so nominate only with their next check. Which of our addresses and which transport they use is not changed by a NAT.
    pub(crate) fn reported_from(&mut self, way: Route, route: &mut Option<Route>) {
        let Some(now) = route.filter(|now| now.transport == Transport::Udp && now.transport == way.transport) else {
            return;
        };
        if now.source == way.source && now != way {
            *route = Some(way);
            if let Some(counts) = self.counts.as_mut().filter(|counts| counts.route == now) {
                counts.route = way;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nomination(transport: Transport, (ours, theirs): (u16, u16), transaction: u8, priority: u32) -> Nomination {
        let address = |port| SocketAddr::from(([192, 0, 2, 1], port));
        let route = Route { transport, source: address(ours), destination: address(theirs) };
        Nomination { route, transaction: [transaction; 12], username: b"us:them".to_vec(), priority }
    }

    /// The ports of the route after each of these nominations.
    fn routes(nominated: &[Nomination]) -> Vec<(u16, u16)> {
        let (mut nominations, mut route) = (Nominations::default(), None);
        let each = nominated.iter().map(|nomination| {
            nominations.confirmed(nomination.clone(), &mut route);
            route.map(|route| (route.source.port(), route.destination.port())).unwrap()
        });
        each.collect()
    }

    #[test]
    fn the_newest_counts_when_it_is_no_worse_and_a_worse_one_when_it_is_meant() {
        let udp = |way, transaction, priority| nomination(Transport::Udp, way, transaction, priority);
        let tcp = |way, transaction, priority| nomination(Transport::Tcp, way, transaction, priority);
        let (a, b, moved) = ((1, 10), (1, 20), (1, 11));
        assert_eq!(routes(&[udp(a, 1, 100), udp(moved, 2, 100)]), [a, moved], "a NAT forgot");
        assert_eq!(routes(&[udp(b, 1, 50), udp(a, 2, 100)]), [b, a], "a better one");
        assert_eq!(
            routes(&[udp(a, 1, 100), udp(b, 2, 50), tcp((2, 30), 3, 200)]),
            [a, a, a],
            "all that Firefox checks"
        );
        assert_eq!(routes(&[udp(a, 1, 100), udp((3, 10), 2, 100)]), [a, a], "another address of ours");
        assert_eq!(routes(&[udp(a, 1, 100), udp(b, 2, 50), udp(b, 3, 50)]), [a, a, b], "Chromium left Wi-Fi");
        assert_eq!(routes(&[udp(a, 1, 100), udp(b, 2, 50), udp(a, 3, 100), udp(b, 4, 50)]), [a; 4], "it came back");
    }

    #[test]
    fn a_copy_moves_nothing_and_a_restart_moves_all() {
        let check = |theirs, transaction| nomination(Transport::Udp, (1, theirs), transaction, 100);
        let copied = [check(10, 1), check(66, 1), check(10, 2), check(66, 2), check(66, 2)];
        assert_eq!(routes(&copied), [(1, 10); 5]);
        // Recorded, pushed out of memory by copies of another in the peer's own name, and sent from elsewhere.
        let mut flood = vec![check(10, 1), check(10, 2)];
        flood.extend((0..=REMEMBERED).map(|_| check(10, 2)));
        flood.push(check(66, 1));
        assert_eq!(routes(&flood).pop(), Some((1, 10)));
        let restarted = Nomination { username: b"new:them".to_vec(), priority: 1, ..check(30, 3) };
        assert_eq!(routes(&[check(10, 1), restarted]), [(1, 10), (1, 30)]);
    }
}
