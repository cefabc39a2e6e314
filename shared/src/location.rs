//! The location hint (D28–D30): whether the country of a browser's address and that of a telephone number
//! agree. It is an estimate, it never blocks anybody, and it carries its evidence with it.

use serde::{Deserialize, Serialize};

/// So far apart the areas of two countries may be and still count as near each other, kilometres: people live here and work
/// there.
pub const NEARBY_KM: u32 = 100;
/// Mean radius of the Earth (IUGG), kilometres.
const EARTH_KM: f64 = 6371.0;

/// What the comparison came to. What cannot be settled is `Unknown`, never `Differ`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The same country.
    Agree,
    /// Two countries, but areas that may be within [`NEARBY_KM`] of each other.
    Nearby,
    /// Two different countries, both known.
    Differ,
    /// One side or both cannot be settled.
    Unknown,
}

/// A part of a country, as a circle on the map: the surroundings of a town, never somebody's street.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Area {
    /// What it is around.
    pub name: String,
    /// Latitude of its middle in tenths of a degree, north positive: about 11 km.
    pub latitude: i16,
    /// Longitude of its middle in tenths of a degree, east positive.
    pub longitude: i16,
    /// How far from the middle it may reach, kilometres.
    pub radius_km: u16,
}

impl Area {
    /// From its middle to another's, kilometres on the sphere (haversine).
    pub fn distance_km(&self, other: &Self) -> u32 {
        let radians = |tenths: i16| f64::from(tenths).to_radians() / 10.0;
        let (north, south) = (radians(self.latitude), radians(other.latitude));
        let half = |a: f64, b: f64| ((a - b) / 2.0).sin().powi(2);
        let across = half(radians(self.longitude), radians(other.longitude));
        let chord = half(north, south) + north.cos() * south.cos() * across;
        (2.0 * EARTH_KM * chord.sqrt().clamp(0.0, 1.0).asin()).round() as u32
    }

    /// Whether both may be within [`NEARBY_KM`] of each other, as inexact as they are.
    fn is_near(&self, other: &Self) -> bool {
        let inexact = u32::from(self.radius_km) + u32::from(other.radius_km);
        self.distance_km(other) <= NEARBY_KM + inexact
    }
}

