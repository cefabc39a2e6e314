//! What one page, one source and all of them together can cause.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::edge::source::Source;

/// Sockets at once: about 40 KiB each before they join.
const MAX_SOCKETS: usize = 2_000;
/// Sockets at once from one source: a school behind one address gets in, one machine does not take all places.
const MAX_PER_SOURCE: usize = 100;

/// Open sockets, by source.
#[derive(Clone, Default)]
pub struct Sockets(Arc<Mutex<Open>>);

#[derive(Default)]
struct Open {
    total: usize,
    by_source: HashMap<Source, usize>,
}

/// One socket's place, given back when it is dropped.
pub(super) struct Place {
    sockets: Sockets,
    source: Source,
}

impl Sockets {
    /// A place for a socket from there, if there is one.
    pub(super) fn take(&self, address: IpAddr) -> Option<Place> {
        let source = Source::from(address);
        let mut open = self.lock();
        let from_there = open.by_source.get(&source).copied().unwrap_or_default();
        if open.total >= MAX_SOCKETS || from_there >= MAX_PER_SOURCE {
            return None;
        }
        open.total += 1;
        open.by_source.insert(source, from_there + 1);
        Some(Place { sockets: self.clone(), source })
    }

    /// Sockets open now.
    pub(crate) fn open(&self) -> usize {
        self.lock().total
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.sockets.lock();
        open.total = open.total.saturating_sub(1);
        if let Some(count) = open.by_source.get_mut(&self.source) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                open.by_source.remove(&self.source);
            }
        }
    }
}

/// Messages a page may send at once, after having been quiet.
const BURST: u32 = 60;
/// And for each message more, how long it must have been quiet: twenty a second. A person who hammers every button
/// stays below it.
const EACH: Duration = Duration::from_millis(50);

/// Counts one page's messages: a leaky bucket (GCRA), in one field.
pub(super) struct Rate {
    /// When the bucket will be empty.
    empty_at: Instant,
}

impl Rate {
    pub(super) fn new(now: Instant) -> Self {
        Self { empty_at: now }
    }

    /// Whether one more message is within the rate.
    pub(super) fn allows(&mut self, now: Instant) -> bool {
        let empty_at = self.empty_at.max(now) + EACH;
        if empty_at.duration_since(now) > EACH * BURST {
            return false;
        }
        self.empty_at = empty_at;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_and_then_twenty_a_second() {
        let start = Instant::now();
        let mut rate = Rate::new(start);
        assert!((0..BURST).all(|_| rate.allows(start)));
        assert!(!rate.allows(start));
        assert!(rate.allows(start + EACH) && !rate.allows(start + EACH));
        assert!((0..BURST).all(|_| rate.allows(start + EACH * 200)));
    }

    #[test]
    fn places_are_limited_and_come_back() {
        let sockets = Sockets::default();
        let mallory: IpAddr = "198.51.100.7".parse().unwrap();
        let taken: Vec<_> = (0..MAX_PER_SOURCE).map_while(|_| sockets.take(mallory)).collect();
        assert_eq!(taken.len(), MAX_PER_SOURCE);
        assert!(sockets.take(mallory).is_none());
        assert!(sockets.take("198.51.100.8".parse().unwrap()).is_some());
        drop(taken);
        assert!(sockets.lock().by_source.is_empty() && sockets.lock().total == 0);
    }
}
