//! What the pages show, as signals.

use std::collections::HashMap;
use std::rc::Rc;

use leptos::prelude::*;
use shared::api::Site;
use shared::codec::VideoCodec;
use shared::device::Device;
use shared::ids::ParticipantId;
use shared::meeting::{MeetingInfo, Role};
use shared::secret::Secret;
use shared::signal::{
    InvitationSays, InvitedAs, JoinRefused, Line, LobbyCard, Locks, PasswordRefused, PasswordState, Picture,
    RosterEntry, Waiting,
};

use crate::media::peer::Peer;
use crate::room::quality::Report;
use crate::room::{Change, Link, PasswordAsk, Queued, Room, Stage};

/// Which slots carry a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PersonSlots {
    /// Their voice.
    pub audio: Option<usize>,
    /// Their face.
    pub video: Option<usize>,
    /// Their screen.
    pub screen: Option<usize>,
    /// How their face is encoded, where this browser cannot show it.
    pub undecodable: Option<VideoCodec>,
    /// The same of their screen.
    pub undecodable_screen: Option<VideoCodec>,
}

/// One person's signals: what changes about one person repaints nothing of another.
#[derive(Clone, Default)]
pub struct Person {
    /// In the room.
    pub entry: ArcRwSignal<Option<RosterEntry>>,
    /// In the lobby.
    pub card: ArcRwSignal<Option<LobbyCard>>,
    /// Where their media arrives.
    pub slots: ArcRwSignal<PersonSlots>,
    /// Above zero while they speak; counted down in silence.
    pub speaking: ArcRwSignal<u8>,
}

/// Everything that pages show. Copy it freely.
#[derive(Clone, Copy)]
pub struct Store {
    /// Which page.
    pub stage: RwSignal<Stage>,
    /// How the connection stands.
    pub link: RwSignal<Link>,
    /// Whether the media connection was up and is not given up.
    pub media_up: RwSignal<bool>,
    /// Whether the media connection is being mended.
    pub mending: RwSignal<bool>,
    /// Whether media did not come although the server answered.
    pub blocked: RwSignal<bool>,
    /// Whether an answer of the server is awaited.
    pub asking: RwSignal<bool>,
    /// Whether the server could not be reached at the door.
    pub unreachable: RwSignal<bool>,
    /// Where this page stands before the door, when that takes long.
    pub queued: RwSignal<Option<Queued>>,
    /// Why the PIN was not taken.
    pub join_error: RwSignal<Option<JoinRefused>>,
    /// The password that is asked for.
    pub password: RwSignal<Option<PasswordAsk>>,
    /// The password that a moderator asked for in the lobby.
    pub asked_at_door: RwSignal<Option<PasswordState>>,
    /// Why it was not taken.
    pub password_error: RwSignal<Option<PasswordRefused>>,
    /// The meeting.
    pub meeting: RwSignal<Option<MeetingInfo>>,
    /// Who this person is invited as.
    pub invited_as: RwSignal<Option<InvitedAs>>,
    /// What the invitation says.
    pub says: RwSignal<Option<InvitationSays>>,
    /// What the lobby waits for.
    pub waiting: RwSignal<Option<Waiting>>,
    /// What was written between this person and the moderators.
    pub lines: RwSignal<Vec<Line>>,
    /// How the room is closed and quietened.
    pub locks: RwSignal<Locks>,
    /// What a moderator ticks off to confirm an identity.
    pub checklist: RwSignal<Vec<String>>,
    /// Who is in the room, in order of arrival.
    pub roster: RwSignal<Vec<ParticipantId>>,
    /// Of them, all who can have a face.
    pub faces: RwSignal<Vec<ParticipantId>>,
    /// How many devices watch.
    pub watchers: RwSignal<usize>,
    /// This person's devices.
    pub devices: RwSignal<Vec<Device>>,
    /// The token of the newest of them.
    pub token: RwSignal<Option<(Device, Secret)>>,
    /// Who is in the lobby.
    pub lobby: RwSignal<Vec<ParticipantId>>,
    /// Who shares their screen.
    pub sharer: RwSignal<Option<ParticipantId>>,
    /// The media connection of now.
    pub peer: RwSignal<Option<Rc<Peer>>, LocalStorage>,
    /// Whether this deployment is the demo.
    pub demo: RwSignal<bool>,
    /// What else is known of the deployment, once the server has said it.
    pub site: RwSignal<Option<Site>>,
    /// Whether the browser holds sound back until a press.
    pub sound_blocked: RwSignal<bool>,
    /// How well the connection serves.
    pub quality: RwSignal<Report>,
    /// Whether that is shown in figures.
    pub quality_open: RwSignal<bool>,
    /// Whether the letter A opens and closes the figures.
    pub quality_letter: RwSignal<bool>,
    people: StoredValue<HashMap<ParticipantId, Person>>,
}

