//! RTCP: what subscribers report, read in place, and the one report that is written to them (RFC 3550, RFC 4585,
//! draft-holmer-rmcat-transport-wide-cc-extensions-01, draft-alvestrand-rmcat-remb-03).

const SENDER_REPORT: u8 = 200;
const SOURCE_DESCRIPTION: u8 = 202;
const RECEIVER_REPORT: u8 = 201;
const TRANSPORT_FEEDBACK: u8 = 205;
const PAYLOAD_FEEDBACK: u8 = 206;
const EXTENDED_REPORT: u8 = 207;

/// Packets whose fate one datagram may tell: as many as wait to be reported on. A run of thousands takes two bytes, so
/// whoever cares for no truth could have millions looked up with each datagram.
pub(crate) const MOST_TOLD: u16 = 4_096;

/// One thing that a subscriber reports.
#[derive(Debug, PartialEq)]
pub(crate) enum Feedback<'a> {
    /// These packets of a stream did not come: the first, then one bit for each of the 16 after it.
    Lost { ssrc: u32, first: u16, following: u16 },
    /// The decoder of this stream needs a keyframe.
    KeyframeWanted { ssrc: u32 },
    /// How packets of a stream come.
    Reception(Reception),
    /// When each packet came, counted over all streams.
    Arrivals(Arrivals<'a>),
    /// What the receiver takes the connection to carry, bits per second.
    Carries(u64),
}

/// A report block (RFC 3550 section 6.4.1).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Reception {
    pub(crate) ssrc: u32,
    /// Middle bits of the timestamp of the last sender report that came, and how long ago, in units of 1/65536 s.
    pub(crate) last_report: u32,
    pub(crate) since_report: u32,
}

