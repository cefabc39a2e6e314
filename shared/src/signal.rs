//! The WebSocket between a participant's page and signaling: JSON text messages, one per frame.
//!
//! Client messages are imperative, server messages past tense. The flow of a join:
//! ```text
//! → Hello            ← Greeted
//! → Join{pin, link}  ← JoinRefused | PasswordRequired | Welcomed        (or → Resume{session, media})
//! → SubmitPassword   ← PasswordRefused | Welcomed
//! → Enter{offer}     ← Entered{answer, stage: Lobby} … Admitted | TurnedAway
//!                    ← Entered{answer, stage: Room} Admitted            (moderators, returning people)
//! ```
//! Everything about other people reaches a page after [`ServerMsg::Admitted`] only.
//!
//! Socket and media are lost and mended independently. A page that lost its socket says in `Resume` which media session it
//! still has, and goes on with it when `Welcomed` says that it was kept; what the page must know is told anew. A page that
//! lost its media says `Restart` (the same session over another path) or `Enter` (another session) on the socket it has.
//!
//! A message is `{"kind":{fields}}`, or `"kind"` when it has none: serde's external tagging. A tag among the fields would
//! make the page buffer every message before it knows what to read, which cost a first visit 15 KB more.

use serde::{Deserialize, Serialize};

use crate::device::{Device, DeviceError, DeviceOf, DeviceUse};
use crate::ids::ParticipantId;
use crate::location::LocationHint;
use crate::meeting::{MeetingInfo, Role};
use crate::quality::Quality;
use crate::secret::Secret;
use crate::units::UnixMs;

/// What a page says to signaling.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientMsg {
    /// First message on every connection.
    Hello {
        /// [`crate::limits::PROTOCOL_VERSION`] of the page.
        protocol: u16,
    },
    /// Knock with a PIN, and with the token of the invitation link when the page was opened from one.
    Join {
        /// As typed; the server parses it.
        pin: Secret,
        /// The link's token, 32 hex digits. With it the true reason of a refusal is told.
        link: Option<Secret>,
    },
    /// Come back after a reload or a lost connection, with the secret this tab got in [`ServerMsg::Welcomed`].
    Resume {
        /// The tab's secret.
        session: Secret,
        /// The media session that this page still has, as [`ServerMsg::Entered`] numbered it; `None` after a reload.
        media: Option<u32>,
    },
    /// Ask for the SMS password to be sent (again). Limited per invitee.
    SendPassword,
    /// The SMS password, as typed.
    SubmitPassword {
        /// As typed; spaces are dropped and case is forgiven.
        password: Secret,
    },
    /// Leave the green room: media is ready or knowingly absent. Again later, to replace a media session that is lost.
    Enter {
        /// The SDP offer of the page's only PeerConnection, see [`crate::limits::MAX_SDP_BYTES`].
        offer: String,
        /// What is on at entry.
        media: MediaState,
    },
    /// The media session goes on over another network path (ICE restart, RFC 8445 section 9).
    Restart {
        /// An SDP offer of the same PeerConnection with new ICE credentials.
        offer: String,
    },
    /// Microphone, camera or screen was switched. A screen that may not be shared is answered by
    /// [`ProtocolError::Share`], and nothing has changed.
    SetMedia {
        /// What is on now.
        media: MediaState,
    },
    /// Raise or lower one's own hand.
    SetHand {
        /// Whether it is up.
        raised: bool,
    },
    /// Which pictures this page shows just now, and how large. Until the first one of these the SFU chooses by itself.
    Look {
        /// All that are visible, most important first; at most [`crate::limits::MAX_TILES`].
        tiles: Vec<Tile>,
    },
    /// Make a token for a device of one's own; for people in the room. Answered by [`ServerMsg::DeviceMade`] or
    /// [`ProtocolError::Device`].
    MakeDevice {
        /// What it is to do.
        does: DeviceUse,
    },
    /// Take a device of one's own away, with its token.
    RevokeDevice {
        /// Its number.
        number: u32,
    },
    /// Go, for good.
    Leave,
    /// Moderator: let somebody in from the lobby.
    Admit {
        /// Who.
        participant: ParticipantId,
    },
    /// Moderator: turn somebody in the lobby away. Their PIN goes on working.
    Refuse {
        /// Who.
        participant: ParticipantId,
    },
    /// Moderator: put somebody out of the room. Their PIN dies with it; of a device, its token alone.
    Remove {
        /// Who.
        participant: ParticipantId,
    },
    /// Moderator: move the scheduled end.
    Extend {
        /// By how many minutes, 1 to [`crate::limits::MAX_EXTENSION_MINUTES`].
        minutes: u32,
    },
    /// Moderator: end the meeting for everybody, now.
    EndMeeting,
    /// Answer to [`ServerMsg::Ping`].
    Pong,
}

