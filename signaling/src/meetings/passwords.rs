//! The SMS password (D25, D26): eight characters without look-alikes, for one person in one meeting.
//!
//! It is stored as an Argon2id hash. Five wrong tries void it, a new one replaces it. Sending is limited per telephone
//! number by [`SendLimit`], so that nobody's telephone can be flooded from a lobby.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use shared::ids::InviteeId;
use shared::limits::SMS_PASSWORD_TRIES;
use shared::secret::Secret;
use shared::signal::{PasswordRefused, PasswordState};
use shared::text::tr_with;
use shared::units::UnixMs;

use super::events::{Actor, DoorEvent, Entry};
use crate::accounts::hashing::{HashError, Hasher};
use crate::chance::Chance;
use crate::clock::Clock;
use crate::db::passwords::{Recipient, Row};
use crate::db::{self, Db, DbError};
use crate::sms::{Sms, SmsSender};

/// Passwords that may go to one number within [`WINDOW_MS`].
const MAX_SENT: usize = 3;
/// See [`MAX_SENT`].
const WINDOW_MS: i64 = 10 * 60_000;
/// Shortest time between two messages to one number, milliseconds.
const APART_MS: i64 = 30_000;
/// Numbers remembered. When so many were sent to within ten minutes, nothing more is sent until one is forgotten.
const MAX_NUMBERS: usize = 10_000;

/// Why a password was not sent or not taken.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// For a reason that the person can do something about.
    #[error("{0:?}")]
    Refused(PasswordRefused),
    /// There is no such invitee.
    #[error("no such invitee")]
    NoSuchInvitee,
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
    /// No password was hashed.
    #[error(transparent)]
    Hash(#[from] HashError),
}

impl From<PasswordRefused> for PasswordError {
    fn from(reason: PasswordRefused) -> Self {
        Self::Refused(reason)
    }
}

/// When passwords were last sent to which number, in memory.
#[derive(Default)]
pub struct SendLimit(Mutex<HashMap<String, Vec<UnixMs>>>);

impl SendLimit {
    /// Takes one of the number's turns.
    ///
    /// # Errors
    /// None is left; with the seconds until there is one.
    pub fn take(&self, now: UnixMs, number: &str) -> Result<(), PasswordRefused> {
        let mut sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sent.retain(|_, times| {
            times.retain(|at| (0..WINDOW_MS).contains(&now.since(*at)));
            !times.is_empty()
        });
        let times = sent.get(number).map_or(&[][..], Vec::as_slice);
        let too_soon = times.last().map_or(0, |last| APART_MS - now.since(*last));
        let too_many =
            if times.len() >= MAX_SENT { times.first().map_or(0, |at| WINDOW_MS - now.since(*at)) } else { 0 };
        let wait_ms = too_soon.max(too_many);
        if wait_ms > 0 || (times.is_empty() && sent.len() >= MAX_NUMBERS) {
            return Err(PasswordRefused::SentTooOften { retry_after_s: seconds(wait_ms) });
        }
        sent.entry(number.to_owned()).or_default().push(now);
        Ok(())
    }
}

fn seconds(ms: i64) -> u32 {
    u32::try_from(ms.max(1_000).unsigned_abs().div_ceil(1_000)).unwrap_or(u32::MAX)
}

/// The parts that passwords need of the server.
#[derive(Clone, Copy)]
pub struct Passwords<'s> {
    /// Where their hashes are.
    pub db: &'s Db,
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
        let now = self.clock.now();
        self.limit.take(now, &phone)?;
        let password = self.chance.sms_password();
        let hash = self.hasher.hash(&password).await?;
        let sms = Sms { to: Secret::new(phone.as_str()), text: Secret::new(text(&recipient, &password)) };
        self.sms.send(sms).await.map_err(|_| PasswordRefused::NotDelivered)?;
        let Recipient { organisation, meeting, .. } = recipient;
        let event = DoorEvent::PasswordSent;
        let entry = Entry { organisation, meeting, invitee: Some(invitee), at: now, actor, event };
        db::passwords::replace(self.db, self.chance, &hash, &entry).await?;
        Ok(PasswordState::Sent { phone_ends_in: ends_in(&phone) })
    }

    /// Whether this is the password that was sent. Every try costs one of five, and the right one gives them back.
    ///
    /// # Errors
    /// It is not, or there is none to compare with, or something failed.
    pub async fn check(self, invitee: InviteeId, typed: &Secret) -> Result<(), PasswordError> {
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
            return Ok(());
        }
        if left > 0 {
            return Err(PasswordRefused::Wrong { tries_left: left }.into());
        }
        self.note_voided(invitee).await?;
        Err(PasswordRefused::UsedUp.into())
    }

    async fn note_voided(self, invitee: InviteeId) -> Result<(), PasswordError> {
        let recipient = db::passwords::recipient(self.db, invitee).await?.ok_or(PasswordError::NoSuchInvitee)?;
        let Recipient { organisation, meeting, .. } = recipient;
        let (at, actor, event) = (self.clock.now(), Actor::Invitee(invitee), DoorEvent::PasswordVoided);
        let entry = Entry { organisation, meeting, invitee: Some(invitee), at, actor, event };
        db::door_events::apply(self.db, self.chance, &entry).await?;
        Ok(())
    }
}