/// Reads a compound packet. Whether there was anything in it besides what `take` was given: that is for str0m.
pub(crate) fn read(mut compound: &[u8], mut take: impl FnMut(Feedback<'_>)) -> bool {
    let mut others = false;
    let mut may_tell = MOST_TOLD;
    while let Some((packet, rest)) = split(compound) {
        compound = rest;
        let format = packet[0] & 0x1f;
        let body = &packet[4..];
        match (packet[1], format) {
            (RECEIVER_REPORT, _) => read_blocks(body.get(4..).unwrap_or_default(), &mut take),
            (SENDER_REPORT, _) => {
                read_blocks(body.get(24..).unwrap_or_default(), &mut take);
                others = true;
            }
            (TRANSPORT_FEEDBACK, 1) => read_lost(body, &mut take),
            (TRANSPORT_FEEDBACK, 15) => {
                if let Some(arrivals) = Arrivals::new(body)
                    && let Some(left) = may_tell.checked_sub(arrivals.count)
                {
                    may_tell = left;
                    take(Feedback::Arrivals(arrivals));
                }
            }
            (PAYLOAD_FEEDBACK, 1) => keyframe_wanted(body.get(4..)).into_iter().for_each(&mut take),
            (PAYLOAD_FEEDBACK, 4) => {
                let entries = body.get(8..).unwrap_or_default().chunks_exact(8);
                entries.filter_map(|entry| keyframe_wanted(Some(entry))).for_each(&mut take);
            }
            (PAYLOAD_FEEDBACK, 15) if body.get(8..12) == Some(b"REMB") => {
                read_remb(body).into_iter().map(Feedback::Carries).for_each(&mut take);
            }
            // Names, and a question for the round trip: nothing that anybody here acts on.
            (SOURCE_DESCRIPTION | EXTENDED_REPORT, _) => {}
            _ => others = true,
        }
    }
    others
}

/// The first packet of a compound and what follows.
fn split(compound: &[u8]) -> Option<(&[u8], &[u8])> {
    let words = be16(compound, 2)?;
    let is_version_2 = compound.first()? >> 6 == 2;
    is_version_2.then(|| compound.split_at_checked(4 * (usize::from(words) + 1)))?
}

fn read_blocks(blocks: &[u8], take: &mut impl FnMut(Feedback<'_>)) {
    for block in blocks.chunks_exact(24) {
        let reception =
            || Some(Reception { ssrc: be32(block, 0)?, last_report: be32(block, 16)?, since_report: be32(block, 20)? });
        reception().into_iter().map(Feedback::Reception).for_each(&mut *take);
    }
}

fn keyframe_wanted(entry: Option<&[u8]>) -> Option<Feedback<'static>> {
    be32(entry?, 0).map(|ssrc| Feedback::KeyframeWanted { ssrc })
}

fn read_lost(body: &[u8], take: &mut impl FnMut(Feedback<'_>)) {
    let Some(ssrc) = be32(body, 4) else { return };
    for entry in body.get(8..).unwrap_or_default().chunks_exact(4) {
        if let (Some(first), Some(following)) = (be16(entry, 0), be16(entry, 2)) {
            take(Feedback::Lost { ssrc, first, following });
        }
    }
}

fn read_remb(body: &[u8]) -> Option<u64> {
    let packed = be32(body, 12)?;
    let (exponent, mantissa) = (packed >> 18 & 0x3f, u128::from(packed & 0x3_ffff));
    u64::try_from((mantissa << exponent).min(u128::from(u32::MAX))).ok()
}

/// When packets came, as transport-wide feedback tells it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Arrivals<'a> {
    /// Number of the first packet.
    pub(crate) first: u16,
    count: u16,
    /// Of the receiver's clock, in units of 64 ms.
    reference: u32,
    chunks: &'a [u8],
}

impl<'a> Arrivals<'a> {
    fn new(body: &'a [u8]) -> Option<Self> {
        let reference = be32(body, 12)? >> 8;
        Some(Self { first: be16(body, 8)?, count: be16(body, 10)?, reference, chunks: body.get(16..)? })
    }

    /// The gaps between arrivals: what follows the chunks.
    fn deltas(&self) -> &'a [u8] {
        let (mut told, mut at) = (0, 0);
        while told < usize::from(self.count) {
            let Some(chunk) = be16(self.chunks, at) else { return &[] };
            told += in_chunk(chunk);
            at += 2;
        }
        self.chunks.get(at..).unwrap_or_default()
    }

    /// For each packet in order of its number: when it came on the receiver's clock, microseconds; `None` when it did not.
    /// Ends early where the report contradicts itself.
    pub(crate) fn each(&self, mut take: impl FnMut(u16, Option<i64>)) {
        let mut deltas = self.deltas();
        let mut at = i64::from(self.reference) * 64_000;
        let mut number = self.first;
        for status in (Statuses { bytes: self.chunks, left: self.count, at: 0, within: 0 }) {
            let came = match status {
                0 => None,
                1 => {
                    let Some((delta, rest)) = deltas.split_first() else { return };
                    deltas = rest;
                    at += i64::from(*delta) * 250;
                    Some(at)
                }
                2 => {
                    let Some((delta, rest)) = deltas.split_first_chunk::<2>() else { return };
                    deltas = rest;
                    at += i64::from(i16::from_be_bytes(*delta)) * 250;
                    Some(at)
                }
                _ => return,
            };
            take(number, came);
            number = number.wrapping_add(1);
        }
    }
}

/// Statuses that one chunk tells.
fn in_chunk(chunk: u16) -> usize {
    match (chunk & 0x8000, chunk & 0x4000) {
        (0, _) => usize::from(chunk & 0x1fff),
        (_, 0) => 14,
        _ => 7,
    }
}

/// The status of each packet: not received, a small gap, a large or negative gap.
#[derive(Debug)]
struct Statuses<'a> {
    bytes: &'a [u8],
    left: u16,
    at: usize,
    within: usize,
}

