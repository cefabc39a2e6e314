//! The media port: what is sent there in somebody else's name, or a second time from elsewhere.

use std::collections::VecDeque;
use std::net::UdpSocket;
use std::time::{Duration, Instant};

use e2e::Deployment;
use e2e::media_socket::MediaSocket;
use shared::meeting::Role;
use shared::signal::ClientMsg;

use crate::talk::{Inside, Talk};
use crate::{Attack, Outcome, PLAIN};

pub(crate) const ATTACKS: &[Attack] = &[
    Attack::new("dtls_alerts_in_anothers_name", "early_dtls", PLAIN, |d| Box::pin(alerts(d))),
    Attack::new("copied_connectivity_checks", "copied_checks", PLAIN, |d| Box::pin(copied_checks(d))),
    Attack::new("copied_reports", "copied_reports", PLAIN, |d| Box::pin(copied_reports(d))),
];

/// A fatal alert in the clear (RFC 6347 section 4.1, RFC 5246 section 7.2): "handshake_failure".
fn alert(sequence: u8) -> [u8; 15] {
    [0x15, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, sequence, 0, 2, 2, 0x28]
}

/// A goodbye in the clear (RFC 3550 section 6.6), as if from the SSRC of that packet.
fn goodbye(of: &[u8]) -> Vec<u8> {
    let mut bye = vec![0x81, 203, 0, 1];
    bye.extend(of.get(8..12).unwrap_or(&[0; 4]));
    bye
}

/// Twelve people connect, and with each of their datagrams comes an alert that seems to be theirs; then one of them talks, while
/// goodbyes, alerts and rubbish come that seem to be theirs.
async fn alerts(server: &Deployment) -> Outcome {
    const PEOPLE: usize = 12;
    let console = server.console().await;
    let names: Vec<String> = (0..PEOPLE).map(|n| format!("Piet {n}")).collect();
    let people: Vec<(&str, Role)> = names.iter().map(|name| (name.as_str(), Role::Moderator)).collect();
    let meeting = console.meeting("Board", &people).await;
    let (mut connected, mut took) = (0, Vec::new());
    for (link, number) in meeting.links.iter().zip(10..) {
        let (caller, mut media) = Inside::enter(server, console.cookie(), link, number).await;
        let start = Instant::now();
        let is_up = tokio::task::block_in_place(|| {
            let mut sequence = 0;
            while !media.client.connected && start.elapsed() < Duration::from_secs(2) {
                media.forge(&alert(sequence));
                sequence = sequence.wrapping_add(1);
                media.run_for(Duration::from_millis(2));
            }
            media.client.connected
        });
        if is_up {
            connected += 1;
            took.push(start.elapsed());
        }
        caller.say(&ClientMsg::Leave);
    }
    let slowest =
        took.into_iter().max().map(|slowest: Duration| format!(", the slowest within {} ms", slowest.as_millis()));
    let mut figure = format!("{connected} of {PEOPLE} people connect{}", slowest.unwrap_or_default());
    let mut talk = Box::pin(Talk::begin(server)).await;
    talk.until_quiet();
    talk.speaker.media.overheard = Some(Vec::new());
    let mut rubbish = 0_u32;
    let heard = talk.go_on_with(Duration::from_secs(4), |speaker, _| {
        let last = speaker.overheard.as_mut().and_then(|sent| sent.drain(..).next_back()).unwrap_or_default();
        speaker.forge(&goodbye(&last));
        speaker.forge(&alert(rubbish as u8));
        // Media with the right SSRC and sealed by nobody.
        let mut forged = last;
        forged.iter_mut().skip(12).for_each(|byte| *byte ^= 0x5a);
        speaker.forge(&forged);
        rubbish += 3;
    });
    figure = format!("{figure}; with {rubbish} forged datagrams during the call {heard}");
    Outcome { succeeded: connected < PEOPLE || !heard.is_good(), figure }
}

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
