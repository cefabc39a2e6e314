//! The media port: what is sent there a second time from elsewhere.

use std::collections::VecDeque;
use std::net::UdpSocket;
use std::time::{Duration, Instant};

use e2e::Deployment;
use e2e::media_socket::MediaSocket;

use crate::talk::Talk;
use crate::{Attack, Outcome, PLAIN};

pub(crate) const ATTACKS: &[Attack] = &[
    Attack::new("copied_connectivity_checks", "copied_checks", PLAIN, |d| Box::pin(copied_checks(d))),
    Attack::new("copied_reports", "copied_reports", PLAIN, |d| Box::pin(copied_reports(d))),
];

/// An attacker's socket, and how much media came to it.
struct Elsewhere {
    socket: UdpSocket,
    received: u32,
}

impl Elsewhere {
    fn new() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_nonblocking(true).unwrap();
        Self { socket, received: 0 }
    }

    fn send(&mut self, listener: &MediaSocket, datagram: &[u8]) {
        if let Some(server) = listener.server() {
            let _ = self.socket.send_to(datagram, server);
        }
    }

    /// Counts RTP (RFC 7983): what was meant for the listener.
    fn look(&mut self) {
        let mut buffer = [0; 2_048];
        while let Ok((size, _)) = self.socket.recv_from(&mut buffer) {
            let is_media = size > 12 && (128..192).contains(&buffer[0]) && !(64..96).contains(&(buffer[1] & 0x7f));
            self.received += u32::from(is_media);
        }
    }
}

/// Records what the listener sends of one kind and sends it again from another address, a moment later and much later.
async fn copied(server: &Deployment, is_wanted: fn(&[u8]) -> bool, age: Duration) -> Outcome {
    let mut talk = Box::pin(Talk::begin(server)).await;
    let mut attacker = Elsewhere::new();
    let (mut recorded, mut copies) = (VecDeque::<(Instant, Vec<u8>)>::new(), 0_u32);
    talk.listener.media.overheard = Some(Vec::new());
    let heard = talk.go_on_with(Duration::from_secs(10), |_, listener| {
        let sent = listener.overheard.as_mut().map(std::mem::take).unwrap_or_default();
        recorded.extend(sent.into_iter().filter(|datagram| is_wanted(datagram)).map(|sent| (Instant::now(), sent)));
        while let Some((at, datagram)) = recorded.pop_front() {
            if at.elapsed() < age {
                recorded.push_front((at, datagram));
                break;
            }
            attacker.send(listener, &datagram);
            copies += 1;
        }
        attacker.look();
    });
    assert!(copies > 0, "nothing was overheard");
    let came = attacker.received;
    let figure = format!("{came} packets of media come to the attacker for {copies} copies; {heard}");
    Outcome { succeeded: came > 0, figure }
}

async fn copied_checks(server: &Deployment) -> Outcome {
    // Binding requests (RFC 8489 section 5).
    Box::pin(copied(server, |datagram| datagram.starts_with(&[0, 1]), Duration::from_millis(500))).await
}

async fn copied_reports(server: &Deployment) -> Outcome {
    // SRTCP (RFC 5761 section 4).
    let is_report = |datagram: &[u8]| matches!(datagram, [first, second, ..] if (128..192).contains(first) && (64..96).contains(&(second & 0x7f)));
    Box::pin(copied(server, is_report, Duration::from_millis(100))).await
}
