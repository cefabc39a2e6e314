//! One person in one room: who the invitation says they are, where they stand, and what connects them.

use sha2::{Digest, Sha256};
use shared::ids::{InviteeId, ParticipantId, SessionId};
use shared::location::{ComputerPlace, LocationHint, Network};
use shared::meeting::Role;
use shared::quality::Quality;
use shared::secret::Secret;
use shared::signal::{
    Identity, InUse, InvitationSays, InvitedAs, Line, LobbyCard, MediaState, PasswordState, Past, RosterEntry, Slots,
    Software, Stage, Waiting,
};
use shared::units::UnixMs;

use super::errands::FreshPassword;
use super::offers::Offers;
use crate::guards::{self, Guard};
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
    /// Whether they typed its PIN.
    pub pin_typed: bool,
    /// How things stand with the SMS password.
    pub password: PasswordState,
    /// Computer against telephone.
    pub location: LocationHint,
    /// What their browser says it is.
    pub software: Software,
    /// What their invitation says.
    pub invitation: InvitationSays,
}

impl Guest {
    /// What speaks for them.
    pub fn evidence(&self) -> Evidence {
        let Self { came_by_link, pin_typed, .. } = *self;
        Evidence {
            came_by_link,
            pin_typed,
            password_given: self.password == PasswordState::Given,
            code_given: self.password == PasswordState::CodeGiven,
        }
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

/// What connects somebody: their page's socket and a media session of the SFU's. Either may be lost and replaced while
/// the other goes on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) socket: Option<SessionId>,
    pub(super) media: Media,
    /// How many media sessions there were: the page and we name the present one by it.
    pub(super) media_count: u32,
    /// Since when one of the two is missing although others see this person.
    pub(super) half_since: Option<UnixMs>,
    /// Whether the media node was lost while there was no socket to say so by.
    pub(super) lost_with_node: bool,
}

impl Link {
    /// Nothing is left but the count: a number never names two media sessions.
    pub(super) fn clear(&mut self) {
        *self = Self { media_count: self.media_count, ..Self::default() };
    }
}

/// What the SFU has of somebody, under the number of the socket that the offer came by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Media {
    /// Nothing.
    #[default]
    None,
    /// The offer.
    Offered(SessionId),
    /// A session, and what it said last to its page.
    Up { session: SessionId, slots: Option<Slots>, layers: Option<(Vec<bool>, bool)>, quality: Quality },
}

impl Media {
    /// The session that the SFU knows, if any.
    pub(super) fn session(&self) -> Option<SessionId> {
        match self {
            Media::None => None,
            Media::Offered(session) | Media::Up { session, .. } => Some(*session),
        }
    }

    /// How well it serves; good until something else is known.
    pub(super) fn quality(&self) -> Quality {
        match self {
            Media::Up { quality, .. } => *quality,
            Media::None | Media::Offered(_) => Quality::Good,
        }
    }

    /// The session once the SFU has taken its offer.
    pub(super) fn up(&self) -> Option<SessionId> {
        match self {
            Media::Up { session, .. } => Some(*session),
            Media::None | Media::Offered(_) => None,
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
    /// Whether others see them there. Holds on for a moment when a part of the connection is lost.
    pub(super) present: bool,
    pub(super) link: Link,
    pub(super) offers: Offers,
    pub(super) media: MediaState,
    /// Where their picture and sound came from when that was last looked at.
    pub(super) media_from: Option<ComputerPlace>,
    pub(super) hand: bool,
    /// Since when in the lobby; kept over a lost connection.
    pub(super) waiting_since: UnixMs,
    /// What they were last told that they wait for.
    pub(super) waiting_for: Option<Waiting>,
    /// Where the newest offer leads.
    pub(super) entering: Stage,
    /// Where else their invitation was in use when it was last looked at.
    pub(super) in_use: Option<InUse>,
    pub(super) identity: Identity,
    /// The password that a moderator asked for while they wait.
    pub(super) fresh: FreshPassword,
    /// What was written while they wait.
    pub(super) lines: Vec<Line>,
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
            present: false,
            link: Link::default(),
            offers: Offers::default(),
            media: MediaState::default(),
            media_from: None,
            fresh: FreshPassword::default(),
            hand: false,
            waiting_since: now,
            waiting_for: None,
            entering: Stage::Lobby,
            in_use: None,
            identity: Identity::default(),
            lines: Vec::new(),
            lost_at: None,
        }
    }

    /// Compares anew where they are, and gives back what was said before.
    pub(super) fn look_again(&mut self, computer: ComputerPlace, network: Option<Network>) -> LocationHint {
        let phone = self.guest.location.phone.clone();
        let hint = LocationHint::compare(computer, phone).on(network).with_media_from(self.media_from.clone());
        std::mem::replace(&mut self.guest.location, hint)
    }

    pub(super) fn role(&self) -> Role {
        self.guest.standing.role()
    }

    /// Whether they stand there and others see them.
    pub(super) fn is_present_in(&self, place: Place) -> bool {
        self.place == place && self.present
    }

    /// Whether one of the room's places is theirs: connected, or lost less than [`super::PLACE_HELD_MS`] ago.
    pub(super) fn holds_a_place(&self, now: UnixMs) -> bool {
        let lost_lately = self.lost_at.is_some_and(|at| now.since(at) < super::PLACE_HELD_MS);
        self.link.socket.is_some() || self.present || lost_lately
    }

    /// Back to before the green room: nothing brings them in again but a knock.
    pub(super) fn put_out(&mut self) {
        if guards::holds(Guard::Tab) {
            self.tab = None;
        }
        self.place = Place::GreenRoom;
        self.present = false;
        self.link.clear();
        self.hand = false;
        self.media.screen = false;
        self.lost_at = None;
        self.in_use = None;
        self.lines.clear();
        self.forget_identity();
    }

    /// What was confirmed is open again; whether there was anything.
    pub(super) fn forget_identity(&mut self) -> bool {
        self.identity.names.clear();
        !std::mem::take(&mut self.identity.by).is_empty()
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
            connection: self.link.media.quality(),
            device: None,
            confirmed: viewer.role() == Role::Moderator && self.identity.is_confirmed(),
        }
    }

    pub(super) fn card(&self, history: Vec<Past>) -> LobbyCard {
        LobbyCard {
            participant: self.id,
            name: self.guest.name.clone(),
            role: self.role(),
            media: self.media,
            came_by_link: self.guest.came_by_link,
            pin_typed: self.guest.pin_typed,
            password: self.guest.password.clone(),
            location: self.guest.location.clone(),
            software: self.guest.software.clone(),
            waiting_since: self.waiting_since,
            in_use: self.in_use,
            identity: self.identity.clone(),
            history,
            lines: self.lines.clone(),
        }
    }
}
