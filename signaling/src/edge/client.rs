//! Whose request it is: the peer's address, unless the peer is the operator's proxy. Then the one header the operator
//! named is read from the right, past the proxies' own addresses. Every other forwarding header is ignored.

use std::net::{IpAddr, SocketAddr};
use std::sync::Once;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use ipnet::IpNet;
use shared::api::ApiError;

use crate::config::Proxy;
use crate::extract::Refusal;
use crate::guards::{self, Guard};

/// The client's address, as [`address`] found it. An extractor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client(pub IpAddr);

impl<S: Sync> FromRequestParts<S> for Client {
    type Rejection = Refusal;
    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Refusal> {
        // Missing only when the router runs without its guard: nobody's address is better than a wrong one.
        parts.extensions.get::<Self>().copied().ok_or(Refusal::from(ApiError::Internal))
    }
}

/// The client's address.
///
/// When the chain cannot be read to its end, the last address a trusted proxy vouched for stands.
pub fn address(peer: IpAddr, headers: &HeaderMap, proxy: &Proxy) -> IpAddr {
    let mut nearest = unmapped(peer);
    let Some(name) = &proxy.header else { return nearest };
    if !trusts(&proxy.ranges, nearest) && guards::holds(Guard::ProxyRanges) {
        return nearest;
    }
    for hop in hops(headers, name) {
        match hop.and_then(parse) {
            Some(address) => nearest = address,
            None => return nearest,
        }
        if !trusts(&proxy.ranges, nearest) {
            return nearest;
        }
    }
    nearest
}

/// Headers that reverse proxies write a client's address into.
const FORWARDING: [&str; 3] = ["forwarded", "x-forwarded-for", "x-real-ip"];

/// Whether a proxy seems to stand in front that the configuration does not know. Then everybody looks like one address,
/// to the limits and to the location hint.
fn is_unknown_proxy(headers: &HeaderMap, proxy: &Proxy) -> bool {
    proxy.ranges.is_empty() && FORWARDING.iter().any(|name| headers.contains_key(*name))
}

/// Says once in the log, without the header's value, that [`is_unknown_proxy`].
pub fn warn_of_unknown_proxy(headers: &HeaderMap, proxy: &Proxy) {
    static SAID: Once = Once::new();
    if is_unknown_proxy(headers, proxy) {
        SAID.call_once(|| {
            tracing::warn!(
                "a request came with a forwarding header, which is ignored: if a reverse proxy stands in front, set \
                 `ranges` and `header` under [proxy], or everybody counts as one address"
            );
        });
    }
}

/// Whether this is one of the operator's proxies.
pub fn trusts(ranges: &[IpNet], address: IpAddr) -> bool {
    ranges.iter().any(|range| range.contains(&address))
}

/// The header's values from the right: the last line's last value first. `None` for a line that is not text.
fn hops<'h>(headers: &'h HeaderMap, name: &str) -> impl Iterator<Item = Option<&'h str>> {
    let lines: Vec<_> = headers.get_all(name).iter().collect();
    lines.into_iter().rev().flat_map(|line| match line.to_str() {
        Ok(text) => text.rsplit(',').map(Some).collect::<Vec<_>>(),
        Err(_) => vec![None],
    })
}

/// An address, alone or with a port: `192.0.2.1`, `192.0.2.1:443`, `2001:db8::1`, `[2001:db8::1]:443`.
fn parse(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let alone = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = alone.parse::<IpAddr>().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|a| a.ip()));
    address.map(unmapped)
}

