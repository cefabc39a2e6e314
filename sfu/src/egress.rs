//! Datagrams on their way out, gathered into as few system calls as the kernel allows: consecutive ones from one
//! address to another, all of one size but for a shorter last, leave together as segments of one send (UDP GSO).
//!
//! One `sendmsg` costs about as much as everything else that is done for a packet, and ten segments cost hardly more
//! than one: this is the lever that counts in an SFU's I/O (PERFORMANCE sections 1 and 2).

use std::net::SocketAddr;

/// The kernel takes at most this many bytes in one send, headers included.
const MAX_BYTES: usize = 60_000;

/// Segments that go out in one send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Burst<'a> {
    /// The address it leaves from.
    pub(crate) source: SocketAddr,
    /// Where it goes.
    pub(crate) destination: SocketAddr,
    /// The segments, one behind the other.
    pub(crate) bytes: &'a [u8],
    /// Size of all but the last.
    pub(crate) segment: usize,
    /// How many there are.
    pub(crate) count: usize,
}

/// Gathers datagrams. What it holds is sent by whoever holds it, with [`Egress::burst`] and [`Egress::clear`].
#[derive(Debug)]
pub(crate) struct Egress {
    max_segments: usize,
    ends: Option<(SocketAddr, SocketAddr)>,
    bytes: Vec<u8>,
    segment: usize,
    count: usize,
    /// A segment shorter than the others ends the burst.
    ended: bool,
}

impl Egress {
    /// Gathers at most so many segments; 1 where the system knows no GSO.
    pub(crate) fn new(max_segments: usize) -> Self {
        let max_segments = max_segments.max(1);
        Self { max_segments, ends: None, bytes: Vec::new(), segment: 0, count: 0, ended: false }
    }

    /// Sets the most segments anew: the system refused what was gathered.
    pub(crate) fn limit(&mut self, max_segments: usize) {
        self.max_segments = max_segments.max(1);
    }

    /// Adds a datagram. `false` when it does not belong to what is gathered: send that, clear, and add it again.
    pub(crate) fn add(&mut self, source: SocketAddr, destination: SocketAddr, datagram: &[u8]) -> bool {
        if self.ends.is_none() {
            self.ends = Some((source, destination));
            self.segment = datagram.len();
        } else if self.ends != Some((source, destination))
            || self.ended
            || self.count >= self.max_segments
            || datagram.len() > self.segment
            || self.bytes.len() + datagram.len() > MAX_BYTES
        {
            return false;
        }
        self.bytes.extend_from_slice(datagram);
        self.count += 1;
        self.ended = datagram.len() < self.segment;
        true
    }

    /// What is gathered; `None` when there is nothing.
    pub(crate) fn burst(&self) -> Option<Burst<'_>> {
        let (source, destination) = self.ends?;
        Some(Burst { source, destination, bytes: &self.bytes, segment: self.segment, count: self.count })
    }

    /// Forgets what was gathered.
    pub(crate) fn clear(&mut self) {
        self.ends = None;
        self.bytes.clear();
        self.count = 0;
        self.ended = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    /// The sizes of what goes out together, for datagrams of these destinations and sizes.
    fn bursts(max_segments: usize, datagrams: &[(u16, usize)]) -> Vec<(u16, Vec<usize>)> {
        let mut egress = Egress::new(max_segments);
        let mut out = Vec::new();
        let mut take = |egress: &mut Egress| {
            if let Some(burst) = egress.burst() {
                let sizes: Vec<_> = burst.bytes.chunks(burst.segment.max(1)).map(<[u8]>::len).collect();
                assert_eq!(sizes.len(), burst.count);
                out.push((burst.destination.port(), sizes));
            }
            egress.clear();
        };
        for (port, size) in datagrams {
            if !egress.add(at(1), at(*port), &vec![0; *size]) {
                take(&mut egress);
                assert!(egress.add(at(1), at(*port), &vec![0; *size]));
            }
        }
        take(&mut egress);
        out
    }

    #[test]
    fn a_frame_s_packets_leave_together_and_a_shorter_one_is_the_last() {
        assert_eq!(
            bursts(64, &[(5, 1100), (5, 1100), (5, 300), (5, 1100)]),
            [(5, vec![1100, 1100, 300]), (5, vec![1100])]
        );
        assert_eq!(bursts(64, &[(5, 300), (5, 1100)]), [(5, vec![300]), (5, vec![1100])], "none may be longer");
        assert_eq!(bursts(64, &[(5, 100), (6, 100), (5, 100)]), [(5, vec![100]), (6, vec![100]), (5, vec![100])]);
    }

    #[test]
    fn no_burst_is_larger_than_the_system_takes() {
        assert_eq!(bursts(2, &[(5, 10); 5]), [(5, vec![10; 2]), (5, vec![10; 2]), (5, vec![10])]);
        assert_eq!(bursts(1, &[(5, 10); 2]), [(5, vec![10]), (5, vec![10])], "without GSO each goes alone");
        let large = bursts(64, &[(5, 1200); 60]);
        assert!(large.iter().all(|(_, sizes)| sizes.iter().sum::<usize>() <= MAX_BYTES), "{large:?}");
        assert_eq!(large.iter().map(|(_, sizes)| sizes.len()).sum::<usize>(), 60, "none is lost");
    }
}
