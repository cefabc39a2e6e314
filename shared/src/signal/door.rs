//! The way in and out, as both sides name it.

use serde::{Deserialize, Serialize};

use super::lobby::RefuseReason;
use crate::ids::ParticipantId;
use crate::meeting::Role;
use crate::units::UnixMs;

/// Where a session is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Publishes to moderators alone, receives nothing.
    Lobby,
    /// In the room.
    Room,
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

/// What an invitation says of who invites, for the page to say it back: a page that only looks like this one knows none of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct InvitationSays {
    /// The organisation's name.
    pub organisation: String,
    /// Name of a moderator, or of who made the meeting.
    pub moderator: String,
    /// A few words of this invitation's own.
    pub phrase: String,
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
    /// More PINs are typed everywhere than this server looks at, and this one had to give way; it was not looked at.
    Crowded {
        /// Seconds after which trying again is sensible.
        retry_after_s: u32,
    },
    /// The PIN is right and the room holds as many people as it can.
    Full,
    /// With the link: this meeting's PINs must be typed.
    PinNeeded,
    /// The PIN is right, and in use by as many as can be told apart.
    InUse,
    /// [`super::ClientMsg::Resume`]: the meeting is over.
    MeetingOver,
    /// [`super::ClientMsg::Resume`]: the server was restarted and the room with everything in it is gone; knock again with the PIN.
    RoomLost,
    /// [`super::ClientMsg::Resume`]: this tab's secret is not (or no longer) good for anything.
    SessionUnknown,
}

/// How things stand with the second proof: a password that reaches its person, or what their authenticator shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
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
    /// Somebody at the console has one to read out to this person.
    ReadOut,
    /// The code of their account's authenticator app is taken in its place, and nothing was sent.
    Code,
    /// Typed and right.
    Given,
    /// What was typed and right is the code of their account's authenticator app.
    CodeGiven,
    /// Too many wrong tries: a new one must be sent.
    UsedUp,
}

impl PasswordState {
    /// Whether the second proof was given, whichever it is.
    pub const fn is_given(&self) -> bool {
        matches!(self, PasswordState::Given | PasswordState::CodeGiven)
    }

    /// Whether there is something to type.
    pub const fn is_awaited(&self) -> bool {
        matches!(self, PasswordState::Sent { .. } | PasswordState::ReadOut | PasswordState::Code)
    }
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
    /// This is not what their authenticator shows, or it was used before.
    WrongCode {
        /// Tries left before this invitation takes no codes any more.
        tries_left: u8,
    },
    /// This invitation takes no codes any more: a password must be sent or read out.
    CodesUsedUp,
    /// None was sent yet.
    NotSent,
    /// Sent too often; wait.
    SentTooOften {
        /// Seconds until it may be sent again.
        retry_after_s: u32,
    },
    /// There is no telephone number to send it to; the organiser can add one.
    NoPhone,
    /// This server sends no SMS: trying again is no use. Somebody at the console can read a password out.
    NoSender,
    /// The gateway did not take it; trying again is sensible.
    NotDelivered,
    /// As many went out today as may.
    BudgetSpent,
    /// This server sends nothing to the country of the number.
    CountryNotServed,
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
    /// A moderator has locked the room: nobody is let in just now.
    Locked,
    /// Moderators let nobody in whom they do not see: switch the camera on.
    CameraWanted,
    /// Somebody is here with the same PIN: a moderator decides.
    PinInUse,
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TurnedAway {
    /// A moderator did not let this person in. The PIN still works.
    Refused {
        /// Why, as far as the moderator says.
        reason: RefuseReason,
    },
    /// A moderator put this person out. The PIN no longer works.
    Removed,
    /// The meeting is over.
    MeetingOver,
    /// The same person came in from another window or device: that one stays.
    ReplacedByNewer,
    /// The PIN of this session was replaced or withdrawn.
    Revoked,
    /// The invitation's role was changed: the PIN works, and leads in as what the person is now.
    RoleChanged,
}
