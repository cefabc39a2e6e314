//! Words about meetings that several wires share.

use serde::{Deserialize, Serialize};

use crate::ids::MeetingId;
use crate::units::UnixMs;

/// What somebody may do in a meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sees the lobby, lets people in, ends the meeting.
    Moderator,
    /// Sees, hears, speaks, points and draws.
    Participant,
    /// Sees and hears; is seen and heard by moderators alone; neither points nor draws.
    Observer,
}

impl Role {
    /// The role's name on every wire and in SQL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Role::Moderator => "moderator",
            Role::Participant => "participant",
            Role::Observer => "observer",
        }
    }

    /// The role of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Role::Moderator, Role::Participant, Role::Observer].into_iter().find(|role| role.as_str() == name)
    }

    /// Whether this role's pointer and pen reach the others.
    pub const fn may_draw(self) -> bool {
        !matches!(self, Role::Observer)
    }

    /// Whether this role's camera and microphone reach everybody, not moderators alone.
    pub const fn is_seen_by_all(self) -> bool {
        !matches!(self, Role::Observer)
    }
}

/// What may remain of a meeting. Chosen before its first admission; shown in invitation, green room and lobby.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MeetingKind {
    /// Nothing of what is said, shown, pointed at or drawn is kept (D32). The only kind offered now.
    NothingKept,
}

impl MeetingKind {
    /// The kind's name on every wire and in SQL.
    pub const fn as_str(self) -> &'static str {
        match self {
            MeetingKind::NothingKept => "nothing_kept",
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        (name == MeetingKind::NothingKept.as_str()).then_some(MeetingKind::NothingKept)
    }
}

/// Where a meeting is in its life (D38).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MeetingPhase {
    /// Before its PINs open.
    Scheduled,
    /// PINs work: from a quarter of an hour before the start, through the grace.
    Open,
    /// Ended, by a moderator, an administrator or the clock. PINs are dead.
    Over,
}

/// What somebody who holds a PIN for a meeting may know about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeetingInfo {
    /// The meeting.
    pub id: MeetingId,
    /// Its title, as the organiser wrote it.
    pub title: String,
    /// What may remain of it.
    pub kind: MeetingKind,
    /// When it starts.
    pub starts_at: UnixMs,
    /// When it is scheduled to end, extensions included.
    pub ends_at: UnixMs,
    /// When the room closes by itself: the end plus the grace.
    pub closes_at: UnixMs,
    /// The organiser's time zone, an IANA name like `Europe/Brussels`.
    pub time_zone: String,
}
