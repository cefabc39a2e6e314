//! Makes one slot one continuous stream, whoever fills it: sequence numbers without a jump, timestamps that go
//! on in time, and where pictures have ids, ids that go on too (RFC 7741 section 4.2).
//!
//! A change of source waits for a keyframe: a decoder must never apply one person's changes to another's picture.
//! What is read of payloads stands in `payload`.

use std::sync::Arc;
use std::time::Instant;

use shared::codec::VideoCodec;
use shared::ids::SessionId;
use str0m::rtp::RtpPacket;

use crate::payload::{Front, Ids, Patch};
use crate::send::Tags;
use crate::svc::{Part, Spatial};

/// A packet on its way from a publisher to all subscribers: the payload is shared, never copied per subscriber.
#[derive(Debug, Clone)]
pub(crate) struct Incoming {
    pub(crate) source: Source,
    pub(crate) seq: u64,
    pub(crate) timestamp: u32,
    pub(crate) marker: bool,
    pub(crate) tags: Tags,
    pub(crate) payload: Arc<[u8]>,
    pub(crate) arrived: Instant,
    /// How the picture is encoded; `None` for audio.
    pub(crate) codec: Option<VideoCodec>,
    /// Read once per packet.
    pub(crate) ids: Option<Ids>,
    /// Its place in a stream with several layers.
    pub(crate) spatial: Option<Spatial>,
    /// Whether a decoder can begin here. Always so for audio.
    pub(crate) can_begin: bool,
}

/// One stream of one publisher; of one that has several layers in it, one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) session: SessionId,
    pub(crate) ssrc: u32,
    /// Which of the picture's layers it is, the smallest is 0. Always 0 for audio.
    pub(crate) layer: u8,
}

impl Incoming {
    /// Takes what is forwarded out of a packet.
    pub(crate) fn new(session: SessionId, packet: RtpPacket, codec: Option<VideoCodec>, layer: u8) -> Self {
        let voice = Front { can_begin: true, ..Front::default() };
        let Front { can_begin, ids, spatial } = codec.map_or(voice, |codec| Front::read(codec, &packet.payload));
        let values = &packet.header.ext_vals;
        let tags = Tags {
            audio_level: values.audio_level,
            voice_activity: values.voice_activity,
            orientation: values.video_orientation,
        };
        Self {
            source: Source { session, ssrc: *packet.header.ssrc, layer },
            seq: *packet.seq_no,
            timestamp: packet.header.timestamp,
            marker: packet.header.marker,
            tags,
            arrived: packet.timestamp,
            codec,
            can_begin,
            ids,
            spatial,
            payload: packet.payload,
        }
    }

    /// The packet as the stream of one layer has it. There a picture ends where the layer does, or where it ends without it.
    pub(crate) fn part(&self, part: Part) -> Self {
        let ends = self.spatial.is_some_and(|spatial| spatial.ends && spatial.layer == part.layer);
        let source = Source { layer: part.layer, ..self.source };
        let whole = Self { source, seq: part.seq, marker: self.marker || ends, ..self.clone() };
        if part.is_empty {
            Self { payload: Arc::default(), ids: None, can_begin: false, marker: false, ..whole }
        } else {
            whole
        }
    }
}

/// What a slot makes of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Forward {
    /// Send it with these numbers.
    Send {
        /// Extended sequence number.
        seq: u64,
        /// RTP timestamp.
        timestamp: u32,
        /// Picture id and TL0PICIDX.
        patch: Option<Patch>,
    },
    /// The slot waits for a keyframe of this source.
    AwaitKeyframe,
    /// From before the slot changed to this source.
    TooOld,
    /// A layer that the slot does not show.
    NotShown,
}

/// Packets that may be missing in a row before what follows is numbered as a new beginning. Receivers guess the upper half of
/// a packet's number from the last one that came (RFC 3711 section 3.3.1): a gap of 2¹⁵, made by a publisher or by several
/// smaller ones with a lossy link, would leave the slot unreadable to them for good, whoever fills it.
const MOST_MISSING: u64 = 512;

/// The numbers of one slot.
#[derive(Debug)]
pub(crate) struct Forwarder {
    clock_rate: u32,
    mapping: Option<Mapping>,
    last: Option<Last>,
}

#[derive(Debug, Clone, Copy)]
struct Mapping {
    source: Source,
    first_in: u64,
    first_out: u64,
    timestamp_offset: u32,
    picture_offset: u16,
    tl0_offset: u8,
}

/// The newest packet sent.
#[derive(Debug, Clone, Copy)]
struct Last {
    seq: u64,
    timestamp: u32,
    at: Instant,
    picture: u16,
    tl0: u8,
}

impl Forwarder {
    pub(crate) fn new(clock_rate: u32) -> Self {
        Self { clock_rate, mapping: None, last: None }
    }

