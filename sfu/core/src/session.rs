//! One connection of one participant: their peer connection, what they may do, and what they are owed.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use str0m::media::Rid;
use str0m::rtp::{RtpPacket, Ssrc};

use shared::control::{KeyLength, Purpose};
use shared::ids::{ParticipantId, RoomId, SessionId};
use shared::limits::{CAMERA_LAYERS, MAX_DRAWING_OPS_PER_SECOND};
use shared::meeting::Role;
use shared::quality::Quality;
use shared::signal::{Picture, Stage, Undecodable, VideoSource};

use crate::cursor::Cursor;
use crate::drawing::Board;
use crate::forwarder::{Forward, Incoming};
use crate::guard::guarded;
use crate::layers::Pictures;
use crate::peer::Peer;
use crate::pointer::Gate;
use crate::quality::{Arrivals, Figures, Judge, Tally};
use crate::rate::Bucket;
use crate::reach::Reach;
use crate::room::Room;
use crate::route::{Nominations, Route};
use crate::send::{Numbers, Sender};
use crate::svc::Splitter;
use crate::tracks::{Feed, Tracks};
use crate::view::View;

/// A session that is not connected by then never will be. Longer keeps strangers' half-open sessions for longer.
const CONNECT_WITHIN: Duration = Duration::from_secs(15);
/// How long a peer may be out of reach. str0m says so after 15 s without a STUN (browsers send one every 2–5 s);
/// this much later the session is given up.
const OUT_OF_REACH: Duration = Duration::from_secs(5);
/// How long a peer has to come by the new path that it asked for. Longer keeps the faces of those frozen who never do.
const RESTART_WITHIN: Duration = Duration::from_secs(10);

/// What signaling said about a session.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Who {
    pub(crate) session: SessionId,
    pub(crate) room: RoomId,
    pub(crate) participant: ParticipantId,
    pub(crate) role: Role,
    pub(crate) stage: Stage,
    pub(crate) purpose: Purpose,
}

impl Who {
    /// Whether pointers and drawings are for them: from the lobby nothing is taken and to it nothing is sent, and a device
    /// has no channel for them.
    pub(crate) fn has_surface(&self) -> bool {
        self.stage == Stage::Room && self.purpose == Purpose::Page
    }
}

/// The connection.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) who: Who,
    pub(crate) peer: Peer,
    pub(crate) sender: Sender,
    /// Where everything goes.
    pub(crate) route: Option<Route>,
    pub(crate) nominations: Nominations,
    /// What was last said of where its media comes from.
    told_path: Option<IpAddr>,
    pub(crate) tracks: Tracks,
    pub(crate) connected: bool,
    /// How long those are that DTLS agreed on.
    pub(crate) keys: Option<KeyLength>,
    pub(crate) reach: Reach,
    /// As a publisher: the layers of its pictures, and the keyframes that are asked for of each.
    pub(crate) pictures: Pictures,
    /// As a subscriber: what it shows, and what its connection carries.
    pub(crate) view: View,
    pub(crate) pointer: Gate,
    pub(crate) pen: Pen,
    pub(crate) cursor: Cursor,
    /// Whether it waits in the node's list of sessions to flush.
    pub(crate) dirty: bool,
    /// Whether something was written to `peer`.
    pub(crate) peer_dirty: bool,
    /// When str0m wants to be woken.
    pub(crate) rtc_timeout: Instant,
    give_up_at: Option<Instant>,
    streams: Vec<Known>,
    judge: Judge,
}

/// The limits on one person's drawing.
#[derive(Debug)]
pub(crate) struct Pen {
    pub(crate) rate: Bucket,
    /// The object of the last refusal: what is still on its way for it is dropped without another word.
    pub(crate) refused: Option<u32>,
    /// The object that grew last.
    pub(crate) growing: Option<u32>,
}

