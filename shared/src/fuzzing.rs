//! What must hold of whatever bytes a stranger sends, for each reader of this crate. `make fuzz` looks for bytes of which it does
//! not hold (`e2e/fuzz`); the tests below try those that it kept.

use crate::control::{Command, Event};
use crate::ids::{InviteeId, MeetingId};
use crate::input;
use crate::limits::{MAX_EMAIL_BYTES, MAX_LINE_CHARS, MAX_NAME_CHARS, MAX_SIGNAL_MESSAGE_BYTES, MAX_TITLE_CHARS};
use crate::pin::{InvalidPin, Pin, PinLengths};
use crate::signal::{ClientMsg, ProtocolError, ServerMsg};
use crate::surface::{DrawDown, DrawUp, MAX_BODY_BYTES, MAX_POINTS_PER_PART, PointerDown, PointerUp, StrokePart};

/// Messages as JSON: what is understood says the same again once it is written, and what is too long is not looked at.
pub fn message(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match ClientMsg::decode(text) {
        Ok(message) => {
            assert!(text.len() <= MAX_SIGNAL_MESSAGE_BYTES);
            let written = message.encode();
            assert_eq!(ClientMsg::decode(&written), Ok(message.clone()));
            hides_its_secrets(&message);
            // What one side may say is never taken for the other's.
            assert_eq!(ServerMsg::decode(&written), None);
        }
        Err(error) => assert_eq!(error == ProtocolError::TooLarge, text.len() > MAX_SIGNAL_MESSAGE_BYTES),
    }
    if let Some(message) = ServerMsg::decode(text) {
        assert_eq!(ServerMsg::decode(&message.encode()), Some(message));
    }
    survives::<Command>(text);
    survives::<Event>(text);
}

fn survives<T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug>(text: &str) {
    let Ok(message) = serde_json::from_str::<T>(text) else { return };
    let again = serde_json::to_string(&message).and_then(|written| serde_json::from_str(&written));
    assert_eq!(again.ok(), Some(message));
}

fn hides_its_secrets(message: &ClientMsg) {
    let secrets = match message {
        ClientMsg::Join { pin, link } => vec![Some(pin), link.as_ref()],
        ClientMsg::Resume { session: secret, .. } | ClientMsg::SubmitPassword { password: secret } => {
            vec![Some(secret)]
        }
        _ => return,
    };
    // Long enough not to stand in the names of fields.
    let hidden = secrets.into_iter().flatten().map(|secret| secret.reveal()).filter(|text| text.len() > 16);
    let shown = format!("{message:?}");
    hidden.for_each(|text| assert!(!shown.contains(text)));
}

/// Frames of the data channels: each is written as it was read, byte by byte.
pub fn surface(data: &[u8]) {
    if let Ok(pointer) = PointerUp::decode(data) {
        assert_eq!(pointer.encode(), data);
    }
    if let Ok(pointer) = PointerDown::decode(data) {
        assert_eq!(pointer.encode(), data);
    }
    if let Ok(up) = DrawUp::decode(data) {
        assert!(up.body.len() <= MAX_BODY_BYTES);
        assert_eq!(up.encode(), data);
    }
    if let Ok(records) = DrawDown::decode_all(data) {
        let mut written = Vec::new();
        records.iter().for_each(|record| record.encode_into(&mut written));
        assert_eq!(written, data);
    }
    if let Ok(part) = StrokePart::decode(data) {
        assert!(!part.points.is_empty());
        assert!(part.points.len() > MAX_POINTS_PER_PART || part.encode() == data);
    }
}

/// What people type: PINs, numbers, addresses, names. What is taken is of its form, and is taken as it stands a second time.
pub fn typed(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let all = PinLengths::ANY;
    for lengths in [all, PinLengths::default(), PinLengths::exactly(8), PinLengths::exactly(8).and(12)] {
        pin(text, lengths);
        assert!(Pin::parse_within(text, lengths).is_err() || Pin::parse_within(text, all).is_ok());
    }
    if let Ok(number) = input::phone(text) {
        let digits = number.strip_prefix('+').unwrap_or_default();
        assert!((7..=15).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit()));
        assert!(!digits.starts_with('0'));
        assert_eq!(input::phone(&number), Ok(number));
    }
    if let Ok(address) = input::email(text) {
        assert!(address.len() <= MAX_EMAIL_BYTES && address.matches('@').count() == 1);
        assert!(!address.contains(char::is_whitespace) && !address.contains(char::is_control));
        assert_eq!(input::email(&address), Ok(address));
    }
    for (read, max) in
        [(input::name as Line, MAX_NAME_CHARS), (input::title, MAX_TITLE_CHARS), (input::line, MAX_LINE_CHARS)]
    {
        if let Ok(line) = read(text) {
            assert!((1..=max).contains(&line.chars().count()) && !line.contains(char::is_control));
            assert_eq!(line, line.trim());
            assert_eq!(read(&line), Ok(line));
        }
    }
    if let Ok(id) = text.parse::<MeetingId>() {
        assert_eq!(id.to_string(), text);
    }
    assert_eq!(text.parse::<InviteeId>().is_ok(), text.parse::<MeetingId>().is_ok());
}

type Line = fn(&str) -> Result<String, input::InvalidText>;

fn pin(text: &str, lengths: PinLengths) {
    let typed: String = text.chars().filter(char::is_ascii_digit).collect();
    match Pin::parse_within(text, lengths) {
        Ok(pin) => {
            assert_eq!(pin.digits(), typed);
            assert!((lengths.shortest..=lengths.longest).contains(&typed.len()));
            assert_eq!(Pin::parse_within(&pin.grouped(), lengths), Ok(pin.clone()));
            assert!(!format!("{pin:?}").contains(&typed));
        }
        Err(InvalidPin::Empty) => assert!(typed.is_empty()),
        Err(InvalidPin::TooShort(count)) => assert!(count == typed.len() && count < lengths.shortest),
        Err(InvalidPin::TooLong) => assert!(typed.len() > lengths.longest),
        Err(InvalidPin::NotADigit) => assert_ne!(text, typed),
    }
}

#[cfg(test)]
#[path = "../../e2e/fuzz/replay.rs"]
mod replay;

#[cfg(test)]
mod tests {
    use super::replay::replay;

    #[test]
    fn messages() {
        replay("messages", 3_000, super::message);
    }

    #[test]
    fn frames() {
        replay("messages", 10_000, super::surface);
    }

    #[test]
    fn what_is_typed() {
        replay("typed", 5_000, super::typed);
    }
}
