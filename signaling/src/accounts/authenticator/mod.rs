//! An authenticator app as an account's second proof: setting it up, checking what is typed, taking it off.
//!
//! [`code`] is RFC 6238 and says what was typed, [`tries`] how often, [`drawing`] how an app is told; all are pure. What was used
//! and what is left stands in `db::authenticators`, so that neither a restart nor two requests at once forget it.

pub mod code;
mod drawing;
mod tries;

use shared::authenticator::{Authenticator, NewAuthenticator, RecoveryCodes};
use shared::ids::{AccountId, OrganisationId};
use shared::limits::RECOVERY_CODES;
use shared::secret::Secret;

use self::code::{SECRET_BYTES, Typed};
use self::tries::Next;
use crate::chance::Chance;
use crate::clock::Clock;
use crate::db::authenticators::{At, Confirmed, Row};
use crate::db::{self, Db, DbError};
use crate::guards::{self, Guard};
use crate::keys::Keys;

/// Why a code was not taken.
#[derive(Debug, thiserror::Error)]
pub enum CodeError {
    /// It is wrong, or was used before.
    #[error("the code is wrong or was used before")]
    Wrong,
    /// It was not looked at: too many were wrong.
    #[error("too many wrong codes, wait {retry_after_s} s")]
    Wait {
        /// Seconds until one is.
        retry_after_s: u32,
    },
    /// None is looked at any more; a recovery code is.
    #[error("too many wrong codes: only a recovery code is taken now")]
    UsedUp,
    /// There is no authenticator, or none was begun.
    #[error("there is no authenticator")]
    None,
    /// The secret does not open: the key is not the one that sealed it.
    #[error(
        "the authenticator of an account does not open: restore keys/link.key from its backup, or run `conclave admin remove-authenticator`"
    )]
    Sealed,
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Whose authenticator, and what an app calls it.
#[derive(Debug, Clone, Copy)]
pub struct Holder<'h> {
    /// Which account.
    pub account: AccountId,
    /// Whose.
    pub organisation: OrganisationId,
    /// Its name.
    pub name: &'h str,
}

/// The parts that authenticators need of the server.
#[derive(Clone, Copy)]
pub struct Authenticators<'s> {
    /// Where they are.
    pub db: &'s Db,
    /// What seals them.
    pub keys: &'s Keys,
    /// Now.
    pub clock: &'s dyn Clock,
    /// Randomness.
    pub chance: &'s dyn Chance,
}

