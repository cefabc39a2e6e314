//! The queue and the gate against what they are to be: turns by network, in lists that are walked; and a budget that nobody
//! oversteps, whoever comes, goes, or comes twice. Random orders, on a virtual clock. `PROPTEST_CASES` raises how many.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ipnet::IpNet;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::gate::{Crowded, Gate};
use super::queue::{Full, Queue};
use crate::edge::source::Source;

/// At least so many cases, whatever the surroundings say: the tests on PostgreSQL want few.
fn at_least(cases: u32) -> ProptestConfig {
    let asked = ProptestConfig::default();
    ProptestConfig { cases: asked.cases.max(cases), ..asked }
}

/// Few enough for whole networks to wait at once: five /24, and providers with customers with several /64.
fn address() -> impl Strategy<Value = IpAddr> {
    prop_oneof![
        (0..5_u8, 0..6_u8).prop_map(|(network, host)| IpAddr::from([192, 0, network, host])),
        (0..2_u16, 0..3_u16, 0..3_u16, 0..2_u16).prop_map(|(provider, customer, network, host)| {
            IpAddr::from([0x2001, 0xdb8 + provider, customer, network, 0, 0, 0, host])
        }),
    ]
}

/// Turns as lists: the first of the first of the first is next, and whatever has more goes to the end.
#[derive(Debug, Clone)]
enum Turns {
    Try(u32),
    Among(Vec<(IpNet, Turns)>),
}

impl Turns {
    fn weight(&self) -> usize {
        match self {
            Turns::Try(_) => 1,
            Turns::Among(members) => members.iter().map(|(_, member)| member.weight()).sum(),
        }
    }

    fn push(&mut self, path: &[IpNet], what: u32) {
        let Turns::Among(members) = self else { panic!("a try has no members") };
        let (key, deeper) = path.split_first().unwrap();
        if deeper.is_empty() {
            return members.push((*key, Turns::Try(what)));
        }
        if !members.iter().any(|(known, _)| known == key) {
            members.push((*key, Turns::Among(Vec::new())));
        }
        members.iter_mut().find(|(known, _)| known == key).unwrap().1.push(deeper, what);
    }

    fn remove(&mut self, path: &[IpNet]) -> Option<u32> {
        let Turns::Among(members) = self else { return None };
        let (key, deeper) = path.split_first()?;
        let at = members.iter().position(|(known, _)| known == key)?;
        let gone = match &mut members[at].1 {
            Turns::Try(what) => Some(*what),
            among => among.remove(deeper),
        };
        if deeper.is_empty() || members[at].1.weight() == 0 {
            members.remove(at);
        }
        gone
    }

    fn pop(&mut self) -> Option<u32> {
        let Turns::Among(members) = self else { return None };
        if members.is_empty() {
            return None;
        }
        let (key, mut first) = members.remove(0);
        if let Turns::Try(what) = first {
            return Some(what);
        }
        let what = first.pop();
        if first.weight() > 0 {
            members.push((key, first));
        }
        what
    }

    /// How many wait in each network of the first level.
    fn weights(&self) -> HashMap<IpNet, usize> {
        let Turns::Among(members) = self else { return HashMap::new() };
        members.iter().map(|(key, member)| (*key, member.weight())).collect()
    }

    fn turns_before(&self, what: u32) -> usize {
        let mut rest = self.clone();
        std::iter::from_fn(|| rest.pop()).take_while(|next| *next != what).count()
    }
}

#[derive(Debug, Clone)]
enum Step {
    Arrive(IpAddr),
    HangUp(IpAddr),
    Turn,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![4 => address().prop_map(Step::Arrive), 1 => address().prop_map(Step::HangUp), 2 => Just(Step::Turn)]
}

