//! A [`MediaClient`] on a real UDP socket, moved on by whoever holds it: no thread, no runtime.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use crate::media_client::MediaClient;

/// The longest wait for a datagram in one go; keeps the caller's own condition checked.
const LONGEST_WAIT: Duration = Duration::from_millis(10);

/// The client and its socket.
#[derive(Debug)]
pub struct MediaSocket {
    /// The client.
    pub client: MediaClient,
    /// When each of `client.received` arrived.
    pub arrivals: Vec<Instant>,
    /// What it sent, for whoever listens on its way; `None`: nobody does.
    pub overheard: Option<Vec<Vec<u8>>>,
    server: Option<SocketAddr>,
    socket: UdpSocket,
    address: SocketAddr,
    wake_at: Instant,
}

impl MediaSocket {
    /// A client on a loopback port of its own, with its offer made.
    ///
    /// # Errors
    /// When no socket can be bound or no offer be made.
    pub fn on_loopback(number: u16) -> io::Result<Self> {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        let client = MediaClient::without_estimate(number, socket.local_addr()?, Instant::now());
        Self::around(socket, client)
    }

    /// A client on a socket that somebody bound, with its offer made. It reports on what arrives, so that the server
    /// learns what the way to it carries.
    ///
    /// # Errors
    /// When no offer can be made.
    pub fn on(socket: UdpSocket, number: u16) -> io::Result<Self> {
        let client = MediaClient::new(number, socket.local_addr()?, Instant::now());
        Self::around(socket, client)
    }

    fn around(socket: UdpSocket, client: Option<MediaClient>) -> io::Result<Self> {
        let client = client.ok_or_else(|| io::Error::other("no offer"))?;
        let address = socket.local_addr()?;
        let (arrivals, wake_at) = (Vec::new(), Instant::now());
        Ok(Self { client, arrivals, overheard: None, server: None, socket, address, wake_at })
    }

    /// Takes the server's answer.
    ///
    /// # Errors
    /// When it does not answer the offer.
    pub fn accept(&mut self, answer: &str) -> io::Result<()> {
        self.client.accept(answer).map_err(io::Error::other)?;
        self.flush();
        Ok(())
    }

    /// Lets the client live for so long.
    pub fn run_for(&mut self, duration: Duration) {
        let end = Instant::now() + duration;
        while Instant::now() < end {
            self.step(end);
        }
    }

    /// Lets the client live until `done`, at most for so long. Whether it came to that.
    pub fn run_until(&mut self, most: Duration, mut done: impl FnMut(&mut MediaClient) -> bool) -> bool {
        let end = Instant::now() + most;
        while !done(&mut self.client) {
            if Instant::now() >= end {
                return false;
            }
            self.step(end);
        }
        true
    }

    /// Sends what the client has queued: to be called after `send_*`, `point` and `draw`.
    pub fn flush(&mut self) {
        let now = Instant::now();
        let _ = self.client.handle_timeout(now);
        let mut out = Vec::new();
        self.wake_at = self.client.drain(&mut out).unwrap_or(now + Duration::from_secs(1));
        for datagram in out {
            // What the system does not take is lost, as on the wire.
            let _ = self.socket.send_to(&datagram.payload, datagram.destination);
            self.server = Some(datagram.destination);
            if let Some(overheard) = &mut self.overheard {
                overheard.push(datagram.payload);
            }
        }
    }

    /// Where it sends to, once it has.
    pub fn server(&self) -> Option<SocketAddr> {
        self.server
    }

    /// What somebody sends who writes this client's address and port as the source of their datagrams: to the server it is all
    /// the same.
    pub fn forge(&self, datagram: &[u8]) {
        if let Some(server) = self.server {
            let _ = self.socket.send_to(datagram, server);
        }
    }

    /// Takes what has arrived, without waiting: for whoever keeps several of these going.
    pub fn poll(&mut self) {
        let _ = self.socket.set_nonblocking(true);
        let mut buffer = [0; 2048];
        while self.receive(&mut buffer) {}
        let _ = self.socket.set_nonblocking(false);
        if self.wake_at <= Instant::now() {
            self.flush();
        }
    }

    /// Takes one datagram, if there is one.
    fn receive(&mut self, buffer: &mut [u8]) -> bool {
        let Ok((size, source)) = self.socket.recv_from(buffer) else { return false };
        let now = Instant::now();
        let _ = self.client.handle_datagram(now, source, self.address, &buffer[..size]);
        self.flush();
        self.arrivals.resize(self.client.received.len(), now);
        true
    }

    /// Waits for a datagram or the client's deadline, whichever is first.
    fn step(&mut self, end: Instant) {
        let now = Instant::now();
        let wait = self.wake_at.min(end).saturating_duration_since(now);
        let wait = wait.clamp(Duration::from_micros(500), LONGEST_WAIT);
        let _ = self.socket.set_read_timeout(Some(wait));
        self.receive(&mut [0; 2048]);
        self.poll();
    }
}