impl Session {
    pub(crate) fn new(who: Who, peer: Peer, sender: Sender, tracks: Tracks, reach: Reach, now: Instant) -> Self {
        Self {
            who,
            peer,
            sender,
            route: None,
            nominations: Nominations::default(),
            told_path: None,
            tracks,
            connected: false,
            keys: None,
            reach,
            pictures: Pictures::new(),
            view: View::new(who.purpose, now),
            pointer: Gate::default(),
            pen: Pen { rate: Bucket::new(MAX_DRAWING_OPS_PER_SECOND), refused: None, growing: None },
            cursor: Cursor::default(),
            dirty: false,
            peer_dirty: false,
            rtc_timeout: now,
            give_up_at: Some(now + CONNECT_WITHIN),
            streams: Vec::new(),
            judge: Judge::new(now),
        }
    }

    /// In the room and connected: the only state in which anything of the room may be sent.
    pub(crate) fn receives(&self) -> bool {
        self.who.stage == Stage::Room && self.connected
    }

    /// Where its media comes from, when it is connected and that was not said yet.
    pub(crate) fn new_path(&mut self) -> Option<IpAddr> {
        let address = self.route.filter(|_| self.connected)?.destination.ip().to_canonical();
        (self.told_path.replace(address) != Some(address)).then_some(address)
    }

    /// When this session wants to be woken next.
    pub(crate) fn deadline(&self) -> Instant {
        let look = self.connected.then_some(self.view.next_look);
        let session = [self.give_up_at, self.reach.deadline(), self.pointer.deadline(), look];
        session
            .into_iter()
            .chain([self.sender.deadline(), self.pictures.keyframes_due()])
            .flatten()
            .fold(self.rtc_timeout, Instant::min)
    }

    /// Whether it has been out of reach for too long, or never came up.
    pub(crate) fn is_given_up(&self, now: Instant) -> bool {
        self.give_up_at.is_some_and(|at| at <= now) || self.reach.is_silent(now)
    }

    /// ICE and DTLS are up.
    pub(crate) fn set_connected(&mut self) {
        self.connected = true;
        self.give_up_at = None;
    }

    /// ICE came up or went down.
    pub(crate) fn set_reachable(&mut self, reachable: bool, now: Instant) {
        if self.connected {
            self.give_up_at = (!reachable).then(|| now + OUT_OF_REACH);
        }
    }

    /// The peer is to come by another path. str0m waits for it for ever.
    pub(crate) fn set_restarting(&mut self, now: Instant) {
        if self.connected {
            self.give_up_at = Some(now + RESTART_WITHIN);
        }
    }

    /// What a packet from this peer carries: of their microphone, camera or screen, as it is forwarded. `None` for
    /// everything else.
    pub(crate) fn incoming(&mut self, packet: RtpPacket) -> Option<Arrived> {
        let (ssrc, now) = (packet.header.ssrc, packet.timestamp);
        let Source { feed, layer, is_named } = self.source_of(ssrc, *packet.seq_no)?;
        let Feed::Picture(of) = feed else {
            let packet = Incoming::new(self.who.session, packet, None, layer);
            return Some(Arrived { feed, packet, begins: false });
        };
        let codec = self.tracks.codecs.sent_as(packet.header.payload_type)?;
        let layers = self.pictures.of_mut(of);
        if !layers.takes(codec, now) {
            return None;
        }
        let mut packet = Incoming::new(self.who.session, packet, Some(codec), layer);
        // Where layers have streams of their own, each is passed on whole.
        packet.spatial = packet.spatial.filter(|_| !is_named);
        let layer = packet.spatial.map_or(layer, |spatial| spatial.layer);
        if packet.spatial.is_some() {
            layers.set_one_stream();
        }
        let begins = layers.note(layer, packet.payload.len(), now);
        Some(Arrived { feed, packet, begins })
    }

    /// The streams of single layers that a packet of a stream with several is part of.
    pub(crate) fn split(&mut self, packet: &Incoming) -> Vec<Incoming> {
        let (Some(spatial), ssrc) = (packet.spatial, packet.source.ssrc) else { return Vec::new() };
        let Some(known) = self.streams.iter_mut().find(|known| *known.ssrc == ssrc) else { return Vec::new() };
        let splitter = known.splitter.get_or_insert_with(|| Box::new(Splitter::new(packet.seq)));
        splitter.split(packet.seq, spatial).map(|part| packet.part(part)).collect()
    }

