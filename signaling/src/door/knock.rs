//! One knock: wait for one's turn, look the PIN up, decide, and answer at a moment that says nothing.
//!
//! The answer comes [`ANSWER_AFTER`] its turn came, whatever was found and however long finding it took: unknown,
//! early, over and right take the same time. One try per source is looked at at a time; a few more wait for it, so
//! that an office behind one address gets in, and a crowd of guesses does not. All sources together pass the [`gate`].
//!
//! Whoever came by the link of an invitation answers for that link alone: nobody else can use up its tries, and a link's
//! token of 128 bits is not guessed, so it does not queue with those who may be guessing.
//!
//! [`gate`]: super::gate

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use shared::pin::{Pin, PinLengths};
use shared::secret::Secret;
use shared::signal::JoinRefused;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::budget::{self, Exposure};
use super::decide::{Accepted, KnownLink, Shown, decide};
use super::gate::{Crowded, Gate, Place};
use super::limiter::{Limiter, Whose};
use super::tally::{Minute, Tally};
use crate::clock::Clock;
use crate::db::{self, Db, DbError};
use crate::edge::lag::Lag;
use crate::edge::source::Source;
use crate::keys::Keys;
use crate::meetings::{links, pins};

/// From a try's turn to its answer. Longer slows guessing from one source; it must stay above the slowest look-up.
pub const ANSWER_AFTER: Duration = Duration::from_millis(400);

/// Tries of one source that may wait for their turn. More lets a larger office knock at the same moment.
const QUEUE: usize = 7;

/// A wait that is worth telling of.
const TELL_ABOVE: Duration = Duration::from_secs(1);
/// How often somebody who waits hears where they stand.
const TELL_EVERY: Duration = Duration::from_secs(1);
/// How many hear so in a second, all together. With thousands waiting the telling would cost more than the answers.
const TELLS_PER_S: u32 = 500;

/// After how many seconds somebody who had to give way may try again.
const CROWDED_RETRY_S: u32 = 5;

/// Why a knock was not let through.
#[derive(Debug, thiserror::Error)]
pub enum KnockError {
    /// For a reason that the page may know.
    #[error("{0:?}")]
    Refused(JoinRefused),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The try ended without an answer: this program is at fault.
    #[error("a try at the door broke off")]
    Broken,
}

/// What is typed at the door.
#[derive(Clone)]
pub struct Typed {
    /// The PIN; empty for a knock with the link alone.
    pub pin: Secret,
    /// The token of the link that the page was opened from.
    pub link: Option<Secret>,
}

/// What the door looks things up in.
#[derive(Clone, Copy)]
pub struct Books<'s> {
    /// The database.
    pub db: &'s Db,
    /// Its keys.
    pub keys: &'s Keys,
    /// Now.
    pub clock: &'s dyn Clock,
}

/// The door's memory: who failed lately, whose turn it is, and what was done.
pub struct Door {
    limiter: Mutex<Limiter>,
    turns: Mutex<HashMap<Whose, Arc<Semaphore>>>,
    gate: Gate,
    exposure: Mutex<(Exposure, PinLengths)>,
    tally: Mutex<Tally>,
}

impl Default for Door {
    fn default() -> Self {
        Self {
            limiter: Mutex::default(),
            turns: Mutex::default(),
            gate: Gate::new(budget::LEAST_PER_S),
            exposure: Mutex::default(),
            tally: Mutex::default(),
        }
    }
}

impl Door {
    /// The same, and `lag` hears how long turns take to come.
    #[must_use]
    pub fn telling(self, lag: &Lag) -> Self {
        Self { gate: self.gate.telling(lag), ..self }
    }

    /// Takes a try from `address` and answers it. While it waits for its turn, `tell` hears where it stands.
    ///
    /// # Errors
    /// It was not let through, or the database failed.
    pub async fn knock(
        &self,
        books: Books<'_>,
        address: IpAddr,
        typed: &Typed,
        tell: impl Fn(Place) + Send + Sync,
    ) -> Result<Accepted, KnockError> {
        let source = Source::from(address);
        let link = link(books, typed).await?;
        let whose = link.as_ref().map_or(Whose::Source(source), |link| Whose::Link(link.invitation.invitee));
        let turn = self.turn(whose, &tell).await;
        let outcome = match turn {
            Some(_) => self.may_try(books, whose, &tell).await,
            None => Err(JoinRefused::TooManyTries { retry_after_s: 1 }),
        };
        let answer_at = Instant::now() + ANSWER_AFTER;
        let outcome = match outcome {
            Ok(()) => self.try_once(books, whose, typed, link).await,
            Err(reason) => {
                lock(&self.tally).turned_away(source);
                Err(KnockError::Refused(reason))
            }
        };
        tokio::time::sleep_until(answer_at).await;
        outcome
    }

    /// What a guess can find now, as the database said last.
    pub fn exposure(&self) -> Exposure {
        lock(&self.exposure).0
    }

    /// How many digits PINs have that may work now or later.
    pub fn pin_lengths(&self) -> PinLengths {
        lock(&self.exposure).1
    }

    /// PINs began or ceased to work: the gate grants as many evaluations as that allows.
    pub fn expose(&self, exposure: Exposure, lengths: PinLengths) {
        *lock(&self.exposure) = (exposure, lengths);
        self.gate.set_evaluations_per_s(exposure.evaluations_per_s());
    }

    /// What was done in the minute that ends now.
    pub fn close_minute(&self) -> Minute {
        lock(&self.tally).close_minute()
    }

