//! One bound address: datagrams in by the batch (`recvmmsg`, UDP GRO), out by the burst (UDP GSO), where the system has it.

use std::io::{self, IoSliceMut};
use std::net::SocketAddr;
use std::task::{Context, Poll};

use quinn_udp::{BATCH_SIZE, RecvMeta, Transmit, UdpSocketState};
use tokio::io::Interest;
use tokio::net::UdpSocket;

use crate::sockets::Bound;

/// The kernel hands out at most this much in one buffer, many datagrams of one sender among it.
const BUFFER_BYTES: usize = 65_536;

/// Where batches arrive; one serves all ports. Only what was written to is resident.
pub(crate) struct Inbox {
    storage: Vec<u8>,
    meta: [RecvMeta; BATCH_SIZE],
}

impl Inbox {
    /// An empty one.
    pub(crate) fn new() -> Self {
        Self { storage: vec![0; BUFFER_BYTES * BATCH_SIZE], meta: [RecvMeta::default(); BATCH_SIZE] }
    }
}

/// What became of datagrams.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sent {
    /// How many the system took.
    pub(crate) taken: usize,
    /// How many it did not.
    pub(crate) refused: usize,
    /// In how many calls.
    pub(crate) calls: usize,
}

/// A socket and the address it is known by.
#[derive(Debug)]
pub(crate) struct Port {
    /// Its own address.
    pub(crate) address: SocketAddr,
    socket: UdpSocket,
    state: UdpSocketState,
}

impl Port {
    /// Registers a bound socket with the runtime.
    ///
    /// # Errors
    /// The system's.
    pub(crate) fn new(bound: Bound) -> io::Result<Self> {
        let socket = UdpSocket::from_std(bound.socket)?;
        let state = UdpSocketState::new((&socket).into())?;
        Ok(Self { address: bound.address, socket, state })
    }

    /// How many datagrams may leave in one send now.
    pub(crate) fn max_segments(&self) -> usize {
        self.state.max_gso_segments()
    }

    /// Whether a datagram waits.
    pub(crate) fn poll_readable(&self, context: &mut Context<'_>) -> Poll<()> {
        self.socket.poll_recv_ready(context).map(drop)
    }

    /// Takes a batch. How many buffers were filled: fewer than [`BATCH_SIZE`] means that nothing more waits.
    ///
    /// # Errors
    /// `WouldBlock` when nothing waits. An ICMP answer to an earlier datagram also ends up here; the next call goes on.
    pub(crate) fn receive(&self, inbox: &mut Inbox, mut take: impl FnMut(SocketAddr, &[u8])) -> io::Result<usize> {
        let Inbox { storage, meta } = inbox;
        let filled = self.socket.try_io(Interest::READABLE, || {
            let mut chunks = storage.chunks_mut(BUFFER_BYTES);
            let mut buffers: [IoSliceMut<'_>; BATCH_SIZE] =
                std::array::from_fn(|_| IoSliceMut::new(chunks.next().unwrap_or_default()));
            self.state.recv((&self.socket).into(), &mut buffers, meta)
        })?;
        for (meta, buffer) in meta.iter().zip(storage.chunks(BUFFER_BYTES)).take(filled) {
            match buffer.get(..meta.len) {
                Some(received) if !received.is_empty() => {
                    received.chunks(meta.stride.max(1)).for_each(|datagram| take(meta.addr, datagram));
                }
                // An empty datagram is one too.
                _ => take(meta.addr, &[]),
            }
        }
        Ok(filled)
    }

    /// Sends datagrams, one behind the other and each but the last of `segment` bytes, in as few calls as the system allows:
    /// ten segments cost hardly more than one (PERFORMANCE sections 1 and 2).
    ///
    /// A datagram that the system does not take is lost, as it would be on the wire; RTP and SCTP repeat theirs.
    pub(crate) fn send(&self, destination: SocketAddr, payload: &[u8], segment: usize) -> Sent {
        let segment = segment.max(1);
        let mut sent = Sent::default();
        for burst in payload.chunks(segment.saturating_mul(self.max_segments().max(1))) {
            let count = burst.len().div_ceil(segment);
            sent.calls += 1;
            match self.try_send(destination, burst, (count > 1).then_some(segment)) {
                Ok(()) => sent.taken += count,
                // A driver that cannot segment says so only now; after that `max_segments` is 1.
                Err(error) if count > 1 && error.kind() != io::ErrorKind::WouldBlock => {
                    let alone = |datagram: &&[u8]| self.try_send(destination, datagram, None).is_ok();
                    let taken = burst.chunks(segment).filter(alone).count();
                    sent.taken += taken;
                    sent.refused += count - taken;
                }
                Err(_) => sent.refused += count,
            }
        }
        sent
    }

    fn try_send(&self, destination: SocketAddr, contents: &[u8], segment_size: Option<usize>) -> io::Result<()> {
        let transmit = Transmit { destination, ecn: None, contents, segment_size, src_ip: None };
        self.socket.try_io(Interest::WRITABLE, || self.state.try_send((&self.socket).into(), &transmit))
    }
}
