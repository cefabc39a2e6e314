//! Devices that a person in the room connects: an encoder or script that publishes (WHIP, RFC 9725), a player or recorder that
//! watches (WHEP). A device comes with a token that its person's page asked for, and goes with its person.

use serde::{Deserialize, Serialize};

use crate::control::{KeyLength, Purpose};
use crate::ids::ParticipantId;

/// What a device is for. Its token is good for this alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceUse {
    /// Brings one picture and one sound into the room. Possible in every meeting.
    Publish,
    /// Takes who speaks out of the room. Possible where the meeting's kind says so, see [`crate::meeting::MeetingKind`].
    Watch,
}

impl DeviceUse {
    /// Where such devices connect, beneath the server's address.
    pub const fn path(self) -> &'static str {
        match self {
            DeviceUse::Publish => "/whip",
            DeviceUse::Watch => "/whep",
        }
    }
}

impl From<DeviceUse> for Purpose {
    fn from(of: DeviceUse) -> Self {
        match of {
            DeviceUse::Publish => Purpose::Publish,
            DeviceUse::Watch => Purpose::Watch,
        }
    }
}

/// What makes an entry of the roster a device, for everybody in the room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceOf {
    /// Whose.
    pub owner: ParticipantId,
    /// What it does.
    pub does: DeviceUse,
    /// How well what it sends or is sent is encrypted on its way.
    pub keys: KeyLength,
}

/// A device as its owner's page lists it. Never with its token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Its number among all devices of the room.
    pub number: u32,
    /// What its token is good for.
    pub does: DeviceUse,
    /// How it is.
    pub state: DeviceState,
}

/// How a device is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceState {
    /// It has not come yet, or went.
    Away,
    /// It made its offer; its media is coming up.
    Connecting,
    /// In the room.
    Connected,
    /// It offers no encryption that is taken here, and was not let in: 256 bits, unless the operator allows devices less (D31).
    NoCommonEncryption,
    /// Its media did not get through.
    Unreachable,
}

/// Why a page's wish about devices was not granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum DeviceError {
    /// The meeting's kind says that nothing of it leaves the room.
    #[error("this meeting may not be watched")]
    NotWatchable,
    /// [`crate::limits::MAX_DEVICES`] are made already: take one away first.
    #[error("too many devices")]
    TooMany,
}
