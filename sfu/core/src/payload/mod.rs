//! What is read, and what is rewritten, at the front of a picture's packets. The SFU is blind to all the rest, so that
//! end-to-end encryption changes nothing here. These bytes stay clear:
//!
//! - VP8: the payload descriptor (RFC 7741 section 4.2) and the first byte behind it, whose lowest bit says "not a keyframe".
//! - H.264: the headers of NAL units, of a byte each: alone, in an aggregate with the sizes between them, or at the front of a
//!   fragment with the byte that says whether it is the first (RFC 6184 section 5).
//! - VP9: the payload descriptor (RFC 9628 section 4.2), and nothing behind it.
//!
//! Picture ids are rewritten where there are any; an H.264 stream has none.

mod h264;
mod vp9;

use shared::codec::VideoCodec;
use str0m::rtp::Vp8Descriptor;

use crate::svc::Spatial;

/// What a packet's first bytes say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Front {
    /// Whether a decoder can begin here.
    pub(crate) can_begin: bool,
    /// Numbers that must go on when a slot changes its source.
    pub(crate) ids: Option<Ids>,
    /// Its place among the layers of a picture that has several in one stream.
    pub(crate) spatial: Option<Spatial>,
}

/// The numbers of a picture, and where they stand in the payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ids {
    /// The picture id.
    pub(crate) picture: u16,
    /// TL0PICIDX.
    pub(crate) tl0: Option<u8>,
    picture_at: u8,
    is_wide: bool,
    tl0_at: u8,
}

impl Front {
    /// Reads the front of a payload. Nothing is to be had from one that is not what its payload type says.
    pub(crate) fn read(codec: VideoCodec, payload: &[u8]) -> Self {
        match codec {
            VideoCodec::Vp8 => Self::of_vp8(payload).unwrap_or_default(),
            VideoCodec::H264 => Self { can_begin: h264::begins(payload), ..Self::default() },
            VideoCodec::Vp9 => Self::of_vp9(payload).unwrap_or_default(),
        }
    }

    fn of_vp8(payload: &[u8]) -> Option<Self> {
        let descriptor = Vp8Descriptor::parse(payload).ok()?;
        let ids = descriptor.picture_id().and_then(|picture| Ids::at(payload, 2, picture, descriptor.tl0_pic_idx(), 0));
        Some(Self { can_begin: descriptor.starts_keyframe(payload), ids, spatial: None })
    }

    fn of_vp9(payload: &[u8]) -> Option<Self> {
        let of = vp9::Descriptor::read(payload)?;
        // The byte that names the layers stands between the two.
        let ids = of.picture.and_then(|picture| Ids::at(payload, 1, picture, of.tl0, 1));
        // The largest layer of a keyframe is needed where a larger one was: until it comes back there is nothing else to show.
        let is_needed_above = !of.is_for_itself || !of.is_predicted;
        let spatial = |layer| Spatial { layer, ends: of.ends, is_needed_above };
        let can_begin = of.begins && !of.is_predicted && of.layer.unwrap_or_default() == 0;
        Some(Self { can_begin, ids, spatial: of.layer.map(spatial) })
    }
}

impl Ids {
    /// The ids of a descriptor that has its picture id there, and its TL0PICIDX so many bytes behind it.
    fn at(payload: &[u8], picture_at: u8, picture: u16, tl0: Option<u8>, between: u8) -> Option<Self> {
        let is_wide = payload.get(usize::from(picture_at))? & 0x80 != 0;
        let tl0_at = picture_at + 1 + u8::from(is_wide) + between;
        Some(Self { picture, tl0, picture_at, is_wide, tl0_at })
    }

    /// The same place with other numbers.
    pub(crate) fn replaced_by(self, picture: u16, tl0: u8) -> Patch {
        Patch(Self { picture, tl0: self.tl0.map(|_| tl0), ..self })
    }
}

/// Numbers to be put in the place of a payload's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Patch(Ids);

impl Patch {
    /// Changes a copy of the payload.
    pub(crate) fn apply(&self, payload: &mut [u8]) {
        let [high, low] = self.0.picture.to_be_bytes();
        let at = usize::from(self.0.picture_at);
        // A descriptor with the short form has room for seven bits.
        let picture: &[u8] = if self.0.is_wide { &[0x80 | high, low] } else { &[low & 0x7f] };
        payload.iter_mut().skip(at).zip(picture).for_each(|(byte, patched)| *byte = *patched);
        if let (Some(tl0), Some(byte)) = (self.0.tl0, payload.get_mut(usize::from(self.0.tl0_at))) {
            *byte = tl0;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_patch_changes_what_it_should_and_nothing_else() {
        let table: [(&[u8], &[u8]); 4] = [
            // X; I: 15 bits; with TL0PICIDX (L, T); the short form; no picture id.
            (&[0x90, 0x80, 0x80, 1, 7], &[0x90, 0x80, 0x92, 0x34, 7]),
            (&[0x90, 0xe0, 0x80, 1, 2, 3, 7], &[0x90, 0xe0, 0x92, 0x34, 9, 3, 7]),
            (&[0x90, 0xe0, 1, 2, 3, 7], &[0x90, 0xe0, 0x34, 9, 3, 7]),
            (&[0x90, 0x20, 1, 7], &[0x90, 0x20, 1, 7]),
        ];
        for (payload, expected) in table {
            let mut patched = payload.to_vec();
            if let Some(ids) = Front::read(VideoCodec::Vp8, payload).ids {
                ids.replaced_by(0x1234, 9).apply(&mut patched);
            }
            assert_eq!(patched, expected);
        }
    }

    proptest! {
        #[test]
        fn no_payload_makes_it_panic(payload in proptest::collection::vec(any::<u8>(), 0..40)) {
            for codec in [VideoCodec::Vp8, VideoCodec::H264, VideoCodec::Vp9] {
                let front = Front::read(codec, &payload);
                let mut patched = payload.clone();
                if let Some(ids) = front.ids {
                    ids.replaced_by(ids.picture, ids.tl0.unwrap_or_default()).apply(&mut patched);
                }
                prop_assert_eq!(&patched, &payload, "the same numbers change nothing");
            }
        }
    }
}
