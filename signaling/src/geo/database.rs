//! One location database: any MaxMind DB file with countries or networks in it, flat (`country_code`, as DB-IP's free data) or
//! nested (`country.iso_code`, as GeoIP2 and GeoLite2), for IPv4, IPv6 or both.

use std::net::IpAddr;
use std::path::Path;

use maxminddb::{PathElement, Reader};

/// Longest name of a network that is shown, characters.
const MAX_NETWORK_NAME_CHARS: usize = 80;

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

    /// The country of an address: two upper-case letters. `None` when this file does not know.
    pub fn country(&self, address: IpAddr) -> Option<String> {
        // Asking an IPv4 file for an IPv6 address is an error of the reader's; for us it is "does not know".
        let found = self.reader.lookup(address).ok()?;
        let read = |path: &[PathElement<'_>]| found.decode_path::<String>(path).ok().flatten();
        read(&[PathElement::Key("country_code")])
            .or_else(|| read(&[PathElement::Key("country"), PathElement::Key("iso_code")]))
            .and_then(|code| alpha2(&code))
    }

    /// Who runs the network of an address. `None` when this file does not know, as a file of countries does not.
    pub fn network(&self, address: IpAddr) -> Option<String> {
        let found = self.reader.lookup(address).ok()?;
        let name = found.decode_path::<String>(&[PathElement::Key("autonomous_system_organization")]).ok().flatten()?;
        let name: String = name.chars().filter(|c| !c.is_control()).take(MAX_NETWORK_NAME_CHARS).collect();
        (!name.trim().is_empty()).then_some(name)
    }
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
