//! Media over TCP, for those whose network blocks UDP: connections that browsers open to a passive candidate (ICE-TCP,
//! RFC 6544), each datagram behind its length in two bytes (RFC 4571 section 2).
//!
//! Whoever listens hands accepted connections in with [`TcpPeer`]; the port may be shared with another protocol, because the
//! first frame is a STUN request and [`begins_like_media`] tells it from HTTP and TLS.

use std::collections::HashMap;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

/// Longest frame taken; datagrams of media stay below what fits one Ethernet frame.
const MAX_FRAME_BYTES: usize = 2_000;
/// Frames of one connection that wait to be sent: about a second of video. What does not fit is dropped, as a full
/// router would.
const WAITING_OUT: usize = 256;
/// Frames of all connections that wait to be taken.
const WAITING_IN: usize = 1_024;
/// A connection from which nothing comes for so long is closed: browsers send a check every few seconds.
const SILENCE: Duration = Duration::from_secs(30);

/// Whether a connection that begins with this byte carries media: the length of a STUN request is far below 2,048, so the
/// first byte is small; HTTP begins with a letter and TLS with 22.
pub fn begins_like_media(first: u8) -> bool {
    first < 8
}

/// A connection's place among those that may be open; dropped when the connection ends.
pub trait Place: Send + 'static {
    /// The connection carries somebody's media, as an answer to it shows: a stranger's is never answered.
    fn keep(&self);

    /// Ready when the place was given to somebody else: the connection must end.
    fn poll_given_away(&mut self, cx: &mut Context<'_>) -> Poll<()>;
}

/// A place of which there are as many as one likes.
impl Place for () {
    fn keep(&self) {}

    fn poll_given_away(&mut self, _cx: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }
}

/// An accepted connection.
pub struct TcpPeer {
    /// Not registered with any runtime.
    pub stream: std::net::TcpStream,
    /// What it takes up.
    pub place: Box<dyn Place>,
}

impl std::fmt::Debug for TcpPeer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TcpPeer").finish_non_exhaustive()
    }
}

/// A datagram that came over TCP.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) source: SocketAddr,
    pub(crate) destination: SocketAddr,
    pub(crate) bytes: Vec<u8>,
}

/// All connections.
#[derive(Debug)]
pub(crate) struct Connections {
    open: HashMap<SocketAddr, (u64, mpsc::Sender<Vec<u8>>)>,
    next: u64,
    frames: mpsc::Sender<Frame>,
    ended: mpsc::UnboundedSender<(SocketAddr, u64)>,
}

/// What the connections say.
#[derive(Debug)]
pub(crate) struct Inflow {
    pub(crate) frames: mpsc::Receiver<Frame>,
    pub(crate) ended: mpsc::UnboundedReceiver<(SocketAddr, u64)>,
}

impl Connections {
    /// None yet.
    pub(crate) fn new() -> (Self, Inflow) {
        let (frames, frames_in) = mpsc::channel(WAITING_IN);
        let (ended, ended_in) = mpsc::unbounded_channel();
        let connections = Self { open: HashMap::new(), next: 0, frames, ended };
        (connections, Inflow { frames: frames_in, ended: ended_in })
    }

    /// Takes a connection in. One that ended before it got here is no loss.
    pub(crate) fn add(&mut self, peer: TcpPeer) {
        let TcpPeer { stream, place } = peer;
        let Ok(stream) = stream.set_nonblocking(true).and_then(|()| TcpStream::from_std(stream)) else { return };
        let (Ok(source), Ok(destination)) = (stream.peer_addr(), stream.local_addr()) else { return };
        let _ = stream.set_nodelay(true);
        self.next += 1;
        let (number, (out, waiting)) = (self.next, mpsc::channel(WAITING_OUT));
        self.open.insert(source, (number, out));
        let (frames, ended) = (self.frames.clone(), self.ended.clone());
        tokio::spawn(async move {
            let (read, write) = stream.into_split();
            let (answered, first_answer) = oneshot::channel();
            tokio::select! {
                () = receive(read, source, destination, frames) => {}
                () = send(write, waiting, answered) => {}
                () = hold(place, first_answer) => {}
            }
            let _ = ended.send((source, number));
        });
    }

    /// Sends a datagram. Whether there was a connection with room for it.
    pub(crate) fn send(&self, destination: SocketAddr, datagram: Vec<u8>) -> bool {
        self.open.get(&destination).is_some_and(|(_, out)| out.try_send(datagram).is_ok())
    }

    /// A connection has ended. A newer one from the same address stays.
    pub(crate) fn remove(&mut self, (source, number): (SocketAddr, u64)) {
        if self.open.get(&source).is_some_and(|(known, _)| *known == number) {
            self.open.remove(&source);
        }
    }
}

/// Reads frames until the connection ends, falls silent or breaks the framing.
async fn receive(mut read: OwnedReadHalf, source: SocketAddr, destination: SocketAddr, frames: mpsc::Sender<Frame>) {
    loop {
        let Ok(Ok(size)) = timeout(SILENCE, read.read_u16()).await else { return };
        let size = usize::from(size);
        if size == 0 || size > MAX_FRAME_BYTES {
            return;
        }
        let mut bytes = vec![0; size];
        let Ok(Ok(_)) = timeout(SILENCE, read.read_exact(&mut bytes)).await else { return };
        // Waiting here makes the sender wait: TCP's own way of saying that it is too much.
        if frames.send(Frame { source, destination, bytes }).await.is_err() {
            return;
        }
    }
}

/// Holds a connection's place until it is given to somebody else.
async fn hold(mut place: Box<dyn Place>, first_answer: oneshot::Receiver<()>) {
    tokio::select! {
        () = poll_fn(|cx| place.poll_given_away(cx)) => return,
        answered = first_answer => if answered.is_ok() { place.keep() },
    }
    poll_fn(|cx| place.poll_given_away(cx)).await;
}

/// Writes what waits, as much as there is in one go.
async fn send(mut write: OwnedWriteHalf, mut waiting: mpsc::Receiver<Vec<u8>>, answered: oneshot::Sender<()>) {
    let mut batch = Vec::new();
    let mut buffer = Vec::new();
    let mut answered = Some(answered);
    while waiting.recv_many(&mut batch, WAITING_OUT).await > 0 {
        // Nobody listens any more only when the connection ends.
        let _ = answered.take().map(|answered| answered.send(()));
        for datagram in batch.drain(..) {
            let Ok(size) = u16::try_from(datagram.len()) else { continue };
            buffer.extend_from_slice(&size.to_be_bytes());
            buffer.extend_from_slice(&datagram);
        }
        if write.write_all(&buffer).await.is_err() {
            return;
        }
        buffer.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::begins_like_media;

    #[test]
    fn http_and_tls_do_not_begin_like_media() {
        assert!(begins_like_media(0), "a STUN request of a hundred bytes");
        for other in *b"GPHDOCT" {
            assert!(!begins_like_media(other));
        }
        assert!(!begins_like_media(22), "TLS");
    }
}
