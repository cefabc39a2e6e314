//! What a page knows of its meeting.

use shared::codec::VideoCodec;
use shared::device::{Device, DeviceUse};
use shared::ids::ParticipantId;
use shared::meeting::{MeetingInfo, Role};
use shared::secret::Secret;
use shared::signal::{
    InvitationSays, InvitedAs, JoinRefused, Line, LobbyCard, Locks, PasswordRefused, PasswordState, Picture,
    RosterEntry, Slots, TurnedAway, Waiting,
};

use super::by_id::ById;

/// Which page is shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Stage {
    /// Asking for the PIN.
    #[default]
    Pin,
    /// Asking for the SMS password.
    Password,
    /// Camera and microphone are looked at before going in.
    GreenRoom,
    /// The offer is on its way.
    Entering,
    /// Waiting for a moderator.
    Lobby,
    /// In the meeting.
    Room,
    /// Over, for this page.
    Ended(Ended),
}

/// Why it is over for this page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// This person went, out of the room.
    Left,
    /// This person went before coming into the room: from the green room or the lobby.
    StayedOut,
    /// The server ended the session.
    TurnedAway(TurnedAway),
    /// The session could not be taken up again.
    NotResumed(JoinRefused),
    /// Page and server speak different versions.
    Outdated,
}

impl Ended {
    /// The reason's name on the wire, for tests and diagnostics.
    pub const fn name(&self) -> &'static str {
        match self {
            Ended::Left => "left",
            Ended::StayedOut => "stayed_out",
            Ended::Outdated => "version",
            Ended::TurnedAway(TurnedAway::Refused { .. }) => "refused",
            Ended::TurnedAway(TurnedAway::Removed) => "removed",
            Ended::TurnedAway(TurnedAway::MeetingOver) | Ended::NotResumed(JoinRefused::MeetingOver) => "meeting_over",
            Ended::TurnedAway(TurnedAway::ReplacedByNewer) => "replaced_by_newer",
            Ended::TurnedAway(TurnedAway::RoleChanged) => "role_changed",
            Ended::TurnedAway(TurnedAway::Revoked) | Ended::NotResumed(JoinRefused::Revoked) => "revoked",
            Ended::NotResumed(JoinRefused::RoomLost) => "room_lost",
            Ended::NotResumed(JoinRefused::SessionUnknown) => "session_unknown",
            Ended::NotResumed(JoinRefused::Full) => "full",
            Ended::NotResumed(JoinRefused::InUse) => "in_use",
            Ended::NotResumed(JoinRefused::Over) => "over",
            Ended::NotResumed(JoinRefused::TooManyTries { .. }) => "too_many_tries",
            Ended::NotResumed(JoinRefused::Crowded { .. }) => "crowded",
            Ended::NotResumed(
                JoinRefused::NotValidNow
                | JoinRefused::WrongPin
                | JoinRefused::PinNeeded
                | JoinRefused::TooEarly { .. },
            ) => "not_valid_now",
        }
    }
}

/// How the connection to the server stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Link {
    /// Not needed yet.
    #[default]
    Idle,
    /// There.
    Up,
    /// Lost; the `attempt`-th try comes when the countdown ends.
    Waiting {
        /// Counts from 1.
        attempt: u32,
        /// Milliseconds until the try, counted down by the shell.
        in_ms: u32,
    },
    /// Lost, and being tried just now.
    Trying {
        /// Counts from 1.
        attempt: u32,
    },
}

impl Link {
    /// Whether the banner shows.
    pub const fn is_lost(self) -> bool {
        matches!(self, Link::Waiting { .. } | Link::Trying { .. })
    }
}

/// What is asked of this person as a second proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordAsk {
    /// How things stand.
    pub state: PasswordState,
    /// Asked because the invitation is a moderator's.
    pub for_moderator: bool,
    /// Logging in to their own account is as good.
    pub by_login: bool,
}

/// A place in the queue before the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Queued {
    /// Turns of others that come first, at most.
    pub ahead: u32,
    /// How long they take, at most, seconds.
    pub wait_s: u32,
}