    /// Whether anything ever came of them. What else they report is of no use to str0m, which takes a hundred times as long to
    /// read it as we do.
    pub(crate) fn publishes(&self) -> bool {
        !self.streams.is_empty()
    }

    fn source_of(&mut self, ssrc: Ssrc, seq: u64) -> Option<Source> {
        if let Some(known) = self.streams.iter_mut().find(|known| known.ssrc == ssrc) {
            known.arrivals.note(seq);
            return known.source;
        }
        let (mid, rid) = self.peer.stream_of(ssrc)?;
        let is_named = rid.is_some();
        let source = if Some(mid) == self.tracks.microphone {
            Some(Source { feed: Feed::Voice, layer: 0, is_named })
        } else if Some(mid) == self.tracks.camera {
            layer_of(rid).map(|layer| Source { feed: Feed::Picture(VideoSource::Camera), layer, is_named })
        } else if Some(mid) == self.tracks.screen {
            Some(Source { feed: Feed::Picture(VideoSource::Screen), layer: 0, is_named })
        } else {
            None
        };
        if let (Some(_), Some(Source { feed: Feed::Picture(VideoSource::Camera), .. })) = (rid, source) {
            self.pictures.of_mut(VideoSource::Camera).set_simulcast();
        }
        // One voice, three layers of a camera, a screen; more streams than that are a peer's own invention and are
        // looked up each time.
        if self.streams.len() < 12 {
            self.streams.push(Known { ssrc, source, arrivals: Arrivals::default(), splitter: None });
        }
        source
    }

    /// Asks this publisher for a keyframe of one layer. Whether there was a stream to ask for.
    pub(crate) fn request_keyframe(&mut self, of: VideoSource, layer: u8) -> bool {
        let layer = if self.pictures.of(of).is_one_stream() { 0 } else { layer };
        let is_wanted = |source: Source| source.feed == Feed::Picture(of) && source.layer == layer;
        let stream = self.streams.iter().find(|known| known.source.is_some_and(is_wanted));
        stream.is_some_and(|known| self.peer.request_keyframe(known.ssrc))
    }

    /// How well this connection serves, when that is something new.
    pub(crate) fn judge(&mut self, now: Instant) -> Option<Quality> {
        if !self.judge.is_due(now) {
            return None;
        }
        let (up, down) = self.tallies();
        self.judge.judge(Figures { up, down, round_trip: self.sender.round_trip() }, now)
    }

    /// How well this connection serves, as it was said.
    pub(crate) fn quality(&self) -> Quality {
        self.judge.said()
    }

    /// What came of what this publisher sent, and of what was sent to this subscriber.
    pub(crate) fn tallies(&self) -> (Tally, Tally) {
        let up = self.streams.iter().map(|known| known.arrivals.tally()).fold(Tally::default(), Tally::plus);
        (up, self.sender.told())
    }

    /// Fills this subscriber's slots anew.
    pub(crate) fn refill(&mut self, room: &Room) -> Refilled {
        let before = self.tracks.as_slots();
        let (mut pictures, first) = self.decodable(room);
        self.view.order(&mut pictures, first);
        let newly_seen = match self.who.purpose {
            Purpose::Watch => self.tracks.video.assign_led(&pictures),
            Purpose::Page | Purpose::Publish => self.tracks.video.assign(&pictures),
        };
        self.tracks.audio.assign(&room.voices_for(&self.who));
        let changed = self.who.stage == Stage::Room && self.tracks.as_slots() != before;
        Refilled { changed, newly_seen }
    }

