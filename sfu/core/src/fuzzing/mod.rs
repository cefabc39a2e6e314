//! What must hold of whatever bytes a stranger sends, for each reader of this crate. `make fuzz` looks for bytes of which it does
//! not hold (`e2e/fuzz`); the tests below try those that it kept.

mod datagram;

use std::cell::RefCell;
use std::collections::HashSet;
use std::time::{Duration, Instant};

use shared::codec::VideoCodec;
use shared::control::{Command, Event, KeyLength, Purpose};
use shared::ids::{MeetingId, ParticipantId, RoomId, SessionId};
use shared::limits::{MAX_DRAWING_LOG_BYTES, MAX_DRAWING_LOG_OPS, MAX_SDP_BYTES, MAX_SDP_M_LINES};
use shared::meeting::Role;
use shared::signal::{OfferError, Stage};
use shared::surface::{DrawUp, OpKind};

use crate::drawing::{Board, Verdict};
use crate::offer::Offer;
use crate::payload::Front;
use crate::rtcp::{self, Feedback, MOST_TOLD};
use crate::svc::{Spatial, Splitter};
use crate::{Config, Node, Output, stun};

pub use datagram::datagrams;

/// One packet: the first byte says what reads it, the rest is what it reads.
pub fn packet(data: &[u8]) {
    let Some((kind, rest)) = data.split_first() else { return };
    match kind % 8 {
        0 | 1 => front(VideoCodec::Vp8, rest),
        2 => front(VideoCodec::H264, rest),
        3 => front(VideoCodec::Vp9, rest),
        4 => layers(rest),
        5 => report(rest),
        6 => check(rest),
        _ => board(rest),
    }
}

/// The front of a picture's packet: other numbers put in are read out again, and not one bit besides has changed.
fn front(codec: VideoCodec, payload: &[u8]) {
    let front = Front::read(codec, payload);
    assert!(front.spatial.is_none_or(|spatial| spatial.layer < 8 && codec == VideoCodec::Vp9));
    let Some(ids) = front.ids else { return };
    let patched = |picture, tl0| {
        let mut patched = payload.to_vec();
        ids.replaced_by(picture, tl0).apply(&mut patched);
        patched
    };
    assert_eq!(patched(ids.picture, ids.tl0.unwrap_or_default()), payload);
    for (picture, tl0) in [(0, 0), (0x7fff, 0xff), (0x2a55, 0x5a)] {
        let other = patched(picture, tl0);
        assert_eq!(other.len(), payload.len());
        assert!(other.iter().zip(payload).filter(|(new, old)| new != old).count() <= 3);
        let read = Front::read(codec, &other);
        assert_eq!((read.can_begin, read.spatial), (front.can_begin, front.spatial));
        let in_short = picture & 0x7f;
        assert!(
            read.ids.is_some_and(|read| {
                [picture, in_short].contains(&read.picture) && read.tl0 == ids.tl0.map(|_| tl0)
            })
        );
    }
}

/// A stream with several layers, three bytes for each packet: how far on, and what it says. A number is a nonce: none is given
/// twice in one layer's stream, and none that runs against the order of the packets.
fn layers(data: &[u8]) {
    let mut splitter = Splitter::new(1_000);
    let mut seq = 1_000_u64;
    let mut given: [Vec<(u64, u64)>; 8] = Default::default();
    for step in data.chunks_exact(3).take(1_000) {
        let far = i16::from_be_bytes([step[0], step[1]]);
        seq = seq.saturating_add_signed(i64::from(if step[2] & 0x20 == 0 { far >> 12 } else { far }));
        let spatial = Spatial { layer: step[2] & 7, ends: step[2] & 8 != 0, is_needed_above: step[2] & 16 != 0 };
        for part in splitter.split(seq, spatial) {
            given[usize::from(part.layer)].push((seq, part.seq));
        }
    }
    for mut stream in given {
        stream.sort_unstable();
        let numbers: HashSet<u64> = stream.iter().map(|(_, number)| *number).collect();
        assert_eq!(numbers.len(), stream.len(), "a number was given twice");
        assert!(stream.is_sorted_by_key(|(_, number)| *number));
    }
}

/// A subscriber's report: no more is told by it than a report may tell.
fn report(compound: &[u8]) {
    let mut told = 0_u32;
    rtcp::read(compound, |feedback| {
        if let Feedback::Arrivals(arrivals) = feedback {
            arrivals.each(|_, _| told += 1);
        }
        if let Feedback::Carries(bits) = feedback {
            assert!(bits <= u64::from(u32::MAX));
        }
    });
    assert!(told <= u32::from(MOST_TOLD));
    let _ = (rtcp::is_rtcp(compound), rtcp::reporter(compound));
}

/// A STUN message: what is found in it stands in it, and only in what is one.
fn check(datagram: &[u8]) {
    let username = stun::username(datagram);
    if let Some(name) = username {
        assert!(datagram.windows(name.len().max(1)).any(|part| part == name) || name.is_empty());
    }
    let local = stun::local_ufrag(datagram);
    assert!(local.is_none_or(|local| username.is_some_and(|name| name.starts_with(local.as_bytes()))));
    let is_request = stun::is_stun(datagram) && datagram.len() >= 20;
    let found = username.is_some() || stun::priority(datagram).is_some() || stun::nominates(datagram).is_some();
    assert!(!found || is_request);
}

