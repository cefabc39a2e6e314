//! Whether a queue grows on the way: from how much later each burst arrives than the one before, compared with how much
//! later it was sent (draft-ietf-rmcat-gcc-02 section 4, with a fitted line instead of a Kalman filter, as browsers do).

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Packets sent within so short a time are one burst.
const BURST: Duration = Duration::from_millis(5);
/// A burst does not go on for longer than this, however its packets arrive.
const LONGEST_BURST: Duration = Duration::from_millis(100);
/// Bursts that the line is fitted through: longer is calmer and slower.
const WINDOW: usize = 20;
/// Weight of what was there before in the smoothed delay.
const SMOOTHING: f64 = 0.9;
/// What a slope is multiplied with before it is compared with the threshold, beside the number of bursts up to 60.
const GAIN: f64 = 4.0;
const MOST_COUNTED: f64 = 60.0;
/// The threshold, ms, and how fast it follows: down quickly where paths are steady, up slowly where they jitter.
const FIRST_THRESHOLD: f64 = 12.5;
const THRESHOLDS: std::ops::RangeInclusive<f64> = 6.0..=600.0;
const FOLLOWS_UP: f64 = 0.0087;
const FOLLOWS_DOWN: f64 = 0.039;
/// A slope so far beyond the threshold is an event and says nothing about the path's usual jitter, ms.
const OUTLIER: f64 = 15.0;
/// How long a slope must stay beyond the threshold.
const SURE_AFTER: Duration = Duration::from_millis(10);

/// What the queues on the way do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Queue {
    #[default]
    Steady,
    Grows,
    Drains,
}

/// The detector.
#[derive(Debug)]
pub(crate) struct Delay {
    burst: Option<Burst>,
    before: Option<Burst>,
    /// Arrival and smoothed delay of the last bursts, ms.
    line: VecDeque<(f64, f64)>,
    accumulated: f64,
    smoothed: f64,
    bursts: u32,
    threshold: f64,
    threshold_at: Option<i64>,
    growing: Option<(Duration, u32)>,
    slope: f64,
    queue: Queue,
}

/// Packets that were sent together. Arrivals are on the receiver's clock, microseconds.
#[derive(Debug, Clone, Copy)]
struct Burst {
    first_sent: Instant,
    last_sent: Instant,
    first_arrival: i64,
    arrival: i64,
}

impl Delay {
    /// Nothing known.
    pub(crate) fn new() -> Self {
        Self {
            burst: None,
            before: None,
            line: VecDeque::with_capacity(WINDOW + 1),
            accumulated: 0.0,
            smoothed: 0.0,
            bursts: 0,
            threshold: FIRST_THRESHOLD,
            threshold_at: None,
            growing: None,
            slope: 0.0,
            queue: Queue::Steady,
        }
    }

    /// As told by the last burst.
    pub(crate) fn queue(&self) -> Queue {
        self.queue
    }

    /// What was on the way is not comparable with what comes: forgets the bursts, keeps what is known of the path.
    pub(crate) fn interrupt(&mut self) {
        *self = Self { threshold: self.threshold, ..Self::new() };
    }

    /// A packet arrived.
    pub(crate) fn arrived(&mut self, sent: Instant, arrival: i64) {
        let Some(burst) = &mut self.burst else {
            self.burst = Some(Burst::new(sent, arrival));
            return;
        };
        if sent < burst.first_sent {
            return; // out of order: it belongs to a burst that is done with
        }
        if burst.takes(sent, arrival) {
            burst.last_sent = burst.last_sent.max(sent);
            burst.arrival = burst.arrival.max(arrival);
            return;
        }
        let done = std::mem::replace(burst, Burst::new(sent, arrival));
        if let Some(before) = self.before.replace(done) {
            self.compare(&before, &done);
        }
    }

    fn compare(&mut self, before: &Burst, burst: &Burst) {
        let sent_later = burst.last_sent.saturating_duration_since(before.last_sent);
        let arrived_later = burst.arrival - before.arrival;
        if !(0..=3_000_000).contains(&arrived_later) {
            return self.interrupt(); // a clock was set, or the path was gone
        }
        self.bursts += 1;
        self.accumulated += arrived_later as f64 / 1000.0 - sent_later.as_secs_f64() * 1000.0;
        self.smoothed = self.smoothed * SMOOTHING + self.accumulated * (1.0 - SMOOTHING);
        self.line.push_back((burst.arrival as f64 / 1000.0, self.smoothed));
        if self.line.len() > WINDOW {
            self.line.pop_front();
        }
        if self.line.len() == WINDOW {
            let slope = self.fitted_slope().unwrap_or(self.slope);
            self.judge(slope, sent_later, burst.arrival);
            self.slope = slope;
        }
    }

