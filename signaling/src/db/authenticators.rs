//! Tables `authenticators` and `recovery_codes`. What must happen once happens in one statement: two requests with the same
//! code cannot both be told that it was right.

use shared::ids::{AccountId, InviteeId, OrganisationId};
use shared::limits::DOOR_CODE_TRIES;
use shared::units::UnixMs;

use super::{Db, DbError, column, sql};

const FIND: &str = "SELECT sealed, confirmed_at, wrong, next_at FROM authenticators WHERE account_id = $1";
const BEGIN: &str = "INSERT INTO authenticators (account_id, organisation_id, sealed, confirmed_at, last_step, wrong, next_at) \
     VALUES ($1, $2, $3, NULL, 0, 0, 0) ON CONFLICT (account_id) DO UPDATE SET sealed = excluded.sealed \
     WHERE authenticators.confirmed_at IS NULL";
const CONFIRM: &str = "UPDATE authenticators SET confirmed_at = $1, last_step = $2 \
     WHERE account_id = $3 AND sealed = $4 AND confirmed_at IS NULL";
const TAKE_TRY: &str = "UPDATE authenticators SET wrong = wrong + 1, next_at = $1 WHERE account_id = $2 AND wrong = $3";
const SPEND_STEP: &str = "UPDATE authenticators SET last_step = $1, wrong = 0, next_at = 0, door_wrong = 0 \
     WHERE account_id = $2 AND confirmed_at IS NOT NULL AND last_step < $3";
const SPEND_STEP_AT_DOOR: &str = "UPDATE authenticators SET last_step = $1, door_wrong = 0 \
     WHERE account_id = $2 AND confirmed_at IS NOT NULL AND last_step < $3";
const FORGIVE: &str = "UPDATE authenticators SET wrong = 0, next_at = 0, door_wrong = 0 WHERE account_id = $1";
const REMOVE: &str = "DELETE FROM authenticators WHERE account_id = $1 AND confirmed_at IS NOT NULL";
const ADD_CODE: &str = "INSERT INTO recovery_codes (account_id, organisation_id, mac) VALUES ($1, $2, $3)";
const USE_CODE: &str = "DELETE FROM recovery_codes WHERE account_id = $1 AND mac = $2";
const COUNT_CODES: &str = "SELECT COUNT(*) FROM recovery_codes WHERE account_id = $1";
const REMOVE_CODES: &str = "DELETE FROM recovery_codes WHERE account_id = $1";
const END_OTHER_SESSIONS: &str = "DELETE FROM account_sessions WHERE account_id = $1 AND token_hash <> $2";

const AT_DOOR: &str = "SELECT account_id, sealed, tries_left FROM door_codes WHERE invitee_id = $1";
const TAKE_TRY_AT_DOORS: &str =
    "UPDATE authenticators SET door_wrong = door_wrong + 1 WHERE account_id = $1 AND door_wrong < $2";
const TAKE_DOOR_TRY: &str = "UPDATE invitees SET code_tries_left = code_tries_left - 1 \
     WHERE id = $1 AND code_tries_left > 0 RETURNING code_tries_left";
const GIVE_DOOR_TRIES_BACK: &str = "UPDATE invitees SET code_tries_left = $1 WHERE id = $2";

/// Wrong codes at all doors together after which none takes any more, until its holder's next right code at the login: people with PINs are few, but
/// whoever makes invitations makes as many as they like. NIST SP 800-63B-4 section 3.2.2 allows no more in a row. The view
/// `door_codes` has the same.
pub(super) const MOST_AT_DOORS: i64 = 100;

/// An authenticator as it is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Row {
    /// Its secret, sealed.
    pub sealed: String,
    /// Since when the login asks for its codes; `None`: it was begun and no code was typed.
    pub confirmed_at: Option<UnixMs>,
    /// Codes that were wrong since the last right one.
    pub wrong: i64,
    /// When the next code is looked at.
    pub next_at: UnixMs,
}

/// What is written when the first code of an authenticator was right.
pub struct Confirmed<'c> {
    /// Whose.
    pub account: AccountId,
    /// Of which organisation.
    pub organisation: OrganisationId,
    /// Its secret, sealed.
    pub sealed: &'c str,
    /// When.
    pub at: UnixMs,
    /// The time step of that code.
    pub step: i64,
    /// What stands for the recovery codes.
    pub macs: &'c [String],
    /// What stands for the session that goes on; all others of the account end.
    pub session: &'c str,
}

/// The authenticator of an account, confirmed or not.
pub async fn find(db: &Db, account: AccountId) -> Result<Option<Row>, DbError> {
    let row = sql::query(FIND).bind(account.to_string()).fetch_optional(db.read()).await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Row {
        sealed: row.try_get("sealed")?,
        confirmed_at: row.try_get::<Option<i64>, _>("confirmed_at")?.map(UnixMs),
        wrong: row.try_get("wrong")?,
        next_at: UnixMs(row.try_get("next_at")?),
    }))
}

/// A new one, in place of one that was begun; `false` when a confirmed one is there.
pub async fn begin(
    db: &Db,
    (account, organisation): (AccountId, OrganisationId),
    sealed: &str,
) -> Result<bool, DbError> {
    let query = sql::query(BEGIN).bind(account.to_string()).bind(organisation.to_string()).bind(sealed);
    Ok(query.execute(db.write()).await?.rows_affected() == 1)
}

