//! The way from here to one subscriber: packets numbered, stamped and sealed into bursts that the system sends as they are;
//! repeated when they are asked for; counted, so that it is known what the connection carries.
//!
//! str0m negotiates all of it and opens what publishers send; per packet and subscriber it has nothing to do. What a
//! subscriber reports comes here first ([`Sender::receive`]); only what is not about this direction goes on to str0m.
//!
//! `header` writes RTP headers, `stream` remembers what was sent on an SSRC, `bursts` gathers datagrams.

mod bursts;
mod header;
mod stream;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, Instant};

use str0m::Rtc;
use str0m::media::Mid;
use str0m::rtp::Ssrc;

pub(crate) use bursts::Burst;
pub(crate) use header::Tags;

use crate::codecs::PayloadTypes;
use crate::estimate::Estimator;
use crate::forwarder::Incoming;
use crate::payload::Patch;
use crate::quality::Tally;
use crate::rtcp::{self, Feedback, Reception};
use crate::srtp::{MasterKeys, NotSealed, Opener, Sealer};
use bursts::Bursts;
use header::{Extensions, Header};
use stream::{Kept, Rtx, Stream};

/// How often streams are reported on: receivers tell round trips from it.
const REPORT_EVERY: Duration = Duration::from_secs(1);
/// A repetition is not repeated sooner, where the round trip is not known.
const USUAL_ROUND_TRIP: Duration = Duration::from_millis(40);
/// Whatever a receiver claims, a packet is not repeated sooner than this.
const SHORTEST_ROUND_TRIP: Duration = Duration::from_millis(5);
/// Repetitions take no more than what is sent for the first time, bytes, of which so many may be saved up: a keyframe that a
/// short outage took. Whoever asks for everything again and again costs twice their own media and no more.
const REPEATS_SAVED: usize = 256 * 1024;
/// Old packets of at least this size serve a probe; smaller ones cost more headers than they are worth.
const WORTH_REPEATING: usize = 500;
/// Bytes of padding in one packet that has nothing else: the last one tells how many.
const PADDING: u8 = 200;

/// The sending half of a subscriber's connection.
#[derive(Debug)]
pub(crate) struct Sender {
    began: Instant,
    keys: Option<(Sealer, Opener)>,
    streams: Vec<Stream>,
    /// `None` when the subscriber does not report arrivals.
    estimator: Option<Estimator>,
    /// What the subscriber says itself that its connection carries, bits per second.
    told: Option<u64>,
    number: u64,
    bursts: Bursts,
    reported_at: Instant,
    /// There and back, as the other end's reports tell.
    round_trip: Option<Duration>,
    /// Bytes that may be repeated now.
    may_repeat: usize,
    padded: usize,
}

/// How a packet is numbered for one subscriber.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Numbers {
    pub(crate) seq: u64,
    pub(crate) timestamp: u32,
    pub(crate) patch: Option<Patch>,
    /// The subscriber's. Without one for repetitions it cannot be asked for again.
    pub(crate) types: PayloadTypes,
}

/// What a subscriber's report means for others.
#[derive(Debug, Default)]
pub(crate) struct Reported {
    /// The SSRC that reports, if it was from the subscriber, and new.
    pub(crate) reporter: Option<u32>,
    /// They sent nothing after it that was here before.
    pub(crate) is_newest: bool,
    /// There was something in it for str0m.
    pub(crate) others: bool,
    /// Streams whose decoder needs a keyframe.
    pub(crate) keyframes: Vec<usize>,
}

/// What str0m negotiated for an m-line on which something is sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Negotiated {
    pub(crate) mid: Mid,
    /// The m-line that str0m has in its stead.
    pub(crate) known_as: Mid,
    pub(crate) ssrc: Ssrc,
    pub(crate) rtx: Option<Ssrc>,
    pub(crate) clock_rate: u32,
}