/// What signaling says to a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServerMsg {
    /// Answer to `Hello`.
    Greeted {
        /// [`crate::limits::PROTOCOL_VERSION`] of the server.
        protocol: u16,
    },
    /// The PIN was not taken.
    JoinRefused {
        /// Why, as far as the page may know.
        reason: JoinRefused,
    },
    /// The PIN was right; an SMS password is needed too.
    PasswordRequired {
        /// How things stand with it.
        state: PasswordState,
        /// Needed because this invitation is a moderator's, whatever the meeting asks of others.
        for_moderator: bool,
    },
    /// The password was not taken, or none could be sent.
    PasswordRefused {
        /// Why.
        reason: PasswordRefused,
    },
    /// In, as far as the green room.
    Welcomed {
        /// Secret for [`ClientMsg::Resume`]; belongs in the tab's `sessionStorage`.
        session: Secret,
        /// Which meeting.
        meeting: MeetingInfo,
        /// Who this invitation is for.
        invited_as: InvitedAs,
        /// Where this session already is: a reload in lobby or room goes back there without asking.
        resumed_to: Option<Stage>,
        /// Whether the media session named in [`ClientMsg::Resume`] goes on. Otherwise the page enters anew.
        media_kept: bool,
    },
    /// The SFU took the offer.
    Entered {
        /// SDP answer.
        answer: String,
        /// Where the session is now.
        stage: Stage,
        /// Which of this person's media sessions it is, counted from 1.
        media: u32,
    },
    /// The media session takes another path.
    Restarted {
        /// SDP answer, with the server's new ICE credentials.
        answer: String,
    },
    /// The media session does not take another path: it must be replaced.
    RestartRefused {
        /// Why.
        error: OfferError,
    },
    /// Who to wait for, while in the lobby; again whenever it changes.
    Waiting {
        /// What is being waited for.
        reason: Waiting,
    },
    /// In the room.
    Admitted {
        /// The room as it is now.
        room: RoomSnapshot,
    },
    /// This session is over for a reason of its own; nothing more follows.
    TurnedAway {
        /// Why.
        reason: TurnedAway,
    },
    /// Somebody came in.
    ParticipantJoined {
        /// Who.
        entry: RosterEntry,
    },
    /// Somebody's microphone, camera, hand or role changed.
    ParticipantChanged {
        /// The whole entry, as it is now.
        entry: RosterEntry,
    },
    /// Somebody left, or their connection is lost.
    ParticipantLeft {
        /// Who.
        participant: ParticipantId,
    },
    /// Moderators: somebody waits, or their card changed.
    LobbyChanged {
        /// The whole card, as it is now.
        card: LobbyCard,
    },
    /// Moderators: somebody no longer waits.
    LobbyLeft {
        /// Who.
        participant: ParticipantId,
    },
    /// Whose media fills which slot.
    SlotsChanged {
        /// All slots, as they are now.
        slots: Slots,
    },
    /// What somebody watches of this page's pictures: the encoders may rest the others.
    LayersWanted {
        /// One for each layer, the smallest first, see [`crate::limits::CAMERA_LAYERS`].
        camera: Vec<bool>,
        /// Whether the screen is watched.
        screen: bool,
    },
    /// A device's token, shown this once. [`ServerMsg::DevicesChanged`] has come before.
    DeviceMade {
        /// The device's number.
        number: u32,
        /// For `Authorization: Bearer`.
        token: Secret,
    },
    /// The page's own devices, as they are now.
    DevicesChanged {
        /// All of them, in the order in which they were made.
        devices: Vec<Device>,
    },
    /// The end was moved.
    EndMoved {
        /// Scheduled end.
        ends_at: UnixMs,
        /// When the room closes by itself.
        closes_at: UnixMs,
    },
    /// A media session is gone for good; enter anew on this socket.
    MediaLost {
        /// Which one, as [`ServerMsg::Entered`] numbered it.
        media: u32,
        /// Whether the media node itself is lost, and with it everybody's media and what was on the whiteboard.
        with_node: bool,
    },
    /// Something this page sent was not understood or not allowed. The connection stays unless the error says otherwise.
    ProtocolError {
        /// What was wrong.
        error: ProtocolError,
    },
    /// Answer with [`ClientMsg::Pong`]; tells the page that the server is there.
    Ping,
}

