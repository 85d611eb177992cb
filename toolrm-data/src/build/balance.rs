//! Balanced multi-dimensional sampling (BMDS): which of the pairs are taken.
//!
//! Pairs are grouped (by source and intensity bin in the paper, arXiv 2510.26167), the pairs of a group are ranked, and every group gives
//! its first. How many each gives is not published; here every group gives the same number, and what small groups lack the others
//! give in equal parts (water-filling). Where models' errors come first, they come first in all groups: made-up ones fill up what they leave.

use std::collections::BTreeMap;

use super::config::{BalanceRules, Dimension, Rank};
use crate::pair::Provenance;

/// A pair, as far as balancing looks at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    /// Drawn from the seed and the pair's id: what ranks leave open, and the order of the output. No two pairs share it.
    pub(super) order: u64,
    /// The key of the question, as a number.
    pub(super) question: u64,
    /// Where its line is in its shard's journal.
    pub(super) line: u64,
    pub(super) shard: u16,
    pub(super) source: u16,
    /// In the line's steps, and in the step's pairs.
    pub(super) step: u16,
    pub(super) pair: u16,
    /// Number of the error type.
    pub(super) error: u16,
    pub(super) complexity: u16,
    pub(super) bin: u8,
    /// Number of the provenance: a higher one is less trusted.
    pub(super) provenance: u8,
    pub(super) in_words: bool,
    pub(super) malformed: bool,
}

/// The bin of an intensity: bin `i` of `n` holds (i/n, (i+1)/n].
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to the bins, of which there are at most 100"
)]
pub(super) fn bin(intensity: f64, bins: u8) -> u8 {
    // Shares of small whole numbers fall on the border of a bin; a rounding error must not carry them over it.
    let scaled = (intensity * f64::from(bins) - 1e-9).ceil() - 1.0;
    scaled.clamp(0.0, f64::from(bins) - 1.0) as u8
}

/// Pairs by group; of every group no more than could be taken are kept.
#[derive(Debug)]
pub(super) struct Groups<'r> {
    rules: &'r BalanceRules,
    by_group: BTreeMap<Vec<u16>, Vec<Key>>,
    malformed: Vec<Key>,
    /// All that were added; those of them that are malformed.
    added: u64,
    malformed_added: u64,
}

/// What was taken, and why the rest was not.
#[derive(Debug)]
pub(super) struct Taken {
    /// In the order of the output.
    pub(super) keys: Vec<Key>,
    /// All that there were.
    pub(super) added: u64,
    /// Malformed ones beyond their share.
    pub(super) too_malformed: u64,
}

impl<'r> Groups<'r> {
    pub(super) fn new(rules: &'r BalanceRules) -> Self {
        Self { rules, by_group: BTreeMap::new(), malformed: Vec::new(), added: 0, malformed_added: 0 }
    }

