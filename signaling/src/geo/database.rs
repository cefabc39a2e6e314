//! One location database: any MaxMind DB file with countries, cities or networks in it, flat (`country_code`, as DB-IP's free
//! data) or nested (`country.iso_code`, as GeoIP2 and GeoLite2), for IPv4, IPv6 or both.

use std::net::IpAddr;
use std::path::Path;

use maxminddb::{LookupResult, PathElement, Reader};
use serde::Deserialize;
use shared::location::Area;

use super::tenths;

/// Longest name of a network or a town that is shown, characters.
const MAX_NAME_CHARS: usize = 80;
/// How far a town's addresses are taken to reach where the file does not say, kilometres: DB-IP's data says so nowhere.
const USUAL_RADIUS_KM: u16 = 50;
/// What is less exact than this is no area but a country, kilometres.
const MAX_RADIUS_KM: u16 = 200;

/// Why a file is no usable database.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// It cannot be read, or it is not of this format.
    #[error("{0}")]
    Format(#[from] maxminddb::MaxMindDbError),
}

/// A database in memory.
pub struct Database {
    reader: Reader<Vec<u8>>,
}

impl Database {
    /// Reads a file.
    ///
    /// # Errors
    /// It is not there, or not a MaxMind DB file.
    pub fn open(file: &Path) -> Result<Self, DatabaseError> {
        Ok(Self { reader: Reader::open_readfile(file)? })
    }

    /// Reads what stands in a file.
    ///
    /// # Errors
    /// It is not a MaxMind DB file.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn read(bytes: Vec<u8>) -> Result<Self, DatabaseError> {
        Ok(Self { reader: Reader::from_source(bytes)? })
    }

    /// The country of an address: two upper-case letters. `None` when this file does not know.
    pub fn country(&self, address: IpAddr) -> Option<String> {
        // Asking an IPv4 file for an IPv6 address is an error of the reader's; for us it is "does not know".
        let found = self.reader.lookup(address).ok()?;
        read::<String>(&found, &["country_code"])
            .or_else(|| read(&found, &["country", "iso_code"]))
            .and_then(|code| alpha2(&code))
    }

    /// Where in its country an address is. `None` when this file does not know, or not well.
    pub fn area(&self, address: IpAddr) -> Option<Area> {
        let found = self.reader.lookup(address).ok()?;
        let (at, coordinates) = ("location", ("latitude", "longitude"));
        let flat = || {
            let name = read::<String>(&found, &["city"])?;
            let middle = (read(&found, &[coordinates.0])?, read(&found, &[coordinates.1])?);
            Some((name, middle, USUAL_RADIUS_KM))
        };
        let nested = || {
            let name = read::<String>(&found, &["city", "names", "en"])?;
            let middle = (read(&found, &[at, coordinates.0])?, read(&found, &[at, coordinates.1])?);
            Some((name, middle, read(&found, &[at, "accuracy_radius"]).unwrap_or(USUAL_RADIUS_KM)))
        };
        let (name, (latitude, longitude), radius_km) = flat().or_else(nested)?;
        // A town is enough: its quarter is in brackets behind it.
        let name = shown(name.split('(').next()?)?;
        let area = Area { name, latitude: tenths(latitude, 90.0)?, longitude: tenths(longitude, 180.0)?, radius_km };
        (radius_km <= MAX_RADIUS_KM).then_some(area)
    }

    /// Who runs the network of an address. `None` when this file does not know, as a file of countries does not.
    pub fn network(&self, address: IpAddr) -> Option<String> {
        let found = self.reader.lookup(address).ok()?;
        shown(&read::<String>(&found, &["autonomous_system_organization"])?)
    }
}

/// What a record has under these keys; `None` when it has nothing of this type there.
fn read<'f, T: Deserialize<'f>>(found: &LookupResult<'f, Vec<u8>>, keys: &[&str]) -> Option<T> {
    let path: Vec<_> = keys.iter().map(|key| PathElement::Key(key)).collect();
    found.decode_path(&path).ok().flatten()
}

/// A name out of a file as it may be shown: one line, not too long; `None` when nothing is left of it.
fn shown(name: &str) -> Option<String> {
    let name: String = name.trim().chars().filter(|c| !c.is_control()).take(MAX_NAME_CHARS).collect();
    (!name.is_empty()).then_some(name)
}

/// The code as ISO writes it. `ZZ`, `XX` and anything that is not two letters are no country.
fn alpha2(code: &str) -> Option<String> {
    let code = code.trim().to_ascii_uppercase();
    let two_letters = code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase());
    (two_letters && code != "ZZ" && code != "XX").then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_two_letters() {
        assert_eq!(alpha2("nl"), Some("NL".into()));
        for code in ["", "ZZ", "xx", "NLD", "1A", "é"] {
            assert_eq!(alpha2(code), None, "{code}");
        }
    }
}
