//! What one page, one source and all of them together can cause.

use std::time::{Duration, Instant};

use crate::edge::crowd::Crowd;
use crate::edge::lag::Lag;
use crate::guards::{self, Guard};

/// Sockets at once: about 40 KiB each before they join.
const MAX_SOCKETS: usize = 4_096;
/// Sockets at once from one source: a school behind one address gets in, one machine does not take all places.
const MAX_PER_SOURCE: usize = 100;

/// Places for sockets, by the address that the edge found: behind a proxy, the only places that know one source from
/// another.
pub fn sockets(lag: &Lag) -> Crowd {
    Crowd::new(MAX_SOCKETS, MAX_PER_SOURCE).in_view_of(lag)
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
        if empty_at.duration_since(now) > EACH * BURST && guards::holds(Guard::MessageRate) {
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
}
