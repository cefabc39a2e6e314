//! Table `letters`: each SMS and e-mail that was begun, and how far it came.

use std::collections::{HashMap, HashSet};

use shared::ids::{InviteeId, MeetingId, OrganisationId};
use shared::letter::{Delivery, DeliveryState, LetterKind, Way};
use shared::units::UnixMs;

use super::{Db, DbError, column, door_events, sql};
use crate::chance::Chance;
use crate::letters::mail_limit::{self, MailRefused, MailToday};
use crate::letters::receipts::Receipt;
use crate::letters::{Letter, LetterId, Outcome, SentBefore};
use crate::meetings::events::Entry;

const INSERT: &str = "INSERT INTO letters (id, organisation_id, meeting_id, invitee_id, kind, way, begun_at, state, changed_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $7)";
const SETTLE: &str = "UPDATE letters SET state = $1, changed_at = $2, said = $3, receipt = $4 WHERE id = $5";
const RECEIVE: &str = "UPDATE letters SET state = $1, said = $2, changed_at = $3 \
     WHERE receipt = $4 AND way = 'sms' AND state = 'accepted' AND begun_at >= $5";
const INTERRUPTED: &str = "UPDATE letters SET state = 'unknown', changed_at = $1 WHERE state = 'sending'";
const MAIL_TODAY: &str = "SELECT COUNT(*) AS in_all, \
     COALESCE(SUM(CASE WHEN l.meeting_id = $2 THEN 1 ELSE 0 END), 0) AS of_meeting, \
     COALESCE(SUM(CASE WHEN LOWER(i.email) = LOWER($3) THEN 1 ELSE 0 END), 0) AS to_address, \
     MAX(CASE WHEN l.invitee_id = $4 THEN l.begun_at END) AS last_at, \
     (SELECT COUNT(*) FROM invitees o WHERE o.meeting_id = $2) AS invited \
     FROM letters l JOIN invitees i ON i.id = l.invitee_id \
     WHERE l.way = 'email' AND l.state <> 'kept_back' AND l.begun_at >= $1";
// Who came knows the PIN, and a new one would put them out.
const UNINVITED: &str = "SELECT i.id FROM invitees i WHERE i.meeting_id = $1 \
     AND EXISTS (SELECT 1 FROM pins p WHERE p.invitee_id = i.id AND p.revoked_at IS NULL) \
     AND NOT EXISTS (SELECT 1 FROM letters l WHERE l.invitee_id = i.id AND l.kind = 'invitation' \
         AND l.state IN ('sending', 'accepted', 'delivered', 'unknown')) \
     AND NOT EXISTS (SELECT 1 FROM door_events e WHERE e.invitee_id = i.id AND e.kind = 'knocked')";
const SENDER: &str = "SELECT o.name AS organisation, COALESCE((SELECT i.name FROM invitees i WHERE i.meeting_id = m.id \
     AND i.role = 'moderator' AND i.id <> $2 ORDER BY i.position LIMIT 1), a.name) AS moderator FROM meetings m \
     JOIN organisations o ON o.id = m.organisation_id JOIN accounts a ON a.id = m.created_by WHERE m.id = $1";
const OF_MEETING: &str = "SELECT invitee_id, kind, way, state, changed_at, said FROM letters \
     WHERE organisation_id = $1 AND meeting_id = $2 ORDER BY begun_at, id";
const SMS_SINCE: &str = "SELECT l.meeting_id, l.begun_at, i.phone FROM letters l JOIN invitees i ON i.id = l.invitee_id \
     WHERE l.way = 'sms' AND l.state NOT IN ('kept_back', 'country_not_served') AND l.begun_at >= $1 AND i.phone IS NOT NULL ORDER BY l.begun_at LIMIT $2";
// A person is due who could come in, and has no password nor an authenticator, and was not sent one: what failed for a moment is tried again after
// a pause, up to so often. Who was tried least comes first, so that one number that makes a gateway cough holds up nobody.
const DUE: &str = "SELECT i.id, COUNT(l.id) AS tries FROM invitees i JOIN meetings m ON m.id = i.meeting_id \
     LEFT JOIN letters l ON l.invitee_id = i.id AND l.kind = 'password' \
     WHERE m.ask_password AND m.password_before_minutes > 0 AND m.ended_at IS NULL AND i.phone IS NOT NULL \
     AND m.starts_at - m.password_before_minutes * 60000 <= $1 AND $1 < m.ends_at \
     AND NOT EXISTS (SELECT 1 FROM passwords w WHERE w.invitee_id = i.id) \
     AND NOT EXISTS (SELECT 1 FROM door_codes c WHERE c.invitee_id = i.id AND c.tries_left > 0) \
     AND EXISTS (SELECT 1 FROM pins p WHERE p.invitee_id = i.id AND p.revoked_at IS NULL) \
     AND NOT EXISTS (SELECT 1 FROM letters o WHERE o.invitee_id = i.id AND o.kind = 'password' \
         AND (o.state <> 'not_reached' OR o.changed_at > $2)) \
     GROUP BY i.id, m.starts_at, i.position HAVING COUNT(l.id) < $3 ORDER BY tries, m.starts_at, i.position LIMIT $4";

