//! How many PINs the door looks at in a second, all askers together, and what that lets a stranger hope for (D12).
//!
//! A PIN alone names meeting and person, so every PIN that works now is a target. With N codes of which M work, E
//! evaluations a second find one every N/(M·E) seconds on average, whoever asks and from how many addresses. The door
//! therefore bounds E, and bounds it more tightly the more PINs work.

/// A year of 365.25 days, seconds.
pub const YEAR_S: f64 = 31_557_600.0;

/// Chance that a stranger who does nothing but guess for a year reaches a lobby, anywhere in the deployment, above which
/// the door evaluates less. A lower target makes people wait longer in an attack.
pub const TARGET_PER_YEAR: f64 = 1e-2;

/// Chance that such a stranger reaches the lobby of one certain meeting while its PINs work, that the console warns above.
pub const TARGET_PER_MEETING: f64 = 1e-6;

/// Evaluations a second at most, however few PINs work. More shortens waiting in an attack and keeps the database busier.
pub const MOST_PER_S: f64 = 2_000.0;

/// Evaluations a second at least: the door is there for people. With PINs so short that this misses the target, the
/// console says so.
pub const LEAST_PER_S: f64 = 10.0;

/// The PINs that work now, as a guess sees them.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Exposure {
    /// How many work (M).
    pub live_pins: u64,
    /// Chance that one random guess is one of them: M/N, summed over the lengths in use.
    pub per_guess: f64,
    /// The same for the meeting with the largest share.
    pub per_guess_in_one_meeting: f64,
}

impl Exposure {
    /// Adds `count` PINs of that many digits, of one meeting.
    #[must_use]
    pub fn with(self, digits: u32, count: u32) -> Self {
        // A guesser who does not know the length must spread over all lengths; we do not count on it.
        let share = f64::from(count) / 10_f64.powi(i32::try_from(digits).unwrap_or(i32::MAX));
        Self {
            live_pins: self.live_pins + u64::from(count),
            per_guess: self.per_guess + share,
            per_guess_in_one_meeting: self.per_guess_in_one_meeting.max(share),
        }
    }

    /// Evaluations a second that the door grants (E): as many as the target allows, within its bounds.
    pub fn evaluations_per_s(&self) -> f64 {
        let allowed = -(-TARGET_PER_YEAR).ln_1p() / (YEAR_S * self.per_guess);
        // No live PIN: the quotient is infinite, and the upper bound holds.
        allowed.clamp(LEAST_PER_S, MOST_PER_S)
    }

    /// Chance that `evaluations_per_s` guesses a second find a PIN within that many seconds.
    pub fn chance(&self, evaluations_per_s: f64, seconds: f64) -> f64 {
        chance(self.per_guess, evaluations_per_s, seconds)
    }

    /// The same for the meeting with the largest share.
    pub fn chance_in_one_meeting(&self, evaluations_per_s: f64, seconds: f64) -> f64 {
        chance(self.per_guess_in_one_meeting, evaluations_per_s, seconds)
    }
}

/// 1 − e^(−λt), for a λt that may be far below what 1 − x can hold.
fn chance(per_guess: f64, evaluations_per_s: f64, seconds: f64) -> f64 {
    -(-per_guess * evaluations_per_s * seconds).exp_m1()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO_HOURS: f64 = 7_200.0;

    /// The defaults hold their promise: 16 digits, 1,000 live PINs, everybody guessing for a year.
    #[test]
    fn sixteen_digits_hold_the_target_at_full_speed() {
        let exposure = (0..20).fold(Exposure::default(), |exposure, _| exposure.with(16, 50));
        assert_eq!((exposure.live_pins, exposure.evaluations_per_s()), (1_000, MOST_PER_S));
        assert!(exposure.chance(MOST_PER_S, YEAR_S) <= TARGET_PER_YEAR);
        assert!(exposure.chance_in_one_meeting(MOST_PER_S, TWO_HOURS) <= TARGET_PER_MEETING);
    }

    #[test]
    fn the_more_pins_work_the_fewer_are_looked_at() {
        let many = Exposure::default().with(16, 100_000);
        let speed = many.evaluations_per_s();
        assert!((30.0..33.0).contains(&speed), "{speed}");
        let chance = many.chance(speed, YEAR_S);
        assert!((chance - TARGET_PER_YEAR).abs() < 1e-12, "the target is used up and kept: {chance}");
    }

    #[test]
    fn short_pins_miss_the_target_and_it_shows() {
        let short = Exposure::default().with(8, 100);
        assert!((short.evaluations_per_s() - LEAST_PER_S).abs() < f64::EPSILON, "people still get in");
        assert!(short.chance(LEAST_PER_S, YEAR_S) > 0.99);
        assert!(short.chance_in_one_meeting(LEAST_PER_S, TWO_HOURS) > 0.06);
    }

    #[test]
    fn nobody_invited_nothing_to_find() {
        let nobody = Exposure::default();
        assert!((nobody.evaluations_per_s() - MOST_PER_S).abs() < f64::EPSILON);
        assert!(nobody.chance(MOST_PER_S, YEAR_S) == 0.0);
    }
}
