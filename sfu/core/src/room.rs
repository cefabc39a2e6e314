//! Who is in a room and who perceives whom: the one place where lobby and roles are turned into media.

use shared::codec::VideoCodec;
use shared::control::Purpose;
use shared::ids::{ParticipantId, SessionId};
use shared::meeting::Role;
use shared::signal::{Picture, Stage};

use crate::drawing::Board;
use crate::forwarder::Incoming;
use crate::session::Who;
use crate::speakers::{Hearing, Lead, Speakers};

/// A room: its people, in order of arrival, who of them is heard, and its drawing.
#[derive(Debug)]
pub(crate) struct Room {
    members: Vec<Who>,
    /// Of those whom everybody hears.
    speakers: Speakers,
    /// Observers are heard by moderators alone, and must not take the floor from anybody.
    observers: Speakers,
    /// Whose screen everybody sees.
    screen: Option<ParticipantId>,
    /// How the pictures are encoded that somebody has sent.
    codecs: Vec<(Picture, VideoCodec)>,
    pub(crate) board: Board,
    pub(crate) surface: SurfaceRule,
}

/// Who may draw and point, beside what their role allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct SurfaceRule {
    pub(crate) only_moderators_draw: bool,
    pub(crate) only_moderators_point: bool,
}

impl SurfaceRule {
    /// Whether this role's strokes are taken.
    pub(crate) const fn may_draw(self, role: Role) -> bool {
        matches!(role, Role::Moderator) || (role.may_draw() && !self.only_moderators_draw)
    }

    /// Whether this role's pointer is shown.
    pub(crate) const fn may_point(self, role: Role) -> bool {
        matches!(role, Role::Moderator) || (role.may_draw() && !self.only_moderators_point)
    }
}

impl Room {
    /// An empty room in which so many people are heard at once.
    pub(crate) fn new(speakers: usize) -> Self {
        Self {
            members: Vec::new(),
            speakers: Speakers::new(speakers),
            observers: Speakers::new(speakers),
            screen: None,
            codecs: Vec::new(),
            board: Board::default(),
            surface: SurfaceRule::default(),
        }
    }

    /// Everybody, the lobby included.
    pub(crate) fn members(&self) -> &[Who] {
        &self.members
    }

    /// The session of a participant.
    pub(crate) fn session_of(&self, participant: ParticipantId) -> Option<SessionId> {
        self.members.iter().find(|who| who.participant == participant).map(|who| who.session)
    }

    /// Adds somebody.
    pub(crate) fn add(&mut self, who: Who) {
        self.members.push(who);
    }

    /// Takes a session out.
    pub(crate) fn remove(&mut self, session: SessionId) {
        let gone = self.members.extract_if(.., |who| who.session == session);
        for who in gone {
            self.speakers.remove(who.participant);
            self.observers.remove(who.participant);
            self.screen.take_if(|sharer| *sharer == who.participant);
            self.codecs.retain(|(picture, _)| picture.who != who.participant);
        }
    }

    /// Raises a session from the lobby.
    pub(crate) fn admit(&mut self, session: SessionId) {
        for who in self.members.iter_mut().filter(|who| who.session == session) {
            who.stage = Stage::Room;
        }
    }

    /// Somebody shares their screen, or no longer. The newest wins.
    pub(crate) fn share(&mut self, who: ParticipantId, on: bool) {
        if on {
            self.screen = Some(who);
        } else {
            self.screen.take_if(|sharer| *sharer == who);
        }
    }

    /// A picture comes in this codec. Whether that is new.
    pub(crate) fn set_codec(&mut self, picture: Picture, codec: VideoCodec) -> bool {
        match self.codecs.iter_mut().find(|(known, _)| *known == picture) {
            Some((_, known)) => std::mem::replace(known, codec) != codec,
            None => {
                self.codecs.push((picture, codec));
                true
            }
        }
    }

    /// How a picture is encoded, once it has come.
    pub(crate) fn codec_of(&self, picture: Picture) -> Option<VideoCodec> {
        self.codecs.iter().find(|(known, _)| *known == picture).map(|(_, codec)| *codec)
    }

    /// Whether it is this person's screen that everybody sees.
    pub(crate) fn is_shared_by(&self, who: ParticipantId) -> bool {
        self.screen == Some(who)
    }

