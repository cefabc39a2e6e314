//! Table `door_events`, written together with what each event changes.

use std::sync::atomic::{AtomicU64, Ordering};

use shared::ids::{MeetingId, OrganisationId};
use shared::units::UnixMs;

use super::{Db, DbError, invitees, meetings, pins, sql};
use crate::chance::{Chance, hex};
use crate::meetings::events::{DoorEvent, Entry};
use crate::record::content::Happened;

const OF_MEETING: &str = "SELECT invitee_id, at, kind, actor, evidence FROM door_events \
     WHERE organisation_id = $1 AND meeting_id = $2 ORDER BY at, id";

/// Everything that happened at a meeting's door, oldest first.
pub async fn of_meeting(db: &Db, organisation: OrganisationId, meeting: MeetingId) -> Result<Vec<Happened>, DbError> {
    let rows =
        sql::query(OF_MEETING).bind(organisation.to_string()).bind(meeting.to_string()).fetch_all(db.read()).await?;
    let happened = |row| {
        let (kind, evidence): (String, String) = (sql::Row::try_get(row, "kind")?, row.try_get("evidence")?);
        let event = DoorEvent::from_columns(&kind, &evidence).ok_or(DbError::Corrupt { column: "kind" })?;
        let whom: Option<String> = row.try_get("invitee_id")?;
        let whom = whom.map(|id| id.parse().map_err(|_| DbError::Corrupt { column: "invitee_id" })).transpose()?;
        let by: String = row.try_get("actor")?;
        let by = by.parse().map_err(|()| DbError::Corrupt { column: "actor" })?;
        Ok(Happened { at: UnixMs(row.try_get("at")?), whom, by, event })
    };
    rows.iter().map(happened).collect()
}

/// Writes an event, in the caller's transaction.
pub async fn insert(connection: &mut sql::Connection, chance: &dyn Chance, entry: &Entry) -> Result<(), DbError> {
    insert_as(connection, &new_id(chance), entry).await
}

/// What an event is written under: of two of one millisecond the later has the larger, so that a record tells them in the order
/// in which they happened.
pub fn new_id(chance: &dyn Chance) -> String {
    static EVENTS: AtomicU64 = AtomicU64::new(0);
    let [unique @ .., _, _, _, _, _, _, _, _] = chance.id();
    format!("{:016x}{}", EVENTS.fetch_add(1, Ordering::Relaxed), hex(&unique))
}

async fn insert_as(connection: &mut sql::Connection, id: &str, entry: &Entry) -> Result<(), DbError> {
    let (kind, evidence) = entry.event.columns();
    sql::query(
        "INSERT INTO door_events (id, organisation_id, meeting_id, invitee_id, at, kind, actor, evidence) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING",
    )
    .bind(id)
    .bind(entry.organisation.to_string())
    .bind(entry.meeting.to_string())
    .bind(entry.invitee.map(|invitee| invitee.to_string()))
    .bind(entry.at.0)
    .bind(kind)
    .bind(entry.actor.to_string())
    .bind(evidence)
    .execute(connection)
    .await?;
    Ok(())
}

/// Does what an event says and writes it, in one transaction: a removal withdraws the PIN, an extension moves the end,
/// and so on. `false`: nothing was left to do, so nothing was written.
pub async fn apply(db: &Db, chance: &dyn Chance, entry: &Entry) -> Result<bool, DbError> {
    apply_as(db, &new_id(chance), entry).await
}

/// The same under an id of the caller's. With the same one it can be tried again when nobody knows whether it counted.
pub async fn apply_as(db: &Db, id: &str, entry: &Entry) -> Result<bool, DbError> {
    let mut transaction = db.write().begin().await?;
    let connection = &mut *transaction;
    let done = match (&entry.event, entry.invitee) {
        (DoorEvent::Removed, Some(invitee)) => pins::revoke(connection, invitee, entry.at).await.map(|_| true)?,
        (DoorEvent::PinRevoked, Some(invitee)) => pins::revoke(connection, invitee, entry.at).await?,
        (DoorEvent::RoleChanged { from, to }, Some(invitee)) => {
            invitees::set_role(connection, invitee, (*from, *to)).await?
        }
        (DoorEvent::Archived, _) => meetings::archive(connection, entry.meeting, entry.at).await?,
        (DoorEvent::Extended { ends_at }, _) => move_end(connection, entry.meeting, *ends_at).await?,
        (DoorEvent::Ended, _) => end(connection, entry.meeting, entry.at).await?,
        _ => true,
    };
    if done {
        insert_as(connection, id, entry).await?;
    }
    transaction.commit().await?;
    if done && entry.event == DoorEvent::Ended {
        db.truncate_wal().await?;
    }
    Ok(done)
}

async fn move_end(connection: &mut sql::Connection, meeting: MeetingId, ends_at: UnixMs) -> Result<bool, DbError> {
    let done = sql::query("UPDATE meetings SET ends_at = $1 WHERE id = $2 AND ended_at IS NULL")
        .bind(ends_at.0)
        .bind(meeting.to_string())
        .execute(connection)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends a meeting once. Its SMS passwords have served.
async fn end(connection: &mut sql::Connection, meeting: MeetingId, at: UnixMs) -> Result<bool, DbError> {
    let done = sql::query("UPDATE meetings SET ended_at = $1 WHERE id = $2 AND ended_at IS NULL")
        .bind(at.0)
        .bind(meeting.to_string())
        .execute(&mut *connection)
        .await?;
    sql::query("DELETE FROM passwords WHERE invitee_id IN (SELECT id FROM invitees WHERE meeting_id = $1)")
        .bind(meeting.to_string())
        .execute(connection)
        .await?;
    Ok(done.rows_affected() == 1)
}
