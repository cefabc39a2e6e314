//! What must hold of whatever bytes a stranger, a proxy, a gateway or a broken file brings, for each reader of this crate. `make
//! fuzz` looks for bytes of which it does not hold (`e2e/fuzz`); the tests below try those that it kept.

use std::net::IpAddr;
use std::sync::LazyLock;

use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use rusmpp::decode::DecodeWithLength;
use rusmpp::pdus::DeliverSm;
use shared::input;
use shared::letter::DeliveryState;
use shared::location::{ComputerPlace, PhonePlace};

use crate::config::{Config, Proxy};
use crate::edge::client::{self, trusts, unmapped};
use crate::edge::host::Hosts;
use crate::edge::origin;
use crate::edge::source::Source;
use crate::geo::database::Database;
use crate::geo::{Geo, phone};
use crate::record::check::{NotVerified, verify};
use crate::record::content::{FORMAT, Record};
use crate::record::jws::SigningKey;
use crate::record::page;
use crate::sms::smpp;

/// What is typed as a telephone number, once it has a number's shape: its place is one country, several that share a code, or
/// none.
pub fn number(data: &[u8]) {
    let Some(number) = std::str::from_utf8(data).ok().and_then(|text| input::phone(text).ok()) else { return };
    let is_code = |code: &String| code.len() == 2 && code.bytes().all(|letter| letter.is_ascii_uppercase());
    match phone::place(Some(&number)) {
        PhonePlace::Country { code, .. } => assert!(is_code(&code)),
        PhonePlace::SharedPrefix { calling_code, regions, likely, .. } => {
            assert!(regions.len() > 1 && regions.iter().all(is_code));
            assert!(number.starts_with(&format!("+{calling_code}")));
            assert_eq!(calling_code, phone::calling_code(&number));
            assert!(likely.is_none_or(|code| is_code(&code)));
        }
        PhonePlace::NonGeographic => {}
        PhonePlace::NoNumber => unreachable!("there is one"),
    }
    assert!(!phone::can_exist(&number) || phone::calling_code(&number) > 0);
}

/// A request: a byte for where it comes from, then a header on each line. Whose it is, whether it is for this server and by one of
/// its pages.
pub fn request(data: &[u8]) {
    let Some((from, lines)) = data.split_first() else { return };
    let headers: HeaderMap = lines.split(|byte| *byte == b'\n').take(64).filter_map(header).collect();
    let peers = ["10.0.0.1", "192.0.2.1", "::ffff:10.9.9.9", "fd00::1", "2001:db8::1", "127.0.0.1"];
    let Some(peer) = peers[usize::from(*from) % peers.len()].parse().ok() else { return };
    whose(peer, &headers);
    for_us(&headers);
}

fn header(line: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    let at = line.iter().position(|byte| *byte == b':')?;
    Some((HeaderName::from_bytes(&line[..at]).ok()?, HeaderValue::from_bytes(line[at + 1..].trim_ascii()).ok()?))
}

const FORWARDED: HeaderName = HeaderName::from_static("x-forwarded-for");

fn whose(peer: IpAddr, headers: &HeaderMap) {
    static PROXY: LazyLock<Proxy> = LazyLock::new(|| Proxy {
        ranges: ["10.0.0.0/8", "fd00::/8"].iter().filter_map(|range| range.parse().ok()).collect(),
        header: Some("X-Forwarded-For".into()),
    });
    let client = client::address(peer, headers, &PROXY);
    let nearest = unmapped(peer);
    assert_eq!(client, unmapped(client));
    // Without a proxy, or past one that is not ours, nobody's word counts.
    assert_eq!(client::address(peer, headers, &Proxy::default()), nearest);
    assert!(client == nearest || trusts(&PROXY.ranges, nearest));
    // No other header counts, whatever else there is.
    let only: HeaderMap = headers.get_all(FORWARDED).iter().map(|value| (FORWARDED, value.clone())).collect();
    assert_eq!(client::address(peer, &only, &PROXY), client);
    // A client stands where the chain of proxies ends: what was written further left, by whoever is behind, changes nothing.
    let mut longer: HeaderMap = [(FORWARDED, HeaderValue::from_static("198.51.100.99"))].into_iter().collect();
    only.iter().for_each(|(name, value)| _ = longer.append(name, value.clone()));
    let with_more = client::address(peer, &longer, &PROXY);
    assert!(with_more == client || trusts(&PROXY.ranges, client));
    // It was read out of the header, or is the peer.
    let said = |value: &HeaderValue| {
        let hops = value.to_str().unwrap_or_default().split(',').map(str::trim);
        hops.filter_map(|hop| hop.parse().ok().or_else(|| bare(hop).parse().ok()))
            .any(|said: IpAddr| unmapped(said) == client)
    };
    assert!(client == nearest || only.values().any(said));
    let networks: Vec<_> = Source::from(client).networks().collect();
    assert!(networks.iter().all(|network| network.contains(&client)));
    assert!(networks.is_sorted_by_key(|network| network.prefix_len()));
}

/// Without brackets, zone (RFC 6874 section 2) and port.
fn bare(hop: &str) -> &str {
    match hop.strip_prefix('[') {
        Some(rest) => rest.split([']', '%']).next().unwrap_or_default(),
        None => hop.rsplit_once(':').map_or(hop, |(address, _)| address),
    }
}

