//! The gate before the evaluation of PINs: so many a second for the whole deployment, in the order of [`queue`].
//!
//! Nobody waits while fewer come than the budget allows. When more do, each waits for their turn, and can ask for their
//! place. What waits is bounded, and what hangs up is gone.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::queue::{Full, Queue};
use crate::edge::lag::Lag;
use crate::edge::source::Source;
use crate::guards::{self, Guard};

/// Turns that may be granted at once after a pause: what a tenth of a second earns.
const BURST: Duration = Duration::from_millis(100);

/// Where somebody stands in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Turns of others that come first, at most.
    pub ahead: u32,
    /// How long those take, at most.
    pub wait: Duration,
}

/// Why no turn came.
#[derive(Debug, PartialEq, Eq)]
pub struct Crowded;

/// The gate. Clones share it.
#[derive(Clone)]
pub struct Gate(Arc<Mutex<State>>);

struct State {
    /// Since when, and whom to tell.
    queue: Queue<(Instant, oneshot::Sender<()>)>,
    /// Hears how long it takes.
    lag: Lag,
    evaluations_per_s: f64,
    /// When the next turn may be granted.
    next_at: Instant,
    /// Somebody is at work granting turns.
    is_granting: bool,
}

/// A source's place; whoever drops it has hung up.
pub struct Waiting {
    gate: Gate,
    source: Source,
    turn: oneshot::Receiver<()>,
}

impl Gate {
    /// A gate with nobody before it, that grants so many turns a second.
    pub fn new(evaluations_per_s: f64) -> Self {
        let (queue, lag) = (Queue::default(), Lag::default());
        let state = State { queue, lag, evaluations_per_s, next_at: Instant::now(), is_granting: false };
        Self(Arc::new(Mutex::new(state)))
    }

    /// The same, and `lag` hears how long turns take to come.
    #[must_use]
    pub fn telling(self, lag: &Lag) -> Self {
        self.lock().lag = lag.clone();
        self
    }

    /// Changes how many turns a second are granted.
    pub fn set_evaluations_per_s(&self, evaluations_per_s: f64) {
        self.lock().evaluations_per_s = evaluations_per_s;
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.lock().queue.len()
    }

    /// Takes a place. Of one source one alone can wait: another puts the first one out.
    ///
    /// # Errors
    /// There is none.
    pub fn queue_up(&self, source: Source) -> Result<Waiting, Crowded> {
        let (grant, turn) = oneshot::channel();
        let mut state = self.lock();
        // Whoever gives way finds out by their sender's end.
        let _gone = state.queue.push(source, (Instant::now(), grant)).map_err(|Full| Crowded)?;
        if !state.grant_what_is_due() && !state.is_granting {
            state.is_granting = true;
            tokio::spawn(self.clone().grant());
        }
        drop(state);
        Ok(Waiting { gate: self.clone(), source, turn })
    }

