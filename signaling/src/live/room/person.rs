//! One person in one room: who the invitation says they are, where they stand, and the connection they have.

use sha2::{Digest, Sha256};
use shared::ids::{InviteeId, ParticipantId, SessionId};
use shared::location::LocationHint;
use shared::meeting::Role;
use shared::secret::Secret;
use shared::signal::{InvitedAs, LobbyCard, MediaState, PasswordState, RosterEntry, Stage};
use shared::units::UnixMs;

use crate::meetings::events::{Evidence, SecondFactor};

/// What somebody may do here. A moderator without a second factor cannot be written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Lets people in.
    Moderator(SecondFactor),
    /// Is let in.
    Participant,
    /// Is let in, and seen by moderators alone.
    Observer,
}

impl Standing {
    /// The role that goes with it.
    pub const fn role(self) -> Role {
        match self {
            Standing::Moderator(_) => Role::Moderator,
            Standing::Participant => Role::Participant,
            Standing::Observer => Role::Observer,
        }
    }
}

/// Somebody whom the door let as far as the green room.
#[derive(Clone, PartialEq, Eq)]
pub struct Guest {
    /// On whose invitation.
    pub invitee: InviteeId,
    /// Name on it.
    pub name: String,
    /// What they may do.
    pub standing: Standing,
    /// Whether they came by its link.
    pub came_by_link: bool,
    /// How things stand with the SMS password.
    pub password: PasswordState,
    /// Computer against telephone.
    pub location: LocationHint,
}

impl Guest {
    /// What speaks for them.
    pub fn evidence(&self) -> Evidence {
        Evidence { came_by_link: self.came_by_link, password_given: self.password == PasswordState::Given }
    }
}

/// SHA-256 of the secret that a tab comes back with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct TabHash([u8; 32]);

impl TabHash {
    pub(super) fn of(secret: &Secret) -> Self {
        Self(Sha256::digest(secret.reveal().as_bytes()).into())
    }
}

/// Where somebody stands, connected or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    GreenRoom,
    Lobby,
    Room,
}

impl Place {
    pub(super) fn stage(self) -> Option<Stage> {
        match self {
            Place::GreenRoom => None,
            Place::Lobby => Some(Stage::Lobby),
            Place::Room => Some(Stage::Room),
        }
    }
}

impl From<Stage> for Place {
    fn from(stage: Stage) -> Self {
        match stage {
            Stage::Lobby => Place::Lobby,
            Stage::Room => Place::Room,
        }
    }
}

/// Somebody's connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Link {
    /// None.
    None,
    /// A socket, without media yet.
    Open(SessionId),
    /// The offer is with the SFU.
    Offered(SessionId),
    /// Socket and media session.
    Live(SessionId),
}

impl Link {
    pub(super) fn session(self) -> Option<SessionId> {
        match self {
            Link::None => None,
            Link::Open(session) | Link::Offered(session) | Link::Live(session) => Some(session),
        }
    }

    /// The session that the SFU knows, if any.
    pub(super) fn media_session(self) -> Option<SessionId> {
        match self {
            Link::None | Link::Open(_) => None,
            Link::Offered(session) | Link::Live(session) => Some(session),
        }
    }
}

/// A person in one room.
pub(super) struct Person {
    pub(super) id: ParticipantId,
    pub(super) guest: Guest,
    /// Whose return is accepted; `None` after leaving, refusal and removal.
    pub(super) tab: Option<TabHash>,
    pub(super) place: Place,
    pub(super) link: Link,
    pub(super) media: MediaState,
    pub(super) hand: bool,
    /// Since when in the lobby; kept over a lost connection.
    pub(super) waiting_since: UnixMs,
    pub(super) refused_before: u32,
    /// When the connection was lost, while it is.
    pub(super) lost_at: Option<UnixMs>,
}

impl Person {
    pub(super) fn new(id: ParticipantId, guest: Guest, now: UnixMs) -> Self {
        Self {
            id,
            guest,
            tab: None,
            place: Place::GreenRoom,
            link: Link::None,
            media: MediaState::default(),
            hand: false,
            waiting_since: now,
            refused_before: 0,
            lost_at: None,
        }
    }

    pub(super) fn role(&self) -> Role {
        self.guest.standing.role()
    }

    /// Whether they stand there with media up, so that others see them.
    pub(super) fn is_present_in(&self, place: Place) -> bool {
        self.place == place && matches!(self.link, Link::Live(_))
    }

    /// Whether one of the room's places is theirs: connected, or lost less than [`super::PLACE_HELD_MS`] ago.
    pub(super) fn holds_a_place(&self, now: UnixMs) -> bool {
        let lost_lately = self.lost_at.is_some_and(|at| now.since(at) < super::PLACE_HELD_MS);
        self.link != Link::None || lost_lately
    }

    /// Back to before the green room: nothing brings them in again but a knock.
    pub(super) fn put_out(&mut self) {
        self.tab = None;
        self.place = Place::GreenRoom;
        self.link = Link::None;
        self.hand = false;
        self.media.screen = false;
        self.lost_at = None;
    }

    pub(super) fn invited_as(&self) -> InvitedAs {
        InvitedAs { participant: self.id, name: self.guest.name.clone(), role: self.role() }
    }

    /// As `viewer` sees them: whether an observer's camera runs is for moderators, who alone get its picture.
    pub(super) fn entry_for(&self, viewer: &Person) -> RosterEntry {
        let hidden = self.role() == Role::Observer && viewer.role() != Role::Moderator && viewer.id != self.id;
        RosterEntry {
            participant: self.id,
            name: self.guest.name.clone(),
            role: self.role(),
            media: if hidden { MediaState::default() } else { self.media },
            hand: self.hand,
        }
    }

    pub(super) fn card(&self) -> LobbyCard {
        LobbyCard {
            participant: self.id,
            name: self.guest.name.clone(),
            role: self.role(),
            media: self.media,
            came_by_link: self.guest.came_by_link,
            password: self.guest.password.clone(),
            location: self.guest.location.clone(),
            waiting_since: self.waiting_since,
            refused_before: self.refused_before,
        }
    }
}
