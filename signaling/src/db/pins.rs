//! Table `pins`, and what the door reads beside it: the invitation that a PIN or a link stands for.

use std::collections::HashSet;

use shared::ids::{InviteeId, MeetingId};
use shared::limits::PIN_OPENS_BEFORE_START_MS;
use shared::meeting::Role;
use shared::pin::PinLengths;
use shared::units::UnixMs;

use super::meetings::door_rules;
use super::{Db, DbError, optional, sql};
use crate::door::budget::Exposure;
use crate::door::decide::{Invitation, KnownLink, KnownPin};
use crate::keys::PinMac;
use crate::meetings::pins::Issue;

/// Withdraws all PINs of an invitee that still work; whether there were any.
pub async fn revoke(connection: &mut sql::Connection, invitee: InviteeId, at: UnixMs) -> Result<bool, DbError> {
    let done = sql::query("UPDATE pins SET revoked_at = $1 WHERE invitee_id = $2 AND revoked_at IS NULL")
        .bind(at.0)
        .bind(invitee.to_string())
        .execute(connection)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// What stands for the PINs that were issued for a meeting, those that were withdrawn among them.
pub async fn macs_of(connection: &mut sql::Connection, meeting: MeetingId) -> Result<HashSet<String>, DbError> {
    let macs: Vec<String> = sql::query_scalar("SELECT mac FROM pins WHERE meeting_id = $1")
        .bind(meeting.to_string())
        .fetch_all(connection)
        .await?;
    Ok(macs.into_iter().collect())
}

/// Deletes the PINs of meetings that were archived at that moment or before: their cool-down is over (D14).
pub async fn free(db: &Db, archived_until: UnixMs) -> Result<u64, DbError> {
    let done = sql::query(FREE).bind(archived_until.0).execute(db.write()).await?;
    Ok(done.rows_affected())
}

/// How many digits PINs have that may work now or later; `None`: there are none.
pub async fn lengths(db: &Db) -> Result<Option<PinLengths>, DbError> {
    let row = sql::query(LENGTHS).fetch_one(db.read()).await?;
    let number =
        |column| row.try_get::<Option<i64>, _>(column).map(|value| value.and_then(|n| usize::try_from(n).ok()));
    let (shortest, longest) = (number("shortest")?, number("longest")?);
    Ok(shortest.zip(longest).map(|(shortest, longest)| PinLengths { shortest, longest }))
}

/// Whether this PIN was issued under this key and is not free again.
pub async fn exists(connection: &mut sql::Connection, mac: &PinMac) -> Result<bool, DbError> {
    let count: i64 =
        sql::query_scalar("SELECT COUNT(*) FROM pins WHERE mac = $1").bind(&mac.mac).fetch_one(connection).await?;
    Ok(count > 0)
}

/// Stores a PIN; `false` when it was issued before.
pub async fn insert(
    connection: &mut sql::Connection,
    mac: &PinMac,
    digits: usize,
    issue: Issue,
) -> Result<bool, DbError> {
    let done = sql::query(
        "INSERT INTO pins (mac, key_id, organisation_id, meeting_id, invitee_id, issued_at, digits) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (mac) DO NOTHING",
    )
    .bind(&mac.mac)
    .bind(&mac.key_id)
    .bind(issue.organisation.to_string())
    .bind(issue.meeting.to_string())
    .bind(issue.invitee.to_string())
    .bind(issue.at.0)
    .bind(i64::try_from(digits).unwrap_or(i64::MAX))
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Whose PIN this is.
pub async fn find(db: &Db, mac: &PinMac) -> Result<Option<KnownPin>, DbError> {
    let row = sql::query(
        "SELECT i.organisation_id, i.meeting_id, i.id AS invitee_id, i.name, i.phone, i.role, i.account_id, \
                m.starts_at, m.ends_at, m.grace_ms, m.ended_at, m.archived_at, m.ask_password, p.revoked_at \
         FROM pins p JOIN invitees i ON i.id = p.invitee_id JOIN meetings m ON m.id = p.meeting_id \
         WHERE p.mac = $1 AND p.key_id = $2",
    )
    .bind(&mac.mac)
    .bind(&mac.key_id)
    .fetch_optional(db.read())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let revoked_at = row.try_get::<Option<i64>, _>("revoked_at")?.map(UnixMs);
    Ok(Some(KnownPin { invitation: invitation(&row)?, revoked_at }))
}

/// The invitation whose link carries the token with this hash.
pub async fn by_link(db: &Db, link_hash: &str) -> Result<Option<KnownLink>, DbError> {
    let row = sql::query(
        "SELECT i.organisation_id, i.meeting_id, i.id AS invitee_id, i.name, i.phone, i.role, i.account_id, \
                m.starts_at, m.ends_at, m.grace_ms, m.ended_at, m.archived_at, m.ask_password, m.door_rules, \
                (SELECT COUNT(*) FROM pins p WHERE p.invitee_id = i.id AND p.revoked_at IS NULL) AS pins \
         FROM invitees i JOIN meetings m ON m.id = i.meeting_id WHERE i.link_hash = $1",
    )
    .bind(link_hash)
    .fetch_optional(db.read())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let suffices = door_rules(&row)?.link_suffices;
    let has_pin = row.try_get::<i64, _>("pins")? > 0;
    Ok(Some(KnownLink { invitation: invitation(&row)?, suffices, has_pin }))
}

const FREE: &str = "DELETE FROM pins WHERE meeting_id IN (SELECT id FROM meetings WHERE archived_at <= $1)";
const LENGTHS: &str = "SELECT MIN(p.digits) AS shortest, MAX(p.digits) AS longest FROM pins p \
     JOIN meetings m ON m.id = p.meeting_id WHERE p.revoked_at IS NULL AND m.ended_at IS NULL";
const EXPOSURE: &str = "SELECT p.digits, COUNT(*) AS live FROM pins p JOIN meetings m ON m.id = p.meeting_id \
     WHERE p.revoked_at IS NULL AND m.ended_at IS NULL AND m.starts_at <= $1 AND m.ends_at + m.grace_ms > $2 \
     GROUP BY p.meeting_id, p.digits";

/// What a guess can find at that moment.
pub async fn exposure(db: &Db, now: UnixMs) -> Result<Exposure, DbError> {
    let rows =
        sql::query(EXPOSURE).bind(now.plus_ms(PIN_OPENS_BEFORE_START_MS).0).bind(now.0).fetch_all(db.read()).await?;
    rows.iter().try_fold(Exposure::default(), |exposure, row| {
        let number = |column| row.try_get::<i64, _>(column).map(|value| u32::try_from(value).unwrap_or(u32::MAX));
        Ok(exposure.with(number("digits")?, number("live")?))
    })
}

/// The keys that stored PINs were made with.
pub async fn key_ids(db: &Db) -> Result<Vec<String>, DbError> {
    Ok(sql::query_scalar("SELECT DISTINCT key_id FROM pins").fetch_all(db.read()).await?)
}

/// The newest invitee and the hash of their link's token.
pub async fn newest_link(db: &Db) -> Result<Option<(InviteeId, String)>, DbError> {
    let row = sql::query("SELECT id, link_hash FROM invitees ORDER BY created_at DESC LIMIT 1")
        .fetch_optional(db.read())
        .await?;
    row.map(|row| Ok((parse(&row, "id")?, row.try_get("link_hash")?))).transpose()
}

fn invitation(row: &sql::Row) -> Result<Invitation, DbError> {
    let role: &str = row.try_get("role")?;
    let closes_at = UnixMs(row.try_get("ends_at")?).plus_ms(row.try_get("grace_ms")?);
    Ok(Invitation {
        organisation: parse(row, "organisation_id")?,
        meeting: parse(row, "meeting_id")?,
        invitee: parse(row, "invitee_id")?,
        name: row.try_get("name")?,
        phone: row.try_get("phone")?,
        role: Role::from_name(role).ok_or(DbError::Corrupt { column: "role" })?,
        account: optional(row, "account_id")?,
        starts_at: UnixMs(row.try_get("starts_at")?),
        closes_at,
        ended_at: row.try_get::<Option<i64>, _>("ended_at")?.map(UnixMs),
        archived_at: row.try_get::<Option<i64>, _>("archived_at")?.map(UnixMs),
        ask_password: row.try_get("ask_password")?,
    })
}

/// An id out of a column.
pub(super) fn parse<T: std::str::FromStr>(row: &sql::Row, column: &'static str) -> Result<T, DbError> {
    row.try_get::<&str, _>(column)?.parse().map_err(|_| DbError::Corrupt { column })
}
