//! What the door did, counted in memory and written down once a minute: an attack must not own the database's writer.

use std::collections::{HashSet, VecDeque};

use super::limiter::Whose;
use crate::edge::source::Source;

/// Minutes that "lately" means.
const LATELY: usize = 60;
/// Sources told apart within a minute; beyond, their number stands still.
const MAX_SOURCES: usize = 20_000;

/// One minute at the door. No source is in it, only how many there were.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Minute {
    /// PINs looked at that came without a link: what a guesser gets.
    pub evaluated: u32,
    /// PINs looked at that were not let through, with and without a link.
    pub failed: u32,
    /// Tries that were not looked at: too many failed before, or too many waited.
    pub turned_away: u32,
    /// Sources these came from.
    pub sources: u32,
}

impl Minute {
    /// Whether there is anything to write down. Right PINs are door events of their own.
    pub fn is_worth_writing(self) -> bool {
        self.failed > 0 || self.turned_away > 0
    }
}

/// The minute that runs and those of the last hour.
#[derive(Default)]
pub struct Tally {
    minute: Minute,
    sources: HashSet<Source>,
    lately: VecDeque<Minute>,
}

impl Tally {
    /// A PIN was looked at.
    pub fn evaluated(&mut self, whose: Whose, failed: bool) {
        if let Whose::Source(source) = whose {
            self.minute.evaluated = self.minute.evaluated.saturating_add(1);
            self.saw(source);
        }
        self.minute.failed = self.minute.failed.saturating_add(u32::from(failed));
    }

    /// A try was not looked at.
    pub fn turned_away(&mut self, source: Source) {
        self.minute.turned_away = self.minute.turned_away.saturating_add(1);
        self.saw(source);
    }

    /// Ends the minute.
    pub fn close_minute(&mut self) -> Minute {
        let minute = Minute { sources: u32::try_from(self.sources.len()).unwrap_or(u32::MAX), ..self.minute };
        self.sources = HashSet::new();
        self.minute = Minute::default();
        self.lately.push_back(minute);
        if self.lately.len() > LATELY {
            self.lately.pop_front();
        }
        minute
    }

    /// The last hour's whole minutes together; the sources are those of the minute that had most.
    pub fn lately(&self) -> Minute {
        self.lately.iter().fold(Minute::default(), |sum, minute| Minute {
            evaluated: sum.evaluated.saturating_add(minute.evaluated),
            failed: sum.failed.saturating_add(minute.failed),
            turned_away: sum.turned_away.saturating_add(minute.turned_away),
            sources: sum.sources.max(minute.sources),
        })
    }

    /// Most evaluations a second in any of the last hour's minutes.
    pub fn busiest_per_s(&self) -> f64 {
        self.lately.iter().map(|minute| f64::from(minute.evaluated) / 60.0).fold(0.0, f64::max)
    }

    fn saw(&mut self, source: Source) {
        if self.sources.len() < MAX_SOURCES {
            self.sources.insert(source);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use shared::ids::InviteeId;

    use super::*;

    #[test]
    fn a_minute_is_counted_and_an_hour_is_remembered() {
        let mut tally = Tally::default();
        assert!(!tally.close_minute().is_worth_writing());
        for n in 0..120_u8 {
            let source = Source::from(IpAddr::from([192, 0, 2, n % 3]));
            tally.evaluated(Whose::Source(source), n % 2 == 0);
            tally.turned_away(source);
        }
        tally.evaluated(Whose::Link(InviteeId::from_random([1; 16])), true);
        let minute = tally.close_minute();
        assert_eq!(minute, Minute { evaluated: 120, failed: 61, turned_away: 120, sources: 3 });
        assert!(minute.is_worth_writing());
        assert_eq!(tally.lately(), minute);
        assert!((tally.busiest_per_s() - 2.0).abs() < f64::EPSILON);
        for _ in 0..LATELY {
            tally.close_minute();
        }
        assert_eq!(tally.lately(), Minute::default());
    }
}
