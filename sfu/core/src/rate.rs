//! A token bucket: so many a second on average, with a burst of as many.

use std::time::{Duration, Instant};

/// Grants at most `per_second` a second, and `per_second` at once after a pause.
#[derive(Debug, Clone)]
pub(crate) struct Bucket {
    per_second: u32,
    /// When the bucket was last full, moved on by one interval per grant; never more than a second behind `now`.
    spent_until: Option<Instant>,
}

impl Bucket {
    pub(crate) const fn new(per_second: u32) -> Self {
        Self { per_second, spent_until: None }
    }

    /// Whether one more is within the rate. A refusal costs nothing.
    pub(crate) fn take(&mut self, now: Instant) -> bool {
        let interval = Duration::from_secs(1) / self.per_second.max(1);
        // A bucket that has rested for a second is full: its burst begins a second ago.
        let full = now.checked_sub(Duration::from_secs(1));
        let spent = match (self.spent_until, full) {
            (Some(spent), Some(full)) => spent.max(full),
            (Some(spent), None) => spent,
            (None, full) => full.unwrap_or(now),
        };
        let next = spent + interval;
        let granted = next <= now;
        if granted {
            self.spent_until = Some(next);
        }
        granted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_the_rate() {
        let start = Instant::now() + Duration::from_secs(60);
        let mut bucket = Bucket::new(10);
        let burst = (0..50).filter(|_| bucket.take(start)).count();
        assert_eq!(burst, 10);
        let later = (1..=1000).filter(|ms| bucket.take(start + Duration::from_millis(*ms))).count();
        assert_eq!(later, 10, "one second on, ten more");
    }
}
