//! A PIN's life, as one state machine on whatever clock is brought (D9–D14, D38):
//!
//! ```text
//! issued ──▶ active ──▶ reserved ──▶ cooling ──▶ free
//!   │  (its window)  ▲   (over)   (archived)  (a month later)
//!   └──── revoked ───┘
//! ```
//! Active alone opens the door. Reserved and cooling open nothing and are never issued; free is as good as never issued,
//! and its row is deleted. Nothing here is stored: the state follows from a few moments in the meeting's and the PIN's
//! rows, so that a restart, a missed tick or a clock that was set back leaves nothing half done.

use shared::units::UnixMs;

/// The moments that decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moments {
    /// When the meeting's PINs begin to work.
    pub opens_at: UnixMs,
    /// When the meeting closes by itself.
    pub closes_at: UnixMs,
    /// When it ended, once it has: over is over, whatever the clock does later.
    pub ended_at: Option<UnixMs>,
    /// When it was archived.
    pub archived_at: Option<UnixMs>,
    /// When this PIN was replaced or withdrawn.
    pub revoked_at: Option<UnixMs>,
}

/// Where a PIN is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PinState {
    /// Before its window.
    Issued,
    /// Opens the door.
    Active,
    /// Useless for good: its meeting is over, or it was replaced or withdrawn. Not issued again (D13).
    Reserved,
    /// Its meeting is archived, lately: not issued again yet (D14).
    Cooling {
        /// Until when.
        until: UnixMs,
    },
    /// May be issued again, to anybody.
    Free,
}

impl Moments {
    /// The state at that moment, with a cool-down of so many milliseconds.
    pub fn state(&self, now: UnixMs, cool_down_ms: i64) -> PinState {
        if let Some(archived_at) = self.archived_at {
            let until = archived_at.plus_ms(cool_down_ms);
            return if now < until { PinState::Cooling { until } } else { PinState::Free };
        }
        if self.revoked_at.is_some() || self.ended_at.is_some() || now >= self.closes_at {
            PinState::Reserved
        } else if now < self.opens_at {
            PinState::Issued
        } else {
            PinState::Active
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;
    const MONTH: i64 = 31 * 24 * HOUR;

    fn at(hours: i64) -> UnixMs {
        UnixMs(hours * HOUR)
    }

    /// D11, D13, D14, D38: the whole life, to the millisecond.
    #[test]
    fn one_life() {
        let meeting =
            Moments { opens_at: at(10), closes_at: at(12), ended_at: None, archived_at: None, revoked_at: None };
        let ended = Moments { ended_at: Some(at(11)), ..meeting };
        let revoked = Moments { revoked_at: Some(at(1)), ..meeting };
        let archived = Moments { archived_at: Some(at(20)), ..ended };
        let until = at(20).plus_ms(MONTH);
        let table = [
            (meeting, at(0), PinState::Issued),
            (meeting, at(10).plus_ms(-1), PinState::Issued),
            (meeting, at(10), PinState::Active),
            (meeting, at(12).plus_ms(-1), PinState::Active),
            (meeting, at(12), PinState::Reserved),
            (meeting, at(100_000), PinState::Reserved),
            (ended, at(11), PinState::Reserved),
            (ended, at(0), PinState::Reserved),
            (revoked, at(11), PinState::Reserved),
            (archived, at(20), PinState::Cooling { until }),
            (archived, at(0), PinState::Cooling { until }),
            (archived, until.plus_ms(-1), PinState::Cooling { until }),
            (archived, until, PinState::Free),
        ];
        for (moments, now, state) in table {
            assert_eq!(moments.state(now, MONTH), state, "{moments:?} at {now:?}");
        }
    }

    /// A meeting of zero minutes without grace never opens: its window is empty unless it opens early.
    #[test]
    fn a_window_of_nothing() {
        let moments =
            Moments { opens_at: at(10), closes_at: at(10), ended_at: None, archived_at: None, revoked_at: None };
        assert_eq!(moments.state(at(10).plus_ms(-1), MONTH), PinState::Issued);
        assert_eq!(moments.state(at(10), MONTH), PinState::Reserved);
    }
}
