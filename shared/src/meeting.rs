//! Words about meetings that several wires share.

use serde::{Deserialize, Serialize};

use crate::ids::MeetingId;
use crate::units::UnixMs;

/// What somebody may do in a meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
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

/// What may leave a meeting. Chosen when it is made and never changed; shown in invitation, green room, lobby and room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MeetingKind {
    /// Nothing of what is said, shown, pointed at or drawn is kept (D32), and only people in the room see and hear it.
    #[default]
    NothingKept,
    /// Devices of people in the room may watch, and record what they see and hear. The server itself keeps nothing.
    MayBeRecorded,
}

impl MeetingKind {
    /// The kind's name on every wire and in SQL.
    pub const fn as_str(self) -> &'static str {
        match self {
            MeetingKind::NothingKept => "nothing_kept",
            MeetingKind::MayBeRecorded => "may_be_recorded",
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [MeetingKind::NothingKept, MeetingKind::MayBeRecorded].into_iter().find(|kind| kind.as_str() == name)
    }
}

/// What a meeting asks of whoever comes to its door, beside PIN and password. Chosen when it is made.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct DoorRules {
    /// The link of an invitation is enough to reach the lobby; the card says so (D24). Never a moderator's.
    pub link_suffices: bool,
    /// Nobody is let in whose camera is off (D27).
    pub camera_required: bool,
    /// How many moderators must have confirmed somebody's identity before they are let in, up to
    /// [`crate::limits::MAX_CONFIRMATIONS`].
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::Confirmations))]
    pub confirmations: u8,
    /// What a moderator ticks off to confirm one, up to [`crate::limits::MAX_CHECKLIST`] points.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::Checklist))]
    pub checklist: Vec<String>,
}

impl DoorRules {
    /// Whether somebody must be looked at before they come in: then nobody skips the lobby.
    pub const fn need_the_lobby(&self) -> bool {
        self.camera_required || self.confirmations > 0
    }
}

/// Where a meeting is in its life (D38), in the order in which it goes through it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MeetingPhase {
    /// Before its PINs open.
    Scheduled,
    /// PINs work: from a quarter of an hour before the start, through the grace.
    Open,
    /// Ended, by a moderator, an administrator or the clock. PINs are dead.
    Over,
    /// Over, and put away: after a cool-down its PINs may be issued again, to others (D14).
    Archived,
}

/// What somebody who holds a PIN for a meeting may know about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
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
    /// Nobody is let in whose camera is off.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub camera_required: bool,
    /// The link of an invitation is enough to reach the lobby.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub link_suffices: bool,
}
