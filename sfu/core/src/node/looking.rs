//! Which layers flow: chosen for each subscriber by what its page shows and its connection carries, and told to each
//! publisher, whose encoder rests what nobody watches.

use shared::control::Event;
use shared::ids::SessionId;
use shared::signal::{Stage, Tile};

use crate::allocation::{Want, allocate, least, next_step, total};
use crate::layers::{LayerSet, MOST_LAYERS};
use crate::node::{Node, Output};
use crate::view::{Aim, LOOK_EVERY};

/// Kept for each voice in a slot, bits per second: Opus at its usual rate with headers.
const PER_VOICE: u64 = 50_000;
/// Looked for beyond what all wishes take, percent: measured rates lie a little below what encoders may use.
const HEADROOM_PERCENT: u64 = 120;

impl Node {
    /// A page said what it shows.
    pub(super) fn look(&mut self, id: SessionId, tiles: Vec<Tile>) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.view.set(tiles);
        let room = session.who.room;
        self.reassign(room);
        self.choose_layers(id);
    }

    /// A quarter of a second has passed.
    pub(super) fn look_again(&mut self, id: SessionId) {
        let now = self.now;
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.view.next_look = now + LOOK_EVERY;
        self.choose_layers(id);
        self.tell_wanted_layers(id);
    }

    /// Chooses the layer of each of a subscriber's slots.
    pub(super) fn choose_layers(&mut self, id: SessionId) {
        let now = self.now;
        let Some(session) = self.sessions.get(&id).filter(|session| session.who.stage == Stage::Room) else { return };
        let Some(room) = self.rooms.get(&session.who.room) else { return };
        let mut wants = Vec::new();
        let mut unseen = Vec::new();
        for (index, (shown, slot)) in
            session.tracks.video.assignment.iter().zip(&session.tracks.video.slots).enumerate()
        {
            let Some(who) = shown else { continue };
            let publisher = room.session_of(*who).and_then(|publisher| self.sessions.get(&publisher));
            // A moderator sees who knocks, whatever else the page shows.
            let knocks = publisher.is_some_and(|publisher| publisher.who.stage == Stage::Lobby);
            let wish = session.view.wish(*who).or(knocks.then_some(0));
            let (Some(camera), Some(wish)) = (publisher.map(|publisher| &publisher.camera), wish) else {
                unseen.push(index);
                continue;
            };
            let bits = std::array::from_fn(|layer| camera.bits_per_second(layer as u8));
            let want = Want { wish: wish.min(camera.largest(now)), bits, has: slot.wanted };
            // Who speaks comes before who does not, whatever the order of the tiles.
            let rank = (!room.has_floor(*who), session.view.rank(*who));
            wants.push((rank, index, want));
        }
        wants.sort_by_key(|(rank, index, _)| (*rank, *index));
        let only: Vec<Want> = wants.iter().map(|(_, _, want)| *want).collect();
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let voices = PER_VOICE * session.tracks.audio.assignment.iter().flatten().count() as u64;
        let budget = session.view.budget(voices);
        let may_pause = session.view.may_pause(budget, least(&only), now);
        let granted = allocate(&only, budget, may_pause);
        let next = next_step(&only, &granted);
        let mut targets: Vec<_> = unseen.into_iter().map(|index| (index, None, None)).collect();
        for ((_, index, _), granted) in wants.iter().zip(granted) {
            targets.push((*index, granted, self.nearest_to(id, *index, granted)));
        }
        let Some(session) = self.sessions.get_mut(&id) else { return };
        for (index, wanted, target) in targets {
            if let Some(slot) = session.tracks.video.slots.get_mut(index) {
                slot.wanted = wanted;
                slot.aim(target);
            }
        }
        let aim = Aim {
            sustain: next.map_or(0, |next| next + voices),
            reach: (total(&only) + voices) * HEADROOM_PERCENT / 100,
        };
        if session.connected && session.view.is_new_aim(aim) {
            session.peer.aim_for(aim);
        }
    }

    /// The layer to send instead of that one: what its publisher sends that comes nearest.
    fn nearest_to(&self, subscriber: SessionId, slot: usize, layer: Option<u8>) -> Option<u8> {
        let session = self.sessions.get(&subscriber)?;
        let who = session.tracks.video.assignment.get(slot).copied().flatten()?;
        let publisher = self.rooms.get(&session.who.room)?.session_of(who)?;
        Some(self.sessions.get(&publisher)?.camera.nearest(layer?, self.now))
    }

    /// Whether anybody's slot is to carry that layer of this publisher's camera.
    pub(super) fn is_watched(&self, publisher: SessionId, layer: u8) -> bool {
        let Some(who) = self.sessions.get(&publisher).map(|session| session.who) else { return false };
        let Some(room) = self.rooms.get(&who.room) else { return false };
        let mut subscribers = room.members().iter().filter_map(|member| self.sessions.get(&member.session));
        subscribers.any(|session| session.receives() && session.tracks.watches(who.participant, layer))
    }

    /// Tells a publisher which of its layers are watched, when that has changed. As long as anybody watches, the smallest
    /// is wanted too: it is what everybody falls back to.
    pub(super) fn tell_wanted_layers(&mut self, id: SessionId) {
        let now = self.now;
        let mut watched = LayerSet::default();
        for layer in (0..MOST_LAYERS as u8).filter(|layer| self.is_watched(id, *layer)) {
            watched.insert(layer);
            watched.insert(0);
        }
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if let Some(wanted) = session.camera.watched(watched, now) {
            let event = Event::LayersWanted { session: id, camera: wanted.to_vec() };
            self.out.push_back(Output::Event(event));
        }
    }
}
