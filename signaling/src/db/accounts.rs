//! Tables `organisations` and `accounts`.

use std::collections::HashMap;

use shared::api::ConsoleAccount;
use shared::ids::{AccountId, OrganisationId};
use shared::units::UnixMs;

use super::{Db, DbError, column, door_events, invitees, pins, sql};
use crate::accounts::{Account, name_key};
use crate::chance::Chance;
use crate::meetings::events::{Actor, DoorEvent, Entry};
use crate::record::content::Named;

const OLDEST_ORGANISATION: &str = "SELECT id FROM organisations ORDER BY created_at, id LIMIT 1";
const INSERT_ORGANISATION: &str = "INSERT INTO organisations (id, name, created_at) VALUES ($1, $2, $3)";
const ORGANISATION_NAME: &str = "SELECT name FROM organisations WHERE id = $1";
const NAMES: &str = "SELECT id, name FROM accounts WHERE organisation_id = $1 ORDER BY name_key";
const MAY_BE_INVITED: &str =
    "SELECT COUNT(*) FROM accounts WHERE id = $1 AND organisation_id = $2 AND disabled_at IS NULL";
const LIST: &str = "SELECT a.id, a.name, a.disabled_at, t.confirmed_at FROM accounts a \
     LEFT JOIN authenticators t ON t.account_id = a.id WHERE a.organisation_id = $1 ORDER BY a.name_key";
const DISABLED: &str = "SELECT id, last_disabled_at FROM accounts WHERE last_disabled_at IS NOT NULL";
const DISABLE: &str = "UPDATE accounts SET disabled_at = $1, last_disabled_at = $1 WHERE id = $2 AND organisation_id = $3 AND disabled_at IS NULL";
// One at a time in an organisation, also from two processes: which account is the last is counted below it.
const ONE_AT_A_TIME: &str = "UPDATE organisations SET name = name WHERE id = $1";
const ENABLE: &str =
    "UPDATE accounts SET disabled_at = NULL WHERE id = $1 AND organisation_id = $2 AND disabled_at IS NOT NULL";
const LEFT: &str = "SELECT COUNT(*) FROM accounts WHERE organisation_id = $1 AND disabled_at IS NULL";
const END_SESSIONS: &str = "DELETE FROM account_sessions WHERE account_id = $1";
const INSERT: &str = "INSERT INTO accounts (id, organisation_id, name, name_key, password_hash, created_at) \
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (name_key) DO NOTHING";
const BY_NAME_KEY: &str =
    "SELECT id, organisation_id, name, password_hash, disabled_at FROM accounts WHERE name_key = $1";
const NAME: &str = "SELECT name FROM accounts WHERE id = $1";
const SET_PASSWORD: &str = "UPDATE accounts SET password_hash = $1 WHERE id = $2";

/// The organisation that was there first.
pub async fn oldest_organisation(db: &Db) -> Result<Option<OrganisationId>, DbError> {
    let row = sql::query(OLDEST_ORGANISATION).fetch_optional(db.read()).await?;
    row.map(|row| column(&row, "id")).transpose()
}

/// A new organisation.
pub async fn insert_organisation(db: &Db, id: OrganisationId, name: &str, now: UnixMs) -> Result<(), DbError> {
    sql::query(INSERT_ORGANISATION).bind(id.to_string()).bind(name).bind(now.0).execute(db.write()).await?;
    Ok(())
}

/// An organisation's name.
pub async fn organisation_name(db: &Db, id: OrganisationId) -> Result<Option<String>, DbError> {
    Ok(sql::query_scalar(ORGANISATION_NAME).bind(id.to_string()).fetch_optional(db.read()).await?)
}

/// An organisation's accounts by name.
pub async fn names(db: &Db, organisation: OrganisationId) -> Result<Vec<Named>, DbError> {
    let rows = sql::query(NAMES).bind(organisation.to_string()).fetch_all(db.read()).await?;
    rows.iter().map(|row| Ok(Named { id: column(row, "id")?, name: row.try_get("name")? })).collect()
}

/// Whether this account is of this organisation, and not disabled.
pub async fn may_be_invited(db: &Db, account: AccountId, organisation: OrganisationId) -> Result<bool, DbError> {
    let query = sql::query_scalar(MAY_BE_INVITED).bind(account.to_string()).bind(organisation.to_string());
    let count: i64 = query.fetch_one(db.read()).await?;
    Ok(count > 0)
}

/// A new account; `false` when the name is taken.
pub async fn insert(db: &Db, account: &Account, password_hash: &str, now: UnixMs) -> Result<bool, DbError> {
    let done = sql::query(INSERT)
        .bind(account.id.to_string())
        .bind(account.organisation.to_string())
        .bind(&account.name)
        .bind(name_key(&account.name))
        .bind(password_hash)
        .bind(now.0)
        .execute(db.write())
        .await?;
    Ok(done.rows_affected() == 1)
}

/// An account as it is stored.
pub struct Stored {
    /// Which, whose, and its name.
    pub account: Account,
    /// Its password's hash.
    pub password_hash: String,
    /// Whether it may not log in.
    pub is_disabled: bool,
}

