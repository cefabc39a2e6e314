//! How much a connection carries, from when each packet arrives at its other end (transport-wide feedback).
//!
//! Three opinions: a queue that grows (`delay`), packets that get lost (`loss`), and short bursts at a higher rate (`probe`).
//! What an SFU sends is given by its publishers, so most of the time it sends less than the connection carries: an estimate
//! that nothing contradicts stays, and a probe finds what is beyond it when somebody wishes for more.

mod arriving;
mod delay;
mod loss;
mod probe;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::rtcp::{Arrivals, MOST_TOLD};
use arriving::Arriving;
use delay::{Delay, Queue};
use loss::Losses;

use crate::quality::{self, Tally};
use probe::{Cluster, Prober};

/// What a connection is taken to carry until it has shown what it does, bits per second: what a telephone on a bad network
/// does. Probes find in a fraction of a second what others carry.
const FIRST: f64 = 300_000.0;
/// Estimates stay between these: a voice, and more than anybody's slots take.
const LOWEST: f64 = 40_000.0;
const HIGHEST: f64 = 50_000_000.0;
/// When a queue grows, what arrives is what the link carries; a little less lets the queue drain.
const BACKS_OFF_TO: f64 = 0.85;
/// An estimate that holds grows by this much a second, up to [`AHEAD`] of what arrives.
const GROWS: f64 = 1.08;
const AHEAD: f64 = 1.5;
/// Loss beyond what the link loses by itself, from which less is sent.
const TOO_MUCH_LOST: f64 = 0.1;
/// Packets wait for a report for so long, and so many of them at most.
const WAIT_FOR: Duration = Duration::from_secs(2);
const MOST_WAITING: usize = MOST_TOLD as usize;
/// What a probe found is believed when it has held for so long. Until then less evidence against it is enough: excess loss, 0 to 1.
const HOLDS_FOR: Duration = Duration::from_secs(10);
const LOST_IN_DOUBT: f64 = 0.03;
/// After a probe its queue drains for so long.
const PROBE_DRAINS: Duration = Duration::from_millis(150);

/// The estimator of one connection.
#[derive(Debug)]
pub(crate) struct Estimator {
    /// Packets not reported yet, by their numbers, the first of which is `base`.
    waiting: VecDeque<Waiting>,
    base: u64,
    arriving: Arriving,
    delay: Delay,
    losses: Losses,
    /// All packets that arrived, by their transport-wide numbers. What a report leaves out before something newer is lost too.
    came: quality::Arrivals,
    prober: Prober,
    calm_from: Option<Instant>,
    /// When a probe last found more than was known, which has not held for long yet.
    found_at: Option<Instant>,
    estimate: f64,
    wanted: f64,
    lowered_at: Option<Instant>,
    raised_at: Option<Instant>,
    round_trip: Option<Duration>,
}

#[derive(Debug, Clone, Copy)]
struct Waiting {
    sent: Instant,
    bytes: usize,
    cluster: Cluster,
    reported: bool,
}

impl Estimator {
    /// Nothing known.
    pub(crate) fn new() -> Self {
        Self {
            waiting: VecDeque::new(),
            base: 0,
            arriving: Arriving::default(),
            delay: Delay::new(),
            losses: Losses::default(),
            came: quality::Arrivals::default(),
            prober: Prober::new(),
            calm_from: None,
            found_at: None,
            estimate: FIRST,
            wanted: 0.0,
            lowered_at: None,
            raised_at: None,
            round_trip: None,
        }
    }

    /// What the connection carries, bits per second.
    pub(crate) fn estimate(&self) -> u64 {
        self.estimate as u64
    }

    /// From sending a packet to hearing of it; the shortest of late.
    pub(crate) fn round_trip(&self) -> Option<Duration> {
        self.round_trip
    }

    /// What became of the packets sent so far, as far as was told.
    pub(crate) fn told(&self) -> Tally {
        self.came.tally()
    }

    /// What would be sent if the connection carried it, bits per second.
    pub(crate) fn set_wanted(&mut self, wanted: u64) {
        self.wanted = wanted as f64;
    }

    /// The number of the next packet.
    pub(crate) fn next_number(&self) -> u64 {
        self.base + self.waiting.len() as u64
    }

