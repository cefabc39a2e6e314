//! Places for connections, of which there are only so many: who gives way when all are taken.
//!
//! Whoever is known (in a room, logged in at the console) keeps their place. Everybody else is a stranger, and when no
//! place is free, a stranger of the network that holds most gives way to a newcomer from a network that holds less. So
//! thousands of connections from a few networks cannot lock out a person from another one, and a person who has been let in
//! is not put out by a crowd at the door.
//!
//! Where all hold the same, the stranger who has been there longest gives way, after a while in which a PIN can be typed and
//! answered: sooner to a newcomer whose network has come less often of late. So nobody blocks the door by standing in it, and
//! the more often one comes the longer one waits; but however many come, whoever has a place has time to use it. A server that is
//! behind takes longer to answer them, and they have as much longer: otherwise it would do nothing but see off people whom it
//! has not answered yet.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::future::Future as _;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use ipnet::IpNet;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::lag::Lag;
use super::source::Source;
use crate::guards::{self, Guard};

/// How long a stranger may stay while others of as small a network want in. Long enough to type a PIN that waits for its
/// turn; longer makes it easier to stand in the door.
const FAIR_SHARE: Duration = Duration::from_secs(5);
/// The same, when who wants in has come less often of late. Long enough for an answer.
const LEAST_SHARE: Duration = Duration::from_secs(2);
/// No more time is given because the server is behind: a house that is kept full by those who keep it busy opens, too.
const MOST_FOR_LAG: Duration = Duration::from_secs(25);
/// How long a network's coming counts: once or twice this.
const HALF_MINUTE: Duration = Duration::from_secs(30);

/// All places. Clones share them.
#[derive(Debug, Clone)]
pub struct Crowd(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    most: usize,
    most_per_source: usize,
    next: u64,
    all: usize,
    per_source: HashMap<Source, usize>,
    /// By age: ids are given out in order.
    strangers: BTreeMap<u64, Stranger>,
    /// Ids of each source's strangers, the oldest first.
    of_source: HashMap<IpNet, BTreeSet<u64>>,
    /// Networks within a network (`None`: of the first level) by their rank, and among equals by how long ago they took their
    /// newest place. Only those that hold one.
    within: HashMap<Option<IpNet>, BTreeSet<(Rank, IpNet)>>,
    networks: HashMap<IpNet, Held>,
    came_lately: Lately,
    lag: Lag,
}

/// Higher gives way first.
type Rank = (usize, Reverse<u64>);

/// What a network has.
#[derive(Debug, Clone, Copy)]
struct Held {
    strangers: usize,
    /// Its newest place.
    newest: u64,
    /// As it stands in `within`.
    rank: Rank,
}

/// How often networks of the first level came in the half minute that runs and in the one before.
#[derive(Debug)]
struct Lately {
    now: HashMap<IpNet, usize>,
    before: HashMap<IpNet, usize>,
    since: Instant,
}

impl Lately {
    fn of(&self, network: &IpNet) -> usize {
        [&self.now, &self.before].into_iter().filter_map(|taken| taken.get(network)).sum()
    }

    /// One less.
    fn forgive(&mut self, network: &IpNet) {
        let taken = self.now.get_mut(network).filter(|taken| **taken > 0);
        if let Some(taken) = taken.or_else(|| self.before.get_mut(network)) {
            *taken = taken.saturating_sub(1);
        }
    }

    /// One more.
    fn add(&mut self, network: IpNet) {
        if self.since.elapsed() >= HALF_MINUTE {
            self.before = std::mem::take(&mut self.now);
            self.since = Instant::now();
        }
        *self.now.entry(network).or_default() += 1;
    }
}

#[derive(Debug)]
struct Stranger {
    source: Source,
    since: Instant,
    give_way: oneshot::Sender<()>,
}

/// A place; dropping it gives it back.
#[derive(Debug)]
pub struct Place {
    ticket: Arc<Ticket>,
    /// `None` once nobody can ask any more.
    give_way: Option<oneshot::Receiver<()>>,
    is_given_away: bool,
}

/// What makes a place one that is kept. Clones are of the same place.
#[derive(Debug, Clone)]
pub struct Keep(Arc<Ticket>);

#[derive(Debug)]
struct Ticket {
    crowd: Crowd,
    id: u64,
    source: Source,
    /// Proxies speak for many and count for no source.
    counts: bool,
}

