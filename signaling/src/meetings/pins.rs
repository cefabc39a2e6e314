//! Issuing PINs and finding whose they are (D9, D10, D13).
//!
//! A PIN stands for one invitee in one meeting. It is stored as a keyed hash; every one that was ever issued stays
//! in the table, so that none is issued twice, and a new one for the same invitee withdraws the older ones.

use shared::ids::{InviteeId, MeetingId, OrganisationId};
use shared::pin::Pin;
use shared::units::UnixMs;
use sqlx::SqliteConnection;

use super::events::{Actor, DoorEvent, Entry};
use crate::chance::Chance;
use crate::db::{self, Db, DbError};
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

/// Issues a PIN, withdraws the invitee's older ones and writes the event, in the caller's transaction. Tell
/// `live::Registry::pin_revoked` after the commit when the invitee had one before.
///
/// # Errors
/// The database failed.
pub async fn issue(
    connection: &mut SqliteConnection,
    keys: &Keys,
    chance: &dyn Chance,
    issue: Issue,
) -> Result<Pin, DbError> {
    db::pins::revoke(connection, issue.invitee, issue.at).await?;
    let pin = unused_pin(connection, keys, chance, issue).await?;
    let Issue { organisation, meeting, invitee, at, actor } = issue;
    let entry = Entry { organisation, meeting, invitee: Some(invitee), at, actor, event: DoorEvent::PinIssued };
    db::door_events::insert(connection, chance, &entry).await?;
    Ok(pin)
}

/// Draws until a PIN was never issued. With 10^16 of them the second draw is a curiosity, but D9 does not rest on odds.
async fn unused_pin(
    connection: &mut SqliteConnection,
    keys: &Keys,
    chance: &dyn Chance,
    issue: Issue,
) -> Result<Pin, DbError> {
    loop {
        let pin = chance.pin();
        let macs = keys.pin_macs(&pin);
        let mut taken = false;
        for mac in &macs {
            taken |= db::pins::exists(connection, mac).await?;
        }
        if let (false, Some(mac)) = (taken, macs.last())
            && db::pins::insert(connection, mac, issue).await?
        {
            return Ok(pin);
        }
    }
}

/// Whose PIN this is, and whether it was withdrawn; `None` when it was never issued.
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