/// What a page knows of its meeting. Changed by [`Room::apply`] and the few things a person does alone.
#[derive(Debug, Clone, Default)]
pub struct Room {
    /// Which page is shown.
    pub stage: Stage,
    /// Why the PIN was not taken the last time.
    pub join_error: Option<JoinRefused>,
    /// Where this page stands among those whose PIN has not been looked at yet, when that takes long.
    pub queued: Option<Queued>,
    /// The password that is asked for.
    pub password: Option<PasswordAsk>,
    /// The password that a moderator asked for while this person waits in the lobby.
    pub asked_at_door: Option<PasswordState>,
    /// Why the password was not taken the last time.
    pub password_error: Option<PasswordRefused>,
    /// The tab's secret.
    pub session: Option<Secret>,
    /// The meeting.
    pub meeting: Option<MeetingInfo>,
    /// Who this person is invited as.
    pub invited_as: Option<InvitedAs>,
    /// What the invitation says.
    pub says: Option<InvitationSays>,
    /// What the lobby waits for.
    pub waiting: Option<Waiting>,
    /// Everybody in the room.
    pub roster: ById<RosterEntry>,
    /// What was written between this person and the moderators, while in the lobby.
    pub lines: Vec<Line>,
    /// Everybody in the lobby; moderators only.
    pub lobby: ById<LobbyCard>,
    /// How the room is closed and quietened.
    pub locks: Locks,
    /// What a moderator ticks off to confirm an identity.
    pub checklist: Vec<String>,
    /// Whose media fills which slot.
    pub slots: Slots,
    /// The number of the media session that this page has.
    pub media: Option<u32>,
    /// Whether no media node was there the last time, which this person knows.
    pub waits_for_node: bool,
    /// This person's devices.
    pub devices: Vec<Device>,
    /// The token of the newest of them, until it is closed.
    pub token: Option<(Device, Secret)>,
}

impl Room {
    /// A page that has a secret from before a reload and asks to come back.
    pub fn resuming(session: Secret) -> Self {
        Self { stage: Stage::Entering, session: Some(session), ..Self::default() }
    }

    /// This person's number.
    pub fn me(&self) -> Option<ParticipantId> {
        self.invited_as.as_ref().map(|invited| invited.participant)
    }

    /// What this person may do.
    pub fn role(&self) -> Option<Role> {
        self.invited_as.as_ref().map(|invited| invited.role)
    }

    /// Whether a lost connection is to be taken up again: from the moment the server gave a secret until the end.
    pub fn is_resumable(&self) -> bool {
        self.session.is_some() && !matches!(self.stage, Stage::Ended(_))
    }

    /// Which video slot shows this picture.
    pub fn video_slot(&self, picture: Picture) -> Option<usize> {
        self.slots.video.iter().position(|slot| *slot == Some(picture))
    }

    /// How a picture is encoded that this browser cannot show.
    pub fn undecodable(&self, picture: Picture) -> Option<VideoCodec> {
        self.slots.undecodable.iter().find(|hidden| hidden.picture == picture).map(|hidden| hidden.codec)
    }

    /// Who shares their screen.
    pub fn sharer(&self) -> Option<ParticipantId> {
        self.roster.iter().find(|(_, entry)| entry.media.screen).map(|(who, _)| *who)
    }

    /// Everybody who can have a face: all but the devices that only watch.
    pub fn faces(&self) -> Vec<ParticipantId> {
        self.roster.iter().filter(|(_, entry)| !watches(entry)).map(|(who, _)| *who).collect()
    }

    /// How many devices watch.
    pub fn watchers(&self) -> usize {
        self.roster.iter().filter(|(_, entry)| watches(entry)).count()
    }

    /// Which audio slot carries this person's voice.
    pub fn audio_slot(&self, who: ParticipantId) -> Option<usize> {
        self.slots.audio.iter().position(|slot| *slot == Some(who))
    }
}

fn watches(entry: &RosterEntry) -> bool {
    entry.device.is_some_and(|device| device.does == DeviceUse::Watch)
}
