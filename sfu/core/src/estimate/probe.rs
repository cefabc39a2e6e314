//! Finding out whether a connection carries more than what flows: a short burst at a higher rate, measured by how it
//! arrives. Repetitions of old packets serve, so nobody sees it.

use std::time::{Duration, Instant};

/// How long a probe is at least, and how much it sends at least: fewer packets measure the clock's grain.
const SHORTEST: Duration = Duration::from_millis(25);
const FEWEST_BYTES: f64 = 2_000.0;
/// Shapers have buckets that let a burst pass at any rate. Each time that what a probe found did not hold, the next one sends so
/// many times more, up to a size beyond the buckets that are common, and waits so many times longer.
const DOUBTS_SEND: f64 = 4.0;
const MOST_BYTES: f64 = 128_000.0;
const DOUBTS_WAIT: u32 = 2;
const MOST_DOUBTS: u32 = 4;
/// A long probe ends when what it sent of late arrives at less than this part of its rate.
const OVERFLOWS: f64 = 0.75;
/// Fewest packets that make a measurement.
const FEWEST_PACKETS: usize = 5;
/// A probe asks for so much more than what is known.
const STEP: f64 = 2.0;
/// No probe asks for more, bits per second.
const FASTEST: f64 = 8_000_000.0;
/// A thread that was held up makes up for so much of it; a probe is no flood.
const CATCHES_UP: Duration = Duration::from_millis(10);
/// How long what was sent may take to be reported.
const ANSWER_WITHIN: Duration = Duration::from_millis(1_500);
/// How long after a probe that found nothing the next one waits. A longer wait costs somebody whose connection has recovered
/// that much of a good picture.
const AGAIN_AFTER: Duration = Duration::from_secs(3);
/// A measured rate below what was sent is what the link carries; a little is left for others.
const LEAVES: f64 = 0.95;
/// Below this part of what was sent, the link was full.
const FULL: f64 = 0.9;

/// A probe has found something when it measured so much more than what was known. Without that the next one waits, or
/// those who wish for more than [`FASTEST`] would be probed without end.
const FINDS_MORE: f64 = 1.05;
/// Less than this is not worth a packet, bytes.
const FEWEST_AT_ONCE: f64 = 200.0;

/// Which probe a packet belongs to; 0 is none.
pub(crate) type Cluster = u32;

/// The prober of one connection.
#[derive(Debug)]
pub(crate) struct Prober {
    cluster: Cluster,
    running: Option<Running>,
    next: Option<Instant>,
    /// How often in a row it was wrong.
    doubts: u32,
}

#[derive(Debug)]
struct Running {
    rate: f64,
    /// What was known when it began, bits per second.
    carries: f64,
    began: Instant,
    last: Instant,
    until: Instant,
    sent_all: bool,
    measured: Measured,
}

/// What arrived of a probe, in the order of reports.
#[derive(Debug, Default)]
struct Measured(Vec<Arrival>);

/// Times are the sender's and the receiver's, each relative to nothing.
#[derive(Debug, Clone, Copy)]
struct Arrival {
    sent: Instant,
    /// Microseconds.
    at: i64,
    bytes: f64,
}

impl Prober {
    /// None yet.
    pub(crate) fn new() -> Self {
        Self { cluster: 0, running: None, next: None, doubts: 0 }
    }

    /// Begins a probe when it is time for one: `carries` is known and `wanted` is wished for, bits per second.
    pub(crate) fn consider(&mut self, carries: f64, wanted: f64, now: Instant) {
        if self.running.is_some() || carries >= wanted || self.next.is_some_and(|next| now < next) {
            return;
        }
        let rate = (carries * STEP).min(wanted * 1.05).min(FASTEST);
        let bytes = (FEWEST_BYTES * DOUBTS_SEND.powi(self.doubts as i32)).min(MOST_BYTES);
        let length = SHORTEST.max(Duration::from_secs_f64(bytes * 8.0 / rate.max(1.0)));
        self.cluster += 1;
        let (began, until) = (now, now + length);
        self.running =
            Some(Running { rate, carries, began, last: now, until, sent_all: false, measured: Measured::default() });
        self.next = Some(now + self.again_after());
    }

    /// Not before a while has passed: the connection has just shown that it carries less.
    pub(crate) fn hold_back(&mut self, now: Instant) {
        self.next = self.next.max(Some(now + self.again_after() / 2));
    }

    /// What the last probe found did not hold.
    pub(crate) fn doubt(&mut self, now: Instant) {
        self.doubts = (self.doubts + 1).min(MOST_DOUBTS);
        self.next = Some(now + self.again_after());
    }