/// Where a session is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Publishes to moderators alone, receives nothing.
    Lobby,
    /// In the room.
    Room,
}

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

/// Who an invitation is for. "Invited as", not "is": identity is what a moderator confirms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitedAs {
    /// Number in the room.
    pub participant: ParticipantId,
    /// Name on the invitation.
    pub name: String,
    /// Role they now hold; a moderator's invitation without its second factor never gets this far.
    pub role: Role,
}

/// Why a PIN was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JoinRefused {
    /// The one answer for a PIN without a link that is unknown, early, over, revoked or mistyped.
    NotValidNow,
    /// With the link: this is not the PIN of this invitation.
    WrongPin,
    /// With the link and its PIN: the door is not open yet.
    TooEarly {
        /// When PINs begin to work.
        opens_at: UnixMs,
        /// When the meeting starts.
        starts_at: UnixMs,
    },
    /// With the link: the meeting is over.
    Over,
    /// With the link: this PIN was replaced or withdrawn.
    Revoked,
    /// Too many tries from where this page is; whatever was typed was not looked at.
    TooManyTries {
        /// Seconds until the next try is looked at.
        retry_after_s: u32,
    },
    /// The PIN is right and the room holds as many people as it can.
    Full,
    /// [`ClientMsg::Resume`]: the meeting is over.
    MeetingOver,
    /// [`ClientMsg::Resume`]: the server was restarted and the room with everything in it is gone; knock again with the PIN.
    RoomLost,
    /// [`ClientMsg::Resume`]: this tab's secret is not (or no longer) good for anything.
    SessionUnknown,
}

/// How things stand with the SMS password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PasswordState {
    /// None was asked for, in this meeting, of this person.
    NotAsked,
    /// None was sent yet.
    NotSent,
    /// One was sent and waits to be typed.
    Sent {
        /// Last two digits of the number it went to, to tell one's telephones apart.
        phone_ends_in: String,
    },
    /// Typed and right.
    Given,
    /// Too many wrong tries: a new one must be sent.
    UsedUp,
}

/// Why a password was not taken or not sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PasswordRefused {
    /// Wrong.
    Wrong {
        /// Tries left before it is void.
        tries_left: u8,
    },
    /// Void: a new one must be sent.
    UsedUp,
    /// None was sent yet.
    NotSent,
    /// Sent too often; wait.
    SentTooOften {
        /// Seconds until it may be sent again.
        retry_after_s: u32,
    },
    /// There is no telephone number to send it to; the organiser can add one.
    NoPhone,
    /// This server sends no SMS: trying again is no use. A moderator can log in to the console instead.
    NoSender,
    /// The gateway did not take it; trying again is sensible.
    NotDelivered,
}

