//! How many SMS go out: to one number, so that nobody's telephone can be flooded from a lobby; for one meeting, to one country
//! and in all, so that nobody makes money by having this server send (SMS pumping). Counted in memory, and after a restart from
//! table `letters`: stopping a server gives nobody a new budget.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use shared::ids::MeetingId;
use shared::signal::PasswordRefused;
use shared::units::UnixMs;

use crate::config::Sms;
use crate::geo::phone;
use crate::guards::{self, Guard};
use crate::letters::SentBefore;

/// Messages that may go to one number within [`WINDOW_MS`].
const MAX_SENT: usize = 3;
/// See [`MAX_SENT`].
const WINDOW_MS: i64 = 10 * 60_000;
/// Shortest time between two messages to one number, milliseconds.
const APART_MS: i64 = 30_000;
/// Numbers remembered. When so many were sent to within ten minutes, nothing more is sent until one is forgotten.
const MAX_NUMBERS: usize = 10_000;

/// Messages a day for each person invited to a meeting, and beside them for the meeting.
const PER_INVITED: u32 = 3;
/// See [`PER_INVITED`].
const PER_MEETING: u32 = 10;

const DAY_MS: i64 = 24 * 3_600_000;

/// To whom a message goes. No `Debug`: it is a number.
#[derive(Clone, Copy)]
pub struct Addressee<'a> {
    /// E.164.
    pub number: &'a str,
    /// For which meeting.
    pub meeting: MeetingId,
    /// How many people that one invites.
    pub invited: u32,
}

/// What went out lately.
pub struct SendLimit {
    config: Sms,
    sent: Mutex<Sent>,
}

#[derive(Default)]
struct Sent {
    numbers: HashMap<String, Vec<UnixMs>>,
    /// Which day since 1970, UTC, the rest is about.
    day: i64,
    in_all: u32,
    by_code: HashMap<u16, u32>,
    by_meeting: HashMap<MeetingId, u32>,
    /// The log has said that nothing more goes out today.
    is_spent_said: bool,
}

impl SendLimit {
    /// Nothing sent yet.
    pub fn new(config: &Sms) -> Self {
        Self { config: config.clone(), sent: Mutex::default() }
    }

    /// Takes one of the number's turns.
    ///
    /// # Errors
    /// None is left; with the seconds until there is one, where waiting helps.
    pub fn take(&self, now: UnixMs, to: Addressee<'_>) -> Result<(), PasswordRefused> {
        if !guards::holds(Guard::SendLimit) {
            return Ok(());
        }
        let calling_code = phone::calling_code(to.number);
        if !self.serves(calling_code) {
            return Err(PasswordRefused::CountryNotServed);
        }
        let mut sent = self.lock();
        sent.turn_day(now.0.div_euclid(DAY_MS));
        let by_code = sent.by_code.get(&calling_code).copied().unwrap_or_default();
        let by_meeting = sent.by_meeting.get(&to.meeting).copied().unwrap_or_default();
        let for_meeting = to.invited.saturating_mul(PER_INVITED).saturating_add(PER_MEETING);
        if sent.in_all >= self.config.per_day || by_code >= self.config.per_country_per_day || by_meeting >= for_meeting
        {
            sent.say_that_it_is_spent(calling_code);
            return Err(PasswordRefused::BudgetSpent);
        }
        sent.turn_of(now, to.number)?;
        sent.count(calling_code, to.meeting);
        Ok(())
    }

    /// Counts what went out before a restart, oldest first.
    pub fn restore(&self, now: UnixMs, before: &[SentBefore]) {
        let today = now.0.div_euclid(DAY_MS);
        let mut sent = self.lock();
        sent.turn_day(today);
        for SentBefore { at, meeting, number } in before {
            if at.0.div_euclid(DAY_MS) == today {
                sent.count(phone::calling_code(number), *meeting);
            }
            if now.since(*at) < WINDOW_MS && sent.numbers.len() < MAX_NUMBERS {
                sent.numbers.entry(number.clone()).or_default().push(*at);
            }
        }
    }

    /// Messages of today, and how many there may be.
    pub fn today(&self, now: UnixMs) -> (u32, u32) {
        let mut sent = self.lock();
        sent.turn_day(now.0.div_euclid(DAY_MS));
        (sent.in_all, self.config.per_day)
    }

    fn serves(&self, calling_code: u16) -> bool {
        let countries = &self.config.countries;
        countries.is_empty() || phone::regions(calling_code).iter().any(|region| countries.contains(region))
    }

