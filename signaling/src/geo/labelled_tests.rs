//! The hint measured on 355 pairs of address and number whose truth is known (`tests/data/places.csv`): whether computer and
//! telephone belong to the same country. Addresses are of universities, research networks and large providers, which stay where
//! they are; the numbers are libphonenumber's examples. The country data is DB-IP's, fetched by `make test`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use shared::location::Verdict;

use super::mmdb_writer::{Schema, write};
use super::*;

/// Of pairs that belong together, so many may be called different, per cent.
const MOST_FALSE_DIFFER: f64 = 1.0;
/// Of all pairs, so many may be unknown, per cent.
const MOST_UNKNOWN: f64 = 15.0;

/// The data centres among the pairs, as a file of networks names them.
const NETWORKS: &[(&str, &str)] = &[
    ("5.9.0.0/16", "Hetzner Online GmbH"),
    ("88.198.0.0/16", "Hetzner Online GmbH"),
    ("52.28.0.0/16", "Amazon.com, Inc."),
    ("51.15.0.0/16", "Scaleway S.a.s."),
    ("46.101.0.0/16", "DigitalOcean, LLC"),
    ("138.68.0.0/16", "DigitalOcean, LLC"),
    ("3.8.0.0/16", "Amazon.com, Inc."),
    ("35.180.0.0/16", "Amazon.com, Inc."),
];

/// D29, D30: what differs on the card differs in truth, and little is unknown.
#[test]
#[ignore = "needs the country data: `make test` fetches it and runs this"]
fn the_labelled_set() {
    let named =
        std::env::var_os("CONCLAVE_GEO_DATA").expect("CONCLAVE_GEO_DATA names DB-IP's file, or its files of towns");
    let mut files: Vec<PathBuf> = std::env::split_paths(&named).collect();
    let folder = crate::testing::folder();
    let networks = folder.path().join("networks.mmdb");
    std::fs::write(&networks, write(Schema::Networks, 4, NETWORKS)).unwrap();
    files.push(networks);
    let geo = Geo::open(&files);
    let mut kinds: BTreeMap<&str, [u32; 4]> = BTreeMap::new();
    let mut wrong = Vec::new();
    let text = include_str!("../../tests/data/places.csv");
    for line in text.lines().skip(1) {
        let [address, number, label, kind] = line.split(',').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let hint = geo.hint(address.parse().unwrap(), Some(number));
        let counts = kinds.entry(kind).or_default();
        let is_false = hint.verdict == if label == "same" { Verdict::Differ } else { Verdict::Agree };
        match hint.verdict {
            Verdict::Agree | Verdict::Nearby => counts[0] += 1,
            Verdict::Differ => counts[1] += 1,
            Verdict::Unknown => counts[2] += 1,
        }
        if is_false {
            counts[3] += 1;
            wrong.push(line);
        }
    }
    let sum = |index: usize| f64::from(kinds.values().map(|counts| counts[index]).sum::<u32>());
    let all = sum(0) + sum(1) + sum(2);
    let same = text.lines().filter(|line| line.contains(",same,")).count();
    let false_differ = wrong.iter().filter(|line| line.contains(",same,")).count() as f64 / same as f64 * 100.0;
    let unknown = sum(2) / all * 100.0;
    println!("location: {all} pairs, falsely different {false_differ:.2} %, unknown {unknown:.1} %");
    for (kind, [agree, differ, unknown, wrong]) in &kinds {
        println!("location: {kind}: agree or near {agree}, differ {differ}, unknown {unknown}, of these wrong {wrong}");
    }
    assert!(all >= 300.0 && false_differ <= MOST_FALSE_DIFFER && unknown <= MOST_UNKNOWN, "{wrong:#?}");
    assert!(wrong.iter().all(|line| line.contains(",same,")), "called the same although they are not: {wrong:#?}");
}
