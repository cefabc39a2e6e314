//! Logging in: what a flood of it does to a meeting, and what the time of an answer gives away.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use e2e::Deployment;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::stranger::post_login;
use crate::talk::Talk;
use crate::{Attack, Outcome, PLAIN};

pub(crate) const ATTACKS: &[Attack] = &[
    Attack::new("login_flood", "hash_queue", PLAIN, |d| Box::pin(flood(d))),
    Attack::new("which_accounts_there_are", "decoy", PLAIN, |d| Box::pin(which_accounts_there_are(d))),
];

/// At once, each twice a second: more than the processors can hash.
const WORKERS: u32 = 64;

async fn try_once(port: u16, from: Ipv4Addr, name: &str) -> Option<u16> {
    post_login(port, from, &format!(r#"{{"name":"{name}","password":"not the password at all"}}"#)).await
}

/// Two people talk, and from two thousand addresses come wrong passwords.
async fn flood(server: &Deployment) -> Outcome {
    let mut talk = Box::pin(Talk::begin(server)).await;
    talk.until_quiet();
    let (mut tasks, port, hashed) = (JoinSet::new(), server.port(), Arc::<AtomicU32>::default());
    for worker in 0..WORKERS {
        let hashed = Arc::clone(&hashed);
        tasks.spawn(async move {
            let mut every = tokio::time::interval(Duration::from_millis(500));
            for round in 0.. {
                every.tick().await;
                let [_, _, network, host] = (worker + round * WORKERS).to_be_bytes();
                let from = Ipv4Addr::new(127, 2, network % 8, host.max(1));
                if try_once(port, from, "Ada").await == Some(401) {
                    hashed.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let before = hashed.load(Ordering::Relaxed);
    let start = Instant::now();
    let heard = talk.go_on(Duration::from_secs(8));
    let pace = f64::from(hashed.load(Ordering::Relaxed) - before) / start.elapsed().as_secs_f64();
    let memory = server.resident_bytes() >> 20;
    let figure = format!("{heard}; {pace:.0} passwords checked a second, {memory} MiB held");
    // Each that is checked takes 19 MiB meanwhile: a server that checks all at once is ended for want of memory, and the
    // meeting with it.
    Outcome { succeeded: !heard.is_good() || memory > 512, figure }
}

/// Which of two names is an account's, by how long the refusal takes: told right as often as a coin would, or always.
async fn which_accounts_there_are(server: &Deployment) -> Outcome {
    const PAIRS: u8 = 40;
    let port = server.port();
    let (mut slower, mut known, mut unknown) = (0, Vec::new(), Vec::new());
    for pair in 0..PAIRS {
        let from = Ipv4Addr::new(127, 3, 0, 1 + pair);
        let timed = async |name: &str| {
            let start = Instant::now();
            assert_eq!(try_once(port, from, name).await, Some(401));
            start.elapsed()
        };
        // The order changes: whoever comes first must not seem slower by it.
        let (ada, nobody) = if pair % 2 == 0 {
            let ada = timed("Ada").await;
            (ada, timed("Bob").await)
        } else {
            let nobody = timed("Bob").await;
            (timed("Ada").await, nobody)
        };
        slower += u8::from(ada > nobody);
        known.push(ada);
        unknown.push(nobody);
    }
    let median = |mut times: Vec<Duration>| {
        times.sort();
        times[times.len() / 2].as_secs_f64() * 1_000.0
    };
    let right = slower.max(PAIRS - slower);
    let (known, unknown) = (median(known), median(unknown));
    let figure = format!(
        "{right} of {PAIRS} told right; a wrong password takes {known:.1} ms, an unknown name {unknown:.1} ms (medians)"
    );
    // A coin does as well as this once in a hundred thousand times.
    Outcome { succeeded: right >= 34, figure }
}