    /// The packet with [`Estimator::next_number`] was sent.
    pub(crate) fn sent(&mut self, now: Instant, bytes: usize) {
        let is_done = |waiting: &Waiting| waiting.reported || now > waiting.sent + WAIT_FOR;
        while self.waiting.len() >= MOST_WAITING || self.waiting.front().is_some_and(is_done) {
            self.waiting.pop_front();
            self.base += 1;
        }
        let cluster = self.prober.cluster();
        self.waiting.push_back(Waiting { sent: now, bytes, cluster, reported: false });
    }

    /// Begins a probe when it is time for one.
    pub(crate) fn consider_probe(&mut self, now: Instant) {
        let just_lowered = self.lowered_at.is_some_and(|at| now < at + Duration::from_secs(1));
        if !just_lowered && self.delay.queue() != Queue::Grows {
            self.prober.consider(self.estimate, self.wanted.min(HIGHEST), now);
        }
    }

    /// When a probe's next packet is due.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.prober.deadline()
    }

    /// Bytes of a probe to send now.
    pub(crate) fn due(&mut self, now: Instant) -> usize {
        self.prober.due(now)
    }

    /// A report came.
    pub(crate) fn reported(&mut self, arrivals: &Arrivals<'_>, now: Instant) {
        let mut newest_sent = None;
        let base = self.base;
        let newest = self.next_number();
        arrivals.each(|number, came| {
            // The full number nearest to the newest that was sent.
            let behind = (newest as u16).wrapping_sub(number);
            let Some(index) = newest.checked_sub(u64::from(behind)).and_then(|full| full.checked_sub(base)) else {
                return;
            };
            let Some(waiting) = self.waiting.get_mut(index as usize).filter(|waiting| !waiting.reported) else {
                return;
            };
            self.losses.note(came.is_some());
            let Some(at) = came else { return };
            waiting.reported = true;
            self.came.note(base + index);
            let Waiting { sent, bytes, cluster, .. } = *waiting;
            newest_sent = newest_sent.max(Some(sent));
            self.arriving.add(at, bytes);
            self.prober.arrived(cluster, sent, at, bytes);
            let is_quiet = cluster == 0 && self.calm_from.is_none_or(|calm| sent > calm);
            if is_quiet && !self.prober.is_running() {
                self.delay.arrived(sent, at);
            }
        });
        self.prober.reported();
        if let Some(sent) = newest_sent {
            self.note_round_trip(now.saturating_duration_since(sent));
            self.update(sent, now);
        }
    }

    fn note_round_trip(&mut self, sample: Duration) {
        // A report gathers for up to 100 ms: the shortest is the nearest to the truth, and may grow slowly.
        let slower = self.round_trip.map_or(sample, |known| known + known / 32 + Duration::from_micros(100));
        self.round_trip = Some(sample.min(slower));
    }

    /// A report came of packets up to one that was sent at `newest`.
    fn update(&mut self, newest: Instant, now: Instant) {
        let arriving = self.arriving.rate();
        let excess = self.losses.excess(now).unwrap_or(0.0);
        if let Some(found) = self.prober.result(newest, now) {
            self.calm_from = Some(now + PROBE_DRAINS);
            self.delay.interrupt();
            // A burst that finds less than what is known finds the grain of its own measure.
            if found > self.estimate {
                self.found_at = Some(now);
                self.set(found, now);
            }
            return;
        }
        if self.found_at.take_if(|at| now > *at + HOLDS_FOR).is_some() {
            self.prober.trust();
        }
        let soon = self.round_trip.unwrap_or_default().clamp(Duration::from_millis(10), Duration::from_millis(200));
        let may_lower = self.lowered_at.is_none_or(|at| now >= at + soon);
        let carried = arriving.map_or(self.estimate, |rate| rate * BACKS_OFF_TO);
        match self.delay.queue() {
            Queue::Grows => {
                if may_lower && carried < self.estimate {
                    self.lower(carried, now);
                }
            }
            _ if self.found_at.is_some() && excess > LOST_IN_DOUBT => {
                self.lower(carried.min(self.estimate * (1.0 - 0.5 * excess)), now);
            }
            _ if excess > TOO_MUCH_LOST => self.lower(self.estimate * (1.0 - 0.5 * excess), now),
            Queue::Drains => {}
            Queue::Steady => {
                let within = now.saturating_duration_since(self.raised_at.unwrap_or(now)).as_secs_f64().min(1.0);
                let most = arriving.map_or(0.0, |rate| rate * AHEAD + 10_000.0);
                let grown = (self.estimate * GROWS.powf(within)).min(most);
                if grown > self.estimate {
                    self.estimate = grown.min(HIGHEST);
                }
            }
        }
        self.raised_at = Some(now);
    }

    fn lower(&mut self, to: f64, now: Instant) {
        self.lowered_at = Some(now);
        if self.found_at.take().is_some() {
            self.prober.doubt(now);
        }
        self.prober.hold_back(now);
        self.set(to, now);
    }

    fn set(&mut self, to: f64, now: Instant) {
        self.estimate = to.clamp(LOWEST, HIGHEST);
        self.raised_at = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rtcp::{self, Feedback};

    const MS: Duration = Duration::from_millis(1);

    /// One packet of so many bytes every 10 ms, each reported with four others, 20 ms after the last; `clock` is the
    /// receiver's, in units of 64 ms, and every packet of a report arrives 10 ms after the one before.
    fn play(estimator: &mut Estimator, now: &mut Instant, clock: impl Fn(u32) -> u32, reports: u32, bytes: usize) {
        for report in 0..reports {
            let first = estimator.next_number() as u16;
            for _ in 0..5 {
                *now += 10 * MS;
                estimator.sent(*now, bytes);
            }
            let mut packet = vec![0x8f, 205, 0, 6, 0, 0, 0, 1, 0, 0, 0, 2];
            packet.extend(first.to_be_bytes());
            packet.extend([0, 5]);
            packet.extend(((clock(report) << 8) | report & 0xff).to_be_bytes());
            // A run of five small gaps: none, then 10 ms each.
            packet.extend([0x20, 5, 0, 40, 40, 40, 40, 0]);
            rtcp::read(&packet, |feedback| {
                let Feedback::Arrivals(arrivals) = feedback else { panic!("{feedback:?}") };
                estimator.reported(&arrivals, *now + 20 * MS);
            });
        }
    }

    #[test]
    fn a_receiver_s_clock_that_begins_anew_freezes_nothing() {
        let (mut estimator, mut now) = (Estimator::new(), Instant::now());
        let clock = |report: u32| (0xff_ffe0 + report) & 0xff_ffff; // wraps after 32 reports
        play(&mut estimator, &mut now, clock, 36, 1_000);
        play(&mut estimator, &mut now, |report| report + 4, 30, 100);
        let arriving = estimator.arriving.rate().unwrap();
        assert!((50_000.0..90_000.0).contains(&arriving), "{arriving}");
    }

    #[test]
    fn a_receiver_s_clock_that_stands_still_leads_nowhere() {
        let (mut estimator, mut now) = (Estimator::new(), Instant::now());
        play(&mut estimator, &mut now, |_| 7, 2_000, 1_000);
        assert!((LOWEST..=HIGHEST).contains(&estimator.estimate));
    }

    proptest! {
        /// Whatever a receiver reports, and whenever: an estimate within its bounds, and nothing that grows.
        #[test]
        fn no_report_leads_anywhere_else(
            steps in proptest::collection::vec((0_u64..100_000, 0_usize..40, 0_u16..50, any::<u16>(), any::<[u8; 16]>()), 0..60),
        ) {
            let (mut estimator, mut now) = (Estimator::new(), Instant::now());
            for (index, (later, packets, behind, count, rest)) in steps.into_iter().enumerate() {
                now += Duration::from_millis(if index % 20 == 19 { later * 1_000 } else { later % 200 });
                estimator.set_wanted(later * 1_000);
                estimator.consider_probe(now);
                let packets = packets + estimator.due(now) / 200;
                prop_assert!(packets < 1_000, "a probe is no flood");
                (0..packets).for_each(|_| estimator.sent(now, 200));
                let mut report = vec![0x8f, 205, 0, 8, 0, 0, 0, 1, 0, 0, 0, 2];
                report.extend((estimator.next_number() as u16).wrapping_sub(behind).to_be_bytes());
                report.extend((count % 60).to_be_bytes());
                report.extend(rest);
                report.resize(36, 0);
                rtcp::read(&report, |feedback| {
                    if let Feedback::Arrivals(arrivals) = feedback {
                        estimator.reported(&arrivals, now);
                    }
                });
                prop_assert!((LOWEST..=HIGHEST).contains(&estimator.estimate), "{}", estimator.estimate);
                prop_assert!(estimator.waiting.len() <= MOST_WAITING);
            }
        }
    }
}
