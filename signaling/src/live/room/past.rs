//! What happened with each invitation at this door, for the card: in memory, for as long as the room lives. What is kept
//! longer are the door events.

use std::collections::{BTreeMap, VecDeque};

use shared::ids::InviteeId;
use shared::limits::MAX_HISTORY;
use shared::signal::{Past, PastKind};
use shared::units::UnixMs;

/// All invitations' pasts.
#[derive(Default)]
pub(super) struct History(BTreeMap<InviteeId, VecDeque<Past>>);

impl History {
    /// It happened.
    pub(super) fn remember(&mut self, at: UnixMs, invitee: InviteeId, what: PastKind) {
        let past = self.0.entry(invitee).or_default();
        if past.len() == MAX_HISTORY {
            past.pop_front();
        }
        past.push_back(Past { at, what });
    }

    /// The newest last.
    pub(super) fn of(&self, invitee: InviteeId) -> Vec<Past> {
        self.0.get(&invitee).map(|past| past.iter().copied().collect()).unwrap_or_default()
    }

    /// Whether a moderator turned somebody away with it, or sent them back, and has not let them in since.
    pub(super) fn is_in_doubt(&self, invitee: InviteeId) -> bool {
        let decided = self.0.get(&invitee).into_iter().flatten().rev();
        let mut decided =
            decided.filter(|past| !matches!(past.what, PastKind::Waited | PastKind::Left | PastKind::Lost));
        decided.next().is_some_and(|past| past.what != PastKind::CameIn)
    }
}
