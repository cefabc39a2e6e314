//! One publisher (30 frames a second of 10 packets of 1,100 bytes), 40 subscribers, SRTP AES-256-GCM on every leg.
//!
//! What counts is the CPU time of the server's process for each packet that was *delivered*, in interleaved rounds, as a
//! ratio within this run; a round that loses more than 0.1 % is void.

use std::time::Duration;

use crate::load::{Load, Measured};
use crate::server::{Counted, own_cpu};
use crate::{Forwarder, figure, janus, median};

/// Who watches.
const SUBSCRIBERS: usize = 40;
/// Interleaved rounds; the median counts. `ROUNDS` in the environment overrides it.
const ROUNDS: usize = 5;
const WARM_UP: Duration = Duration::from_secs(2);
const MEASURE: Duration = Duration::from_secs(5);
/// What is on its way arrives within this.
const SETTLE: Duration = Duration::from_millis(200);
/// Below this a round measures losses, not forwarding.
const DELIVERED: f64 = 0.999;

/// One round's figures.
#[derive(Debug, Clone, Copy)]
struct Round {
    /// CPU time of the server per delivered packet, microseconds.
    cpu_us: f64,
    p50_ms: f64,
    p99_ms: f64,
    delivered: f64,
    /// The load's own core: near 1 the round measures the load.
    load: f64,
    /// What our own server counted, per second.
    counted: Option<Counted>,
}

/// All rounds.
pub(crate) struct Rounds(Vec<(Forwarder, Round)>);

/// Runs them.
pub(crate) fn measure() -> Rounds {
    let rounds = std::env::var("ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(ROUNDS);
    let mut forwarders = vec![Forwarder::Ours, Forwarder::OursPage, Forwarder::Naive, Forwarder::Floor];
    if janus::is_installed() {
        forwarders.insert(1, Forwarder::Janus);
    } else {
        eprintln!("Janus is not installed: it takes no part");
    }
    let mut all = Vec::new();
    for number in 1..=rounds {
        for forwarder in &forwarders {
            let round = round(*forwarder);
            println!("round {number} {:9} {round}", forwarder.name());
            all.push((*forwarder, round));
        }
    }
    Rounds(all)
}

fn round(forwarder: Forwarder) -> Round {
    let mut server = forwarder.start();
    let mut load = Load::new(&mut server, forwarder, SUBSCRIBERS);
    load.publish(true);
    load.run_for(WARM_UP);
    load.publish(false);
    load.run_for(SETTLE);
    load.reset();
    load.publish(true);
    let is_ours = matches!(forwarder, Forwarder::Ours | Forwarder::OursPage);
    let counted = is_ours.then(|| server.count());
    let (server_before, own_before) = (server.cpu(), own_cpu());
    load.run_for(MEASURE);
    let load_share = (own_cpu() - own_before).as_secs_f64() / MEASURE.as_secs_f64();
    let counted = counted.map(|before| server.count().since(before, MEASURE));
    load.publish(false);
    load.run_for(SETTLE);
    let cpu = server.cpu() - server_before;
    let Measured { sent, received, p50, p99 } = load.measured();
    Round {
        cpu_us: cpu.as_secs_f64() * 1e6 / received.max(1) as f64,
        p50_ms: p50.as_secs_f64() * 1e3,
        p99_ms: p99.as_secs_f64() * 1e3,
        delivered: received as f64 / (sent * SUBSCRIBERS as u64).max(1) as f64,
        load: load_share,
        counted,
    }
}

impl std::fmt::Display for Round {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { cpu_us, p50_ms, p99_ms, delivered, load, counted } = self;
        let (delivered, load) = (delivered * 100.0, load * 100.0);
        write!(f, "{cpu_us:6.2} µs/packet, p50 {p50_ms:4.1} ms, p99 {p99_ms:4.1} ms, ")?;
        write!(f, "delivered {delivered:.3} %, load {load:.0} %")?;
        if let Some(Counted { received, sent, sends }) = counted {
            write!(f, "; in {received}/s, out {sent}/s in {sends} sends/s")?;
        }
        Ok(())
    }
}

impl Rounds {
    fn median_of(&self, forwarder: Forwarder, figure: fn(&Round) -> f64) -> f64 {
        let valid = self.0.iter().filter(|(who, round)| *who == forwarder && round.delivered >= DELIVERED);
        median(valid.map(|(_, round)| figure(round)).collect())
    }

    /// The figures.
    pub(crate) fn print(&self) {
        let cpu = |forwarder| self.median_of(forwarder, |round| round.cpu_us);
        let p99 = |forwarder| self.median_of(forwarder, |round| round.p99_ms);
        for forwarder in [Forwarder::Ours, Forwarder::OursPage, Forwarder::Janus, Forwarder::Naive, Forwarder::Floor] {
            figure(&format!("{}_cpu_us_per_packet", forwarder.name()), cpu(forwarder));
        }
        figure("forward_cpu_vs_janus", cpu(Forwarder::Ours) / cpu(Forwarder::Janus));
        figure("forward_page_cpu_vs_janus", cpu(Forwarder::OursPage) / cpu(Forwarder::Janus));
        figure("forward_cpu_vs_naive", cpu(Forwarder::Ours) / cpu(Forwarder::Naive));
        figure("forward_cpu_vs_floor_gso", cpu(Forwarder::Ours) / cpu(Forwarder::Floor));
        figure("latency_p99_vs_janus", p99(Forwarder::Ours) / p99(Forwarder::Janus));
        let ours = self.0.iter().filter(|(who, _)| matches!(who, Forwarder::Ours | Forwarder::OursPage));
        figure("delivered_percent", ours.map(|(_, round)| round.delivered * 100.0).fold(f64::INFINITY, f64::min));
    }
}
