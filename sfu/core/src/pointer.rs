//! One person's pointer: at most [`MAX_POINTERS_PER_SECOND`] positions a second are passed on, and the newest
//! always arrives: what comes too early waits, and is replaced by what comes after it.

use std::time::{Duration, Instant};

use shared::limits::MAX_POINTERS_PER_SECOND;
use shared::surface::Point;

const INTERVAL: Duration = Duration::from_nanos(1_000_000_000 / MAX_POINTERS_PER_SECOND as u64);

/// Where somebody points; `None` when the pointer left the surface.
type Place = Option<Point>;

/// The rate limit of one author.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    passed_at: Option<Instant>,
    waiting: Option<Place>,
    shown: bool,
}

impl Gate {
    /// A position came. What to pass on now, if anything.
    pub(crate) fn offer(&mut self, place: Place, now: Instant) -> Option<Place> {
        self.waiting = Some(place);
        self.take_due(now)
    }

    /// When the position that waits is due.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.waiting.and(self.passed_at).map(|at| at + INTERVAL)
    }

    /// The position that waited, once it may pass.
    pub(crate) fn take_due(&mut self, now: Instant) -> Option<Place> {
        if self.passed_at.is_some_and(|at| at + INTERVAL > now) {
            return None;
        }
        let place = self.waiting.take()?;
        self.passed_at = Some(now);
        self.shown = place.is_some();
        Some(place)
    }

    /// What waits is forgotten, and the others do not see this pointer any more; whether they did.
    pub(crate) fn take_away(&mut self) -> bool {
        self.waiting = None;
        std::mem::take(&mut self.shown)
    }

    /// Whether the others see this pointer now.
    pub(crate) fn is_shown(&self) -> bool {
        self.shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(x: u16) -> Place {
        Some(Point { x, y: 0 })
    }

    #[test]
    fn thirty_a_second_pass_and_the_newest_wins() {
        let start = Instant::now();
        let mut gate = Gate::default();
        let mut passed = Vec::new();
        for ms in 0..1000u16 {
            let now = start + Duration::from_millis(u64::from(ms));
            passed.extend(gate.offer(at(ms), now));
        }
        assert!((29..=31).contains(&passed.len()), "{}", passed.len());
        let last = gate.take_due(start + Duration::from_millis(1040));
        assert_eq!(last, Some(at(999)), "the last position is never lost");
        assert_eq!(gate.deadline(), None);
    }
}
