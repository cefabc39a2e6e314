//! What signaling says: join, admit, leave, close.

use shared::control::{Command, Event, KeyLength, Purpose};
use shared::ids::{RoomId, SessionId};
use shared::limits::MAX_PARTICIPANTS;
use shared::signal::{OfferError, Stage};

use std::time::Instant;

use str0m::net::TcpType;
use str0m::{Candidate, Rtc};

use crate::crypto;
use crate::device;
use crate::guard::guarded;
use crate::node::{Node, Output};
use crate::offer::Offer;
use crate::peer::Peer;
use crate::reach::Reach;
use crate::room::{Room, SurfaceRule};
use crate::send::Sender;
use crate::session::{Session, Who};
use crate::tracks::Tracks;
use crate::twins;

impl Node {
    /// Signaling says something.
    pub fn handle_command(&mut self, now: Instant, command: Command) {
        self.advance(now);
        match command {
            Command::Join { room, session, participant, role, stage, purpose, keys, offer } => {
                self.join(Who { session, room, participant, role, stage, purpose }, keys, &offer);
            }
            Command::Restart { session, offer } => self.restart(session, &offer),
            Command::Watch { session, closely } => self.watch(session, closely),
            Command::Admit { session } => self.admit(session),
            Command::Share { session, on } => self.share(session, on),
            Command::Surface { room, only_moderators_draw, only_moderators_point } => {
                self.set_surface(room, SurfaceRule { only_moderators_draw, only_moderators_point });
            }
            Command::Look { session, tiles } => self.look(session, tiles),
            Command::Leave { session } => self.leave(session),
            Command::CloseRoom { room } => self.close_room(room),
        }
    }

    /// The node stops: every peer is told goodbye. Poll for output once more afterwards.
    pub fn shutdown(&mut self, now: Instant) {
        self.advance(now);
        let rooms: Vec<RoomId> = self.rooms.keys().copied().collect();
        rooms.into_iter().for_each(|room| self.close_room(room));
    }

    fn join(&mut self, who: Who, keys: KeyLength, offer: &str) {
        let session = who.session;
        // Whatever signaling says: what people see and hear of each other in their pages has 256 bits (D31).
        let keys = if who.purpose == Purpose::Page { KeyLength::Bits256 } else { keys };
        match self.open(who, keys, offer) {
            Ok(answer) => {
                self.out.push_back(Output::Event(Event::Answered { session, answer }));
                self.reassign(who.room);
                if who.stage == Stage::Room {
                    self.tell_slots(session);
                }
                self.drain(session);
            }
            Err(error) => self.out.push_back(Output::Event(Event::OfferRefused { session, error })),
        }
    }

    /// Answers the offer and puts the session into its room.
    fn open(&mut self, who: Who, keys: KeyLength, offer: &str) -> Result<String, OfferError> {
        self.check_place(&who)?;
        let offer = Offer::read(&device::narrowed(offer, who.purpose))?;
        let Offer { sdp, sections, outline } = offer;
        let mut rtc = self.new_rtc(keys)?;
        let answer = guarded(|| rtc.sdp_api().accept_offer(sdp).map(|answer| answer.to_sdp_string()));
        let answer = answer.ok().and_then(Result::ok).ok_or(OfferError::Unusable)?;
        device::check(who.purpose, &rtc, &sections)?;
        let now = self.now;
        let built = guarded(|| {
            let mut peer = Peer::new(rtc, who.purpose);
            let streams = peer.take_streams(&sections);
            let tracks = Tracks::negotiated(peer.rtc(), &sections, &streams)?;
            let answer = twins::complete(&answer, &sections, &streams)?;
            let sender = Sender::new(peer.rtc(), &tracks.streams(peer.rtc(), &streams), now);
            Some((answer, peer, sender, tracks, Reach::new(outline, sections, streams, now)))
        });
        let (answer, mut peer, sender, tracks, reach) = built.ok().flatten().ok_or(OfferError::Unusable)?;
        self.drop_older(&who);
        self.demux.insert(who.session, peer.ufrag());
        self.sessions.insert(who.session, Box::new(Session::new(who, peer, sender, tracks, reach, self.now)));
        let speakers = self.config.speakers;
        self.rooms.entry(who.room).or_insert_with(|| Room::new(speakers)).add(who);
        Ok(answer)
    }

    /// The room is full for everybody but those who replace a session of their own.
    fn check_place(&self, who: &Who) -> Result<(), OfferError> {
        let Some(room) = self.rooms.get(&who.room) else { return Ok(()) };
        let others = room.members().iter().filter(|member| member.participant != who.participant).count();
        if others < MAX_PARTICIPANTS { Ok(()) } else { Err(OfferError::RoomFull) }
    }

    fn new_rtc(&self, keys: KeyLength) -> Result<Rtc, OfferError> {
        let config = self.rtc_config.clone().set_crypto_provider(crypto::provider(keys));
        let (now, candidates, tcp_candidates) = (self.now, &self.config.candidates, &self.config.tcp_candidates);
        let built = guarded(|| {
            let mut rtc = config.build(now);
            for candidate in candidates.iter().filter_map(|address| Candidate::host(*address, "udp").ok()) {
                rtc.add_local_candidate(candidate);
            }
            for address in tcp_candidates {
                let passive = Candidate::builder().tcp().host(*address).tcptype(TcpType::Passive).build();
                if let Ok(candidate) = passive {
                    rtc.add_local_candidate(candidate);
                }
            }
            rtc
        });
        built.map_err(|_| OfferError::Unusable)
    }

    /// The newer session of a participant wins.
    fn drop_older(&mut self, who: &Who) {
        let older = self.rooms.get(&who.room).and_then(|room| room.session_of(who.participant));
        for session in older.into_iter().chain([who.session]) {
            self.leave(session);
        }
    }

    /// Raises a lobby session in place: its slots fill, the picture goes out, everybody it now sees is asked for
    /// a keyframe.
    fn admit(&mut self, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if session.who.stage == Stage::Room {
            return;
        }
        session.who.stage = Stage::Room;
        let room = session.who.room;
        if let Some(members) = self.rooms.get_mut(&room) {
            members.admit(id);
        }
        self.reassign(room);
        self.tell_slots(id);
        self.pump(id);
    }

    /// Somebody's screen is for everybody to see, or no longer.
    fn share(&mut self, id: SessionId, on: bool) {
        let Some(who) = self.sessions.get(&id).map(|session| session.who) else { return };
        if let Some(members) = self.rooms.get_mut(&who.room) {
            members.share(who.participant, on);
            self.reassign(who.room);
        }
    }

    fn leave(&mut self, id: SessionId) {
        if let Some(session) = self.take_out(id) {
            session.peer.close(session.route, &mut self.out);
        }
    }

    fn close_room(&mut self, room: RoomId) {
        let Some(closed) = self.rooms.remove(&room) else { return };
        for who in closed.members() {
            self.leave(who.session);
        }
    }
}
