//! PINs that are taken for one another: one digit differs, or two neighbours are swapped. Two people of one meeting never
//! have such a pair, so that a slip of a finger opens nobody else's seat.

use shared::pin::Pin;

/// All PINs of the same length that a slip makes of this one, itself left out: 9 for each digit, and one for each pair of
/// neighbours that differ.
pub(super) fn of(pin: &Pin) -> impl Iterator<Item = Pin> + '_ {
    let digits = pin.digits().as_bytes();
    let mistyped = (0..digits.len()).flat_map(move |place| {
        (b'0'..=b'9').filter(move |digit| *digit != digits[place]).filter_map(move |digit| {
            let mut other = digits.to_vec();
            other[place] = digit;
            read(other)
        })
    });
    let swapped = (1..digits.len()).filter(move |place| digits[place - 1] != digits[*place]).filter_map(move |place| {
        let mut other = digits.to_vec();
        other.swap(place - 1, place);
        read(other)
    });
    mistyped.chain(swapped)
}

fn read(digits: Vec<u8>) -> Option<Pin> {
    Pin::parse(&String::from_utf8(digits).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn one_digit_off_or_two_neighbours_swapped() {
        let pin = Pin::parse("1123 4567 8901 2345").unwrap();
        let all: BTreeSet<_> = of(&pin).map(|pin| pin.digits().to_owned()).collect();
        // 16 · 9 mistyped; 15 pairs of which one is "11".
        assert_eq!(all.len(), 144 + 14);
        for slip in ["2123456789012345", "1123456789012349", "1213456789012345", "1123456789012354"] {
            assert!(all.contains(slip), "{slip}");
        }
        for other in ["1123456789012345", "3121456789012345", "2123456789012344"] {
            assert!(!all.contains(other), "{other}");
        }
    }
}
