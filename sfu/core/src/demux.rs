//! Which session a datagram belongs to, in constant time whatever the number of sessions (SECURITY T5).
//!
//! STUN says itself for whom it is, by its user fragment. Everything else is known by its source address, and
//! an address is a session's only after an integrity-checked STUN came from it. The newest proof wins.

use std::collections::HashMap;
use std::net::SocketAddr;

use shared::ids::SessionId;

/// Addresses kept per session: a browser tries one per network interface; the oldest is forgotten beyond that.
const MAX_ADDRESSES: usize = 8;

/// The two indexes and what is needed to take a session out of both.
#[derive(Debug, Default)]
pub(crate) struct Demux {
    by_ufrag: HashMap<String, SessionId>,
    by_address: HashMap<SocketAddr, SessionId>,
    entries: HashMap<SessionId, Entry>,
}

#[derive(Debug)]
struct Entry {
    ufrag: String,
    addresses: Vec<SocketAddr>,
}

impl Demux {
    /// Makes a session findable by its user fragment.
    pub(crate) fn insert(&mut self, session: SessionId, ufrag: String) {
        self.by_ufrag.insert(ufrag.clone(), session);
        self.entries.insert(session, Entry { ufrag, addresses: Vec::new() });
    }

    /// Forgets a session.
    pub(crate) fn remove(&mut self, session: SessionId) {
        let Some(entry) = self.entries.remove(&session) else { return };
        self.by_ufrag.remove(&entry.ufrag);
        for address in entry.addresses {
            self.by_address.remove(&address);
        }
    }

    /// The session of that user fragment.
    pub(crate) fn by_ufrag(&self, ufrag: &str) -> Option<SessionId> {
        self.by_ufrag.get(ufrag).copied()
    }

    /// The session that has proved this address to be its own.
    pub(crate) fn by_address(&self, address: SocketAddr) -> Option<SessionId> {
        self.by_address.get(&address).copied()
    }

    /// Notes an address that a session has proved to be its own.
    pub(crate) fn learn(&mut self, session: SessionId, address: SocketAddr) {
        if let Some(before) = self.by_address.insert(address, session)
            && let Some(entry) = self.entries.get_mut(&before)
        {
            entry.addresses.retain(|known| *known != address);
        }
        let Some(entry) = self.entries.get_mut(&session) else { return };
        entry.addresses.push(address);
        if entry.addresses.len() > MAX_ADDRESSES {
            let oldest = entry.addresses.remove(0);
            self.by_address.remove(&oldest);
        }
    }

    /// Addresses known.
    pub(crate) fn addresses(&self) -> usize {
        self.by_address.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(port: u16) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, 1], port))
    }

    #[test]
    fn the_newest_proof_of_an_address_wins_and_leaving_frees_everything() {
        let (ann, ben) = (SessionId(1), SessionId(2));
        let mut demux = Demux::default();
        demux.insert(ann, "ann".into());
        demux.insert(ben, "ben".into());
        demux.learn(ann, address(1));
        demux.learn(ben, address(1));
        assert_eq!(demux.by_address(address(1)), Some(ben));
        demux.remove(ann);
        assert_eq!(demux.by_address(address(1)), Some(ben), "Ann's leaving must not take Ben's address");
        demux.remove(ben);
        assert_eq!((demux.by_ufrag("ben"), demux.addresses()), (None, 0));
    }

    #[test]
    fn a_session_keeps_a_bounded_number_of_addresses() {
        let mut demux = Demux::default();
        demux.insert(SessionId(1), "ann".into());
        for port in 1..=20 {
            demux.learn(SessionId(1), address(port));
        }
        assert_eq!(demux.addresses(), MAX_ADDRESSES);
        assert_eq!(demux.by_address(address(20)), Some(SessionId(1)));
    }
}
