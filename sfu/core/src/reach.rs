//! How a session's page is reached, and whether it still is: what may not change when it takes another path, and how long
//! its silence is borne.

use std::time::{Duration, Instant};

use crate::offer::Outline;
use crate::peer::Promised;
use crate::twins::Section;

/// Silence after which a watched session is given up. Browsers check a path every 2.5 s, or every 5 s and report on what
/// they receive in between; shorter would take a few lost packets for a page that is gone.
const SILENCE: Duration = Duration::from_secs(6);

/// One session's reach.
#[derive(Debug)]
pub(crate) struct Reach {
    /// What every offer of this session must keep.
    pub(crate) outline: Outline,
    /// Its m-lines.
    pub(crate) sections: Vec<Section>,
    /// The streams that its answer names, which every answer of this session must name.
    pub(crate) streams: Vec<Promised>,
    /// When a datagram came last.
    pub(crate) heard_at: Instant,
    /// Whether its page has no socket, so that its silence is all that says that it is gone.
    pub(crate) watched: bool,
}

impl Reach {
    /// Just heard of.
    pub(crate) fn new(outline: Outline, sections: Vec<Section>, streams: Vec<Promised>, now: Instant) -> Self {
        Self { outline, sections, streams, heard_at: now, watched: false }
    }

    /// When its silence is too long, unless something comes.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.watched.then(|| self.heard_at + SILENCE)
    }

    /// Whether its silence is too long.
    pub(crate) fn is_silent(&self, now: Instant) -> bool {
        self.deadline().is_some_and(|at| at <= now)
    }
}
