//! Which of the pairs that were taken are kept aside: whole groups of questions that are nearly the same.

use std::collections::{BTreeMap, HashSet};

use toolrm_core::canonical::Fingerprint;

use super::{balance::Key, config::SplitRules, manifest::NearDuplicates};
use crate::overlap::clusters;

/// The pairs on both sides, in their order.
#[derive(Debug)]
pub(super) struct Sides {
    pub(super) train: Vec<Key>,
    pub(super) validation: Vec<Key>,
    pub(super) near_duplicates: NearDuplicates,
}

/// Splits by question. `texts` are the questions' texts by key. Groups of near-duplicates are taken in drawn order, each as a whole and
/// only where it fits, until the validation pairs are as many as are wanted; a group of more pairs than are wanted stays for training.
pub(super) fn split(keys: Vec<Key>, texts: &BTreeMap<u64, String>, rules: &SplitRules, seed: u64) -> Sides {
    let questions: Vec<u64> = texts.keys().copied().collect();
    let words: Vec<&str> = texts.values().map(String::as_str).collect();
    // The group of a question is named by the smallest key in it: by no order in which they came.
    let group_of: BTreeMap<u64, u64> = questions
        .iter()
        .zip(clusters(&words, rules.near_duplicate))
        .map(|(question, first)| (*question, questions.get(first).copied().unwrap_or(*question)))
        .collect();
    let mut sizes: BTreeMap<u64, (usize, u64)> = BTreeMap::new();
    for group in group_of.values() {
        sizes.entry(*group).or_default().1 += 1;
    }
    for key in &keys {
        if let Some(group) = group_of.get(&key.question) {
            sizes.entry(*group).or_default().0 += 1;
        }
    }
    let near_duplicates = NearDuplicates {
        questions: questions.len() as u64,
        groups: sizes.values().filter(|(_, questions)| *questions > 1).count() as u64,
        in_groups: sizes.values().map(|(_, questions)| *questions).filter(|questions| *questions > 1).sum(),
    };
    let aside = drawn(&sizes, rules.validation.min(keys.len() / 2), seed);
    let is_aside = |key: &Key| group_of.get(&key.question).is_some_and(|group| aside.contains(group));
    let (validation, train) = keys.into_iter().partition(is_aside);
    Sides { train, validation, near_duplicates }
}

/// Groups with as many pairs as are wanted, in all.
fn drawn(sizes: &BTreeMap<u64, (usize, u64)>, wanted: usize, seed: u64) -> HashSet<u64> {
    let order =
        |group: &u64| Fingerprint::of([b"split".as_slice(), &seed.to_le_bytes(), &group.to_le_bytes()]).first_bits();
    let mut groups: Vec<(u64, u64, usize)> =
        sizes.iter().map(|(group, (pairs, _))| (order(group), *group, *pairs)).collect();
    groups.sort_unstable();
    let (mut left, mut aside) = (wanted, HashSet::new());
    for (_, group, pairs) in groups {
        if pairs > 0 && pairs <= left {
            left -= pairs;
            aside.insert(group);
        }
    }
    aside
}

/// Which of some pairs are so: the given share of them, by draw.
pub(super) fn share(keys: &[Key], share: f64, seed: u64, what: &str) -> HashSet<u64> {
    let order =
        |key: &Key| Fingerprint::of([what.as_bytes(), &seed.to_le_bytes(), &key.order.to_le_bytes()]).first_bits();
    let mut drawn: Vec<(u64, u64)> = keys.iter().map(|key| (order(key), key.order)).collect();
    drawn.sort_unstable();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a number of pairs")]
    let wanted = (keys.len() as f64 * share).round() as usize;
    drawn.into_iter().take(wanted).map(|(_, order)| order).collect()
}
