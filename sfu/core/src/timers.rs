//! When which session wants to be woken: one deadline each, the soonest found in O(log n).

use std::collections::BTreeSet;
use std::time::Instant;

use shared::ids::SessionId;

use crate::ids::BySession;

/// The deadlines of all sessions.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    queue: BTreeSet<(Instant, SessionId)>,
    at: BySession<Instant>,
}

impl Timers {
    /// Sets or moves a session's deadline.
    pub(crate) fn set(&mut self, session: SessionId, at: Instant) {
        if let Some(before) = self.at.insert(session, at) {
            if before == at {
                return;
            }
            self.queue.remove(&(before, session));
        }
        self.queue.insert((at, session));
    }

    /// Forgets a session.
    pub(crate) fn remove(&mut self, session: SessionId) {
        if let Some(at) = self.at.remove(&session) {
            self.queue.remove(&(at, session));
        }
    }

    /// Takes the next session whose deadline has passed.
    pub(crate) fn pop_due(&mut self, now: Instant) -> Option<SessionId> {
        let (at, session) = *self.queue.first()?;
        if at > now {
            return None;
        }
        self.remove(session);
        Some(session)
    }

    /// The soonest deadline.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.queue.first().map(|(at, _)| *at)
    }

    /// Deadlines set.
    pub(crate) fn len(&self) -> usize {
        self.queue.len()
    }
}