impl Store {
    /// Nothing known yet, at this page.
    pub fn new(stage: Stage) -> Self {
        Self {
            stage: RwSignal::new(stage),
            link: RwSignal::new(Link::Idle),
            media_up: RwSignal::new(false),
            mending: RwSignal::new(false),
            blocked: RwSignal::new(false),
            asking: RwSignal::new(false),
            unreachable: RwSignal::new(false),
            queued: RwSignal::new(None),
            join_error: RwSignal::new(None),
            password: RwSignal::new(None),
            asked_at_door: RwSignal::new(None),
            password_error: RwSignal::new(None),
            meeting: RwSignal::new(None),
            invited_as: RwSignal::new(None),
            says: RwSignal::new(None),
            waiting: RwSignal::new(None),
            lines: RwSignal::new(Vec::new()),
            locks: RwSignal::new(Locks::default()),
            checklist: RwSignal::new(Vec::new()),
            roster: RwSignal::new(Vec::new()),
            faces: RwSignal::new(Vec::new()),
            watchers: RwSignal::new(0),
            devices: RwSignal::new(Vec::new()),
            token: RwSignal::new(None),
            lobby: RwSignal::new(Vec::new()),
            sharer: RwSignal::new(None),
            peer: RwSignal::new_local(None),
            demo: RwSignal::new(false),
            site: RwSignal::new(None),
            sound_blocked: RwSignal::new(false),
            quality: RwSignal::new(Report::default()),
            quality_open: RwSignal::new(false),
            quality_letter: RwSignal::new(true),
            people: StoredValue::new(HashMap::new()),
        }
    }

    /// One person's signals.
    pub fn person(&self, who: ParticipantId) -> Person {
        self.people.try_update_value(|people| people.entry(who).or_default().clone()).unwrap_or_default()
    }

    /// This person's number, watched where something watches.
    pub fn me(&self) -> Option<ParticipantId> {
        self.invited_as.with(|invited| invited.as_ref().map(|invited| invited.participant))
    }

    /// Whether this person is a moderator.
    pub fn is_moderator(&self) -> bool {
        self.invited_as.with(|invited| invited.as_ref().is_some_and(|invited| invited.role == Role::Moderator))
    }

    /// Brings the signals behind one change up to date.
    pub fn show(&self, change: &Change, room: &Room) {
        match change {
            Change::Stage => {
                self.stage.set(room.stage.clone());
                if matches!(room.stage, Stage::Ended(_)) {
                    // Nothing of the others stays in the page's memory once it is out.
                    self.people.update_value(HashMap::clear);
                }
            }
            Change::Queued => self.queued.set(room.queued),
            Change::JoinError => self.join_error.set(room.join_error.clone()),
            Change::Password => {
                self.password.set(room.password.clone());
                self.asked_at_door.set(room.asked_at_door.clone());
                self.password_error.set(room.password_error.clone());
            }
            Change::Meeting => {
                self.meeting.set(room.meeting.clone());
                self.invited_as.set(room.invited_as.clone());
                self.says.set(room.says.clone());
            }
            Change::Waiting => self.waiting.set(room.waiting),
            Change::Lines => self.lines.set(room.lines.clone()),
            Change::Locks => {
                self.locks.set(room.locks);
                self.checklist.set(room.checklist.clone());
            }
            Change::Roster => {
                self.roster.set(room.roster.keys().copied().collect());
                self.faces.set(room.faces());
                self.watchers.set(room.watchers());
            }
            Change::Devices => {
                self.devices.set(room.devices.clone());
                self.token.set(room.token.clone());
            }
            Change::Person(who) => self.person(*who).entry.set(room.roster.get(who).cloned()),
            Change::Lobby => self.lobby.set(room.lobby.keys().copied().collect()),
            Change::Card(who) => self.person(*who).card.set(room.lobby.get(who).cloned()),
            Change::Slot(who) => {
                let slots = PersonSlots {
                    audio: room.audio_slot(*who),
                    video: room.video_slot(Picture::face(*who)),
                    screen: room.video_slot(Picture::screen(*who)),
                    undecodable: room.undecodable(Picture::face(*who)),
                    undecodable_screen: room.undecodable(Picture::screen(*who)),
                };
                self.person(*who).slots.set(slots);
            }
            Change::Sharer => self.sharer.set(room.sharer()),
        }
    }
}
