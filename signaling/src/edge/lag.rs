//! How far the server is behind with the work it has taken on.
//!
//! When more is asked than the processors can do, everything waits in line, and whoever measures their visitors' patience by the
//! clock on the wall sends them away unserved: all work is begun and none is done. What depends on others' being served looks
//! here first.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// How often it is measured.
const EVERY: Duration = Duration::from_millis(100);

/// How long a task that could run waits for its turn, and how long a PIN does. Clones share the figures.
#[derive(Debug, Clone, Default)]
pub struct Lag {
    task: Arc<Mean>,
    pin: Arc<Mean>,
}

/// From coming to having been let through, a page is answered so often, each time after what waits before it; some more, for what
/// the figure does not see.
const ANSWERS: u32 = 20;

impl Lag {
    /// How much longer than when nothing else is to be done it takes somebody who comes now until their PIN is answered.
    pub fn until_let_through(&self) -> Duration {
        self.now().saturating_mul(ANSWERS).saturating_add(self.pin.now())
    }

    /// A PIN's turn came after so long.
    pub fn note_pin(&self, waited: Duration) {
        self.pin.note(waited);
    }

    /// Of about the last half second; nothing until it is measured.
    pub fn now(&self) -> Duration {
        self.task.now()
    }

    /// Measures for as long as it is polled.
    pub async fn measure(self) {
        loop {
            let start = Instant::now();
            tokio::time::sleep(EVERY).await;
            // Behind everything else that could run.
            tokio::task::yield_now().await;
            self.task.note(start.elapsed().saturating_sub(EVERY));
        }
    }

    /// As if it had been measured.
    #[cfg(test)]
    pub(crate) fn of(lag: Duration) -> Self {
        let this = Self::default();
        this.task.set(lag);
        this
    }
}

/// A running mean of how long something took, microseconds, as far as 71 minutes. One of four parts is the newest.
#[derive(Debug, Default)]
struct Mean(AtomicU32);

impl Mean {
    fn now(&self) -> Duration {
        Duration::from_micros(self.0.load(Ordering::Relaxed).into())
    }

    fn note(&self, newest: Duration) {
        self.set(self.now().saturating_mul(3).saturating_add(newest) / 4);
    }

    fn set(&self, mean: Duration) {
        self.0.store(u32::try_from(mean.as_micros()).unwrap_or(u32::MAX), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_that_keeps_the_processor_is_seen() {
        let lag = Lag::default();
        let measuring = tokio::spawn(lag.clone().measure());
        let start = Instant::now();
        while lag.now() < Duration::from_millis(40) {
            assert!(start.elapsed() < Duration::from_secs(20), "it is never seen");
            std::thread::sleep(Duration::from_millis(300));
            tokio::task::yield_now().await;
        }
        measuring.abort();
    }

    #[test]
    fn a_moment_is_forgotten() {
        let lag = Lag::default();
        lag.task.note(Duration::from_secs(4));
        assert_eq!(lag.now(), Duration::from_secs(1));
        (0..30).for_each(|_| lag.task.note(Duration::ZERO));
        assert!(lag.now() < Duration::from_millis(1));
        lag.note_pin(Duration::from_secs(8));
        assert_eq!(lag.until_let_through().as_millis() / 100, 20, "two seconds");
        (0..30).for_each(|_| lag.note_pin(Duration::ZERO));
        assert!(lag.until_let_through() < Duration::from_millis(20));
        lag.task.note(Duration::MAX);
        assert_eq!(lag.now(), Duration::from_micros(u32::MAX.into()), "more than an hour is an hour");
    }
}
