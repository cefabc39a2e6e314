//! Table `pins`, and what the door reads beside it: the invitation that a PIN or a link stands for.

use shared::ids::InviteeId;
use shared::meeting::Role;
use shared::units::UnixMs;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

use super::{Db, DbError};
use crate::door::decide::{Invitation, KnownPin};
use crate::keys::PinMac;
use crate::meetings::pins::Issue;

/// Withdraws all PINs of an invitee that still work.
pub async fn revoke(connection: &mut SqliteConnection, invitee: InviteeId, at: UnixMs) -> Result<(), DbError> {
    sqlx::query("UPDATE pins SET revoked_at = $1 WHERE invitee_id = $2 AND revoked_at IS NULL")
        .bind(at.0)
        .bind(invitee.to_string())
        .execute(connection)
        .await?;
    Ok(())
}

/// Whether this PIN was ever issued under this key.
pub async fn exists(connection: &mut SqliteConnection, mac: &PinMac) -> Result<bool, DbError> {
    let count: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM pins WHERE mac = $1").bind(&mac.mac).fetch_one(connection).await?;
    Ok(count > 0)
}

/// Stores a PIN; `false` when it was issued before.
pub async fn insert(connection: &mut SqliteConnection, mac: &PinMac, issue: Issue) -> Result<bool, DbError> {
    let done = sqlx::query(
        "INSERT INTO pins (mac, key_id, organisation_id, meeting_id, invitee_id, issued_at) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (mac) DO NOTHING",
    )
    .bind(&mac.mac)
    .bind(&mac.key_id)
    .bind(issue.organisation.to_string())
    .bind(issue.meeting.to_string())
    .bind(issue.invitee.to_string())
    .bind(issue.at.0)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Whose PIN this is.
pub async fn find(db: &Db, mac: &PinMac) -> Result<Option<KnownPin>, DbError> {
    let row = sqlx::query(
        "SELECT i.organisation_id, i.meeting_id, i.id AS invitee_id, i.name, i.phone, i.role, \
                m.starts_at, m.ends_at, m.grace_ms, m.ended_at, m.ask_password, p.revoked_at \
         FROM pins p JOIN invitees i ON i.id = p.invitee_id JOIN meetings m ON m.id = p.meeting_id \
         WHERE p.mac = $1 AND p.key_id = $2",
    )
    .bind(&mac.mac)
    .bind(&mac.key_id)
    .fetch_optional(db.read())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let revoked = row.try_get::<Option<i64>, _>("revoked_at")?.is_some();
    Ok(Some(KnownPin { invitation: invitation(&row)?, revoked }))
}

/// The invitation whose link carries the token with this hash.
pub async fn by_link(db: &Db, link_hash: &str) -> Result<Option<Invitation>, DbError> {
    let row = sqlx::query(
        "SELECT i.organisation_id, i.meeting_id, i.id AS invitee_id, i.name, i.phone, i.role, \
                m.starts_at, m.ends_at, m.grace_ms, m.ended_at, m.ask_password \
         FROM invitees i JOIN meetings m ON m.id = i.meeting_id WHERE i.link_hash = $1",
    )
    .bind(link_hash)
    .fetch_optional(db.read())
    .await?;
    row.as_ref().map(invitation).transpose()
}

/// The keys that stored PINs were made with.
pub async fn key_ids(db: &Db) -> Result<Vec<String>, DbError> {
    Ok(sqlx::query_scalar("SELECT DISTINCT key_id FROM pins").fetch_all(db.read()).await?)
}

/// The newest invitee and the hash of their link's token.
pub async fn newest_link(db: &Db) -> Result<Option<(InviteeId, String)>, DbError> {
    let row = sqlx::query("SELECT id, link_hash FROM invitees ORDER BY created_at DESC LIMIT 1")
        .fetch_optional(db.read())
        .await?;
    row.map(|row| Ok((parse(&row, "id")?, row.try_get("link_hash")?))).transpose()
}

fn invitation(row: &SqliteRow) -> Result<Invitation, DbError> {
    let role: &str = row.try_get("role")?;
    let closes_at = UnixMs(row.try_get("ends_at")?).plus_ms(row.try_get("grace_ms")?);
    Ok(Invitation {
        organisation: parse(row, "organisation_id")?,
        meeting: parse(row, "meeting_id")?,
        invitee: parse(row, "invitee_id")?,
        name: row.try_get("name")?,
        phone: row.try_get("phone")?,
        role: Role::from_name(role).ok_or(DbError::Corrupt { column: "role" })?,
        starts_at: UnixMs(row.try_get("starts_at")?),
        closes_at,
        ended_at: row.try_get::<Option<i64>, _>("ended_at")?.map(UnixMs),
        ask_password: row.try_get("ask_password")?,
    })
}

/// An id out of a column.
pub(super) fn parse<T: std::str::FromStr>(row: &SqliteRow, column: &'static str) -> Result<T, DbError> {
    row.try_get::<&str, _>(column)?.parse().map_err(|_| DbError::Corrupt { column })
}
