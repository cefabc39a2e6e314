//! Debian's slowhttptest, which holds connections by sending or reading as slowly as it can.

use std::time::Duration;

use e2e::Deployment;
use tokio::process::Command;
use tokio::time::Instant;

use crate::edge::largest_page;
use crate::stranger::{PERSON, request};
use crate::{Attack, Outcome, PLAIN};

pub(crate) const ATTACKS: &[Attack] = &[
    Attack::new("slowhttptest_headers", "header_timeout", PLAIN, |d| Box::pin(headers(d))),
    Attack::new("slowhttptest_bodies", "body_timeout", PLAIN, |d| Box::pin(bodies(d))),
    Attack::new("slowhttptest_reads", "share,crowd", PLAIN, |d| Box::pin(reads(d))),
];

/// How the tool's connections fared.
struct Held {
    /// How many it held at once when it last counted; it counts every five seconds.
    connections: u32,
    /// Until it held none or its time was over.
    seconds: u32,
    /// The server closed all of them before that.
    all_closed: bool,
}

/// Runs it against that address for so long at most.
async fn run(server: &Deployment, path: &str, seconds: u32, arguments: &[&str]) -> Held {
    let url = format!("http://127.0.0.1:{}{path}", server.port());
    let mut command = Command::new("slowhttptest");
    command.args(arguments).args(["-u", &url, "-l", &seconds.to_string(), "-p", "3"]).kill_on_drop(true);
    let output = tokio::time::timeout(Duration::from_secs(60), command.output()).await;
    let output = output.expect("slowhttptest ends").expect("slowhttptest: .tools/deps.sh tests");
    let said = plain(&String::from_utf8_lossy(&output.stdout));
    let after = |what: &str| {
        let (_, rest) = said.rsplit_once(what).unwrap_or_else(|| panic!("slowhttptest said no {what:?}: {said}"));
        rest.trim_start()
    };
    let number = |what: &str| {
        let digits: String = after(what).chars().take_while(char::is_ascii_digit).collect();
        digits.parse().unwrap_or_else(|_| panic!("slowhttptest said no number of {what:?}: {said}"))
    };
    Held {
        connections: number("connected:"),
        seconds: number("Test ended on"),
        all_closed: after("Exit status:").starts_with("No open connections left"),
    }
}

/// Without the terminal's colours.
fn plain(said: &str) -> String {
    let mut parts = said.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        text + part.split_once(|c: char| c.is_ascii_alphabetic()).map_or("", |(_, rest)| rest)
    })
}

fn outcome(held: &Held) -> Outcome {
    let Held { connections, seconds, all_closed } = held;
    let end = if *all_closed { "all closed" } else { "held" };
    Outcome { succeeded: !all_closed, figure: format!("{connections} connections {end} after {seconds} s") }
}

async fn headers(server: &Deployment) -> Outcome {
    outcome(&run(server, "/api/v1/site", 12, &["-H", "-c", "100", "-r", "100", "-i", "2"]).await)
}

async fn bodies(server: &Deployment) -> Outcome {
    // The tool has no word for other headers; this one goes out as it is.
    let origin = format!("application/json\r\nOrigin: http://127.0.0.1:{}", server.port());
    let arguments = ["-B", "-c", "100", "-r", "100", "-i", "2", "-s", "8192", "-x", "8", "-f", &origin];
    outcome(&run(server, "/api/v1/login", 17, &arguments).await)
}

/// As many as there are places, from one address; a person wants a page meanwhile.
async fn reads(server: &Deployment) -> Outcome {
    let page = largest_page();
    let arguments =
        ["-X", "-c", "4500", "-r", "900", "-w", "64", "-y", "128", "-n", "5", "-z", "8", "-k", "3", "-i", "5"];
    let site = format!("GET /api/v1/site HTTP/1.1\r\nHost: localhost:{}\r\nConnection: close\r\n\r\n", server.port());
    let person = async {
        tokio::time::sleep(Duration::from_secs(22)).await;
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(4) {
            if request(server, PERSON, &site).await == Some(200) {
                return Some(start.elapsed());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        None
    };
    let (held, waited) = tokio::join!(run(server, &page, 28, &arguments), person);
    let person =
        waited.map_or("does not answer".to_owned(), |time| format!("answers after {:.2} s", time.as_secs_f64()));
    let figure = format!("{} connections held, a person's page {person}", held.connections);
    Outcome { succeeded: waited.is_none(), figure }
}
