//! Table `passwords`: the hash of each invitee's SMS password and the tries it has left.

use shared::ids::{InviteeId, MeetingId, OrganisationId};
use shared::units::UnixMs;

use super::pins::parse;
use super::{Db, DbError, door_events, letters, sql};
use crate::chance::Chance;
use crate::letters::{LetterId, Outcome};
use crate::meetings::events::Entry;
use crate::meetings::passwords::full_tries;

/// A password that was sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Row {
    /// Argon2id in PHC string form.
    pub hash: String,
    /// When. Tells this password from the next.
    pub sent_at: UnixMs,
    /// Wrong tries until it is void.
    pub tries_left: i64,
    /// Whether somebody reads it out, instead of an SMS.
    pub read_out: bool,
}

/// How a password reaches its person.
pub enum By {
    /// By this SMS, which went so.
    Sms(LetterId, Outcome),
    /// Somebody reads it out.
    ReadOut,
}

/// To whom a password goes, and about which meeting.
pub struct Recipient {
    /// Whose organisation.
    pub organisation: OrganisationId,
    /// Which meeting.
    pub meeting: MeetingId,
    /// How many people it invites.
    pub invited: u32,
    /// E.164.
    pub phone: Option<String>,
    /// The meeting's title.
    pub title: String,
    /// When it starts.
    pub starts_at: UnixMs,
    /// The organiser's time zone.
    pub time_zone: String,
}

/// Whom a password for this invitee goes to.
pub async fn recipient(db: &Db, invitee: InviteeId) -> Result<Option<Recipient>, DbError> {
    let row = sql::query(
        "SELECT i.organisation_id, i.meeting_id, i.phone, m.title, m.starts_at, m.time_zone, \
         (SELECT COUNT(*) FROM invitees o WHERE o.meeting_id = i.meeting_id) AS invited \
         FROM invitees i JOIN meetings m ON m.id = i.meeting_id WHERE i.id = $1",
    )
    .bind(invitee.to_string())
    .fetch_optional(db.read())
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Recipient {
        organisation: parse(&row, "organisation_id")?,
        meeting: parse(&row, "meeting_id")?,
        invited: u32::try_from(row.try_get::<i64, _>("invited")?).unwrap_or(u32::MAX),
        phone: row.try_get("phone")?,
        title: row.try_get("title")?,
        starts_at: UnixMs(row.try_get("starts_at")?),
        time_zone: row.try_get("time_zone")?,
    }))
}

/// Stores a new password in place of the one before, with its event.
pub async fn replace(db: &Db, chance: &dyn Chance, (hash, by): (&str, &By), entry: &Entry) -> Result<(), DbError> {
    let Some(invitee) = entry.invitee else { return Ok(()) };
    let mut transaction = db.write().begin().await?;
    sql::query(
        "INSERT INTO passwords (invitee_id, organisation_id, password_hash, sent_at, tries_left, read_out) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (invitee_id) DO UPDATE SET password_hash = excluded.password_hash, \
         sent_at = excluded.sent_at, tries_left = excluded.tries_left, read_out = excluded.read_out",
    )
    .bind(invitee.to_string())
    .bind(entry.organisation.to_string())
    .bind(hash)
    .bind(entry.at.0)
    .bind(full_tries())
    .bind(matches!(by, By::ReadOut))
    .execute(&mut *transaction)
    .await?;
    if let By::Sms(letter, outcome) = by {
        letters::settle_in(&mut transaction, *letter, outcome, entry.at).await?;
    }
    door_events::insert(&mut transaction, chance, entry).await?;
    transaction.commit().await?;
    Ok(())
}

/// The password that an invitee was sent.
pub async fn find(db: &Db, invitee: InviteeId) -> Result<Option<Row>, DbError> {
    let row = sql::query("SELECT password_hash, sent_at, tries_left, read_out FROM passwords WHERE invitee_id = $1")
        .bind(invitee.to_string())
        .fetch_optional(db.read())
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Row {
        hash: row.try_get("password_hash")?,
        sent_at: UnixMs(row.try_get("sent_at")?),
        tries_left: row.try_get("tries_left")?,
        read_out: row.try_get("read_out")?,
    }))
}

/// No password that was made for this invitee is one any more.
pub async fn void(db: &Db, invitee: InviteeId) -> Result<(), DbError> {
    sql::query("DELETE FROM passwords WHERE invitee_id = $1").bind(invitee.to_string()).execute(db.write()).await?;
    Ok(())
}

/// Takes one try of the password sent at `sent_at`; gives the number left, or `None` when there was none.
pub async fn take_try(db: &Db, invitee: InviteeId, sent_at: UnixMs) -> Result<Option<u8>, DbError> {
    let left: Option<i64> = sql::query_scalar(
        "UPDATE passwords SET tries_left = tries_left - 1 \
         WHERE invitee_id = $1 AND sent_at = $2 AND tries_left > 0 RETURNING tries_left",
    )
    .bind(invitee.to_string())
    .bind(sent_at.0)
    .fetch_optional(db.write())
    .await?;
    left.map(|left| u8::try_from(left).map_err(|_| DbError::Corrupt { column: "tries_left" })).transpose()
}

/// One try again: it was taken, and then nothing could be compared.
pub async fn give_try_back(db: &Db, invitee: InviteeId, sent_at: UnixMs) -> Result<(), DbError> {
    sql::query(
        "UPDATE passwords SET tries_left = tries_left + 1 WHERE invitee_id = $1 AND sent_at = $2 AND tries_left < $3",
    )
    .bind(invitee.to_string())
    .bind(sent_at.0)
    .bind(full_tries())
    .execute(db.write())
    .await?;
    Ok(())
}

/// All tries again, after the right password.
pub async fn give_tries_back(db: &Db, invitee: InviteeId, sent_at: UnixMs) -> Result<(), DbError> {
    sql::query("UPDATE passwords SET tries_left = $1 WHERE invitee_id = $2 AND sent_at = $3")
        .bind(full_tries())
        .bind(invitee.to_string())
        .bind(sent_at.0)
        .execute(db.write())
        .await?;
    Ok(())
}
