//! What watchers are shown. Nobody tells what a device shows: it gets whoever speaks, and the picture that goes with it.

use shared::control::Purpose;
use shared::ids::{ParticipantId, RoomId, SessionId};
use shared::signal::{Picture, VideoSource};

use crate::node::Node;
use crate::room::Room;

impl Node {
    /// Points a watcher's first picture at whoever leads.
    pub(super) fn direct(&mut self, id: SessionId) {
        let now = self.now;
        let Some(session) = self.sessions.get(&id).filter(|session| session.who.purpose == Purpose::Watch) else {
            return;
        };
        let Some(room) = self.rooms.get(&session.who.room) else { return };
        let (pictures, _) = room.pictures_for(&session.who);
        let is_face = |picture: &&Picture| {
            picture.source == VideoSource::Camera && session.undecodable(room, **picture).is_none()
        };
        let faces = pictures.iter().filter(is_face).map(|picture| picture.who);
        let pictured: Vec<ParticipantId> = faces.filter(|who| self.may_show(room, *who)).collect();
        let lead = room.lead();
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let changed = session.view.director.as_mut().is_some_and(|director| director.direct(lead, &pictured, now));
        if changed {
            self.reassign_one(id);
        }
    }

    fn may_show(&self, room: &Room, who: ParticipantId) -> bool {
        let publisher = room.session_of(who).and_then(|session| self.sessions.get(&session));
        publisher.is_some_and(|session| {
            session.tracks.camera.is_some() && session.pictures.of(VideoSource::Camera).may_show(self.now)
        })
    }

    /// Another leads: watchers with fewer places than there are voices hear them now. Pictures follow more calmly.
    pub(super) fn follow_lead(&mut self, room: RoomId) {
        let members = self.rooms.get(&room).map(|room| room.members()).unwrap_or_default();
        let watchers = members.iter().filter(|member| member.purpose == Purpose::Watch);
        for id in watchers.map(|member| member.session).collect::<Vec<_>>() {
            self.reassign_one(id);
        }
    }
}
