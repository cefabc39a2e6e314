//! What arrived of late. Its sum is kept: it is asked for with each report, and adding hundreds of packets up anew each time
//! was an eighth of what forwarding costs.

use std::collections::VecDeque;

use crate::rtcp::MOST_TOLD;

/// What arrives is counted over so long, microseconds.
const WINDOW: i64 = 500_000;
/// No two reports tell of times so far apart the wrong way round, microseconds, unless a clock was set.
const CLOCK_BEGAN_ANEW: i64 = 3_000_000;
/// More than can have been sent and not reported are not kept: a receiver whose clock stands still would have them pile up.
const MOST: usize = MOST_TOLD as usize;

/// Packets that arrived within the last half second of the receiver's clock.
#[derive(Debug, Default)]
pub(crate) struct Arriving {
    /// When, microseconds, and how many bytes; in the order of the reports, which is nearly that of their arrival.
    packets: VecDeque<(i64, usize)>,
    newest: i64,
    bytes: usize,
}

impl Arriving {
    /// A packet arrived.
    pub(crate) fn add(&mut self, at: i64, bytes: usize) {
        // The receiver's clock begins anew every twelve days: what arrived before is in its future then.
        if self.packets.is_empty() || at < self.newest - CLOCK_BEGAN_ANEW {
            *self = Self { newest: at, ..Self::default() };
        }
        self.newest = self.newest.max(at);
        self.packets.push_back((at, bytes));
        self.bytes += bytes;
        let oldest = self.newest - WINDOW;
        while self.packets.len() > MOST || self.packets.front().is_some_and(|(at, _)| *at < oldest) {
            let (_, gone) = self.packets.pop_front().unwrap_or_default();
            self.bytes -= gone;
        }
    }

    /// Bits per second; `None` when nothing ever arrived.
    pub(crate) fn rate(&self) -> Option<f64> {
        (!self.packets.is_empty()).then(|| self.bytes as f64 * 8.0 * 1e6 / WINDOW as f64)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn half_a_second_counts_in_whatever_order_it_is_told() {
        let mut arriving = Arriving::default();
        assert_eq!(arriving.rate(), None);
        for at in [0, 20_000, 10_000, 490_000, 480_000, 505_000, 515_000] {
            arriving.add(at, 1_000);
        }
        assert_eq!(arriving.rate(), Some(6_000.0 * 8.0 * 2.0), "the first is too long ago");
        arriving.add(1_100_000, 1_000);
        assert_eq!(arriving.rate(), Some(1_000.0 * 8.0 * 2.0));
        arriving.add(-2_000_000, 500);
        assert_eq!(arriving.rate(), Some(500.0 * 8.0 * 2.0), "the clock began anew");
    }

    proptest! {
        #[test]
        fn the_sum_is_that_of_what_is_kept(told in proptest::collection::vec((-4_000_000_i64..4_000_000, 0_usize..1_500), 0..200)) {
            let mut arriving = Arriving::default();
            for (at, bytes) in told {
                arriving.add(at, bytes);
                prop_assert_eq!(arriving.bytes, arriving.packets.iter().map(|(_, bytes)| bytes).sum::<usize>());
                prop_assert!(!arriving.packets.is_empty());
            }
        }
    }

    #[test]
    fn a_clock_that_stands_still_piles_nothing_up() {
        let mut arriving = Arriving::default();
        (0..3 * MOST).for_each(|_| arriving.add(7, 1));
        assert_eq!((arriving.packets.len(), arriving.bytes), (MOST, MOST));
    }
}
