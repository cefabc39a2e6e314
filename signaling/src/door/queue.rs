//! Whose turn it is when more try than the door looks at: round robin by network, then by the networks in it, then by
//! source (IPv6 /32 → /48 → /64, IPv4 /24 → address). Ten thousand addresses of one owner get one owner's share, and
//! whoever is alone in their network waits for about as many turns as there are networks.
//!
//! Pure: no clock, no socket. Bounded: when it is full, the network that has most in it gives one up.

use std::collections::{BTreeSet, HashMap, VecDeque};

use ipnet::IpNet;

use crate::edge::source::Source;
use crate::guards::{self, Guard};

/// Tries that may wait at once, about 300 bytes each: 6 MB.
const MAX_WAITING: usize = 20_000;

/// Tries that wait, at most one of each source.
pub struct Queue<T> {
    networks: Ring<T>,
    /// The networks of the first level by how many wait in them, to find the one that has most.
    by_weight: BTreeSet<(usize, IpNet)>,
    /// How many wait.
    len: usize,
    /// How many may.
    places: usize,
}

/// A place could not be had: nobody has more waiting than this one's own network.
#[derive(Debug, PartialEq, Eq)]
pub struct Full;

/// A level: its members take turns. A member that has had its turn goes to the end.
struct Ring<T> {
    members: HashMap<IpNet, Member<T>>,
    /// Tickets in order. One whose member has another ticket by now, or none, is void.
    turns: VecDeque<(u64, IpNet)>,
    next_ticket: u64,
}

struct Member<T> {
    ticket: u64,
    /// Tries in it.
    weight: usize,
    within: Within<T>,
}

enum Within<T> {
    Try(T),
    Ring(Ring<T>),
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self { networks: Ring::default(), by_weight: BTreeSet::new(), len: 0, places: MAX_WAITING }
    }
}

impl<T> Queue<T> {
    /// How many wait.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.networks.members.is_empty()
    }

    /// Puts a source's try to the end of its network's turns. What had to give way for it, or was there of the same source,
    /// comes back.
    ///
    /// # Errors
    /// Nothing has more waiting than its own network: there is no place.
    pub fn push(&mut self, source: Source, what: T) -> Result<Option<T>, Full> {
        let path = path(source);
        let Some(&network) = path.first() else { return Err(Full) };
        let gone = match self.remove(source) {
            Some(older) => Some(older),
            None if self.len() >= self.places => Some(self.make_room(network)?),
            None => None,
        };
        self.reweigh(network, |ring| {
            ring.push(&path, what);
            None::<()>
        });
        Ok(gone)
    }

    /// Whose turn it is.
    pub fn pop(&mut self) -> Option<T> {
        let network = self.networks.first()?;
        self.reweigh(network, Ring::pop)
    }

    /// Takes a source's try out: it hung up.
    pub fn remove(&mut self, source: Source) -> Option<T> {
        let path = path(source);
        self.reweigh(*path.first()?, |ring| ring.remove(&path))
    }

    /// How many turns will have been taken when this source's comes, at most: others may hang up.
    pub fn ahead(&self, source: Source) -> Option<usize> {
        let path = path(source);
        self.networks.ahead(&path).map(|turns| turns.min(self.len().saturating_sub(1)))
    }

    #[cfg(test)]
    pub(super) fn of_at_most(places: usize) -> Self {
        Self { places, ..Self::default() }
    }

    /// Whether these are all networks of the first level, each with so many waiting.
    #[cfg(test)]
    pub(super) fn by_weight_is(&self, weights: &HashMap<IpNet, usize>) -> bool {
        let known: HashMap<IpNet, usize> = self.by_weight.iter().map(|(weight, network)| (*network, *weight)).collect();
        known == *weights
    }

    fn make_room(&mut self, newcomer: IpNet) -> Result<T, Full> {
        let own = self.networks.members.get(&newcomer).map_or(0, |member| member.weight);
        let &(most, heaviest) = self.by_weight.last().ok_or(Full)?;
        if own + 1 >= most {
            return Err(Full);
        }
        self.reweigh(heaviest, |ring| ring.give_up_last_of(heaviest)).ok_or(Full)
    }

    /// Changes something about a network and keeps its weight in order.
    fn reweigh<R>(&mut self, network: IpNet, change: impl FnOnce(&mut Ring<T>) -> Option<R>) -> Option<R> {
        let weight = |ring: &Ring<T>| ring.members.get(&network).map_or(0, |member| member.weight);
        let before = weight(&self.networks);
        let outcome = change(&mut self.networks);
        let after = weight(&self.networks);
        self.len = self.len + after - before;
        if before != after {
            self.by_weight.remove(&(before, network));
            if after > 0 {
                self.by_weight.insert((after, network));
            }
        }
        outcome
    }
}

/// The networks a source takes its turns in.
fn path(source: Source) -> Vec<IpNet> {
    let mut path: Vec<IpNet> = source.networks().collect();
    if !guards::holds(Guard::FairQueue) {
        path.drain(..path.len().saturating_sub(1));
    }
    path
}

