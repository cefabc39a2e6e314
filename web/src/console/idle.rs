//! When an idle login ends (D8), as arithmetic on moments. The clock and the timer are in [`super::session`].
//!
//! The server alone decides; the page counts along so that the end comes with a warning and a sentence
//! instead of a failed click.

/// How long before the end the warning appears, seconds. Longer gives slow readers time, shorter interrupts less.
const WARN_BEFORE_S: i64 = 60;

/// Where an idle login stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Idle {
    /// Nothing to say.
    Active,
    /// Soon over.
    Ending {
        /// Whole seconds left, at least 1.
        seconds_left: u32,
    },
    /// Over.
    Over,
}

/// Where a login stands at `now` when the server last saw a person act at `last_seen` (both milliseconds).
pub(crate) fn idle_at(now: i64, last_seen: i64, idle_logout_s: u32) -> Idle {
    let limit = i64::from(idle_logout_s);
    let left_ms = limit * 1000 - (now - last_seen);
    let seconds_left = (left_ms + 999).div_euclid(1000);
    if seconds_left <= 0 {
        Idle::Over
    } else if seconds_left <= WARN_BEFORE_S.min(limit / 2) {
        Idle::Ending { seconds_left: u32::try_from(seconds_left).unwrap_or(u32::MAX) }
    } else {
        Idle::Active
    }
}

/// Whether somebody who types or clicks without asking the server anything should be announced to it,
/// so that a long form does not end in a login page.
pub(crate) fn is_due(now: i64, last_seen: i64, idle_logout_s: u32) -> bool {
    now - last_seen > i64::from(idle_logout_s) * 1000 / 4
}

#[cfg(test)]
mod tests {
    use super::*;

    /// D8: Ada leaves her desk; a minute before the end the page says so.
    #[test]
    fn a_login_warns_a_minute_before_it_ends() {
        let table = [
            (0, Idle::Active),
            (839_999, Idle::Active),
            (840_000, Idle::Ending { seconds_left: 60 }),
            (899_001, Idle::Ending { seconds_left: 1 }),
            (900_000, Idle::Over),
            (9_000_000, Idle::Over),
        ];
        for (now, expected) in table {
            assert_eq!(idle_at(now, 0, 900), expected, "{now}");
        }
    }

    #[test]
    fn a_very_short_login_warns_for_its_last_half() {
        assert_eq!(idle_at(4_000, 0, 10), Idle::Active);
        assert_eq!(idle_at(5_000, 0, 10), Idle::Ending { seconds_left: 5 });
    }

    #[test]
    fn a_clock_set_back_never_ends_a_login() {
        assert_eq!(idle_at(0, 1_000_000, 900), Idle::Active);
    }

    #[test]
    fn typing_is_announced_after_a_quarter_of_the_time() {
        assert!(!is_due(225_000, 0, 900));
        assert!(is_due(225_001, 0, 900));
    }
}