impl Authenticators<'_> {
    /// How things stand with an account's.
    pub async fn state(self, account: AccountId) -> Result<Authenticator, DbError> {
        let row = db::authenticators::find(self.db, account).await?;
        let Some(since) = row.and_then(|row| row.confirmed_at) else {
            return Ok(Authenticator { since: None, recovery_codes_left: 0 });
        };
        let recovery_codes_left = db::authenticators::recovery_codes_left(self.db, account).await?;
        Ok(Authenticator { since: Some(since), recovery_codes_left })
    }

    /// Whether an account's login asks for a code.
    pub async fn asks(self, account: AccountId) -> Result<bool, DbError> {
        let row = db::authenticators::find(self.db, account).await?;
        Ok(row.is_some_and(|row| row.confirmed_at.is_some()))
    }

    /// A new secret, in place of one that was begun. It counts for nothing until [`Authenticators::confirm`]. `site` is what the
    /// app shows beside the account's name.
    ///
    /// # Errors
    /// `None`: there is a confirmed one.
    pub async fn begin(self, holder: Holder<'_>, site: &str) -> Result<Option<NewAuthenticator>, CodeError> {
        let mut secret = [0; SECRET_BYTES];
        self.chance.fill(&mut secret);
        let sealed = self.keys.seal(holder.account, &secret).ok_or(CodeError::Sealed)?;
        let begun = db::authenticators::begin(self.db, (holder.account, holder.organisation), &sealed).await?;
        let told = drawing::told(&secret, holder.name, site).ok_or(CodeError::Sealed)?;
        Ok(begun.then_some(told))
    }

    /// The first code of an authenticator that was begun: from here on the login asks for them. Every session of the account
    /// but `session` (its token's hash) ends.
    ///
    /// # Errors
    /// The code is wrong, none was begun, or something failed.
    pub async fn confirm(self, holder: Holder<'_>, typed: &Secret, session: &str) -> Result<RecoveryCodes, CodeError> {
        let row = db::authenticators::find(self.db, holder.account).await?;
        let row = row.filter(|row| row.confirmed_at.is_none()).ok_or(CodeError::None)?;
        let now = self.clock.now();
        let Typed::Code(digits) = code::read(typed) else { return Err(CodeError::Wrong) };
        let step = code::step_of(&self.open(holder.account, &row.sealed)?, &digits, now).ok_or(CodeError::Wrong)?;
        let codes: Vec<Secret> = (0..RECOVERY_CODES).map(|_| self.chance.recovery_code()).collect();
        let macs: Vec<String> =
            codes.iter().map(|code| self.keys.recovery_mac(holder.account, code.reveal())).collect();
        let confirmed = Confirmed {
            account: holder.account,
            organisation: holder.organisation,
            sealed: &row.sealed,
            at: now,
            step,
            macs: &macs,
            session,
        };
        if !db::authenticators::confirm(self.db, &confirmed).await? {
            return Err(CodeError::None);
        }
        Ok(RecoveryCodes { codes: codes.iter().map(code::grouped).collect() })
    }

    /// Whether this is what the account's authenticator shows, or one of its recovery codes; either is then used up.
    ///
    /// # Errors
    /// It is not, it was not looked at, there is no authenticator, or something failed.
    pub async fn check(self, account: AccountId, typed: &Secret) -> Result<(), CodeError> {
        let row = db::authenticators::find(self.db, account).await?;
        let row = row.filter(|row| row.confirmed_at.is_some()).ok_or(CodeError::None)?;
        match code::read(typed) {
            Typed::Code(digits) => self.check_code(account, &row, &digits).await,
            Typed::Recovery(code) => self.check_recovery_code(account, &code).await,
        }
    }

    async fn check_code(self, account: AccountId, row: &Row, digits: &str) -> Result<(), CodeError> {
        let secret = self.open(account, &row.sealed)?;
        let now = self.clock.now();
        let next_at = match tries::next(row.wrong, row.next_at, now) {
            Next::Look { next_at } => next_at,
            _ if !guards::holds(Guard::CodeTries) => now,
            Next::Wait { retry_after_s } => return Err(CodeError::Wait { retry_after_s }),
            Next::Never => return Err(CodeError::UsedUp),
        };
        // Counted before it is looked at: codes that come at once cannot share one try.
        if !db::authenticators::take_try(self.db, account, row.wrong, next_at).await? {
            return Err(CodeError::Wait { retry_after_s: 1 });
        }
        self.spend((account, At::Login), &secret, digits).await
    }

    /// Whether an authenticator shows these digits now, for the first time; they are used up then. Whoever asks counts the tries.
    ///
    /// # Errors
    /// It does not, or the database failed.
    pub(crate) async fn spend(
        self,
        (account, at): (AccountId, At),
        secret: &[u8; SECRET_BYTES],
        digits: &str,
    ) -> Result<(), CodeError> {
        let step = code::step_of(secret, digits, self.clock.now()).ok_or(CodeError::Wrong)?;
        let first = db::authenticators::spend_step(self.db, account, step, at).await?;
        if first || !guards::holds(Guard::CodeOnce) { Ok(()) } else { Err(CodeError::Wrong) }
    }

    /// Not counted with the codes: 54 bits are not guessed, and somebody else's guesses must not shut their holder out.
    async fn check_recovery_code(self, account: AccountId, code: &str) -> Result<(), CodeError> {
        let mac = self.keys.recovery_mac(account, code);
        let there = db::authenticators::use_recovery_code(self.db, account, &mac).await?;
        if there { Ok(()) } else { Err(CodeError::Wrong) }
    }

    /// Opens a sealed secret.
    ///
    /// # Errors
    /// It was sealed with another key, or for another account.
    pub(crate) fn open(self, account: AccountId, sealed: &str) -> Result<[u8; SECRET_BYTES], CodeError> {
        self.keys.unseal(account, sealed).ok_or(CodeError::Sealed)
    }
}
