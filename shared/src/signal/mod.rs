//! The WebSocket between a participant's page and signaling: JSON text messages, one per frame.
//!
//! Client messages are imperative, server messages past tense. The flow of a join:
//! ```text
//! → Hello            ← Greeted
//! → Join{pin, link}  ← Queued… JoinRefused | PasswordRequired | Welcomed  (or → Resume{session, media})
//! → SubmitPassword   ← PasswordRefused | Welcomed
//! → Enter{offer}     ← Entered{answer, stage: Lobby} … Admitted | TurnedAway
//!                    ← Entered{answer, stage: Room} Admitted            (moderators, returning people)
//! ```
//! Everything about other people reaches a page after [`ServerMsg::Admitted`] only.
//!
//! Here are the messages; what they carry is in `door` (the way in and out), `lobby` (who waits, and what is decided about them),
//! `room` (people, and what is seen and heard of them) and `errors`.
//!
//! Socket and media are lost and mended independently. A page that lost its socket says in `Resume` which media session it
//! still has, and goes on with it when `Welcomed` says that it was kept; what the page must know is told anew. A page that
//! lost its media says `Restart` (the same session over another path) or `Enter` (another session) on the socket it has.
//!
//! A message is `{"kind":{fields}}`, or `"kind"` when it has none: serde's external tagging. A tag among the fields would
//! make the page buffer every message before it knows what to read, which cost a first visit 15 KB more.

mod door;
mod errors;
mod lobby;
mod room;

use serde::{Deserialize, Serialize};

use crate::device::{Device, DeviceUse};
use crate::ids::ParticipantId;
use crate::meeting::MeetingInfo;
use crate::secret::Secret;
use crate::units::UnixMs;

pub use door::{InvitationSays, InvitedAs, JoinRefused, PasswordRefused, PasswordState, Stage, TurnedAway, Waiting};
pub use errors::{OfferError, ProtocolError, ShareError};
pub use lobby::{
    AdmissionError, Identity, InUse, Line, LobbyCard, Locks, Past, PastKind, RefuseReason, Sent, Software,
};
pub use room::{MediaState, Picture, RoomSnapshot, RosterEntry, Slots, Tile, Undecodable, VideoSource};

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
        /// As typed; the server parses it. Empty: knock with the link alone, where the meeting allows that (D24).
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
    /// Ask for the SMS password to be sent (again). Limited per invitee. In the lobby: for the one that a moderator asked for.
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
    /// Moderator: let in whoever of these waits and may be let in. Who came meanwhile is not among them.
    AdmitAll {
        /// Who.
        participants: Vec<ParticipantId>,
    },
    /// Moderator: turn somebody in the lobby away. Their PIN goes on working.
    Refuse {
        /// Who.
        participant: ParticipantId,
        /// What they read.
        #[serde(default)]
        reason: RefuseReason,
    },
    /// Moderator: send somebody in the room back to the lobby.
    SendBack {
        /// Who.
        participant: ParticipantId,
    },
    /// Moderator: a password goes to the number on the invitation of somebody in the lobby, and they are asked for it, whatever they
    /// gave before. Answered by [`ServerMsg::SentFromCard`].
    AskPassword {
        /// Who.
        participant: ParticipantId,
    },
    /// Moderator: send the invitation of somebody in the lobby again, to number and address on file. By SMS it has a new PIN: the one
    /// in use dies, and whoever came with it comes again. Answered by [`ServerMsg::SentFromCard`].
    InviteAgain {
        /// Who.
        participant: ParticipantId,
    },
    /// A line to the moderators from somebody in the lobby, or a moderator's to them.
    Say {
        /// Moderators: to whom in the lobby.
        to: Option<ParticipantId>,
        /// Checked by [`crate::input::line`].
        text: String,
    },
    /// Moderator: this is the person on the invitation.
    ConfirmIdentity {
        /// Who.
        participant: ParticipantId,
        /// How many points of the checklist were ticked: all of them, or it is no confirmation.
        checked: u8,
    },
    /// Moderator: their identity is open again.
    DoubtIdentity {
        /// Who.
        participant: ParticipantId,
    },
    /// Moderator: close the room, open it, quieten it.
    SetLocks {
        /// All of them, as they shall be.
        locks: Locks,
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
    /// More PINs are typed than are looked at: this one waits for its turn. Again while it waits.
    Queued {
        /// Turns of others that come first, at most.
        ahead: u32,
        /// How long they take, at most, seconds.
        wait_s: u32,
    },
    /// The PIN was not taken.
    JoinRefused {
        /// Why, as far as the page may know.
        reason: JoinRefused,
    },
    /// The PIN was right; a second proof is needed too.
    PasswordRequired {
        /// How things stand with it.
        state: PasswordState,
        /// Needed because this invitation is a moderator's, whatever the meeting asks of others.
        for_moderator: bool,
        /// A login to their own account in the same browser is taken in its place, before the PIN is typed.
        by_login: bool,
    },
    /// In the lobby: a moderator asks for a password. Again whenever it changes, until it is given.
    PasswordAsked {
        /// How things stand with it.
        state: PasswordState,
    },
    /// To the moderator who had something sent to somebody in the lobby: how it went.
    SentFromCard {
        /// To whom.
        participant: ParticipantId,
        /// What.
        what: Sent,
        /// Why it was not sent; `None`: it is on its way.
        refused: Option<PasswordRefused>,
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
        /// What the invitation says, so that its person knows this page.
        #[serde(default)]
        invitation: InvitationSays,
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
    /// What is written between this page and the moderators, while in the lobby.
    Lines {
        /// All of it, the newest last.
        lines: Vec<Line>,
    },
    /// A moderator sent this page back to the lobby: its media session is gone, and it enters anew.
    SentToLobby,
    /// Somebody else knocked with this page's PIN (D9): nothing changes here unless a moderator lets them in instead.
    PinUsedElsewhere,
    /// How the room is closed and quietened, as it is now.
    LocksChanged {
        /// All of them.
        locks: Locks,
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
        card: Box<LobbyCard>,
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

/// Every kind a page may send; the test below keeps it equal to [`ClientMsg`].
const CLIENT_KINDS: [&str; 27] = [
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
    "admit_all",
    "refuse",
    "send_back",
    "ask_password",
    "invite_again",
    "say",
    "confirm_identity",
    "doubt_identity",
    "set_locks",
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
            ClientMsg::AdmitAll { participants: vec![participant] },
            ClientMsg::Refuse { participant, reason: RefuseReason::NotVerified },
            ClientMsg::SendBack { participant },
            ClientMsg::AskPassword { participant },
            ClientMsg::InviteAgain { participant },
            ClientMsg::Say { to: Some(participant), text: "Good morning".into() },
            ClientMsg::ConfirmIdentity { participant, checked: 2 },
            ClientMsg::DoubtIdentity { participant },
            ClientMsg::SetLocks { locks: Locks { closed: true, ..Locks::default() } },
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
                | ClientMsg::AdmitAll { .. }
                | ClientMsg::Refuse { .. }
                | ClientMsg::SendBack { .. }
                | ClientMsg::AskPassword { .. }
                | ClientMsg::InviteAgain { .. }
                | ClientMsg::Say { .. }
                | ClientMsg::ConfirmIdentity { .. }
                | ClientMsg::DoubtIdentity { .. }
                | ClientMsg::SetLocks { .. }
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
