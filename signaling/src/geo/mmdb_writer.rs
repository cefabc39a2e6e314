//! Writes small MaxMind DB files for tests (format 2.0, <https://maxmind.github.io/MaxMind-DB/>): a binary trie of
//! networks with 24-bit records, a data section with one map per network, and the metadata.

use std::net::IpAddr;

/// The shape of a record.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Schema {
    /// `{"country_code": "NL"}`
    Flat,
    /// `{"country": {"iso_code": "NL"}}`
    GeoIp2,
    /// `{"autonomous_system_organization": "KPN"}`
    Networks,
    /// `{"country_code": "NL", "city": "Utrecht (Binnenstad)", "latitude": 52.09, "longitude": 5.11}` for
    /// `NL|Utrecht (Binnenstad)|52.09|5.11`
    FlatCities,
    /// The same as `country.iso_code`, `city.names.en` and `location.latitude` …, with `location.accuracy_radius` for what
    /// follows a fourth `|`.
    GeoIp2Cities,
}

#[derive(Clone, Copy)]
enum Record {
    Nothing,
    Node(usize),
    Data(usize),
}

/// A database of these networks and what is known of them.
pub(crate) fn write(schema: Schema, ip_version: u16, networks: &[(&str, &str)]) -> Vec<u8> {
    let mut nodes = vec![[Record::Nothing; 2]];
    let mut data = Vec::new();
    for (network, code) in networks {
        let (bits, length) = bits(network, ip_version);
        insert(&mut nodes, bits, length, data.len());
        record(&mut data, schema, code);
    }
    let mut out: Vec<u8> = nodes.iter().flatten().flat_map(|record| value(*record, nodes.len())).collect();
    out.extend([0; 16]);
    out.extend(data);
    metadata(&mut out, nodes.len(), ip_version);
    out
}

/// The network's bits from the left of a 128-bit word, and how many of them count. An IPv6 file holds IPv4 at `::/96`.
fn bits(network: &str, ip_version: u16) -> (u128, usize) {
    let (address, length) = network.split_once('/').unwrap();
    let length: usize = length.parse().unwrap();
    match (address.parse().unwrap(), ip_version) {
        (IpAddr::V4(address), 4) => (u128::from(u32::from(address)) << 96, length),
        (IpAddr::V4(address), _) => (u128::from(u32::from(address)), length + 96),
        (IpAddr::V6(address), _) => (u128::from(address), length),
    }
}

fn insert(nodes: &mut Vec<[Record; 2]>, bits: u128, length: usize, offset: usize) {
    let mut node = 0;
    for depth in 0..length {
        let side = usize::from(bits >> (127 - depth) & 1 == 1);
        if depth + 1 == length {
            nodes[node][side] = Record::Data(offset);
            return;
        }
        node = match nodes[node][side] {
            Record::Node(next) => next,
            _ => {
                nodes.push([Record::Nothing; 2]);
                let next = nodes.len() - 1;
                nodes[node][side] = Record::Node(next);
                next
            }
        };
    }
}

fn value(record: Record, node_count: usize) -> [u8; 3] {
    let value = match record {
        Record::Nothing => node_count,
        Record::Node(node) => node,
        Record::Data(offset) => node_count + 16 + offset,
    };
    let [_, a, b, c] = u32::try_from(value).unwrap().to_be_bytes();
    [a, b, c]
}

fn record(data: &mut Vec<u8>, schema: Schema, known: &str) {
    let columns: Vec<_> = known.split('|').collect();
    let number = |index: usize| columns[index].parse::<f64>().unwrap();
    match schema {
        Schema::Flat => entries(data, &[("country_code", &|data| string(data, known))]),
        Schema::GeoIp2 => entries(data, &[("country", &|data| entries(data, &[("iso_code", &|d| string(d, known))]))]),
        Schema::Networks => entries(data, &[("autonomous_system_organization", &|data| string(data, known))]),
        Schema::FlatCities => entries(
            data,
            &[
                ("country_code", &|data| string(data, columns[0])),
                ("city", &|data| string(data, columns[1])),
                ("latitude", &|data| double(data, number(2))),
                ("longitude", &|data| double(data, number(3))),
            ],
        ),
        Schema::GeoIp2Cities => {
            let name: Entry = ("en", &|data| string(data, columns[1]));
            let location: [Entry; 3] = [
                ("latitude", &|data| double(data, number(2))),
                ("longitude", &|data| double(data, number(3))),
                ("accuracy_radius", &|data| short(data, number(4) as u16)),
            ];
            entries(
                data,
                &[
                    ("country", &|data| entries(data, &[("iso_code", &|d| string(d, columns[0]))])),
                    ("city", &|data| entries(data, &[("names", &|d| entries(d, &[name]))])),
                    ("location", &|data| entries(data, &location)),
                ],
            );
        }
    }
}

/// A key and what writes its value.
type Entry<'e> = (&'e str, &'e dyn Fn(&mut Vec<u8>));

fn entries(data: &mut Vec<u8>, entries: &[Entry<'_>]) {
    map(data, u8::try_from(entries.len()).unwrap());
    for (key, value) in entries {
        string(data, key);
        value(data);
    }
}

fn metadata(out: &mut Vec<u8>, node_count: usize, ip_version: u16) {
    out.extend(b"\xab\xcd\xefMaxMind.com");
    map(out, 9);
    string(out, "node_count");
    out.push(6 << 5 | 4);
    out.extend(u32::try_from(node_count).unwrap().to_be_bytes());
    for (key, value) in [
        ("record_size", 24),
        ("ip_version", ip_version),
        ("binary_format_major_version", 2),
        ("binary_format_minor_version", 0),
    ] {
        string(out, key);
        short(out, value);
    }
    string(out, "database_type");
    string(out, "Conclave-Test-Country");
    string(out, "languages");
    out.extend([0, 4]);
    string(out, "description");
    map(out, 0);
    string(out, "build_epoch");
    out.extend([8, 2]);
    out.extend(1_700_000_000_u64.to_be_bytes());
}

fn map(out: &mut Vec<u8>, entries: u8) {
    out.push(7 << 5 | entries);
}

fn double(out: &mut Vec<u8>, value: f64) {
    out.push(3 << 5 | 8);
    out.extend(value.to_be_bytes());
}

fn short(out: &mut Vec<u8>, value: u16) {
    out.push(5 << 5 | 2);
    out.extend(value.to_be_bytes());
}

fn string(out: &mut Vec<u8>, text: &str) {
    match u8::try_from(text.len()).unwrap() {
        short @ ..29 => out.push(2 << 5 | short),
        long => out.extend([2 << 5 | 29, long - 29]),
    }
    out.extend(text.as_bytes());
}
