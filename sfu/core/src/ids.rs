//! Maps by the numbers that signaling gives. Nobody outside chooses them, so the keyed hash that keeps strangers from filling
//! one bucket, which costs more than all else in a look-up, is not needed; a look-up is made for each packet and subscriber.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use shared::ids::SessionId;

/// Whatever is kept for each session.
pub(crate) type BySession<T> = HashMap<SessionId, T, BuildHasherDefault<Spread>>;

/// Spreads numbers that follow one another over all bits.
#[derive(Debug, Default)]
pub(crate) struct Spread(u64);

impl Hasher for Spread {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u64(&mut self, number: u64) {
        // 2⁶⁴ divided by the golden ratio (Knuth, The Art of Computer Programming 6.4).
        self.0 = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn finish(&self) -> u64 {
        // The best bits of a product are its highest; maps look at the lowest first.
        self.0.rotate_left(32)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::hash::BuildHasher;

    use super::*;

    #[test]
    fn numbers_in_a_row_fall_into_buckets_of_their_own() {
        let hasher = BuildHasherDefault::<Spread>::default();
        for (from, step) in [(0, 1), (1_000_000, 2), (0, 64), (7, 1 << 20)] {
            let hashes = (0..1_000).map(|index| hasher.hash_one(SessionId(from + index * step)));
            let hashes: Vec<u64> = hashes.collect();
            let buckets: HashSet<u64> = hashes.iter().map(|hash| hash & 0x7ff).collect();
            let marks: HashSet<u64> = hashes.iter().map(|hash| hash >> 57).collect();
            assert!(buckets.len() > 600 && marks.len() > 100, "{step}: {} {}", buckets.len(), marks.len());
        }
    }
}
