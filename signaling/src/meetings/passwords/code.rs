//! What an account's authenticator shows, in place of a password (issue 4.3): for invitations that are for an account.
//!
//! A code is used up for the account, wherever it was typed: one that opened a door opens no login, and the other way round. How
//! often codes may be wrong is each invitation's own: whoever holds a PIN and guesses must not keep its person from logging in,
//! and five of three in a million leave a guesser one chance in 67,000. With as many invitations as somebody at the console makes
//! it is a hundred in a row (one in 3,300) until the holder's next right code. Recovery codes are for the login alone.

use shared::ids::InviteeId;
use shared::signal::PasswordRefused;

use super::{PasswordError, Passwords};
use crate::accounts::authenticator::{Authenticators, CodeError};
use crate::db::authenticators::{At, DoorCode};
use crate::db::{self, DbError};
use crate::guards::{self, Guard};
use crate::meetings::events::{DoorEvent, SecondFactor};

impl Passwords<'_> {
    /// Whether this invitation is for an account with an authenticator, and has tries left.
    ///
    /// # Errors
    /// The database failed.
    pub(super) async fn takes_codes(self, invitee: InviteeId) -> Result<bool, DbError> {
        let code = db::authenticators::at_door(self.db, invitee).await?;
        Ok(code.is_some_and(|code| code.tries_left > 0))
    }

    /// Asks for a code anew, where codes are taken; `false` where they are not. A password that was sent or read out before is void
    /// from then on: whoever asks wants a proof of now.
    ///
    /// # Errors
    /// The database failed.
    pub async fn ask_code(self, invitee: InviteeId) -> Result<bool, DbError> {
        let takes = self.takes_codes(invitee).await?;
        if takes {
            db::passwords::void(self.db, invitee).await?;
        }
        Ok(takes)
    }

    /// Whether these digits are what the account's authenticator shows; they are used up then. Every try costs one of the
    /// invitation's five, and the right one gives them back.
    pub(super) async fn check_code(
        self,
        invitee: InviteeId,
        code: &DoorCode,
        digits: &str,
    ) -> Result<SecondFactor, PasswordError> {
        let authenticators = self.authenticators();
        let secret = authenticators.open(code.account, &code.sealed)?;
        // Taken before the code is looked at, in one statement: tries that come at once cannot share one.
        let left = match db::authenticators::take_door_try(self.db, invitee, code.account).await? {
            None if guards::holds(Guard::CodeTries) => return Err(PasswordRefused::CodesUsedUp.into()),
            left => left.unwrap_or(1),
        };
        match authenticators.spend((code.account, At::Door), &secret, digits).await {
            Ok(()) => {
                db::authenticators::give_door_tries_back(self.db, invitee).await?;
                Ok(SecondFactor::AuthenticatorCode { account: code.account })
            }
            Err(CodeError::Wrong) if left > 0 => Err(PasswordRefused::WrongCode { tries_left: left }.into()),
            Err(CodeError::Wrong) => {
                self.note(invitee, DoorEvent::CodesUsedUp).await?;
                Err(PasswordRefused::CodesUsedUp.into())
            }
            Err(other) => Err(other.into()),
        }
    }

    fn authenticators(&self) -> Authenticators<'_> {
        Authenticators { db: self.db, keys: self.keys, clock: self.clock, chance: self.chance }
    }
}
