//! The PIN: sixteen digits that stand for one person in one meeting, written 4-4-4-4.

use std::fmt;

use crate::limits::PIN_DIGITS;

/// Sixteen digits. No `Debug` that shows them, no `Display`: see [`Pin::grouped`].
#[derive(Clone, PartialEq, Eq)]
pub struct Pin(String);

/// Why a text cannot be a PIN. The page says it while typing; the door gives a stranger one answer for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPin {
    /// Nothing typed yet.
    #[error("the PIN is missing")]
    Empty,
    /// Fewer digits than a PIN has.
    #[error("a PIN has {PIN_DIGITS} digits, this has {0}")]
    TooShort(usize),
    /// More digits than a PIN has.
    #[error("a PIN has {PIN_DIGITS} digits, this has more")]
    TooLong,
    /// Something that is neither a digit nor a separator.
    #[error("a PIN has digits only")]
    NotADigit,
}

impl Pin {
    /// Reads what a person typed or pasted: spaces (also no-break ones), hyphens and dashes between the digits are dropped.
    pub fn parse(text: &str) -> Result<Self, InvalidPin> {
        let mut digits = String::with_capacity(PIN_DIGITS);
        for c in text.chars() {
            match c {
                '0'..='9' if digits.len() == PIN_DIGITS => return Err(InvalidPin::TooLong),
                '0'..='9' => digits.push(c),
                '-' | '\u{2010}'..='\u{2015}' => {}
                c if c.is_whitespace() => {}
                _ => return Err(InvalidPin::NotADigit),
            }
        }
        match digits.len() {
            0 => Err(InvalidPin::Empty),
            PIN_DIGITS => Ok(Self(digits)),
            n => Err(InvalidPin::TooShort(n)),
        }
    }

    /// The sixteen digits: for the keyed hash and for showing to their owner.
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// As people read it: `1234 5678 9012 3456`.
    pub fn grouped(&self) -> String {
        let mut out = String::with_capacity(PIN_DIGITS + 3);
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
            ("1234", InvalidPin::TooShort(4)),
            ("12345678901234567", InvalidPin::TooLong),
            ("123456789012345x", InvalidPin::NotADigit),
            ("١٢٣٤٥٦٧٨٩٠١٢٣٤٥٦", InvalidPin::NotADigit),
            ("1234\u{0}567890123456", InvalidPin::NotADigit),
        ];
        for (text, error) in table {
            assert_eq!(Pin::parse(text), Err(error), "{text:?}");
        }
    }

    #[test]
    fn a_pin_does_not_show_itself_in_debug() {
        let pin = Pin::parse("1234567890123456").unwrap();
        assert!(!format!("{pin:?}").contains("1234"));
    }
}