    /// What the last probe found has held for a while.
    pub(crate) fn trust(&mut self) {
        self.doubts = 0;
    }

    fn again_after(&self) -> Duration {
        AGAIN_AFTER * DOUBTS_WAIT.pow(self.doubts)
    }

    /// The probe that packets sent now belong to.
    pub(crate) fn cluster(&self) -> Cluster {
        self.running.as_ref().filter(|running| !running.sent_all).map_or(0, |_| self.cluster)
    }

    /// Whether a probe is on its way: what arrives meanwhile says nothing about a queue of ours.
    pub(crate) fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// When the next packet of the probe is due.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let running = self.running.as_ref()?;
        let next = (running.last + running.worth_it()).min(running.until);
        Some(if running.sent_all { running.until + ANSWER_WITHIN } else { next })
    }

    /// Bytes to send now so that the probe keeps its rate.
    pub(crate) fn due(&mut self, now: Instant) -> usize {
        let Some(running) = &mut self.running else { return 0 };
        if running.sent_all {
            if now >= running.until + ANSWER_WITHIN {
                self.running = None;
            }
            return 0;
        }
        let worth_it = running.worth_it();
        let passed = now.saturating_duration_since(running.last).min(worth_it.max(CATCHES_UP));
        let bytes = running.rate / 8.0 * passed.as_secs_f64();
        if now >= running.until {
            running.sent_all = true;
        } else if passed < worth_it && now > running.began {
            return 0; // not enough for a packet yet
        }
        running.last = now;
        // The first packet begins the measurement.
        if now == running.began { FEWEST_AT_ONCE as usize } else { bytes as usize }
    }

    /// A packet of a probe arrived, `at` on the receiver's clock, microseconds.
    pub(crate) fn arrived(&mut self, cluster: Cluster, sent: Instant, at: i64, bytes: usize) {
        if let Some(running) = self.running.as_mut().filter(|_| cluster == self.cluster) {
            running.measured.0.push(Arrival { sent, at, bytes: bytes as f64 });
        }
    }

    /// A report was read to its end: a long probe that has seen enough sends no more.
    pub(crate) fn reported(&mut self) {
        if let Some(running) = self.running.as_mut().filter(|running| !running.sent_all)
            && running.measured.late_rate().is_some_and(|rate| rate < running.rate * OVERFLOWS)
        {
            (running.sent_all, running.until) = (true, running.last);
        }
    }

    /// What the probe found, bits per second, once a packet that was sent after it, at `reported`, is heard of.
    pub(crate) fn result(&mut self, reported: Instant, now: Instant) -> Option<f64> {
        let running = self.running.take_if(|running| running.sent_all && reported > running.last)?;
        let rate = running.measured.rate()?;
        if rate >= running.rate * FULL && rate > running.carries * FINDS_MORE {
            self.next = Some(now); // there may be more
        }
        Some(rate)
    }
}

impl Running {
    /// How long until there is enough for a packet; a packet at a time is soon enough.
    fn worth_it(&self) -> Duration {
        Duration::from_secs_f64(FEWEST_AT_ONCE * 8.0 / self.rate.max(1.0)).max(Duration::from_millis(1))
    }
}

impl Measured {
    /// What arrived, bits per second; of a long probe what arrived towards its end, when no bucket helps any more.
    fn rate(&self) -> Option<f64> {
        let all = rate(&self.0)?;
        Some(self.late_rate().map_or(all, |late| late.min(all)))
    }

    /// The rate of the second half, if that is long enough to be one.
    fn late_rate(&self) -> Option<f64> {
        let (_, late) = self.0.split_at(self.0.len() / 2);
        let (first, last) = (late.first()?, late.last()?);
        let is_long = last.sent.saturating_duration_since(first.sent) >= SHORTEST;
        if is_long { rate(late) } else { None }
    }
}