impl Sender {
    /// Streams as negotiated, in this order; nothing can be sent before [`Sender::unlock`].
    pub(crate) fn new(rtc: &Rtc, negotiated: &[Negotiated], now: Instant) -> Self {
        let stream = |of: &Negotiated| {
            let extensions =
                rtc.media(of.known_as).map_or_else(Extensions::none, |media| Extensions::of(media, of.mid));
            let rtx = of.rtx.map(|ssrc| Rtx { ssrc: *ssrc, next: 1 });
            Stream::new(*of.ssrc, rtx, extensions, of.clock_rate)
        };
        let streams: Vec<Stream> = negotiated.iter().map(stream).collect();
        let reports_arrivals = streams.iter().any(|stream| stream.rtx.is_some() && stream.extensions.is_numbered());
        Self {
            began: now,
            keys: None,
            streams,
            estimator: reports_arrivals.then(Estimator::new),
            told: None,
            number: 0,
            bursts: Bursts::default(),
            reported_at: now,
            round_trip: None,
            may_repeat: REPEATS_SAVED,
            padded: 0,
        }
    }

    /// DTLS has agreed on keys. Only the first are taken: the same ones again would count SRTCP's nonces from their beginning.
    pub(crate) fn unlock(&mut self, keys: &MasterKeys) {
        if self.keys.is_none() {
            self.keys = keys.session();
        }
    }

    /// Whether anything can be sent.
    pub(crate) fn is_open(&self) -> bool {
        self.keys.is_some()
    }

    /// What the connection carries, bits per second; `None` when its other end does not tell.
    pub(crate) fn estimate(&self) -> Option<u64> {
        self.estimator.as_ref().map(Estimator::estimate).or(self.told)
    }

    /// What became of the packets sent so far; nothing where the connection's other end does not tell of each.
    pub(crate) fn told(&self) -> Tally {
        self.estimator.as_ref().map(Estimator::told).unwrap_or_default()
    }

    /// There and back.
    pub(crate) fn round_trip(&self) -> Option<Duration> {
        self.round_trip.or(self.estimator.as_ref().and_then(Estimator::round_trip))
    }

    /// What would be sent if the connection carried it, bits per second.
    pub(crate) fn set_wanted(&mut self, wanted: u64) {
        if let Some(estimator) = &mut self.estimator {
            estimator.set_wanted(wanted);
        }
    }

    /// Sends a publisher's packet on a stream.
    pub(crate) fn forward(&mut self, stream: usize, packet: &Incoming, numbers: Numbers, now: Instant) {
        let Numbers { seq, timestamp, patch, types } = numbers;
        let Some(of) = self.streams.get_mut(stream).filter(|_| self.keys.is_some()) else { return };
        if !of.claim(seq) {
            return;
        }
        let header = Header {
            payload_type: *types.media,
            marker: packet.marker,
            padded: false,
            seq: seq as u16,
            timestamp,
            ssrc: of.ssrc,
        };
        let body = Body { repeated: None, payload: &packet.payload, patch, padding: 0 };
        let resend = types.resend.filter(|_| of.rtx.is_some());
        if self.seal(stream, header, seq, packet.tags, body, now).is_err() {
            return;
        }
        let Some(of) = self.streams.get_mut(stream) else { return };
        of.note(seq, timestamp, packet.payload.len(), now);
        if let Some(resend) = resend {
            self.may_repeat = (self.may_repeat + packet.payload.len()).min(REPEATS_SAVED);
            let numbers = (seq, timestamp, packet.marker);
            of.keep(Kept::new(numbers, *resend, packet.tags, patch, Arc::clone(&packet.payload), now));
        }
    }

    /// Writes and seals one packet. `index` is its extended sequence number, which its SSRC has not had before.
    fn seal(
        &mut self,
        stream: usize,
        header: Header,
        index: u64,
        tags: Tags,
        body: Body<'_>,
        now: Instant,
    ) -> Result<(), NotSealed> {
        let extensions = self.streams.get(stream).ok_or(NotSealed)?.extensions;
        let (sealer, _) = self.keys.as_ref().ok_or(NotSealed)?;
        let number = self.estimator.as_ref().map_or(self.number, Estimator::next_number) as u16;
        let sent_at = now.saturating_duration_since(self.began);
        let bytes = self.bursts.add(|out, start| {
            header.write(out, &extensions, &tags, number, sent_at);
            let clear = out.len() - start;
            body.write(out);
            sealer.seal_rtp(out, start, clear, header.ssrc, index)
        })?;
        if extensions.is_numbered() {
            match &mut self.estimator {
                Some(estimator) => estimator.sent(now, bytes),
                None => self.number += 1,
            }
        }
        Ok(())
    }

