//! Which layer of each face a subscriber gets, within what their connection carries. Pure: wishes and a budget in,
//! layers out.
//!
//! Everybody's smallest layer comes first, in order of importance; then everybody's next, as long as it fits. What does
//! not fit even at its smallest is paused: a still picture is better than a broken voice. The most important face never is:
//! an estimate of next to nothing is more often wrong than right.

use crate::layers::MOST_LAYERS;

/// One face in a slot, as it is wished for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Want {
    /// The layer that fits its tile; no larger one is of use.
    pub(crate) wish: u8,
    /// What each layer takes, bits per second.
    pub(crate) bits: [u64; MOST_LAYERS],
    /// The layer it has now.
    pub(crate) has: Option<u8>,
}

/// A layer that one does not have yet must fit into this much of the budget, percent: without a margin an estimate that
/// wavers would switch layers with every breath.
const UPGRADE_WITHIN_PERCENT: u64 = 85;

/// The layer for each want, the most important first; `None` pauses it, if that is allowed. Without a budget every wish is
/// granted.
pub(crate) fn allocate(wants: &[Want], budget: Option<u64>, may_pause: bool) -> Vec<Option<u8>> {
    let Some(budget) = budget else { return wants.iter().map(|want| Some(want.wish)).collect() };
    let mut granted: Vec<Option<u8>> = vec![None; wants.len()];
    let mut spent = 0;
    for layer in 0..MOST_LAYERS as u8 {
        for (index, (want, granted)) in wants.iter().zip(&mut granted).enumerate() {
            let is_next = layer == granted.map_or(0, |layer| layer + 1);
            if !is_next || layer > want.wish {
                continue;
            }
            let more = want.bits(layer).saturating_sub(granted.map_or(0, |layer| want.bits(layer)));
            let is_kept = want.has.is_some_and(|has| layer <= has);
            let most = if is_kept { budget } else { budget * UPGRADE_WITHIN_PERCENT / 100 };
            if spent + more <= most || (layer == 0 && (index == 0 || !may_pause)) {
                spent += more;
                *granted = Some(layer);
            }
        }
    }
    granted
}

impl Want {
    fn bits(&self, layer: u8) -> u64 {
        self.bits.get(usize::from(layer)).copied().unwrap_or_default()
    }
}

/// What everybody's smallest layer together takes, bits per second.
pub(crate) fn least(wants: &[Want]) -> u64 {
    wants.iter().map(|want| want.bits(0)).sum()
}

/// What all wishes together would take, bits per second.
pub(crate) fn total(wants: &[Want]) -> u64 {
    wants.iter().map(|want| want.bits(want.wish)).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BITS: [u64; MOST_LAYERS] = [100_000, 400_000, 1_500_000];

    fn want(wish: u8, has: Option<u8>) -> Want {
        Want { wish, bits: BITS, has }
    }

    #[test]
    fn the_important_get_more_and_nobody_is_left_out_before() {
        let wants = [want(2, None), want(1, None), want(1, None)];
        let table: [(u64, [Option<u8>; 3]); 6] = [
            (50_000, [Some(0), None, None]),
            (240_000, [Some(0), Some(0), None]),
            (360_000, [Some(0), Some(0), Some(0)]),
            (720_000, [Some(1), Some(0), Some(0)]),
            (1_500_000, [Some(1), Some(1), Some(1)]),
            (3_000_000, [Some(2), Some(1), Some(1)]),
        ];
        for (budget, expected) in table {
            assert_eq!(allocate(&wants, Some(budget), true), expected, "{budget}");
        }
        assert_eq!(allocate(&wants, Some(50_000), false), [Some(0); 3], "not paused yet");
        assert_eq!(allocate(&wants, None, true), [Some(2), Some(1), Some(1)]);
    }

    #[test]
    fn an_estimate_that_wavers_switches_nothing() {
        for budget in [1_560_000, 1_700_000] {
            assert_eq!(allocate(&[want(2, Some(2))], Some(budget), true), [Some(2)], "kept");
            assert_eq!(allocate(&[want(2, Some(1))], Some(budget), true), [Some(1)], "not taken yet");
        }
        assert_eq!(allocate(&[want(2, Some(2))], Some(1_400_000), true), [Some(1)], "too much is too much");
    }

    proptest! {
        #[test]
        fn never_more_than_the_budget_nor_more_than_the_wish(
            wishes in proptest::collection::vec((0_u8..3, proptest::option::of(0_u8..3)), 0..16),
            budget in 0_u64..5_000_000,
        ) {
            let wants: Vec<Want> = wishes.iter().map(|(wish, has)| want(*wish, *has)).collect();
            let granted = allocate(&wants, Some(budget), true);
            let spent: u64 = granted.iter().flatten().map(|layer| BITS[usize::from(*layer)]).sum();
            let first = if granted.first() == Some(&Some(0)) { BITS[0] } else { 0 };
            prop_assert!(spent <= budget.max(first));
            prop_assert!(granted.iter().zip(&wants).all(|(granted, want)| granted.is_none_or(|layer| layer <= want.wish)));
        }
    }
}
