//! The PIN: digits that stand for one person in one meeting, written in groups of four. Sixteen, unless the operator chose
//! otherwise.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::limits::{MAX_PIN_DIGITS, PIN_DIGITS};

/// The digits. No `Debug` that shows them, no `Display`: see [`Pin::grouped`].
#[derive(Clone, PartialEq, Eq)]
pub struct Pin(String);

/// Why a text cannot be a PIN. The page says it while typing; the door gives a stranger one answer for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPin {
    /// Nothing typed yet.
    #[error("the PIN is missing")]
    Empty,
    /// Fewer digits than a PIN has.
    #[error("a PIN has more than {0} digits")]
    TooShort(usize),
    /// More digits than a PIN has.
    #[error("a PIN has fewer digits")]
    TooLong,
    /// Something that is neither a digit nor a separator.
    #[error("a PIN has digits only")]
    NotADigit,
}

/// How many digits PINs have that may work now: those issued before the operator changed the length still do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PinLengths {
    /// Fewest.
    pub shortest: usize,
    /// Most.
    pub longest: usize,
}

impl PinLengths {
    /// Any that can be read at all. An operator cannot choose the shortest of them, see [`crate::limits::MIN_PIN_DIGITS`]; they
    /// are what the door's arithmetic is proven with, because a hit among sixteen digits is not to be waited for.
    pub const ANY: Self = Self { shortest: 4, longest: MAX_PIN_DIGITS };

    /// All have so many.
    pub const fn exactly(digits: usize) -> Self {
        Self { shortest: digits, longest: digits }
    }

    /// With another length among them.
    #[must_use]
    pub fn and(self, digits: usize) -> Self {
        Self { shortest: self.shortest.min(digits), longest: self.longest.max(digits) }
    }
}

impl Default for PinLengths {
    fn default() -> Self {
        Self::exactly(PIN_DIGITS)
    }
}

impl Pin {
    /// Reads what a person typed or pasted, whatever length the operator may have chosen. See [`Pin::parse_within`].
    pub fn parse(text: &str) -> Result<Self, InvalidPin> {
        Self::parse_within(text, PinLengths::ANY)
    }

    /// Reads what a person typed or pasted: spaces (also no-break ones), hyphens and dashes between the digits are dropped.
    pub fn parse_within(text: &str, lengths: PinLengths) -> Result<Self, InvalidPin> {
        let mut digits = String::with_capacity(lengths.longest);
        for c in text.chars() {
            match c {
                '0'..='9' if digits.len() == lengths.longest => return Err(InvalidPin::TooLong),
                '0'..='9' => digits.push(c),
                '-' | '\u{2010}'..='\u{2015}' => {}
                c if c.is_whitespace() => {}
                _ => return Err(InvalidPin::NotADigit),
            }
        }
        match digits.len() {
            0 => Err(InvalidPin::Empty),
            n if n < lengths.shortest => Err(InvalidPin::TooShort(n)),
            _ => Ok(Self(digits)),
        }
    }

    /// The digits alone: for the keyed hash and for showing to their owner.
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// As people read it: `1234 5678 9012 3456`.
    pub fn grouped(&self) -> String {
        let mut out = String::with_capacity(self.0.len() * 5 / 4);
        for (index, digit) in self.0.chars().enumerate() {
            if index > 0 && index % 4 == 0 {
                out.push(' ');
            }
            out.push(digit);
        }
        out
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_read_with_or_without_separators() {
        for text in ["1234567890123456", "1234 5678 9012 3456", " 1234-5678\u{2013}9012\u{a0}3456\n"] {
            let pin = Pin::parse(text).unwrap();
            assert_eq!(pin.digits(), "1234567890123456");
            assert_eq!(pin.grouped(), "1234 5678 9012 3456");
        }
    }

    #[test]
    fn each_way_of_being_wrong_has_its_own_error() {
        let table = [
            ("", InvalidPin::Empty),
            ("  - ", InvalidPin::Empty),
            ("123", InvalidPin::TooShort(3)),
            ("123456789012345678901", InvalidPin::TooLong),
            ("123456789012345x", InvalidPin::NotADigit),
            ("١٢٣٤٥٦٧٨٩٠١٢٣٤٥٦", InvalidPin::NotADigit),
            ("1234\u{0}567890123456", InvalidPin::NotADigit),
        ];
        for (text, error) in table {
            assert_eq!(Pin::parse(text), Err(error), "{text:?}");
        }
    }

    #[test]
    fn lengths_bound_what_is_read() {
        let sixteen = PinLengths::exactly(16);
        let both = sixteen.and(12);
        let (twelve, sixteen_digits) = ("123456789012", "1234567890123456");
        assert_eq!(Pin::parse_within(twelve, sixteen), Err(InvalidPin::TooShort(12)));
        assert_eq!(Pin::parse_within(twelve, both).unwrap().grouped(), "1234 5678 9012");
        assert!(Pin::parse_within(sixteen_digits, both).is_ok());
        assert_eq!(Pin::parse_within("12345678901234567", both), Err(InvalidPin::TooLong));
        assert_eq!((both.shortest, both.longest), (12, 16));
    }

    #[test]
    fn a_pin_does_not_show_itself_in_debug() {
        let pin = Pin::parse("1234567890123456").unwrap();
        assert!(!format!("{pin:?}").contains("1234"));
    }
}