    /// Whether the slot is carrying this source.
    pub(crate) fn carries(&self, source: Source) -> bool {
        self.mapping.is_some_and(|mapping| mapping.source == source)
    }

    /// Whether the slot is carrying anything.
    pub(crate) fn is_running(&self) -> bool {
        self.mapping.is_some()
    }

    /// What follows is not what came before: whatever the slot carries next begins with a keyframe.
    pub(crate) fn interrupt(&mut self) {
        self.mapping = None;
    }

    /// Numbers a packet for this slot.
    pub(crate) fn forward(&mut self, packet: &Incoming) -> Forward {
        if self.is_beyond_reach(packet) {
            self.interrupt();
        }
        let mapping = match self.mapping.filter(|mapping| mapping.source == packet.source) {
            Some(mapping) => mapping,
            None if packet.can_begin => self.change_to(packet),
            None => return Forward::AwaitKeyframe,
        };
        let Some(since) = packet.seq.checked_sub(mapping.first_in) else { return Forward::TooOld };
        let seq = mapping.first_out + since;
        let timestamp = packet.timestamp.wrapping_add(mapping.timestamp_offset);
        self.note(seq, timestamp, packet, &mapping);
        Forward::Send { seq, timestamp, patch: mapping.patch(packet) }
    }

    /// Whether a packet of the stream that the slot carries is too far ahead of the newest.
    fn is_beyond_reach(&self, packet: &Incoming) -> bool {
        let (Some(mapping), Some(last)) = (self.mapping, self.last) else { return false };
        let since = packet.seq.saturating_sub(mapping.first_in);
        mapping.source == packet.source && mapping.first_out + since > last.seq + MOST_MISSING
    }

    fn change_to(&mut self, packet: &Incoming) -> Mapping {
        let (picture, tl0) = ids(packet);
        let mapping = match self.last {
            None => Mapping { source: packet.source, first_in: packet.seq, first_out: 1, ..Mapping::plain(packet) },
            Some(last) => Mapping {
                source: packet.source,
                first_in: packet.seq,
                first_out: last.seq + 1,
                timestamp_offset: self.time_after(&last, packet.arrived).wrapping_sub(packet.timestamp),
                picture_offset: last.picture.wrapping_add(1).wrapping_sub(picture),
                tl0_offset: last.tl0.wrapping_add(1).wrapping_sub(tl0),
            },
        };
        self.mapping = Some(mapping);
        mapping
    }

    /// The timestamp of something that arrives now, on the slot's own clock; at least one tick later than the last.
    fn time_after(&self, last: &Last, arrived: Instant) -> u32 {
        let elapsed = arrived.saturating_duration_since(last.at).as_micros();
        let ticks = (elapsed * u128::from(self.clock_rate) / 1_000_000).max(1);
        last.timestamp.wrapping_add(ticks as u32)
    }

    fn note(&mut self, seq: u64, timestamp: u32, packet: &Incoming, mapping: &Mapping) {
        if self.last.is_some_and(|last| last.seq >= seq) {
            return;
        }
        let (picture, tl0) = ids(packet);
        self.last = Some(Last {
            seq,
            timestamp,
            at: packet.arrived,
            picture: picture.wrapping_add(mapping.picture_offset) & 0x7fff,
            tl0: tl0.wrapping_add(mapping.tl0_offset),
        });
    }
}

impl Mapping {
    fn plain(packet: &Incoming) -> Self {
        let source = packet.source;
        Self { source, first_in: 0, first_out: 0, timestamp_offset: 0, picture_offset: 0, tl0_offset: 0 }
    }

    fn patch(&self, packet: &Incoming) -> Option<Patch> {
        let picture = packet.ids?.picture.wrapping_add(self.picture_offset) & 0x7fff;
        let tl0 = packet.ids?.tl0.unwrap_or_default().wrapping_add(self.tl0_offset);
        packet.ids.map(|ids| ids.replaced_by(picture, tl0))
    }
}

