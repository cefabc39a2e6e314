//! The location hint (D28–D30): whether the country of a browser's address and that of a telephone number
//! agree. It is an estimate, it never blocks anybody, and it carries its evidence with it.

use serde::{Deserialize, Serialize};

/// What the comparison came to. What cannot be settled is `Unknown`, never `Differ`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The same country.
    Agree,
    /// Two different countries, both known.
    Differ,
    /// One side or both cannot be settled.
    Unknown,
}

/// Where the browser's address seems to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComputerPlace {
    /// The database knows a country.
    Country {
        /// ISO 3166-1 alpha-2, upper case.
        code: String,
    },
    /// A private, loopback or otherwise unroutable address: it says nothing about a place.
    PrivateNetwork,
    /// A public address that the database does not know.
    NotFound,
    /// This server has no usable location database.
    NoDatabase,
}

/// Where the telephone number belongs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhonePlace {
    /// The number belongs to one country.
    Country {
        /// ISO 3166-1 alpha-2, upper case.
        code: String,
    },
    /// Several countries share the prefix (+1, +7, +44 …).
    SharedPrefix {
        /// The calling code without `+`.
        calling_code: u16,
    },
    /// A number that belongs to no place (satellite, free-phone, universal).
    NonGeographic,
    /// No number was given with the invitation.
    NoNumber,
}

/// The hint on a lobby card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocationHint {
    /// What it came to.
    pub verdict: Verdict,
    /// Evidence: the computer's side.
    pub computer: ComputerPlace,
    /// Evidence: the telephone's side.
    pub phone: PhonePlace,
}

impl LocationHint {
    /// Compares the two sides.
    pub fn compare(computer: ComputerPlace, phone: PhonePlace) -> Self {
        let verdict = match (&computer, &phone) {
            (ComputerPlace::Country { code: a }, PhonePlace::Country { code: b }) if a == b => Verdict::Agree,
            (ComputerPlace::Country { .. }, PhonePlace::Country { .. }) => Verdict::Differ,
            _ => Verdict::Unknown,
        };
        Self { verdict, computer, phone }
    }
}
