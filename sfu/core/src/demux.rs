//! Which session a datagram belongs to, in constant time whatever the number of sessions (SECURITY T5).
//!
//! STUN says itself for whom it is, by its user fragment. Everything else is known by its source address, and
//! an address is a session's only after an integrity-checked STUN or an authenticated, new report came from it. The newest
//! proof wins.

use std::collections::HashMap;
use std::collections::hash_map::Entry as MapEntry;
use std::net::SocketAddr;

use shared::ids::SessionId;

use crate::ids::BySession;
use crate::node::Transport;

/// Where a peer's datagrams come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Path {
    pub(crate) transport: Transport,
    pub(crate) source: SocketAddr,
}

/// Addresses kept per session: a browser tries one per network interface; the oldest is forgotten beyond that.
const MAX_ADDRESSES: usize = 8;
/// SSRCs kept per session that send reports: a browser has one for all its streams, or a few.
const MAX_REPORTERS: usize = 4;

/// The two indexes and what is needed to take a session out of both.
#[derive(Debug, Default)]
pub(crate) struct Demux {
    by_ufrag: HashMap<String, SessionId>,
    by_path: HashMap<Path, SessionId>,
    /// By the SSRC that stands before each report in the clear.
    by_reporter: HashMap<u32, SessionId>,
    entries: BySession<Entry>,
}

#[derive(Debug)]
struct Entry {
    ufrag: String,
    paths: Vec<Path>,
    reporters: Vec<u32>,
}

impl Demux {
    /// Makes a session findable by its user fragment.
    pub(crate) fn insert(&mut self, session: SessionId, ufrag: String) {
        self.by_ufrag.insert(ufrag.clone(), session);
        self.entries.insert(session, Entry { ufrag, paths: Vec::new(), reporters: Vec::new() });
    }

    /// Another user fragment in place of the session's; the one before leads nowhere from now on.
    pub(crate) fn rename(&mut self, session: SessionId, ufrag: String) {
        let Some(entry) = self.entries.get_mut(&session) else { return };
        let before = std::mem::replace(&mut entry.ufrag, ufrag.clone());
        self.by_ufrag.remove(&before);
        self.by_ufrag.insert(ufrag, session);
    }

    /// Forgets a session.
    pub(crate) fn remove(&mut self, session: SessionId) {
        let Some(entry) = self.entries.remove(&session) else { return };
        self.by_ufrag.remove(&entry.ufrag);
        for path in entry.paths {
            self.by_path.remove(&path);
        }
        for reporter in entry.reporters {
            self.by_reporter.remove(&reporter);
        }
    }

    /// The session of that user fragment.
    pub(crate) fn by_ufrag(&self, ufrag: &str) -> Option<SessionId> {
        self.by_ufrag.get(ufrag).copied()
    }

    /// The session that has proved this address to be its own.
    pub(crate) fn by_path(&self, path: Path) -> Option<SessionId> {
        self.by_path.get(&path).copied()
    }

    /// Notes an address that a session has proved to be its own.
    pub(crate) fn learn(&mut self, session: SessionId, path: Path) {
        if let Some(before) = self.by_path.insert(path, session)
            && let Some(entry) = self.entries.get_mut(&before)
        {
            entry.paths.retain(|known| *known != path);
        }
        let Some(entry) = self.entries.get_mut(&session) else { return };
        entry.paths.push(path);
        if entry.paths.len() > MAX_ADDRESSES {
            let oldest = entry.paths.remove(0);
            self.by_path.remove(&oldest);
        }
    }

    /// The session whose reports came from that SSRC. Whether a datagram is really from it must still be shown.
    pub(crate) fn by_reporter(&self, ssrc: u32) -> Option<SessionId> {
        self.by_reporter.get(&ssrc).copied()
    }

    /// Notes whose reports an SSRC sends. The first keeps it: nobody takes it from them by sending one like it.
    pub(crate) fn learn_reporter(&mut self, session: SessionId, ssrc: u32) {
        let Some(entry) = self.entries.get_mut(&session).filter(|entry| entry.reporters.len() < MAX_REPORTERS) else {
            return;
        };
        if let MapEntry::Vacant(vacant) = self.by_reporter.entry(ssrc) {
            vacant.insert(session);
            entry.reporters.push(ssrc);
        }
    }

    /// Addresses known.
    pub(crate) fn paths(&self) -> usize {
        self.by_path.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(port: u16) -> Path {
        Path { transport: Transport::Udp, source: SocketAddr::from(([192, 0, 2, 1], port)) }
    }

    #[test]
    fn the_newest_proof_of_an_address_wins_and_leaving_frees_everything() {
        let (ann, ben) = (SessionId(1), SessionId(2));
        let mut demux = Demux::default();
        demux.insert(ann, "ann".into());
        demux.insert(ben, "ben".into());
        demux.learn(ann, path(1));
        demux.learn(ben, path(1));
        assert_eq!(demux.by_path(path(1)), Some(ben));
        demux.remove(ann);
        assert_eq!(demux.by_path(path(1)), Some(ben), "Ann's leaving must not take Ben's address");
        demux.remove(ben);
        assert_eq!((demux.by_ufrag("ben"), demux.paths()), (None, 0));
    }

    #[test]
    fn a_renamed_session_is_found_by_its_new_name_alone_and_keeps_its_addresses() {
        let ann = SessionId(1);
        let mut demux = Demux::default();
        demux.insert(ann, "ann".into());
        demux.learn(ann, path(1));
        demux.rename(ann, "anna".into());
        demux.rename(SessionId(2), "nobody".into());
        assert_eq!((demux.by_ufrag("ann"), demux.by_ufrag("anna")), (None, Some(ann)));
        assert_eq!((demux.by_ufrag("nobody"), demux.by_path(path(1))), (None, Some(ann)));
        demux.remove(ann);
        assert_eq!((demux.by_ufrag("anna"), demux.paths()), (None, 0));
    }

    #[test]
    fn a_session_keeps_a_bounded_number_of_addresses() {
        let mut demux = Demux::default();
        demux.insert(SessionId(1), "ann".into());
        for port in 1..=20 {
            demux.learn(SessionId(1), path(port));
        }
        assert_eq!(demux.paths(), MAX_ADDRESSES);
        assert_eq!(demux.by_path(path(20)), Some(SessionId(1)));
    }
}
