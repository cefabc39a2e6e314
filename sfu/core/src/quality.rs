//! How well each person's connection serves, as the others may know it: so that a moderator sees whose network it is.

use std::time::{Duration, Instant};

use shared::quality::Quality;

/// A connection is judged so often. Longer is calmer and says it later.
const JUDGED_EVERY: Duration = Duration::from_secs(2);
/// So many judgements in a row must be worse before it is said. One lost burst is no bad connection.
const WORSE_AFTER: u8 = 2;
/// And so many better ones. Bars that flicker tell nothing.
const BETTER_AFTER: u8 = 4;
/// Fewer packets than these are no base for a share.
const FEWEST: u64 = 25;
/// A sender that jumps so far ahead counts anew: nothing says that the numbers between were ever sent.
const LONGEST_GAP: u64 = 512;

/// Packets that should have come, and those that did not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) expected: u64,
    pub(crate) lost: u64,
}

impl Tally {
    pub(crate) fn plus(self, other: Self) -> Self {
        Self { expected: self.expected + other.expected, lost: self.lost + other.lost }
    }

    /// Thousandths lost since `before`, where there were enough to tell. What was missing then may have come since.
    fn permille_since(self, before: Self) -> Option<u32> {
        let expected = self.expected.saturating_sub(before.expected);
        let lost = self.lost.saturating_sub(before.lost).min(expected);
        (expected >= FEWEST).then(|| u32::try_from(lost * 1_000 / expected).unwrap_or(u32::MAX))
    }
}

/// A stream of numbered packets, as its receiver counts it (RFC 3550 appendix A.3). A packet that was repeated in time has
/// come.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Arrivals {
    newest: Option<u64>,
    received: u64,
    expected: u64,
}

impl Arrivals {
    /// A packet came, with its number as it would be without wrapping.
    pub(crate) fn note(&mut self, seq: u64) {
        self.received += 1;
        let ahead = self.newest.map_or(1, |newest| seq.saturating_sub(newest));
        if ahead > 0 {
            self.newest = Some(seq);
            self.expected += if ahead > LONGEST_GAP { 1 } else { ahead };
        }
    }

    pub(crate) fn tally(self) -> Tally {
        Tally { expected: self.expected, lost: self.expected.saturating_sub(self.received) }
    }
}

/// What is known of one connection.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Figures {
    /// What came of what this person sends.
    pub(crate) up: Tally,
    /// What came of what is sent to them.
    pub(crate) down: Tally,
    pub(crate) round_trip: Option<Duration>,
}

/// Makes up its mind about one connection, slowly.
#[derive(Debug)]
pub(crate) struct Judge {
    due: Instant,
    before: Figures,
    said: Quality,
    /// How the last judgements went, worse or better than what was said, and how many of them.
    leaning: Option<(bool, u8)>,
}

impl Judge {
    pub(crate) fn new(now: Instant) -> Self {
        Self { due: now + JUDGED_EVERY, before: Figures::default(), said: Quality::Good, leaning: None }
    }

    /// Whether it is time to judge.
    pub(crate) fn is_due(&self, now: Instant) -> bool {
        self.due <= now
    }

    /// What was said last.
    pub(crate) fn said(&self) -> Quality {
        self.said
    }

    /// What is to be said, when that is something new.
    pub(crate) fn judge(&mut self, figures: Figures, now: Instant) -> Option<Quality> {
        self.due = now + JUDGED_EVERY;
        let before = std::mem::replace(&mut self.before, figures);
        let loss = [figures.up.permille_since(before.up), figures.down.permille_since(before.down)];
        let loss = loss.into_iter().flatten().map(Quality::of_loss).max().unwrap_or_default();
        let ms = figures.round_trip.map_or(0, |round_trip| u32::try_from(round_trip.as_millis()).unwrap_or(u32::MAX));
        let seen = loss.max(Quality::of_round_trip(ms));
        if seen == self.said {
            self.leaning = None;
            return None;
        }
        let is_worse = seen > self.said;
        let times = self.leaning.filter(|(worse, _)| *worse == is_worse).map_or(1, |(_, times)| times + 1);
        self.leaning = Some((is_worse, times));
        if times < if is_worse { WORSE_AFTER } else { BETTER_AFTER } {
            return None;
        }
        (self.said, self.leaning) = (seen, None);
        Some(seen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_repeated_or_late_has_come_and_a_jump_is_nobody_s_loss() {
        let tally = |numbers: &[u64]| {
            let mut arrivals = Arrivals::default();
            numbers.iter().for_each(|seq| arrivals.note(*seq));
            arrivals.tally()
        };
        assert_eq!(tally(&[7, 8, 9]), Tally { expected: 3, lost: 0 });
        assert_eq!(tally(&[7, 9, 10]), Tally { expected: 4, lost: 1 });
        assert_eq!(tally(&[7, 9, 10, 8]), Tally { expected: 4, lost: 0 });
        assert_eq!(tally(&[7, 8, 40_000, 40_001]), Tally { expected: 4, lost: 0 });
        assert_eq!(tally(&[u64::MAX, 0, 1]).lost, 0, "numbers that lie");
    }

    /// A judgement each two seconds; `lost` of a hundred packets each time.
    fn said(losses: &[u64]) -> Vec<Option<Quality>> {
        let mut now = Instant::now();
        let (mut judge, mut up) = (Judge::new(now), Tally::default());
        let mut each = |lost| {
            now += JUDGED_EVERY;
            assert!(judge.is_due(now));
            up = up.plus(Tally { expected: 100, lost });
            judge.judge(Figures { up, ..Figures::default() }, now)
        };
        losses.iter().map(|lost| each(*lost)).collect()
    }

    #[test]
    fn bad_news_comes_after_four_seconds_and_good_news_after_eight() {
        use Quality::{Fair, Good, Poor};
        assert_eq!(said(&[0, 5, 0, 5, 0, 5]), [None; 6], "a burst now and then is no bad connection");
        assert_eq!(said(&[5, 5, 5]), [None, Some(Fair), None]);
        assert_eq!(said(&[5, 20, 20]), [None, Some(Poor), None], "the worst of late");
        assert_eq!(said(&[20, 20, 0, 0, 0, 0, 0]), [None, Some(Poor), None, None, None, Some(Good), None]);
        assert_eq!(said(&[20, 20, 0, 0, 20, 0, 0, 0, 0])[8], Some(Good), "counted from the last bad one");
        assert_eq!(said(&[20, 20, 0, 0, 20, 0, 0, 0, 0])[7], None);
    }

    #[test]
    fn few_packets_tell_nothing_and_a_long_way_does() {
        let now = Instant::now();
        let mut judge = Judge::new(now);
        let down = Tally { expected: FEWEST - 1, lost: FEWEST - 1 };
        assert_eq!(judge.judge(Figures { down, ..Figures::default() }, now), None);
        assert_eq!(judge.judge(Figures { down, ..Figures::default() }, now), None);
        let far = Figures { round_trip: Some(Duration::from_millis(700)), ..Figures::default() };
        assert_eq!([judge.judge(far, now), judge.judge(far, now)], [None, Some(Quality::Poor)]);
    }
}
