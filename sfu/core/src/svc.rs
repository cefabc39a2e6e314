//! One stream with several spatial layers (SVC), taken apart into what a camera with simulcast sends: a stream for each layer, with
//! numbers of its own. What chooses layers, numbers packets and waits for keyframes need not know the difference.
//!
//! Of a picture that is predicted from itself alone, a keyframe, a larger layer needs the smaller ones; of others each layer needs
//! itself alone, if it was encoded so (`L3T3_KEY`), which is what pages ask their browsers for. An encoder that lets every picture's
//! layers depend on each other is forwarded as well, with more bits.

use std::collections::VecDeque;

use crate::layers::MOST_LAYERS;

/// Packets that may be missing in a row, and be waited for, before what follows is numbered as something new.
const MOST_MISSING: u64 = 512;
/// Numbers skipped then: more than a slot bridges.
const FAR: u64 = 1 << 16;

/// What a packet says of its place among the layers of its picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spatial {
    /// Which it is of, the smallest is 0.
    pub(crate) layer: u8,
    /// Whether it is the last packet of that layer of the picture.
    pub(crate) ends: bool,
    /// Whether larger layers of the picture may need it.
    pub(crate) is_needed_above: bool,
}

impl Spatial {
    /// Whether it belongs to the stream of that layer.
    fn belongs_to(&self, layer: u8) -> bool {
        self.layer == layer || (self.layer < layer && self.is_needed_above)
    }
}

/// A packet's place in one layer's stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    /// Which layer's.
    pub(crate) layer: u8,
    /// Its number there.
    pub(crate) seq: u64,
    /// It came late, was left room for, and belongs to other layers alone: something without content stands for it, or receivers
    /// would ask for it for ever.
    pub(crate) is_empty: bool,
}

/// Numbers the packets of each layer's stream.
#[derive(Debug)]
pub(crate) struct Splitter {
    newest: u64,
    next: [u64; MOST_LAYERS],
    /// Packets that have not come, the oldest first, and the numbers left for each.
    missing: VecDeque<(u64, [u64; MOST_LAYERS])>,
}

impl Splitter {
    /// The stream begins with this packet.
    pub(crate) fn new(first: u64) -> Self {
        Self { newest: first.saturating_sub(1), next: [first; MOST_LAYERS], missing: VecDeque::new() }
    }

    /// The streams that a packet is part of.
    pub(crate) fn split(&mut self, seq: u64, spatial: Spatial) -> impl Iterator<Item = Part> {
        let is_new = seq > self.newest;
        let numbers = if is_new { Some(self.reach(seq)) } else { self.take_missing(seq) };
        let mut parts = [None; MOST_LAYERS];
        for ((layer, part), number) in (0..).zip(&mut parts).zip(numbers.into_iter().flatten()) {
            let belongs = spatial.belongs_to(layer);
            if let Some(next) = self.next.get_mut(usize::from(layer)).filter(|_| is_new && belongs) {
                *next += 1;
            }
            *part = (belongs || !is_new).then_some(Part { layer, seq: number, is_empty: !belongs });
        }
        parts.into_iter().flatten()
    }

    /// Leaves room for what is missing in front of a packet, in every layer's stream: nobody knows what it was of. The numbers that
    /// the packet may have.
    fn reach(&mut self, seq: u64) -> [u64; MOST_LAYERS] {
        if seq - self.newest > MOST_MISSING {
            self.missing.clear();
            self.next = self.next.map(|next| next + FAR);
        } else {
            for missing in self.newest + 1..seq {
                self.missing.push_back((missing, self.next));
                self.next = self.next.map(|next| next + 1);
            }
        }
        while self.missing.front().is_some_and(|(missing, _)| missing + MOST_MISSING < seq) {
            self.missing.pop_front();
        }
        self.newest = seq;
        self.next
    }

    fn take_missing(&mut self, seq: u64) -> Option<[u64; MOST_LAYERS]> {
        let index = self.missing.binary_search_by_key(&seq, |(missing, _)| *missing).ok()?;
        self.missing.remove(index).map(|(_, numbers)| numbers)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn spatial(layer: u8, is_needed_above: bool) -> Spatial {
        Spatial { layer, ends: true, is_needed_above }
    }

    /// Each layer's stream, as number and which packet has it; `None` for one without content.
    fn streams(packets: &[(u64, Spatial)]) -> [Vec<(u64, Option<u64>)>; MOST_LAYERS] {
        let mut splitter = Splitter::new(100);
        let mut streams: [Vec<_>; MOST_LAYERS] = Default::default();
        for (seq, spatial) in packets {
            for part in splitter.split(*seq, *spatial) {
                streams[usize::from(part.layer)].push((part.seq, (!part.is_empty).then_some(*seq)));
            }
        }
        streams
    }

    #[test]
    fn a_keyframe_goes_to_all_that_need_it_and_the_rest_each_its_own_way() {
        let key = (0_u8..3).map(|layer| (100 + u64::from(layer), spatial(layer, true)));
        let rest = (0_u8..3).map(|layer| (103 + u64::from(layer), spatial(layer, false)));
        let [small, middle, large] = streams(&key.chain(rest).collect::<Vec<_>>());
        assert_eq!(small, [(100, Some(100)), (101, Some(103))]);
        assert_eq!(middle, [(100, Some(100)), (101, Some(101)), (102, Some(104))]);
        assert_eq!(large, [(100, Some(100)), (101, Some(101)), (102, Some(102)), (103, Some(105))]);
    }

    #[test]
    fn what_comes_late_has_its_number_kept_and_what_is_far_ahead_is_new() {
        let packets = [(100, 0), (102, 2), (101, 1), (101, 1), (103, 0), (5_000, 0), (104, 0)];
        let [small, middle, large] = streams(&packets.map(|(seq, layer)| (seq, spatial(layer, false))));
        assert_eq!(small, [(100, Some(100)), (101, None), (102, Some(103)), (103 + FAR, Some(5_000))]);
        assert_eq!(middle, [(100, Some(101))], "the place of the one that came late was its own");
        assert_eq!(large, [(101, Some(102)), (100, None)]);
    }

    proptest! {
        /// Losses that are made up for leave no gap, and no number is given twice: a number is a nonce.
        #[test]
        fn in_whatever_order_packets_come_each_layer_s_stream_is_whole_and_in_order(
            layers in proptest::collection::vec((0_u8..3, any::<bool>()), 1..300),
            swaps in proptest::collection::vec((0_usize..300, 0_usize..300), 0..100),
        ) {
            let mut packets: Vec<(u64, Spatial)> =
                (100..).zip(layers).map(|(seq, (layer, needed))| (seq, spatial(layer, needed))).collect();
            let first = packets[0];
            for (one, other) in swaps {
                let late = &mut packets[1..];
                if one < late.len() && other < late.len() {
                    late.swap(one, other);
                }
            }
            prop_assert_eq!(packets[0], first);
            for (layer, mut stream) in (0..).zip(streams(&packets)) {
                stream.sort_unstable();
                let whole = stream.iter().zip(100..).all(|((number, _), expected)| *number == expected);
                prop_assert!(whole, "{:?}", stream);
                let seqs: Vec<u64> = stream.iter().filter_map(|(_, seq)| *seq).collect();
                prop_assert!(seqs.is_sorted());
                let expected = packets.iter().filter(|(_, spatial)| spatial.belongs_to(layer)).count();
                prop_assert_eq!(seqs.len(), expected, "none is forgotten");
            }
        }
    }
}
