//! Tries again what `make fuzz` has kept, and what is not far from it. Included by the tests beside each crate's `fuzzing`.

use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_oneof};
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestRunner};

/// A small change, as fuzzers make them.
#[derive(Debug, Clone)]
enum Change {
    Flip(Index, u8),
    Set(Index, u8),
    Insert(Index, Vec<u8>),
    Remove(Index, usize),
    /// Repeats a part of it.
    Repeat(Index, usize),
    /// The rest of it is that of another input.
    GoOnAs(Index, Vec<u8>, Index),
}

/// Runs `check` on every input kept for `target`, and on so many that were made from them.
pub(crate) fn replay(target: &str, tries: u32, check: fn(&[u8])) {
    let kept = kept(target);
    assert!(!kept.is_empty(), "nothing is kept for {target}");
    kept.iter().for_each(|input| check(input));
    // The same tries each time: a test that fails is not to pass when it is run again.
    let config = Config { cases: tries, failure_persistence: None, ..Config::default() };
    let mut runner =
        TestRunner::new_with_rng(config, proptest::test_runner::TestRng::deterministic_rng(Default::default()));
    let input = (select(kept.clone()), vec(change(kept), 1..6)).prop_map(|(input, changes)| changed(input, changes));
    let tried = runner.run(&input, |input| {
        check(&input);
        Ok(())
    });
    assert!(tried.is_ok(), "{}", tried.err().map(|error| error.to_string()).unwrap_or_default());
}

fn kept(target: &str) -> Vec<Vec<u8>> {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|folder| folder.join("e2e/fuzz/corpus").join(target));
    let Some(folder) = folder.into_iter().find(|folder| folder.is_dir()) else { return Vec::new() };
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.into_iter().map(|file| std::fs::read(file).unwrap()).collect()
}

fn change(kept: Vec<Vec<u8>>) -> impl Strategy<Value = Change> {
    let at = any::<Index>;
    // Signs that mean something to one reader or another.
    let telling = select(&b"\0\x01\x7f\x80\xff 09+-.,:;=\"{}[]<>/\\\r\n@\xc2\xe2"[..]);
    prop_oneof![
        (at(), 0_u8..8).prop_map(|(at, bit)| Change::Flip(at, 1 << bit)),
        (at(), prop_oneof![any::<u8>(), telling]).prop_map(|(at, byte)| Change::Set(at, byte)),
        (at(), vec(any::<u8>(), 1..5)).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        (at(), 1_usize..9).prop_map(|(at, count)| Change::Remove(at, count)),
        (at(), 1_usize..33).prop_map(|(at, count)| Change::Repeat(at, count)),
        (at(), select(kept), at()).prop_map(|(at, other, from)| Change::GoOnAs(at, other, from)),
    ]
}

fn changed(mut input: Vec<u8>, changes: Vec<Change>) -> Vec<u8> {
    for change in changes {
        let end = |at: usize, count: usize, input: &Vec<u8>| (at + count).min(input.len());
        let place = |at: Index, input: &Vec<u8>| at.index(input.len() + 1);
        match change {
            Change::Flip(at, bit) => {
                let at = place(at, &input);
                input.get_mut(at).into_iter().for_each(|byte| *byte ^= bit);
            }
            Change::Set(at, value) => {
                let at = place(at, &input);
                input.get_mut(at).into_iter().for_each(|byte| *byte = value);
            }
            Change::Insert(at, bytes) => {
                let at = place(at, &input);
                input.splice(at..at, bytes);
            }
            Change::Remove(at, count) => {
                let at = place(at, &input);
                input.drain(at..end(at, count, &input));
            }
            Change::Repeat(at, count) => {
                let at = place(at, &input);
                let part = input[at..end(at, count, &input)].to_vec();
                input.splice(at..at, part);
            }
            Change::GoOnAs(at, other, from) => {
                input.truncate(place(at, &input));
                input.extend_from_slice(&other[place(from, &other)..]);
            }
        }
    }
    input
}
