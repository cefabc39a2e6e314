//! Table `meetings`.

use shared::ids::{AccountId, MeetingId, OrganisationId};
use shared::meeting::{DoorRules, MeetingKind};
use shared::units::UnixMs;

use super::{Db, DbError, column, sql};
use crate::meetings::Meeting;

const INSERT: &str = "INSERT INTO meetings (id, organisation_id, created_by, title, kind, starts_at, ends_at, grace_ms, \
     time_zone, ask_password, password_before_minutes, created_at, door_rules) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
const FIND: &str = "SELECT id, organisation_id, created_by, title, kind, starts_at, ends_at, grace_ms, time_zone, \
     ask_password, password_before_minutes, ended_at, archived_at, door_rules FROM meetings \
     WHERE organisation_id = $1 AND id = $2";
const LIST: &str = "SELECT m.id, m.organisation_id, m.created_by, m.title, m.kind, m.starts_at, m.ends_at, m.grace_ms, \
     m.time_zone, m.ask_password, m.password_before_minutes, m.ended_at, m.archived_at, m.door_rules, \
     (SELECT COUNT(*) FROM invitees i WHERE i.meeting_id = m.id) AS invited \
     FROM meetings m WHERE m.organisation_id = $1 ORDER BY m.starts_at DESC, m.created_at DESC, m.id LIMIT $2";
const SET_PASSWORDS: &str = "UPDATE meetings SET ask_password = $1, password_before_minutes = $2 \
     WHERE organisation_id = $3 AND id = $4 AND ended_at IS NULL";
const ARCHIVE: &str =
    "UPDATE meetings SET archived_at = $1 WHERE id = $2 AND ended_at IS NOT NULL AND archived_at IS NULL";
const TO_ARCHIVE: &str =
    "SELECT id, organisation_id FROM meetings WHERE archived_at IS NULL AND ended_at <= $1 ORDER BY ended_at LIMIT 100";
const RUNNING_OF_TITLE: &str = "SELECT id FROM meetings WHERE created_by = $1 AND title = $2 AND ended_at IS NULL";

/// Meetings the console lists; older ones are left out.
const LIST_LENGTH: i64 = 500;

/// A new meeting.
pub async fn insert(db: &Db, meeting: &Meeting, now: UnixMs) -> Result<(), DbError> {
    sql::query(INSERT)
        .bind(meeting.id.to_string())
        .bind(meeting.organisation.to_string())
        .bind(meeting.created_by.to_string())
        .bind(&meeting.title)
        .bind(meeting.kind.as_str())
        .bind(meeting.starts_at.0)
        .bind(meeting.ends_at.0)
        .bind(meeting.grace_ms)
        .bind(&meeting.time_zone)
        .bind(meeting.ask_password)
        .bind(i64::from(meeting.password_before_minutes))
        .bind(now.0)
        .bind(serde_json::to_string(&meeting.rules).unwrap_or_default())
        .execute(db.write())
        .await?;
    Ok(())
}

/// One meeting of an organisation.
pub async fn find(db: &Db, organisation: OrganisationId, id: MeetingId) -> Result<Option<Meeting>, DbError> {
    let row = sql::query(FIND).bind(organisation.to_string()).bind(id.to_string()).fetch_optional(db.read()).await?;
    row.as_ref().map(meeting).transpose()
}

/// An organisation's meetings with how many people each invites, newest start first.
pub async fn list(db: &Db, organisation: OrganisationId) -> Result<Vec<(Meeting, u32)>, DbError> {
    let rows = sql::query(LIST).bind(organisation.to_string()).bind(LIST_LENGTH).fetch_all(db.read()).await?;
    let with_count = |row: &sql::Row| {
        let invited: i64 = row.try_get("invited")?;
        Ok((meeting(row)?, u32::try_from(invited).unwrap_or(u32::MAX)))
    };
    rows.iter().map(with_count).collect()
}

/// Whether the meeting asks for SMS passwords now, and when those go out. `false`: it is over or not there.
pub async fn set_passwords(db: &Db, meeting: &Meeting) -> Result<bool, DbError> {
    let done = sql::query(SET_PASSWORDS)
        .bind(meeting.ask_password)
        .bind(i64::from(meeting.password_before_minutes))
        .bind(meeting.organisation.to_string())
        .bind(meeting.id.to_string())
        .execute(db.write())
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Archives a meeting that has ended, once.
pub async fn archive(connection: &mut sql::Connection, id: MeetingId, at: UnixMs) -> Result<bool, DbError> {
    let done = sql::query(ARCHIVE).bind(at.0).bind(id.to_string()).execute(connection).await?;
    Ok(done.rows_affected() == 1)
}

/// Meetings that ended at that moment or before and are not archived: a hundred at most.
pub async fn to_archive(db: &Db, ended_until: UnixMs) -> Result<Vec<(OrganisationId, MeetingId)>, DbError> {
    let rows = sql::query(TO_ARCHIVE).bind(ended_until.0).fetch_all(db.read()).await?;
    rows.iter().map(|row| Ok((column(row, "organisation_id")?, column(row, "id")?))).collect()
}

/// The meetings of an account with that title that nobody has ended.
pub async fn running_of_title(db: &Db, account: AccountId, title: &str) -> Result<Vec<MeetingId>, DbError> {
    let rows = sql::query(RUNNING_OF_TITLE).bind(account.to_string()).bind(title).fetch_all(db.read()).await?;
    rows.iter().map(|row| column(row, "id")).collect()
}

/// What is asked of whoever comes. What cannot be read is not taken for "nothing is asked".
pub(super) fn door_rules(row: &sql::Row) -> Result<DoorRules, DbError> {
    serde_json::from_str(row.try_get("door_rules")?).map_err(|_| DbError::Corrupt { column: "door_rules" })
}

fn meeting(row: &sql::Row) -> Result<Meeting, DbError> {
    Ok(Meeting {
        id: column(row, "id")?,
        organisation: column(row, "organisation_id")?,
        created_by: column(row, "created_by")?,
        title: row.try_get("title")?,
        kind: MeetingKind::from_name(row.try_get("kind")?).ok_or(DbError::Corrupt { column: "kind" })?,
        starts_at: UnixMs(row.try_get("starts_at")?),
        ends_at: UnixMs(row.try_get("ends_at")?),
        grace_ms: row.try_get("grace_ms")?,
        time_zone: row.try_get("time_zone")?,
        ask_password: row.try_get("ask_password")?,
        rules: door_rules(row)?,
        password_before_minutes: u32::try_from(row.try_get::<i64, _>("password_before_minutes")?).unwrap_or_default(),
        ended_at: row.try_get::<Option<i64>, _>("ended_at")?.map(UnixMs),
        archived_at: row.try_get::<Option<i64>, _>("archived_at")?.map(UnixMs),
    })
}
