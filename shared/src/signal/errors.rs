//! What is wrong with something that a page sent.

use serde::{Deserialize, Serialize};

use super::lobby::AdmissionError;
use crate::device::DeviceError;
use crate::ids::ParticipantId;

/// What was wrong with something a page sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum ProtocolError {
    /// Over [`crate::limits::MAX_SIGNAL_MESSAGE_BYTES`]. The connection closes (1009).
    #[error("the message is too large")]
    TooLarge,
    /// Not JSON, or not the fields its kind has.
    #[error("the message cannot be read")]
    Unreadable,
    /// A kind this server does not know.
    #[error("the message is of an unknown kind")]
    UnknownKind,
    /// Binary frames are not part of this protocol.
    #[error("binary messages are not part of this protocol")]
    Binary,
    /// Understood, but not in this state (for example `Enter` before `Join`).
    #[error("the message does not belong here")]
    WrongState,
    /// Understood, but not with this role.
    #[error("only a moderator may do this")]
    NotAllowed,
    /// The person it names is not there (any more).
    #[error("that person is not there")]
    NobodyThere,
    /// More messages than a person can cause. The connection closes.
    #[error("too many messages")]
    TooMany,
    /// A value out of its range.
    #[error("a value is out of its range")]
    OutOfRange,
    /// The page is older or newer than the server: reload. The connection closes.
    #[error("page and server speak different versions")]
    Version {
        /// What the server speaks.
        server: u16,
    },
    /// The SDP offer was not taken.
    #[error("the media offer was refused: {error}")]
    Offer {
        /// Why.
        error: OfferError,
    },
    /// The screen may not be shared now.
    #[error("the screen may not be shared: {error}")]
    Share {
        /// Why.
        error: ShareError,
    },
    /// Somebody cannot be admitted just now.
    #[error("{error}")]
    Admission {
        /// Why.
        error: AdmissionError,
    },
    /// The device cannot be had.
    #[error("{error}")]
    Device {
        /// Why.
        error: DeviceError,
    },
    /// The server could not do it just now; details are in its log.
    #[error("the server could not do this just now")]
    Internal,
}

/// Why a screen may not be shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum ShareError {
    /// Somebody else shares theirs. Who came first goes on: nobody's screen is taken off the wall by mistake.
    #[error("somebody else shares theirs")]
    Taken {
        /// Who.
        by: ParticipantId,
    },
    /// Observers show nothing to the others.
    #[error("observers show nothing")]
    Observer,
}

/// Why an SDP offer was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum OfferError {
    /// Over [`crate::limits::MAX_SDP_BYTES`].
    #[error("too large")]
    TooLarge,
    /// Over [`crate::limits::MAX_SDP_M_LINES`].
    #[error("too many media sections")]
    TooManyMediaSections,
    /// Not SDP.
    #[error("not readable")]
    Unreadable,
    /// SDP, but without what a session needs: DTLS fingerprint, ICE credentials, a codec that is forwarded.
    #[error("not usable")]
    Unusable,
    /// A device's offer: pictures are taken and sent as VP8, H.264 (baseline, packetization-mode 1) or VP9 (profile 0), sound as Opus,
    /// and an m-line has something else alone.
    #[error("pictures must be offered as VP8, H.264 baseline or VP9 profile 0, and sound as Opus")]
    WrongCodec,
    /// A device's offer: an m-line goes the wrong way, or there are more or fewer of them than its purpose has.
    #[error("a publisher offers one picture and one sound at most, to send; a watcher offers to receive")]
    WrongDirection,
    /// The room has no place left.
    #[error("the room is full")]
    RoomFull,
    /// [`super::ClientMsg::Restart`]: not the running session, its certificate and its media sections.
    #[error("not an offer of the running session")]
    OtherSession,
    /// One offer too soon after the others.
    #[error("too many offers")]
    TooMany,
    /// No media node is there to take it, just now: the same offer may do in a moment.
    #[error("no media node is there")]
    NoNode,
}