    fn lock(&self) -> MutexGuard<'_, Sent> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sent {
    /// A new day forgets the one before. A clock set back over midnight makes no new day, or the budget would be there twice; one
    /// set back further was wrong before, and its day is not waited for.
    fn turn_day(&mut self, day: i64) {
        if !(self.day - 1..=self.day).contains(&day) {
            *self = Self { day, numbers: std::mem::take(&mut self.numbers), ..Self::default() };
        }
    }

    fn count(&mut self, calling_code: u16, meeting: MeetingId) {
        self.in_all = self.in_all.saturating_add(1);
        *self.by_code.entry(calling_code).or_default() += 1;
        *self.by_meeting.entry(meeting).or_default() += 1;
    }

    fn turn_of(&mut self, now: UnixMs, number: &str) -> Result<(), PasswordRefused> {
        self.numbers.retain(|_, times| {
            times.retain(|at| (0..WINDOW_MS).contains(&now.since(*at)));
            !times.is_empty()
        });
        let times = self.numbers.get(number).map_or(&[][..], Vec::as_slice);
        let too_soon = times.last().map_or(0, |last| APART_MS - now.since(*last));
        let too_many =
            if times.len() >= MAX_SENT { times.first().map_or(0, |at| WINDOW_MS - now.since(*at)) } else { 0 };
        let wait_ms = too_soon.max(too_many);
        if wait_ms > 0 || (times.is_empty() && self.numbers.len() >= MAX_NUMBERS) {
            return Err(PasswordRefused::SentTooOften { retry_after_s: seconds(wait_ms) });
        }
        self.numbers.entry(number.to_owned()).or_default().push(now);
        Ok(())
    }

    /// Once a day: somebody may be spending the operator's money.
    fn say_that_it_is_spent(&mut self, calling_code: u16) {
        if !std::mem::replace(&mut self.is_spent_said, true) {
            tracing::error!(
                sent_today = self.in_all,
                calling_code,
                "a limit of SMS for today is reached, of all, of a country or of a meeting, and passwords are not sent: \
                 if they were meant to be, raise `per_day` or `per_country_per_day` under [sms]"
            );
        }
    }
}

/// What went out before this no longer counts.
pub fn forgets_before(now: UnixMs) -> UnixMs {
    let day_began = UnixMs(now.0.div_euclid(DAY_MS) * DAY_MS);
    day_began.min(now.plus_ms(-WINDOW_MS))
}

