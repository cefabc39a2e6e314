//! Too much of what is allowed: large offers, large messages, many messages.

use std::net::Ipv4Addr;
use std::time::Duration;

use e2e::media_socket::MediaSocket;
use e2e::{Caller, Deployment};
use shared::limits::MAX_SDP_BYTES;
use shared::meeting::Role;
use shared::signal::{ClientMsg, MediaState, ServerMsg};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::stranger::{Page, connect_to};
use crate::{Attack, Outcome, PLAIN};

pub(crate) const ATTACKS: &[Attack] = &[
    Attack::new("sdp_bombs", "offer_size", PLAIN, |d| Box::pin(sdp_bombs(d))),
    Attack::new("websocket_flood", "message_rate", PLAIN, |d| Box::pin(websocket_flood(d))),
    Attack::new("websocket_oversize", "message_size", PLAIN, |d| Box::pin(websocket_oversize(d))),
];

/// An offer of a page with as many m-lines more as a message can carry, all good ones. It goes as JSON, where each end of a line
/// takes two bytes more: of the largest offer's bytes it has three quarters.
fn bomb() -> String {
    let mut offer = MediaSocket::on_loopback(1).unwrap().client.offer().to_owned();
    let of_session: Vec<&str> = ["a=ice-ufrag:", "a=ice-pwd:", "a=fingerprint:", "a=setup:"]
        .map(|start| offer.lines().find(|line| line.starts_with(start)).unwrap())
        .to_vec();
    let own = format!(
        "audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=recvonly\r\na=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\n{}\r\n",
        of_session.join("\r\n")
    );
    let mut mids = String::new();
    for n in 0.. {
        // Each different from the others: what is alike is taken together before it is parsed.
        let section = format!("m={own}a=mid:x{n}\r\na=x:{n}\r\n");
        if offer.len() + mids.len() + section.len() > MAX_SDP_BYTES / 4 * 3 {
            break;
        }
        mids.push_str(&format!(" x{n}"));
        offer.push_str(&section);
    }
    // In the order of the m-lines (RFC 9143 section 7.2).
    let bundle = offer.lines().find(|line| line.starts_with("a=group:BUNDLE")).unwrap();
    offer.replacen(bundle, &format!("{bundle}{mids}"), 1)
}

/// Somebody invited offers what takes long to read, as often as an offer may be made.
async fn sdp_bombs(server: &Deployment) -> Outcome {
    let meeting = server.console().await.meeting("Board", &[("Piet", Role::Participant)]).await;
    let mut piet = Caller::connect(server.url(), None).await;
    piet.knock(meeting.link("Piet")).await;
    let (bomb, before) = (bomb(), server.processor_time());
    let lines = bomb.matches("m=").count();
    let mut refused = 0;
    for _ in 0..5 {
        piet.say(&ClientMsg::Enter { offer: bomb.clone(), media: MediaState::default() });
        let answer = |message: &ServerMsg| match message {
            ServerMsg::ProtocolError { .. } => Some(true),
            ServerMsg::Entered { .. } => Some(false),
            _ => None,
        };
        refused += u32::from(piet.hear("an answer to an offer", answer).await);
    }
    let each = (server.processor_time() - before).as_secs_f64() * 1_000.0 / 5.0;
    let figure = format!("{refused} of 5 offers of {lines} m-lines refused, {each:.1} ms of processor for each");
    Outcome { succeeded: refused < 5 || each > 25.0, figure }
}

/// One page says nonsense as fast as it can.
async fn websocket_flood(server: &Deployment) -> Outcome {
    let page = Page::open(server.port(), Ipv4Addr::new(127, 4, 0, 1)).await.expect("a page");
    let before = server.processor_time();
    let answered = page.shout(Duration::from_secs(4)).await;
    let spent = (server.processor_time() - before).as_millis();
    let figure = format!("{answered} messages answered before the page is put out, {spent} ms of processor");
    Outcome { succeeded: answered > 200, figure }
}

/// Ten pages send a message that does not end: half of them in one frame, the others in pieces.
async fn websocket_oversize(server: &Deployment) -> Outcome {
    const EACH: usize = 12 << 20;
    let before = server.resident_bytes();
    let mut pages = JoinSet::new();
    for n in 0..10_u8 {
        let port = server.port();
        pages.spawn(async move {
            let stream = upgraded(port, Ipv4Addr::new(127, 4, 1, 1 + n)).await?;
            timeout(Duration::from_secs(15), send_without_end(stream, EACH, n % 2 == 0)).await.ok()
        });
    }
    let mut taken = 0;
    let mut held = Vec::new();
    while let Some(page) = pages.join_next().await {
        if let Ok(Some((bytes, stream))) = page {
            taken += bytes;
            held.push(stream);
        }
    }
    let grown = server.resident_bytes().saturating_sub(before) >> 20;
    let figure = format!("the server takes {} KiB and grows by {grown} MiB", taken >> 10);
    Outcome { succeeded: grown > 64, figure }
}

/// A WebSocket by hand.
async fn upgraded(port: u16, from: Ipv4Addr) -> Option<TcpStream> {
    let mut stream = connect_to(port, from).await.ok()?;
    let upgrade = format!(
        "GET /api/v1/ws HTTP/1.1\r\nHost: localhost:{port}\r\nOrigin: http://localhost:{port}\r\nConnection: Upgrade\r\n\
         Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    stream.write_all(upgrade.as_bytes()).await.ok()?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    head.starts_with(b"HTTP/1.1 101").then_some(stream)
}

/// So much of a text message (RFC 6455 section 5.2), as far as it is taken; the connection goes on.
async fn send_without_end(mut stream: TcpStream, most: usize, in_one_frame: bool) -> (usize, TcpStream) {
    const PIECE: usize = 32 << 10;
    let piece = vec![b'x'; PIECE];
    let mut sent = 0;
    if in_one_frame {
        let mut head = vec![0x81, 0xff];
        head.extend(((most + 1) as u64).to_be_bytes());
        head.extend([0; 4]);
        if stream.write_all(&head).await.is_err() {
            return (0, stream);
        }
    }
    while sent < most {
        let mut frame = Vec::new();
        if !in_one_frame {
            frame.extend([u8::from(sent == 0), 0xfe]);
            frame.extend((PIECE as u16).to_be_bytes());
            frame.extend([0; 4]);
        }
        frame.extend(&piece);
        if stream.write_all(&frame).await.is_err() {
            break;
        }
        sent += PIECE;
    }
    (sent, stream)
}
