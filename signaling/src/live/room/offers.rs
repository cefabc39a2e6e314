//! How many offers one person may make: each costs the SFU a new peer connection, or a new path for one.

use shared::units::UnixMs;

/// Offers at once, after a quiet while: a bad network makes a page try several times.
const BURST: i64 = 6;
/// And one more each so many milliseconds.
const EACH_MS: i64 = 2_000;

/// Counts one person's offers: a leaky bucket (GCRA), in one field.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Offers {
    empty_at: i64,
}

impl Offers {
    /// Whether one more offer is within the rate.
    pub(super) fn allows(&mut self, now: UnixMs) -> bool {
        // A clock that was set back must not keep anybody out for longer than the bucket holds.
        let full = now.0.saturating_add(EACH_MS * BURST);
        self.empty_at = self.empty_at.clamp(now.0, full);
        let allows = self.empty_at.saturating_add(EACH_MS) <= full;
        self.empty_at += if allows { EACH_MS } else { 0 };
        allows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_and_then_one_every_two_seconds() {
        let mut offers = Offers::default();
        let now = UnixMs(1_000_000);
        assert!((0..BURST).all(|_| offers.allows(now)));
        assert!(!offers.allows(now));
        assert!(offers.allows(now.plus_ms(EACH_MS)) && !offers.allows(now.plus_ms(EACH_MS)));
        let set_back = now.plus_ms(-3_600_000);
        assert!(!offers.allows(set_back) && offers.allows(set_back.plus_ms(EACH_MS)));
    }
}
