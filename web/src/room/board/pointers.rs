//! Where everybody points.

use shared::ids::ParticipantId;
use shared::limits::MAX_POINTERS_PER_SECOND;
use shared::surface::{Point, PointerDown, PointerUp};

use crate::room::by_id::ById;

/// Smallest gap between two positions sent, milliseconds: two frames of a 60 Hz screen.
pub const POINTER_GAP_MS: f64 = (1_000 / MAX_POINTERS_PER_SECOND) as f64;

/// This person's pointer on its way up: the newest position wins, at most one per gap.
#[derive(Debug, Clone, Default)]
pub struct Coalescer {
    newest: Option<PointerUp>,
    sent: Option<PointerUp>,
    sent_at: f64,
}

impl Coalescer {
    /// The pointer moved, or left the surface.
    pub fn offer(&mut self, at: Option<Point>) {
        self.newest = Some(PointerUp(at));
    }

    /// What to send at this moment (milliseconds of any steady clock). Leaving is never held back twice: it stays the
    /// newest until it is sent.
    pub fn take(&mut self, now: f64) -> Option<PointerUp> {
        let newest = self.newest?;
        if self.sent == Some(newest) {
            self.newest = None;
            return None;
        }
        if self.sent.is_some() && now - self.sent_at < POINTER_GAP_MS {
            return None;
        }
        self.sent_at = now;
        self.sent = self.newest.take();
        self.sent
    }

    /// Whether something waits to be sent.
    pub fn is_waiting(&self) -> bool {
        self.newest.is_some()
    }
}

/// The others' pointers, painted once per animation frame.
#[derive(Debug, Clone, Default)]
pub struct Pointers {
    at: ById<Point>,
    is_stale: bool,
}

impl Pointers {
    /// A position arrived. Answers whether a frame has to be asked for.
    pub fn apply(&mut self, moved: PointerDown) -> bool {
        match moved.at {
            Some(point) => drop(self.at.insert(moved.author, point)),
            None => drop(self.at.remove(&moved.author)),
        }
        !std::mem::replace(&mut self.is_stale, true)
    }

    /// Somebody is gone, and so is their pointer.
    pub fn forget(&mut self, who: ParticipantId) {
        self.at.remove(&who);
    }

    /// What to paint in this frame.
    pub fn frame(&mut self) -> Vec<(ParticipantId, Point)> {
        self.is_stale = false;
        self.at.iter().map(|(who, point)| (*who, *point)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(x: u16) -> Option<Point> {
        Some(Point { x, y: 0 })
    }

    /// D21: never more than the room passes on, and always the newest.
    #[test]
    fn a_wild_hand_sends_thirty_positions_a_second() {
        let mut pointer = Coalescer::default();
        let mut sent = 0;
        for frame in 0..240_u16 {
            pointer.offer(at(frame));
            sent += u32::from(pointer.take(f64::from(frame) * 1_000.0 / 240.0).is_some());
        }
        assert!((28..=MAX_POINTERS_PER_SECOND + 1).contains(&sent), "{sent}");
        assert_eq!(pointer.take(2_000.0), Some(PointerUp(at(239))));
        assert_eq!(pointer.take(3_000.0), None, "nothing new");
    }

    #[test]
    fn leaving_the_surface_is_sent_as_soon_as_it_may() {
        let mut pointer = Coalescer::default();
        pointer.offer(at(1));
        assert!(pointer.take(0.0).is_some());
        pointer.offer(None);
        assert_eq!(pointer.take(5.0), None);
        assert!(pointer.is_waiting());
        assert_eq!(pointer.take(40.0), Some(PointerUp(None)));
    }

    #[test]
    fn many_positions_ask_for_one_frame() {
        let mut pointers = Pointers::default();
        let ben = ParticipantId(2);
        assert!(pointers.apply(PointerDown { author: ben, at: at(1) }));
        assert!(!pointers.apply(PointerDown { author: ben, at: at(2) }));
        assert_eq!(pointers.frame(), [(ben, Point { x: 2, y: 0 })]);
        assert!(pointers.apply(PointerDown { author: ben, at: None }));
        assert!(pointers.frame().is_empty());
    }
}