/// Plays an order on a queue with so many places beside the lists.
fn play(places: usize, steps: &[Step]) -> TestCaseResult {
    let mut queue = Queue::of_at_most(places);
    let mut model = Turns::Among(Vec::new());
    let mut waiting: HashMap<Source, u32> = HashMap::new();
    for (number, step) in (0..).zip(steps) {
        match step {
            Step::Arrive(address) => {
                let source = Source::from(*address);
                let path: Vec<IpNet> = source.networks().collect();
                let (own, most) = (path[0], model.weights().values().copied().max().unwrap_or_default());
                let is_full = waiting.len() >= places && !waiting.contains_key(&source);
                match queue.push(source, number) {
                    Ok(gone) => {
                        let second = waiting.insert(source, number);
                        if is_full {
                            gives_way(&mut model, &mut waiting, gone, own)?;
                        } else {
                            prop_assert_eq!(gone, second, "one of a source, and nobody else");
                            model.remove(&path);
                        }
                        model.push(&path, number);
                    }
                    Err(Full) => {
                        let of_own = model.weights().get(&own).copied().unwrap_or_default();
                        prop_assert!(is_full && of_own + 1 >= most, "there was somebody to give way");
                    }
                }
            }
            Step::HangUp(address) => {
                let source = Source::from(*address);
                prop_assert_eq!(queue.remove(source), waiting.remove(&source));
                model.remove(&source.networks().collect::<Vec<_>>());
            }
            Step::Turn => {
                let next = queue.pop();
                prop_assert_eq!(next, model.pop(), "another one's turn");
                waiting.retain(|_, who| Some(*who) != next);
            }
        }
        prop_assert!(queue.len() == waiting.len() && queue.len() <= places && model.weight() == queue.len());
        prop_assert!(queue.by_weight_is(&model.weights()));
        for (source, who) in &waiting {
            let told = queue.ahead(*source);
            prop_assert!(told.is_some_and(|told| model.turns_before(*who) <= told && told < waiting.len()));
        }
    }
    Ok(())
}

/// In a full house: whoever went was of a network that had more than the newcomer's has with them.
fn gives_way(model: &mut Turns, waiting: &mut HashMap<Source, u32>, gone: Option<u32>, own: IpNet) -> TestCaseResult {
    let gone = gone.expect("a full queue takes nobody for nothing");
    let (source, _) = waiting.iter().find(|(_, who)| **who == gone).map(|(source, who)| (*source, *who)).unwrap();
    let path: Vec<IpNet> = source.networks().collect();
    let weights = model.weights();
    let of = |network| weights.get(&network).copied().unwrap_or_default();
    prop_assert_eq!(of(path[0]), weights.values().copied().max().unwrap_or_default(), "of whoever has most");
    prop_assert!(of(own) + 1 < of(path[0]));
    waiting.remove(&source);
    prop_assert_eq!(model.remove(&path), Some(gone));
    Ok(())
}

proptest! {
    #![proptest_config(at_least(500))]

    /// D12: whose turn it is, whoever comes and goes, and however little place there is.
    #[test]
    fn turns_are_taken_by_network_in_whatever_order_people_come(
        places in prop_oneof![Just(usize::MAX), 1..12_usize], steps in vec(step(), 1..100),
    ) {
        play(places, &steps)?;
    }

    /// D12: the gate on its clock.
    #[test]
    fn nobody_oversteps_the_budget_and_nobody_is_forgotten(
        per_s in prop_oneof![1..20_u32, 100..2_000_u32], moves in vec((address(), 0..4_u8, 0..300_u64), 1..60),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(Rush::new(per_s).play(&moves))?;
    }
}

/// What became of a try, and when.
type Outcomes = Arc<Mutex<Vec<(usize, Instant, Result<(), Crowded>)>>>;

/// People before a gate.
struct Rush {
    gate: Gate,
    per_s: u32,
    outcomes: Outcomes,
    /// Each try: whose, after how many outcomes it came, and its task.
    tries: Vec<(Source, usize, JoinHandle<()>)>,
    hung_up: HashSet<usize>,
    /// Tries that found their network waiting when they came.
    in_company: HashSet<usize>,
}

impl Rush {
    fn new(per_s: u32) -> Self {
        let (gate, outcomes) = (Gate::new(f64::from(per_s)), Outcomes::default());
        Self { gate, per_s, outcomes, tries: Vec::new(), hung_up: HashSet::new(), in_company: HashSet::new() }
    }

