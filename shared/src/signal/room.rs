//! People in the room, and what is seen and heard of them.

use serde::{Deserialize, Serialize};

use super::lobby::{LobbyCard, Locks};
use crate::codec::VideoCodec;
use crate::device::DeviceOf;
use crate::ids::ParticipantId;
use crate::meeting::{MeetingInfo, Role};
use crate::quality::Quality;

/// What is switched on at a person's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MediaState {
    /// The microphone.
    pub microphone: bool,
    /// The camera.
    pub camera: bool,
    /// The screen is shared. One at a time in a room, never an observer's, and nothing of it from the lobby.
    pub screen: bool,
}

/// A person in the room, as everybody there sees them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RosterEntry {
    /// Who.
    pub participant: ParticipantId,
    /// Name on the invitation.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// What is on.
    pub media: MediaState,
    /// Whether a hand is up.
    pub hand: bool,
    /// How well their connection serves, as the server measures it.
    #[serde(default)]
    pub connection: Quality,
    /// What makes it a device; `None` for people. The name is then its owner's.
    pub device: Option<DeviceOf>,
    /// Whether moderators have confirmed that this is the person on the invitation. Said to moderators alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub confirmed: bool,
}

/// The room at the moment of admission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomSnapshot {
    /// The person this goes to.
    pub me: ParticipantId,
    /// Everybody in the room, the receiver included.
    pub roster: Vec<RosterEntry>,
    /// Everybody in the lobby; empty for all but moderators.
    pub lobby: Vec<LobbyCard>,
    /// The meeting, with its end as it is now.
    pub meeting: MeetingInfo,
    /// How the room is closed and quietened.
    pub locks: Locks,
    /// What a moderator ticks off to confirm an identity; empty for all but moderators, and where a click will do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checklist: Vec<String>,
}

/// Whose media fills which receive-only m-line. Index `i` is the `i`-th receive-only m-line of that kind in
/// the page's offer. Slots keep their person while that person is there.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Slots {
    /// Audio slots, [`crate::limits::AUDIO_SLOTS`] of them.
    pub audio: Vec<Option<ParticipantId>>,
    /// Video slots, [`crate::limits::VIDEO_SLOTS`] of them. They fill with a shared screen first; a moderator's with
    /// lobby faces next.
    pub video: Vec<Option<Picture>>,
    /// Pictures that this page would see, had its browser offered their codec.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undecodable: Vec<Undecodable>,
}

/// A picture that somebody cannot be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undecodable {
    /// Which.
    pub picture: Picture,
    /// How it is encoded.
    pub codec: VideoCodec,
}

/// Where a picture comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VideoSource {
    /// A camera: a face.
    Camera,
    /// A shared screen.
    Screen,
}

/// One of the pictures that somebody sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Picture {
    /// Whose.
    pub who: ParticipantId,
    /// Which.
    pub source: VideoSource,
}

impl Picture {
    /// Somebody's face.
    pub const fn face(who: ParticipantId) -> Self {
        Self { who, source: VideoSource::Camera }
    }

    /// Somebody's screen.
    pub const fn screen(who: ParticipantId) -> Self {
        Self { who, source: VideoSource::Screen }
    }
}

/// A picture as a page shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tile {
    /// Which.
    pub picture: Picture,
    /// How wide, in the screen's own pixels.
    pub width: u16,
}
