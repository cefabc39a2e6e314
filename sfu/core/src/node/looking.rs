//! Which layers flow: chosen for each subscriber by what its page shows and its connection carries, and told to each
//! publisher, whose encoder rests what nobody watches.

use shared::control::Event;
use shared::ids::SessionId;
use shared::signal::{Picture, Stage, Tile, VideoSource};

use crate::allocation::{Want, allocate, least, total};
use crate::layers::{LayerSet, MOST_LAYERS};
use crate::node::{Node, Output};
use crate::session::Session;
use crate::view::LOOK_EVERY;

/// Kept for each voice in a slot, bits per second: Opus at its usual rate with headers.
const PER_VOICE: u64 = 50_000;
/// Looked for beyond what all wishes take, percent: measured rates lie a little below what encoders may use.
const HEADROOM_PERCENT: u64 = 120;

impl Node {
    /// A page said what it shows.
    pub(super) fn look(&mut self, id: SessionId, tiles: Vec<Tile>) {
        if let Some(session) = self.sessions.get_mut(&id) {
            session.view.set(tiles);
            self.reassign_one(id);
        }
    }

    /// A quarter of a second has passed.
    pub(super) fn look_again(&mut self, id: SessionId) {
        let now = self.now;
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.view.next_look = now + LOOK_EVERY;
        if let Some(quality) = session.judge(now) {
            self.out.push_back(Output::Event(Event::Quality { session: id, quality }));
        }
        self.direct(id);
        self.choose_layers(id);
        // Also those who have sent nothing yet: perhaps because they were told that nobody watches.
        self.tell_wanted_layers(id);
        if let Some(session) = self.sessions.get_mut(&id) {
            session.sender.consider_probe(now);
        }
    }

    /// Chooses the layer of each of a subscriber's slots.
    pub(super) fn choose_layers(&mut self, id: SessionId) {
        let now = self.now;
        let Some(session) = self.sessions.get(&id).filter(|session| session.who.stage == Stage::Room) else { return };
        let Some(room) = self.rooms.get(&session.who.room) else { return };
        let mut faces = Vec::new();
        let mut unseen = Vec::new();
        for (index, (shown, slot)) in
            session.tracks.video.assignment.iter().zip(&session.tracks.video.slots).enumerate()
        {
            let Some(picture) = shown else { continue };
            let publisher = room.session_of(picture.who).and_then(|publisher| self.sessions.get(&publisher));
            // A moderator sees who knocks, whatever else the page shows.
            let knocks = publisher.is_some_and(|publisher| publisher.who.stage == Stage::Lobby);
            let wish = session.view.wish(*picture).or(knocks.then_some(0));
            let layers = publisher.map(|publisher| publisher.pictures.of(picture.source));
            let (Some(layers), Some(wish)) = (layers, wish) else {
                unseen.push(index);
                continue;
            };
            let want = Want {
                wish: wish.min(layers.largest(now)),
                bits: std::array::from_fn(|layer| layers.bits_per_second(layer as u8)),
                has: slot.wanted,
            };
            // The screen is what is spoken about; then who speaks comes before who does not, whatever the order of the tiles.
            let is_face = picture.source == VideoSource::Camera;
            let rank = (is_face, !room.has_floor(picture.who), session.view.rank(*picture), index);
            let nearest: [u8; MOST_LAYERS] = std::array::from_fn(|layer| layers.nearest(layer as u8, now));
            faces.push((rank, index, want, nearest));
        }
        faces.sort_by_key(|(rank, ..)| *rank);
        let wants: Vec<Want> = faces.iter().map(|(_, _, want, _)| *want).collect();
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let voices = PER_VOICE * session.tracks.audio.assignment.iter().flatten().count() as u64;
        let budget = session.sender.estimate().map(|estimate| estimate.saturating_sub(voices));
        let may_pause = session.view.may_pause(budget, least(&wants), now);
        let granted = allocate(&wants, budget, may_pause);
        let shown = faces.iter().zip(granted).map(|((_, index, _, nearest), granted)| {
            (*index, granted, granted.and_then(|layer| nearest.get(usize::from(layer)).copied()))
        });
        for (index, wanted, target) in shown.chain(unseen.into_iter().map(|index| (index, None, None))) {
            if let Some(slot) = session.tracks.video.slots.get_mut(index) {
                slot.wanted = wanted;
                slot.aim(target);
            }
        }
        session.sender.set_wanted((total(&wants) + voices) * HEADROOM_PERCENT / 100);
    }

    /// Which layers of a publisher's picture anybody's slot is to carry.
    pub(super) fn watched(&self, publisher: SessionId, source: VideoSource) -> LayerSet {
        let mut watched = LayerSet::default();
        let Some(who) = self.sessions.get(&publisher).map(|session| session.who) else { return watched };
        let Some(room) = self.rooms.get(&who.room) else { return watched };
        if source == VideoSource::Screen && !room.is_shared_by(who.participant) {
            return watched;
        }
        let picture = Picture { who: who.participant, source };
        let subscribers = room.members().iter().filter_map(|member| self.sessions.get(&member.session));
        let layers = subscribers.filter(|session| session.receives()).filter_map(|s| s.tracks.watches(picture));
        layers.for_each(|layer| watched.insert(layer));
        watched
    }

    /// Tells a publisher which layers of its pictures are watched, when that has changed. As long as anybody watches, the
    /// smallest is wanted too: it is what everybody falls back to.
    pub(super) fn tell_wanted_layers(&mut self, id: SessionId) {
        let now = self.now;
        // To find out takes a look at everybody's slots; whoever only watches has nobody to ask it for.
        let has_pictures = |session: &Session| session.tracks.camera.or(session.tracks.screen).is_some();
        if !self.sessions.get(&id).is_some_and(|session| has_pictures(session)) {
            return;
        }
        let mut camera = self.watched(id, VideoSource::Camera);
        if camera != LayerSet::default() {
            camera.insert(0);
        }
        let screen = self.watched(id, VideoSource::Screen);
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if let Some((camera, screen)) = session.pictures.watched(camera, screen, now) {
            let event = Event::LayersWanted { session: id, camera: camera.to_vec(), screen: screen.has(0) };
            self.out.push_back(Output::Event(event));
        }
    }
}
