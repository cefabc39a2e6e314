//! Where a decoder of H.264 can begin, by the headers of NAL units alone (RFC 6184 section 5).

/// A sequence parameter set: the sizes and the tools of what follows.
const PARAMETERS: u8 = 7;
/// Several NAL units in one packet, each behind its size.
const AGGREGATE: u8 = 24;
/// A part of a NAL unit.
const FRAGMENT: u8 = 28;

/// Whether a decoder can begin with this packet. WebRTC's encoders send their parameters in the stream (RFC 7742 section 6.2), in
/// front of each keyframe; without them a keyframe is of no use, and a slot that began in the middle of one would show half a
/// picture.
pub(super) fn begins(payload: &[u8]) -> bool {
    let Some((header, rest)) = payload.split_first() else { return false };
    match unit_type(*header) {
        PARAMETERS => true,
        AGGREGATE => units(rest).any(|unit| unit_type(unit) == PARAMETERS),
        // Type and, in the highest bit, whether this is the first part.
        FRAGMENT => rest.first().is_some_and(|part| part & 0x80 != 0 && unit_type(*part) == PARAMETERS),
        _ => false,
    }
}

const fn unit_type(header: u8) -> u8 {
    header & 0x1f
}

/// The headers of an aggregate's units, as far as it is whole.
fn units(mut rest: &[u8]) -> impl Iterator<Item = u8> {
    std::iter::from_fn(move || {
        let (size, behind) = rest.split_first_chunk()?;
        let unit = behind.get(..usize::from(u16::from_be_bytes(*size)))?;
        rest = behind.get(unit.len()..)?;
        unit.first().copied()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decoder_begins_at_parameters_and_nowhere_else() {
        let table: [(&str, bool, &[u8]); 14] = [
            ("parameters", true, &[0x67, 0x42, 0xe0, 0x1f]),
            ("with another priority", true, &[0x27, 0x42]),
            ("a header alone", true, &[0x67]),
            ("a keyframe without them", false, &[0x65, 0x88, 0x84]),
            ("any other picture", false, &[0x41, 0x9a, 0x02]),
            ("picture parameters, a delimiter", false, &[0x68, 0xce, 0x3c]),
            ("an aggregate that begins with them", true, &[0x78, 0, 2, 0x67, 0x42, 0, 2, 0x68, 0xce]),
            ("behind a delimiter", true, &[0x78, 0, 2, 0x09, 0x10, 0, 2, 0x67, 0x42]),
            ("an aggregate of others", false, &[0x78, 0, 2, 0x68, 0x67, 0, 2, 0x65, 0x67]),
            ("of which the end is missing", false, &[0x78, 0, 2, 0x68, 0xce, 0, 9, 0x67]),
            ("with nothing in it", false, &[0x78, 0, 0, 0, 0]),
            ("the first part of them", true, &[0x7c, 0x87, 0x42]),
            ("a later part", false, &[0x7c, 0x07, 0x42]),
            ("the first part of a keyframe", false, &[0x7c, 0x85, 0x88]),
        ];
        for (what, begins_there, payload) in table {
            assert_eq!(begins(payload), begins_there, "{what}");
        }
        for short in [&[][..], &[0x78], &[0x78, 0], &[0x7c]] {
            assert!(!begins(short), "{short:?}");
        }
    }
}