    /// Least squares.
    fn fitted_slope(&self) -> Option<f64> {
        let count = self.line.len() as f64;
        let (sum_x, sum_y) = self.line.iter().fold((0.0, 0.0), |(x, y), point| (x + point.0, y + point.1));
        let (mean_x, mean_y) = (sum_x / count, sum_y / count);
        let (mut above, mut below) = (0.0, 0.0);
        for (x, y) in &self.line {
            above += (x - mean_x) * (y - mean_y);
            below += (x - mean_x).powi(2);
        }
        (below > 0.0).then(|| above / below)
    }

    fn judge(&mut self, slope: f64, sent_later: Duration, arrival: i64) {
        let trend = f64::from(self.bursts).min(MOST_COUNTED) * slope * GAIN;
        if trend > self.threshold {
            let (time, count) = self.growing.unwrap_or((sent_later / 2, 0));
            let (time, count) = (if count > 0 { time + sent_later } else { time }, count + 1);
            self.growing = Some((time, count));
            if time > SURE_AFTER && count > 1 && slope >= self.slope {
                self.growing = None;
                self.queue = Queue::Grows;
            }
        } else {
            self.growing = None;
            self.queue = if trend < -self.threshold { Queue::Drains } else { Queue::Steady };
        }
        self.follow(trend.abs(), arrival);
    }

    fn follow(&mut self, trend: f64, arrival: i64) {
        let before = self.threshold_at.replace(arrival).unwrap_or(arrival);
        if trend > self.threshold + OUTLIER {
            return;
        }
        let follows = if trend < self.threshold { FOLLOWS_DOWN } else { FOLLOWS_UP };
        let passed = ((arrival - before) as f64 / 1000.0).clamp(0.0, 100.0);
        let threshold = self.threshold + follows * (trend - self.threshold) * passed;
        self.threshold = threshold.clamp(*THRESHOLDS.start(), *THRESHOLDS.end());
    }
}

impl Burst {
    fn new(sent: Instant, arrival: i64) -> Self {
        Self { first_sent: sent, last_sent: sent, first_arrival: arrival, arrival }
    }

    /// Whether a packet belongs to this burst: sent with it, or held up with it and let go together (radio links do that).
    fn takes(&self, sent: Instant, arrival: i64) -> bool {
        if sent <= self.first_sent + BURST {
            return true;
        }
        let later = arrival - self.arrival;
        let sent_later = sent.saturating_duration_since(self.last_sent).as_micros() as i64;
        let burst = BURST.as_micros() as i64;
        let longest = LONGEST_BURST.as_micros() as i64;
        later <= burst && later < sent_later && arrival - self.first_arrival < longest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// Bursts every 20 ms, each so much later on the way than the one before, microseconds.
    fn after(
        delay: &mut Delay,
        now: &mut Instant,
        arrival: &mut i64,
        bursts: usize,
        later: impl Fn(usize) -> i64,
    ) -> Queue {
        for burst in 0..bursts {
            *now += 20 * MS;
            *arrival += 20_000 + later(burst);
            delay.arrived(*now, *arrival);
            delay.arrived(*now + MS, *arrival + 500);
        }
        delay.queue()
    }

    #[test]
    fn a_queue_that_grows_is_noticed_and_jitter_is_not() {
        let (mut delay, mut now, mut arrival) = (Delay::new(), Instant::now(), 5_000_000);
        let jitter = |burst: usize| if burst.is_multiple_of(2) { 1_500 } else { -1_500 };
        assert_eq!(after(&mut delay, &mut now, &mut arrival, 200, jitter), Queue::Steady);
        assert_eq!(after(&mut delay, &mut now, &mut arrival, 15, |_| 5_000), Queue::Grows, "within 300 ms");
        assert_eq!(after(&mut delay, &mut now, &mut arrival, 25, |_| -3_000), Queue::Drains);
        assert_eq!(after(&mut delay, &mut now, &mut arrival, 60, |_| 0), Queue::Steady);
    }

    #[test]
    fn clocks_that_differ_a_little_are_no_queue() {
        let (mut delay, mut now, mut arrival) = (Delay::new(), Instant::now(), 0);
        assert_eq!(after(&mut delay, &mut now, &mut arrival, 500, |_| 4), Queue::Steady, "200 ppm");
    }

    #[test]
    fn a_clock_that_is_set_begins_anew() {
        let (mut delay, mut now, mut arrival) = (Delay::new(), Instant::now(), 0);
        after(&mut delay, &mut now, &mut arrival, 50, |_| 0);
        arrival -= 60_000_000;
        assert_eq!(after(&mut delay, &mut now, &mut arrival, 50, |_| 0), Queue::Steady);
    }
}
