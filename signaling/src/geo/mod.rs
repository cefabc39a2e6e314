//! The location hint (D28–D30): country of the browser's address against country of the telephone number.
//!
//! [`Geo`] is asked when somebody knocks or comes back and when their media takes another way; the answer goes onto the lobby
//! card with its evidence and nowhere else. [`unroutable`] knows addresses that say nothing, [`phone`] numbering plans, [`areas`]
//! the towns that lines belong to; [`database`] reads files.
//! It never blocks anybody: no file, a broken file, a lookup that fails, all of them are `Unknown` in the end.

use std::net::IpAddr;
use std::path::PathBuf;

use shared::location::{ComputerPlace, LocationHint, Network};

use self::database::Database;

mod areas;
pub mod database;
#[cfg(test)]
mod labelled_tests;
#[cfg(test)]
pub(crate) mod mmdb_writer;
mod network;
pub mod phone;
pub mod unroutable;

/// All location databases of this server, asked in order.
#[derive(Default)]
pub struct Geo {
    databases: Vec<Database>,
}

impl Geo {
    /// Opens the configured files. One that cannot be used is said once, here, and left out: the server starts
    /// without it.
    pub fn open(files: &[PathBuf]) -> Self {
        let databases: Vec<_> = files
            .iter()
            .filter_map(|file| match Database::open(file) {
                Ok(database) => Some(database),
                Err(error) => {
                    tracing::warn!(file = %file.display(), %error, "this location database is not used");
                    None
                }
            })
            .collect();
        if databases.is_empty() {
            tracing::warn!(
                "there is no usable location database: location hints will be 'unknown' (make geo gets one)"
            );
        }
        Self { databases }
    }

    /// With this one alone.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn of(database: Database) -> Self {
        Self { databases: vec![database] }
    }

    /// Whether any database is in use, so that its attribution must be shown.
    pub fn is_usable(&self) -> bool {
        !self.databases.is_empty()
    }

    /// Where the browser's address seems to be.
    pub fn place(&self, address: IpAddr) -> ComputerPlace {
        // None of the files finds an IPv4 address in its IPv6 disguise.
        let address = address.to_canonical();
        if unroutable::is_unroutable(address) {
            return ComputerPlace::PrivateNetwork;
        }
        if self.databases.is_empty() {
            return ComputerPlace::NoDatabase;
        }
        let country = self.databases.iter().find_map(|database| database.country(address));
        country.map_or(ComputerPlace::NotFound, |code| {
            // Another file may know the town, of the same country.
            let knows = |database: &Database| database.country(address).as_ref() == Some(&code);
            let area = self.databases.iter().filter(|file| knows(file)).find_map(|file| file.area(address));
            ComputerPlace::Country { code, area }
        })
    }

    /// Whose network the browser's address is of.
    pub fn network(&self, address: IpAddr) -> Option<Network> {
        let address = address.to_canonical();
        let public = (!unroutable::is_unroutable(address)).then_some(address)?;
        self.databases.iter().find_map(|database| database.network(public)).map(|name| network::of(&name))
    }

    /// The hint for a lobby card: the address against the number on the invitation.
    pub fn hint(&self, address: IpAddr, phone: Option<&str>) -> LocationHint {
        LocationHint::compare(self.place(address), phone::place(phone)).on(self.network(address))
    }
}

/// Degrees as tenths of them; `None` for what is no latitude or longitude within `bound`.
fn tenths(degrees: f64, bound: f64) -> Option<i16> {
    (degrees.abs() <= bound).then_some((degrees * 10.0).round() as i16)
}

#[cfg(test)]
mod tests {
    use shared::location::Verdict::{self, Agree, Differ, Nearby, Unknown};

    use super::mmdb_writer::{Schema, write};
    use super::*;