    /// Which pictures `viewer` should see, and how many of them, at the front, have their slots whatever the viewer's page
    /// shows: a shared screen, then the faces in the lobby, which a moderator has to decide on. Behind them who has the
    /// floor, then everybody else in order of arrival.
    pub(crate) fn pictures_for(&self, viewer: &Who) -> (Vec<Picture>, usize) {
        let mut seen: Vec<&Who> = self.members.iter().filter(|who| sees(viewer, who)).collect();
        let floor = self.speakers.floor();
        seen.sort_by_key(|who| (who.stage != Stage::Lobby, !floor.contains(&who.participant))); // stable
        let in_lobby = seen.iter().filter(|who| who.stage == Stage::Lobby).count();
        let sharer = seen.iter().find(|who| self.is_shared_by(who.participant) && shows_screen(who));
        let screen = sharer.map(|who| Picture::screen(who.participant));
        let first = in_lobby + usize::from(screen.is_some());
        (screen.into_iter().chain(seen.iter().map(|who| Picture::face(who.participant))).collect(), first)
    }

    /// Whether somebody is one of those who are heard.
    pub(crate) fn has_floor(&self, who: ParticipantId) -> bool {
        self.speakers.floor().contains(&who)
    }

    /// How many people have the floor.
    pub(crate) fn speaking(&self) -> usize {
        self.speakers.floor().len() + self.observers.floor().len()
    }

    /// Who leads, of those whom everybody hears.
    pub(crate) fn lead(&self) -> Option<Lead> {
        self.speakers.lead()
    }

    /// Whose voices `viewer` should hear: of those who have the floor, all that they may hear. A watcher may have a place for
    /// one voice alone: for watchers, whoever leads comes first.
    pub(crate) fn voices_for(&self, viewer: &Who) -> Vec<ParticipantId> {
        let floor = self.speakers.floor().iter().chain(self.observers.floor());
        let may_hear = |who: &&ParticipantId| {
            self.members.iter().any(|member| member.participant == **who && hears(viewer, member))
        };
        let mut voices: Vec<ParticipantId> = floor.filter(may_hear).copied().collect();
        if viewer.purpose == Purpose::Watch {
            let lead = self.lead().map(|lead| lead.who);
            voices.sort_by_key(|who| Some(*who) != lead); // stable
        }
        voices
    }

    /// A packet of somebody's voice came, so loud (dBov, RFC 6464; `None` when it does not say): what becomes of it.
    /// From the lobby nothing is heard.
    pub(crate) fn hear(&mut self, who: &Who, level: Option<i8>, packet: &Incoming) -> Hearing {
        if who.stage != Stage::Room {
            return Hearing::Kept;
        }
        let speakers = if who.role.is_seen_by_all() { &mut self.speakers } else { &mut self.observers };
        speakers.hear(who.participant, level, packet)
    }
}

/// Whether `viewer` sees `publisher`'s camera (D27: before admission moderators alone do). A device that watches has none, one
/// that publishes sees nothing.
fn sees(viewer: &Who, publisher: &Who) -> bool {
    let moderator = viewer.role == Role::Moderator;
    let allowed = match publisher.stage {
        Stage::Lobby => moderator,
        Stage::Room => moderator || publisher.role.is_seen_by_all(),
    };
    let has_both_ends = viewer.purpose != Purpose::Publish && publisher.purpose != Purpose::Watch;
    allowed && has_both_ends && viewer.stage == Stage::Room && viewer.participant != publisher.participant
}

/// Whether somebody's screen is shown to those who see them: never from the lobby, and never an observer's.
fn shows_screen(publisher: &Who) -> bool {
    publisher.stage == Stage::Room && publisher.role.is_seen_by_all()
}

/// Whether `viewer` hears `publisher`'s microphone: as [`sees`], but never from the lobby.
fn hears(viewer: &Who, publisher: &Who) -> bool {
    publisher.stage == Stage::Room && sees(viewer, publisher)
}

#[cfg(test)]
mod tests {
    use shared::ids::{MeetingId, RoomId};
    use shared::signal::VideoSource;

    use super::*;

    fn who(number: u16, role: Role, stage: Stage) -> Who {
        let room = RoomId(MeetingId::from_random([1; 16]));
        let (session, participant) = (SessionId(u64::from(number)), ParticipantId(number));
        Who { session, room, participant, role, stage, purpose: Purpose::Page }
    }