    /// Sends a packet again on the stream's repetition stream (RFC 4588 section 4). Never under its own number: sealed anew
    /// with another header it would give the key away.
    fn repeat(&mut self, stream: usize, kept: &Kept, now: Instant) {
        let Some(rtx) = self.streams.get_mut(stream).and_then(|of| of.rtx.as_mut()) else { return };
        let (index, ssrc) = (rtx.next, rtx.ssrc);
        rtx.next += 1;
        let Kept { timestamp, marker, resend, tags, patch, .. } = *kept;
        let header = Header { payload_type: resend, marker, padded: false, seq: index as u16, timestamp, ssrc };
        let body = Body { repeated: Some(kept.seq as u16), payload: &kept.payload, patch, padding: 0 };
        let _ = self.seal(stream, header, index, tags, body, now);
    }

    /// A packet of nothing, on a repetition stream.
    fn pad(&mut self, stream: usize, payload_type: u8, now: Instant) {
        let Some(of) = self.streams.get_mut(stream) else { return };
        let timestamp = of.timestamp();
        let Some(rtx) = of.rtx.as_mut() else { return };
        let (index, ssrc) = (rtx.next, rtx.ssrc);
        rtx.next += 1;
        let header = Header { payload_type, marker: false, padded: true, seq: index as u16, timestamp, ssrc };
        let body = Body { repeated: None, payload: &[], patch: None, padding: PADDING };
        let _ = self.seal(stream, header, index, Tags::default(), body, now);
    }

    /// A datagram of RTCP came from the subscriber.
    pub(crate) fn receive(&mut self, now: Instant, datagram: &[u8]) -> Reported {
        let mut reported = Reported::default();
        let mut lost = Vec::new();
        let Some((_, opener)) = &mut self.keys else { return reported };
        let Some(opened) = opener.open_rtcp(datagram) else { return reported };
        reported.reporter = Some(opened.ssrc);
        reported.is_newest = opened.is_newest;
        let (streams, estimator, told, round_trip) =
            (&self.streams, &mut self.estimator, &mut self.told, &mut self.round_trip);
        let stream_of = |ssrc: u32| streams.iter().position(|stream| stream.ssrc == ssrc);
        let began = self.began;
        reported.others = rtcp::read(opened.compound, |feedback| match feedback {
            Feedback::Lost { ssrc, first, following } => {
                lost.extend(stream_of(ssrc).map(|stream| (stream, first, following)));
            }
            Feedback::KeyframeWanted { ssrc } => {
                let keyframes = &mut reported.keyframes;
                keyframes.extend(stream_of(ssrc).filter(|stream| !keyframes.contains(stream)));
            }
            Feedback::Arrivals(arrivals) => {
                if let Some(estimator) = estimator {
                    estimator.reported(&arrivals, now);
                }
            }
            Feedback::Carries(bits) => *told = Some(bits),
            Feedback::Reception(report) if stream_of(report.ssrc).is_some() => {
                *round_trip = round_trip_of(&report, short_time(began, now)).or(*round_trip);
            }
            Feedback::Reception(_) => {}
        });
        lost.into_iter().for_each(|(stream, first, following)| self.answer(stream, first, following, now));
        reported
    }

    /// Repeats what was asked for.
    fn answer(&mut self, stream: usize, first: u16, following: u16, now: Instant) {
        let round_trip = self.round_trip().unwrap_or(USUAL_ROUND_TRIP).max(SHORTEST_ROUND_TRIP);
        let others = (1..=16_u16).filter(|bit| following >> (bit - 1) & 1 == 1);
        for behind in std::iter::once(0).chain(others) {
            let Some(of) = self.streams.get_mut(stream) else { return };
            if let Some(kept) = of.again(first.wrapping_add(behind), now, round_trip, self.may_repeat) {
                self.may_repeat -= kept.payload.len();
                self.repeat(stream, &kept, now);
            }
        }
    }

    /// Time has passed: reports and probes, when they are due.
    pub(crate) fn wake(&mut self, now: Instant) {
        if self.keys.is_none() {
            return;
        }
        if now >= self.reported_at + REPORT_EVERY {
            self.reported_at = now;
            self.report(now, false);
        }
        if let Some(estimator) = &mut self.estimator {
            let due = estimator.due(now);
            self.fill(due, now);
        }
    }