    /// Adds a pair. The order of adding does not matter.
    pub(super) fn add(&mut self, key: Key) {
        self.added += 1;
        if key.malformed {
            self.malformed_added += 1;
            let most = self.most_malformed();
            keep_first(&mut self.malformed, key, most, |key| key.order);
            return;
        }
        let rules = self.rules;
        let group = self.by_group.entry(group(&key, rules)).or_default();
        keep_first(group, key, rules.target, |key| rank(key, rules));
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a number of pairs")]
    fn most_malformed(&self) -> usize {
        (self.rules.target as f64 * self.rules.malformed_share) as usize
    }

    /// Takes as many as are wanted, or all.
    pub(super) fn take(mut self) -> Taken {
        let mut malformed = std::mem::take(&mut self.malformed);
        malformed.sort_unstable_by_key(|key| key.order);
        malformed.truncate(self.most_malformed());
        let too_malformed = self.malformed_added - malformed.len() as u64;
        for key in malformed {
            self.by_group.entry(group(&key, self.rules)).or_default().push(key);
        }
        let mut groups: Vec<Vec<Key>> = self.by_group.into_values().collect();
        for group in &mut groups {
            group.sort_unstable_by_key(|key| rank(key, self.rules));
        }
        // How many of a group come before made-up ones, in all groups; all of it where that is no rank.
        let firsts: Vec<usize> = groups.iter().map(|group| firsts(group, self.rules)).collect();
        let none = vec![0; groups.len()];
        let of_models = levelled(&none, &firsts, self.rules.target);
        let rest: Vec<usize> = groups.iter().zip(&firsts).map(|(group, first)| group.len() - first).collect();
        let filled = levelled(&of_models, &rest, self.rules.target - of_models.iter().sum::<usize>());
        let mut keys: Vec<Key> = Vec::with_capacity(self.rules.target);
        for (((group, first), of_models), filled) in groups.iter().zip(firsts).zip(of_models).zip(filled) {
            keys.extend(group.iter().take(of_models).chain(group.iter().skip(first).take(filled)));
        }
        keys.sort_unstable_by_key(|key| key.order);
        Taken { keys, added: self.added, too_malformed }
    }
}

/// Adds to a list of which only the first `most` will be wanted: it is cut down when it has twice as many.
fn keep_first<K: Ord>(list: &mut Vec<Key>, key: Key, most: usize, by: impl Fn(&Key) -> K) {
    list.push(key);
    if list.len() >= most.max(1) * 2 {
        list.select_nth_unstable_by_key(most.max(1) - 1, by);
        list.truncate(most);
    }
}

fn group(key: &Key, rules: &BalanceRules) -> Vec<u16> {
    let part = |dimension: &Dimension| match dimension {
        Dimension::Source => key.source,
        Dimension::Intensity => u16::from(key.bin),
        Dimension::Provenance => u16::from(key.provenance),
        Dimension::ErrorType => key.error,
        Dimension::Kind => u16::from(key.in_words),
    };
    rules.group_by.iter().map(part).collect()
}

/// Smaller comes first.
fn rank(key: &Key, rules: &BalanceRules) -> (u32, u32, u64) {
    let by = |rank: Option<&Rank>| match rank {
        Some(Rank::Provenance) => u32::from(key.provenance),
        Some(Rank::Complexity) => u32::from(u16::MAX - key.complexity),
        None => 0,
    };
    (by(rules.rank.first()), by(rules.rank.get(1)), key.order)
}

/// How many of a group's pairs, sorted, are not made up, where those come first.
fn firsts(group: &[Key], rules: &BalanceRules) -> usize {
    match rules.rank.first() {
        Some(Rank::Provenance) => group.partition_point(|key| key.provenance < Provenance::Synthetic as u8),
        _ => group.len(),
    }
}

/// How many each group gives so that `target` are given in all and what the groups have then, with what they had before, is as level as can be
/// (water-filling): no group gives more than it has. All, when there are fewer than `target`. What does not divide the first groups give.
pub(super) fn levelled(before: &[usize], sizes: &[usize], target: usize) -> Vec<usize> {
    let given = |level: usize| -> Vec<usize> {
        sizes.iter().zip(before).map(|(size, before)| level.saturating_sub(*before).min(*size)).collect()
    };
    let (mut low, mut high) = (0, sizes.iter().zip(before).map(|(size, before)| size + before).max().unwrap_or(0));
    if sizes.iter().sum::<usize>() <= target {
        return sizes.to_vec();
    }
    // The highest level that does not give too many.
    while low < high {
        let middle = (low + high).div_ceil(2);
        if given(middle).iter().sum::<usize>() <= target {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    let mut quotas = given(low);
    let mut left = target - quotas.iter().sum::<usize>();
    for (quota, more) in quotas.iter_mut().zip(given(low + 1)) {
        if left > 0 && more > *quota {
            (*quota, left) = (more, left - 1);
        }
    }
    quotas
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(order: u64) -> Key {
        Key {
            order,
            question: 0,
            line: 0,
            shard: 0,
            source: (order % 3) as u16,
            step: 0,
            pair: 0,
            error: 0,
            complexity: (order % 7) as u16,
            bin: (order % 5) as u8,
            provenance: (order % 2) as u8,
            in_words: false,
            malformed: order.is_multiple_of(4),
        }
    }

    #[test]
    fn borders_of_bins_belong_to_the_lower_one() {
        for (intensity, expected) in [
            (0.01, 0),
            (0.1, 0),
            (0.100_000_1, 1),
            (0.3, 2),
            (1.0 - 0.7, 2),
            (0.5, 4),
            (2.0 / 3.0, 6),
            (0.9, 8),
            (1.0, 9),
        ] {
            assert_eq!(bin(intensity, 10), expected, "{intensity}");
        }
        assert_eq!((bin(0.0, 10), bin(1.0, 1)), (0, 0));
    }

    #[test]
    fn what_small_groups_lack_the_others_give() {
        assert_eq!(levelled(&[0; 3], &[2, 100, 100], 62), [2, 30, 30]);
        assert_eq!(levelled(&[0; 3], &[100, 5, 100], 106), [51, 5, 50]);
        assert_eq!(levelled(&[0; 3], &[1, 2, 3], 100), [1, 2, 3]);
        assert_eq!(levelled(&[10, 0, 4], &[100, 100, 100], 10), [0, 7, 3]);
        assert_eq!(levelled(&[], &[], 10), Vec::<usize>::new());
    }

    #[test]
    fn models_errors_come_first_in_all_groups() {
        let rules = BalanceRules { target: 40, malformed_share: 0.0, ..BalanceRules::default() };
        let mut groups = Groups::new(&rules);
        // Of one source there are made-up ones only, of the other one many of both.
        for (order, (source, provenance)) in (0..100).zip([(0, 3), (1, 1), (1, 3)].into_iter().cycle()) {
            groups.add(Key { source, provenance, malformed: false, bin: 0, ..key(order) });
        }
        let taken = groups.take().keys;
        let count =
            |source, provenance| taken.iter().filter(|k| (k.source, k.provenance) == (source, provenance)).count();
        assert_eq!((count(1, 1), count(0, 3), count(1, 3)), (33, 7, 0));
    }

    proptest! {
        #[test]
        fn levelling_gives_what_is_wanted_and_evenly(
            groups in proptest::collection::vec((0_usize..40, 0_usize..60), 0..12),
            target in 0_usize..300,
        ) {
            let (before, sizes): (Vec<usize>, Vec<usize>) = groups.into_iter().unzip();
            let quotas = levelled(&before, &sizes, target);
            prop_assert_eq!(quotas.iter().sum::<usize>(), target.min(sizes.iter().sum()));
            let level: Vec<usize> = quotas.iter().zip(&before).map(|(a, b)| a + b).collect();
            for (i, (given, size)) in quotas.iter().zip(&sizes).enumerate() {
                prop_assert!(given <= size);
                // Who has more to give than he gives stands no lower than anybody who gave something, but for what does not divide.
                if given < size {
                    prop_assert!((0..sizes.len()).all(|j| quotas[j] == 0 || level[j] <= level[i] + 1));
                }
            }
        }

        #[test]
        fn what_is_taken_depends_on_no_order_and_on_nothing_that_was_cut_off(seed in 0_u64..1000, target in 1_usize..60) {
            let rules = BalanceRules { target, malformed_share: 0.25, ..BalanceRules::default() };
            let keys: Vec<Key> = (0..200).map(|i| key(i * 7919 % 1009)).collect();
            let taken = |keys: &[Key]| {
                let mut groups = Groups::new(&rules);
                for key in keys {
                    groups.add(*key);
                }
                groups.take().keys
            };
            let mut shuffled = keys.clone();
            shuffled.sort_by_key(|key| key.order.wrapping_mul(seed * 2 + 1) % 4093);
            let (first, second) = (taken(&keys), taken(&shuffled));
            prop_assert_eq!(&first, &second);
            let malformed = first.iter().filter(|key| key.malformed).count();
            prop_assert!(malformed as f64 <= target as f64 * 0.25);
            prop_assert!(first.len() <= target);
        }
    }

    #[test]
    fn the_first_of_a_rank_are_taken() {
        let rules = BalanceRules { target: 10, group_by: vec![], ..BalanceRules::default() };
        let mut groups = Groups::new(&rules);
        let readable = |i| Key { malformed: false, ..key(i) };
        (0..100).for_each(|i| groups.add(readable(i)));
        let taken = groups.take();
        assert_eq!((taken.keys.len(), taken.added), (10, 100));
        assert!(taken.keys.iter().all(|key| key.provenance == 0));
        let least = taken.keys.iter().map(|key| key.complexity).min().unwrap();
        let better = (0..100).map(key).filter(|k| k.provenance == 0 && k.complexity > least).count();
        assert!(better < 10, "{least} {better}");
    }
}