/// Who draws, with one byte for who and how much is understood, one for how long the operation is, and the operation. The board
/// stays within its bounds, in order, and each may do what their role allows and no more.
fn board(mut data: &[u8]) {
    const ROLES: [Role; 3] = [Role::Moderator, Role::Participant, Role::Observer];
    let mut board = Board::default();
    while let Some(([who, length], rest)) = data.split_first_chunk() {
        let (operation, rest) = rest.split_at(usize::from(*length).min(rest.len()));
        data = rest;
        let (author, role) = (ParticipantId(u16::from(who & 3)), ROLES[usize::from(who & 3).min(2)]);
        if who & 0x80 != 0 {
            board.compact(u32::from(*length));
        }
        let Ok(up) = DrawUp::decode(operation) else { continue };
        let (epoch, kind, size, others) = (board.epoch(), up.kind, up.body.len(), strokes(&board, |by| by != author));
        let is_now = up.epoch == epoch;
        let verdict = board.submit(author, role, up);
        let cleared = kind == OpKind::Clear && verdict == Verdict::Taken;
        assert!(role.may_draw() || matches!(verdict, Verdict::Refused(_)));
        assert!(!cleared || role == Role::Moderator);
        assert!(is_now || verdict != Verdict::Taken);
        assert_eq!(board.epoch(), epoch.wrapping_add(u32::from(cleared)));
        assert!(cleared || strokes(&board, |by| by != author) == others, "somebody else's stroke is gone");
        assert!(
            kind != OpKind::Stroke
                || verdict != Verdict::Taken
                || board.from(0).last().is_some_and(|(_, op)| op.body.len() == size)
        );
    }
    let operations: Vec<_> = board.from(0).collect();
    assert!(operations.len() <= MAX_DRAWING_LOG_OPS && operations.is_sorted_by_key(|(seq, _)| *seq));
    assert!(operations.iter().map(|(_, op)| op.size()).sum::<usize>() <= MAX_DRAWING_LOG_BYTES);
}

fn strokes(board: &Board, of: impl Fn(ParticipantId) -> bool) -> usize {
    board.from(0).filter(|(_, op)| op.kind == OpKind::Stroke && of(op.author)).count()
}

/// An offer: what is taken is within its bounds and an offer of its own session, of no other; and a node that is given it answers
/// it line by line or refuses it, and is as empty as before once it has left.
pub fn offer(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let read = Offer::read(text);
    if let Ok(offer) = &read {
        assert!(text.len() <= MAX_SDP_BYTES && offer.sections.len() <= MAX_SDP_M_LINES);
        let mids: HashSet<_> = offer.sections.iter().map(|section| section.mid).collect();
        assert_eq!(mids.len(), offer.sections.len());
        for section in offer.sections.iter().filter(|section| section.is_twin()) {
            let first = offer.sections.iter().find(|first| first.mid == section.known_as);
            assert!(first.is_some_and(|first| !first.is_twin()));
        }
        assert!(Offer::read_again(text, &offer.outline, &offer.sections).is_ok());
        let other = format!("{text}\r\na=fingerprint:sha-256 00\r\n");
        let other = Offer::read_again(&other, &offer.outline, &offer.sections);
        assert!(other.is_err());
    }
    NODE.with_borrow_mut(|(node, now)| {
        for purpose in [Purpose::Page, Purpose::Publish, Purpose::Watch] {
            let answer = answered(node, *now, SessionId(1), purpose, text);
            assert!(purpose != Purpose::Page || read.is_ok() || answer.is_err());
            if let Ok(answer) = answer {
                let lines = |of: &str| of.lines().filter(|line| line.starts_with("m=")).count();
                assert_eq!(lines(&answer), lines(text));
                assert!(answer.contains("a=ice-lite") && answer.contains("a=fingerprint:sha-256 "));
            }
            node.handle_command(*now, Command::CloseRoom { room: room() });
            while !matches!(node.poll_output(), Output::Timeout(_)) {}
            let stats = node.stats();
            assert_eq!((stats.faults, stats.sessions, stats.rooms, stats.addresses, stats.timers), (0, 0, 0, 0, 0));
        }
    });
}

thread_local! {
    /// Empty before each offer and after it. Another one's certificate would take longer to make than most offers to read.
    static NODE: RefCell<(Node, Instant)> = RefCell::new((node(first_moment()), first_moment()));
}

fn room() -> RoomId {
    RoomId(MeetingId::from_random([1; 16]))
}

#[expect(clippy::disallowed_methods, reason = "a first `Instant`, from which all others are counted")]
fn first_moment() -> Instant {
    Instant::now() + Duration::from_secs(1_000)
}

fn node(now: Instant) -> Node {
    let candidates = vec![datagram::OURS];
    Node::new(Config { tcp_candidates: candidates.clone(), candidates, speakers: 3 }, now)
}

/// Somebody joins; what the node says to it.
fn answered(
    node: &mut Node,
    now: Instant,
    session: SessionId,
    purpose: Purpose,
    offer: &str,
) -> Result<String, OfferError> {
    let participant = ParticipantId(u16::try_from(session.0).unwrap_or_default());
    let (role, stage, keys) = (Role::Moderator, Stage::Room, KeyLength::Bits256);
    let offer = offer.to_owned();
    node.handle_command(now, Command::Join { room: room(), session, participant, role, stage, purpose, keys, offer });
    let mut said = Err(OfferError::Unreadable);
    loop {
        match node.poll_output() {
            Output::Event(Event::Answered { answer, .. }) => said = Ok(answer),
            Output::Event(Event::OfferRefused { error, .. }) => said = Err(error),
            Output::Timeout(_) => return said,
            _ => {}
        }
    }
}

#[cfg(test)]
#[path = "../../../../e2e/fuzz/replay.rs"]
mod replay;

#[cfg(test)]
mod tests {
    use super::replay::replay;

    #[test]
    fn packets() {
        replay("packet", 20_000, super::packet);
    }

    #[test]
    fn offers() {
        replay("offer", 150, super::offer);
    }

    #[test]
    fn datagrams() {
        replay("datagram", 150, super::datagrams);
    }
}