    /// What was done in the last hour, and the most evaluations a second in any of its minutes.
    pub fn lately(&self) -> (Minute, f64) {
        let tally = lock(&self.tally);
        (tally.lately(), tally.busiest_per_s())
    }

    /// Tries that wait before the gate.
    pub fn waiting(&self) -> usize {
        self.gate.waiting()
    }

    /// Whether the try may be looked at; when it may, its turn has come.
    async fn may_try(
        &self,
        books: Books<'_>,
        whose: Whose,
        tell: &(impl Fn(Place) + Send + Sync),
    ) -> Result<(), JoinRefused> {
        let check = lock(&self.limiter).check(books.clock.now(), whose);
        check.map_err(|retry_after_s| JoinRefused::TooManyTries { retry_after_s })?;
        let Whose::Source(source) = whose else { return Ok(()) };
        let crowded = |Crowded| JoinRefused::Crowded { retry_after_s: CROWDED_RETRY_S };
        let mut waiting = self.gate.queue_up(source).map_err(crowded)?;
        let mut next = Duration::ZERO;
        loop {
            tokio::select! {
                biased;
                turn = waiting.turn() => return turn.map_err(crowded),
                () = tokio::time::sleep(next) => {}
            }
            next = tell_every(self.gate.waiting());
            if let Some(place) = waiting.place().filter(|place| place.wait >= TELL_ABOVE) {
                tell(place);
            }
        }
    }

    async fn try_once(
        &self,
        books: Books<'_>,
        whose: Whose,
        typed: &Typed,
        link: Option<KnownLink>,
    ) -> Result<Accepted, KnockError> {
        let outcome = look_with(books, typed, link).await;
        let is_guess = matches!(&outcome, Err(KnockError::Refused(reason)) if is_a_guess(reason));
        lock(&self.tally).evaluated(whose, is_guess);
        if is_guess {
            lock(&self.limiter).failed(books.clock.now(), whose);
        }
        outcome
    }

    /// Waits for one's turn among one's own; `None` when too many wait already.
    async fn turn(&self, whose: Whose, tell: &(impl Fn(Place) + Send + Sync)) -> Option<Turn<'_>> {
        let (semaphore, before) = {
            let mut turns = lock(&self.turns);
            let semaphore = turns.entry(whose).or_insert_with(|| Arc::new(Semaphore::new(1)));
            // One in the map, one for each who has the turn or waits.
            let before = Arc::strong_count(semaphore) - 1;
            if before > QUEUE {
                return None;
            }
            (Arc::clone(semaphore), u32::try_from(before).unwrap_or(u32::MAX))
        };
        // Made before the wait, so that somebody who hangs up while waiting leaves nothing behind.
        let mut turn = Turn { door: self, whose, permit: None };
        let wait = ANSWER_AFTER.saturating_mul(before);
        if wait >= TELL_ABOVE {
            tell(Place { ahead: before, wait });
        }
        // The semaphore is never closed, so this waits and does not fail.
        turn.permit = semaphore.acquire_owned().await.ok();
        Some(turn)
    }
}

/// How long until somebody who waits with so many others hears again where they stand.
fn tell_every(waiting: usize) -> Duration {
    let all = Duration::from_secs(1).saturating_mul(u32::try_from(waiting).unwrap_or(u32::MAX)) / TELLS_PER_S;
    all.max(TELL_EVERY)
}

/// A turn. When the last one goes, so does whose it was.
struct Turn<'d> {
    door: &'d Door,
    whose: Whose,
    permit: Option<OwnedSemaphorePermit>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut turns = lock(&self.door.turns);
        // What is left then is the map's own and those of others who wait.
        self.permit = None;
        if turns.get(&self.whose).is_some_and(|semaphore| Arc::strong_count(semaphore) == 1) {
            turns.remove(&self.whose);
        }
    }
}

/// Looks the PIN and the link up and decides. Takes as long as it takes: the wait is [`Door::knock`]'s.
///
/// # Errors
/// It was not let through, or the database failed.
pub async fn look(books: Books<'_>, typed: &Typed) -> Result<Accepted, KnockError> {
    look_with(books, typed, link(books, typed).await?).await
}

/// The invitation whose link the page was opened from.
async fn link(books: Books<'_>, typed: &Typed) -> Result<Option<KnownLink>, DbError> {
    match typed.link.as_ref().and_then(links::hash_of_typed) {
        Some(hash) => db::pins::by_link(books.db, &hash).await,
        None => Ok(None),
    }
}

async fn look_with(books: Books<'_>, typed: &Typed, link: Option<KnownLink>) -> Result<Accepted, KnockError> {
    let shown = match Pin::parse(typed.pin.reveal()) {
        Ok(pin) => Shown::Pin(pins::find(books.db, books.keys, &pin).await?),
        Err(_) if typed.pin.reveal().is_empty() => Shown::Nothing,
        Err(_) => Shown::Pin(None),
    };
    decide(books.clock.now(), shown, link).map_err(KnockError::Refused)
}

/// Whether a refusal counts as a failed try. Coming too early or too late by one's own link is no guessing.
fn is_a_guess(reason: &JoinRefused) -> bool {
    matches!(reason, JoinRefused::NotValidNow | JoinRefused::WrongPin | JoinRefused::Revoked)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crowd_is_told_less_often() {
        let table = [(0, 1), (1, 1), (500, 1), (5_000, 10), (usize::MAX, 8_589_934)];
        for (waiting, seconds) in table {
            assert_eq!(tell_every(waiting).as_secs(), seconds, "{waiting}");
        }
    }
}
