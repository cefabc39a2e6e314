//! PIN guessing from few and from very many addresses, and what it costs a person who has a PIN (D12).

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use e2e::Deployment;
use shared::meeting::Role;
use shared::signal::JoinRefused;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::stranger::{Page, person_gets_in};
use crate::{Attack, Outcome, PLAIN};

/// Twelve digits and six people: the door then grants about fifty evaluations a second, so that a crowd of two thousand is
/// one. The chance that it aims at is the same as for sixteen digits and a thousand people.
const TIGHT: &str = "[door]\npin_digits = 12\n[sms]\nsender = \"outbox\"\n";

pub(crate) const ATTACKS: &[Attack] = &[
    Attack::new("pins_from_one_address", "source_limit", PLAIN, |d| Box::pin(one_address(d))),
    Attack::new("pins_from_2000_addresses", "budget", TIGHT, |d| Box::pin(faster_than_granted(d))),
    Attack::new("crowd_before_the_door", "fair_queue", TIGHT, |d| Box::pin(crowd_before_the_door(d))),
    Attack::new("pins_from_10000_networks", "crowd", PLAIN, |d| Box::pin(ten_thousand_networks(d))),
];

/// As long as a person waits before they call somebody (the limit).
const PATIENCE: Duration = Duration::from_secs(10);
/// PINs nobody has, by the attack's rules: a guess that hits would be a hit, and is as good as impossible.
const WRONG: &str = "0000 0000 0000";

/// Six people, of whom one will type their PIN.
async fn board(server: &Deployment) -> String {
    let people: Vec<(String, Role)> = (0..6).map(|n| (format!("Piet {n}"), Role::Participant)).collect();
    let people: Vec<(&str, Role)> = people.iter().map(|(name, role)| (name.as_str(), *role)).collect();
    let meeting = server.console().await.meeting("Board", &people).await;
    meeting.links[0].pin.clone()
}

/// Attackers at work until they are dropped.
struct Attackers {
    tasks: JoinSet<()>,
    evaluated: Arc<AtomicU32>,
}

