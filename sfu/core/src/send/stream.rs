//! One stream to a subscriber: a slot's SSRC, what was sent on it last, in case it is asked for again, and the stream on
//! which repetitions go (RFC 4588).

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::payload::Patch;
use crate::rtcp::SenderReport;
use crate::send::header::{Extensions, Tags};

/// How long a packet may be asked for again: a repetition that comes later finds its frame given up.
const KEPT_FOR: Duration = Duration::from_millis(1_000);
/// Packets kept at most, for keyframes of large pictures.
const MOST_KEPT: usize = 512;
/// A packet is repeated at most so often; whoever asks more often is not helped by it.
const MOST_REPEATS: u8 = 8;

/// A stream as it was negotiated.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) ssrc: u32,
    pub(crate) extensions: Extensions,
    pub(crate) rtx: Option<Rtx>,
    clock_rate: u32,
    kept: VecDeque<Kept>,
    newest: u64,
    /// Which of the 128 numbers up to the newest were used; the lowest bit is the newest's.
    used: u128,
    packets: u32,
    bytes: u32,
    /// The newest packet's timestamp, and when it came to us.
    last: Option<(u32, Instant)>,
    /// Whether anything was sent since the last report.
    unreported: bool,
}

/// Where repetitions go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rtx {
    pub(crate) ssrc: u32,
    pub(crate) next: u64,
}

/// A packet that was sent.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) seq: u64,
    pub(crate) timestamp: u32,
    pub(crate) marker: bool,
    /// The payload type of its repetitions: another codec's packets have another.
    pub(crate) resend: u8,
    pub(crate) tags: Tags,
    pub(crate) patch: Option<Patch>,
    pub(crate) payload: Arc<[u8]>,
    pub(crate) at: Instant,
    repeats: u8,
    repeated_at: Option<Instant>,
}

impl Stream {
    /// Nothing sent yet.
    pub(crate) fn new(ssrc: u32, rtx: Option<Rtx>, extensions: Extensions, clock_rate: u32) -> Self {
        Self {
            ssrc,
            extensions,
            rtx,
            clock_rate,
            kept: VecDeque::new(),
            newest: 0,
            used: 0,
            packets: 0,
            bytes: 0,
            last: None,
            unreported: false,
        }
    }

    /// The newest packet's timestamp.
    pub(crate) fn timestamp(&self) -> u32 {
        self.last.map_or(0, |(timestamp, _)| timestamp)
    }

    /// Takes a number for a packet, unless it was used or is too old to tell: sealing two packets under one number would
    /// give the key away, so whatever numbers them is not relied on.
    pub(crate) fn claim(&mut self, seq: u64) -> bool {
        match self.newest.checked_sub(seq) {
            Some(behind) => {
                let bit = u32::try_from(behind).ok().and_then(|behind| 1_u128.checked_shl(behind));
                let is_free = bit.is_some_and(|bit| self.used & bit == 0);
                self.used |= bit.unwrap_or(0);
                is_free
            }
            None => {
                let ahead = u32::try_from(seq - self.newest).unwrap_or(u32::MAX);
                self.used = self.used.checked_shl(ahead).unwrap_or(0) | 1;
                self.newest = seq;
                true
            }
        }
    }

    /// A packet with a claimed number was sent.
    pub(crate) fn note(&mut self, seq: u64, timestamp: u32, bytes: usize, now: Instant) {
        self.packets = self.packets.wrapping_add(1);
        self.bytes = self.bytes.wrapping_add(bytes as u32);
        self.unreported = true;
        if seq == self.newest {
            self.last = Some((timestamp, now));
        }
    }

    /// Keeps a packet that may be asked for again.
    pub(crate) fn keep(&mut self, packet: Kept) {
        let now = packet.at;
        while self.kept.len() >= MOST_KEPT || self.kept.front().is_some_and(|kept| now > kept.at + KEPT_FOR) {
            self.kept.pop_front();
        }
        // Nearly always the end.
        let place = self.kept.len() - self.kept.iter().rev().take_while(|kept| kept.seq > packet.seq).count();
        self.kept.insert(place, packet);
    }

    /// The packet with that number, if it is kept, may be repeated now and has at most so many bytes. Asking again sooner than
    /// the answer can be there is no reason to repeat it again.
    pub(crate) fn again(&mut self, seq: u16, now: Instant, round_trip: Duration, most: usize) -> Option<Kept> {
        let behind = (self.newest as u16).wrapping_sub(seq);
        let seq = self.newest.checked_sub(u64::from(behind))?;
        let index = self.kept.binary_search_by_key(&seq, |kept| kept.seq).ok()?;
        let kept = self.kept.get_mut(index)?;
        let is_under_way = kept.repeated_at.is_some_and(|at| now < at + round_trip);
        if is_under_way || kept.payload.len() > most || kept.repeats >= MOST_REPEATS || now > kept.at + KEPT_FOR {
            return None;
        }
        kept.repeats += 1;
        kept.repeated_at = Some(now);
        Some(kept.clone())
    }

    /// The largest packet that was sent lately.
    pub(crate) fn largest(&self) -> Option<&Kept> {
        self.kept.iter().rev().take(32).max_by_key(|kept| kept.payload.len())
    }

