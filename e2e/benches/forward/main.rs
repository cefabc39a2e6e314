//! What an SFU costs: ours beside Janus, a plain str0m loop and the floor below which no server can go.
//!
//! `forwarding` has the figure that counts, CPU time for each delivered packet; `audio` what a room of voices costs, `shards` what a second media thread costs, `joins` how long it takes to come in and
//! what somebody costs who only sits there; `junk` how large a flood nobody notices.
//!
//! Servers run on core 1, the load on core 0, in a network namespace of the bench's own: it needs root, iproute2 and
//! util-linux. Janus takes part when it is installed (Debian's package `janus`); without it there is nothing to compare
//! with, and the ratios are not printed. `make bench` brings all of it; `PART=audio` in the environment measures that part alone.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a bench prints, and stops at the first surprise"
)]

mod audio;
mod client;
mod floor;
mod forwarding;
mod janus;
mod joins;
mod junk;
mod load;
mod naive;
mod net;
mod ours;
mod server;
mod shards;

use server::Server;

/// Who forwards, and to what kind of client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Forwarder {
    /// Our SFU, clients with one video m-line: the same work as everybody else's.
    Ours,
    /// Our SFU, clients that offer what our page offers, with all its slots and channels.
    OursPage,
    Janus,
    /// One thread, one `recv_from`, one `send_to` per packet around str0m.
    Naive,
    /// No WebRTC at all: open, seal for each, send with GSO.
    Floor,
}

impl Forwarder {
    const fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::OursPage => "ours_page",
            Self::Janus => "janus",
            Self::Naive => "naive",
            Self::Floor => "floor_gso",
        }
    }

    fn start(self) -> Server {
        match self {
            Self::Janus => janus::start(),
            Self::Ours | Self::OursPage => Server::of_role("ours"),
            other => Server::of_role(other.name()),
        }
    }
}

/// The middle one.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// A figure, as the last lines have it. One that could not be measured is left out.
fn figure(name: &str, value: f64) {
    if value.is_finite() {
        println!("bench: {name} {value:.3}");
    }
}

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("role-ours") => return ours::serve(1),
        Some("role-ours-2") => return ours::serve(2),
        Some("role-naive") => return naive::serve(),
        Some("role-floor_gso") => return floor::serve(),
        _ => {}
    }
    if !net::inside_own_namespace() {
        return;
    }
    // All figures stand at the end, together.
    let wanted = |part: &str| std::env::var("PART").map_or(true, |only| only == part);
    let forwarding = wanted("forwarding").then(forwarding::measure);
    let audio = wanted("audio").then(audio::measure);
    let joins = wanted("joins").then(joins::measure);
    let shards = wanted("shards").then(shards::measure);
    let junk = wanted("junk").then(junk::measure);
    forwarding.iter().for_each(forwarding::Rounds::print);
    audio.iter().for_each(audio::Rounds::print);
    joins.iter().for_each(joins::Joins::print);
    shards.iter().for_each(shards::Shards::print);
    junk.iter().for_each(junk::Junk::print);
}
