//! Checks on what people type, the same in the page (as they type) and on the server (as it arrives).

use crate::limits::{MAX_CHECK_CHARS, MAX_EMAIL_BYTES, MAX_LINE_CHARS, MAX_NAME_CHARS, MAX_TITLE_CHARS};

/// Why a text was refused. Serialised into API errors so that the page can say it beside the field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum InvalidText {
    /// Nothing but white space.
    #[error("must not be empty")]
    Empty,
    /// More characters than allowed.
    #[error("must not be longer than {max} characters")]
    TooLong {
        /// Most characters allowed.
        max: usize,
    },
    /// A control character, NUL among them.
    #[error("must not contain control characters")]
    ControlCharacter,
    /// An invisible character that changes reading direction or hides itself: such a name could pose as another.
    #[error("must not contain invisible direction marks")]
    HiddenCharacter,
    /// Not the shape of an e-mail address.
    #[error("is not an e-mail address")]
    NotAnEmail,
    /// Not `+` and 7 to 15 digits.
    #[error("is not an international telephone number like +31201234567")]
    NotAPhoneNumber,
}

/// A meeting's title, trimmed. At most [`MAX_TITLE_CHARS`] characters.
pub fn title(text: &str) -> Result<String, InvalidText> {
    one_line(text, MAX_TITLE_CHARS)
}

/// A person's or account's name, trimmed. At most [`MAX_NAME_CHARS`] characters.
pub fn name(text: &str) -> Result<String, InvalidText> {
    one_line(text, MAX_NAME_CHARS)
}

/// A line between somebody in the lobby and the moderators, trimmed. At most [`MAX_LINE_CHARS`] characters.
pub fn line(text: &str) -> Result<String, InvalidText> {
    one_line(text, MAX_LINE_CHARS)
}

/// A point of a checklist, trimmed. At most [`MAX_CHECK_CHARS`] characters.
pub fn check(text: &str) -> Result<String, InvalidText> {
    one_line(text, MAX_CHECK_CHARS)
}

fn one_line(text: &str, max: usize) -> Result<String, InvalidText> {
    let text = text.trim();
    if text.is_empty() {
        return Err(InvalidText::Empty);
    }
    if text.chars().count() > max {
        return Err(InvalidText::TooLong { max });
    }
    if text.chars().any(char::is_control) {
        return Err(InvalidText::ControlCharacter);
    }
    if text.chars().any(is_hidden) {
        return Err(InvalidText::HiddenCharacter);
    }
    Ok(text.to_owned())
}

/// Bidirectional controls (UAX #9), zero-width and line-separator characters, which have no place in a name of
/// one line. The zero-width joiner and non-joiner stay: Persian, Hindi and emoji need them.
fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{061c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// An e-mail address by shape only (one `@`, a dot or host after it); delivery is the real check.
pub fn email(text: &str) -> Result<String, InvalidText> {
    let text = text.trim();
    let plain =
        |part: &str| !part.is_empty() && !part.chars().any(|c| c.is_whitespace() || c.is_control() || is_hidden(c));
    let ok = text.len() <= MAX_EMAIL_BYTES
        && text.split_once('@').is_some_and(|(local, host)| plain(local) && plain(host) && !host.contains('@'));
    if ok { Ok(text.to_owned()) } else { Err(InvalidText::NotAnEmail) }
}

/// A telephone number in E.164 by shape: `+` and 7 to 15 digits, the first not zero. Spaces, dots,
/// hyphens and brackets are dropped. Whether such a number can exist is the server's further check.
pub fn phone(text: &str) -> Result<String, InvalidText> {
    let mut number = String::with_capacity(16);
    for c in text.trim().chars() {
        match c {
            '+' if number.is_empty() => number.push('+'),
            '0'..='9' if !number.is_empty() => number.push(c),
            ' ' | '\u{a0}' | '.' | '-' | '(' | ')' => {}
            _ => return Err(InvalidText::NotAPhoneNumber),
        }
    }
    let digits = number.len().saturating_sub(1);
    let leading_zero = number.as_bytes().get(1) == Some(&b'0');
    if (7..=15).contains(&digits) && !leading_zero { Ok(number) } else { Err(InvalidText::NotAPhoneNumber) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_and_names_are_trimmed_and_bounded() {
        assert_eq!(title("  Board  "), Ok("Board".into()));
        assert_eq!(title("<script>alert(1)</script>"), Ok("<script>alert(1)</script>".into()));
        assert_eq!(name("مريم"), Ok("مريم".into()));
        let table = [
            (" ".to_owned(), InvalidText::Empty),
            ("x".repeat(10_000), InvalidText::TooLong { max: MAX_TITLE_CHARS }),
            ("a\0b".into(), InvalidText::ControlCharacter),
            ("a\nb".into(), InvalidText::ControlCharacter),
            ("a\u{202e}b".into(), InvalidText::HiddenCharacter),
            ("a\u{200f}".into(), InvalidText::HiddenCharacter),
        ];
        for (text, error) in table {
            assert_eq!(title(&text), Err(error));
        }
    }

    #[test]
    fn a_phone_number_is_normalised_or_refused() {
        assert_eq!(phone(" +31 (20) 123-4567 "), Ok("+31201234567".into()));
        for text in ["", "0201234567", "+", "+123", "+0123456789", "+1234567890123456", "+31abc", "31+20123456"] {
            assert_eq!(phone(text), Err(InvalidText::NotAPhoneNumber), "{text}");
        }
    }

    #[test]
    fn an_email_has_two_parts() {
        assert_eq!(email(" a@b.example "), Ok("a@b.example".into()));
        for text in ["", "a", "@b", "a@", "a@b@c", "a b@c", "a\u{202e}@b"] {
            assert_eq!(email(text), Err(InvalidText::NotAnEmail), "{text}");
        }
    }
}
