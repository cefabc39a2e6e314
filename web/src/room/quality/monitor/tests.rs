use shared::quality::Quality;

use super::*;
use crate::room::quality::{Reason, Transport, Way};

fn voice(slot: usize, packets: u64, lost: u64) -> Stream {
    let counts = Counts { packets, lost, bytes: packets * 100, frames: 0 };
    let line = Line::Voice(slot);
    Stream {
        line,
        ssrc: 7,
        layer: None,
        counts,
        size: None,
        jitter_ms: Some(4),
        round_trip_ms: None,
        limited: Limited::No,
    }
}

fn face(packets: u64, frames: u64, limited: Limited) -> Stream {
    let counts = Counts { packets, lost: 0, bytes: packets * 1_000, frames };
    Stream { line: Line::Camera, ssrc: 9, layer: Some(1), size: Some((640, 360)), counts, limited, ..voice(0, 0, 0) }
}

fn sample(at_ms: u64, streams: Vec<Stream>) -> Sample {
    let (transport, way) = (Transport::Udp, Way::Direct);
    let (bytes_up, bytes_down) = (at_ms * 25, at_ms * 50);
    let path = Path {
        transport,
        way,
        round_trip_ms: Some(20),
        estimate_kbps: None,
        bytes_up,
        bytes_down,
        media_cipher: None,
        data_cipher: None,
    };
    Sample { at_ms, connection: 1, path: Some(path), streams }
}

fn last(samples: impl IntoIterator<Item = Sample>) -> Report {
    let mut monitor = Monitor::default();
    samples.into_iter().fold(Report::default(), |_, sample| monitor.observe(sample))
}

#[test]
fn counts_become_rates_over_the_last_five_seconds() {
    // Fifty packets a second; in the first ten seconds all are lost beside, which is forgotten by then.
    let report = last((0..20).map(|second| sample(second * 1_000, vec![voice(2, second * 50, second.min(10) * 50)])));
    let [reading] = report.readings[..] else { panic!("{report:?}") };
    assert_eq!((reading.kbps, reading.loss, reading.flows), (40, Some(0), true));
    assert_eq!((report.up_kbps, report.down_kbps, report.round_trip_ms), (200, 400, Some(20)));
    assert_eq!(report.verdict, Verdict { quality: Some(Quality::Good), reason: Reason::Nothing });
}

#[test]
fn loss_is_told_while_it_lasts() {
    let report = last((0..10).map(|second| sample(second * 1_000, vec![voice(0, second * 45, second * 5)])));
    assert_eq!(report.loss_down, Some(100));
    assert_eq!(report.verdict, Verdict { quality: Some(Quality::Poor), reason: Reason::LossDown(100) });
    assert_eq!(report.loss_up, None, "nothing is sent");
}

#[test]
fn a_few_packets_are_no_base_for_a_percentage() {
    let report = last((0..10).map(|second| sample(second * 1_000, vec![voice(0, second * 2, second)])));
    assert_eq!((report.readings[0].loss, report.readings[0].flows), (None, true));
    assert_eq!(report.verdict.quality, Some(Quality::Good));
}

#[test]
fn another_connection_or_a_sleep_begins_anew() {
    let lossy = || (0..5).map(|second| sample(second * 1_000, vec![voice(0, second * 45, second * 50)]));
    let other = Sample { connection: 2, ..sample(5_000, vec![voice(0, 400, 0)]) };
    let later = sample(60_000, vec![voice(0, 400, 1_000)]);
    let before = sample(3_000, vec![voice(0, 400, 1_000)]);
    for next in [other, later, before] {
        let report = last(lossy().chain([next]));
        assert_eq!((report.loss_down, report.readings[0].kbps), (None, 0));
    }
}

#[test]
fn a_stream_that_counts_anew_is_not_compared_with_the_one_before() {
    let samples = [(0, 5_000), (1_000, 10), (2_000, 60)].map(|(at, packets)| sample(at, vec![voice(0, packets, 0)]));
    let report = last(samples);
    assert_eq!(report.readings[0].kbps, 40, "against the second sample");
}

#[test]
fn an_encoder_is_limited_once_it_was_for_the_whole_span() {
    let run = |limits: [Limited; 4]| {
        last((0_u64..).zip(limits).map(|(second, limited)| {
            sample(second * 1_000, vec![face(second * 60, second * 30, limited), voice(0, 0, 0)])
        }))
    };
    let (no, network) = (Limited::No, Limited::Network);
    assert_eq!(run([no, network, network, network]).verdict.reason, Reason::Nothing);
    let report = run([network; 4]);
    assert_eq!(report.verdict, Verdict { quality: Some(Quality::Fair), reason: Reason::Network });
    let flowing = |line| report.readings.iter().filter(move |reading| reading.line == line && reading.flows);
    let face = flowing(Line::Camera).next().unwrap();
    assert_eq!((face.frames_per_second, face.kbps, face.layer), (Some(30), 480, Some(1)));
    assert_eq!(flowing(Line::Voice(0)).count(), 0, "silent");
}

#[test]
fn without_a_path_there_is_no_quality() {
    let report = last([Sample { path: None, ..sample(0, vec![]) }]);
    assert_eq!(report.verdict, Verdict { quality: None, reason: Reason::NotConnected });
}