fn for_us(headers: &HeaderMap) {
    static CONFIG: LazyLock<Config> =
        LazyLock::new(|| Config { public_url: Some("https://meet.example.org".into()), ..Config::default() });
    const NAMES: [&str; 4] = ["meet.example.org", "localhost", "127.0.0.1", "[::1]"];
    let Some(authority) = headers.get(HOST).and_then(|host| host.to_str().ok()) else { return };
    let authority = authority.to_ascii_lowercase();
    let allowed = Hosts::of(&CONFIG).allow(&authority);
    let (name, port) = authority
        .rsplit_once(':')
        .filter(|(name, _)| !name.is_empty() && !authority.ends_with(']'))
        .unwrap_or((&authority, ""));
    let is_named =
        NAMES.contains(&name.trim().trim_end_matches('.')) && port.bytes().all(|digit| digit.is_ascii_digit());
    assert!(is_named || !allowed, "{authority} is none of ours");
    if origin::is_ours(&CONFIG, &authority, headers) {
        let origins: Vec<_> = headers.get_all(ORIGIN).iter().collect();
        let [origin] = origins[..] else { panic!("two origins were taken for one") };
        let origin = origin.to_str().unwrap_or_default().to_ascii_lowercase();
        let own = format!("http://{authority}");
        let public = ["https://meet.example.org", "https://meet.example.org:443"];
        assert!(origin == own || public.contains(&origin.as_str()));
        assert!(headers.get_all("sec-fetch-site").iter().all(|site| site == "same-origin"));
    }
}

/// A location database as an operator may have it: cut off, changed, of another kind. It is refused, or says countries of two
/// letters and names that can be shown, the same each time.
pub fn location_file(data: &[u8]) {
    let Ok(database) = Database::read(data.to_vec()) else { return };
    let mut addresses: Vec<IpAddr> = ["8.8.8.8", "145.0.0.1", "81.240.0.1", "2001:610::1", "2a02:a000::1"]
        .iter()
        .filter_map(|text| text.parse().ok())
        .collect();
    // Wherever the file's end leads, which fuzzers try.
    addresses.extend(data.last_chunk::<4>().map(|last| IpAddr::from(*last)));
    addresses.extend(data.last_chunk::<16>().map(|last| IpAddr::from(*last)));
    for address in &addresses {
        let (country, network) = (database.country(*address), database.network(*address));
        assert!(
            country
                .as_ref()
                .is_none_or(|code| code.len() == 2 && code.bytes().all(|letter| letter.is_ascii_uppercase()))
        );
        assert!(network.as_ref().is_none_or(|name| name.chars().count() <= 80 && !name.contains(char::is_control)));
        assert_eq!((database.country(*address), database.network(*address)), (country, network));
    }
    let geo = Geo::of(database);
    for address in addresses {
        let is_known = matches!(geo.place(address), ComputerPlace::Country { .. });
        assert!(!is_known || !crate::geo::unroutable::is_unroutable(address.to_canonical()));
    }
}

/// A record: as a file that somebody brings, and as what somebody signed. What verifies is what was signed, in the file and on
/// the page.
pub fn record(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let verified = verify(text);
    if let Ok(verified) = &verified {
        assert_eq!(verified.record.format, FORMAT);
        for at in (0..text.len()).step_by(text.len() / 16 + 1).filter(|at| text.is_char_boundary(*at)) {
            let changed = format!("{}x{}", &text[..at], text.get(at + 1..).unwrap_or_default());
            assert!(!verify(&changed).is_ok_and(|other| other.record != verified.record));
        }
    }
    let Some(key) = SigningKey::from_seed(&[7; 32]) else { return };
    let jws = key.sign(text);
    assert_eq!(jws.verify(), Ok((text.to_owned(), key.thumbprint())));
    let signed = serde_json::to_string(&jws).unwrap_or_default();
    match verify(&signed) {
        Ok(verified) => {
            assert_eq!(serde_json::from_str::<Record>(text).ok().as_ref(), Some(&verified.record));
            let page = page::write(&verified.record, &jws, &verified.key);
            assert!(!page.contains("<script") && page.matches("<template").count() == 1);
            assert_eq!(verify(&page), Ok(verified));
        }
        Err(error) => assert_eq!(error, NotVerified::Layout),
    }
}

/// What an SMSC sends by itself: a receipt names a message and says how it ended, or it is none.
pub fn receipt(data: &[u8]) {
    let Ok(mut bytes) = axum::body::Bytes::copy_from_slice(data).try_into_mut() else { return };
    let Ok((said, read)) = <DeliverSm as DecodeWithLength>::decode(&mut bytes, data.len()) else { return };
    assert!(read <= data.len());
    let Some(receipt) = smpp::receipt(&said) else { return };
    assert!(receipt.of.len() <= 255);
    let undelivered = ["EXPIRED", "UNDELIV", "REJECTD"].contains(&receipt.said.as_str());
    assert_eq!(receipt.state, if undelivered { DeliveryState::Undelivered } else { DeliveryState::Delivered });
    assert!(undelivered || receipt.said.is_empty());
}

#[cfg(test)]
#[path = "../../e2e/fuzz/replay.rs"]
mod replay;

#[cfg(test)]
mod tests {
    use super::replay::replay;

    #[test]
    fn numbers() {
        replay("typed", 2_000, super::number);
    }

    #[test]
    fn requests() {
        replay("request", 5_000, super::request);
    }

    #[test]
    fn location_files() {
        replay("location_file", 3_000, super::location_file);
    }

    #[test]
    fn records() {
        replay("record", 300, super::record);
    }

    #[test]
    fn receipts() {
        replay("receipt", 5_000, super::receipt);
    }
}