impl Crowd {
    /// So many places in all, and so many for one source.
    pub fn new(most: usize, most_per_source: usize) -> Self {
        Self(Arc::new(Mutex::new(State {
            most,
            most_per_source,
            next: 0,
            all: 0,
            per_source: HashMap::new(),
            strangers: BTreeMap::new(),
            of_source: HashMap::new(),
            within: HashMap::new(),
            networks: HashMap::new(),
            came_lately: Lately { now: HashMap::new(), before: HashMap::new(), since: Instant::now() },
            lag: Lag::default(),
        })))
    }

    /// The same for a server that may be so far behind.
    #[must_use]
    pub fn in_view_of(self, lag: &Lag) -> Self {
        self.lock().lag = lag.clone();
        self
    }

    /// A place for somebody from there, as a stranger, if there is one or somebody gives way.
    pub fn take(&self, source: Source) -> Option<Place> {
        let mut state = self.lock();
        state.make_way_for(source)?;
        Some(self.place(&mut state, source, true))
    }

    /// A place for a connection that speaks for many sources, such as a proxy's: nobody gives way to it, and it gives way
    /// to nobody.
    pub fn take_for_many(&self, source: Source) -> Option<Place> {
        let mut state = self.lock();
        (state.all < state.most).then(|| self.place(&mut state, source, false))
    }

    /// Places taken.
    pub fn taken(&self) -> usize {
        self.lock().all
    }