/// What somebody in the lobby waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Waiting {
    /// No moderator has come yet.
    NoModeratorYet,
    /// A moderator is there and sees this person's card.
    ModeratorDecides,
    /// The moderators have all gone.
    ModeratorGone,
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TurnedAway {
    /// A moderator did not let this person in. The PIN still works.
    Refused,
    /// A moderator put this person out. The PIN no longer works.
    Removed,
    /// The meeting is over.
    MeetingOver,
    /// The same person came in from another window or device: the newer one stays.
    ReplacedByNewer,
    /// The PIN of this session was replaced or withdrawn.
    Revoked,
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
}

/// A person in the lobby, as moderators see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LobbyCard {
    /// Who.
    pub participant: ParticipantId,
    /// Name on the invitation.
    pub name: String,
    /// Role they would have.
    pub role: Role,
    /// What is on.
    pub media: MediaState,
    /// Whether they came by the link of their invitation.
    pub came_by_link: bool,
    /// How things stand with the SMS password.
    pub password: PasswordState,
    /// Do computer and telephone agree on the country?
    pub location: LocationHint,
    /// Since when they wait.
    pub waiting_since: UnixMs,
    /// How often they were refused in this meeting before.
    pub refused_before: u32,
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
    /// A device's offer: pictures are taken and sent as VP8, sound as Opus, and an m-line has something else alone.
    #[error("pictures must be offered as VP8 and sound as Opus")]
    WrongCodec,
    /// A device's offer: an m-line goes the wrong way, or there are more or fewer of them than its purpose has.
    #[error("a publisher offers one picture and one sound at most, to send; a watcher offers to receive")]
    WrongDirection,
    /// The room has no place left.
    #[error("the room is full")]
    RoomFull,
    /// [`ClientMsg::Restart`]: not the running session, its certificate and its media sections.
    #[error("not an offer of the running session")]
    OtherSession,
    /// One offer too soon after the others.
    #[error("too many offers")]
    TooMany,
    /// No media node is there to take it, just now: the same offer may do in a moment.
    #[error("no media node is there")]
    NoNode,
}

/// Every kind a page may send; the test below keeps it equal to [`ClientMsg`].
const CLIENT_KINDS: [&str; 19] = [
    "hello",
    "join",
    "resume",
    "send_password",
    "submit_password",
    "enter",
    "restart",
    "set_media",
    "set_hand",
    "look",
    "make_device",
    "revoke_device",
    "leave",
    "admit",
    "refuse",
    "remove",
    "extend",
    "end_meeting",
    "pong",
];

impl ClientMsg {
    /// Reads one text message.
    ///
    /// # Errors
    /// [`ProtocolError::TooLarge`], [`ProtocolError::Unreadable`] or [`ProtocolError::UnknownKind`]; never what was in it.
    pub fn decode(text: &str) -> Result<Self, ProtocolError> {
        if text.len() > crate::limits::MAX_SIGNAL_MESSAGE_BYTES {
            return Err(ProtocolError::TooLarge);
        }
        let message: serde_json::Value = serde_json::from_str(text).map_err(|_| ProtocolError::Unreadable)?;
        let kind = match &message {
            serde_json::Value::String(kind) => Some(kind),
            serde_json::Value::Object(fields) if fields.len() == 1 => fields.keys().next(),
            _ => None,
        };
        let kind = kind.ok_or(ProtocolError::Unreadable)?;
        if !CLIENT_KINDS.contains(&kind.as_str()) {
            return Err(ProtocolError::UnknownKind);
        }
        serde_json::from_value(message).map_err(|_| ProtocolError::Unreadable)
    }

    /// As it goes onto the wire.
    pub fn encode(&self) -> String {
        encode(self)
    }
}

