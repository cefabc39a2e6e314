//! How the PIN field groups what is typed, four by four, and keeps the caret where the person left it.

use shared::limits::MAX_PIN_DIGITS;

/// Digits in a group.
const GROUP: usize = 4;
/// Digits beyond which a paste is not even grouped: it is something else.
const LONGEST: usize = MAX_PIN_DIGITS + 4;

/// The field's text and caret (in characters) after grouping. What is no PIN in the making stays as typed, so
/// that the person sees what was wrong with it.
pub fn regroup(text: &str, caret: usize) -> (String, usize) {
    let separator = |c: char| c.is_whitespace() || c == '-' || ('\u{2010}'..='\u{2015}').contains(&c);
    let digits: Vec<char> = text.chars().filter(char::is_ascii_digit).collect();
    let foreign = text.chars().any(|c| !c.is_ascii_digit() && !separator(c));
    if foreign || digits.len() > LONGEST {
        return (text.to_owned(), caret);
    }
    let before = text.chars().take(caret).filter(char::is_ascii_digit).count();
    let caret = before + gaps(before, digits.len());
    let groups: Vec<String> = digits.chunks(GROUP).map(|group| group.iter().collect()).collect();
    (groups.join(" "), caret)
}

/// Spaces before the caret when `before` digits of `all` stand before it. At the end of a full group the caret
/// jumps the space, if there is one.
fn gaps(before: usize, all: usize) -> usize {
    if before == all { before.saturating_sub(1) / GROUP } else { before / GROUP }
}

#[cfg(test)]
mod tests {
    use super::regroup;

    #[test]
    fn digits_are_grouped_and_the_caret_stays_with_them() {
        let table = [
            ("1", 1, "1", 1),
            ("1234", 4, "1234", 4),
            ("12345", 5, "1234 5", 6),
            ("1234 5678 9012 3456", 19, "1234 5678 9012 3456", 19),
            ("1234567890123456", 16, "1234 5678 9012 3456", 19),
            (" 1234-5678\u{2013}9012\u{a0}3456\n", 22, "1234 5678 9012 3456", 19),
            ("129 34 5", 3, "1293 45", 3),
            ("123 45", 3, "1234 5", 3),
            ("0000", 0, "0000", 0),
        ];
        for (text, caret, grouped, caret_after) in table {
            assert_eq!(regroup(text, caret), (grouped.to_owned(), caret_after), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_pin_stays_as_typed() {
        for text in ["12a4", "hello", "１２３４", "https://x"] {
            assert_eq!(regroup(text, 2), (text.to_owned(), 2));
        }
    }

    #[test]
    fn a_digit_too_many_is_kept_for_the_error_to_speak_of() {
        assert_eq!(regroup("12345678901234567", 17).0, "1234 5678 9012 3456 7");
    }
}
