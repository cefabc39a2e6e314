//! What is tried before anybody has typed anything: connections, headers, names.

use std::future::Future;
use std::net::Ipv4Addr;
use std::time::Duration;

use e2e::Deployment;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use crate::stranger::{PERSON, Page, connect, connect_to, request};
use crate::{Attack, Outcome, PLAIN};

/// A proxy somewhere else than where the attacker is.
const PROXIED: &str =
    "public_url = \"http://localhost:{port}\"\n[proxy]\nranges = [\"10.0.0.0/8\"]\nheader = \"X-Forwarded-For\"\n";

pub(crate) const ATTACKS: &[Attack] = &[
    Attack::new("all_connections_taken", "crowd", PLAIN, |d| Box::pin(all_connections_taken(d))),
    Attack::new("connections_like_media", "crowd", PLAIN, |d| Box::pin(connections_like_media(d))),
    Attack::new("answers_never_read", "give_way", PLAIN, |d| Box::pin(answers_never_read(d))),
    Attack::new("slow_headers", "header_timeout", PLAIN, |d| Box::pin(slow_headers(d))),
    Attack::new("foreign_origin", "origin", PLAIN, |d| Box::pin(foreign_origin(d))),
    Attack::new("dns_rebinding", "host", PLAIN, |d| Box::pin(dns_rebinding(d))),
    Attack::new("forged_forwarding_header", "proxy_ranges", PROXIED, |d| Box::pin(forged_forwarding_header(d))),
];

const ATTACKER: Ipv4Addr = Ipv4Addr::new(127, 1, 0, 1);

fn site(server: &Deployment, host: &str, more: &str) -> String {
    format!("GET /api/v1/site HTTP/1.1\r\nHost: {host}:{}\r\nConnection: close\r\n{more}\r\n", server.port())
}

/// Sixty addresses in three networks keep five thousand connections busy, each as `hold` says, and come again when they are
/// put out; a person wants a page.
async fn held_by_sixty<F>(server: &Deployment, hold: fn(u16, Ipv4Addr) -> F) -> Outcome
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut held = JoinSet::new();
    for n in 0..5_000_u32 {
        let [_, _, _, host] = (1 + n % 60).to_be_bytes();
        let (port, from) = (server.port(), Ipv4Addr::new(127, 1, host % 3, host));
        held.spawn(async move {
            tokio::time::sleep(Duration::from_millis(u64::from(n))).await;
            loop {
                hold(port, from).await;
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        });
    }
    tokio::time::sleep(Duration::from_secs(10)).await;
    a_person_wants_a_page(server).await
}

/// With pages that answer every ping and say nothing.
async fn all_connections_taken(server: &Deployment) -> Outcome {
    held_by_sixty(server, |port, from| async move {
        if let Some(mut page) = Page::open(port, from).await {
            page.stay().await;
        }
    })
    .await
}

/// With what begins as media over TCP does and goes on like it, for nobody's session.
async fn connections_like_media(server: &Deployment) -> Outcome {
    held_by_sixty(server, |port, from| async move {
        if let Ok(mut stream) = connect_to(port, from).await {
            while stream.write_all(&[0, 4, 0xff, 0xff, 0xff, 0xff]).await.is_ok() {
                tokio::time::sleep(Duration::from_secs(2)).await;
            }
        }
    })
    .await
}

/// With one request after the other for the largest page, of whose answers not a byte is read.
async fn answers_never_read(server: &Deployment) -> Outcome {
    let _ = LARGEST.set(largest_page());
    held_by_sixty(server, |port, from| async move {
        let Some(mut stream) = unread(port, from).await else { return };
        let page = LARGEST.get().unwrap();
        let asked = format!("GET {page} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n").repeat(24);
        let mut broken = stream.write_all(asked.as_bytes()).await;
        while broken.is_ok() {
            tokio::time::sleep(Duration::from_secs(2)).await;
            broken = stream.write_all(b"G").await;
        }
    })
    .await
}

static LARGEST: std::sync::OnceLock<String> = std::sync::OnceLock::new();

/// The address of the largest file that a browser loads.
pub(crate) fn largest_page() -> String {
    let folder = std::env::var_os("CONCLAVE_WEB").map(std::path::PathBuf::from).unwrap().join("meeting");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap());
    let largest = files.max_by_key(|file| file.metadata().unwrap().len()).unwrap();
    format!("/{}", largest.file_name().to_str().unwrap())
}