/// `::ffff:192.0.2.1` is `192.0.2.1`: one person, one address, whichever socket it came through.
pub fn unmapped(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;

    use super::*;

    /// What happens, the peer, the header lines, whose request it is.
    type Case = (&'static str, &'static str, &'static [(&'static str, &'static str)], &'static str);

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(HeaderName::from_static(name), value.parse().unwrap());
        }
        headers
    }

    /// D28: the address behind the hint is the peer's, or what the configured proxy says.
    #[test]
    fn only_the_configured_proxy_and_only_its_header_are_believed() {
        const XFF: &str = "x-forwarded-for";
        let proxy = Proxy {
            ranges: vec!["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()],
            header: Some("X-Forwarded-For".into()),
        };
        let table: &[Case] = &[
            ("no proxy, no header", "192.0.2.1", &[], "192.0.2.1"),
            ("a stranger forges the header", "192.0.2.1", &[(XFF, "198.51.100.7")], "192.0.2.1"),
            ("a stranger claims to be the proxy", "192.0.2.1", &[(XFF, "10.0.0.1")], "192.0.2.1"),
            ("the proxy says who", "10.0.0.1", &[(XFF, "198.51.100.7")], "198.51.100.7"),
            (
                "what stands left of it is the client's own story",
                "10.0.0.1",
                &[(XFF, "8.8.8.8, 198.51.100.7")],
                "198.51.100.7",
            ),
            ("two proxies", "10.0.0.1", &[(XFF, "8.8.8.8, 198.51.100.7, 10.9.9.9")], "198.51.100.7"),
            ("two lines are one list", "10.0.0.1", &[(XFF, "198.51.100.7"), (XFF, "10.9.9.9")], "198.51.100.7"),
            (
                "a second line of the client's own",
                "10.0.0.1",
                &[(XFF, "8.8.8.8"), (XFF, "198.51.100.7")],
                "198.51.100.7",
            ),
            ("the proxy wrote nothing", "10.0.0.1", &[], "10.0.0.1"),
            ("rubbish at the right", "10.0.0.1", &[(XFF, "198.51.100.7, unknown")], "10.0.0.1"),
            ("rubbish behind a proxy", "10.0.0.1", &[(XFF, "rubbish, 10.2.2.2")], "10.2.2.2"),
            ("only proxies", "10.0.0.1", &[(XFF, "10.3.3.3, 10.2.2.2")], "10.3.3.3"),
            ("empty", "10.0.0.1", &[(XFF, "")], "10.0.0.1"),
            ("Forwarded is not the header", "10.0.0.1", &[("forwarded", "for=198.51.100.7")], "10.0.0.1"),
            ("X-Real-IP is not the header", "10.0.0.1", &[("x-real-ip", "198.51.100.7")], "10.0.0.1"),
            ("CF-Connecting-IP is not the header", "10.0.0.1", &[("cf-connecting-ip", "198.51.100.7")], "10.0.0.1"),
            ("a mapped peer is the proxy", "::ffff:10.0.0.1", &[(XFF, "198.51.100.7")], "198.51.100.7"),
            ("a mapped peer is unmapped", "::ffff:192.0.2.1", &[(XFF, "8.8.8.8")], "192.0.2.1"),
            ("a mapped client is unmapped", "10.0.0.1", &[(XFF, "::ffff:198.51.100.7")], "198.51.100.7"),
            ("with a port", "10.0.0.1", &[(XFF, "198.51.100.7:5000")], "198.51.100.7"),
            ("IPv6", "fd00::1", &[(XFF, "2001:db8::7")], "2001:db8::7"),
            ("IPv6 in brackets", "fd00::1", &[(XFF, "[2001:db8::7]")], "2001:db8::7"),
            ("IPv6 with a port", "fd00::1", &[(XFF, "[2001:db8::7]:443")], "2001:db8::7"),
        ];
        for (what, peer, lines, want) in table {
            let got = address(peer.parse().unwrap(), &headers(lines), &proxy);
            assert_eq!(got, want.parse::<IpAddr>().unwrap(), "{what}");
        }
    }

    #[test]
    fn without_a_configured_proxy_nothing_is_believed() {
        let lines = headers(&[("x-forwarded-for", "198.51.100.7"), ("forwarded", "for=198.51.100.7")]);
        let loopback = "127.0.0.1".parse().unwrap();
        assert_eq!(address(loopback, &lines, &Proxy::default()), loopback);
        assert!(is_unknown_proxy(&lines, &Proxy::default()) && !is_unknown_proxy(&headers(&[]), &Proxy::default()));
        let no_header = Proxy { ranges: vec!["127.0.0.0/8".parse().unwrap()], header: None };
        assert_eq!(address(loopback, &lines, &no_header), loopback);
        assert!(!is_unknown_proxy(&lines, &no_header));
    }
}
