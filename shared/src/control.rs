//! Signaling ⇄ SFU. In one process these travel over a channel; to a media node of its own process the same messages cross
//! mutually authenticated TLS. The SFU knows numbers, roles and stages, never names, PINs or telephone numbers of people; of
//! their addresses it knows where packets come from.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::ids::{ParticipantId, RoomId, SessionId};
use crate::meeting::Role;
use crate::quality::Quality;
use crate::signal::{OfferError, Slots, Stage, Tile};

/// What signaling tells the SFU.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum Command {
    /// Take this offer and open a media session. Answered by [`Event::Answered`] or [`Event::OfferRefused`].
    /// An older session of the same participant in the room is dropped: the newer wins.
    Join {
        /// Made when it does not exist.
        room: RoomId,
        /// The connection.
        session: SessionId,
        /// The person.
        participant: ParticipantId,
        /// What they may do.
        role: Role,
        /// Lobby: publish-only, seen by moderators alone. Room: everything their role allows.
        stage: Stage,
        /// What the session is for.
        purpose: Purpose,
        /// The shortest keys that are taken. From a page 256 bits, whatever stands here (D31).
        keys: KeyLength,
        /// SDP offer; its DTLS fingerprint is what the media session is bound to.
        offer: String,
    },
    /// The same session over another network path: an offer of the same peer connection with new ICE credentials.
    /// Answered by [`Event::Restarted`] or [`Event::RestartRefused`]; nobody else notices.
    Restart {
        /// The connection.
        session: SessionId,
        /// SDP offer.
        offer: String,
    },
    /// Whether to give a session up as soon as it falls silent. Asked for while its page has no socket: then nobody
    /// else would notice that the page is gone.
    Watch {
        /// The connection.
        session: SessionId,
        /// Within seconds, or within ICE's own patience.
        closely: bool,
    },
    /// Raise a lobby session to the room, in place.
    Admit {
        /// The connection.
        session: SessionId,
    },
    /// Somebody's screen is for everybody to see, or no longer. The newest word counts: one screen at a time.
    Share {
        /// The connection.
        session: SessionId,
        /// Whether it is shared.
        on: bool,
    },
    /// Who may draw and point in a room that has sessions.
    Surface {
        /// Which.
        room: RoomId,
        /// Strokes of all but moderators are dropped.
        only_moderators_draw: bool,
        /// Pointers of all but moderators are dropped.
        only_moderators_point: bool,
    },
    /// Which pictures a session shows just now, and how large.
    Look {
        /// The connection.
        session: SessionId,
        /// All that are visible, most important first.
        tiles: Vec<Tile>,
    },
    /// Drop a session.
    Leave {
        /// The connection.
        session: SessionId,
    },
    /// Drop a room with all its sessions, pointers and drawings.
    CloseRoom {
        /// The room.
        room: RoomId,
    },
}

/// What a session is for. A device's offer has no data channel and few m-lines; a device neither points nor draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// A person's page: everything both ways.
    Page,
    /// A device that publishes (WHIP, RFC 9725): at most one voice and one picture, and nothing comes back.
    Publish,
    /// A device that watches (WHEP): whoever speaks and the picture that goes with it, and nothing is taken from it.
    Watch,
}

/// How long the shortest of a connection's keys is, of DTLS and of SRTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyLength {
    /// AES-128: devices alone, and only where the operator allows it.
    Bits128,
    /// What D31 asks for.
    Bits256,
}

/// What the SFU tells signaling.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum Event {
    /// The offer was taken.
    Answered {
        /// The connection.
        session: SessionId,
        /// SDP answer.
        answer: String,
    },
    /// The offer was not taken; there is no session.
    OfferRefused {
        /// The connection.
        session: SessionId,
        /// Why.
        error: OfferError,
    },
    /// The session takes another path.
    Restarted {
        /// The connection.
        session: SessionId,
        /// SDP answer.
        answer: String,
    },
    /// The session does not take another path. It is as it was, or [`Event::Gone`] follows.
    RestartRefused {
        /// The connection.
        session: SessionId,
        /// Why.
        error: OfferError,
    },
    /// ICE and DTLS are up.
    Connected {
        /// The connection.
        session: SessionId,
        /// What was agreed on.
        keys: KeyLength,
    },
    /// From where the session's media comes: said when it is connected, and when that changes.
    Path {
        /// The connection.
        session: SessionId,
        /// The other end of the way that carries everything.
        address: IpAddr,
    },
    /// The session is gone and nothing more follows for it. Not sent for a `Leave`, `CloseRoom` or newer `Join` of signaling's own.
    Gone {
        /// The connection.
        session: SessionId,
        /// Why.
        reason: Gone,
    },
    /// Whose media now fills which slot of this session. Never sent to a session in the lobby.
    SlotsChanged {
        /// The connection.
        session: SessionId,
        /// All slots.
        slots: Slots,
    },
    /// How well the session's connection serves, both ways. It was good before the first word.
    Quality {
        /// The connection.
        session: SessionId,
        /// Now.
        quality: Quality,
    },
    /// What somebody watches of this session's pictures. Said when it changes.
    LayersWanted {
        /// The connection.
        session: SessionId,
        /// One for each layer of the camera, the smallest first.
        camera: Vec<bool>,
        /// Whether the screen is watched.
        screen: bool,
    },
}

impl Event {
    /// Which connection it is about.
    pub const fn session(&self) -> SessionId {
        match self {
            Self::Answered { session, .. }
            | Self::OfferRefused { session, .. }
            | Self::Restarted { session, .. }
            | Self::RestartRefused { session, .. }
            | Self::Connected { session, .. }
            | Self::Path { session, .. }
            | Self::Gone { session, .. }
            | Self::SlotsChanged { session, .. }
            | Self::LayersWanted { session, .. }
            | Self::Quality { session, .. } => *session,
        }
    }
}

/// Why the SFU gave a session up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gone {
    /// Nothing arrived for too long (ICE disconnected), or the connection never came up.
    Timeout,
    /// The peer closed DTLS.
    Closed,
    /// The connection never came up, because the peer offers no encryption that is taken here (D31, [`KeyLength`]).
    NoCommonEncryption,
    /// Handling this peer's packets failed in a way that must not happen; details are in the log.
    Fault,
    /// The media node that had the session is lost, with everything on its whiteboards. Said by signaling's own end of the
    /// line.
    NodeLost,
}