/// How things stand with a password that is `asked` of somebody with this number.
pub fn state(asked: bool, row: Option<&Row>, phone: Option<&str>) -> PasswordState {
    match row {
        Some(row) if row.tries_left == 0 => PasswordState::UsedUp,
        Some(_) => PasswordState::Sent { phone_ends_in: phone.map(ends_in).unwrap_or_default() },
        None if asked => PasswordState::NotSent,
        None => PasswordState::NotAsked,
    }
}

/// Tries that a new password has.
pub fn full_tries() -> i64 {
    i64::from(SMS_PASSWORD_TRIES)
}

fn ends_in(phone: &str) -> String {
    let skipped = phone.chars().count().saturating_sub(2);
    phone.chars().skip(skipped).collect()
}

/// As it was sent: people type lower case and copy spaces along.
fn normalised(typed: &Secret) -> Secret {
    let kept = typed.reveal().chars().filter(|c| !c.is_whitespace() && *c != '-');
    Secret::new(kept.collect::<String>().to_uppercase())
}

fn text(recipient: &Recipient, password: &Secret) -> String {
    let time = local_time(recipient.starts_at, &recipient.time_zone);
    let values = [("title", recipient.title.as_str()), ("time", time.as_str()), ("password", password.reveal())];
    tr_with("Your password for the meeting “{title}” of {time}: {password}", &values)
}

/// The organiser's wall clock, with its zone, as the invitation says it.
fn local_time(at: UnixMs, zone: &str) -> String {
    let Ok(at) = jiff::Timestamp::from_millisecond(at.0) else { return String::new() };
    let zone = jiff::tz::TimeZone::get(zone).unwrap_or(jiff::tz::TimeZone::UTC);
    at.to_zoned(zone).strftime("%Y-%m-%d %H:%M %Z").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three within ten minutes, half a minute apart.
    #[test]
    fn sending_is_limited_per_number() {
        let limit = SendLimit::default();
        let at = |s: i64| UnixMs(1_000_000 + s * 1_000);
        let retry = |s| Err(PasswordRefused::SentTooOften { retry_after_s: s });
        assert_eq!(limit.take(at(0), "+31201234567"), Ok(()));
        assert_eq!(limit.take(at(1), "+31201234567"), retry(29));
        assert_eq!(limit.take(at(1), "+32470123456"), Ok(()), "another number has its own turns");
        assert_eq!(limit.take(at(30), "+31201234567"), Ok(()));
        assert_eq!(limit.take(at(60), "+31201234567"), Ok(()));
        assert_eq!(limit.take(at(120), "+31201234567"), retry(480));
        assert_eq!(limit.take(at(600), "+31201234567"), Ok(()));
    }

    #[test]
    fn memory_for_numbers_is_bounded() {
        let limit = SendLimit::default();
        for n in 0..MAX_NUMBERS {
            limit.take(UnixMs(0), &n.to_string()).unwrap();
        }
        assert_eq!(limit.take(UnixMs(0), "one more"), Err(PasswordRefused::SentTooOften { retry_after_s: 1 }));
        assert_eq!(limit.take(UnixMs(WINDOW_MS), "one more"), Ok(()));
        assert_eq!(limit.0.lock().unwrap().len(), 1);
    }

    #[test]
    fn typing_is_forgiven() {
        for typed in ["ACDEFGHJ", "acdefghj", " acde fghj\n", "acde-FGHJ"] {
            assert_eq!(normalised(&Secret::new(typed)).reveal(), "ACDEFGHJ");
        }
    }

    #[test]
    fn the_message_names_meeting_and_time() {
        let recipient = Recipient {
            organisation: shared::ids::OrganisationId::from_random([1; 16]),
            meeting: shared::ids::MeetingId::from_random([1; 16]),
            phone: None,
            title: "Board {time}".into(),
            starts_at: UnixMs(1_795_262_400_000),
            time_zone: "Europe/Brussels".into(),
        };
        let text = text(&recipient, &Secret::new("ACDEFGHJ"));
        assert_eq!(text, "Your password for the meeting “Board {time}” of 2026-11-21 13:00 CET: ACDEFGHJ");
    }
}
