//! Who gets whose packets.

use str0m::rtp::RtpPacket;

use shared::control::Event;
use shared::ids::{RoomId, SessionId};
use shared::limits::VIDEO_SLOTS;
use shared::signal::{Picture, Stage, VideoSource};

use crate::forwarder::Incoming;
use crate::layers::MOST_LAYERS;
use crate::node::{Node, Output};
use crate::session::{Arrived, Passed, Who};
use crate::speakers::Hearing;
use crate::tracks::Feed;

impl Node {
    /// A publisher's packet came: of a picture it is passed on, of a voice only when its owner has the floor.
    pub(super) fn published(&mut self, id: SessionId, packet: RtpPacket) {
        self.stats.rtp_in += 1;
        let Some(publisher) = self.sessions.get_mut(&id) else { return };
        let who = publisher.who;
        let Some(Arrived { feed, packet, begins }) = publisher.incoming(packet) else { return };
        if feed == Feed::Voice {
            let Some(room) = self.rooms.get_mut(&who.room) else { return };
            let led_by = room.lead();
            let hearing = room.hear(&who, packet.tags.audio_level, &packet);
            if room.lead() != led_by {
                self.follow_lead(who.room);
            }
            match hearing {
                Hearing::Passed => {}
                Hearing::Begins(kept) => {
                    self.reassign_voices(who.room);
                    kept.iter().for_each(|before| self.fan_out(id, &who, feed, before));
                }
                Hearing::Kept => return,
            }
        }
        if begins {
            self.begun(&who, feed, &packet);
        }
        if packet.spatial.is_none() {
            return self.fan_out(id, &who, feed, &packet);
        }
        let parts = self.sessions.get_mut(&id).map(|publisher| publisher.split(&packet)).unwrap_or_default();
        parts.iter().for_each(|part| self.fan_out(id, &who, feed, part));
    }

    /// A layer of a picture begins. Its first packet may be the keyframe that somebody waits for.
    fn begun(&mut self, who: &Who, feed: Feed, packet: &Incoming) {
        let (Some(room), Feed::Picture(source)) = (self.rooms.get_mut(&who.room), feed) else { return };
        let picture = Picture { who: who.participant, source };
        if packet.codec.is_some_and(|codec| room.set_codec(picture, codec)) {
            return self.reassign(who.room); // perhaps not everybody can be shown it
        }
        let sessions: Vec<SessionId> = room.members().iter().map(|member| member.session).collect();
        sessions.into_iter().for_each(|session| self.choose_layers(session));
    }

    /// Passes a packet on to everybody in whose slots it belongs.
    fn fan_out(&mut self, id: SessionId, who: &Who, feed: Feed, packet: &Incoming) {
        let Some(room) = self.rooms.get(&who.room) else { return };
        let now = self.now;
        let mut needs_keyframe = false;
        let mut broken = Vec::new();
        for member in room.members() {
            let Some(subscriber) = self.sessions.get_mut(&member.session) else { continue };
            match subscriber.forward(who.participant, feed, packet, now) {
                Passed::Nothing => {}
                Passed::NeedsKeyframe => needs_keyframe = true,
                Passed::Fault => broken.push(member.session),
                Passed::Sent => {
                    self.stats.rtp_out += 1;
                    if !std::mem::replace(&mut subscriber.dirty, true) {
                        self.dirty.push_back(member.session);
                    }
                }
            }
        }
        broken.into_iter().for_each(|session| self.fault(session));
        if let (true, Feed::Picture(source)) = (needs_keyframe, feed) {
            self.want_keyframe(id, source, packet.source.layer);
        }
    }

    /// A subscriber's decoder asks for a keyframe of whatever is on that stream.
    pub(super) fn keyframe_wanted(&mut self, subscriber: SessionId, stream: usize) {
        let Some(session) = self.sessions.get(&subscriber) else { return };
        let Some((shown, layer)) = session.tracks.shown_on(stream) else { return };
        let publisher = self.rooms.get(&session.who.room).and_then(|room| room.session_of(shown.who));
        if let Some(publisher) = publisher {
            self.want_keyframe(publisher, shown.source, layer);
        }
    }