    /// What to report, when anything was sent since the last time, or the same is to be said `again`. `time` is now in units of
    /// 2⁻³² s.
    pub(crate) fn report(&mut self, now: Instant, time: u64, again: bool) -> Option<SenderReport> {
        let (timestamp, at) = self.last.filter(|_| std::mem::take(&mut self.unreported) || again)?;
        let since = now.saturating_duration_since(at).as_micros() * u128::from(self.clock_rate) / 1_000_000;
        Some(SenderReport {
            ssrc: self.ssrc,
            time,
            rtp_timestamp: timestamp.wrapping_add(since as u32),
            packets: self.packets,
            bytes: self.bytes,
        })
    }
}

impl Kept {
    /// Sent for the first time.
    pub(crate) fn new(
        (seq, timestamp, marker): (u64, u32, bool),
        resend: u8,
        tags: Tags,
        patch: Option<Patch>,
        payload: Arc<[u8]>,
        at: Instant,
    ) -> Self {
        Self { seq, timestamp, marker, resend, tags, patch, payload, at, repeats: 0, repeated_at: None }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stream(newest: u64, now: Instant) -> Stream {
        let extensions = Extensions::none();
        let mut stream = Stream::new(1, None, extensions, 90_000);
        for seq in newest - 9..=newest {
            assert!(stream.claim(seq));
            stream.note(seq, seq as u32 * 3000, 100, now);
            stream.keep(Kept::new((seq, 0, false), 97, Tags::default(), None, [seq as u8].into(), now));
        }
        stream
    }

    #[test]
    fn a_packet_is_found_by_its_short_number_and_not_repeated_while_the_answer_is_on_its_way() {
        let now = Instant::now();
        let mut stream = stream(65_540, now);
        let trip = Duration::from_millis(50);
        assert_eq!(stream.again(4, now, trip, 1_000).map(|kept| kept.seq), Some(65_540));
        assert_eq!(stream.again(65_535, now, trip, 1_000).map(|kept| kept.seq), Some(65_535));
        assert!(stream.again(4, now + trip / 2, trip, 1_000).is_none(), "it is on its way");
        assert!(stream.again(4, now + trip, trip, 0).is_none(), "it is too large");
        assert!(stream.again(4, now + trip, trip, 1_000).is_some());
        for unknown in [5, 65_530, 30_000] {
            assert!(stream.again(unknown, now, trip, 1_000).is_none(), "{unknown}");
        }
        assert!(stream.again(3, now + 2 * KEPT_FOR, trip, 1_000).is_none(), "too old to be of use");
    }

    #[test]
    fn no_number_is_given_twice() {
        let mut stream = Stream::new(1, None, Extensions::none(), 90_000);
        let free = |stream: &mut Stream, seqs: &[u64]| seqs.iter().map(|seq| stream.claim(*seq)).collect::<Vec<_>>();
        assert_eq!(free(&mut stream, &[1, 2, 2, 5, 3, 3, 5, 1]), [true, true, false, true, true, false, false, false]);
        assert_eq!(free(&mut stream, &[132, 5, 4, 4]), [true, false, false, false], "4 is too old to tell");
        assert_eq!(free(&mut stream, &[1_000_000, 132, 999_999, 999_999]), [true, false, true, false]);
    }

    proptest! {
        #[test]
        fn whatever_is_asked_for_no_number_is_given_twice(seqs in proptest::collection::vec(1_u64..400, 0..300)) {
            let mut stream = Stream::new(1, None, Extensions::none(), 90_000);
            let mut given: Vec<u64> = seqs.into_iter().filter(|seq| stream.claim(*seq)).collect();
            let count = given.len();
            given.sort_unstable();
            given.dedup();
            prop_assert_eq!(given.len(), count);
        }
    }

    #[test]
    fn what_is_kept_is_bounded_and_in_order() {
        let now = Instant::now();
        let mut stream = stream(2_000, now);
        for seq in [2_003, 2_001, 2_002] {
            stream.keep(Kept::new((seq, 0, false), 97, Tags::default(), None, [0].into(), now));
        }
        assert!(stream.kept.iter().map(|kept| kept.seq).is_sorted());
        for seq in 3_000..4_000 {
            stream.keep(Kept::new((seq, 0, false), 97, Tags::default(), None, [0].into(), now));
        }
        assert_eq!(stream.kept.len(), MOST_KEPT);
        stream.keep(Kept::new((5_000, 0, false), 97, Tags::default(), None, [0].into(), now + 2 * KEPT_FOR));
        assert_eq!(stream.kept.len(), 1);
    }

    #[test]
    fn a_report_tells_the_stream_s_time_now_and_only_when_there_is_news() {
        let now = Instant::now();
        let mut stream = stream(10, now);
        let report = stream.report(now + Duration::from_millis(100), 7, false).unwrap();
        assert_eq!((report.rtp_timestamp, report.packets, report.bytes), (30_000 + 9_000, 10, 1_000));
        assert!(stream.report(now, 8, false).is_none());
        assert!(stream.report(now, 8, true).is_some(), "said again when it is asked for");
    }
}
