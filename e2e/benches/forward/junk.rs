//! A flood while fifty people meet: datagrams that belong to nobody, more and more of them, until somebody notices.

use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use quinn_udp::{Transmit, UdpSocketState};
use shared::limits::MAX_PARTICIPANTS;

use crate::load::Load;
use crate::net::ADDRESS;
use crate::server::{Ask, Counted, Tell};
use crate::{Forwarder, figure};

/// Datagrams a second that are tried, one after the other.
const STEPS: [u32; 6] = [25_000, 50_000, 100_000, 150_000, 200_000, 300_000];
const EACH: Duration = Duration::from_secs(3);
const SETTLE: Duration = Duration::from_millis(300);
/// People keep their service when so much of what is published reaches them; the clients repeat the rest.
const SERVED: f64 = 0.99;
/// Datagrams sent with one call, and how long each is.
const BURST: usize = 50;
const BYTES: usize = 100;
/// How often a burst is due at most.
const TICK: Duration = Duration::from_millis(1);

/// What was found.
pub(crate) struct Junk {
    /// The most datagrams a second that nobody noticed.
    absorbed: f64,
}

/// Floods our SFU.
pub(crate) fn measure() -> Junk {
    let mut server = Forwarder::OursPage.start();
    let Tell::Listens(target) = server.ask(&Ask::Where) else { panic!("not ours") };
    let mut load = Load::new(&mut server, Forwarder::OursPage, MAX_PARTICIPANTS - 1);
    load.publish(true);
    load.run_for(Duration::from_secs(2));
    let mut absorbed = 0.0;
    for rate in STEPS {
        load.publish(false);
        load.run_for(SETTLE);
        load.reset();
        load.publish(true);
        let before = server.count();
        let flood = std::thread::spawn(move || flood(target, rate));
        load.run_for(EACH);
        let sent = flood.join().unwrap_or_default();
        let Counted { received, .. } = server.count().since(before, EACH);
        load.publish(false);
        load.run_for(SETTLE);
        let measured = load.measured();
        let delivered = measured.received as f64 / (measured.sent * (MAX_PARTICIPANTS as u64 - 1)).max(1) as f64;
        let sent = sent as f64 / EACH.as_secs_f64();
        println!("junk {sent:.0}/s, {received}/s taken in, delivered {:.2} %", delivered * 100.0);
        if delivered < SERVED || (received as f64) < sent * SERVED {
            break;
        }
        absorbed = sent;
    }
    Junk { absorbed }
}

/// Sends junk for a while; how much.
fn flood(target: SocketAddr, rate: u32) -> u64 {
    let socket = UdpSocket::bind((ADDRESS, 0)).unwrap();
    let state = UdpSocketState::new((&socket).into()).unwrap();
    let kinds = [check_for_nobody(), vec![0x80; BYTES], vec![0x16; BYTES], vec![0xff; BYTES]];
    let bursts = kinds.map(|datagram| datagram.repeat(BURST));
    let (start, mut sent, mut kind) = (Instant::now(), 0_u64, 0);
    while start.elapsed() < EACH {
        let due = (start.elapsed().as_secs_f64() * f64::from(rate)) as u64;
        while sent < due {
            let contents = &bursts[kind % bursts.len()];
            let transmit =
                Transmit { destination: target, ecn: None, contents, segment_size: Some(BYTES), src_ip: None };
            let _ = state.try_send((&socket).into(), &transmit);
            (sent, kind) = (sent + BURST as u64, kind + 1);
        }
        std::thread::sleep(TICK);
    }
    sent
}

/// A binding request for a session that does not exist (RFC 8489).
fn check_for_nobody() -> Vec<u8> {
    let mut request = vec![0, 1, 0, (BYTES - 20) as u8, 0x21, 0x12, 0xa4, 0x42];
    request.resize(20, 7);
    request.extend([0, 6, 0, 9]);
    request.extend(b"nobody:me\0\0\0");
    request.extend([0x80, 0x22, 0, (BYTES - 40) as u8]);
    request.resize(BYTES, b' ');
    request
}

impl Junk {
    /// The figure.
    pub(crate) fn print(&self) {
        figure("junk_datagrams_per_second_absorbed", self.absorbed);
    }
}