impl Iterator for Statuses<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        self.left = self.left.checked_sub(1)?;
        let mut chunk = be16(self.bytes, self.at)?;
        while self.within >= in_chunk(chunk) {
            (self.at, self.within) = (self.at + 2, 0);
            chunk = be16(self.bytes, self.at)?;
        }
        let status = match (chunk & 0x8000, chunk & 0x4000) {
            (0, _) => chunk >> 13 & 3,
            (_, 0) => chunk >> (13 - self.within) & 1,
            _ => chunk >> (12 - 2 * self.within) & 3,
        };
        self.within += 1;
        Some(status as u8)
    }
}

/// What a sender report says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SenderReport {
    pub(crate) ssrc: u32,
    /// The time of the report, in units of 2⁻³² s.
    pub(crate) time: u64,
    /// The same moment on the stream's clock.
    pub(crate) rtp_timestamp: u32,
    pub(crate) packets: u32,
    pub(crate) bytes: u32,
}

impl SenderReport {
    /// Appends it to a compound packet.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[0x80, SENDER_REPORT, 0, 6]);
        out.extend_from_slice(&self.ssrc.to_be_bytes());
        out.extend_from_slice(&self.time.to_be_bytes());
        out.extend_from_slice(&self.rtp_timestamp.to_be_bytes());
        out.extend_from_slice(&self.packets.to_be_bytes());
        out.extend_from_slice(&self.bytes.to_be_bytes());
    }
}

/// Whether a datagram that is no STUN is RTCP (RFC 5761 section 4).
pub(crate) fn is_rtcp(datagram: &[u8]) -> bool {
    matches!(datagram, [128..=191, 192..=223, ..])
}

/// Whose report a datagram says that it is.
pub(crate) fn reporter(datagram: &[u8]) -> Option<u32> {
    is_rtcp(datagram).then(|| be32(datagram, 4)).flatten()
}

fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn packet(kind: u8, format: u8, body: &[u8]) -> Vec<u8> {
        let mut packet = vec![0x80 | format, kind, 0, (body.len() / 4) as u8];
        packet.extend_from_slice(body);
        packet
    }

    fn told(compound: &[u8]) -> (Vec<String>, bool) {
        let mut told = Vec::new();
        let others = read(compound, |feedback| told.push(format!("{feedback:?}")));
        (told, others)
    }

    #[test]
    fn a_compound_packet_is_read_whole() {
        let mut compound = packet(
            201,
            1,
            &[[0, 0, 0, 1], [0, 0, 0, 9], [64, 0, 0, 3], [0; 4], [0; 4], [0, 0, 0, 5], [0, 0, 0, 6]].concat(),
        );
        compound.extend(packet(205, 1, &[0, 0, 0, 1, 0, 0, 0, 9, 0, 100, 0, 5]));
        compound.extend(packet(206, 1, &[0, 0, 0, 1, 0, 0, 0, 8]));
        compound.extend(packet(206, 4, &[0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 1, 0, 0, 0]));
        compound.extend(packet(
            206,
            15,
            &[&[0, 0, 0, 1, 0, 0, 0, 0][..], b"REMB", &[1, 4 << 2, 0x03, 0xe8, 0, 0, 0, 9]].concat(),
        ));
        let (told, others) = told(&compound);
        assert!(!others, "nothing here is str0m's");
        assert_eq!(told.len(), 5);
        assert!(told[0].contains("last_report: 5"), "{}", told[0]);
        assert_eq!(told[1], "Lost { ssrc: 9, first: 100, following: 5 }");
        assert_eq!((told[2].as_str(), told[3].as_str()), ("KeyframeWanted { ssrc: 8 }", "KeyframeWanted { ssrc: 7 }"));
        assert_eq!(told[4], "Carries(16000)");
    }

    #[test]
    fn what_is_str0m_s_is_passed_on() {
        assert!(told(&packet(200, 0, &[0; 24])).1, "a sender report");
        assert!(told(&packet(203, 1, &[0, 0, 0, 1])).1, "a goodbye");
    }

    fn arrivals(count: u16, chunks: &[u16], deltas: &[u8]) -> Vec<(u16, Option<i64>)> {
        let mut body = vec![0, 0, 0, 1, 0, 0, 0, 2, 0xff, 0xfe];
        body.extend(count.to_be_bytes());
        body.extend([0, 0, 2, 7]); // 128 ms, the seventh report
        chunks.iter().for_each(|chunk| body.extend(chunk.to_be_bytes()));
        body.extend_from_slice(deltas);
        body.resize(body.len().next_multiple_of(4), 0);
        let mut came = Vec::new();
        read(&packet(205, 15, &body), |feedback| {
            let Feedback::Arrivals(arrivals) = feedback else { panic!("{feedback:?}") };
            arrivals.each(|number, at| came.push((number, at)));
        });
        came
    }

    #[test]
    fn arrivals_are_told_by_runs_and_by_bits_and_wrap() {
        // A run of three small gaps, then two bits each: large, missing, small.
        let came = arrivals(6, &[0x2003, 0xc000 | 2 << 12 | 1 << 8], &[4, 0, 8, 0xff, 0xfc, 1]);
        let at = [Some(129_000), Some(129_000), Some(131_000), Some(130_000), None, Some(130_250)];
        assert_eq!(came, [0xfffe, 0xffff, 0, 1, 2, 3].into_iter().zip(at).collect::<Vec<_>>());
        // One bit each.
        let came = arrivals(3, &[0x8000 | 1 << 13 | 1 << 11], &[1, 1]);
        assert_eq!(came, [(0xfffe, Some(128_250)), (0xffff, None), (0, Some(128_500))]);
        assert_eq!(arrivals(9, &[0x2009], &[1]).len(), 2, "as many as there are gaps for, padding included");
    }

    #[test]
    fn a_datagram_tells_of_no_more_packets_than_can_have_been_sent() {
        // A run of 8,191 missing packets takes two bytes, a report of 65,535 takes 36.
        let report = |count: u16| {
            let mut body = vec![0, 0, 0, 1, 0, 0, 0, 2, 0, 0];
            body.extend(count.to_be_bytes());
            body.extend([0, 0, 2, 7]);
            (0..8).for_each(|_| body.extend(0x1fff_u16.to_be_bytes()));
            packet(205, 15, &body)
        };
        let statuses = |compound: &[u8]| {
            let mut count = 0;
            read(compound, |feedback| {
                if let Feedback::Arrivals(arrivals) = feedback {
                    arrivals.each(|_, _| count += 1);
                }
            });
            count
        };
        assert_eq!(statuses(&report(4_000)), 4_000);
        assert_eq!(statuses(&report(u16::MAX)), 0);
        assert!(statuses(&report(4_000).repeat(33)) <= usize::from(MOST_TOLD));
    }

    #[test]
    fn a_rate_beyond_all_bounds_is_a_large_one() {
        let body = |packed: [u8; 3]| [&[0; 8][..], b"REMB", &[1], &packed, &[0, 0, 0, 9]].concat();
        assert_eq!(told(&packet(206, 15, &body([0xff, 0xff, 0xff]))).0, [format!("Carries({})", u32::MAX)]);
        assert_eq!(told(&packet(206, 15, &body([0xfe, 0, 0]))).0, [format!("Carries({})", u32::MAX)]);
        assert_eq!(told(&packet(206, 15, &body([0xfc, 0, 0]))).0, ["Carries(0)"]);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), kind in 200_u8..207, format in 0_u8..32) {
            let mut packet = packet(kind, format, &bytes[..bytes.len() / 4 * 4]);
            for bytes in [bytes, std::mem::take(&mut packet)] {
                read(&bytes, |feedback| if let Feedback::Arrivals(arrivals) = feedback { arrivals.each(|_, _| ()) });
            }
        }
    }
}