impl<T> Default for Ring<T> {
    fn default() -> Self {
        Self { members: HashMap::new(), turns: VecDeque::new(), next_ticket: 0 }
    }
}

impl<T> Ring<T> {
    fn push(&mut self, path: &[IpNet], what: T) {
        let Some((&key, deeper)) = path.split_first() else { return };
        if !self.members.contains_key(&key) {
            let within = if deeper.is_empty() { return self.join(key, 1, Within::Try(what)) } else { Ring::default() };
            self.join(key, 0, Within::Ring(within));
        }
        if let Some(Member { weight, within: Within::Ring(ring), .. }) = self.members.get_mut(&key) {
            ring.push(deeper, what);
            *weight += 1;
        }
    }

    fn join(&mut self, key: IpNet, weight: usize, within: Within<T>) {
        let ticket = self.ticket(key);
        self.members.insert(key, Member { ticket, weight, within });
    }

    /// A place at the end.
    fn ticket(&mut self, key: IpNet) -> u64 {
        // Void tickets go with the next turns; a crowd that comes and goes must not make them pile up meanwhile.
        if self.turns.len() > 2 * self.members.len() + 16 {
            let members = &self.members;
            self.turns.retain(|(ticket, key)| members.get(key).is_some_and(|member| member.ticket == *ticket));
        }
        self.next_ticket += 1;
        self.turns.push_back((self.next_ticket, key));
        self.next_ticket
    }

    /// Whose turn it is, dropping void tickets before it.
    fn first(&mut self) -> Option<IpNet> {
        while let Some(&(ticket, key)) = self.turns.front() {
            if self.members.get(&key).is_some_and(|member| member.ticket == ticket) {
                return Some(key);
            }
            self.turns.pop_front();
        }
        None
    }

    fn pop(&mut self) -> Option<T> {
        let key = self.first()?;
        self.turns.pop_front();
        let mut member = self.members.remove(&key)?;
        match member.within {
            Within::Try(what) => Some(what),
            Within::Ring(ref mut ring) => {
                let what = ring.pop();
                member.weight = member.weight.saturating_sub(1);
                if member.weight > 0 {
                    member.ticket = self.ticket(key);
                    self.members.insert(key, member);
                }
                what
            }
        }
    }

    fn remove(&mut self, path: &[IpNet]) -> Option<T> {
        let (key, deeper) = path.split_first()?;
        let member = self.members.get_mut(key)?;
        if let Within::Ring(ring) = &mut member.within {
            let what = ring.remove(deeper)?;
            member.weight = member.weight.saturating_sub(1);
            if member.weight == 0 {
                self.members.remove(key);
            }
            return Some(what);
        }
        match self.members.remove(key)?.within {
            Within::Try(what) => Some(what),
            Within::Ring(_) => None,
        }
    }

    /// The try of this member whose turn is furthest away, by the networks in it that have most.
    fn give_up_last_of(&mut self, key: IpNet) -> Option<T> {
        let member = self.members.get_mut(&key)?;
        if let Within::Ring(ring) = &mut member.within {
            let fullest = ring.members.iter().max_by_key(|(_, member)| (member.weight, member.ticket));
            let fullest = fullest.map(|(key, _)| *key)?;
            let what = ring.give_up_last_of(fullest)?;
            member.weight = member.weight.saturating_sub(1);
            if member.weight == 0 {
                self.members.remove(&key);
            }
            return Some(what);
        }
        match self.members.remove(&key)?.within {
            Within::Try(what) => Some(what),
            Within::Ring(_) => None,
        }
    }