impl Attackers {
    /// `count` workers, each with `address(n)`, `address(n + count)` … in turn, typing wrong PINs as fast as the door answers.
    fn start(port: u16, count: u32, addresses: u32, address: fn(u32) -> Ipv4Addr) -> Self {
        let mut tasks = JoinSet::new();
        let evaluated = Arc::<AtomicU32>::default();
        for worker in 0..count {
            let evaluated = Arc::clone(&evaluated);
            tasks.spawn(async move {
                // Not all in the same instant: an attack that is all handshakes is another one.
                tokio::time::sleep(Duration::from_millis(u64::from(worker))).await;
                for round in 0.. {
                    let from = address((worker + round * count) % addresses);
                    if let Some(mut page) = Page::open(port, from).await {
                        while let Some(Err(JoinRefused::NotValidNow)) = page.knock(WRONG).await {
                            evaluated.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            });
        }
        Self { tasks, evaluated }
    }

    /// Evaluations that came back within that long.
    async fn evaluations_in(&self, time: Duration) -> u32 {
        let before = self.evaluated.load(Ordering::Relaxed);
        tokio::time::sleep(time).await;
        self.evaluated.load(Ordering::Relaxed) - before
    }
}

impl Drop for Attackers {
    fn drop(&mut self) {
        self.tasks.abort_all();
    }
}

/// How long a person waits, one try after another, shortest first; `None` beyond the patience. After three of those enough is
/// known.
async fn waits(port: u16, pin: &str, tries: usize) -> Vec<Option<Duration>> {
    let mut waits: Vec<Option<Duration>> = Vec::new();
    while waits.len() < tries && waits.iter().filter(|wait| wait.is_none()).count() < 3 {
        waits.push(person_gets_in(port, pin, PATIENCE + Duration::from_secs(2)).await);
    }
    waits.sort_by_key(|wait| wait.unwrap_or(Duration::MAX));
    waits
}

fn p95(waits: &[Option<Duration>]) -> Option<Duration> {
    waits[(waits.len() * 95).div_ceil(100) - 1]
}

fn seconds(wait: Option<Duration>) -> String {
    wait.map_or_else(|| "in vain".into(), |wait| format!("{:.2} s", wait.as_secs_f64()))
}

fn a_person_waits(waits: &[Option<Duration>], evaluated: u32, time: Duration) -> Outcome {
    let slowest = p95(waits);
    let pace = f64::from(evaluated) / time.as_secs_f64();
    let figure =
        format!("a person gets in within {} (p95 of {}), {pace:.0} guesses a second", seconds(slowest), waits.len());
    Outcome { succeeded: slowest.is_none_or(|wait| wait > PATIENCE), figure }
}

/// One address, twenty pages, eight seconds.
async fn one_address(server: &Deployment) -> Outcome {
    let attackers = Attackers::start(server.port(), 20, 1, |_| Ipv4Addr::new(127, 1, 0, 1));
    let evaluated = attackers.evaluations_in(Duration::from_secs(8)).await;
    Outcome { succeeded: evaluated > 10, figure: format!("{evaluated} guesses looked at in 8 s") }
}

/// Two thousand addresses in eight networks.
fn eight_networks(n: u32) -> Ipv4Addr {
    let [_, _, _, host] = (1 + n / 8 % 250).to_be_bytes();
    let [_, _, _, network] = (n % 8).to_be_bytes();
    Ipv4Addr::new(127, 1, network, host)
}

/// More guesses a second than keep the promise, which is about 53 with these PINs.
async fn faster_than_granted(server: &Deployment) -> Outcome {
    board(server).await;
    // The console's page counts the PINs that work now; by itself the door does so every minute.
    granted(server).await;
    let attackers = Attackers::start(server.port(), 1_000, 2_000, eight_networks);
    tokio::time::sleep(Duration::from_secs(4)).await;
    let time = Duration::from_secs(8);
    let evaluated = attackers.evaluations_in(time).await;
    let (pace, granted) = (f64::from(evaluated) / time.as_secs_f64(), granted(server).await);
    let figure = format!("{pace:.0} guesses a second looked at of {granted:.0} granted");
    Outcome { succeeded: pace > granted * 1.2, figure }
}

async fn granted(server: &Deployment) -> f64 {
    let report: shared::api::DoorReport = server.console().await.get("/door").await.unwrap();
    report.granted_per_s
}

/// Two thousand tries wait before the door; a person comes from another network.
async fn crowd_before_the_door(server: &Deployment) -> Outcome {
    let pin = board(server).await;
    granted(server).await;
    let attackers = Attackers::start(server.port(), 2_000, 2_000, eight_networks);
    tokio::time::sleep(Duration::from_secs(6)).await;
    let (start, before) = (Instant::now(), attackers.evaluated.load(Ordering::Relaxed));
    let waits = waits(server.port(), &pin, 5).await;
    a_person_waits(&waits, attackers.evaluated.load(Ordering::Relaxed) - before, start.elapsed())
}

/// Ten thousand addresses, each in a network of its own, that open pages, guess, and stay.
async fn ten_thousand_networks(server: &Deployment) -> Outcome {
    let pin = board(server).await;
    granted(server).await;
    let address = |n: u32| {
        let [_, _, b, c] = n.to_be_bytes();
        Ipv4Addr::new(127, 1 + b, c, 7)
    };
    let attackers = Attackers::start(server.port(), 5_000, 10_000, address);
    tokio::time::sleep(Duration::from_secs(10)).await;
    let (start, before) = (Instant::now(), attackers.evaluated.load(Ordering::Relaxed));
    let waits = waits(server.port(), &pin, 20).await;
    a_person_waits(&waits, attackers.evaluated.load(Ordering::Relaxed) - before, start.elapsed())
}