    /// Grants turns as they fall due until nobody waits.
    async fn grant(self) {
        loop {
            let next_at = self.lock().next_at;
            tokio::time::sleep_until(next_at).await;
            let mut state = self.lock();
            if state.grant_what_is_due() {
                state.is_granting = false;
                return;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Grants all turns that are due; whether nobody waits any more.
    fn grant_what_is_due(&mut self) -> bool {
        let now = Instant::now();
        self.next_at = self.next_at.max(now.checked_sub(BURST).unwrap_or(now));
        while self.next_at <= now {
            let Some((since, grant)) = self.queue.pop() else { return true };
            // Who is gone has used nothing up.
            if grant.send(()).is_ok() {
                self.lag.note_pin(now.saturating_duration_since(since));
                self.next_at += self.each();
            }
        }
        self.queue.is_empty()
    }

    fn each(&self) -> Duration {
        if !guards::holds(Guard::Budget) {
            return Duration::ZERO;
        }
        Duration::try_from_secs_f64(1.0 / self.evaluations_per_s).unwrap_or(Duration::from_secs(1))
    }
}

impl Waiting {
    /// The turn.
    ///
    /// # Errors
    /// It had to give way to others.
    pub async fn turn(&mut self) -> Result<(), Crowded> {
        (&mut self.turn).await.map_err(|_| Crowded)
    }

    /// Where it stands now; `None` when the turn has come.
    pub fn place(&self) -> Option<Place> {
        let state = self.gate.lock();
        let ahead = u32::try_from(state.queue.ahead(self.source)?).unwrap_or(u32::MAX);
        let until_next = state.next_at.saturating_duration_since(Instant::now());
        Some(Place { ahead, wait: until_next + state.each().saturating_mul(ahead) })
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        // Whoever had their turn is no longer in the queue, but a later try of the same source may be: it is not ours to
        // take out. One source has one try before the gate at a time, so that is a curiosity.
        if self.turn.try_recv() == Err(oneshot::error::TryRecvError::Empty) {
            self.gate.lock().queue.remove(self.source);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    fn source(n: u32) -> Source {
        IpAddr::from(n.to_be_bytes()).into()
    }

    async fn granted(gate: &Gate, source: Source) -> Result<(), Crowded> {
        gate.queue_up(source)?.turn().await
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_while_few_come() {
        let gate = Gate::new(10.0);
        let start = Instant::now();
        for n in 0..20 {
            granted(&gate, source(n)).await.unwrap();
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(start.elapsed(), Duration::from_secs(2));
    }

    /// D12: a hard cap, however many come at once and from how many sources.
    #[tokio::test(start_paused = true)]
    async fn so_many_a_second_and_no_more() {
        let lag = Lag::default();
        let gate = Gate::new(100.0).telling(&lag);
        let start = Instant::now();
        let tries: Vec<_> = (0..1_000).map(|n| gate.queue_up(source(n << 8)).unwrap()).collect();
        for mut waiting in tries {
            waiting.turn().await.unwrap();
        }
        let took = start.elapsed().as_secs_f64();
        assert!((9.8..10.1).contains(&took), "{took} s");
        let last = lag.until_let_through().as_secs_f64();
        assert!((9.0..10.1).contains(&last), "so long the last of them waited: {last} s");
        assert_eq!(gate.waiting(), 0);
    }

    /// A person among 10,000 sources of one network waits for a round of networks, not for 10,000 turns.
    #[tokio::test(start_paused = true)]
    async fn a_person_in_an_attack() {
        let gate = Gate::new(100.0);
        let attack: Vec<_> = (0..10_000).map(|n| gate.queue_up(source(0x0a00_0000 + n)).unwrap()).collect();
        let start = Instant::now();
        let mut olga = gate.queue_up(source(0xc000_0201)).unwrap();
        let Place { ahead, wait } = olga.place().unwrap();
        assert!(ahead <= 40 && wait <= Duration::from_millis(410), "{ahead} {wait:?}");
        olga.turn().await.unwrap();
        assert!(start.elapsed() <= wait, "{:?}", start.elapsed());
        assert_eq!(olga.place(), None);
        drop(attack);
        assert_eq!(gate.waiting(), 0, "who hangs up is gone");
    }

    #[tokio::test(start_paused = true)]
    async fn a_second_try_of_a_source_puts_the_first_out() {
        let gate = Gate::new(1.0);
        granted(&gate, source(1)).await.unwrap();
        let mut first = gate.queue_up(source(7)).unwrap();
        let mut second = gate.queue_up(source(7)).unwrap();
        assert_eq!(first.turn().await, Err(Crowded));
        drop(first);
        second.turn().await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_budget_that_shrinks_takes_effect_at_once() {
        let gate = Gate::new(1_000.0);
        let start = Instant::now();
        gate.set_evaluations_per_s(2.0);
        for n in 0..5 {
            granted(&gate, source(n)).await.unwrap();
        }
        assert!(start.elapsed() >= Duration::from_millis(1_900), "{:?}", start.elapsed());
    }
}