fn seconds(ms: i64) -> u32 {
    u32::try_from(ms.max(1_000).unsigned_abs().div_ceil(1_000)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOARD: MeetingId = MeetingId::from_random([1; 16]);

    fn limit(change: impl FnOnce(&mut Sms)) -> SendLimit {
        let mut config = Sms { per_day: u32::MAX, per_country_per_day: u32::MAX, ..Sms::default() };
        change(&mut config);
        SendLimit::new(&config)
    }

    fn to(number: &str) -> Addressee<'_> {
        Addressee { number, meeting: BOARD, invited: 10_000 }
    }

    /// Three within ten minutes, half a minute apart.
    #[test]
    fn sending_is_limited_per_number() {
        let limit = limit(|_| {});
        let at = |s: i64| UnixMs(1_000_000 + s * 1_000);
        let retry = |s| Err(PasswordRefused::SentTooOften { retry_after_s: s });
        assert_eq!(limit.take(at(0), to("+31201234567")), Ok(()));
        assert_eq!(limit.take(at(1), to("+31201234567")), retry(29));
        assert_eq!(limit.take(at(1), to("+32470123456")), Ok(()), "another number has its own turns");
        assert_eq!(limit.take(at(30), to("+31201234567")), Ok(()));
        assert_eq!(limit.take(at(60), to("+31201234567")), Ok(()));
        assert_eq!(limit.take(at(120), to("+31201234567")), retry(480));
        assert_eq!(limit.take(at(600), to("+31201234567")), Ok(()));
    }

    #[test]
    fn memory_for_numbers_is_bounded() {
        let limit = limit(|_| {});
        let number = |n: usize| format!("+3247{n:07}");
        for n in 0..MAX_NUMBERS {
            limit.take(UnixMs(0), to(&number(n))).unwrap();
        }
        let one_more = number(MAX_NUMBERS);
        assert_eq!(limit.take(UnixMs(0), to(&one_more)), Err(PasswordRefused::SentTooOften { retry_after_s: 1 }));
        assert_eq!(limit.take(UnixMs(WINDOW_MS), to(&one_more)), Ok(()));
        assert_eq!(limit.lock().numbers.len(), 1);
    }

    /// SMS pumping: whatever numbers are found to send to, the day's limits hold, and the next day begins anew.
    #[test]
    fn the_day_has_a_budget() {
        let number = |code: &str, n: u32| format!("+{code}47{n:07}");
        let spent = Err(PasswordRefused::BudgetSpent);
        let limit = limit(|config| (config.per_day, config.per_country_per_day) = (5, 3));
        for n in 0..3 {
            assert_eq!(limit.take(UnixMs(0), to(&number("32", n))), Ok(()));
        }
        assert_eq!(limit.take(UnixMs(0), to(&number("32", 3))), spent, "the country's");
        for n in 0..2 {
            assert_eq!(limit.take(UnixMs(0), to(&number("31", n))), Ok(()));
        }
        assert_eq!(limit.take(UnixMs(0), to(&number("31", 2))), spent, "all");
        assert_eq!(limit.today(UnixMs(0)), (5, 5));
        assert_eq!(limit.take(UnixMs(DAY_MS - 1), to(&number("31", 2))), spent);
        assert_eq!(limit.take(UnixMs(DAY_MS), to(&number("31", 2))), Ok(()));
    }

    #[test]
    fn a_clock_set_back_over_midnight_gives_no_second_budget() {
        let number = |n: u32| format!("+3247{n:07}");
        let (limit, week) = (limit(|config| config.per_day = 2), 7 * DAY_MS);
        assert_eq!(limit.take(UnixMs(week), to(&number(0))), Ok(()));
        assert_eq!(limit.take(UnixMs(week - 1), to(&number(1))), Ok(()));
        assert_eq!(limit.take(UnixMs(week - 1), to(&number(2))), Err(PasswordRefused::BudgetSpent));
        assert_eq!(limit.take(UnixMs(week + 1), to(&number(2))), Err(PasswordRefused::BudgetSpent));
        assert_eq!(limit.take(UnixMs(2 * DAY_MS), to(&number(2))), Ok(()), "the clock had been wrong by days");
    }

    #[test]
    fn a_meeting_has_a_share_by_how_many_it_invites() {
        let limit = limit(|_| {});
        let taken = (0..100).take_while(|n| {
            let number = format!("+3247{n:07}");
            limit.take(UnixMs(0), Addressee { number: &number, meeting: BOARD, invited: 2 }).is_ok()
        });
        assert_eq!(taken.count(), 16);
    }

    /// A restart forgets neither the day's budget nor a number's turns, and does not count yesterday.
    #[test]
    fn a_restart_gives_nobody_a_new_budget() {
        let sent = |at: i64, number: &str| SentBefore { at: UnixMs(at), meeting: BOARD, number: number.into() };
        let now = UnixMs(DAY_MS + 5 * 60_000);
        assert_eq!(forgets_before(now), UnixMs(DAY_MS - 5 * 60_000), "a number's turns reach back over midnight");
        assert_eq!(forgets_before(UnixMs(DAY_MS + WINDOW_MS * 3)), UnixMs(DAY_MS));
        let limit = limit(|config| config.per_day = 3);
        let olga = "+32470123456";
        let before = [sent(DAY_MS - 60_000, olga), sent(DAY_MS + 60_000, olga), sent(DAY_MS + 120_000, olga)];
        limit.restore(now, &before);
        assert_eq!(limit.today(now), (2, 3));
        let retry = Err(PasswordRefused::SentTooOften { retry_after_s: 240 });
        assert_eq!(limit.take(now, to(olga)), retry, "three within ten minutes");
        assert_eq!(limit.take(now, to("+31201234567")), Ok(()));
        assert_eq!(limit.take(now, to("+31201234568")), Err(PasswordRefused::BudgetSpent));
    }

    #[test]
    fn countries_that_are_not_served() {
        let limit = limit(|config| config.countries = vec!["BE".into(), "US".into()]);
        assert_eq!(limit.take(UnixMs(0), to("+31201234567")), Err(PasswordRefused::CountryNotServed));
        assert_eq!(limit.take(UnixMs(0), to("+32470123456")), Ok(()));
        assert_eq!(limit.take(UnixMs(0), to("+12025550123")), Ok(()), "a code that several share");
    }
}
