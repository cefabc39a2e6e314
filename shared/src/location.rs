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
        /// All of them, ISO 3166-1 alpha-2.
        regions: Vec<String>,
        /// The one that the digits after it point to; numbers are ported and sold across them.
        likely: Option<String>,
    },
    /// A number that belongs to no place (satellite, free-phone, universal).
    NonGeographic,
    /// No number was given with the invitation.
    NoNumber,
}

/// What kind of network an address seems to be of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NetworkKind {
    /// A data centre: a VPN, a remote desktop or a script. Its country is not its user's.
    Hosting,
    /// A mobile operator's. A telephone that roams is often on its home network.
    Mobile,
    /// Anything else: homes, offices, universities.
    Other,
}

/// The network of an address, by the name of who runs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    /// What kind it seems to be.
    pub kind: NetworkKind,
    /// Who runs it.
    pub name: String,
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
    /// Evidence: whose network the computer is on, where a database knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<Network>,
}

impl LocationHint {
    /// Compares the two sides.
    pub fn compare(computer: ComputerPlace, phone: PhonePlace) -> Self {
        let verdict = match (&computer, &phone) {
            (ComputerPlace::Country { code: a }, PhonePlace::Country { code: b }) if a == b => Verdict::Agree,
            (ComputerPlace::Country { .. }, PhonePlace::Country { .. }) => Verdict::Differ,
            (ComputerPlace::Country { code }, PhonePlace::SharedPrefix { regions, likely, .. }) => {
                if likely.as_ref() == Some(code) {
                    Verdict::Agree
                } else if regions.contains(code) {
                    // Of one numbering plan, and numbers move within it.
                    Verdict::Unknown
                } else {
                    Verdict::Differ
                }
            }
            _ => Verdict::Unknown,
        };
        Self { verdict, computer, phone, network: None }
    }

    /// With what is known of the computer's network. Behind a data centre's address its user may be anywhere: countries
    /// that differ say nothing then.
    pub fn on(mut self, network: Option<Network>) -> Self {
        let is_hosting = network.as_ref().is_some_and(|network| network.kind == NetworkKind::Hosting);
        if is_hosting && self.verdict == Verdict::Differ {
            self.verdict = Verdict::Unknown;
        }
        self.network = network;
        self
    }
}