fn rate(arrivals: &[Arrival]) -> Option<f64> {
    let (first_sent, last_sent) = (arrivals.iter().map(|of| of.sent).min()?, arrivals.iter().map(|of| of.sent).max()?);
    let (first, last) = (arrivals.iter().min_by_key(|of| of.at)?, arrivals.iter().max_by_key(|of| of.at)?);
    let sent_within = last_sent.saturating_duration_since(first_sent).as_secs_f64();
    let came_within = (last.at - first.at) as f64 / 1e6;
    if arrivals.len() < FEWEST_PACKETS || sent_within <= 0.0 || came_within <= 0.0 {
        return None;
    }
    // Between n packets there are n - 1 gaps.
    let bytes: f64 = arrivals.iter().map(|of| of.bytes).sum();
    let sent = (bytes - last.bytes) * 8.0 / sent_within;
    let came = (bytes - first.bytes) * 8.0 / came_within;
    Some(if came < sent * FULL { came * LEAVES } else { sent.min(came) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// Plays a probe over a link of so many bits a second; what it found and how many bytes it took.
    fn probe(prober: &mut Prober, now: &mut Instant, carries: f64, wanted: f64, link: f64) -> (Option<f64>, usize) {
        prober.consider(carries, wanted, *now);
        let (cluster, began, mut free_at, mut all) = (prober.cluster(), *now, 0.0, 0);
        while prober.cluster() != 0 {
            let bytes = prober.due(*now);
            if bytes > 0 {
                all += bytes;
                let sent = (*now - began).as_secs_f64();
                free_at = f64::max(free_at, sent) + bytes as f64 * 8.0 / link;
                prober.arrived(cluster, *now, (free_at * 1e6) as i64 + 40_000, bytes);
            }
            *now += 2 * MS;
        }
        *now += 100 * MS;
        assert_eq!(prober.result(began, *now), None, "what is heard of was sent before");
        (prober.result(*now, *now), all)
    }

    #[test]
    fn a_wide_link_is_found_in_steps_and_a_narrow_one_is_measured() {
        let (mut prober, mut now) = (Prober::new(), Instant::now());
        let (found, bytes) = probe(&mut prober, &mut now, 500_000.0, 2_000_000.0, 50_000_000.0);
        assert!((900_000.0..1_100_000.0).contains(&found.unwrap()), "{found:?}");
        assert!((2_000..5_000).contains(&bytes), "{bytes}");
        let (found, _) = probe(&mut prober, &mut now, 1_000_000.0, 2_000_000.0, 1_300_000.0);
        assert!(
            (1_100_000.0..1_300_000.0).contains(&found.unwrap()),
            "what the link carries, less a little: {found:?}"
        );
        assert_eq!(probe(&mut prober, &mut now, 1_200_000.0, 2_000_000.0, 1e9), (None, 0), "not at once again");
        now += AGAIN_AFTER;
        assert!(probe(&mut prober, &mut now, 1_200_000.0, 2_000_000.0, 1e9).0.is_some());
        assert_eq!(probe(&mut prober, &mut now, 2_000_000.0, 2_000_000.0, 1e9), (None, 0), "nothing is wished for");
    }

    /// How many probes ten seconds of such a link and such wishes see, looked at four times a second.
    fn probes(carries: f64, wanted: f64, link: f64) -> usize {
        let (mut prober, mut now, mut known, mut count) = (Prober::new(), Instant::now(), carries, 0);
        let end = now + Duration::from_secs(10);
        while now < end {
            let (found, bytes) = probe(&mut prober, &mut now, known, wanted, link);
            known = found.map_or(known, |found| found.max(known));
            count += usize::from(bytes > 0);
            now += 250 * MS;
        }
        count
    }

    #[test]
    fn whoever_wishes_for_more_than_can_be_found_is_not_probed_without_end() {
        for (what, carries, wanted, link) in [
            ("more than probes ask for", 1_000_000.0, 40_000_000.0, 1e9),
            ("more than the link carries", 1_000_000.0, 4_000_000.0, 1_050_000.0),
        ] {
            let probes = probes(carries, wanted, link);
            assert!((1..=8).contains(&probes), "{what}: {probes}");
        }
    }

    #[test]
    fn a_connection_that_carried_next_to_nothing_is_probed_too() {
        for carries in [40_000.0, 75_000.0, 120_000.0] {
            let (found, bytes) = probe(&mut Prober::new(), &mut Instant::now(), carries, 1_000_000.0, 1e9);
            assert!(found.is_some_and(|found| found > carries * 1.5), "{carries}: {found:?} of {bytes} bytes");
        }
    }

    #[test]
    fn a_slow_probe_sleeps_until_a_packet_is_due() {
        let (mut prober, mut now, mut wakes) = (Prober::new(), Instant::now(), 0);
        prober.consider(40_000.0, 1_000_000.0, now);
        while prober.cluster() != 0 {
            prober.due(now);
            now = prober.deadline().unwrap().max(now + Duration::from_micros(1));
            wakes += 1;
        }
        assert!(wakes <= 14, "{wakes} for 2,000 bytes at 80 kbit/s");
    }

    #[test]
    fn a_probe_that_is_never_reported_ends() {
        let (mut prober, now) = (Prober::new(), Instant::now());
        prober.consider(100_000.0, 1_000_000.0, now);
        prober.due(now + Duration::from_secs(1));
        assert!(prober.is_running());
        prober.due(now + Duration::from_secs(4));
        assert!(!prober.is_running() && prober.deadline().is_none());
    }
}
