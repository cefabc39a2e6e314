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
    micros: Arc<AtomicU32>,
    pin_millis: Arc<AtomicU32>,
}

/// From coming to having been let through, a page is answered so often, each time after what waits before it; some more, for what
/// the figure does not see.
const ANSWERS: u32 = 20;

impl Lag {
    /// How much longer than when nothing else is to be done it takes somebody who comes now until their PIN is answered.
    pub fn until_let_through(&self) -> Duration {
        let pins = Duration::from_millis(self.pin_millis.load(Ordering::Relaxed).into());
        self.now().saturating_mul(ANSWERS).saturating_add(pins)
    }

    /// A PIN's turn came after so long. One of four parts is the newest.
    pub fn note_pin(&self, waited: Duration) {
        let before = Duration::from_millis(self.pin_millis.load(Ordering::Relaxed).into());
        let mean = before.saturating_mul(3).saturating_add(waited) / 4;
        self.pin_millis.store(u32::try_from(mean.as_millis()).unwrap_or(u32::MAX), Ordering::Relaxed);
    }

    /// Of about the last half second; nothing until it is measured.
    pub fn now(&self) -> Duration {
        Duration::from_micros(self.micros.load(Ordering::Relaxed).into())
    }

    /// Measures for as long as it is polled.
    pub async fn measure(self) {
        loop {
            let start = Instant::now();
            tokio::time::sleep(EVERY).await;
            // Behind everything else that could run.
            tokio::task::yield_now().await;
            self.note(start.elapsed().saturating_sub(EVERY));
        }
    }

    /// One of four parts is the newest.
    fn note(&self, measured: Duration) {
        let mean = self.now().saturating_mul(3).saturating_add(measured) / 4;
        self.micros.store(u32::try_from(mean.as_micros()).unwrap_or(u32::MAX), Ordering::Relaxed);
    }

    /// As if it had been measured.
    #[cfg(test)]
    pub(crate) fn of(lag: Duration) -> Self {
        let this = Self::default();
        this.micros.store(u32::try_from(lag.as_micros()).unwrap(), Ordering::Relaxed);
        this
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
        lag.note(Duration::from_secs(4));
        assert_eq!(lag.now(), Duration::from_secs(1));
        (0..30).for_each(|_| lag.note(Duration::ZERO));
        assert!(lag.now() < Duration::from_millis(1));
        lag.note_pin(Duration::from_secs(8));
        assert_eq!(lag.until_let_through().as_millis() / 100, 20, "two seconds");
        (0..30).for_each(|_| lag.note_pin(Duration::ZERO));
        assert!(lag.until_let_through() < Duration::from_millis(20));
        lag.note(Duration::MAX);
        assert_eq!(lag.now(), Duration::from_micros(u32::MAX.into()), "more than an hour is an hour");
    }
}
