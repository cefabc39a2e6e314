//! Table `door_events`, written together with what each event changes.

use shared::ids::MeetingId;
use shared::units::UnixMs;
use sqlx::SqliteConnection;

use super::{Db, DbError, invitees, meetings, pins};
use crate::chance::{Chance, hex};
use crate::meetings::events::{DoorEvent, Entry};

/// Writes an event, in the caller's transaction.
pub async fn insert(connection: &mut SqliteConnection, chance: &dyn Chance, entry: &Entry) -> Result<(), DbError> {
    let (kind, evidence) = entry.event.columns();
    sqlx::query(
        "INSERT INTO door_events (id, organisation_id, meeting_id, invitee_id, at, kind, actor, evidence) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(hex(&chance.id()))
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
        insert(connection, chance, entry).await?;
    }
    transaction.commit().await?;
    if done && entry.event == DoorEvent::Ended {
        db.truncate_wal().await?;
    }
    Ok(done)
}

async fn move_end(connection: &mut SqliteConnection, meeting: MeetingId, ends_at: UnixMs) -> Result<bool, DbError> {
    let done = sqlx::query("UPDATE meetings SET ends_at = $1 WHERE id = $2 AND ended_at IS NULL")
        .bind(ends_at.0)
        .bind(meeting.to_string())
        .execute(connection)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends a meeting once. Its SMS passwords have served.
async fn end(connection: &mut SqliteConnection, meeting: MeetingId, at: UnixMs) -> Result<bool, DbError> {
    let done = sqlx::query("UPDATE meetings SET ended_at = $1 WHERE id = $2 AND ended_at IS NULL")
        .bind(at.0)
        .bind(meeting.to_string())
        .execute(&mut *connection)
        .await?;
    sqlx::query("DELETE FROM passwords WHERE invitee_id IN (SELECT id FROM invitees WHERE meeting_id = $1)")
        .bind(meeting.to_string())
        .execute(connection)
        .await?;
    Ok(done.rows_affected() == 1)
}