    fn place(&self, state: &mut State, source: Source, counts: bool) -> Place {
        let (sender, give_way) = oneshot::channel();
        state.next += 1;
        state.all += 1;
        let id = state.next;
        if counts {
            *state.per_source.entry(source).or_default() += 1;
            state.add_stranger(id, Stranger { source, since: Instant::now(), give_way: sender });
        }
        let ticket = Ticket { crowd: self.clone(), id, source, counts };
        Place { ticket: Arc::new(ticket), give_way: Some(give_way), is_given_away: false }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// What makes it one that is kept.
    pub fn keep(&self) -> Keep {
        Keep(Arc::clone(&self.ticket))
    }

    /// Ready when this place was given to somebody else: the connection must end.
    pub fn poll_given_away(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(give_way) = &mut self.give_way
            && let Poll::Ready(asked) = Pin::new(give_way).poll(cx)
        {
            self.give_way = None;
            self.is_given_away = asked.is_ok();
        }
        if self.is_given_away { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Comes back when this place was given to somebody else.
    pub async fn given_away(&mut self) {
        std::future::poll_fn(|cx| self.poll_given_away(cx)).await;
    }
}

impl Keep {
    /// This is somebody we know: the place is no stranger's any more, and was never taken as far as their network goes. An
    /// office whose people come at the same time is no crowd.
    pub fn keep(&self) {
        let mut state = self.0.crowd.lock();
        if state.remove_stranger(self.0.id).is_some()
            && let Some(network) = self.0.source.networks().next()
        {
            state.came_lately.forgive(&network);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Ticket { crowd, id, source, counts } = &*self.ticket;
        let mut state = crowd.lock();
        state.remove_stranger(*id);
        state.all = state.all.saturating_sub(1);
        if *counts && let Some(count) = state.per_source.get_mut(source) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                state.per_source.remove(source);
            }
        }
    }
}

impl State {
    /// Sees to it that there is a place. Whoever gives way is still counted until their connection has ended, a moment
    /// later: so many more than `most` may be open for that long.
    fn make_way_for(&mut self, newcomer: Source) -> Option<()> {
        let has = self.per_source.get(&newcomer).copied().unwrap_or_default();
        if has >= self.most_per_source && guards::holds(Guard::Share) {
            return None;
        }
        if self.all < self.most {
            return Some(());
        }
        if !guards::holds(Guard::Crowd) {
            return None;
        }
        // Those who have been asked to go are no strangers any more; the crowd must not grow by more than it has asked.
        if self.all > self.most + self.most / 8 {
            return None;
        }
        let id = self.who_gives_way_to(newcomer).or_else(|| self.who_has_had_their_share(newcomer))?;
        let stranger = self.remove_stranger(id)?;
        // Gone already: then its place is free in a moment all the same.
        let _ = stranger.give_way.send(());
        Some(())
    }

    fn who_gives_way_to(&self, newcomer: Source) -> Option<u64> {
        let mut of_newcomer = newcomer.networks();
        let mut parent = None;
        let mut is_elsewhere = false;
        while let Some(&((most, _), heaviest)) = self.within.get(&parent).and_then(BTreeSet::last) {
            if !is_elsewhere {
                let own = of_newcomer.next()?;
                if own != heaviest {
                    let held = self.networks.get(&own).map_or(0, |own| own.strangers);
                    if held + 1 >= most {
                        return None;
                    }
                    is_elsewhere = true;
                }
            }
            parent = Some(heaviest);
        }
        // Down to one source: its own gives way to nobody of the same.
        if is_elsewhere { self.of_source.get(&parent?)?.first().copied() } else { None }
    }

    fn who_has_had_their_share(&self, newcomer: Source) -> Option<u64> {
        let (id, oldest) = self.strangers.first_key_value()?;
        let came = |source: Source| source.networks().next().map_or(0, |network| self.came_lately.of(&network));
        let share = if came(newcomer) < came(oldest.source) { LEAST_SHARE } else { FAIR_SHARE };
        (oldest.since.elapsed() >= share + self.lag.until_let_through().min(MOST_FOR_LAG)).then_some(*id)
    }

    fn add_stranger(&mut self, id: u64, stranger: Stranger) {
        let source = stranger.source;
        self.strangers.insert(id, stranger);
        if let Some(network) = source.networks().last() {
            self.of_source.entry(network).or_default().insert(id);
        }
        if let Some(network) = source.networks().next() {
            self.came_lately.add(network);
        }
        self.count(source, 1, Some(id));
    }

    fn remove_stranger(&mut self, id: u64) -> Option<Stranger> {
        let stranger = self.strangers.remove(&id)?;
        if let Some(network) = stranger.source.networks().last()
            && let Some(ids) = self.of_source.get_mut(&network)
        {
            ids.remove(&id);
            if ids.is_empty() {
                self.of_source.remove(&network);
            }
        }
        self.count(stranger.source, -1, None);
        Some(stranger)
    }

    /// One more or one less in each of a source's networks.
    fn count(&mut self, source: Source, change: isize, newest: Option<u64>) {
        let mut parent = None;
        for network in source.networks() {
            let none = Held { strangers: 0, newest: 0, rank: (0, Reverse(0)) };
            let held = self.networks.entry(network).or_insert(none);
            held.strangers = held.strangers.saturating_add_signed(change);
            held.newest = newest.unwrap_or(held.newest);
            self.rank(parent, network);
            parent = Some(network);
        }
    }

    /// Puts a network where it belongs among those beside it.
    fn rank(&mut self, parent: Option<IpNet>, network: IpNet) {
        let Some(Held { strangers, newest, rank }) = self.networks.get(&network).copied() else { return };
        let siblings = self.within.entry(parent).or_default();
        siblings.remove(&(rank, network));
        if strangers == 0 {
            self.networks.remove(&network);
            if siblings.is_empty() {
                self.within.remove(&parent);
            }
            return;
        }
        let rank = (strangers, Reverse(newest));
        self.within.entry(parent).or_default().insert((rank, network));
        self.networks.insert(network, Held { strangers, newest, rank });
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn source(text: &str) -> Source {
        text.parse::<IpAddr>().unwrap().into()
    }

    fn is_asked_to_go(place: &mut Place) -> bool {
        place.give_way.as_mut().is_some_and(|asked| asked.try_recv().is_ok())
    }

    /// A hundred places, all taken by two networks, 60 and 40.
    fn full() -> (Crowd, Vec<Place>) {
        let crowd = Crowd::new(100, 30);
        let attack = (0..100_u8).map(|n| {
            let address = if n < 60 { format!("203.0.113.{}", n % 3) } else { format!("198.51.100.{n}") };
            crowd.take(source(&address)).unwrap()
        });
        let attack = attack.collect();
        (crowd, attack)
    }

    #[test]
    fn the_heaviest_network_gives_way_to_whoever_holds_less() {
        let (crowd, mut attack) = full();
        let olga = crowd.take(source("192.0.2.1")).expect("a place for Olga");
        let asked: Vec<usize> = (0..100).filter(|n| is_asked_to_go(&mut attack[*n])).collect();
        assert_eq!(
            asked,
            [0],
            "of the sources that hold 20 each the one that took nothing for longest, and of it the oldest"
        );
        assert_eq!(crowd.taken(), 101, "until it has gone");
        attack.remove(0);
        assert_eq!(crowd.taken(), 100);
        assert!(crowd.take(source("203.0.113.1")).is_none(), "the heaviest source gets no more");
        let neighbour = crowd.take(source("203.0.113.9")).expect("a place for its neighbour");
        drop((olga, neighbour, attack));
        let state = crowd.lock();
        assert!(state.all == 0 && state.per_source.is_empty() && state.strangers.is_empty());
        assert!(state.networks.is_empty() && state.within.is_empty() && state.of_source.is_empty());
    }

    #[test]
    fn whoever_is_known_is_not_put_out() {
        let crowd = Crowd::new(10, 10);
        let mut known: Vec<_> = (0..10_u8).map(|n| crowd.take(source(&format!("192.0.2.{n}"))).unwrap()).collect();
        known.iter().for_each(|place| place.keep().keep());
        assert!(crowd.take(source("203.0.113.1")).is_none(), "no stranger is left to give way");
        assert!(!known.iter_mut().any(is_asked_to_go));
        known.pop();
        let mut stranger = crowd.take(source("203.0.113.1")).unwrap();
        assert!(crowd.take(source("198.51.100.1")).is_none(), "one does not give way to one");
        assert!(!is_asked_to_go(&mut stranger));
    }

    #[test]
    fn one_source_has_its_share_and_a_proxy_speaks_for_many() {
        let crowd = Crowd::new(100, 5);
        let greedy: Vec<_> = (0..5).map(|_| crowd.take(source("192.0.2.1")).unwrap()).collect();
        assert!(crowd.take(source("192.0.2.1")).is_none());
        assert!(crowd.take(source("::ffff:192.0.2.1")).is_none(), "by another socket it is the same source");
        assert!(crowd.take(source("192.0.2.2")).is_some());
        let proxy: Vec<_> = (0..95).map_while(|_| crowd.take_for_many(source("10.0.0.1"))).collect();
        assert_eq!(proxy.len(), 95);
        assert!(crowd.take_for_many(source("10.0.0.1")).is_none());
        drop((greedy, proxy));
        assert_eq!(crowd.taken(), 0);
    }

    /// Ten networks that hold one place each and do nothing: whoever has had a fair share of time gives way, the oldest first.
    #[tokio::test(start_paused = true)]
    async fn nobody_blocks_the_door_by_standing_in_it() {
        let crowd = Crowd::new(10, 10);
        let mut idle: Vec<_> = (0..10_u8).map(|n| crowd.take(source(&format!("10.0.{n}.1"))).unwrap()).collect();
        assert!(crowd.take(source("192.0.2.1")).is_none(), "not yet");
        tokio::time::advance(LEAST_SHARE).await;
        let olga = crowd.take(source("192.0.2.1")).expect("a place for Olga, who has not come before");
        assert!(is_asked_to_go(&mut idle[0]) && !is_asked_to_go(&mut idle[1]));
        idle.remove(0);
        assert!(crowd.take(source("10.0.9.2")).is_none(), "who has come as often as the others waits longer");
        tokio::time::advance(FAIR_SHARE - LEAST_SHARE).await;
        let piet = crowd.take(source("10.0.9.2")).expect("a place for Piet");
        assert!(is_asked_to_go(&mut idle[0]));
        drop((olga, piet));
    }

    /// Whoever has not been answered yet, because the server is behind, keeps their place for longer, but not for ever.
    #[tokio::test(start_paused = true)]
    async fn a_server_that_is_behind_sees_nobody_off_unanswered() {
        for (lag, share) in
            [(Duration::from_millis(150), Duration::from_secs(5)), (Duration::from_secs(60), Duration::from_secs(27))]
        {
            let crowd = Crowd::new(10, 10).in_view_of(&Lag::of(lag));
            let idle: Vec<_> = (0..10_u8).map(|n| crowd.take(source(&format!("10.0.{n}.1"))).unwrap()).collect();
            tokio::time::advance(share.checked_sub(Duration::from_millis(1)).unwrap()).await;
            assert!(crowd.take(source("192.0.2.1")).is_none(), "{lag:?}");
            tokio::time::advance(Duration::from_millis(1)).await;
            assert!(crowd.take(source("192.0.2.1")).is_some(), "{lag:?}");
            drop(idle);
        }
    }

    /// Twenty people of one office come at the same time, in the midst of ten networks that keep all places and come again and
    /// again: each of them gets in, and the others get no further by it.
    #[tokio::test(start_paused = true)]
    async fn an_office_is_no_crowd_and_coming_again_is_no_way_in() {
        let crowd = Crowd::new(10, 10);
        let mut attack = Vec::new();
        for _ in 0..3 {
            attack.clear();
            attack.extend((0..10_u8).map(|n| crowd.take(source(&format!("10.0.{n}.1"))).unwrap()));
        }
        assert!(crowd.take(source("192.0.2.0")).is_none(), "whoever has a place has time to use it");
        tokio::time::advance(LEAST_SHARE).await;
        assert!(crowd.take(source("10.0.0.1")).is_none(), "who comes as often as all others waits longer");
        let mut office = Vec::new();
        for n in 0..10_u8 {
            let place = crowd.take(source(&format!("192.0.2.{n}"))).expect("a place for a colleague");
            attack.retain_mut(|place| !is_asked_to_go(place));
            place.keep().keep();
            office.push(place);
        }
        assert!(attack.is_empty() && !office.iter_mut().any(is_asked_to_go));
    }

    /// What a network did is forgotten after a minute.
    #[tokio::test(start_paused = true)]
    async fn coming_is_forgotten() {
        let crowd = Crowd::new(10, 10);
        let network = "10.0.0.0/24".parse().unwrap();
        drop(crowd.take(source("10.0.0.1")));
        for (comings, seconds) in [(1, 30), (1, 30), (0, 0)] {
            drop(crowd.take(source("192.0.2.1")));
            assert_eq!(crowd.lock().came_lately.of(&network), comings);
            tokio::time::advance(Duration::from_secs(seconds)).await;
        }
    }

    /// Whoever is asked to go and does not cannot be asked for more and more.
    #[test]
    fn a_crowd_that_does_not_go_does_not_grow() {
        let (crowd, attack) = full();
        let newcomers: Vec<_> = (0..100_u8).map_while(|n| crowd.take(source(&format!("192.0.{n}.1")))).collect();
        assert_eq!(newcomers.len(), 13);
        drop(attack);
        assert_eq!(crowd.taken(), 13);
    }

    proptest! {
        /// Whatever comes, is kept and goes, the books agree, and who is kept stays.
        #[test]
        fn the_books_agree(steps in vec((0..4_u8, 0..5_u8, 0..5_u8, any::<prop::sample::Index>()), 1..200)) {
            let crowd = Crowd::new(12, 6);
            let (mut strangers, mut known): (Vec<Place>, Vec<Place>) = (Vec::new(), Vec::new());
            for (what, c, d, which) in steps {
                match what {
                    0 | 1 => strangers.extend(crowd.take(IpAddr::from([10, 0, c, d]).into())),
                    2 if !strangers.is_empty() => {
                        let place = strangers.swap_remove(which.index(strangers.len()));
                        place.keep().keep();
                        known.push(place);
                    }
                    _ if !known.is_empty() && d == 0 => drop(known.swap_remove(which.index(known.len()))),
                    _ if !strangers.is_empty() => drop(strangers.swap_remove(which.index(strangers.len()))),
                    _ => {}
                }
                let mut kept = Vec::new();
                for mut place in strangers.drain(..) {
                    if !is_asked_to_go(&mut place) {
                        kept.push(place);
                    }
                }
                strangers = kept;
                // One who was asked to go a moment before being known goes all the same.
                known.retain_mut(|place| !is_asked_to_go(place));
                let state = crowd.lock();
                prop_assert!(state.all <= 12);
                prop_assert_eq!(state.all, strangers.len() + known.len());
                prop_assert_eq!(state.strangers.len(), strangers.len());
                prop_assert_eq!(state.of_source.values().map(BTreeSet::len).sum::<usize>(), strangers.len());
                let first_level = state.within.get(&None).into_iter().flatten().map(|(_, network)| network);
                let held: usize = first_level.map(|network| state.networks[network].strangers).sum();
                prop_assert_eq!(held, strangers.len());
                for (rank, network) in state.within.values().flatten() {
                    prop_assert_eq!(*rank, state.networks[network].rank);
                }
            }
        }
    }
}