    /// D24, D27: the whole table of who perceives whom.
    #[test]
    fn who_perceives_whom_stands_in_one_table() {
        use Role::{Moderator, Observer, Participant};
        use Stage::{Lobby, Room};
        let table = [
            // viewer, publisher, sees, hears
            ((Moderator, Room), (Participant, Room), true, true),
            ((Moderator, Room), (Observer, Room), true, true),
            ((Moderator, Room), (Participant, Lobby), true, false),
            ((Moderator, Room), (Observer, Lobby), true, false),
            ((Participant, Room), (Moderator, Room), true, true),
            ((Participant, Room), (Participant, Room), true, true),
            ((Participant, Room), (Observer, Room), false, false),
            ((Participant, Room), (Participant, Lobby), false, false),
            ((Observer, Room), (Participant, Room), true, true),
            ((Observer, Room), (Observer, Room), false, false),
            ((Observer, Room), (Participant, Lobby), false, false),
            ((Participant, Lobby), (Moderator, Room), false, false),
            ((Participant, Lobby), (Participant, Lobby), false, false),
            ((Moderator, Lobby), (Participant, Room), false, false),
        ];
        for ((role, stage), (from_role, from_stage), seen, heard) in table {
            let (viewer, publisher) = (who(1, role, stage), who(2, from_role, from_stage));
            assert_eq!(
                (sees(&viewer, &publisher), hears(&viewer, &publisher)),
                (seen, heard),
                "{viewer:?} {publisher:?}"
            );
            assert!(!sees(&viewer, &viewer), "nobody sees themselves");
        }
    }

    #[test]
    fn devices_perceive_and_are_perceived_one_way() {
        let person = who(1, Role::Participant, Stage::Room);
        let publisher = Who { purpose: Purpose::Publish, ..who(2, Role::Participant, Stage::Room) };
        let watcher = Who { purpose: Purpose::Watch, ..who(3, Role::Participant, Stage::Room) };
        let table = [
            (person, publisher, true),
            (watcher, publisher, true),
            (watcher, person, true),
            (publisher, person, false),
            (person, watcher, false),
            (watcher, who(4, Role::Observer, Stage::Room), false),
            (watcher, who(4, Role::Participant, Stage::Lobby), false),
        ];
        for (viewer, publisher, perceived) in table {
            let both = (sees(&viewer, &publisher), hears(&viewer, &publisher));
            assert_eq!(both, (perceived, perceived), "{viewer:?} {publisher:?}");
        }
    }

    #[test]
    fn a_moderator_s_faces_begin_with_the_lobby() {
        let mut room = Room::new(3);
        let moderator = who(1, Role::Moderator, Stage::Room);
        room.add(moderator);
        room.add(who(2, Role::Participant, Stage::Room));
        room.add(who(3, Role::Participant, Stage::Lobby));
        let [two, three] = [2, 3].map(|number| Picture::face(ParticipantId(number)));
        assert_eq!(room.pictures_for(&moderator), (vec![three, two], 1));
        room.admit(SessionId(3));
        assert_eq!(room.pictures_for(&moderator), (vec![two, three], 0));
    }

    #[test]
    fn a_screen_comes_before_all_faces_and_goes_with_its_owner() {
        let mut room = Room::new(3);
        let [ann, ben, olga] = [
            who(1, Role::Moderator, Stage::Room),
            who(2, Role::Participant, Stage::Room),
            who(3, Role::Observer, Stage::Room),
        ];
        [ann, ben, olga, who(4, Role::Participant, Stage::Lobby)].into_iter().for_each(|who| room.add(who));
        let screen_of = |room: &Room, viewer: &Who| {
            let (pictures, first) = room.pictures_for(viewer);
            let screens = pictures.iter().position(|picture| picture.source == VideoSource::Screen);
            screens.map(|place| (pictures[place].who.0, place, first))
        };
        room.share(ben.participant, true);
        assert_eq!(screen_of(&room, &ann), Some((2, 0, 2)), "before the face in the lobby");
        assert_eq!(screen_of(&room, &olga), Some((2, 0, 1)));
        assert_eq!(screen_of(&room, &ben), None, "nobody sees their own");
        room.share(ann.participant, false);
        assert!(room.is_shared_by(ben.participant), "what Ann does not share she cannot end");
        for nobody_s in [3, 4] {
            room.share(ParticipantId(nobody_s), true);
            assert_eq!(screen_of(&room, &ann), None, "{nobody_s} is an observer or in the lobby");
        }
        room.share(ben.participant, true);
        room.remove(ben.session);
        assert_eq!(screen_of(&room, &ann), None);
    }
}
