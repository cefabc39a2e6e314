//! What is sent to people (passwords and invitations), and what is known of its way to them.

use serde::{Deserialize, Serialize};

use crate::units::UnixMs;

/// What is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LetterKind {
    /// The password on top of the PIN.
    Password,
    /// The invitation.
    Invitation,
}

/// On which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// To the telephone.
    Sms,
    /// By e-mail.
    Email,
}

/// How far it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// On its way to the gateway or mail server.
    Sending,
    /// The gateway or mail server took it. Whether it arrived is not known.
    Accepted,
    /// The gateway says that the telephone has it.
    Delivered,
    /// Gateway or mail server could not be reached, or asked to try later, several times.
    NotReached,
    /// Gateway or mail server did not take it and would not the next time.
    Refused,
    /// This server sends nothing to the country of the number.
    CountryNotServed,
    /// This server kept it back, for a reason of its own.
    KeptBack,
    /// The gateway took it and says that it did not reach the telephone.
    Undelivered,
    /// This server was stopped while it was being sent: it may have gone out or not.
    Unknown,
}

impl DeliveryState {
    const NAMES: [(Self, &'static str); 9] = [
        (Self::Sending, "sending"),
        (Self::Accepted, "accepted"),
        (Self::Delivered, "delivered"),
        (Self::NotReached, "not_reached"),
        (Self::Refused, "refused"),
        (Self::CountryNotServed, "country_not_served"),
        (Self::KeptBack, "kept_back"),
        (Self::Undelivered, "undelivered"),
        (Self::Unknown, "unknown"),
    ];

    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        Self::NAMES.iter().find(|(state, _)| *state == self).map_or("", |(_, name)| name)
    }

    /// The state of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, other)| *other == name).map(|(state, _)| *state)
    }

    /// Whether somebody should know that it did not arrive, as far as that is known.
    pub fn has_failed(self) -> bool {
        !matches!(self, Self::Sending | Self::Accepted | Self::Delivered)
    }
}

impl LetterKind {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Invitation => "invitation",
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Password, Self::Invitation].into_iter().find(|kind| kind.as_str() == name)
    }
}

impl Way {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Email => "email",
        }
    }

    /// The way of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Sms, Self::Email].into_iter().find(|way| way.as_str() == name)
    }
}

/// The newest of its kind to one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Delivery {
    /// On which way.
    pub way: Way,
    /// How far it came.
    pub state: DeliveryState,
    /// Since when that is known.
    pub at: UnixMs,
    /// Why it was kept back, or what gateway or mail server said when it did not take it: a few words, nothing of the message.
    pub said: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_one_name_in_the_database_and_on_the_wire() {
        for (state, name) in DeliveryState::NAMES {
            assert_eq!((state.as_str(), DeliveryState::from_name(name)), (name, Some(state)));
            assert_eq!(serde_json::to_string(&state).unwrap(), format!("\"{name}\""));
        }
        for kind in [LetterKind::Password, LetterKind::Invitation] {
            assert_eq!(LetterKind::from_name(kind.as_str()), Some(kind));
        }
        for way in [Way::Sms, Way::Email] {
            assert_eq!(Way::from_name(way.as_str()), Some(way));
        }
        assert_eq!(DeliveryState::from_name("lost"), None);
    }
}
