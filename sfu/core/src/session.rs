//! One connection of one participant: their peer connection, what they may do, and what they are owed.

use std::time::{Duration, Instant};

use str0m::media::MediaKind;
use str0m::rtp::{RtpPacket, Ssrc};

use shared::ids::{ParticipantId, RoomId, SessionId};
use shared::limits::MAX_DRAWING_OPS_PER_SECOND;
use shared::meeting::Role;
use shared::signal::Stage;

use crate::cursor::Cursor;
use crate::drawing::Board;
use crate::forwarder::{Forward, Incoming};
use crate::keyframe::Throttle;
use crate::peer::{Numbers, Peer};
use crate::pointer::Gate;
use crate::rate::Bucket;
use crate::tracks::Tracks;

/// A session that is not connected by then never will be. Longer keeps strangers' half-open sessions for longer.
const CONNECT_WITHIN: Duration = Duration::from_secs(15);
/// How long a peer may be out of reach. str0m says so after 15 s without a STUN (browsers send one every 2–5 s);
/// this much later the session is given up.
const OUT_OF_REACH: Duration = Duration::from_secs(5);

/// What signaling said about a session.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Who {
    pub(crate) session: SessionId,
    pub(crate) room: RoomId,
    pub(crate) participant: ParticipantId,
    pub(crate) role: Role,
    pub(crate) stage: Stage,
}

/// The connection.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) who: Who,
    pub(crate) peer: Peer,
    pub(crate) tracks: Tracks,
    pub(crate) connected: bool,
    pub(crate) keyframes: Throttle,
    pub(crate) pointer: Gate,
    pub(crate) pen: Pen,
    pub(crate) cursor: Cursor,
    /// Whether it waits in the node's list of sessions to flush.
    pub(crate) dirty: bool,
    /// When str0m wants to be woken.
    pub(crate) rtc_timeout: Instant,
    give_up_at: Option<Instant>,
    streams: Vec<(Ssrc, Option<MediaKind>)>,
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
    pub(crate) fn new(who: Who, peer: Peer, tracks: Tracks, now: Instant) -> Self {
        Self {
            who,
            peer,
            tracks,
            connected: false,
            keyframes: Throttle::default(),
            pointer: Gate::default(),
            pen: Pen { rate: Bucket::new(MAX_DRAWING_OPS_PER_SECOND), refused: None, growing: None },
            cursor: Cursor::default(),
            dirty: false,
            rtc_timeout: now,
            give_up_at: Some(now + CONNECT_WITHIN),
            streams: Vec::new(),
        }
    }

    /// In the room and connected: the only state in which anything of the room may be sent.
    pub(crate) fn receives(&self) -> bool {
        self.who.stage == Stage::Room && self.connected
    }

    /// When this session wants to be woken next.
    pub(crate) fn deadline(&self) -> Instant {
        [self.give_up_at, self.keyframes.deadline(), self.pointer.deadline()]
            .into_iter()
            .flatten()
            .fold(self.rtc_timeout, Instant::min)
    }

    /// Whether it has been out of reach for too long, or never came up.
    pub(crate) fn is_given_up(&self, now: Instant) -> bool {
        self.give_up_at.is_some_and(|at| at <= now)
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

    /// What a packet from this peer carries: their microphone's or camera's, as it is forwarded. `None` for
    /// everything else, the reserved screen among it.
    pub(crate) fn incoming(&mut self, packet: RtpPacket) -> Option<(MediaKind, Incoming)> {
        let kind = self.kind_of(packet.header.ssrc)?;
        Some((kind, Incoming::new(self.who.session, packet, kind == MediaKind::Video)))
    }

    fn kind_of(&mut self, ssrc: Ssrc) -> Option<MediaKind> {
        if let Some((_, kind)) = self.streams.iter().find(|(known, _)| *known == ssrc) {
            return *kind;
        }
        let mid = self.peer.mid_of(ssrc);
        let kind = match mid {
            Some(mid) if Some(mid) == self.tracks.microphone => Some(MediaKind::Audio),
            Some(mid) if Some(mid) == self.tracks.camera => Some(MediaKind::Video),
            _ => None,
        };
        // Three m-lines go up; more streams than that are a peer's own invention and are looked up each time.
        if mid.is_some() && self.streams.len() < 8 {
            self.streams.push((ssrc, kind));
        }
        kind
    }

    /// Passes a packet on to this subscriber, if a slot of theirs shows its publisher.
    pub(crate) fn forward(&mut self, from: ParticipantId, kind: MediaKind, packet: &Incoming) -> Passed {
        if !self.receives() {
            return Passed::Nothing;
        }
        let down = self.tracks.down(kind);
        let Some(pt) = down.pt else { return Passed::Nothing };
        let Some(slot) = down.slot_of(from) else { return Passed::Nothing };
        match slot.forwarder.forward(packet) {
            Forward::Send { seq, timestamp, patch } => {
                let numbers = Numbers { seq, timestamp, patch, nackable: kind == MediaKind::Video };
                match self.peer.write_rtp(slot.mid, pt, packet, numbers) {
                    Ok(()) => Passed::Sent,
                    Err(_) => Passed::Fault,
                }
            }
            Forward::AwaitKeyframe => Passed::NeedsKeyframe,
            Forward::TooOld => Passed::Nothing,
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
