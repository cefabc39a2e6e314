//! Table `account_sessions`.

use shared::units::UnixMs;

use super::{Db, DbError, column, sql};
use crate::accounts::Account;

const INSERT: &str = "INSERT INTO account_sessions (token_hash, organisation_id, account_id, created_at, last_active_at) \
     VALUES ($1, $2, $3, $4, $5)";
const FIND: &str = "SELECT s.created_at, s.last_active_at, a.id, a.organisation_id, a.name \
     FROM account_sessions s JOIN accounts a ON a.id = s.account_id WHERE s.token_hash = $1 AND a.disabled_at IS NULL";
const TOUCH: &str = "UPDATE account_sessions SET last_active_at = $1 WHERE token_hash = $2";
const DELETE: &str = "DELETE FROM account_sessions WHERE token_hash = $1";
const DELETE_OF_ACCOUNT: &str = "DELETE FROM account_sessions WHERE account_id = $1";
const DELETE_STALE: &str = "DELETE FROM account_sessions WHERE last_active_at <= $1 OR created_at <= $2";

/// A session as it is stored.
#[derive(Debug)]
pub struct Found {
    /// Whose.
    pub account: Account,
    /// When it began.
    pub created_at: UnixMs,
    /// When a person last did something in it.
    pub last_active_at: UnixMs,
}

/// A new session.
pub async fn insert(db: &Db, token_hash: &str, account: &Account, now: UnixMs) -> Result<(), DbError> {
    sql::query(INSERT)
        .bind(token_hash)
        .bind(account.organisation.to_string())
        .bind(account.id.to_string())
        .bind(now.0)
        .bind(now.0)
        .execute(db.write())
        .await?;
    Ok(())
}

/// The session with this token.
pub async fn find(db: &Db, token_hash: &str) -> Result<Option<Found>, DbError> {
    let Some(row) = sql::query(FIND).bind(token_hash).fetch_optional(db.read()).await? else { return Ok(None) };
    let account =
        Account { id: column(&row, "id")?, organisation: column(&row, "organisation_id")?, name: row.try_get("name")? };
    let created_at = UnixMs(row.try_get("created_at")?);
    Ok(Some(Found { account, created_at, last_active_at: UnixMs(row.try_get("last_active_at")?) }))
}

/// A person did something.
pub async fn touch(db: &Db, token_hash: &str, now: UnixMs) -> Result<(), DbError> {
    sql::query(TOUCH).bind(now.0).bind(token_hash).execute(db.write()).await?;
    Ok(())
}

/// Ends a session.
pub async fn delete(db: &Db, token_hash: &str) -> Result<(), DbError> {
    sql::query(DELETE).bind(token_hash).execute(db.write()).await?;
    Ok(())
}

/// Ends every session of an account.
pub async fn delete_of_account(db: &Db, account: &Account) -> Result<(), DbError> {
    sql::query(DELETE_OF_ACCOUNT).bind(account.id.to_string()).execute(db.write()).await?;
    Ok(())
}

/// Ends the sessions that were idle since `active` or began before `created`.
pub async fn delete_stale(db: &Db, active: UnixMs, created: UnixMs) -> Result<(), DbError> {
    sql::query(DELETE_STALE).bind(active.0).bind(created.0).execute(db.write()).await?;
    Ok(())
}
