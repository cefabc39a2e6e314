//! A meeting: durable, with a start, an end and a grace. Its live instance is a room, see `live`.

use shared::api::{MeetingDetail, MeetingSummary};
use shared::ids::{AccountId, MeetingId, OrganisationId};
use shared::meeting::{DoorRules, MeetingInfo, MeetingKind};
use shared::units::UnixMs;

/// A meeting as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meeting {
    /// Which.
    pub id: MeetingId,
    /// Whose.
    pub organisation: OrganisationId,
    /// Who scheduled it.
    pub created_by: AccountId,
    /// Title.
    pub title: String,
    /// What may remain of it.
    pub kind: MeetingKind,
    /// Start.
    pub starts_at: UnixMs,
    /// Scheduled end, moved by extensions.
    pub ends_at: UnixMs,
    /// How long after it the room closes by itself.
    pub grace_ms: i64,
    /// The organiser's time zone, IANA.
    pub time_zone: String,
    /// Whether everybody needs an SMS password.
    pub ask_password: bool,
    /// What is asked of whoever comes.
    pub rules: DoorRules,
    /// So many minutes before the start those go out by themselves; 0: only when somebody asks for one.
    pub password_before_minutes: u32,
    /// When it ended, once it has.
    pub ended_at: Option<UnixMs>,
    /// When it was archived, once it was.
    pub archived_at: Option<UnixMs>,
}

impl Meeting {
    /// What a holder of one of its PINs may know.
    pub fn info(&self) -> MeetingInfo {
        MeetingInfo {
            id: self.id,
            title: self.title.clone(),
            kind: self.kind,
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            closes_at: self.closes_at(),
            time_zone: self.time_zone.clone(),
            camera_required: self.rules.camera_required,
            link_suffices: self.rules.link_suffices,
        }
    }

    /// Its line in the list.
    pub fn summary(&self, now: UnixMs, invitees: u32, (present, waiting): (u32, u32)) -> MeetingSummary {
        MeetingSummary { info: self.info(), phase: self.phase(now), invitees, present, waiting }
    }

    /// Its page in the console, yet without invitees.
    pub fn detail(&self, now: UnixMs) -> MeetingDetail {
        let minutes = self.ends_at.since(self.starts_at) / 60_000;
        MeetingDetail {
            info: self.info(),
            phase: self.phase(now),
            ask_password: self.ask_password,
            rules: self.rules.clone(),
            password_before_minutes: self.password_before_minutes,
            duration_minutes: u32::try_from(minutes).unwrap_or(0),
            invitees: Vec::new(),
            record_key: None,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use shared::limits::DEFAULT_GRACE_MS;

    use super::*;

    /// A meeting of the board, that long.
    pub(crate) fn board_meeting(starts_at: UnixMs, minutes: i64) -> Meeting {
        Meeting {
            id: MeetingId::from_random([1; 16]),
            organisation: OrganisationId::from_random([2; 16]),
            created_by: AccountId::from_random([3; 16]),
            title: "Board".into(),
            kind: MeetingKind::NothingKept,
            starts_at,
            ends_at: starts_at.plus_ms(minutes * 60_000),
            grace_ms: DEFAULT_GRACE_MS,
            time_zone: "Europe/Brussels".into(),
            ask_password: false,
            rules: DoorRules::default(),
            password_before_minutes: 0,
            ended_at: None,
            archived_at: None,
        }
    }
}
