//! The payload descriptor of VP9 (RFC 9628 section 4.2), as far as forwarding needs it.

/// What a descriptor says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Descriptor {
    pub(super) picture: Option<u16>,
    pub(super) tl0: Option<u8>,
    /// Which spatial layer the packet is of, where there are several.
    pub(super) layer: Option<u8>,
    /// Whether the frame needs pictures before it.
    pub(super) is_predicted: bool,
    /// Whether the packet begins its frame: one layer of one picture.
    pub(super) begins: bool,
    /// Whether it ends it.
    pub(super) ends: bool,
    /// Whether no larger layer of the same picture needs it.
    pub(super) is_for_itself: bool,
}

impl Descriptor {
    /// Reads the front of a payload. `None` when it is cut off.
    pub(super) fn read(payload: &[u8]) -> Option<Self> {
        let (flags, mut rest) = payload.split_first()?;
        let has = |bit: u8| flags & bit != 0;
        let picture = if has(0x80) { Some(picture_id(&mut rest)?) } else { None };
        let (mut tl0, mut layer) = (None, None);
        if has(0x20) {
            layer = Some(take(&mut rest)? >> 1 & 7);
            // In flexible mode each frame names what it needs instead.
            tl0 = if has(0x10) { None } else { Some(take(&mut rest)?) };
        }
        Some(Self {
            picture,
            tl0,
            layer,
            is_predicted: has(0x40),
            begins: has(0x08),
            ends: has(0x04),
            is_for_itself: has(0x01),
        })
    }
}

fn take(rest: &mut &[u8]) -> Option<u8> {
    let (byte, behind) = rest.split_first()?;
    *rest = behind;
    Some(*byte)
}

fn picture_id(rest: &mut &[u8]) -> Option<u16> {
    let first = take(rest)?;
    if first & 0x80 == 0 { Some(u16::from(first)) } else { Some(u16::from_be_bytes([first & 0x7f, take(rest)?])) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Chromium 156 sends with `L3T3_KEY`: a keyframe's three layers, which need the one below; then pictures whose layers stand for
    /// themselves.
    #[test]
    fn what_chromium_sends_is_understood() {
        let of = |layer, is_predicted, is_for_itself| Descriptor {
            picture: Some(0x4547),
            tl0: None,
            layer: Some(layer),
            is_predicted,
            begins: true,
            ends: true,
            is_for_itself,
        };
        let table: [(&[u8], Descriptor); 5] = [
            (
                &[0xbe, 0xc5, 0x47, 0x10, 0x50, 0x01, 0x40, 0x00, 0xb4, 0x02, 0x80, 0x01, 0x68, 0x05],
                of(0, false, false),
            ),
            (
                &[0xbc, 0xc5, 0x47, 0x13, 0x87, 0x02, 0x02, 0x00, 0x04, 0xfe, 0x02, 0xcf, 0x04, 0xff],
                of(1, false, false),
            ),
            (&[0xbd, 0xc5, 0x47, 0x15, 0x87, 0x04, 0x24, 0x00, 0x09, 0xfe, 0x05, 0x9e, 0xb1, 0xc1], of(2, false, true)),
            (&[0xfd, 0xc5, 0x47, 0x50, 0x02, 0x87, 0x00, 0x00, 0x00, 0x02, 0x7e, 0x01, 0x67, 0x02], of(0, true, true)),
            (&[0xfd, 0xc5, 0x47, 0x52, 0x02, 0x87, 0x00, 0x20, 0x00, 0x04, 0xfe, 0x02, 0xce, 0x33], of(1, true, true)),
        ];
        for (payload, expected) in table {
            assert_eq!(Descriptor::read(payload), Some(expected), "{payload:02x?}");
        }
    }

    #[test]
    fn other_forms_and_what_is_cut_off() {
        let read = |payload: &[u8]| Descriptor::read(payload).map(|of| (of.picture, of.layer, of.tl0));
        assert_eq!(read(&[0xac, 0x45, 0x12, 0x07, 1]), Some((Some(0x45), Some(1), Some(7))), "a short id, TL0PICIDX");
        assert_eq!(read(&[0x8c, 0x45]), Some((Some(0x45), None, None)), "no layers");
        assert_eq!(read(&[0x0c]), Some((None, None, None)), "no picture id");
        for short in [&[][..], &[0x80], &[0x80, 0xc5], &[0xa0, 0x45], &[0xa0, 0x45, 0x10], &[0xb0, 0xc5, 0x47]] {
            assert_eq!(read(short), None, "{short:02x?}");
        }
    }
}