/// A connection that the system, too, reads little of.
async fn unread(port: u16, from: Ipv4Addr) -> Option<tokio::net::TcpStream> {
    let socket = tokio::net::TcpSocket::new_v4().ok()?;
    socket.set_reuseaddr(true).ok()?;
    socket.set_recv_buffer_size(4_096).ok()?;
    socket.bind((from, 0).into()).ok()?;
    socket.connect((Ipv4Addr::LOCALHOST, port).into()).await.ok()
}

async fn a_person_wants_a_page(server: &Deployment) -> Outcome {
    let start = Instant::now();
    let patience = Duration::from_secs(4);
    let mut answered = None;
    while answered.is_none() && start.elapsed() < patience {
        answered = request(server, PERSON, &site(server, "localhost", "")).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let took = start.elapsed();
    let figure = match answered {
        Some(status) => format!("a person's page answers {status} after {:.2} s", took.as_secs_f64()),
        None => "a person's page does not answer".into(),
    };
    Outcome { succeeded: answered != Some(200), figure }
}

/// Three hundred requests whose headers come a byte every two seconds.
async fn slow_headers(server: &Deployment) -> Outcome {
    let mut slow = Vec::new();
    for n in 0..300_u32 {
        let [_, _, _, host] = (1 + n % 200).to_be_bytes();
        slow.extend(connect(server, Ipv4Addr::new(127, 1, 0, host)).await.ok());
    }
    let start = Instant::now();
    for byte in "GET / HT".bytes() {
        for stream in &mut slow {
            let _ = stream.write_all(&[byte]).await;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let mut open = 0;
    for stream in &mut slow {
        let mut byte = [0];
        // Still open: there is nothing to read and no end.
        if timeout(Duration::from_millis(5), stream.read(&mut byte)).await.is_err() {
            open += 1;
        }
    }
    let figure =
        format!("{open} of {} slow requests are held after {:.0} s", slow.len(), start.elapsed().as_secs_f64());
    Outcome { succeeded: open > 0, figure }
}

/// A page of somebody else's opens a WebSocket and logs somebody out.
async fn foreign_origin(server: &Deployment) -> Outcome {
    let port = server.port();
    let origins =
        ["http://evil.example", "null", &format!("http://localhost:{port}.evil.example"), "http://localhost:1"];
    let mut through = Vec::new();
    for origin in origins {
        let upgrade = format!(
            "GET /api/v1/ws HTTP/1.1\r\nHost: localhost:{port}\r\nOrigin: {origin}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        let logout = format!(
            "POST /api/v1/logout HTTP/1.1\r\nHost: localhost:{port}\r\nOrigin: {origin}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        );
        for (what, text, good) in [("a socket", upgrade, 101), ("a logout", logout, 204)] {
            if request(server, ATTACKER, &text).await == Some(good) {
                through.push(format!("{what} from {origin}"));
            }
        }
    }
    Outcome { succeeded: !through.is_empty(), figure: format!("{} of 8 foreign requests taken", through.len()) }
}

/// A name of somebody else's that points here.
async fn dns_rebinding(server: &Deployment) -> Outcome {
    let mut taken = 0;
    for name in ["evil.example", "127.0.0.1.nip.example", "localhost.evil.example"] {
        taken += u32::from(request(server, ATTACKER, &site(server, name, "")).await == Some(200));
    }
    Outcome { succeeded: taken > 0, figure: format!("{taken} of 3 foreign names answered") }
}

/// Guesses an account's password, with another address in the header each time.
async fn forged_forwarding_header(server: &Deployment) -> Outcome {
    let port = server.port();
    let mut tried = 0;
    for n in 0..30 {
        let body = r#"{"name":"Ada","password":"wrong"}"#;
        let text = format!(
            "POST /api/v1/login HTTP/1.1\r\nHost: localhost:{port}\r\nOrigin: http://localhost:{port}\r\nConnection: close\r\n\
             X-Forwarded-For: 192.0.2.{n}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        tried += u32::from(request(server, ATTACKER, &text).await == Some(401));
    }
    Outcome { succeeded: tried > 10, figure: format!("{tried} passwords tried in one go") }
}
