//! How often codes may be wrong at the login. Only whoever knows the password gets this far; what is typed at the doors of
//! meetings is counted apart (`meetings::passwords`).
//!
//! Six digits of which three are right at any moment (one step of skew either way) fall to one guess in 333,333. Unhindered, a
//! thousand guesses a second find one within minutes. Here five are free, as people type badly; after each further one the wait
//! doubles, from a minute to an hour, so that a day sees about 34 guesses (one in 10,000); and after 100 in a row (NIST SP
//! 800-63B-4 section 3.2.2 allows no more), four days later, none is looked at: all in all at most one in 3,300 that an account
//! whose password is known falls before its holder logs in again. The holder's own right code begins anew, so that somebody who
//! keeps at it beside a holder who logs in every day gets 34 a day, one in 28 within a year: long enough to hear of it, as the
//! wait meets the holder too.
//!
//! That wait is a way for whoever knows the password to keep its holder's codes out. Recovery codes are not held up by it.

use shared::units::UnixMs;

/// Wrong codes that cost no wait.
const FREE: i64 = 5;
/// The wait after the one beyond those, milliseconds; it doubles with each further one.
const FIRST_WAIT_MS: i64 = 60_000;
/// The longest wait, milliseconds. A longer one slows guessing and keeps a holder out for longer.
const LONGEST_WAIT_MS: i64 = 60 * 60_000;
/// Wrong codes in a row after which none is looked at.
const MOST: i64 = 100;

/// What becomes of the next code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// It is looked at; should it be wrong, the one after is looked at from `next_at` on.
    Look {
        /// When.
        next_at: UnixMs,
    },
    /// It is not, yet.
    Wait {
        /// Seconds.
        retry_after_s: u32,
    },
    /// It is not, ever.
    Never,
}

/// After so many wrong ones in a row, the last of which said that the next is looked at from `next_at` on.
pub(super) fn next(wrong: i64, next_at: UnixMs, now: UnixMs) -> Next {
    if wrong >= MOST {
        return Next::Never;
    }
    // More than the longest wait can only be a clock that was set back.
    let left = next_at.since(now);
    if (1..=LONGEST_WAIT_MS).contains(&left) {
        return Next::Wait { retry_after_s: u32::try_from(left.unsigned_abs().div_ceil(1_000)).unwrap_or(u32::MAX) };
    }
    Next::Look { next_at: now.plus_ms(wait_ms(wrong + 1)) }
}

/// How long the next code waits after so many wrong ones.
fn wait_ms(wrong: i64) -> i64 {
    match u32::try_from(wrong - FREE - 1) {
        Ok(doubled) => (FIRST_WAIT_MS << doubled.min(16)).min(LONGEST_WAIT_MS),
        Err(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever guesses as fast as they may: how many codes are looked at within so many hours.
    fn looked_at(hours: i64) -> (i64, Next) {
        let (mut now, mut wrong, mut next_at) = (UnixMs(0), 0, UnixMs(0));
        loop {
            match next(wrong, next_at, now) {
                Next::Look { next_at: then } => (wrong, next_at) = (wrong + 1, then),
                Next::Wait { retry_after_s } => now = now.plus_ms(i64::from(retry_after_s) * 1_000),
                Next::Never => return (wrong, Next::Never),
            }
            if now.0 >= hours * 60 * 60_000 {
                return (wrong, next(wrong, next_at, now));
            }
        }
    }

    /// The figures of the head of this file.
    #[test]
    fn guessing_is_as_slow_as_it_says() {
        assert_eq!(looked_at(1).0, 11, "five, and six within the first hour");
        assert_eq!(looked_at(24).0, 34);
        assert_eq!(looked_at(24 * 365), (MOST, Next::Never));
    }

    #[test]
    fn five_are_free_and_then_the_wait_doubles_to_an_hour() {
        let waits: Vec<i64> = (1..=14).map(|wrong| wait_ms(wrong) / 60_000).collect();
        assert_eq!(waits, [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(next(5, UnixMs(0), UnixMs(7)), Next::Look { next_at: UnixMs(60_007) });
        assert_eq!(next(6, UnixMs(60_007), UnixMs(7)), Next::Wait { retry_after_s: 60 });
        assert_eq!(next(6, UnixMs(60_007), UnixMs(60_006)), Next::Wait { retry_after_s: 1 });
        assert!(matches!(next(6, UnixMs(60_007), UnixMs(60_007)), Next::Look { .. }));
        assert_eq!(next(MOST, UnixMs(0), UnixMs(i64::MAX / 2)), Next::Never);
    }

    #[test]
    fn a_clock_that_is_set_back_keeps_nobody_out() {
        let next_at = UnixMs(LONGEST_WAIT_MS + 1);
        assert!(matches!(next(20, next_at, UnixMs(0)), Next::Look { .. }));
        assert!(matches!(next(20, next_at, UnixMs(1)), Next::Wait { retry_after_s: 3_600 }));
    }
}
