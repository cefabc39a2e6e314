//! How often one source may fail to log in. In memory: a flood must not own the database's writer.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use shared::units::UnixMs;

use crate::edge::source::Source;

/// Failed tries of one source within [`WINDOW_MS`] before it waits. More forgives more typing, and lets one guesser
/// keep the hasher busier.
const MAX_FAILED: u32 = 10;
/// How long a source waits, counted from its first failed try, milliseconds.
const WINDOW_MS: i64 = 60_000;
/// Sources remembered at once. A flood from more of them is held by the hasher's queue.
const MAX_SOURCES: usize = 10_000;

/// Failed tries per source.
#[derive(Debug, Default)]
pub struct LoginLimiter(Mutex<HashMap<Source, Tries>>);

#[derive(Debug, Clone, Copy)]
struct Tries {
    since: UnixMs,
    failed: u32,
}

impl LoginLimiter {
    /// Counts a try as failed before it is looked at, so that tries in parallel count too. [`LoginLimiter::forget`]
    /// takes it back.
    ///
    /// # Errors
    /// The source has none left; with the seconds until it has.
    pub fn take(&self, source: Source, now: UnixMs) -> Result<(), u32> {
        let mut sources = self.lock();
        if sources.len() >= MAX_SOURCES {
            sources.retain(|_, tries| is_fresh(tries, now));
        }
        if sources.len() >= MAX_SOURCES && !sources.contains_key(&source) {
            return Err(1);
        }
        let tries = sources.entry(source).or_insert(Tries { since: now, failed: 0 });
        if !is_fresh(tries, now) {
            *tries = Tries { since: now, failed: 0 };
        }
        if tries.failed >= MAX_FAILED {
            return Err(seconds(WINDOW_MS - now.since(tries.since)));
        }
        tries.failed += 1;
        Ok(())
    }

    /// The try did not fail.
    pub fn forget(&self, source: Source) {
        if let Some(tries) = self.lock().get_mut(&source) {
            tries.failed = tries.failed.saturating_sub(1);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Source, Tries>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_fresh(tries: &Tries, now: UnixMs) -> bool {
    (0..WINDOW_MS).contains(&now.since(tries.since))
}

fn seconds(ms: i64) -> u32 {
    u32::try_from(ms.max(1).unsigned_abs().div_ceil(1000)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    fn source(n: u32) -> Source {
        Source::from(IpAddr::V4(Ipv4Addr::from_bits(n)))
    }

    #[test]
    fn ten_failures_and_then_a_minute() {
        let limiter = LoginLimiter::default();
        for _ in 0..MAX_FAILED {
            assert_eq!(limiter.take(source(1), UnixMs(0)), Ok(()));
        }
        assert_eq!(limiter.take(source(1), UnixMs(1)), Err(60));
        assert_eq!(limiter.take(source(1), UnixMs(59_001)), Err(1));
        assert_eq!(limiter.take(source(2), UnixMs(1)), Ok(()), "others are not held up");
        assert_eq!(limiter.take(source(1), UnixMs(WINDOW_MS)), Ok(()));
        assert_eq!(limiter.take(source(1), UnixMs(-5)), Ok(()), "a clock set back does not lock anybody out");
    }

    #[test]
    fn successes_cost_nothing() {
        let limiter = LoginLimiter::default();
        for _ in 0..1_000 {
            assert_eq!(limiter.take(source(1), UnixMs(0)), Ok(()));
            limiter.forget(source(1));
        }
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let limiter = LoginLimiter::default();
        for n in 0..u32::try_from(MAX_SOURCES).unwrap() {
            assert_eq!(limiter.take(source(n), UnixMs(0)), Ok(()));
        }
        assert_eq!(limiter.take(source(u32::MAX), UnixMs(1)), Err(1));
        assert_eq!(limiter.take(source(u32::MAX), UnixMs(WINDOW_MS)), Ok(()));
        assert_eq!(limiter.lock().len(), 1);
    }
}
