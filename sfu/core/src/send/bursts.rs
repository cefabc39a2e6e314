//! Datagrams to one peer, written one behind the other into buffers that the system can send as they are: all of one size
//! but for a shorter last (UDP GSO; `sfu` sends each with one call).

/// Datagrams of one burst; Linux took 64 before it took 128.
const MOST_DATAGRAMS: usize = 64;
/// The system takes at most this much at once, headers included.
const MOST_BYTES: usize = 60_000;
/// Longer ones leave alone; no publisher's that means well are. Segments that the network does not take make a kernel of Debian 12
/// say `EINVAL`, after which `quinn-udp` takes the card for one that cannot segment, and nobody's are joined any more.
const LONGEST_JOINED: usize = 1_400;

/// Datagrams that leave together.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Burst {
    /// One behind the other.
    pub(crate) bytes: Vec<u8>,
    /// Size of each but the last, which may be shorter.
    pub(crate) segment: usize,
}

/// What waits to be sent.
#[derive(Debug, Default)]
pub(crate) struct Bursts {
    done: Vec<Burst>,
    bytes: Vec<u8>,
    segment: usize,
    count: usize,
    /// A datagram shorter than the others ends a burst.
    ended: bool,
    /// How large they become: as the largest of late, so that a report among pictures is not what the next one is like.
    usual: usize,
}

impl Bursts {
    /// Writes a datagram with `write`, which appends to the buffer; where in it the datagram begins comes first. Nothing is
    /// kept of one that `write` fails on.
    pub(crate) fn add<E>(&mut self, write: impl FnOnce(&mut Vec<u8>, usize) -> Result<(), E>) -> Result<usize, E> {
        if self.bytes.capacity() == 0 {
            self.bytes.reserve_exact(self.usual);
        }
        let start = self.bytes.len();
        if let Err(error) = write(&mut self.bytes, start) {
            self.bytes.truncate(start);
            return Err(error);
        }
        let size = self.bytes.len().saturating_sub(start);
        let fits = !self.ended
            && size <= self.segment.min(LONGEST_JOINED)
            && self.count < MOST_DATAGRAMS
            && self.bytes.len() <= MOST_BYTES;
        if self.count > 0 && !fits {
            let next = self.bytes.split_off(start);
            self.close();
            self.bytes = next;
        }
        if self.count == 0 {
            self.segment = size;
        }
        self.count += 1;
        self.ended = size < self.segment || size > LONGEST_JOINED;
        Ok(size)
    }

    /// Takes out all that waits.
    pub(crate) fn take(&mut self) -> impl Iterator<Item = Burst> {
        self.close();
        self.done.drain(..)
    }

    /// Whether anything waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0 && self.done.is_empty()
    }

    fn close(&mut self) {
        if self.count > 0 {
            let bytes = std::mem::take(&mut self.bytes);
            self.usual = bytes.len().max(self.usual - self.usual / 8);
            self.done.push(Burst { bytes, segment: self.segment });
            (self.count, self.ended) = (0, false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sizes of what leaves together, for datagrams of these sizes.
    fn bursts(sizes: &[usize]) -> Vec<Vec<usize>> {
        let mut bursts = Bursts::default();
        for (number, size) in (0_u8..).zip(sizes) {
            let added = bursts.add(|out, _| {
                out.resize(out.len() + size, number);
                Ok::<(), ()>(())
            });
            assert_eq!(added, Ok(*size));
        }
        let mut numbers = Vec::new();
        let mut out = Vec::new();
        for Burst { bytes, segment } in bursts.take() {
            bytes.chunks(segment).for_each(|datagram| {
                assert!(datagram.iter().all(|byte| *byte == datagram[0]), "one datagram is one");
                numbers.push(datagram[0]);
            });
            out.push(bytes.chunks(segment).map(<[u8]>::len).collect());
        }
        assert!(numbers.is_sorted() && numbers.len() == sizes.len(), "none is lost, and order stays");
        assert!(bursts.is_empty());
        out
    }

    #[test]
    fn a_frame_s_packets_leave_together_and_a_shorter_one_is_the_last() {
        assert_eq!(bursts(&[1100, 1100, 300, 1100]), [vec![1100, 1100, 300], vec![1100]]);
        assert_eq!(bursts(&[300, 1100]), [vec![300], vec![1100]], "none may be longer");
        assert_eq!(bursts(&[]), Vec::<Vec<usize>>::new());
    }

    #[test]
    fn no_burst_is_larger_than_the_system_takes() {
        assert_eq!(bursts(&[10; 70]).iter().map(Vec::len).collect::<Vec<_>>(), [64, 6]);
        assert_eq!(bursts(&[1200; 60]).iter().map(Vec::len).collect::<Vec<_>>(), [50, 10]);
    }

    #[test]
    fn what_no_network_takes_leaves_alone() {
        assert_eq!(
            bursts(&[1_400, 1_400, 1_401, 1_401, 900, 900]),
            [vec![1_400; 2], vec![1_401], vec![1_401], vec![900; 2]]
        );
    }

    #[test]
    fn what_could_not_be_written_leaves_nothing() {
        let mut bursts = Bursts::default();
        let failed = bursts.add(|out, _| {
            out.extend([1, 2, 3]);
            Err("no")
        });
        assert_eq!((failed, bursts.is_empty(), bursts.take().count()), (Err("no"), true, 0));
    }
}
