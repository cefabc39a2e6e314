//! A shaper as routers and mobile networks have: a bucket of tokens, so that a burst passes at once, and a queue behind it.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::media_client::Datagram;

/// IP and UDP, bytes.
const HEADERS: usize = 28;

/// The shaper of one direction of somebody's link.
pub struct Shaper {
    bits_per_second: f64,
    /// What an idle bucket lets pass at once, in time at that rate.
    burst: Duration,
    /// What would have to wait for longer is dropped.
    longest_wait: Duration,
    latency: Duration,
    /// When the bucket would be full again.
    full_at: Option<Instant>,
    under_way: VecDeque<(Instant, Datagram)>,
}

impl Shaper {
    /// So many kilobits a second on average, a bucket of so many bytes, a queue of so many milliseconds.
    pub fn new(kbps: u32, bucket: u32, queue_ms: u64) -> Self {
        let bits_per_second = f64::from(kbps) * 1e3;
        Self {
            bits_per_second,
            burst: Duration::from_secs_f64(f64::from(bucket) * 8.0 / bits_per_second),
            longest_wait: Duration::from_millis(queue_ms),
            latency: Duration::from_millis(40),
            full_at: None,
            under_way: VecDeque::new(),
        }
    }

    /// A datagram comes, and perhaps does not leave.
    pub fn take(&mut self, now: Instant, datagram: Datagram) {
        let bits = ((datagram.payload.len() + HEADERS) * 8) as f64;
        let full_at = self.full_at.map_or(now, |at| at.max(now)) + Duration::from_secs_f64(bits / self.bits_per_second);
        let leaves = full_at.checked_sub(self.burst).map_or(now, |at| at.max(now));
        if leaves > now + self.longest_wait {
            return;
        }
        self.full_at = Some(full_at);
        self.under_way.push_back((leaves + self.latency, datagram));
    }

    /// What has arrived by now.
    pub fn arrived(&mut self, now: Instant) -> Option<Datagram> {
        self.under_way.pop_front_if(|(at, _)| *at <= now).map(|(_, datagram)| datagram)
    }

    /// When something arrives next.
    pub fn timeout(&self) -> Option<Instant> {
        self.under_way.front().map(|(at, _)| *at)
    }
}