    fn waiting(&self) -> Vec<usize> {
        let outcomes = self.outcomes.lock().unwrap();
        let is_over = |number: &usize| outcomes.iter().any(|(of, ..)| of == number) || self.hung_up.contains(number);
        (0..self.tries.len()).filter(|number| !is_over(number)).collect()
    }

    async fn arrive(&mut self, source: Source) {
        let number = self.tries.len();
        let network = source.networks().next();
        if self.waiting().into_iter().any(|other| self.tries[other].0.networks().next() == network) {
            self.in_company.insert(number);
        }
        let outcomes = self.outcomes.clone();
        let after = outcomes.lock().unwrap().len();
        let waiting = self.gate.queue_up(source);
        let task = tokio::spawn(async move {
            let outcome = match waiting {
                Ok(mut waiting) => waiting.turn().await,
                Err(crowded) => Err(crowded),
            };
            outcomes.lock().unwrap().push((number, Instant::now(), outcome));
        });
        self.tries.push((source, after, task));
    }

    async fn play(mut self, moves: &[(IpAddr, u8, u64)]) -> TestCaseResult {
        for (address, kind, pause) in moves {
            let source = Source::from(*address);
            match kind {
                0 => tokio::time::sleep(Duration::from_millis(*pause)).await,
                1 => {
                    let mine = self.waiting().into_iter().find(|number| self.tries[*number].0 == source);
                    if let Some(number) = mine {
                        self.tries[number].2.abort();
                        self.hung_up.insert(number);
                    }
                }
                _ => self.arrive(source).await,
            }
            // Whoever was granted, put out or has hung up is through with it before time goes on.
            for _ in 0..4 {
                tokio::task::yield_now().await;
            }
            let waiting = self.waiting();
            let sources: HashSet<_> = waiting.iter().map(|number| self.tries[*number].0).collect();
            prop_assert_eq!(sources.len(), waiting.len(), "one of a source");
            prop_assert_eq!(self.gate.waiting(), waiting.len());
        }
        let left = self.waiting().len();
        let enough = Duration::from_secs_f64((left as f64 + 1.0) / f64::from(self.per_s)) + Duration::from_millis(5);
        tokio::time::sleep(enough).await;
        tokio::task::yield_now().await;
        prop_assert!(self.waiting().is_empty() && self.gate.waiting() == 0, "somebody was forgotten");
        self.judge()
    }

    fn judge(&self) -> TestCaseResult {
        let outcomes = self.outcomes.lock().unwrap();
        let granted: Vec<(usize, Instant)> =
            outcomes.iter().filter(|(.., outcome)| outcome.is_ok()).map(|(number, at, _)| (*number, *at)).collect();
        let per_s = f64::from(self.per_s);
        for (first, (_, from)) in granted.iter().enumerate() {
            for (last, (_, to)) in granted.iter().enumerate().skip(first) {
                let earned = to.duration_since(*from).as_secs_f64() * per_s;
                // What a tenth of a second earns may come at once; timers are exact to the millisecond.
                let most = earned + 0.1 * per_s + 0.001 * per_s + 1.0;
                prop_assert!(
                    (last - first) as f64 <= most,
                    "{} within {:?}",
                    last - first + 1,
                    to.duration_since(*from)
                );
            }
        }
        for (place, (number, _, outcome)) in outcomes.iter().enumerate() {
            prop_assert!(!self.hung_up.contains(number), "who had hung up was answered");
            let (source, after, _) = &self.tries[*number];
            if outcome.is_err() {
                let again = self.tries[number + 1..].iter().any(|(other, ..)| other == source);
                prop_assert!(again, "put out, and not by themselves");
            } else if !self.in_company.contains(number) {
                let before = outcomes[*after..place].iter().filter(|(.., outcome)| outcome.is_ok());
                let networks: Vec<_> = before.map(|(other, ..)| self.tries[*other].0.networks().next()).collect();
                let distinct: HashSet<_> = networks.iter().collect();
                prop_assert_eq!(distinct.len(), networks.len(), "a network had two turns before theirs");
                prop_assert!(!networks.contains(&source.networks().next()));
            }
        }
        Ok(())
    }
}
