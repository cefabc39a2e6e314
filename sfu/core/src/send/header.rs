//! RTP headers as they leave: fixed part, then the extensions that the receiver asked for, in the one-byte form
//! (RFC 3550 section 5.1, RFC 8285 section 4.2).

use std::time::Duration;

use str0m::media::{Media, Mid};
use str0m::rtp::{Extension, VideoOrientation};

/// Ids of the one-byte form.
const IDS: std::ops::RangeInclusive<u8> = 1..=14;

/// What a publisher's packet says in the clear and subscribers are told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tags {
    /// How loud, dBov: 0 to -127 (RFC 6464).
    pub(crate) audio_level: Option<i8>,
    /// Whether the encoder takes it for a voice (RFC 6464).
    pub(crate) voice_activity: Option<bool>,
    /// How the camera was held (3GPP TS 26.114).
    pub(crate) orientation: Option<VideoOrientation>,
}

/// Which extensions an m-line's receiver understands, by their ids.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extensions {
    mid: Option<(u8, Name)>,
    /// Numbers over all streams of a connection; without them nothing is known of when packets came.
    numbered: Option<u8>,
    sent_at: Option<u8>,
    audio_level: Option<u8>,
    orientation: Option<u8>,
}

impl Extensions {
    /// As negotiated, for an m-line of that name.
    pub(crate) fn of(media: &Media, mid: Mid) -> Self {
        let map = media.remote_extmap();
        let id = |extension| map.id_of(extension).filter(|id| IDS.contains(id));
        Self {
            mid: id(Extension::RtpMid).map(|id| (id, Name::of(mid))),
            numbered: id(Extension::TransportSequenceNumber),
            sent_at: id(Extension::AbsoluteSendTime),
            audio_level: id(Extension::AudioLevel),
            orientation: id(Extension::VideoOrientation),
        }
    }

    /// None at all.
    pub(crate) fn none() -> Self {
        Self { mid: None, numbered: None, sent_at: None, audio_level: None, orientation: None }
    }

    /// Whether arrivals of its packets are reported.
    pub(crate) fn is_numbered(&self) -> bool {
        self.numbered.is_some()
    }
}

/// An m-line's name, as it is written into each packet: str0m's looks for its end each time.
#[derive(Debug, Clone, Copy)]
struct Name {
    bytes: [u8; 16],
    len: usize,
}

impl Name {
    fn of(mid: Mid) -> Self {
        let mut name = Self { bytes: [0; 16], len: 0 };
        for (byte, of) in name.bytes.iter_mut().zip(mid.as_bytes()) {
            (*byte, name.len) = (*of, name.len + 1);
        }
        name
    }

    fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// One packet's header.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Header {
    pub(crate) payload_type: u8,
    pub(crate) marker: bool,
    pub(crate) padded: bool,
    pub(crate) seq: u16,
    pub(crate) timestamp: u32,
    pub(crate) ssrc: u32,
}

impl Header {
    /// Appends the header. `number` is the connection-wide number, `sent_at` the time since any fixed moment.
    pub(crate) fn write(
        &self,
        out: &mut Vec<u8>,
        extensions: &Extensions,
        values: &Tags,
        number: u16,
        sent_at: Duration,
    ) {
        let start = out.len();
        out.push(0x90 | u8::from(self.padded) << 5);
        out.push(u8::from(self.marker) << 7 | self.payload_type & 0x7f);
        out.extend_from_slice(&self.seq.to_be_bytes());
        out.extend_from_slice(&self.timestamp.to_be_bytes());
        out.extend_from_slice(&self.ssrc.to_be_bytes());
        out.extend_from_slice(&[0xbe, 0xde, 0, 0]);
        let values_start = out.len();
        write_extensions(out, extensions, values, number, sent_at);
        out.resize(values_start + (out.len() - values_start).next_multiple_of(4), 0);
        let words = (out.len() - values_start) / 4;
        if words == 0 {
            out.truncate(values_start - 4);
            out[start] &= !0x10;
        } else {
            out[values_start - 1] = words as u8;
        }
    }
}

fn write_extensions(out: &mut Vec<u8>, extensions: &Extensions, values: &Tags, number: u16, sent_at: Duration) {
    let mut put = |id: u8, value: &[u8]| {
        let Some(size) = value.len().checked_sub(1) else { return };
        out.push(id << 4 | size as u8 & 0xf);
        out.extend_from_slice(value);
    };
    if let Some((id, mid)) = extensions.mid {
        put(id, mid.bytes());
    }
    if let Some(id) = extensions.numbered {
        put(id, &number.to_be_bytes());
    }
    if let Some(id) = extensions.sent_at {
        // Seconds modulo 64 in 6.18 bits.
        let ticks = (sent_at.as_micros() * (1 << 18) / 1_000_000) as u32;
        put(id, &ticks.to_be_bytes()[1..]);
    }
    if let (Some(id), Some(level)) = (extensions.audio_level, values.audio_level) {
        // RFC 6464: one bit of voice activity, then -dBov.
        let voice = u8::from(values.voice_activity.unwrap_or_default()) << 7;
        put(id, &[voice | level.unsigned_abs() & 0x7f]);
    }
    if let (Some(id), Some(orientation)) = (extensions.orientation, values.orientation) {
        put(id, &[orientation as u8]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_carries_what_the_receiver_asked_for_and_nothing_else() {
        let header = Header {
            payload_type: 96,
            marker: true,
            padded: false,
            seq: 0x0102,
            timestamp: 0x0304_0506,
            ssrc: 0x0708_090a,
        };
        let fixed = |first: u8| vec![first, 0x80 | 96, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
        let write = |extensions: Extensions, values: Tags| {
            let mut out = Vec::new();
            header.write(&mut out, &extensions, &values, 0x1234, Duration::from_millis(64_500));
            out
        };
        assert_eq!(write(Extensions::none(), Tags::default()), fixed(0x80));
        let all = Extensions {
            mid: Some((1, Name::of(Mid::from("v")))),
            numbered: Some(2),
            sent_at: Some(3),
            audio_level: Some(4),
            orientation: Some(5),
        };
        let values = Tags { audio_level: Some(-30), voice_activity: Some(true), ..Tags::default() };
        let expected = [0xbe, 0xde, 0, 3, 0x10, b'v', 0x21, 0x12, 0x34, 0x32, 0x02, 0, 0, 0x40, 0x80 | 30, 0];
        assert_eq!(write(all, values), [fixed(0x90), expected.to_vec()].concat(), "half a second in 18 bits");
    }
}
