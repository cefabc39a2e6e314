//! Two rooms on one media thread and on two: what a packet costs must not depend on how many threads there are.
//!
//! Both run on the one core that servers have here, so that caches and clock are the same; what a second core adds is
//! then the second core.

use std::time::Duration;

use crate::load::Load;
use crate::server::Server;
use crate::{figure, median};

const ROOMS: u8 = 2;
const SUBSCRIBERS: usize = 20;
const ROUNDS: usize = 3;
const WARM_UP: Duration = Duration::from_secs(2);
const MEASURE: Duration = Duration::from_secs(4);
const SETTLE: Duration = Duration::from_millis(200);
/// Below this a round measures losses, not forwarding.
const DELIVERED: f64 = 0.999;

/// CPU time for each delivered packet, microseconds, of each valid round.
pub(crate) struct Shards {
    one: Vec<f64>,
    two: Vec<f64>,
}

/// Runs them, interleaved.
pub(crate) fn measure() -> Shards {
    let mut shards = Shards { one: Vec::new(), two: Vec::new() };
    for number in 1..=ROUNDS {
        shards.one.extend(round(number, "ours"));
        shards.two.extend(round(number, "ours-2"));
    }
    shards
}

fn round(number: usize, role: &str) -> Option<f64> {
    let mut server = Server::of_role(role);
    let mut load = Load::rooms(&mut server, ROOMS, SUBSCRIBERS);
    load.publish(true);
    load.run_for(WARM_UP);
    load.publish(false);
    load.run_for(SETTLE);
    load.reset();
    load.publish(true);
    let before = server.cpu();
    load.run_for(MEASURE);
    load.publish(false);
    load.run_for(SETTLE);
    let cpu = server.cpu() - before;
    let measured = load.measured();
    let delivered = measured.received as f64 / (measured.sent * SUBSCRIBERS as u64).max(1) as f64;
    let cpu_us = cpu.as_secs_f64() * 1e6 / measured.received.max(1) as f64;
    println!("shards {number} {role:9} {cpu_us:6.2} µs/packet, delivered {:.3} %", delivered * 100.0);
    (delivered >= DELIVERED).then_some(cpu_us)
}

impl Shards {
    /// The figure.
    pub(crate) fn print(&self) {
        figure("shards_2_vs_1_cpu_per_packet", median(self.two.clone()) / median(self.one.clone()));
    }
}