fn ids(packet: &Incoming) -> (u16, u8) {
    (packet.ids.map_or(0, |ids| ids.picture), packet.ids.and_then(|ids| ids.tl0).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    const VIDEO_CLOCK: u32 = 90_000;

    fn packet(session: u64, seq: u64, timestamp: u32, arrived: Instant, keyframe: bool) -> Incoming {
        // X, S and partition 0; I: a 15-bit picture id; then the VP8 header whose lowest bit says "not a keyframe".
        let payload: Arc<[u8]> = [0x90, 0x80, 0x80, (seq % 100) as u8, u8::from(!keyframe), 0].into();
        let Front { can_begin, ids, spatial } = Front::read(VideoCodec::Vp8, &payload);
        Incoming {
            source: Source { session: SessionId(session), ssrc: session as u32, layer: 0 },
            seq,
            timestamp,
            marker: true,
            tags: Tags::default(),
            arrived,
            codec: Some(VideoCodec::Vp8),
            can_begin,
            ids,
            spatial,
            payload,
        }
    }

    fn numbers(forward: Forward) -> (u64, u32) {
        match forward {
            Forward::Send { seq, timestamp, .. } => (seq, timestamp),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_change_of_person_is_one_stream() {
        let start = Instant::now();
        let frame = Duration::from_micros(33_333);
        let mut slot = Forwarder::new(VIDEO_CLOCK);
        assert_eq!(numbers(slot.forward(&packet(1, 500, 1000, start, true))), (1, 1000));
        assert_eq!(numbers(slot.forward(&packet(1, 501, 4000, start + frame, false))), (2, 4000));
        let later = start + frame + Duration::from_secs(1);
        assert_eq!(slot.forward(&packet(2, 70_000, 9, later, false)), Forward::AwaitKeyframe);
        assert_eq!(numbers(slot.forward(&packet(2, 70_001, 9, later, true))), (3, 94_000));
        assert_eq!(numbers(slot.forward(&packet(2, 70_003, 3009, later + frame, false))), (5, 97_000), "a loss stays");
        assert_eq!(numbers(slot.forward(&packet(2, 70_002, 3009, later + frame, false))), (4, 97_000), "so does order");
        assert_eq!(slot.forward(&packet(2, 69_999, 9, later, false)), Forward::TooOld);
    }

    #[test]
    fn a_gap_that_would_lose_receivers_is_closed_and_begins_with_a_keyframe() {
        let now = Instant::now();
        let mut slot = Forwarder::new(VIDEO_CLOCK);
        slot.forward(&packet(1, 10, 0, now, true));
        assert_eq!(numbers(slot.forward(&packet(1, 400, 1, now, false))).0, 391, "a loss stays");
        assert_eq!(slot.forward(&packet(1, 400 + 32_768, 2, now, false)), Forward::AwaitKeyframe);
        assert_eq!(slot.forward(&packet(1, 401, 2, now, false)), Forward::AwaitKeyframe, "nor does it go back");
        assert_eq!(numbers(slot.forward(&packet(1, 401 + 32_768, 3, now, true))).0, 392);
        assert_eq!(numbers(slot.forward(&packet(1, 402 + 32_768, 3, now, false))).0, 393);
    }

    /// What happens to a slot.
    #[derive(Debug, Clone)]
    enum Happens {
        /// A packet of this source so far after the last of it comes.
        Packet {
            source: u64,
            after: i64,
            keyframe: bool,
        },
        Interrupted,
    }

    fn happens() -> impl Strategy<Value = Happens> {
        let near = (1_u64..4, -8_i64..9, any::<bool>());
        let far = (1_u64..4, -40_000_i64..40_000, any::<bool>());
        let packet = |(source, after, keyframe)| Happens::Packet { source, after, keyframe };
        prop_oneof![
            20 => near.prop_map(packet),
            2 => far.prop_map(packet),
            1 => Just(Happens::Interrupted),
        ]
    }

    proptest! {
        /// A number is a nonce: whoever fills the slot, and in whatever order their packets come, none is given twice.
        #[test]
        fn no_history_of_a_slot_gives_a_number_twice(history in proptest::collection::vec(happens(), 0..400)) {
            let now = Instant::now();
            let mut slot = Forwarder::new(VIDEO_CLOCK);
            let (mut newest_in, mut came, mut given) = ([100_000_i64; 4], HashSet::new(), HashSet::new());
            let mut newest_out = 0;
            for happens in history {
                let Happens::Packet { source, after, keyframe } = happens else {
                    slot.interrupt();
                    continue;
                };
                let newest = &mut newest_in[source as usize];
                let seq = (*newest + after).max(0);
                *newest = seq.max(*newest);
                if !came.insert((source, seq)) {
                    continue; // str0m drops what came before
                }
                if let Forward::Send { seq, .. } = slot.forward(&packet(source, seq as u64, 0, now, keyframe)) {
                    prop_assert!(given.insert(seq), "{} was given twice", seq);
                    prop_assert!(seq <= newest_out + MOST_MISSING);
                    newest_out = newest_out.max(seq);
                }
            }
        }
    }

    #[test]
    fn picture_ids_go_on() {
        let start = Instant::now();
        let mut slot = Forwarder::new(VIDEO_CLOCK);
        slot.forward(&packet(1, 10, 0, start, true));
        slot.forward(&packet(1, 11, 1, start, false));
        let next = packet(2, 90, 2, start, true);
        let Forward::Send { patch, .. } = slot.forward(&next) else { panic!("not sent") };
        let expected = next.ids.map(|ids| ids.replaced_by(12, 0));
        assert_eq!(patch, expected, "11 was the last picture, so 12 comes next");
    }
}
