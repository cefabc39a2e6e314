//! Whose network an address is of, from any MaxMind DB file of autonomous systems (GeoLite2-ASN, DB-IP ASN Lite), and what kind
//! that seems to be, by words in its name. The words are few and plain: a kind that is missed stays `Other`, which changes
//! nothing.

use shared::location::{Network, NetworkKind};

/// Parts of names of those who rent out servers and run VPNs.
const HOSTING: [&str; 34] = [
    "amazon",
    "aws",
    "azure",
    "google cloud",
    "google-cloud",
    "microsoft",
    "ovh",
    "hetzner",
    "digitalocean",
    "linode",
    "akamai",
    "vultr",
    "choopa",
    "leaseweb",
    "m247",
    "datacamp",
    "contabo",
    "scaleway",
    "cloudflare",
    "oracle",
    "alibaba",
    "tencent",
    "hosting",
    "hostinger",
    "datacenter",
    "data center",
    "colocation",
    "vpn",
    "nord",
    "mullvad",
    "proton",
    "serverius",
    "worldstream",
    "cloud",
];

/// Parts of names of mobile operators.
const MOBILE: [&str; 6] = ["mobile", "wireless", "cellular", "gsm", "mobil", "telefonia movil"];

/// What is known of a network by the name of who runs it.
pub(super) fn of(name: &str) -> Network {
    let lower = name.to_lowercase();
    let names = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let kind = if names(&HOSTING) {
        NetworkKind::Hosting
    } else if names(&MOBILE) {
        NetworkKind::Mobile
    } else {
        NetworkKind::Other
    };
    Network { kind, name: name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_by_name() {
        let table = [
            ("Amazon.com, Inc.", NetworkKind::Hosting),
            ("Hetzner Online GmbH", NetworkKind::Hosting),
            ("M247 Europe SRL", NetworkKind::Hosting),
            ("Datacamp Limited", NetworkKind::Hosting),
            ("T-Mobile USA, Inc.", NetworkKind::Mobile),
            ("Cellco Partnership DBA Verizon Wireless", NetworkKind::Mobile),
            ("KPN B.V.", NetworkKind::Other),
            ("Telenet BV", NetworkKind::Other),
            ("SURF B.V.", NetworkKind::Other),
            ("", NetworkKind::Other),
        ];
        for (name, kind) in table {
            assert_eq!(of(name).kind, kind, "{name}");
        }
    }
}
