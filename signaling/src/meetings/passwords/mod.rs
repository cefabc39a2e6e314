//! The SMS password (D25, D26): eight characters without look-alikes, for one person in one meeting.
//!
//! It is stored as an Argon2id hash. Five wrong tries void it, a new one replaces it. Sending is limited by
//! [`SendLimit`]; each SMS is a row of `letters` before it goes out. Where no SMS can arrive, somebody at the console reads one
//! out. From account holders [`code`] takes what their authenticator shows.

mod code;
#[cfg(test)]
mod tests;

use shared::ids::InviteeId;
use shared::letter::{DeliveryState, LetterKind, Way};
use shared::limits::SMS_PASSWORD_TRIES;
use shared::secret::Secret;
use shared::signal::{PasswordRefused, PasswordState};
use shared::text::tr_with;
use shared::units::UnixMs;

use super::events::{Actor, DoorEvent, Entry, SecondFactor};
use super::send_limit::{Addressee, SendLimit};
use crate::accounts::authenticator::CodeError;
use crate::accounts::authenticator::code::{Typed, read};
use crate::accounts::hashing::{HashError, Hasher};
use crate::chance::Chance;
use crate::clock::Clock;
use crate::db::passwords::Recipient;
use crate::db::{self, Db, DbError};
use crate::keys::Keys;
use crate::letters::{Letter, LetterId, Outcome};
use crate::sms::{Sms, SmsError, SmsSender};

/// Why a password was not sent or not taken.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// For a reason that the person can do something about.
    #[error("{0:?}")]
    Refused(PasswordRefused),
    /// The gateway did not take it.
    #[error(transparent)]
    NotSent(SmsError),
    /// There is no such invitee.
    #[error("no such invitee")]
    NoSuchInvitee,
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
    /// No password was hashed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// A code was not looked at.
    #[error(transparent)]
    Code(#[from] CodeError),
}

impl From<PasswordRefused> for PasswordError {
    fn from(reason: PasswordRefused) -> Self {
        Self::Refused(reason)
    }
}

/// The parts that passwords need of the server.
#[derive(Clone, Copy)]
pub struct Passwords<'s> {
    /// Where their hashes are.
    pub db: &'s Db,
    /// What opens authenticators.
    pub keys: &'s Keys,
    /// Who hashes them.
    pub hasher: &'s Hasher,
    /// How they go out.
    pub sms: &'s dyn SmsSender,
    /// How often.
    pub limit: &'s SendLimit,
    /// Now.
    pub clock: &'s dyn Clock,
    /// Randomness.
    pub chance: &'s dyn Chance,
}

impl Passwords<'_> {
    /// Makes a password and sends it; the one before is void from then on. When the gateway does not take it, nothing
    /// changes.
    ///
    /// # Errors
    /// This server sends no SMS, there is no number, it was sent too often, the gateway did not take it, or something failed.
    pub async fn send(self, invitee: InviteeId, actor: Actor) -> Result<PasswordState, PasswordError> {
        if !self.sms.is_there() {
            return Err(PasswordRefused::NoSender.into());
        }
        let recipient = db::passwords::recipient(self.db, invitee).await?.ok_or(PasswordError::NoSuchInvitee)?;
        let phone = recipient.phone.clone().ok_or(PasswordRefused::NoPhone)?;
        let Recipient { organisation, meeting, invited, .. } = recipient;
        let letter = Letter { organisation, meeting, invitee, kind: LetterKind::Password, way: Way::Sms };
        let taken = self.limit.take(self.clock.now(), Addressee { number: &phone, meeting, invited });
        if taken == Err(PasswordRefused::CountryNotServed) {
            // Whoever looks at the invitation reads it, and the clock does not try again.
            self.begin(letter, DeliveryState::CountryNotServed).await?;
        }
        taken?;
        let password = self.chance.sms_password();
        let hash = self.hasher.hash(&password).await?;
        let id = self.begin(letter, DeliveryState::Sending).await?;
        let sms = Sms { to: Secret::new(phone.as_str()), text: Secret::new(text(&recipient, &password)) };
        let taken = match self.sms.send(sms).await {
            Ok(taken) => taken,
            Err(error) => {
                tracing::error!(%error, "an SMS password was not sent");
                db::letters::settle(self.db, id, &Outcome::failed(&error), self.clock.now()).await?;
                return Err(PasswordError::NotSent(error));
            }
        };
        let entry = self.entry(invitee, &recipient, actor, DoorEvent::PasswordSent);
        let by = db::passwords::By::Sms(id, Outcome::accepted(taken.receipt));
        db::passwords::replace(self.db, self.chance, (&hash, &by), &entry).await?;
        Ok(PasswordState::Sent { phone_ends_in: ends_in(&phone) })
    }

    async fn begin(self, letter: Letter, state: DeliveryState) -> Result<LetterId, PasswordError> {
        let id = LetterId::from_random(self.chance.id());
        db::letters::begin(self.db, id, letter, state, self.clock.now()).await?;
        Ok(id)
    }

    /// Makes a password that somebody at the console reads out to its person; the one before is void from then on.
    ///
    /// # Errors
    /// There is no such invitee, or something failed.
    pub async fn read_out(self, invitee: InviteeId, actor: Actor) -> Result<Secret, PasswordError> {
        let recipient = db::passwords::recipient(self.db, invitee).await?.ok_or(PasswordError::NoSuchInvitee)?;
        let password = self.chance.sms_password();
        let hash = self.hasher.hash(&password).await?;
        let entry = self.entry(invitee, &recipient, actor, DoorEvent::PasswordShown);
        db::passwords::replace(self.db, self.chance, (&hash, &db::passwords::By::ReadOut), &entry).await?;
        Ok(grouped(&password))
    }

    fn entry(self, invitee: InviteeId, about: &Recipient, actor: Actor, event: DoorEvent) -> Entry {
        let Recipient { organisation, meeting, .. } = *about;
        Entry { organisation, meeting, invitee: Some(invitee), at: self.clock.now(), actor, event }
    }

    /// How things stand with the second proof of this person, if one is `asked`.
    ///
    /// # Errors
    /// The database failed.
    pub async fn state(self, invitee: InviteeId, asked: bool, phone: Option<&str>) -> Result<PasswordState, DbError> {
        let sent = db::passwords::find(self.db, invitee).await?;
        let sent = sent.map(|row| Made { tries_left: row.tries_left, read_out: row.read_out });
        Ok(state(asked, sent, self.takes_codes(invitee).await?, phone))
    }

    /// Whether this is the password that was sent or read out, or what their authenticator shows, and which of them. Every try
    /// costs one of five, and the right one gives them back.
    ///
    /// # Errors
    /// It is not, or there is none to compare with, or something failed.
    pub async fn check(self, invitee: InviteeId, typed: &Secret) -> Result<SecondFactor, PasswordError> {
        // No password has six signs, so that a code is told by its shape.
        if let Typed::Code(digits) = read(typed)
            && let Some(code) = db::authenticators::at_door(self.db, invitee).await?
        {
            return self.check_code(invitee, &code, &digits).await;
        }
        self.check_password(invitee, typed).await
    }

    async fn check_password(self, invitee: InviteeId, typed: &Secret) -> Result<SecondFactor, PasswordError> {
        let row = db::passwords::find(self.db, invitee).await?.ok_or(PasswordRefused::NotSent)?;
        // Taken before the password is looked at, in one statement: tries that come at once cannot share one.
        let left = db::passwords::take_try(self.db, invitee, row.sent_at).await?.ok_or(PasswordRefused::UsedUp)?;
        let verified = self.hasher.verify(&normalised(typed), &row.hash).await;
        if verified.is_err() {
            // Nobody looked at the password: a busy server must not use up somebody's tries.
            db::passwords::give_try_back(self.db, invitee, row.sent_at).await?;
        }
        if verified? {
            db::passwords::give_tries_back(self.db, invitee, row.sent_at).await?;
            return Ok(if row.read_out { SecondFactor::ReadOutPassword } else { SecondFactor::SmsPassword });
        }
        if left > 0 {
            return Err(PasswordRefused::Wrong { tries_left: left }.into());
        }
        self.note(invitee, DoorEvent::PasswordVoided).await?;
        Err(PasswordRefused::UsedUp.into())
    }

    /// Writes down what their tries came to.
    async fn note(self, invitee: InviteeId, event: DoorEvent) -> Result<(), PasswordError> {
        let recipient = db::passwords::recipient(self.db, invitee).await?.ok_or(PasswordError::NoSuchInvitee)?;
        let entry = self.entry(invitee, &recipient, Actor::Invitee(invitee), event);
        db::door_events::apply(self.db, self.chance, &entry).await?;
        Ok(())
    }
}