    /// A quarter of a second has passed: perhaps the connection carries more than is known. Only where something flows, or
    /// there is nothing to probe with.
    pub(crate) fn consider_probe(&mut self, now: Instant) {
        let has_sent = self.streams.iter().any(|stream| stream.rtx.is_some() && stream.largest().is_some());
        if let Some(estimator) = self.estimator.as_mut().filter(|_| has_sent && self.keys.is_some()) {
            estimator.consider_probe(now);
        }
    }

    /// When [`Sender::wake`] is due for a probe.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.estimator.as_ref().and_then(Estimator::deadline)
    }

    /// Sends about so many bytes that nobody needs.
    fn fill(&mut self, bytes: usize, now: Instant) {
        let mut left = bytes;
        while left > 0 {
            let candidates = (0..self.streams.len()).map(|ahead| (self.padded + ahead) % self.streams.len().max(1));
            let largest = |index: usize| {
                let stream = self.streams.get(index).filter(|stream| stream.rtx.is_some())?;
                stream.largest().map(|kept| (index, kept))
            };
            let Some((stream, kept)) = candidates.filter_map(largest).max_by_key(|(_, kept)| kept.payload.len()) else {
                return;
            };
            let (size, resend) = (kept.payload.len(), kept.resend);
            if size >= WORTH_REPEATING && left >= size / 2 {
                let kept = kept.clone();
                self.repeat(stream, &kept, now);
                left = left.saturating_sub(size);
            } else {
                self.pad(stream, resend, now);
                left = left.saturating_sub(usize::from(PADDING));
            }
            self.padded = stream;
        }
    }

    /// Tells the receiver what was sent and when: what is new, or everything `again`.
    pub(crate) fn report(&mut self, now: Instant, again: bool) {
        let Some((sealer, _)) = &mut self.keys else { return };
        let time = long_time(self.began, now);
        let reports: Vec<_> = self.streams.iter_mut().filter_map(|stream| stream.report(now, time, again)).collect();
        let Some(first) = reports.first() else { return };
        let _ = self.bursts.add(|out, start| {
            reports.iter().for_each(|report| report.write(out));
            sealer.seal_rtcp(out, start, first.ssrc)
        });
    }

    /// Takes out what waits to be sent.
    pub(crate) fn bursts(&mut self) -> impl Iterator<Item = Burst> {
        self.bursts.take()
    }

    /// Whether anything waits to be sent.
    pub(crate) fn has_bursts(&self) -> bool {
        !self.bursts.is_empty()
    }
}

/// What follows a header.
#[derive(Debug, Clone, Copy)]
struct Body<'a> {
    /// The number that a repeated packet had.
    repeated: Option<u16>,
    payload: &'a [u8],
    patch: Option<Patch>,
    padding: u8,
}

impl Body<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        if let Some(number) = self.repeated {
            out.extend_from_slice(&number.to_be_bytes());
        }
        let start = out.len();
        out.extend_from_slice(self.payload);
        if let (Some(patch), Some(payload)) = (self.patch, out.get_mut(start..)) {
            patch.apply(payload);
        }
        if self.padding > 0 {
            out.resize(out.len() + usize::from(self.padding) - 1, 0);
            out.push(self.padding);
        }
    }
}

/// As a report block tells it (RFC 3550 section 6.4.1); `now` in units of 1/65536 s on the clock of our reports.
fn round_trip_of(report: &Reception, now: u32) -> Option<Duration> {
    let passed = now.wrapping_sub(report.last_report).wrapping_sub(report.since_report);
    let is_known = report.last_report != 0 && passed < 60 * 65_536;
    is_known.then(|| Duration::from_micros(u64::from(passed) * 1_000_000 / 65_536))
}

/// The clock of our reports, in units of 2⁻³² s: it begins with the connection, a day after its epoch, because nobody
/// compares it with a wall clock and zero means "no report yet".
fn long_time(began: Instant, now: Instant) -> u64 {
    let since = now.saturating_duration_since(began) + Duration::from_secs(86_400);
    (since.as_secs() << 32) + (u64::from(since.subsec_nanos()) << 32) / 1_000_000_000
}

/// The middle of [`long_time`], in units of 1/65536 s.
fn short_time(began: Instant, now: Instant) -> u32 {
    (long_time(began, now) >> 16) as u32
}
