//! Fifty people come into one room, one after the other, and then only sit there.

use std::time::{Duration, Instant};

use shared::limits::MAX_PARTICIPANTS;

use crate::load::Load;
use crate::{Forwarder, figure};

/// Until buffers of the handshakes are freed.
const SETTLE: Duration = Duration::from_secs(2);

/// What was measured.
pub(crate) struct Joins {
    /// From the offer to a connection that carries media, milliseconds, sorted.
    took_ms: Vec<f64>,
    /// Resident memory that each of them added to the server, KiB.
    kib_each: f64,
}

/// Brings them in.
pub(crate) fn measure() -> Joins {
    let mut server = Forwarder::OursPage.start();
    let mut load = Load::empty();
    // The first one pays for what is made once.
    load.bring_in(&mut server, Forwarder::OursPage);
    load.run_for(SETTLE);
    let before = server.resident_kib();
    let mut took_ms: Vec<f64> = (1..MAX_PARTICIPANTS)
        .map(|_| {
            let start = Instant::now();
            load.bring_in(&mut server, Forwarder::OursPage);
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    load.run_for(SETTLE);
    let kib_each = (server.resident_kib() - before) / took_ms.len() as f64;
    took_ms.sort_by(f64::total_cmp);
    Joins { took_ms, kib_each }
}

impl Joins {
    /// The figures.
    pub(crate) fn print(&self) {
        let at = |part: f64| self.took_ms[((self.took_ms.len() - 1) as f64 * part) as usize];
        figure("join_ms_p50", at(0.5));
        figure("join_ms_p95", at(0.95));
        figure("idle_participant_kib", self.kib_each);
    }
}