/// A password that was made for somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Made {
    /// Wrong tries until it is void.
    pub tries_left: i64,
    /// Whether somebody reads it out, instead of an SMS.
    pub read_out: bool,
}

/// How things stand with a second proof that is `asked` of somebody with this number. Somebody who `takes_codes` can do without a
/// password, and is told to where none works.
pub fn state(asked: bool, made: Option<Made>, takes_codes: bool, phone: Option<&str>) -> PasswordState {
    match made {
        Some(made) if made.tries_left > 0 && made.read_out => PasswordState::ReadOut,
        Some(made) if made.tries_left > 0 => {
            PasswordState::Sent { phone_ends_in: phone.map(ends_in).unwrap_or_default() }
        }
        _ if asked && takes_codes => PasswordState::Code,
        Some(_) => PasswordState::UsedUp,
        None if asked => PasswordState::NotSent,
        None => PasswordState::NotAsked,
    }
}

/// Tries that a new password has.
pub fn full_tries() -> i64 {
    i64::from(SMS_PASSWORD_TRIES)
}

/// Its last two digits.
pub(crate) fn ends_in(phone: &str) -> String {
    let skipped = phone.chars().count().saturating_sub(2);
    phone.chars().skip(skipped).collect()
}

/// In two groups, as it is read out: typing forgives the space.
fn grouped(password: &Secret) -> Secret {
    let characters: Vec<char> = password.reveal().chars().collect();
    Secret::new(characters.chunks(4).map(String::from_iter).collect::<Vec<_>>().join(" "))
}

/// As it was sent: people type lower case and copy spaces along.
fn normalised(typed: &Secret) -> Secret {
    let kept = typed.reveal().chars().filter(|c| !c.is_whitespace() && *c != '-');
    Secret::new(kept.collect::<String>().to_uppercase())
}

/// In the telephones' own alphabet, as far as the title is: a sign that is not halves what fits into one message.
fn text(recipient: &Recipient, password: &Secret) -> String {
    let time = local_time(recipient.starts_at, &recipient.time_zone);
    let values = [("title", recipient.title.as_str()), ("time", time.as_str()), ("password", password.reveal())];
    tr_with("Your password for the meeting \"{title}\" of {time}: {password}", &values)
}

/// The organiser's wall clock, with its zone, as the invitation says it.
pub(crate) fn local_time(at: UnixMs, zone: &str) -> String {
    let Ok(at) = jiff::Timestamp::from_millisecond(at.0) else { return String::new() };
    let zone = jiff::tz::TimeZone::get(zone).unwrap_or(jiff::tz::TimeZone::UTC);
    at.to_zoned(zone).strftime("%Y-%m-%d %H:%M %Z").to_string()
}