/// Messages read back after a restart at most: more than a day's budget is ever counted.
const READ_BACK: i64 = 100_000;

/// What of a person's letters is shown.
pub type Newest = HashMap<(InviteeId, LetterKind, Way), Delivery>;

/// Writes down that a letter is about to go out.
pub async fn begin(db: &Db, id: LetterId, letter: Letter, state: DeliveryState, now: UnixMs) -> Result<(), DbError> {
    let mut transaction = db.write().begin().await?;
    begin_in(&mut transaction, (id, letter), state, now).await?;
    transaction.commit().await?;
    Ok(())
}

/// Writes down that an e-mail is about to go out, if the limits leave room for it.
pub async fn begin_mail(
    db: &Db,
    (id, letter): (LetterId, Letter),
    address: &str,
    per_day: u32,
    now: UnixMs,
) -> Result<Result<(), MailRefused>, DbError> {
    let mut transaction = db.write().begin().await?;
    let row = sql::query(MAIL_TODAY)
        .bind(mail_limit::day_began(now).0)
        .bind(letter.meeting.to_string())
        .bind(address)
        .bind(letter.invitee.to_string())
        .fetch_one(&mut *transaction)
        .await?;
    let today = MailToday {
        in_all: row.try_get("in_all")?,
        of_meeting: row.try_get("of_meeting")?,
        to_address: row.try_get("to_address")?,
        last_at: row.try_get::<Option<i64>, _>("last_at")?.map(UnixMs),
        invited: row.try_get("invited")?,
    };
    if let Err(refused) = mail_limit::check(&today, per_day, now) {
        return Ok(Err(refused));
    }
    begin_in(&mut transaction, (id, letter), DeliveryState::Sending, now).await?;
    transaction.commit().await?;
    Ok(Ok(()))
}

async fn begin_in(
    connection: &mut sql::Connection,
    (id, letter): (LetterId, Letter),
    state: DeliveryState,
    now: UnixMs,
) -> Result<(), DbError> {
    sql::query(INSERT)
        .bind(id.to_string())
        .bind(letter.organisation.to_string())
        .bind(letter.meeting.to_string())
        .bind(letter.invitee.to_string())
        .bind(letter.kind.as_str())
        .bind(letter.way.as_str())
        .bind(now.0)
        .bind(state.as_str())
        .execute(connection)
        .await?;
    Ok(())
}

/// Writes down how it went, in the caller's transaction.
pub async fn settle_in(
    connection: &mut sql::Connection,
    id: LetterId,
    outcome: &Outcome,
    now: UnixMs,
) -> Result<(), DbError> {
    sql::query(SETTLE)
        .bind(outcome.state.as_str())
        .bind(now.0)
        .bind(&outcome.said)
        .bind(&outcome.receipt)
        .bind(id.to_string())
        .execute(connection)
        .await?;
    Ok(())
}

/// Writes down how it went.
pub async fn settle(db: &Db, id: LetterId, outcome: &Outcome, now: UnixMs) -> Result<(), DbError> {
    let mut transaction = db.write().begin().await?;
    settle_in(&mut transaction, id, outcome, now).await?;
    transaction.commit().await?;
    Ok(())
}

/// Writes down what a gateway says of a message that it took after `since`; `false`: there is none of that name.
pub async fn receive(db: &Db, receipt: &Receipt, (since, now): (UnixMs, UnixMs)) -> Result<bool, DbError> {
    let outcome = Outcome::not(receipt.state, &receipt.said);
    let done = sql::query(RECEIVE)
        .bind(outcome.state.as_str())
        .bind(&outcome.said)
        .bind(now.0)
        .bind(&receipt.of)
        .bind(since.0)
        .execute(db.write())
        .await?;
    Ok(done.rows_affected() > 0)
}

