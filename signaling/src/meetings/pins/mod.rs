//! Issuing PINs and finding whose they are (D9, D10, D13, D14).
//!
//! A PIN stands for one invitee in one meeting. It is stored as a keyed hash; one that was issued stays in the table
//! until its [`life`] is over, so that none is issued twice, and a new one for the same invitee withdraws the older ones.

pub mod life;
mod look_alike;
#[cfg(test)]
mod tests;

use std::collections::HashSet;

use shared::ids::{InviteeId, MeetingId, OrganisationId};
use shared::pin::Pin;
use shared::units::UnixMs;

use super::events::{Actor, DoorEvent, Entry};
use crate::chance::Chance;
use crate::config::DoorConfig;
use crate::db::{self, Db, DbError, sql};
use crate::door::decide::KnownPin;
use crate::keys::Keys;

/// For whom, when and by whom a PIN is issued.
#[derive(Debug, Clone, Copy)]
pub struct Issue {
    /// Whose organisation.
    pub organisation: OrganisationId,
    /// For which meeting.
    pub meeting: MeetingId,
    /// For whom.
    pub invitee: InviteeId,
    /// When.
    pub at: UnixMs,
    /// By whom.
    pub actor: Actor,
}

/// Draws before it is plain that PINs of this length have run out.
const DRAWS: usize = 1_000;

/// Why no PIN was issued.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
    /// A thousand draws found none that is free and unlike the others of its meeting.
    #[error("PINs of this length have run out: raise `pin_digits` under [door], or archive meetings that are over")]
    NoneLeft,
    /// The invitation is for an account that is disabled.
    #[error("the account of this invitation is disabled")]
    AccountDisabled,
}

/// What issuing needs.
#[derive(Clone, Copy)]
pub struct Issuer<'s> {
    /// The keys that PINs are stored under.
    pub keys: &'s Keys,
    /// Where digits come from.
    pub chance: &'s dyn Chance,
    /// How many.
    pub config: &'s DoorConfig,
}

impl Issuer<'_> {
    /// Issues a PIN, withdraws the invitee's older ones and writes the event, in the caller's transaction. Codes that somebody typed
    /// wrong with an older one are forgiven. Tell `live::Registry::pin_revoked` after the commit when the invitee had one before.
    ///
    /// # Errors
    /// The database failed, there is no PIN left, or the invitation is for an account that is disabled.
    pub async fn issue(self, connection: &mut sql::Connection, issue: Issue) -> Result<Pin, IssueError> {
        if !db::invitees::account_may_log_in(connection, issue.invitee).await? {
            return Err(IssueError::AccountDisabled);
        }
        db::pins::revoke(connection, issue.invitee, issue.at).await?;
        db::authenticators::renew_door_tries(connection, issue.invitee).await?;
        let pin = self.unused(connection, issue).await?;
        let Issue { organisation, meeting, invitee, at, actor } = issue;
        let entry = Entry { organisation, meeting, invitee: Some(invitee), at, actor, event: DoorEvent::PinIssued };
        db::door_events::insert(connection, self.chance, &entry).await?;
        Ok(pin)
    }

    /// Draws until a PIN is free and like no other of its meeting. With 10^16 of them the second draw is a curiosity, but
    /// D9 does not rest on odds, and shorter ones may be configured.
    async fn unused(self, connection: &mut sql::Connection, issue: Issue) -> Result<Pin, IssueError> {
        let others = db::pins::macs_of(connection, issue.meeting).await?;
        for _ in 0..DRAWS {
            let pin = self.chance.pin(self.config.pin_digits);
            let macs = self.keys.pin_macs(&pin);
            let mut taken = self.is_like_one_of(&others, &pin);
            for mac in &macs {
                taken = taken || db::pins::exists(connection, mac).await?;
            }
            if let (false, Some(mac)) = (taken, macs.last())
                && db::pins::insert(connection, mac, self.config.pin_digits, issue).await?
            {
                return Ok(pin);
            }
        }
        Err(IssueError::NoneLeft)
    }

    fn is_like_one_of(self, others: &HashSet<String>, pin: &Pin) -> bool {
        let is_other = |pin: Pin| self.keys.pin_macs(&pin).iter().any(|mac| others.contains(&mac.mac));
        !others.is_empty() && look_alike::of(pin).any(is_other)
    }
}

/// Whose PIN this is, and where it is in its life; `None` when it was never issued, or is free again.
///
/// # Errors
/// The database failed.
pub async fn find(db: &Db, keys: &Keys, pin: &Pin) -> Result<Option<KnownPin>, DbError> {
    for mac in keys.pin_macs(pin) {
        if let Some(known) = db::pins::find(db, &mac).await? {
            return Ok(Some(known));
        }
    }
    Ok(None)
}

/// Says in the log which keys are gone although PINs were made with them.
///
/// # Errors
/// The database failed.
pub async fn check_keys(db: &Db, keys: &Keys) -> Result<(), DbError> {
    let used = db::pins::key_ids(db).await?;
    for key_id in keys.missing(&used) {
        tracing::error!(
            key_id,
            "a PIN key is missing: PINs that were made with it no longer open anything. Restore its file to the keys folder \
             from its backup, or issue new PINs"
        );
    }
    Ok(())
}
