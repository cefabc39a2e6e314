//! Where tries come from, for limits: one IPv4 address, or one IPv6 /64, which is what one household or host has.

use std::net::{IpAddr, Ipv6Addr};

use ipnet::IpNet;

use crate::edge::client::unmapped;

/// One source of tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Source(IpAddr);

impl From<IpAddr> for Source {
    fn from(address: IpAddr) -> Self {
        match unmapped(address) {
            IpAddr::V4(address) => Self(IpAddr::V4(address)),
            IpAddr::V6(address) => Self(IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (!0 << 64)))),
        }
    }
}

impl Source {
    /// The networks it belongs to, the widest first and itself last: what one owner of addresses is likely to own whole.
    /// An IPv4 /24 and the address; an IPv6 /32, which a provider gets, a /48, which a customer gets, and the /64.
    pub fn networks(self) -> impl Iterator<Item = IpNet> {
        let lengths: &[u8] = if self.0.is_ipv4() { &[24, 32] } else { &[32, 48, 64] };
        let network = move |length: &u8| IpNet::new(self.0, *length).ok().map(|network| network.trunc());
        lengths.iter().filter_map(network)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_network_is_one_source_and_an_ipv4_address_is_one() {
        let source = |text: &str| Source::from(text.parse::<IpAddr>().unwrap());
        assert_eq!(source("2001:db8::1"), source("2001:db8::ffff:1"));
        assert_ne!(source("2001:db8::1"), source("2001:db8:0:1::1"));
        assert_ne!(source("192.0.2.1"), source("192.0.2.2"));
        assert_eq!(source("192.0.2.1"), source("::ffff:192.0.2.1"));
    }

    #[test]
    fn networks_go_from_the_widest_to_the_source_itself() {
        let networks = |text: &str| {
            let source = Source::from(text.parse::<IpAddr>().unwrap());
            source.networks().map(|network| network.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(networks("192.0.2.77"), ["192.0.2.0/24", "192.0.2.77/32"]);
        assert_eq!(networks("2001:db8:1:2:3::4"), ["2001:db8::/32", "2001:db8:1::/48", "2001:db8:1:2::/64"]);
    }
}
