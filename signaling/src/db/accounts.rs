//! Tables `organisations` and `accounts`.

use shared::ids::{AccountId, OrganisationId};
use shared::units::UnixMs;

use super::{Db, DbError, column, sql};
use crate::accounts::{Account, name_key};
use crate::record::content::Named;

const OLDEST_ORGANISATION: &str = "SELECT id FROM organisations ORDER BY created_at, id LIMIT 1";
const INSERT_ORGANISATION: &str = "INSERT INTO organisations (id, name, created_at) VALUES ($1, $2, $3)";
const ORGANISATION_NAME: &str = "SELECT name FROM organisations WHERE id = $1";
const NAMES: &str = "SELECT id, name FROM accounts WHERE organisation_id = $1 ORDER BY name_key";
const IS_OF: &str = "SELECT COUNT(*) FROM accounts WHERE id = $1 AND organisation_id = $2";
const INSERT: &str = "INSERT INTO accounts (id, organisation_id, name, name_key, password_hash, created_at) \
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (name_key) DO NOTHING";
const BY_NAME_KEY: &str = "SELECT id, organisation_id, name, password_hash FROM accounts WHERE name_key = $1";
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

/// Whether this account is of this organisation.
pub async fn is_of(db: &Db, account: AccountId, organisation: OrganisationId) -> Result<bool, DbError> {
    let query = sql::query_scalar(IS_OF).bind(account.to_string()).bind(organisation.to_string());
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

/// The account of that name, with its password's hash.
pub async fn by_name_key(db: &Db, key: &str) -> Result<Option<(Account, String)>, DbError> {
    // No name holds one, and PostgreSQL refuses to compare with it.
    if key.contains('\0') {
        return Ok(None);
    }
    let row = sql::query(BY_NAME_KEY).bind(key).fetch_optional(db.read()).await?;
    let Some(row) = row else { return Ok(None) };
    let account =
        Account { id: column(&row, "id")?, organisation: column(&row, "organisation_id")?, name: row.try_get("name")? };
    Ok(Some((account, row.try_get("password_hash")?)))
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