    const V4: &[(&str, &str)] =
        &[("145.0.0.0/8", "NL"), ("81.240.0.0/12", "BE"), ("8.8.8.0/24", "US"), ("51.0.0.0/8", "GB")];
    const V6: &[(&str, &str)] = &[("2001:610::/32", "NL"), ("2a02:a000::/24", "BE"), ("2001:200::/32", "JP")];

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("conclave-geo-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    /// One file for IPv4 and one for IPv6, as DB-IP's city data comes.
    fn two_files(schema: Schema, name: &str) -> Geo {
        let folder = folder(name);
        let files = [folder.join("v4.mmdb"), folder.join("v6.mmdb")];
        std::fs::write(&files[0], write(schema, 4, V4)).unwrap();
        std::fs::write(&files[1], write(schema, 6, V6)).unwrap();
        let geo = Geo::open(&files);
        std::fs::remove_dir_all(folder).unwrap();
        geo
    }

    /// D28, D29, D30: agree, differ, and unknown for whatever cannot be settled.
    #[test]
    fn pairs_of_address_and_number() {
        let table: &[(&str, Option<&str>, Verdict)] = &[
            ("145.1.2.3", Some("+31201234567"), Agree),
            ("145.1.2.3", Some("+31612345678"), Agree),
            ("::ffff:145.1.2.3", Some("+31201234567"), Agree),
            ("2001:610:1::5", Some("+31201234567"), Agree),
            ("2a02:a011::1", Some("+32470123456"), Agree),
            ("2001:200::1", Some("+81312345678"), Agree),
            ("81.245.1.1", Some("+31201234567"), Differ),
            ("2001:610:1::5", Some("+32470123456"), Differ),
            ("8.8.8.8", Some("+33142685300"), Differ),
            // Prefixes that several countries share: the one that the digits point to agrees, another of them says nothing,
            // and none of them differs.
            ("8.8.8.8", Some("+12025550123"), Agree),
            ("8.8.8.8", Some("+14165550123"), Unknown),
            ("145.1.2.3", Some("+12025550123"), Differ),
            ("145.1.2.3", Some("+79161234567"), Differ),
            ("51.1.1.1", Some("+442079460000"), Agree),
            ("51.1.1.1", Some("+441481960194"), Unknown),
            ("2001:610::1", Some("+447911123456"), Differ),
            ("8.8.8.8", Some("+18005550123"), Unknown),
            // Numbers of no place.
            ("145.1.2.3", Some("+80012345678"), Unknown),
            ("145.1.2.3", Some("+870773111632"), Unknown),
            ("145.1.2.3", Some("+318001234567"), Unknown),
            ("145.1.2.3", None, Unknown),
            // Addresses that say nothing.
            ("127.0.0.1", Some("+31201234567"), Unknown),
            ("::1", Some("+31201234567"), Unknown),
            ("10.1.2.3", Some("+31201234567"), Unknown),
            ("::ffff:192.168.0.1", Some("+31201234567"), Unknown),
            ("100.64.0.1", Some("+31201234567"), Unknown),
            ("fd00::1", Some("+31201234567"), Unknown),
            // Public, but in no file.
            ("9.9.9.9", Some("+31201234567"), Unknown),
            ("2606:4700::1", Some("+31201234567"), Unknown),
        ];
        for (schema, name) in [(Schema::Flat, "flat"), (Schema::GeoIp2, "nested")] {
            let geo = two_files(schema, name);
            for (address, phone, verdict) in table {
                let hint = geo.hint(address.parse().unwrap(), *phone);
                assert_eq!(hint.verdict, *verdict, "{name}: {address} {phone:?} {hint:?}");
            }
        }
    }

    const TOWNS: &[(&str, &str)] = &[
        ("145.0.0.0/9", "NL|Maastricht (Centrum)|50.85|5.69|20"),
        ("145.128.0.0/9", "NL|Groningen|53.22|6.57|20"),
        ("81.240.0.0/12", "BE|Liège|50.64|5.57|50"),
        ("8.8.8.0/24", "US|Detroit|42.33|-83.05|100"),
        ("9.9.9.0/24", "NL||52.1|5.2|1000"),
        ("9.9.8.0/24", "NL|Vaag|52.1|5.2|1000"),
    ];

    /// D29: areas on both sides of a border are near each other, whether the file is flat or nested, alone or beside one of
    /// countries; a mobile has no area.
    #[test]
    fn towns_on_both_sides_of_a_border() {
        let folder = folder("towns");
        let countries = folder.join("countries.mmdb");
        std::fs::write(&countries, write(Schema::Flat, 4, V4)).unwrap();
        for (name, schema) in [("flat", Schema::FlatCities), ("nested", Schema::GeoIp2Cities)] {
            let towns = folder.join(format!("{name}.mmdb"));
            std::fs::write(&towns, write(schema, 4, TOWNS)).unwrap();
            for files in [vec![towns.clone()], vec![countries.clone(), towns.clone()]] {
                let geo = Geo::open(&files);
                let verdict = |address: &str, phone| geo.hint(address.parse().unwrap(), Some(phone)).verdict;
                let (aachen, liege, brussels, mobile) = ("+492411234567", "+3242345678", "+3225123456", "+32470123456");
                assert_eq!(verdict("145.1.2.3", aachen), Nearby, "{name}");
                assert_eq!(verdict("145.1.2.3", liege), Nearby, "{name}");
                assert_eq!(verdict("145.200.2.3", aachen), Differ, "{name}");
                assert_eq!(verdict("145.200.2.3", brussels), Differ, "{name}");
                assert_eq!(verdict("145.1.2.3", mobile), Differ, "{name}");
                // Detroit and Windsor, Ontario: of one numbering plan, and near besides.
                assert_eq!(verdict("8.8.8.8", "+15192550123"), Nearby, "{name}");
                assert_eq!(verdict("8.8.8.8", "+16042550123"), Unknown, "{name}");
                let area = |address: &str| geo.place(address.parse().unwrap()).area().cloned();
                assert_eq!(area("145.1.2.3").map(|area| area.name), Some("Maastricht".into()), "{name}");
                assert_eq!(area("9.9.9.9"), None, "{name}: a country's middle is no town");
            }
        }
        let nested = Geo::open(&[folder.join("nested.mmdb")]);
        assert_eq!(nested.place("9.9.8.9".parse().unwrap()), ComputerPlace::country("NL"), "too vague to be an area");
        std::fs::remove_dir_all(folder).unwrap();
    }

    /// A file of networks beside the countries': whose it is stands on the card, and behind a data centre's address countries
    /// that differ say nothing.
    #[test]
    fn a_data_centre_s_country_is_not_its_user_s() {
        let folder = folder("networks");
        let files = [folder.join("countries.mmdb"), folder.join("networks.mmdb")];
        std::fs::write(&files[0], write(Schema::Flat, 4, V4)).unwrap();
        let networks = [("145.0.0.0/8", "Hetzner Online GmbH"), ("81.240.0.0/12", "Proximus NV")];
        std::fs::write(&files[1], write(Schema::Networks, 4, &networks)).unwrap();
        let geo = Geo::open(&files);
        std::fs::remove_dir_all(folder).unwrap();
        let hint = |address: &str, phone| geo.hint(address.parse().unwrap(), Some(phone));
        let abroad = hint("145.1.2.3", "+32470123456");
        assert_eq!((abroad.verdict, abroad.network.unwrap().name.as_str()), (Unknown, "Hetzner Online GmbH"));
        assert_eq!(hint("145.1.2.3", "+31201234567").verdict, Agree);
        assert_eq!(hint("81.245.1.1", "+31201234567").verdict, Differ);
        assert_eq!(hint("8.8.8.8", "+33142685300").network, None);
    }

    #[test]
    fn the_evidence_says_why_nothing_is_known() {
        let geo = two_files(Schema::Flat, "evidence");
        let place = |address: &str| geo.place(address.parse().unwrap());
        assert_eq!(place("145.1.2.3"), ComputerPlace::country("NL"));
        assert_eq!(place("9.9.9.9"), ComputerPlace::NotFound);
        assert_eq!(place("10.0.0.1"), ComputerPlace::PrivateNetwork);
        let without = Geo::open(&[]);
        assert_eq!(without.place("145.1.2.3".parse().unwrap()), ComputerPlace::NoDatabase);
        assert_eq!(without.place("10.0.0.1".parse().unwrap()), ComputerPlace::PrivateNetwork);
    }

    /// The order of the files does not matter, and one file for both families works as well as two.
    #[test]
    fn one_file_for_both_families() {
        let folder = folder("both");
        let file = folder.join("both.mmdb");
        let all: Vec<_> = V4.iter().chain(V6).copied().collect();
        std::fs::write(&file, write(Schema::Flat, 6, &all)).unwrap();
        let geo = Geo::open(&[file]);
        for (address, code) in [("145.1.2.3", "NL"), ("2001:200::1", "JP"), ("::ffff:8.8.8.8", "US")] {
            assert_eq!(geo.place(address.parse().unwrap()), ComputerPlace::country(code), "{address}");
        }
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_file_that_is_no_database_is_left_out() {
        let folder = folder("broken");
        let whole = write(Schema::Flat, 4, V4);
        let files: Vec<_> = [&b"not a database"[..], &[], &whole[..whole.len() / 2]]
            .iter()
            .enumerate()
            .map(|(index, bytes)| {
                let file = folder.join(format!("{index}.mmdb"));
                std::fs::write(&file, bytes).unwrap();
                file
            })
            .chain([folder.join("missing.mmdb")])
            .collect();
        let geo = Geo::open(&files);
        assert!(!geo.is_usable());
        assert_eq!(geo.place("145.1.2.3".parse().unwrap()), ComputerPlace::NoDatabase);
        std::fs::remove_dir_all(folder).unwrap();
    }

    /// The files that end-to-end tests serve from are what the writer makes. Run with `CONCLAVE_WRITE_FIXTURES=1` to renew them.
    #[test]
    fn the_committed_fixtures_are_what_the_writer_makes() {
        let all: Vec<_> = V4.iter().chain(V6).copied().collect();
        let towns =
            [("145.2.0.0/16", "NL|Maastricht (Centrum)|50.85|5.69"), ("145.3.0.0/16", "NL|Groningen|53.22|6.57")];
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data");
        for (name, bytes) in
            [("countries", write(Schema::Flat, 6, &all)), ("towns", write(Schema::FlatCities, 4, &towns))]
        {
            let file = format!("{folder}/{name}.mmdb");
            if std::env::var_os("CONCLAVE_WRITE_FIXTURES").is_some() {
                std::fs::write(&file, &bytes).unwrap();
            }
            assert!(std::fs::read(&file).unwrap() == bytes, "{file} is out of date");
            assert!(bytes.len() < 20 * 1024);
        }
    }
}
