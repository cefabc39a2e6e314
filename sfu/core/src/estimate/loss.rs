//! How much of what is sent gets lost, and how much of that is ours to change.
//!
//! A link that loses every tenth packet by itself goes on doing so however little is sent; one that is too full stops when
//! less is sent. What was lost at the best time of the last seconds is taken for the link's own.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Loss is counted over so long, and over so many packets, but over no longer than [`LONGEST`].
const WINDOW: Duration = Duration::from_millis(500);
const FEWEST: u32 = 20;
const LONGEST: Duration = Duration::from_secs(2);
/// How far back the best time may lie.
const MEMORY: Duration = Duration::from_secs(5);

/// The counters.
#[derive(Debug, Default)]
pub(crate) struct Losses {
    began: Option<Instant>,
    told: u32,
    lost: u32,
    before: VecDeque<(Instant, f64)>,
}

impl Losses {
    /// What became of a packet.
    pub(crate) fn note(&mut self, came: bool) {
        self.told += 1;
        self.lost += u32::from(!came);
    }

    /// When a window is full: how much more was lost than the link loses by itself, 0 to 1.
    pub(crate) fn excess(&mut self, now: Instant) -> Option<f64> {
        let passed = now.saturating_duration_since(*self.began.get_or_insert(now));
        if self.told == 0 || passed < WINDOW || (self.told < FEWEST && passed < LONGEST) {
            return None;
        }
        let loss = f64::from(self.lost) / f64::from(self.told);
        (self.began, self.told, self.lost) = (Some(now), 0, 0);
        self.before.retain(|(at, _)| now < *at + MEMORY);
        let own = self.before.iter().map(|(_, loss)| *loss).reduce(f64::min).unwrap_or(0.0);
        self.before.push_back((now, loss));
        Some((loss - own).max(0.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The excess of each half second in which one of `one_in` of 50 packets is lost.
    fn seconds(losses: &mut Losses, now: &mut Instant, halves: usize, one_in: u32) -> Vec<f64> {
        let mut excess = Vec::new();
        for _ in 0..halves {
            (0..50).for_each(|packet| losses.note(packet % one_in != 0));
            *now += WINDOW;
            excess.extend(losses.excess(*now));
        }
        excess
    }

    #[test]
    fn a_link_that_always_loses_is_not_blamed_on_what_is_sent() {
        let (mut losses, mut now) = (Losses::default(), Instant::now());
        assert_eq!(losses.excess(now), None);
        assert_eq!(seconds(&mut losses, &mut now, 4, 1_000_000), [0.02, 0.0, 0.0, 0.0]);
        let first = seconds(&mut losses, &mut now, 4, 5);
        assert!(first.iter().all(|excess| (0.15..=0.2).contains(excess)), "it began just now: {first:?}");
        seconds(&mut losses, &mut now, 6, 5);
        assert_eq!(seconds(&mut losses, &mut now, 3, 5), [0.0; 3], "it goes on whatever is sent");
    }
}