/// Its first code was right; `false` when it is no longer the one that was begun.
pub async fn confirm(db: &Db, confirmed: &Confirmed<'_>) -> Result<bool, DbError> {
    let Confirmed { account, organisation, sealed, at, step, macs, session } = *confirmed;
    let account = account.to_string();
    let mut transaction = db.write().begin().await?;
    let query = sql::query(CONFIRM).bind(at.0).bind(step).bind(&account).bind(sealed);
    if query.execute(&mut *transaction).await?.rows_affected() != 1 {
        return Ok(false);
    }
    sql::query(REMOVE_CODES).bind(&account).execute(&mut *transaction).await?;
    for mac in macs {
        let query = sql::query(ADD_CODE).bind(&account).bind(organisation.to_string()).bind(mac);
        query.execute(&mut *transaction).await?;
    }
    sql::query(END_OTHER_SESSIONS).bind(&account).bind(session).execute(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(true)
}

/// Counts a code as wrong before it is looked at, and says when the next one may be; `false` when another one was counted
/// meanwhile.
pub async fn take_try(db: &Db, account: AccountId, wrong: i64, next_at: UnixMs) -> Result<bool, DbError> {
    let query = sql::query(TAKE_TRY).bind(next_at.0).bind(account.to_string()).bind(wrong);
    Ok(query.execute(db.write()).await?.rows_affected() == 1)
}

/// Where a code was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// Beside the account's password: what was wrong, there and at doors, is forgiven.
    Login,
    /// Beside a PIN: what was wrong at doors is. Whoever guesses at the login is not forgiven because its person came to a meeting.
    Door,
}

/// The code of this time step was typed; `false` when it, or a later one, was before.
pub async fn spend_step(db: &Db, account: AccountId, step: i64, at: At) -> Result<bool, DbError> {
    let statement = match at {
        At::Login => SPEND_STEP,
        At::Door => SPEND_STEP_AT_DOOR,
    };
    let query = sql::query(statement).bind(step).bind(account.to_string()).bind(step);
    Ok(query.execute(db.write()).await?.rows_affected() == 1)
}

/// A recovery code was typed; `false` when there is none like it (any more). What was wrong is forgiven.
pub async fn use_recovery_code(db: &Db, account: AccountId, mac: &str) -> Result<bool, DbError> {
    let query = sql::query(USE_CODE).bind(account.to_string()).bind(mac);
    if query.execute(db.write()).await?.rows_affected() != 1 {
        return Ok(false);
    }
    sql::query(FORGIVE).bind(account.to_string()).execute(db.write()).await?;
    Ok(true)
}

/// Recovery codes that were not used.
pub async fn recovery_codes_left(db: &Db, account: AccountId) -> Result<u32, DbError> {
    let count: i64 = sql::query_scalar(COUNT_CODES).bind(account.to_string()).fetch_one(db.read()).await?;
    Ok(u32::try_from(count).unwrap_or(u32::MAX))
}

/// Takes a confirmed authenticator off an account, with its recovery codes; `false` when there is none.
pub async fn remove(db: &Db, account: AccountId) -> Result<bool, DbError> {
    let mut transaction = db.write().begin().await?;
    let removed = sql::query(REMOVE).bind(account.to_string()).execute(&mut *transaction).await?.rows_affected() == 1;
    if removed {
        sql::query(REMOVE_CODES).bind(account.to_string()).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(removed)
}

/// The authenticator of the account that an invitation is for.
#[derive(Clone, PartialEq, Eq)]
pub struct DoorCode {
    /// Which account.
    pub account: AccountId,
    /// Its secret, sealed.
    pub sealed: String,
    /// Codes that may still be wrong with this invitation.
    pub tries_left: i64,
}

/// The confirmed authenticator of the account that an invitation is for; none while no door takes its codes.
pub async fn at_door(db: &Db, invitee: InviteeId) -> Result<Option<DoorCode>, DbError> {
    let row = sql::query(AT_DOOR).bind(invitee.to_string()).fetch_optional(db.read()).await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(DoorCode {
        account: column(&row, "account_id")?,
        sealed: row.try_get("sealed")?,
        tries_left: row.try_get("tries_left")?,
    }))
}

/// Takes one of an invitation's tries, and of its account's; gives the number that the invitation has left, or `None` when there
/// was none.
pub async fn take_door_try(db: &Db, invitee: InviteeId, account: AccountId) -> Result<Option<u8>, DbError> {
    let mut transaction = db.write().begin().await?;
    let of_account = sql::query(TAKE_TRY_AT_DOORS).bind(account.to_string()).bind(MOST_AT_DOORS);
    if of_account.execute(&mut *transaction).await?.rows_affected() != 1 {
        return Ok(None);
    }
    let of_invitation = sql::query_scalar(TAKE_DOOR_TRY).bind(invitee.to_string());
    let left: Option<i64> = of_invitation.fetch_optional(&mut *transaction).await?;
    if left.is_some() {
        transaction.commit().await?;
    }
    left.map(|left| u8::try_from(left).map_err(|_| DbError::Corrupt { column: "code_tries_left" })).transpose()
}

/// All of an invitation's tries again, after the right code.
pub async fn give_door_tries_back(db: &Db, invitee: InviteeId) -> Result<(), DbError> {
    let mut connection = db.write().acquire().await?;
    renew_door_tries(&mut connection, invitee).await
}

/// The same with a new PIN, in the caller's transaction.
pub async fn renew_door_tries(connection: &mut sql::Connection, invitee: InviteeId) -> Result<(), DbError> {
    let query = sql::query(GIVE_DOOR_TRIES_BACK).bind(i64::from(DOOR_CODE_TRIES)).bind(invitee.to_string());
    query.execute(connection).await?;
    Ok(())
}
