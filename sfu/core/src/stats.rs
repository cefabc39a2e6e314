//! What the node counts. Plain numbers without addresses: safe to print, export and compare in tests.

use serde::{Deserialize, Serialize};
use shared::limits::CAMERA_LAYERS;

use crate::quality::Tally;

/// Datagrams that were dropped, by reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    /// Neither STUN, DTLS, RTP nor RTCP by its first bytes, or a STUN that cannot be read.
    pub unreadable: u64,
    /// Not STUN, from an address that no session has proved to be its own.
    pub unknown_address: u64,
    /// A STUN for a user fragment that no session has.
    pub unknown_ufrag: u64,
    /// STUN other than a binding request: an ICE-lite agent asks nothing and expects no answers.
    pub not_a_request: u64,
    /// A STUN whose integrity check failed: the address was not learned.
    pub refused_stun: u64,
}

impl Dropped {
    /// All of them.
    pub const fn total(&self) -> u64 {
        self.unreadable + self.unknown_address + self.unknown_ufrag + self.not_a_request + self.refused_stun
    }
}

/// Packets of media on connections of one direction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carried {
    /// Packets that should have arrived by now, as far as is known.
    pub expected: u64,
    /// Those that did, repeated ones included.
    pub arrived: u64,
}

impl Carried {
    const fn plus(&self, other: &Self) -> Self {
        Self { expected: self.expected + other.expected, arrived: self.arrived + other.arrived }
    }

    pub(crate) fn add(&mut self, tally: Tally) {
        self.expected += tally.expected;
        self.arrived += tally.expected.saturating_sub(tally.lost);
    }
}

/// What subscribers' video slots carry now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// Faces by the layer that flows, the smallest first.
    pub faces: [usize; CAMERA_LAYERS.len()],
    /// Screens.
    pub screens: usize,
    /// Pictures that a page shows and for which there is no bandwidth.
    pub paused: usize,
}

/// Connections by how well they serve.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connections {
    /// Nobody notices anything.
    pub good: usize,
    /// It is noticed.
    pub fair: usize,
    /// A conversation suffers.
    pub poor: usize,
}

/// Counters since the node was made, and how much it holds now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stats {
    /// Rooms now.
    pub rooms: usize,
    /// Sessions now.
    pub sessions: usize,
    /// Addresses that sessions have proved to be theirs, now.
    pub addresses: usize,
    /// Timers armed now.
    pub timers: usize,
    /// Connected sessions now, by their connection.
    pub connections: Connections,
    /// What is shown now.
    pub shown: Shown,
    /// People who have the floor now.
    pub speakers: usize,
    /// From publishers to the node.
    pub up: Carried,
    /// From the node to subscribers, where their browsers tell.
    pub down: Carried,
    /// Datagrams that came in.
    pub datagrams: u64,
    /// Their bytes, without headers of UDP and IP.
    pub bytes: u64,
    /// Of them dropped before they reached a session.
    pub dropped: Dropped,
    /// DTLS errors before a session was connected: a spoofed alert looks like this. Counted and ignored.
    pub early_dtls_errors: u64,
    /// Every other error while handling what a peer sent.
    pub peer_errors: u64,
    /// Panics that were caught; each cost one session.
    pub faults: u64,
    /// RTP packets that came in from publishers.
    pub rtp_in: u64,
    /// RTP packets handed to subscribers.
    pub rtp_out: u64,
    /// Keyframe requests sent to publishers.
    pub keyframe_requests: u64,
    /// Pointer positions passed on (counted once, whatever the number of receivers).
    pub pointers: u64,
    /// Drawing operations taken.
    pub drawing_ops: u64,
    /// Drawing operations refused.
    pub drawing_refused: u64,
    /// Data-channel messages that are no message of the protocol, or that came from the lobby.
    pub stray_messages: u64,
}

impl Stats {
    /// Of two threads together.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        let Self {
            rooms,
            sessions,
            addresses,
            timers,
            connections,
            shown,
            speakers,
            up,
            down,
            datagrams,
            bytes,
            dropped,
            early_dtls_errors,
            peer_errors,
            faults,
            rtp_in,
            rtp_out,
            keyframe_requests,
            pointers,
            drawing_ops,
            drawing_refused,
            stray_messages,
        } = *self;
        Self {
            rooms: rooms + other.rooms,
            sessions: sessions + other.sessions,
            addresses: addresses + other.addresses,
            timers: timers + other.timers,
            connections: connections.plus(&other.connections),
            shown: shown.plus(&other.shown),
            speakers: speakers + other.speakers,
            up: up.plus(&other.up),
            down: down.plus(&other.down),
            datagrams: datagrams + other.datagrams,
            bytes: bytes + other.bytes,
            dropped: dropped.plus(&other.dropped),
            early_dtls_errors: early_dtls_errors + other.early_dtls_errors,
            peer_errors: peer_errors + other.peer_errors,
            faults: faults + other.faults,
            rtp_in: rtp_in + other.rtp_in,
            rtp_out: rtp_out + other.rtp_out,
            keyframe_requests: keyframe_requests + other.keyframe_requests,
            pointers: pointers + other.pointers,
            drawing_ops: drawing_ops + other.drawing_ops,
            drawing_refused: drawing_refused + other.drawing_refused,
            stray_messages: stray_messages + other.stray_messages,
        }
    }
}

impl Dropped {
    const fn plus(&self, other: &Self) -> Self {
        let Self { unreadable, unknown_address, unknown_ufrag, not_a_request, refused_stun } = *self;
        Self {
            unreadable: unreadable + other.unreadable,
            unknown_address: unknown_address + other.unknown_address,
            unknown_ufrag: unknown_ufrag + other.unknown_ufrag,
            not_a_request: not_a_request + other.not_a_request,
            refused_stun: refused_stun + other.refused_stun,
        }
    }
}

impl Shown {
    fn plus(&self, other: &Self) -> Self {
        let mut faces = self.faces;
        faces.iter_mut().zip(other.faces).for_each(|(ours, theirs)| *ours += theirs);
        Self { faces, screens: self.screens + other.screens, paused: self.paused + other.paused }
    }
}

impl Connections {
    const fn plus(&self, other: &Self) -> Self {
        Self { good: self.good + other.good, fair: self.fair + other.fair, poor: self.poor + other.poor }
    }
}
