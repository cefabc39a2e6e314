//! Logging in: what the time of an answer gives away.

use std::net::Ipv4Addr;
use std::time::Duration;

use e2e::Deployment;
use tokio::time::Instant;

use crate::stranger::request_within;
use crate::{Attack, Outcome, PLAIN};

pub(crate) const ATTACKS: &[Attack] =
    &[Attack::new("which_accounts_there_are", "decoy", PLAIN, |d| Box::pin(which_accounts_there_are(d)))];

async fn try_once(port: u16, from: Ipv4Addr, name: &str) -> Option<u16> {
    let body = format!(r#"{{"name":"{name}","password":"not the password at all"}}"#);
    let text = format!(
        "POST /api/v1/login HTTP/1.1\r\nHost: localhost:{port}\r\nOrigin: http://localhost:{port}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    request_within(port, from, &text, Duration::from_secs(20)).await
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
