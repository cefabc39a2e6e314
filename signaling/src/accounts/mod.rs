//! Organisations' console accounts: making one, logging in, the authenticator that a login may ask for, the session behind the
//! cookie, logging out.
//!
//! No HTTP here; `routes::accounts` speaks it. Time and chance come from the state.

pub mod authenticator;
pub mod disabling;
pub mod hashing;
pub mod limiter;
pub mod sessions;

use shared::ids::{AccountId, OrganisationId};
use shared::input::{self, InvalidText};
use shared::secret::Secret;
use shared::units::UnixMs;

use crate::accounts::hashing::{HashError, Hasher};
use crate::chance::Chance;
use crate::db::accounts::{Disabled, NotDisabled};
use crate::db::{self, Db, DbError};
use crate::meetings::events::Actor;

/// Fewest characters of an account's password: what NIST SP 800-63B asks of a single factor.
pub const MIN_PASSWORD_CHARS: usize = 15;
/// Longest password, bytes; a bound on what is hashed.
pub const MAX_PASSWORD_BYTES: usize = 1024;
/// Name of the organisation that a deployment has from the start.
pub const FIRST_ORGANISATION: &str = "Conclave";

/// Somebody who may log in to the console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Which.
    pub id: AccountId,
    /// Whose.
    pub organisation: OrganisationId,
    /// Name, as it was given.
    pub name: String,
}

/// Why an account was not made.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// The name breaks a rule.
    #[error("the name {0}")]
    Name(InvalidText),
    /// The password breaks a rule.
    #[error("the password must have {MIN_PASSWORD_CHARS} to {MAX_PASSWORD_BYTES} characters")]
    Password,
    /// There is one of that name.
    #[error("there is already an account of that name: choose another name")]
    Taken,
    /// The password could not be hashed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// The name as it is compared: logging in forgives case and spaces around.
pub fn name_key(name: &str) -> String {
    name.trim().to_lowercase()
}

/// The deployment's first organisation, made when there is none.
pub async fn first_organisation(db: &Db, chance: &dyn Chance, now: UnixMs) -> Result<OrganisationId, DbError> {
    if let Some(id) = db::accounts::oldest_organisation(db).await? {
        return Ok(id);
    }
    let id = OrganisationId::from_random(chance.id());
    db::accounts::insert_organisation(db, id, FIRST_ORGANISATION, now).await?;
    Ok(id)
}

/// Makes an account in the first organisation.
pub async fn create(
    (db, hasher, chance): (&Db, &Hasher, &dyn Chance),
    (name, password): (&str, &Secret),
    now: UnixMs,
) -> Result<Account, CreateError> {
    let name = input::name(name).map_err(CreateError::Name)?;
    let length = password.reveal().chars().count();
    if length < MIN_PASSWORD_CHARS || password.reveal().len() > MAX_PASSWORD_BYTES {
        return Err(CreateError::Password);
    }
    let hash = hasher.hash(password).await?;
    let organisation = first_organisation(db, chance, now).await?;
    let account = Account { id: AccountId::from_random(chance.id()), organisation, name };
    if db::accounts::insert(db, &account, &hash, now).await? { Ok(account) } else { Err(CreateError::Taken) }
}

/// Why no authenticator was taken off.
#[derive(Debug, thiserror::Error)]
pub enum RemoveError {
    /// There is no account of that name.
    #[error("there is no account of that name")]
    NoAccount,
    /// It has none.
    #[error("the account has no authenticator: its password alone logs in")]
    NoAuthenticator,
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Takes the authenticator off an account, as the operator does whom its holder has convinced, and logs the account out
/// everywhere: whoever has the telephone may have the browser.
///
/// # Errors
/// There is no such account, it has no authenticator, or the database failed.
pub async fn remove_authenticator(db: &Db, name: &str) -> Result<Account, RemoveError> {
    let stored = db::accounts::by_name_key(db, &name_key(name)).await?;
    let account = stored.ok_or(RemoveError::NoAccount)?.account;
    if !db::authenticators::remove(db, account.id).await? {
        return Err(RemoveError::NoAuthenticator);
    }
    db::sessions::delete_of_account(db, &account).await?;
    Ok(account)
}

/// Why an account was not disabled or enabled.
#[derive(Debug, thiserror::Error)]
pub enum SwitchError {
    /// There is no account of that name.
    #[error("there is no account of that name")]
    NoAccount,
    /// It is as it is to be.
    #[error("the account is {0} already")]
    Already(&'static str),
    /// It is the last one.
    #[error("it is the last account that may log in: make another one first, with `conclave admin create`")]
    TheLast,
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Disables the account of that name, as the operator does. A server that runs beside it puts its people out within a second.
///
/// # Errors
/// There is none, it is disabled already, it is the last one, or the database failed.
pub async fn disable(db: &Db, chance: &dyn Chance, name: &str, at: UnixMs) -> Result<Account, SwitchError> {
    let stored = db::accounts::by_name_key(db, &name_key(name)).await?;
    let account = stored.ok_or(SwitchError::NoAccount)?.account;
    let disabled = Disabled { account: account.id, organisation: account.organisation, at, by: Actor::Operator };
    match db::accounts::disable(db, chance, &disabled).await? {
        Ok(()) => Ok(account),
        Err(NotDisabled::NotThere) => Err(SwitchError::Already("disabled")),
        Err(NotDisabled::TheLast) => Err(SwitchError::TheLast),
    }
}

/// Lets the account of that name log in again.
///
/// # Errors
/// There is none, it may log in already, or the database failed.
pub async fn enable(db: &Db, name: &str) -> Result<Account, SwitchError> {
    let stored = db::accounts::by_name_key(db, &name_key(name)).await?;
    let account = stored.ok_or(SwitchError::NoAccount)?.account;
    let enabled = db::accounts::enable(db, account.id, account.organisation).await?;
    if enabled { Ok(account) } else { Err(SwitchError::Already("enabled")) }
}