    /// As [`Room::pictures_for`], without what this subscriber has no codec for, which is noted.
    fn decodable(&mut self, room: &Room) -> (Vec<Picture>, usize) {
        let (mut pictures, first) = room.pictures_for(&self.who);
        let foreign = |picture: &Picture| self.undecodable(room, *picture);
        let hidden = pictures.iter().take(first).filter_map(foreign).count();
        let undecodable: Vec<Undecodable> = pictures.iter().filter_map(foreign).collect();
        pictures.retain(|picture| undecodable.iter().all(|hidden| hidden.picture != *picture));
        self.tracks.undecodable = undecodable;
        (pictures, first - hidden)
    }

    /// The picture, when it is encoded as this subscriber has not agreed to take it. What nobody has sent yet can be anything.
    pub(crate) fn undecodable(&self, room: &Room, picture: Picture) -> Option<Undecodable> {
        let codec = room.codec_of(picture)?;
        self.tracks.codecs.pictures_in(codec).is_none().then_some(Undecodable { picture, codec })
    }

    /// Passes a packet on to this subscriber, if a slot of theirs carries what it is part of.
    pub(crate) fn forward(&mut self, from: ParticipantId, feed: Feed, packet: &Incoming, now: Instant) -> Passed {
        if !self.receives() {
            return Passed::Nothing;
        }
        let codecs = &self.tracks.codecs;
        let types = packet.codec.map_or(codecs.opus, |codec| codecs.pictures_in(codec));
        let slot = match feed {
            Feed::Voice => self.tracks.audio.slot_of(from),
            Feed::Picture(source) => self.tracks.video.slot_of(Picture { who: from, source }),
        };
        let Some((types, slot)) = types.zip(slot) else { return Passed::Nothing };
        match slot.forward(packet) {
            Forward::Send { seq, timestamp, patch } => {
                let numbers = Numbers { seq, timestamp, patch, types };
                let (sender, stream) = (&mut self.sender, slot.stream);
                match guarded(|| sender.forward(stream, packet, numbers, now)) {
                    Ok(()) => Passed::Sent,
                    Err(_) => Passed::Fault,
                }
            }
            Forward::AwaitKeyframe => Passed::NeedsKeyframe,
            Forward::TooOld | Forward::NotShown => Passed::Nothing,
        }
    }

    /// Sends what is new on the board while there is room. Whether anything was sent.
    pub(crate) fn pump(&mut self, board: &Board) -> bool {
        let mut sent = false;
        while self.receives() && self.peer.has_room_for_drawing() {
            let Some((message, moved)) = self.cursor.next_message(board) else { break };
            if !self.peer.write_drawing(&message) {
                break;
            }
            self.cursor.advance(moved);
            sent = true;
        }
        sent
    }
}

/// What filling a subscriber's slots came to.
#[derive(Debug)]
pub(crate) struct Refilled {
    /// Their page must be told.
    pub(crate) changed: bool,
    /// What they see now and did not before.
    pub(crate) newly_seen: Vec<Picture>,
}

/// One of a publisher's streams.
#[derive(Debug)]
struct Known {
    ssrc: Ssrc,
    /// `None` for a stream that is no part of anything.
    source: Option<Source>,
    arrivals: Arrivals,
    /// Of a stream with several layers.
    splitter: Option<Box<Splitter>>,
}

/// A publisher's packet.
#[derive(Debug)]
pub(crate) struct Arrived {
    pub(crate) feed: Feed,
    pub(crate) packet: Incoming,
    /// Whether a layer of the picture begins with it.
    pub(crate) begins: bool,
}

/// What one of a publisher's streams carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Source {
    feed: Feed,
    layer: u8,
    /// It is one of several streams, each with the name of its layer.
    is_named: bool,
}

/// The layer of that name; a camera without layers has one. `None` for a name that the page does not use.
fn layer_of(rid: Option<Rid>) -> Option<u8> {
    let Some(rid) = rid else { return Some(0) };
    (0_u8..).zip(&CAMERA_LAYERS).find(|(_, layer)| layer.rid == &*rid).map(|(index, _)| index)
}

/// What became of a packet at one subscriber.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Passed {
    Sent,
    Nothing,
    /// Their slot cannot begin with this packet.
    NeedsKeyframe,
    /// The subscriber's peer is broken.
    Fault,
}