    fn ahead(&self, path: &[IpNet]) -> Option<usize> {
        let (key, deeper) = path.split_first()?;
        let member = self.members.get(key)?;
        let first = self.turns.front().map_or(member.ticket, |(ticket, _)| *ticket);
        // Tickets are handed out one by one, so their distance bounds the place; void ones only make it shorter.
        let place = usize::try_from(member.ticket.saturating_sub(first)).unwrap_or(usize::MAX);
        let place = place.min(self.members.len().saturating_sub(1));
        let rounds = match &member.within {
            Within::Try(_) => 0,
            Within::Ring(ring) => ring.ahead(deeper)?,
        };
        Some(rounds.saturating_mul(self.members.len()).saturating_add(place))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::net::IpAddr;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn source(text: &str) -> Source {
        text.parse::<IpAddr>().unwrap().into()
    }

    fn queue(sources: &[&'static str]) -> Queue<&'static str> {
        let mut queue = Queue::default();
        for text in sources {
            assert_eq!(queue.push(source(text), *text), Ok(None));
        }
        queue
    }

    fn drained(mut queue: Queue<&'static str>) -> Vec<&'static str> {
        std::iter::from_fn(|| queue.pop()).collect()
    }

    /// D12: a network gets one turn a round, whatever it sends; so does a network within it.
    #[test]
    fn networks_take_turns_and_sources_in_them() {
        let ipv4 = queue(&["198.51.100.1", "198.51.100.2", "198.51.100.3", "192.0.2.1", "203.0.113.5", "203.0.113.6"]);
        let order = ["198.51.100.1", "192.0.2.1", "203.0.113.5", "198.51.100.2", "203.0.113.6", "198.51.100.3"];
        assert_eq!(drained(ipv4), order);
        // A provider's customer with two /64 does not get two turns where another has one.
        let ipv6 = queue(&["2001:db8:1:1::1", "2001:db8:1:2::1", "2001:db8:2:1::1", "2a00::1"]);
        assert_eq!(drained(ipv6), ["2001:db8:1:1::1", "2a00::1", "2001:db8:2:1::1", "2001:db8:1:2::1"]);
    }

    #[test]
    fn ten_thousand_addresses_of_one_network_hold_nobody_up() {
        let mut queue = Queue::default();
        for n in 0..10_000_u32 {
            let [_, b, c, d] = n.to_be_bytes();
            let _ = queue.push(IpAddr::from([10, b, c, d]).into(), "attack");
        }
        assert_eq!(queue.push(source("192.0.2.1"), "Olga"), Ok(None));
        // 10,000 addresses are 40 networks of 256.
        assert_eq!(queue.ahead(source("192.0.2.1")), Some(40));
        let turns = std::iter::from_fn(|| queue.pop()).take_while(|who| *who == "attack").count();
        assert_eq!(turns, 40);
    }

    #[test]
    fn a_full_queue_takes_from_whoever_has_most() {
        let mut queue = Queue::default();
        let subscriber = |n: u16| IpAddr::from([0x2001, 0xdb8, 7, n, 0, 0, 0, 1]).into();
        for n in 0..u16::try_from(MAX_WAITING).unwrap() {
            assert_eq!(queue.push(subscriber(n), "attack"), Ok(None));
        }
        assert_eq!(queue.push(source("192.0.2.1"), "Olga"), Ok(Some("attack")));
        assert_eq!(queue.push(subscriber(1), "again"), Ok(Some("attack")), "the same source, in its own place");
        assert_eq!(queue.push(subscriber(u16::MAX), "attack"), Err(Full), "whoever has most gets no more");
        assert_eq!((queue.len(), queue.ahead(source("192.0.2.1"))), (MAX_WAITING, Some(1)));
    }

    #[derive(Debug, Clone)]
    enum Step {
        Push(u8, u8),
        Remove(u8, u8),
        Pop,
    }

    fn step() -> impl Strategy<Value = Step> {
        let pair = (0..6_u8, 0..6_u8);
        prop_oneof![
            3 => pair.clone().prop_map(|(c, d)| Step::Push(c, d)),
            1 => pair.prop_map(|(c, d)| Step::Remove(c, d)),
            2 => Just(Step::Pop),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        /// Whatever comes and goes: nobody is lost or served twice, and everybody knows of a place.
        #[test]
        fn nobody_is_lost_or_served_twice(steps in vec(step(), 1..120)) {
            let mut queue = Queue::default();
            let mut waiting = HashSet::new();
            let at = |c: u8, d: u8| Source::from(IpAddr::from([10, 0, c, d]));
            for step in steps {
                match step {
                    Step::Push(c, d) => {
                        let older = queue.push(at(c, d), (c, d)).unwrap();
                        prop_assert_eq!(older.is_some(), waiting.contains(&(c, d)));
                        waiting.insert((c, d));
                    }
                    Step::Remove(c, d) => {
                        prop_assert_eq!(queue.remove(at(c, d)).is_some(), waiting.remove(&(c, d)));
                    }
                    Step::Pop => {
                        let Some(who) = queue.pop() else { prop_assert!(waiting.is_empty()); continue };
                        prop_assert!(waiting.remove(&who), "served twice or never there");
                    }
                }
                for &(c, d) in &waiting {
                    prop_assert!(queue.ahead(at(c, d)).is_some_and(|ahead| ahead < waiting.len()));
                }
                prop_assert_eq!(queue.len(), waiting.len());
                prop_assert_eq!(queue.is_empty(), waiting.is_empty());
                prop_assert_eq!(queue.by_weight.iter().map(|(weight, _)| weight).sum::<usize>(), waiting.len());
            }
        }

        /// With nobody coming or going, exactly `ahead` turns or fewer pass before one's own.
        #[test]
        fn ahead_bounds_the_wait(sources in vec((0..8_u8, 0..8_u8), 1..60)) {
            let mut queue = Queue::default();
            for &(c, d) in &sources {
                let _ = queue.push(Source::from(IpAddr::from([10, 0, c, d])), (c, d));
            }
            let told = |&(c, d): &(u8, u8)| queue.ahead(Source::from(IpAddr::from([10, 0, c, d]))).unwrap();
            let told: HashMap<_, _> = sources.iter().map(|who| (*who, told(who))).collect();
            let order: Vec<_> = std::iter::from_fn(|| queue.pop()).collect();
            for (turns, who) in order.iter().enumerate() {
                prop_assert!(turns <= told[who], "{turns} turns, told {}", told[who]);
            }
        }
    }
}
