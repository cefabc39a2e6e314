//! Console sessions: a 256-bit token in the cookie, its SHA-256 in the database, out after some idle minutes (D8).

use shared::secret::Secret;
use shared::units::UnixMs;

use crate::accounts::Account;
use crate::accounts::authenticator::CodeError;
use crate::accounts::hashing::HashError;
use crate::chance::token_hash;
use crate::db::{self, DbError};
use crate::extract::Session;
use crate::guards::{self, Guard};
use crate::state::AppState;

/// Longest life of a session, however busy, milliseconds.
const LONGEST_MS: i64 = 24 * 60 * 60_000;
/// Activity is written down at most this often, milliseconds: a click needs no write of its own.
const WRITE_EVERY_MS: i64 = 5_000;

/// Whether a person did something, or a page asked by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activity {
    /// A person.
    Person,
    /// A page; not activity.
    Background,
}

/// Why nobody was logged in.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// Name or password.
    #[error("name or password is wrong")]
    Wrong,
    /// They are right, and the account is disabled.
    #[error("the account is disabled")]
    Disabled,
    /// They are right, and the account has an authenticator.
    #[error("the code of the authenticator is needed too")]
    CodeNeeded,
    /// They are right, and the code is not.
    #[error(transparent)]
    Code(#[from] CodeError),
    /// The password was not checked.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl LoginError {
    /// Whether it counts as a try: somebody may be guessing, or has no business here any more.
    pub fn is_a_guess(&self) -> bool {
        matches!(self, Self::Wrong | Self::Disabled | Self::Code(CodeError::Wrong))
    }
}

/// Checks name and password, and then the code, where the account has an authenticator. Here nobody learns that it has one who
/// does not know its password; whoever is logged in to the organisation sees it, and whoever has a PIN of an invitation for it.
pub async fn check(
    state: &AppState,
    (name, password): (&str, &Secret),
    code: Option<&Secret>,
) -> Result<Account, LoginError> {
    let account = check_password(state, name, password).await?;
    let authenticators = state.authenticators();
    if authenticators.asks(account.id).await? {
        authenticators.check(account.id, code.ok_or(LoginError::CodeNeeded)?).await?;
    }
    Ok(account)
}

/// An unknown name costs what a known one costs.
async fn check_password(state: &AppState, name: &str, password: &Secret) -> Result<Account, LoginError> {
    match db::accounts::by_name_key(&state.db, &super::name_key(name)).await? {
        Some(stored) if state.hasher.verify(password, &stored.password_hash).await? => {
            // Told to whoever knows the password, and nobody else.
            if stored.is_disabled { Err(LoginError::Disabled) } else { Ok(stored.account) }
        }
        Some(_) => Err(LoginError::Wrong),
        None if !guards::holds(Guard::Decoy) => Err(LoginError::Wrong),
        None => {
            state.hasher.verify_nobody(password).await?;
            Err(LoginError::Wrong)
        }
    }
}

/// Opens a session with a token of its own; whatever token the browser brought is dead from here on.
pub async fn open(state: &AppState, account: &Account, brought: Option<&Secret>) -> Result<Secret, DbError> {
    let now = state.clock.now();
    let token = match brought {
        Some(brought) if !guards::holds(Guard::NewToken) => brought.clone(),
        _ => state.chance.token(),
    };
    if let Some(old) = brought {
        close(state, old).await?;
    }
    db::sessions::delete_stale(&state.db, oldest_active(state, now), UnixMs(now.0 - LONGEST_MS)).await?;
    db::sessions::insert(&state.db, &token_hash(token.reveal()), account, now).await?;
    Ok(token)
}

/// Who this token stands for, if it still stands for anybody.
pub async fn find(state: &AppState, token: &Secret, activity: Activity) -> Result<Option<Session>, DbError> {
    let now = state.clock.now();
    let hash = token_hash(token.reveal());
    let Some(found) = db::sessions::find(&state.db, &hash).await? else { return Ok(None) };
    let idle = found.last_active_at.0 <= oldest_active(state, now).0;
    if idle || now.since(found.created_at) >= LONGEST_MS {
        db::sessions::delete(&state.db, &hash).await?;
        return Ok(None);
    }
    if activity == Activity::Person && now.since(found.last_active_at) >= WRITE_EVERY_MS {
        db::sessions::touch(&state.db, &hash, now).await?;
    }
    Ok(Some(Session { account: found.account.id, organisation: found.account.organisation, name: found.account.name }))
}

/// Logs out.
pub async fn close(state: &AppState, token: &Secret) -> Result<(), DbError> {
    if !guards::holds(Guard::Logout) {
        return Ok(());
    }
    db::sessions::delete(&state.db, &token_hash(token.reveal())).await
}

/// A session last active then, or before, is idle.
fn oldest_active(state: &AppState, now: UnixMs) -> UnixMs {
    now.plus_ms(-i64::from(state.config.accounts.idle_minutes) * 60_000)
}
