//! Addresses that say nothing about a place: private, loopback, shared by a carrier, for documentation, reserved.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether this address belongs to no place on the public internet. Expects IPv4-mapped addresses unmapped.
pub fn is_unroutable(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => v4(address),
        IpAddr::V6(address) => v6(address),
    }
}

fn v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_multicast()
        || a == 0
        || a >= 240 // reserved (RFC 1112) and broadcast
        || (a == 100 && (64..128).contains(&b)) // carrier-grade NAT (RFC 6598)
        || (a == 192 && b == 0 && c == 0) // protocol assignments (RFC 6890)
        || (a == 198 && (b == 18 || b == 19)) // benchmarks (RFC 2544)
}

fn v6(address: Ipv6Addr) -> bool {
    let [a, b, c, d, ..] = address.segments();
    address.is_loopback()
        || address.is_unspecified()
        || address.is_multicast()
        || address.is_unique_local()
        || address.is_unicast_link_local()
        || (a == 0x2001 && b == 0x0db8) // documentation (RFC 3849)
        || (a == 0x3fff && b < 0x1000) // documentation (RFC 9637)
        || (a == 0x0100 && b == 0 && c == 0 && d == 0) // discard (RFC 6666)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_unroutable_address_and_its_neighbour() {
        let unroutable = [
            "0.0.0.0",
            "10.0.0.1",
            "127.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "169.254.1.1",
            "172.31.0.1",
            "192.0.0.8",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "ff02::1",
            "2001:db8::1",
            "3fff:1::1",
            "100::1",
        ];
        for address in unroutable {
            assert!(is_unroutable(address.parse().unwrap()), "{address}");
        }
        let public = [
            "9.9.9.9",
            "100.63.255.255",
            "100.128.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "198.20.0.1",
            "223.255.255.1",
            "2001:db7::1",
            "2001:610::1",
            "2a00::1",
            "3fff:1000::1",
            "100:1::1",
        ];
        for address in public {
            assert!(!is_unroutable(address.parse().unwrap()), "{address}");
        }
    }
}
