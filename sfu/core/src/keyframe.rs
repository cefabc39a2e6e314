//! Keyframe requests to one publisher: at once when the last one is old enough, otherwise one trailing request
//! that stands for all that came meanwhile.

use std::time::{Duration, Instant};

use shared::limits::KEYFRAME_REQUEST_GAP_MS;

const GAP: Duration = Duration::from_millis(KEYFRAME_REQUEST_GAP_MS);

/// The throttle of one camera.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    last: Option<Instant>,
    waiting: bool,
}

impl Throttle {
    /// Somebody needs a keyframe. Whether to ask the publisher now; if not, [`Throttle::deadline`] says when.
    pub(crate) fn request(&mut self, now: Instant) -> bool {
        self.waiting = true;
        self.take_due(now)
    }

    /// When the trailing request is due.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.last.filter(|_| self.waiting).map(|last| last + GAP)
    }

    /// Whether a request that waited is to be sent now.
    pub(crate) fn take_due(&mut self, now: Instant) -> bool {
        let due = self.waiting && self.last.is_none_or(|last| last + GAP <= now);
        if due {
            self.last = Some(now);
            self.waiting = false;
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_requests_are_two() {
        let start = Instant::now();
        let mut throttle = Throttle::default();
        assert!(throttle.request(start));
        let asked = (1..500).filter(|ms| throttle.request(start + Duration::from_millis(*ms))).count();
        assert_eq!(asked, 0);
        assert_eq!(throttle.deadline(), Some(start + GAP));
        assert!(throttle.take_due(start + GAP), "the trailing one");
        assert_eq!(throttle.deadline(), None);
        assert!(!throttle.take_due(start + GAP * 5), "nobody asked since");
    }
}
