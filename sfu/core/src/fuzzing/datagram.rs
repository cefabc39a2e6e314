//! What comes in at a node's sockets, while three sessions are there that nobody has connected yet.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use aws_lc_rs::hmac;
use shared::control::{Command, Purpose};
use shared::ids::SessionId;

use super::{answered, first_moment, node};
use crate::demux::Path;
use crate::{Node, Output, Transport};

/// Where the node is.
pub(super) const OURS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(198, 51, 100, 1)), 8080);
/// What three sessions offer: a device that sends, and two more like it.
const OFFER: &str = include_str!("../../../../e2e/fuzz/publisher.sdp");
const SESSIONS: u64 = 3;

/// A session as a page knows it.
struct Session {
    ufrag: String,
    password: String,
}

/// A sequence of datagrams, each of them one byte that says from where, one for its kind, one for its length, and its bytes.
/// Whatever comes: nobody's panic is caught, no address counts as a session's that has not shown its password, nothing is sent
/// to such an address, and everybody's leaving leaves nothing behind.
pub fn datagrams(mut data: &[u8]) {
    let mut now = first_moment();
    let mut node = node(now);
    let sessions: Vec<Session> = (1..=SESSIONS).filter_map(|number| joined(&mut node, number, now)).collect();
    assert_eq!(sessions.len() as u64, SESSIONS);
    let mut proven = HashSet::new();
    while let Some(([from, kind, length], rest)) = data.split_first_chunk() {
        let (bytes, rest) = rest.split_at(usize::from(*length).min(rest.len()));
        data = rest;
        let transport = if from & 0x80 == 0 { Transport::Udp } else { Transport::Tcp };
        let source = SocketAddr::from(([192, 0, 2, from >> 4 & 7], 4_000));
        let session = &sessions[usize::from(from & 0xf) % sessions.len()];
        let datagram = match kind % 8 {
            0 | 1 => bytes.to_vec(),
            2 => checked(session, bytes, "not the password"),
            3 => {
                proven.insert(Path { transport, source });
                checked(session, bytes, &session.password)
            }
            // From here on what has the first byte of DTLS, RTP and RTCP.
            4 => [&[22, 0xfe, 0xfd], bytes].concat(),
            5 => [&[0x80, 96], bytes].concat(),
            6 => [&[0x81, 201], bytes].concat(),
            _ => {
                now += Duration::from_millis(u64::from(*length) * 20);
                node.handle_timeout(now);
                Vec::new()
            }
        };
        node.handle_datagram(now, transport, source, OURS, &datagram);
        said(&mut node, &proven);
    }
    let stats = node.stats();
    assert_eq!(stats.faults, 0);
    assert!(stats.addresses <= proven.len());
    for address in 0..8 {
        for transport in [Transport::Udp, Transport::Tcp] {
            let path = Path { transport, source: SocketAddr::from(([192, 0, 2, address], 4_000)) };
            assert!(!node.knows(path) || proven.contains(&path));
        }
    }
    (1..=SESSIONS).for_each(|number| node.handle_command(now, Command::Leave { session: SessionId(number) }));
    said(&mut node, &proven);
    let stats = node.stats();
    assert_eq!((stats.sessions, stats.rooms, stats.addresses, stats.timers), (0, 0, 0, 0));
}

fn joined(node: &mut Node, number: u64, now: std::time::Instant) -> Option<Session> {
    let answer = answered(node, now, SessionId(number), Purpose::Publish, OFFER).ok()?;
    let line = |prefix| Some(answer.lines().find_map(|line| line.strip_prefix(prefix))?.trim().to_owned());
    Some(Session { ufrag: line("a=ice-ufrag:")?, password: line("a=ice-pwd:")? })
}

/// Nothing goes where nobody has shown that they are.
fn said(node: &mut Node, proven: &HashSet<Path>) {
    loop {
        match node.poll_output() {
            Output::Timeout(_) => return,
            Output::Transmit { destination, transport, source, payload, segment } => {
                assert!(proven.contains(&Path { transport, source: destination }));
                assert!(source == OURS && segment > 0 && !payload.is_empty());
            }
            Output::Event(_) => {}
        }
    }
}

/// A connectivity check with these attributes in it, sealed with this password (RFC 8489 section 14.5).
fn checked(session: &Session, attributes: &[u8], password: &str) -> Vec<u8> {
    const INTEGRITY_BYTES: usize = 4 + 20;
    let mut message = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
    message.extend([attributes.first().copied().unwrap_or_default(); 12]);
    attribute(&mut message, 0x0006, format!("{}:peer", session.ufrag).as_bytes());
    attribute(&mut message, 0x0024, &[0x6e, 0, 1, 0xff]);
    attribute(&mut message, 0x802a, &[7; 8]);
    message.extend_from_slice(attributes.get(1..).unwrap_or_default());
    message.resize(message.len().next_multiple_of(4), 0);
    let length = u16::try_from(message.len() - 20 + INTEGRITY_BYTES).unwrap_or_default();
    message[2..4].copy_from_slice(&length.to_be_bytes());
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes());
    let tag = hmac::sign(&key, &message);
    attribute(&mut message, 0x0008, tag.as_ref());
    message
}

fn attribute(message: &mut Vec<u8>, kind: u16, value: &[u8]) {
    message.extend(kind.to_be_bytes());
    message.extend(u16::try_from(value.len()).unwrap_or_default().to_be_bytes());
    message.extend_from_slice(value);
    message.resize(message.len().next_multiple_of(4), 0);
}
