//! What a room is opened with, and which meetings are overdue: the part of table `meetings` that `live` reads.

use shared::ids::{MeetingId, OrganisationId};
use shared::meeting::{DoorRules, MeetingInfo, MeetingKind};
use shared::units::UnixMs;

use super::meetings::door_rules;
use super::pins::parse;
use super::{Db, DbError, sql};

/// A meeting as its room needs it.
pub struct MeetingRow {
    /// Whose.
    pub organisation: OrganisationId,
    /// What and when.
    pub info: MeetingInfo,
    /// What is asked of whoever comes.
    pub rules: DoorRules,
    /// When it ended, once it has.
    pub ended_at: Option<UnixMs>,
}

impl MeetingRow {
    /// Whether it is over.
    pub fn is_over(&self, now: UnixMs) -> bool {
        self.ended_at.is_some() || now >= self.info.closes_at
    }
}

/// One meeting.
pub async fn find(db: &Db, meeting: MeetingId) -> Result<Option<MeetingRow>, DbError> {
    let row = sql::query(
        "SELECT id, organisation_id, title, kind, starts_at, ends_at, grace_ms, time_zone, ended_at, door_rules \
         FROM meetings WHERE id = $1",
    )
    .bind(meeting.to_string())
    .fetch_optional(db.read())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let kind = MeetingKind::from_name(row.try_get("kind")?).ok_or(DbError::Corrupt { column: "kind" })?;
    let ends_at = UnixMs(row.try_get("ends_at")?);
    let rules = door_rules(&row)?;
    let info = MeetingInfo {
        id: parse(&row, "id")?,
        title: row.try_get("title")?,
        kind,
        starts_at: UnixMs(row.try_get("starts_at")?),
        ends_at,
        closes_at: ends_at.plus_ms(row.try_get("grace_ms")?),
        time_zone: row.try_get("time_zone")?,
        camera_required: rules.camera_required,
        link_suffices: rules.link_suffices,
    };
    let ended_at = row.try_get::<Option<i64>, _>("ended_at")?.map(UnixMs);
    Ok(Some(MeetingRow { organisation: parse(&row, "organisation_id")?, info, rules, ended_at }))
}

/// Meetings whose time has passed and that nobody has ended.
pub async fn overdue(db: &Db, now: UnixMs) -> Result<Vec<(OrganisationId, MeetingId)>, DbError> {
    let rows = sql::query(
        "SELECT id, organisation_id FROM meetings WHERE ended_at IS NULL AND ends_at + grace_ms <= $1 LIMIT 100",
    )
    .bind(now.0)
    .fetch_all(db.read())
    .await?;
    rows.iter().map(|row| Ok((parse(row, "organisation_id")?, parse(row, "id")?))).collect()
}
