//! One knock: wait for the source's turn, look the PIN up, decide, and answer at a moment that says nothing.
//!
//! The answer comes [`ANSWER_AFTER`] its turn came, whatever was found and however long finding it took: unknown,
//! early, over and right take the same time. One try per source is looked at at a time; a few more wait for it, so
//! that an office behind one address gets in, and a crowd of guesses does not.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use shared::pin::Pin;
use shared::secret::Secret;
use shared::signal::JoinRefused;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::decide::{Accepted, decide};
use super::limiter::Limiter;
use crate::clock::Clock;
use crate::db::{self, Db, DbError};
use crate::edge::source::Source;
use crate::keys::Keys;
use crate::meetings::{links, pins};

/// From a try's turn to its answer. Longer slows guessing from one source; it must stay above the slowest look-up.
pub const ANSWER_AFTER: Duration = Duration::from_millis(400);

/// Tries of one source that may wait for their turn. More lets a larger office knock at the same moment; the last of
/// them must be answered before its page thinks the server is gone ([`shared::limits::SILENCE_MS`]).
const QUEUE: usize = 7;

/// Why a knock was not let through.
#[derive(Debug, thiserror::Error)]
pub enum KnockError {
    /// For a reason that the page may know.
    #[error("{0:?}")]
    Refused(JoinRefused),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// What is typed at the door.
#[derive(Clone)]
pub struct Typed {
    /// The PIN.
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

/// The door's memory: who failed lately, and whose turn it is.
#[derive(Default)]
pub struct Door {
    limiter: Mutex<Limiter>,
    turns: Mutex<HashMap<Source, Arc<Semaphore>>>,
}

impl Door {
    /// Takes a try from `address` and answers it.
    ///
    /// # Errors
    /// It was not let through, or the database failed.
    pub async fn knock(&self, books: Books<'_>, address: IpAddr, typed: &Typed) -> Result<Accepted, KnockError> {
        let source = Source::from(address);
        let turn = self.turn(source).await;
        let answer_at = Instant::now() + ANSWER_AFTER;
        let outcome = match &turn {
            Some(_) => self.try_once(books, source, typed).await,
            None => Err(KnockError::Refused(JoinRefused::TooManyTries { retry_after_s: 1 })),
        };
        tokio::time::sleep_until(answer_at).await;
        outcome
    }

    async fn try_once(&self, books: Books<'_>, source: Source, typed: &Typed) -> Result<Accepted, KnockError> {
        let check = lock(&self.limiter).check(books.clock.now(), source);
        check.map_err(|retry_after_s| KnockError::Refused(JoinRefused::TooManyTries { retry_after_s }))?;
        let outcome = look(books, typed).await;
        if let Err(KnockError::Refused(reason)) = &outcome
            && is_a_guess(reason)
        {
            lock(&self.limiter).failed(books.clock.now(), source);
        }
        outcome
    }

    /// Waits for this source's turn; `None` when too many wait already.
    async fn turn(&self, source: Source) -> Option<Turn<'_>> {
        let semaphore = {
            let mut turns = lock(&self.turns);
            let semaphore = turns.entry(source).or_insert_with(|| Arc::new(Semaphore::new(1)));
            // One in the map, one for each who has the turn or waits.
            if Arc::strong_count(semaphore) > 1 + QUEUE {
                return None;
            }
            Arc::clone(semaphore)
        };
        // Made before the wait, so that somebody who hangs up while waiting leaves nothing behind.
        let mut turn = Turn { door: self, source, permit: None };
        // The semaphore is never closed, so this waits and does not fail.
        turn.permit = semaphore.acquire_owned().await.ok();
        Some(turn)
    }
}

/// A source's turn. When the last one goes, so does the source.
struct Turn<'d> {
    door: &'d Door,
    source: Source,
    permit: Option<OwnedSemaphorePermit>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut turns = lock(&self.door.turns);
        // What is left then is the map's own and those of others who wait.
        self.permit = None;
        if turns.get(&self.source).is_some_and(|semaphore| Arc::strong_count(semaphore) == 1) {
            turns.remove(&self.source);
        }
    }
}

/// Looks the PIN and the link up and decides. Takes as long as it takes: the wait is [`Door::knock`]'s.
///
/// # Errors
/// It was not let through, or the database failed.
pub async fn look(books: Books<'_>, typed: &Typed) -> Result<Accepted, KnockError> {
    let link = match typed.link.as_ref().and_then(links::hash_of_typed) {
        Some(hash) => db::pins::by_link(books.db, &hash).await?,
        None => None,
    };
    let pin = match Pin::parse(typed.pin.reveal()) {
        Ok(pin) => pins::find(books.db, books.keys, &pin).await?,
        Err(_) => None,
    };
    decide(books.clock.now(), pin, link).map_err(KnockError::Refused)
}

/// Whether a refusal counts as a failed try. Coming too early or too late by one's own link is no guessing.
fn is_a_guess(reason: &JoinRefused) -> bool {
    matches!(reason, JoinRefused::NotValidNow | JoinRefused::WrongPin | JoinRefused::Revoked)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
