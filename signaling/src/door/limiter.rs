//! The first limit at the PIN door: ten failed tries a minute of one source, and as many with one invitation's link
//! (D12, first part).
//!
//! Memory is bounded: at most [`MAX_SOURCES`] sources are remembered, and the one that failed longest ago makes room.

use std::collections::{HashMap, VecDeque};

use shared::ids::InviteeId;
use shared::units::UnixMs;

use crate::edge::source::Source;
use crate::guards::{self, Guard};

/// On whose account a try goes. Whoever has a link does not answer for others behind the same address.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Whose {
    /// A source that came without a link.
    Source(Source),
    /// The invitation whose link they came by.
    Link(InviteeId),
}

/// Failed tries a source may make within [`WINDOW_MS`]. A higher number helps a crowd behind one address to mistype
/// and a guesser behind one address to guess.
pub const MAX_FAILURES: usize = 10;

/// How long a failure counts, milliseconds.
pub const WINDOW_MS: i64 = 60_000;

/// Sources remembered, about 200 bytes each: 4 MB.
const MAX_SOURCES: usize = 20_000;

/// Failures of the last minute.
#[derive(Default)]
pub struct Limiter {
    failures: HashMap<Whose, VecDeque<UnixMs>>,
    /// Every failure in order, to find the source that failed longest ago.
    order: VecDeque<(UnixMs, Whose)>,
}

impl Limiter {
    /// Whether a try of this source may be looked at now; if not, in how many seconds.
    ///
    /// # Errors
    /// Seconds to wait, at least one.
    pub fn check(&mut self, now: UnixMs, whose: Whose) -> Result<(), u32> {
        self.forget(now);
        match self.failures.get(&whose) {
            Some(times) if times.len() >= MAX_FAILURES && guards::holds(Guard::SourceLimit) => {
                Err(times.front().map_or(1, |first| seconds_left(now, *first)))
            }
            _ => Ok(()),
        }
    }

    /// Counts a failed try.
    pub fn failed(&mut self, now: UnixMs, whose: Whose) {
        self.forget(now);
        if self.order.len() >= MAX_SOURCES {
            self.drop_oldest();
        }
        self.failures.entry(whose).or_default().push_back(now);
        self.order.push_back((now, whose));
    }

    /// Drops what no longer counts. A clock that was set back drops what now lies in the future too.
    fn forget(&mut self, now: UnixMs) {
        while self.order.front().is_some_and(|(at, _)| !(0..WINDOW_MS).contains(&now.since(*at))) {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        let Some((_, whose)) = self.order.pop_front() else { return };
        if let Some(times) = self.failures.get_mut(&whose) {
            times.pop_front();
            if times.is_empty() {
                self.failures.remove(&whose);
            }
        }
    }
}

fn seconds_left(now: UnixMs, first: UnixMs) -> u32 {
    let left_ms = WINDOW_MS - now.since(first);
    u32::try_from(left_ms.max(1).unsigned_abs().div_ceil(1_000)).unwrap_or(60)
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    fn source(address: &str) -> Whose {
        Whose::Source(address.parse::<IpAddr>().unwrap().into())
    }

    fn fail_times(limiter: &mut Limiter, count: usize, whose: Whose) {
        for n in 0..count {
            limiter.failed(UnixMs(i64::try_from(n).unwrap() * 1_000), whose);
        }
    }

    /// D12: ten failures a minute from one source, and the eleventh is not looked at.
    #[test]
    fn ten_failures_a_minute() {
        let mut limiter = Limiter::default();
        let mallory = source("198.51.100.7");
        fail_times(&mut limiter, 9, mallory);
        assert_eq!(limiter.check(UnixMs(9_000), mallory), Ok(()));
        limiter.failed(UnixMs(9_000), mallory);
        assert_eq!(limiter.check(UnixMs(9_500), mallory), Err(51));
        assert_eq!(limiter.check(UnixMs(9_500), source("198.51.100.8")), Ok(()), "the neighbour is not held up");
        assert_eq!(limiter.check(UnixMs(59_999), mallory), Err(1));
        assert_eq!(limiter.check(UnixMs(60_000), mallory), Ok(()), "the first failure no longer counts");
    }

    #[test]
    fn memory_is_bounded_and_emptied() {
        let mut limiter = Limiter::default();
        for n in 0..u32::try_from(MAX_SOURCES).unwrap() + 5_000 {
            limiter.failed(UnixMs(1), Whose::Source(IpAddr::from(n.to_be_bytes()).into()));
        }
        assert_eq!((limiter.failures.len(), limiter.order.len()), (MAX_SOURCES, MAX_SOURCES));
        let _ = limiter.check(UnixMs(1 + WINDOW_MS), source("192.0.2.1"));
        assert_eq!((limiter.failures.len(), limiter.order.len()), (0, 0));
    }

    #[test]
    fn a_clock_set_back_does_not_lock_anybody_out() {
        let mut limiter = Limiter::default();
        let olga = source("192.0.2.1");
        for _ in 0..MAX_FAILURES {
            limiter.failed(UnixMs(1_000_000), olga);
        }
        assert_eq!(limiter.check(UnixMs(900_000), olga), Ok(()));
    }
}