/// Where the browser's address seems to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComputerPlace {
    /// The database knows a country.
    Country {
        /// ISO 3166-1 alpha-2, upper case.
        code: String,
        /// Where in it, when a database of cities knows.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        area: Option<Area>,
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
        /// Where in it, for the number of a line that stays where it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        area: Option<Area>,
    },
    /// Several countries share the prefix (+1, +7, +44 …).
    SharedPrefix {
        /// The calling code without `+`.
        calling_code: u16,
        /// All of them, ISO 3166-1 alpha-2.
        regions: Vec<String>,
        /// The one that the digits after it point to; numbers are ported and sold across them.
        likely: Option<String>,
        /// Where in it the digits point to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        area: Option<Area>,
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

impl ComputerPlace {
    /// A country, where in it being unknown.
    pub fn country(code: &str) -> Self {
        Self::Country { code: code.to_owned(), area: None }
    }

    /// The country, when one is known.
    pub fn code(&self) -> Option<&str> {
        if let Self::Country { code, .. } = self { Some(code) } else { None }
    }

    /// Where in its country, when that is known.
    pub const fn area(&self) -> Option<&Area> {
        if let Self::Country { area, .. } = self { area.as_ref() } else { None }
    }

    /// Whether two addresses belong to different countries, both being known.
    pub fn is_in_another_country_than(&self, other: &Self) -> bool {
        self.code().zip(other.code()).is_some_and(|(a, b)| a != b)
    }
}

impl PhonePlace {
    /// A country, where in it being unknown.
    pub fn country(code: &str) -> Self {
        Self::Country { code: code.to_owned(), area: None }
    }

    /// Where in its country, when that is known.
    pub const fn area(&self) -> Option<&Area> {
        if let Self::Country { area, .. } | Self::SharedPrefix { area, .. } = self { area.as_ref() } else { None }
    }
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
    /// Evidence: picture and sound come from an address of another country than the page's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media: Option<ComputerPlace>,
}

impl LocationHint {
    /// Compares the two sides.
    pub fn compare(computer: ComputerPlace, phone: PhonePlace) -> Self {
        let near = || computer.area().zip(phone.area()).is_some_and(|(a, b)| a.is_near(b));
        let verdict = match (computer.code(), &phone) {
            (Some(code), PhonePlace::Country { code: other, .. }) if code == other => Verdict::Agree,
            (Some(code), PhonePlace::SharedPrefix { likely, .. }) if likely.as_deref() == Some(code) => Verdict::Agree,
            (Some(_), PhonePlace::Country { .. } | PhonePlace::SharedPrefix { .. }) if near() => Verdict::Nearby,
            // Of one numbering plan, and numbers move within it.
            (Some(code), PhonePlace::SharedPrefix { regions, .. }) if regions.iter().any(|region| region == code) => {
                Verdict::Unknown
            }
            (Some(_), PhonePlace::Country { .. } | PhonePlace::SharedPrefix { .. }) => Verdict::Differ,
            _ => Verdict::Unknown,
        };
        Self { verdict, computer, phone, network: None, media: None }
    }

    /// With what is known of the computer's network. Behind a data centre's address its user may be anywhere: countries
    /// that differ say nothing then, nor do such that are near.
    pub fn on(mut self, network: Option<Network>) -> Self {
        let is_hosting = network.as_ref().is_some_and(|network| network.kind == NetworkKind::Hosting);
        if is_hosting && matches!(self.verdict, Verdict::Differ | Verdict::Nearby) {
            self.verdict = Verdict::Unknown;
        }
        self.network = network;
        self
    }

    /// With where picture and sound come from. A browser may ask for pages through a proxy and send media straight: then one
    /// of the two countries is not the person's, and which cannot be said.
    pub fn with_media_from(mut self, media: Option<ComputerPlace>) -> Self {
        self.media = media.filter(|media| media.is_in_another_country_than(&self.computer));
        if self.media.is_some() {
            self.verdict = Verdict::Unknown;
        }
        self
    }

    /// How far the two areas are apart, kilometres, when both are known.
    pub fn distance_km(&self) -> Option<u32> {
        self.computer.area().zip(self.phone.area()).map(|(a, b)| a.distance_km(b))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around(name: &str, latitude: i16, longitude: i16) -> Area {
        Area { name: name.into(), latitude, longitude, radius_km: 25 }
    }

    fn hint(computer: (&str, Option<Area>), phone: (&str, Option<Area>)) -> LocationHint {
        LocationHint::compare(
            ComputerPlace::Country { code: computer.0.into(), area: computer.1 },
            PhonePlace::Country { code: phone.0.into(), area: phone.1 },
        )
    }

    /// Great circles as the spherical law of cosines gives them, within the tenth of a degree that coordinates are rounded to.
    #[test]
    fn distances_on_the_sphere() {
        let (aachen, maastricht) = (around("Aachen", 508, 61), around("Maastricht", 508, 57));
        let (paris, sydney, quito) =
            (around("Paris", 489, 23), around("Sydney", -339, 1512), around("Quito", -2, -785));
        assert_eq!(aachen.distance_km(&maastricht), 28);
        assert!((16_900..17_000).contains(&paris.distance_km(&sydney)), "{}", paris.distance_km(&sydney));
        assert!((13_550..13_650).contains(&sydney.distance_km(&quito)), "{}", sydney.distance_km(&quito));
        assert_eq!(paris.distance_km(&paris), 0);
        // Across the date line, and from pole to pole.
        assert_eq!(around("Fiji", -180, 1790).distance_km(&around("Fiji", -180, -1790)), 212);
        assert_eq!(around("N", 900, 0).distance_km(&around("S", -900, 0)), 20_015);
    }

    #[test]
    fn areas_on_both_sides_of_a_border_are_near() {
        let (aachen, liege) = (around("Aachen", 508, 61), around("Liège", 506, 56));
        let near = hint(("DE", Some(aachen.clone())), ("BE", Some(liege.clone())));
        assert_eq!((near.verdict, near.distance_km()), (Verdict::Nearby, Some(42)));
        assert_eq!(
            hint(("DE", Some(around("Berlin", 525, 134))), ("BE", Some(liege.clone()))).verdict,
            Verdict::Differ
        );
        // Within one country nothing is made of a distance, and without both areas countries alone count.
        assert_eq!(
            hint(("DE", Some(around("Berlin", 525, 134))), ("DE", Some(aachen.clone()))).verdict,
            Verdict::Agree
        );
        assert_eq!(hint(("DE", Some(aachen)), ("BE", None)).verdict, Verdict::Differ);
        assert_eq!(hint(("DE", None), ("BE", Some(liege))).verdict, Verdict::Differ);
    }

    /// At the edge: 100 km and what both are inexact by, no more.
    #[test]
    fn how_inexact_both_are_is_added() {
        let apart = |radius_km| {
            let middle = Area { radius_km, ..around("A", 500, 0) };
            hint(("FR", Some(middle)), ("BE", Some(Area { radius_km: 0, ..around("B", 518, 0) }))).verdict
        };
        assert_eq!((apart(100), apart(99)), (Verdict::Nearby, Verdict::Differ));
    }

    #[test]
    fn media_from_another_country_leaves_nothing_settled() {
        let (nl, de) = (ComputerPlace::country("NL"), ComputerPlace::country("DE"));
        let agreed = LocationHint::compare(nl.clone(), PhonePlace::country("NL"));
        let doubtful = agreed.clone().with_media_from(Some(de.clone()));
        assert_eq!((doubtful.verdict, doubtful.media), (Verdict::Unknown, Some(de)));
        for says_nothing in [None, Some(nl), Some(ComputerPlace::PrivateNetwork), Some(ComputerPlace::NotFound)] {
            assert_eq!(agreed.clone().with_media_from(says_nothing), agreed);
        }
    }
}