    pub(super) fn want_keyframe(&mut self, publisher: SessionId, of: VideoSource, layer: u8) {
        let now = self.now;
        let Some(session) = self.sessions.get_mut(&publisher) else { return };
        let layers = session.pictures.of_mut(of);
        let layer = if layers.is_one_stream() { 0 } else { layer };
        let Some(throttle) = layers.keyframes.get_mut(usize::from(layer)) else { return };
        if throttle.request(now) {
            self.ask_for_keyframe(publisher, of, layer);
        }
        self.rearm(publisher);
    }

    /// Sends the request. A publisher that has sent nothing yet begins with a keyframe anyway.
    pub(super) fn ask_for_keyframe(&mut self, publisher: SessionId, of: VideoSource, layer: u8) {
        let Some(session) = self.sessions.get_mut(&publisher) else { return };
        if session.connected && session.request_keyframe(of, layer) {
            self.stats.keyframe_requests += 1;
            self.touch(publisher);
        }
    }

    /// Fills everybody's slots anew, tells those for whom something changed and asks for the keyframes they need.
    pub(super) fn reassign(&mut self, room: RoomId) {
        let Some(members) = self.rooms.get(&room) else { return };
        let mut changed = Vec::new();
        let mut newly_seen: Vec<Picture> = Vec::new();
        for member in members.members() {
            let Some(session) = self.sessions.get_mut(&member.session) else { continue };
            let refilled = session.refill(members);
            newly_seen.extend(refilled.newly_seen);
            if refilled.changed {
                changed.push(member.session);
            }
        }
        let everybody: Vec<SessionId> = members.members().iter().map(|member| member.session).collect();
        changed.into_iter().for_each(|session| self.tell_slots(session));
        everybody.into_iter().for_each(|session| self.choose_layers(session));
        self.begin_to_show(room, newly_seen);
    }

    /// As [`Node::reassign`] for one subscriber, whose view has changed and nobody else's.
    pub(super) fn reassign_one(&mut self, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let room = session.who.room;
        let Some(members) = self.rooms.get(&room) else { return };
        let refilled = session.refill(members);
        if refilled.changed {
            self.tell_slots(id);
        }
        self.choose_layers(id);
        self.begin_to_show(room, refilled.newly_seen);
    }

    /// Somebody newly sees these pictures: their encoders wake, and begin with a keyframe.
    fn begin_to_show(&mut self, room: RoomId, mut pictures: Vec<Picture>) {
        pictures.sort_unstable();
        pictures.dedup();
        for picture in pictures {
            let Some(publisher) = self.rooms.get(&room).and_then(|room| room.session_of(picture.who)) else { continue };
            self.tell_wanted_layers(publisher);
            let watched = self.watched(publisher, picture.source);
            (0..MOST_LAYERS as u8)
                .filter(|layer| watched.has(*layer))
                .for_each(|layer| self.want_keyframe(publisher, picture.source, layer));
        }
    }

    /// As [`Node::reassign`] when only the floor has changed.
    fn reassign_voices(&mut self, room: RoomId) {
        let Some(members) = self.rooms.get(&room) else { return };
        if members.members().len() > VIDEO_SLOTS {
            return self.reassign(room); // not everybody has a slot: who speaks gets one
        }
        let mut changed = Vec::new();
        for member in members.members().iter().filter(|member| member.stage == Stage::Room) {
            let Some(session) = self.sessions.get_mut(&member.session) else { continue };
            let audio = &mut session.tracks.audio;
            let before = audio.assignment.clone();
            audio.assign(&members.voices_for(member));
            if audio.assignment != before {
                changed.push(member.session);
            }
        }
        changed.into_iter().for_each(|session| self.tell_slots(session));
    }

    /// Tells signaling whose media fills which slot of a session.
    pub(super) fn tell_slots(&mut self, id: SessionId) {
        if let Some(session) = self.sessions.get(&id) {
            let slots = session.tracks.as_slots();
            self.out.push_back(Output::Event(Event::SlotsChanged { session: id, slots }));
        }
    }
}