/// The account of that name.
pub async fn by_name_key(db: &Db, key: &str) -> Result<Option<Stored>, DbError> {
    // No name holds one, and PostgreSQL refuses to compare with it.
    if key.contains('\0') {
        return Ok(None);
    }
    let row = sql::query(BY_NAME_KEY).bind(key).fetch_optional(db.read()).await?;
    let Some(row) = row else { return Ok(None) };
    let account =
        Account { id: column(&row, "id")?, organisation: column(&row, "organisation_id")?, name: row.try_get("name")? };
    let is_disabled = row.try_get::<Option<i64>, _>("disabled_at")?.is_some();
    Ok(Some(Stored { account, password_hash: row.try_get("password_hash")?, is_disabled }))
}

/// An account's name.
pub async fn name(db: &Db, id: AccountId) -> Result<Option<String>, DbError> {
    Ok(sql::query_scalar(NAME).bind(id.to_string()).fetch_optional(db.read()).await?)
}

/// Another password for an account.
pub async fn set_password(db: &Db, account: &Account, password_hash: &str) -> Result<(), DbError> {
    sql::query(SET_PASSWORD).bind(password_hash).bind(account.id.to_string()).execute(db.write()).await?;
    Ok(())
}

/// An organisation's accounts by name, as the console lists them.
pub async fn list(db: &Db, organisation: OrganisationId) -> Result<Vec<ConsoleAccount>, DbError> {
    let rows = sql::query(LIST).bind(organisation.to_string()).fetch_all(db.read()).await?;
    let account = |row: &sql::Row| {
        Ok(ConsoleAccount {
            id: column(row, "id")?,
            name: row.try_get("name")?,
            disabled_at: row.try_get::<Option<i64>, _>("disabled_at")?.map(UnixMs),
            has_authenticator: row.try_get::<Option<i64>, _>("confirmed_at")?.is_some(),
        })
    };
    rows.iter().map(account).collect()
}

/// An account that is to be disabled.
#[derive(Debug, Clone, Copy)]
pub struct Disabled {
    /// Which.
    pub account: AccountId,
    /// Whose.
    pub organisation: OrganisationId,
    /// When.
    pub at: UnixMs,
    /// By whom.
    pub by: Actor,
}

/// Why an account was not disabled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotDisabled {
    /// There is none, or it is disabled already.
    #[error("there is no such account, or it is disabled already")]
    NotThere,
    /// Nobody could log in any more.
    #[error("it is the last account that may log in: make another one first")]
    TheLast,
}

/// Takes from an account all that opens a door: logging in, its sessions, and the PINs of invitations that are for it in
/// meetings that are not over, each with its event. All or nothing. Tell `live::Registry::pin_revoked` of each.
pub async fn disable(db: &Db, chance: &dyn Chance, asked: &Disabled) -> Result<Result<(), NotDisabled>, DbError> {
    let Disabled { account, organisation, at, by } = *asked;
    let mut transaction = db.write().begin().await?;
    sql::query(ONE_AT_A_TIME).bind(organisation.to_string()).execute(&mut *transaction).await?;
    let query = sql::query(DISABLE).bind(at.0).bind(account.to_string()).bind(organisation.to_string());
    if query.execute(&mut *transaction).await?.rows_affected() != 1 {
        return Ok(Err(NotDisabled::NotThere));
    }
    let query = sql::query_scalar(LEFT).bind(organisation.to_string());
    let left: i64 = query.fetch_one(&mut *transaction).await?;
    if left == 0 {
        return Ok(Err(NotDisabled::TheLast));
    }
    sql::query(END_SESSIONS).bind(account.to_string()).execute(&mut *transaction).await?;
    for (meeting, invitee) in invitees::of_account(&mut transaction, account).await? {
        if pins::revoke(&mut transaction, invitee, at).await? {
            let event = DoorEvent::AccountDisabled;
            let entry = Entry { organisation, meeting, invitee: Some(invitee), at, actor: by, event };
            door_events::insert(&mut transaction, chance, &entry).await?;
        }
    }
    transaction.commit().await?;
    Ok(Ok(()))
}

/// Lets an account log in again; `false` when there is none that is disabled. PINs that were withdrawn stay so.
pub async fn enable(db: &Db, account: AccountId, organisation: OrganisationId) -> Result<bool, DbError> {
    let mut transaction = db.write().begin().await?;
    let query = sql::query(ENABLE).bind(account.to_string()).bind(organisation.to_string());
    let enabled = query.execute(&mut *transaction).await?.rows_affected() == 1;
    if enabled {
        // One that was opened just as it was disabled.
        sql::query(END_SESSIONS).bind(account.to_string()).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(enabled)
}

/// Every account that was ever disabled, and when last.
pub async fn disabled(db: &Db) -> Result<HashMap<AccountId, UnixMs>, DbError> {
    let rows = sql::query(DISABLED).fetch_all(db.read()).await?;
    rows.iter().map(|row| Ok((column(row, "id")?, UnixMs(row.try_get("last_disabled_at")?)))).collect()
}