impl ServerMsg {
    /// Reads one text message. `None` when it is no message of this protocol version.
    pub fn decode(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// As it goes onto the wire.
    pub fn encode(&self) -> String {
        encode(self)
    }
}

/// These types have string keys and no failing serialisers, so this cannot fail; an empty object would be
/// refused by the other side as unreadable rather than taken for something.
fn encode<T: Serialize>(message: &T) -> String {
    serde_json::to_string(message).unwrap_or_else(|_| "{}".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_nonsense_has_its_own_error() {
        let large = format!(r#"{{"enter":{{"offer":"{}"}}}}"#, "x".repeat(70 * 1024));
        let table = [
            ("", ProtocolError::Unreadable),
            ("not json", ProtocolError::Unreadable),
            ("[]", ProtocolError::Unreadable),
            ("{}", ProtocolError::Unreadable),
            ("7", ProtocolError::Unreadable),
            (r#""teleport""#, ProtocolError::UnknownKind),
            (r#"{"teleport":{}}"#, ProtocolError::UnknownKind),
            (r#""join""#, ProtocolError::Unreadable),
            (r#"{"join":{}}"#, ProtocolError::Unreadable),
            (r#"{"leave":{},"pong":{}}"#, ProtocolError::Unreadable),
            (r#"{"admit":{"participant":70000}}"#, ProtocolError::Unreadable),
            (large.as_str(), ProtocolError::TooLarge),
        ];
        for (text, error) in table {
            assert_eq!(ClientMsg::decode(text), Err(error), "{}", &text[..text.len().min(60)]);
        }
    }

    #[test]
    fn every_client_message_survives_the_wire() {
        let participant = ParticipantId(3);
        let messages = [
            ClientMsg::Hello { protocol: 1 },
            ClientMsg::Join { pin: Secret::new("1"), link: None },
            ClientMsg::Resume { session: Secret::new("s"), media: Some(2) },
            ClientMsg::SendPassword,
            ClientMsg::SubmitPassword { password: Secret::new("p") },
            ClientMsg::Enter { offer: "v=0\r\n".into(), media: MediaState::default() },
            ClientMsg::Restart { offer: "v=0\r\n".into() },
            ClientMsg::SetMedia { media: MediaState { microphone: true, camera: false, screen: true } },
            ClientMsg::SetHand { raised: true },
            ClientMsg::Look { tiles: vec![Tile { picture: Picture::screen(participant), width: 320 }] },
            ClientMsg::MakeDevice { does: DeviceUse::Watch },
            ClientMsg::RevokeDevice { number: 7 },
            ClientMsg::Leave,
            ClientMsg::Admit { participant },
            ClientMsg::Refuse { participant },
            ClientMsg::Remove { participant },
            ClientMsg::Extend { minutes: 15 },
            ClientMsg::EndMeeting,
            ClientMsg::Pong,
        ];
        assert_eq!(messages.len(), CLIENT_KINDS.len());
        for message in messages {
            // A new kind does not compile here; it belongs into the list above and into `CLIENT_KINDS`.
            match &message {
                ClientMsg::Hello { .. }
                | ClientMsg::Join { .. }
                | ClientMsg::Resume { .. }
                | ClientMsg::SendPassword
                | ClientMsg::SubmitPassword { .. }
                | ClientMsg::Enter { .. }
                | ClientMsg::Restart { .. }
                | ClientMsg::SetMedia { .. }
                | ClientMsg::SetHand { .. }
                | ClientMsg::Look { .. }
                | ClientMsg::MakeDevice { .. }
                | ClientMsg::RevokeDevice { .. }
                | ClientMsg::Leave
                | ClientMsg::Admit { .. }
                | ClientMsg::Refuse { .. }
                | ClientMsg::Remove { .. }
                | ClientMsg::Extend { .. }
                | ClientMsg::EndMeeting
                | ClientMsg::Pong => {}
            }
            assert_eq!(ClientMsg::decode(&message.encode()), Ok(message));
        }
    }

    #[test]
    fn a_pin_does_not_show_in_a_message_s_debug() {
        let message = ClientMsg::Join { pin: Secret::new("1234567890123456"), link: Some(Secret::new("abcd")) };
        let debug = format!("{message:?}");
        assert!(!debug.contains("1234") && !debug.contains("abcd"), "{debug}");
    }
}
