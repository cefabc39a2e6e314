//! Identifiers. Durable ones are 128 random bits, written as 32 lower-case hex digits everywhere
//! (JSON, SQL, log). Room-scoped ones are small integers, because they travel with every pointer.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an id is 32 lower-case hexadecimal digits")]
pub struct InvalidId;

fn parse_hex(text: &str) -> Result<[u8; 16], InvalidId> {
    let digits = text.as_bytes();
    let lower_hex = |d: &u8| d.is_ascii_digit() || (b'a'..=b'f').contains(d);
    if digits.len() != 32 || !digits.iter().all(lower_hex) {
        return Err(InvalidId);
    }
    let mut bytes = [0u8; 16];
    for (index, byte) in bytes.iter_mut().enumerate() {
        let pair = &text[index * 2..index * 2 + 2];
        *byte = u8::from_str_radix(pair, 16).map_err(|_| InvalidId)?;
    }
    Ok(bytes)
}

macro_rules! durable_id {
    ($(#[doc = $doc:literal])* $name:ident) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name([u8; 16]);

        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                crate::schema::id(concat!($($doc),*).trim())
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::ToSchema for $name {}

        impl $name {
            /// Makes an id from 128 random bits. The caller brings the randomness.
            pub const fn from_random(bits: [u8; 16]) -> Self {
                Self(bits)
            }

            /// The 16 bytes.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                parse_hex(text).map(Self)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.to_string()
            }
        }
    };
}

durable_id!(
    /// An organisation: the owner of accounts and meetings. Every durable row carries one.
    OrganisationId
);
durable_id!(
    /// A console account.
    AccountId
);
durable_id!(
    /// A meeting (durable). Its live instance is a room, see [`RoomId`].
    MeetingId
);
durable_id!(
    /// A meeting template, see [`crate::template`].
    TemplateId
);
durable_id!(
    /// One person's invitation to one meeting.
    InviteeId
);

/// A room: the live instance of one meeting, in memory only. It carries its meeting's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RoomId(pub MeetingId);

/// A person in one room, numbered from 1 in order of first arrival and stable across reconnects.
/// Small, because every pointer carries it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ParticipantId(pub u16);

/// One connection of a participant: a WebSocket and the PeerConnection that belongs to it.
/// Unique within one signaling process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionId(pub u64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_text_and_json() {
        let id = MeetingId::from_random([0xab; 16]);
        assert_eq!(id.to_string(), "ab".repeat(16));
        assert_eq!(id.to_string().parse(), Ok(id));
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(serde_json::from_str::<MeetingId>(&json).unwrap(), id);
    }

    #[test]
    fn what_is_not_32_lower_case_hex_digits_is_no_id() {
        let long = "ab".repeat(17);
        let upper = "AB".repeat(16);
        let multibyte = "é".repeat(16);
        for text in ["", "ab", long.as_str(), upper.as_str(), multibyte.as_str(), "+1"] {
            assert_eq!(text.parse::<InviteeId>(), Err(InvalidId), "{text}");
        }
    }
}
