//! What forwarding a packet costs in allocations and instructions: figures without noise, so that a slower commit is seen.
//! What it costs in time beside others is `make bench`'s to say.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "world and client are shared with the stories; a test may fail loudly anywhere, and starts valgrind"
)]

#[path = "../../../e2e/src/media_client.rs"]
mod media_client;
#[path = "stories/shaper.rs"]
mod shaper;
#[path = "stories/world.rs"]
mod world;

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use shared::meeting::Role;
use shared::signal::Stage;

use media_client::Datagram;
use sfu_core::{Output, Transport};
use world::{World, server};

const SUBSCRIBERS: usize = 10;
/// Frames of ten packets that are measured.
const FRAMES: usize = 20;
const FRAME_BYTES: usize = 11_000;
const BETWEEN_FRAMES: Duration = Duration::from_millis(33);

/// Most allocations for each packet that leaves: the buffer of a burst stands for ten packets, the publisher's side and
/// book-keeping are the rest. 0.56 were measured.
const MOST_ALLOCATIONS: f64 = 0.7;
/// Most instructions for each packet that leaves, in the build that the tests use. 9,300 were measured; a processor without
/// AVX needs some thousands more to seal one.
const MOST_INSTRUCTIONS: f64 = 13_000.0;

/// A publisher and those who watch, in full flow.
fn flowing() -> (World, usize) {
    let mut world = World::new();
    let ann = world.enter("Ann", Role::Moderator, Stage::Room);
    for _ in 0..SUBSCRIBERS {
        let somebody = world.enter("Somebody", Role::Participant, Stage::Room);
        world.look(somebody, &[(ann, 200)]);
    }
    world.film(&[ann], Duration::from_secs(3));
    (world, ann)
}

/// Datagrams as the node hands them out.
struct Sent {
    source: SocketAddr,
    destination: SocketAddr,
    payload: Vec<u8>,
    segment: usize,
}

impl Sent {
    fn datagrams(&self) -> impl Iterator<Item = Datagram> {
        let Self { source, destination, .. } = *self;
        self.payload.chunks(self.segment).map(move |part| Datagram { source, destination, payload: part.to_vec() })
    }
}

/// The node's part of forwarding a frame, and nothing else. Its name is what the instructions are counted by.
#[inline(never)]
fn node_forwards_a_frame(world: &mut World, datagrams: &[Datagram], out: &mut Vec<Sent>) {
    for datagram in datagrams {
        let Datagram { source, payload, .. } = datagram;
        world.node.handle_datagram(world.now, Transport::Udp, *source, server(), payload);
    }
    loop {
        match world.node.poll_output() {
            Output::Timeout(_) => return,
            Output::Transmit { source, destination, payload, segment, .. } => {
                out.push(Sent { source, destination, payload, segment });
            }
            Output::Event(_) => {}
        }
    }
}

/// Forwards frames, `around` each of them; how many packets left.
fn forward(world: &mut World, publisher: usize, mut around: impl FnMut(&mut dyn FnMut())) -> u64 {
    let before = world.node.stats().rtp_out;
    for _ in 0..FRAMES {
        let datagrams = world.with_unsent(publisher, |client, now| client.send_frame(now, 0, false, FRAME_BYTES));
        let mut out = Vec::with_capacity(1000);
        around(&mut || node_forwards_a_frame(world, &datagrams, &mut out));
        let datagrams: Vec<Datagram> = out.iter().flat_map(Sent::datagrams).collect();
        assert!(datagrams.len() >= 10 * SUBSCRIBERS, "a frame leaves at once: {}", datagrams.len());
        assert!(out.len() <= 3 * SUBSCRIBERS, "and in few calls: {}", out.len());
        world.send_all(datagrams);
        world.run_for(BETWEEN_FRAMES);
    }
    world.node.stats().rtp_out - before
}

#[test]
fn a_burst_of_packets_allocates_little_more_than_its_buffer() {
    let (mut world, ann) = flowing();
    let mut allocations = 0;
    let forwarded = forward(&mut world, ann, |work| allocations += allocation_counter::measure(work).count_total);
    assert_eq!(forwarded, (FRAMES * 10 * SUBSCRIBERS) as u64, "every packet to everybody");
    let each = allocations as f64 / forwarded as f64;
    println!("bench: allocs_per_forwarded_packet {each:.3}");
    assert!(each <= MOST_ALLOCATIONS, "{each:.2} allocations for each forwarded packet, at most {MOST_ALLOCATIONS}");
}

/// Set for the run that is counted.
const COUNTED: &str = "CONCLAVE_COUNTED_RUN";

/// Callgrind runs the test below once more and counts what the node's part of it executes.
#[test]
fn a_forwarded_packet_executes_no_more_instructions_than_it_did() {
    if std::env::var_os(COUNTED).is_some() {
        return counted_run();
    }
    let folder = std::env::temp_dir().join(format!("conclave-cost-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let output = folder.join("callgrind.out");
    let run = Command::new("valgrind")
        .args(["--tool=callgrind", "--collect-atstart=no", "--toggle-collect=cost::node_forwards_a_frame"])
        .arg(format!("--callgrind-out-file={}", output.display()))
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "a_forwarded_packet_executes_no_more_instructions_than_it_did", "--nocapture"])
        .env(COUNTED, "1")
        .output()
        .expect("valgrind, which `make test` installs");
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "{said}{}", String::from_utf8_lossy(&run.stderr));
    let forwarded: f64 = said.lines().find_map(|line| line.split_once("forwarded ")?.1.parse().ok()).expect("a count");
    let each = instructions(&output) / forwarded;
    std::fs::remove_dir_all(&folder).unwrap();
    println!("bench: instructions_per_forwarded_packet {each:.0}");
    assert!(each <= MOST_INSTRUCTIONS, "{each:.0} instructions for each forwarded packet, at most {MOST_INSTRUCTIONS}");
    assert!(each >= MOST_INSTRUCTIONS * 0.6, "{each:.0} instructions for each forwarded packet: lower the limit");
}

fn counted_run() {
    let (mut world, ann) = flowing();
    println!("\nforwarded {}", forward(&mut world, ann, |work| work()));
}

/// The sum that callgrind wrote.
fn instructions(output: &Path) -> f64 {
    let text = std::fs::read_to_string(output).unwrap();
    let sums = |line: &str| line.strip_prefix("summary:").or(line.strip_prefix("totals:"))?.trim().parse().ok();
    text.lines().find_map(sums).expect("callgrind's summary")
}