/// Writes down how it went, with its event if it went out.
pub async fn settle_with(
    db: &Db,
    chance: &dyn Chance,
    (id, outcome): (LetterId, &Outcome),
    entry: &Entry,
) -> Result<(), DbError> {
    let mut transaction = db.write().begin().await?;
    settle_in(&mut transaction, id, outcome, entry.at).await?;
    if outcome.state == DeliveryState::Accepted {
        door_events::insert(&mut transaction, chance, entry).await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// Whose invitations went out on no way, or failed, and who have not come; nobody whose PIN was withdrawn.
pub async fn uninvited(db: &Db, meeting: MeetingId) -> Result<HashSet<InviteeId>, DbError> {
    let rows = sql::query(UNINVITED).bind(meeting.to_string()).fetch_all(db.read()).await?;
    rows.iter().map(|row| column(row, "id")).collect()
}

/// How many people a meeting invites.
pub async fn invited(db: &Db, meeting: MeetingId) -> Result<u32, DbError> {
    let count: i64 = sql::query_scalar("SELECT COUNT(*) FROM invitees WHERE meeting_id = $1")
        .bind(meeting.to_string())
        .fetch_one(db.read())
        .await?;
    Ok(u32::try_from(count).unwrap_or(u32::MAX))
}

/// Who invites an invitee: the organisation, and the first moderator who is somebody else, or who made the meeting.
pub async fn sender(db: &Db, meeting: MeetingId, invitee: InviteeId) -> Result<Option<(String, String)>, DbError> {
    let row = sql::query(SENDER).bind(meeting.to_string()).bind(invitee.to_string()).fetch_optional(db.read()).await?;
    row.map(|row| Ok((row.try_get("organisation")?, row.try_get("moderator")?))).transpose()
}

/// How often a meeting was changed after it was made: the `SEQUENCE` of its calendar file.
pub async fn sequence(db: &Db, meeting: MeetingId) -> Result<u32, DbError> {
    let count: i64 = sql::query_scalar("SELECT COUNT(*) FROM door_events WHERE meeting_id = $1 AND kind = 'extended'")
        .bind(meeting.to_string())
        .fetch_one(db.read())
        .await?;
    Ok(u32::try_from(count).unwrap_or(u32::MAX))
}

/// At a start nothing is on its way: what was when the server stopped may have gone out or not. Gives how many those are.
pub async fn interrupted(db: &Db, now: UnixMs) -> Result<u64, DbError> {
    Ok(sql::query(INTERRUPTED).bind(now.0).execute(db.write()).await?.rows_affected())
}

/// The newest of each kind to each person of a meeting.
pub async fn newest(db: &Db, organisation: OrganisationId, meeting: MeetingId) -> Result<Newest, DbError> {
    let rows =
        sql::query(OF_MEETING).bind(organisation.to_string()).bind(meeting.to_string()).fetch_all(db.read()).await?;
    // In order of time: a newer one takes the older one's place.
    rows.iter().map(delivery).collect()
}

/// SMS begun since then, oldest first.
pub async fn sms_since(db: &Db, since: UnixMs) -> Result<Vec<SentBefore>, DbError> {
    let rows = sql::query(SMS_SINCE).bind(since.0).bind(READ_BACK).fetch_all(db.read()).await?;
    let sent = |row: &sql::Row| {
        let at = UnixMs(row.try_get("begun_at")?);
        Ok(SentBefore { at, meeting: column(row, "meeting_id")?, number: row.try_get("phone")? })
    };
    rows.iter().map(sent).collect()
}

/// Who is to be sent a password now, `limit` people at most; nobody who was tried after `not_since` or `tries` times.
pub async fn due(
    db: &Db,
    now: UnixMs,
    (not_since, tries, limit): (UnixMs, i64, i64),
) -> Result<Vec<InviteeId>, DbError> {
    let rows = sql::query(DUE).bind(now.0).bind(not_since.0).bind(tries).bind(limit).fetch_all(db.read()).await?;
    rows.iter().map(|row| column(row, "id")).collect()
}

fn delivery(row: &sql::Row) -> Result<((InviteeId, LetterKind, Way), Delivery), DbError> {
    let kind = LetterKind::from_name(row.try_get("kind")?).ok_or(DbError::Corrupt { column: "kind" })?;
    let way = Way::from_name(row.try_get("way")?).ok_or(DbError::Corrupt { column: "way" })?;
    let state = DeliveryState::from_name(row.try_get("state")?).ok_or(DbError::Corrupt { column: "state" })?;
    let at = UnixMs(row.try_get("changed_at")?);
    Ok(((column(row, "invitee_id")?, kind, way), Delivery { way, state, at, said: row.try_get("said")? }))
}
