//! The lobby: who waits there, as moderators see them, and what is decided about them.

use serde::{Deserialize, Serialize};

use super::door::PasswordState;
use super::room::MediaState;
use crate::ids::ParticipantId;
use crate::location::LocationHint;
use crate::meeting::Role;
use crate::units::UnixMs;

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
    /// Whether they typed its PIN. Without it they knocked with the link alone, where the meeting allows that (D24).
    pub pin_typed: bool,
    /// How things stand with the SMS password.
    pub password: PasswordState,
    /// Do computer and telephone agree on the country?
    pub location: LocationHint,
    /// What their browser says it is.
    pub software: Software,
    /// Since when they wait.
    pub waiting_since: UnixMs,
    /// Where else the same PIN is in use just now. Nobody was put out for this newcomer: a moderator decides.
    pub in_use: Option<InUse>,
    /// How far their identity is confirmed.
    pub identity: Identity,
    /// What happened at this meeting's door with this invitation before, the newest last;
    /// [`crate::limits::MAX_HISTORY`] at most.
    pub history: Vec<Past>,
    /// What was written between them and the moderators, the newest last; [`crate::limits::MAX_LINES`] at most.
    pub lines: Vec<Line>,
}

/// What a browser says of itself. It may say anything.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Software {
    /// The product's name.
    pub browser: Option<String>,
    /// The system's or the device's name.
    pub system: Option<String>,
}

/// Where a PIN is in use already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InUse {
    /// By somebody who looks at their camera before coming in.
    GreenRoom,
    /// By somebody else in the lobby.
    Lobby,
    /// By somebody in the room.
    Room,
    /// By somebody whose connection was lost just now.
    Lost,
}

/// How far somebody's identity is confirmed: by whom, of how many. A confirmation is a moderator's word that this
/// is the person on the invitation; it lapses with the device, the country and two minutes of absence.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Identity {
    /// How many moderators must have confirmed it before admission; 0: none need to.
    pub needed: u8,
    /// Who has.
    pub by: Vec<ParticipantId>,
    /// Their names, in the same order: one of them may have left.
    pub names: Vec<String>,
}

impl Identity {
    /// Whether as many have confirmed it as must, and at least one.
    pub fn is_confirmed(&self) -> bool {
        self.by.len() >= usize::from(self.needed.max(1))
    }

    /// Whether it stands in the way of admission.
    pub fn is_missing(&self) -> bool {
        self.by.len() < usize::from(self.needed)
    }
}

/// Something that happened with an invitation before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// When.
    pub at: UnixMs,
    /// What.
    pub what: PastKind,
}

/// See [`Past`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PastKind {
    /// Somebody with it came to the lobby.
    Waited,
    /// A moderator turned them away.
    Refused,
    /// They came into the room.
    CameIn,
    /// A moderator sent them back to the lobby.
    SentBack,
    /// What was confirmed of them no longer counted, and they had to wait again.
    Lapsed,
    /// They left by themselves.
    Left,
    /// Their connection was lost.
    Lost,
}

/// What a moderator has sent to somebody in the lobby.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sent {
    /// A password.
    Password,
    /// Nothing: they were asked for the code of their authenticator app.
    Code,
    /// The invitation, again.
    Invitation,
}

/// A line between somebody in the lobby and the moderators. Kept by nobody once they are in or gone (D32).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Which moderator wrote it; `None`: whoever waits.
    pub by: Option<String>,
    /// Checked by [`crate::input::line`].
    pub text: String,
    /// When the server had it.
    pub at: UnixMs,
}

/// Why a moderator does not let somebody in, as that person reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefuseReason {
    /// It is not said.
    #[default]
    Unsaid,
    /// The moderator could not make sure who this is.
    NotVerified,
    /// The moderator takes them for somebody else than the person on the invitation.
    WrongPerson,
    /// Not at this moment: come back later.
    ComeBackLater,
}

impl RefuseReason {
    /// All of them, as moderators are offered them.
    pub const ALL: [RefuseReason; 4] = [Self::NotVerified, Self::WrongPerson, Self::ComeBackLater, Self::Unsaid];
}

/// Why somebody cannot be admitted just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum AdmissionError {
    /// The room is locked.
    #[error("the room is locked")]
    Locked,
    /// The meeting wants to see whoever comes in, and their camera is off.
    #[error("their camera is off")]
    CameraOff,
    /// Fewer moderators have confirmed their identity than must.
    #[error("their identity is not confirmed")]
    NotConfirmed,
    /// A moderator neither waits nor is sent back.
    #[error("a moderator is not sent to the lobby")]
    Moderator,
    /// The meeting asks for more than being invited, so nobody skips its lobby.
    #[error("this meeting's lobby cannot be skipped")]
    LobbyNeeded,
}

/// How a room is closed and quietened. Moderators set it; everybody in the room sees it.
#[expect(clippy::struct_excessive_bools, reason = "a switchboard: each is a switch of its own")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Locks {
    /// Nobody is admitted.
    pub closed: bool,
    /// Participants skip the lobby while a moderator is in the room.
    pub participants_skip_lobby: bool,
    /// Observers do.
    pub observers_skip_lobby: bool,
    /// Whoever comes in has their microphone off at first.
    pub mute_on_entry: bool,
    /// Only moderators draw on the whiteboard.
    pub only_moderators_draw: bool,
    /// Only moderators' pointers are shown.
    pub only_moderators_point: bool,
}

impl Locks {
    /// Whether this role skips the lobby.
    pub const fn skips_lobby(&self, role: Role) -> bool {
        match role {
            Role::Moderator => true,
            Role::Participant => self.participants_skip_lobby && !self.closed,
            Role::Observer => self.observers_skip_lobby && !self.closed,
        }
    }
}
