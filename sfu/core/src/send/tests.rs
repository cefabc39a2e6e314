//! What leaves for a subscriber who asks for too much, and whether a number leaves twice.

use std::collections::HashSet;

use shared::control::KeyLength;
use str0m::RtcConfig;
use str0m::crypto::dtls::SrtpProfile;

use super::*;
use crate::forwarder::Source;

const MS: Duration = Duration::from_millis(1);
const SSRC: u32 = 0x1001;
const RTX: u32 = 0x1002;

fn keys(is_client: bool) -> MasterKeys {
    MasterKeys::new(SrtpProfile::AEAD_AES_256_GCM, &[7; 88], is_client, KeyLength::Bits256).unwrap()
}

/// A sender of one stream with repetitions, and the subscriber's way of sealing reports.
fn sender(now: Instant) -> (Sender, Sealer) {
    let rtc = RtcConfig::new().build(now);
    let negotiated = Negotiated {
        mid: Mid::from("v"),
        known_as: Mid::from("v"),
        ssrc: SSRC.into(),
        rtx: Some(RTX.into()),
        clock_rate: 90_000,
    };
    let mut sender = Sender::new(&rtc, &[negotiated], now);
    sender.unlock(&keys(false));
    (sender, keys(true).session().unwrap().0)
}

fn packet(bytes: usize, now: Instant) -> Incoming {
    Incoming {
        source: Source { session: shared::ids::SessionId(1), ssrc: 1, layer: 0 },
        seq: 0,
        timestamp: 0,
        marker: true,
        tags: Tags::default(),
        payload: vec![0; bytes].into(),
        arrived: now,
        codec: None,
        ids: None,
        spatial: None,
        can_begin: true,
    }
}

fn forward(sender: &mut Sender, seq: u64, bytes: usize, now: Instant) {
    let types = PayloadTypes { media: 96.into(), resend: Some(97.into()) };
    let numbers = Numbers { seq, timestamp: 0, patch: None, types };
    sender.forward(0, &packet(bytes, now), numbers, now);
}

/// A request for sixty times seventeen packets, up to `newest`.
fn ask_for_all(sealer: &mut Sealer, newest: u16) -> Vec<u8> {
    let mut nack = vec![0x81, 205, 0, 62, 0, 0, 0, 9];
    nack.extend(SSRC.to_be_bytes());
    for back in 1..=60 {
        nack.extend(newest.wrapping_sub(back * 17).to_be_bytes());
        nack.extend([0xff; 2]);
    }
    sealer.seal_rtcp(&mut nack, 0, 9).unwrap();
    nack
}

/// SSRC and sequence number of each datagram that leaves.
fn leaving(sender: &mut Sender) -> Vec<(u32, u16, usize)> {
    let bursts: Vec<Burst> = sender.bursts().collect();
    let datagrams = bursts.iter().flat_map(|burst| burst.bytes.chunks(burst.segment));
    let read = |datagram: &[u8]| {
        let be32 = |at: usize| u32::from_be_bytes(datagram[at..at + 4].try_into().unwrap());
        (be32(8), be32(0) as u16, datagram.len())
    };
    datagrams.map(read).collect()
}

#[test]
fn whoever_asks_for_everything_again_and_again_costs_twice_their_media() {
    let start = Instant::now();
    let (mut sender, mut sealer) = sender(start);
    let (mut first, mut repeated, mut numbers) = (0, 0, HashSet::new());
    for round in 0..2_000_u64 {
        let now = start + round as u32 * 5 * MS;
        forward(&mut sender, round + 1, 1_000, now);
        let asked = sender.receive(now, &ask_for_all(&mut sealer, round as u16 + 1));
        assert!(asked.reporter.is_some() && !asked.others);
        for (ssrc, seq, bytes) in leaving(&mut sender) {
            assert!(numbers.insert((ssrc, seq)), "{ssrc} {seq} left twice");
            *(if ssrc == RTX { &mut repeated } else { &mut first }) += bytes;
        }
    }
    assert!(repeated > first / 2, "what is lost is repeated: {repeated} of {first}");
    assert!(repeated <= first * 11 / 10 + REPEATS_SAVED, "{repeated} of {first}");
}

#[test]
fn a_number_leaves_once_and_keys_are_taken_once() {
    let now = Instant::now();
    let (mut sender, _) = sender(now);
    for seq in [1, 2, 2, 1, 70_000, 4_464, 69_999, 69_999] {
        forward(&mut sender, seq, 100, now);
    }
    let numbers: Vec<u16> = leaving(&mut sender).into_iter().map(|(_, seq, _)| seq).collect();
    assert_eq!(numbers, [1, 2, 4_464, 4_463], "70,000 is 4,464 of the second round");
    sender.wake(now + REPORT_EVERY);
    let index = |sender: &mut Sender| sender.bursts().next().unwrap().bytes.last_chunk::<4>().copied();
    let first = index(&mut sender);
    sender.unlock(&keys(false));
    forward(&mut sender, 70_001, 100, now);
    let _ = sender.bursts().count();
    sender.wake(now + 2 * REPORT_EVERY);
    assert_ne!(index(&mut sender), first, "a nonce of SRTCP");
}

#[test]
fn a_hundred_wishes_for_one_keyframe_are_one() {
    let now = Instant::now();
    let (mut sender, mut sealer) = sender(now);
    let mut wishes = Vec::new();
    for _ in 0..100 {
        wishes.extend([0x81, 206, 0, 2, 0, 0, 0, 9]);
        wishes.extend(SSRC.to_be_bytes());
    }
    sealer.seal_rtcp(&mut wishes, 0, 9).unwrap();
    assert_eq!(sender.receive(now, &wishes).keyframes, [0]);
    assert!(sender.receive(now, &wishes).reporter.is_none(), "and the same datagram again is nothing");
}
