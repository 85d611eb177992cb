//! Accuracy of groups of pairs: single order, both orders, mean of the orders.

use indexmap::IndexMap;
use toolrm_core::{canonical::Fingerprint, measure::Bootstrap};

use super::{Counts, Mean, Measured, Verdict, mean::mean_of_means};
use crate::{
    bfcl::category::Category,
    report::model::Accuracy,
    run::{PairVerdict, Said},
};

/// Whether the chosen answer of a pair is shown first in the order that counts as its single one: a coin per pair, so that a judge's
/// liking for a place wins and loses nothing.
pub fn shown_first(pair: u64, seed: u64) -> bool {
    let drawn = Fingerprint::of(["order".to_owned(), seed.to_string(), pair.to_string()]);
    drawn.as_bytes().first().is_some_and(|byte| byte % 2 == 0)
}

/// What was said in the single order: the one the coin draws, or the only one that was asked. `None` when none was.
pub fn single(verdict: &PairVerdict, seed: u64) -> Option<&Said> {
    let (first, second) = (verdict.chosen_first.as_ref(), verdict.chosen_second.as_ref());
    if shown_first(verdict.number, seed) { first.or(second) } else { second.or(first) }
}

/// What was said in both orders, with the chosen answer first and second; `None` when only one was asked.
pub fn both(verdict: &PairVerdict) -> Option<[&Said; 2]> {
    Some([verdict.chosen_first.as_ref()?, verdict.chosen_second.as_ref()?])
}

/// Whether it is right in both orders, strictly: a pair without a winner is not right.
pub fn right_in_both(said: [&Said; 2]) -> bool {
    said.into_iter().all(|said| Verdict::of(said) == Verdict::Right)
}

/// The pairs of a row: a category, a kind of error, or all.
///
/// - single order: the mean of the points of [`single`], 1, 1/2 or 0 each ([`Verdict::points`]);
/// - both orders: the share of pairs that are [`right_in_both`], of those asked in both (TRBench's measure of generative judges,
///   arXiv 2510.26167);
/// - mean of orders: the mean of the points of both orders.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Group {
    /// The verdicts of the single order.
    pub counts: Counts,
    /// Points of the single order.
    pub single: Mean,
    /// Whether it was right in both orders.
    pub both: Mean,
    /// Points of both orders.
    pub mean_of_orders: Mean,
}

impl Group {
    /// Counts a pair of the question with this number; `seed` is that of the coin.
    pub fn add(&mut self, question: usize, verdict: &PairVerdict, seed: u64) {
        if let Some(said) = single(verdict, seed) {
            let verdict = Verdict::of(said);
            self.counts.add(verdict);
            self.single.add(question, verdict.points());
        }
        if let Some(said) = both(verdict) {
            self.both.add(question, f64::from(u8::from(right_in_both(said))));
            let points: f64 = said.into_iter().map(Said::points).sum();
            self.mean_of_orders.add(question, points / 2.0);
        }
    }

    /// All of it with intervals.
    pub fn measured(&self, bootstrap: &Bootstrap) -> Accuracy {
        Accuracy {
            n: self.counts.n(),
            questions: self.single.questions() as u64,
            single: self.single.measured(bootstrap),
            both: self.both.measured(bootstrap),
            mean_of_orders: self.mean_of_orders.measured(bootstrap),
            counts: self.counts,
        }
    }
}

/// Groups by name, in the order they first occur.
#[derive(Debug, Clone, Default)]
pub struct Groups {
    named: IndexMap<String, Group>,
    /// The pairs of all groups.
    pub all: Group,
}

impl Groups {
    /// Counts a pair of the group of this name.
    pub fn add(&mut self, name: &str, question: usize, verdict: &PairVerdict, seed: u64) {
        if !self.named.contains_key(name) {
            self.named.insert(name.to_owned(), Group::default());
        }
        for group in self.named.get_mut(name).into_iter().chain([&mut self.all]) {
            group.add(question, verdict, seed);
        }
    }

    /// The groups with their names.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Group)> {
        self.named.iter().map(|(name, group)| (name.as_str(), group))
    }

    /// The group of this name.
    pub fn get(&self, name: &str) -> Option<&Group> {
        self.named.get(name)
    }

    /// Mean over the groups, each weighing the same: `figure` says of what.
    pub fn mean(&self, figure: fn(&Group) -> &Mean, bootstrap: &Bootstrap) -> Measured {
        mean_of_means(&self.named.values().map(figure).collect::<Vec<_>>(), bootstrap)
    }

    /// Whether there is a group for each of [`Category::CALLS`].
    pub fn has_calls(&self) -> bool {
        Category::CALLS.iter().all(|category| self.named.contains_key(category.name()))
    }

    /// Mean over [`Category::CALLS`]; `None` unless all of them are there.
    pub fn mean_of_calls(&self, figure: fn(&Group) -> &Mean, bootstrap: &Bootstrap) -> Option<Measured> {
        let calls: Option<Vec<&Mean>> =
            Category::CALLS.iter().map(|category| self.get(category.name()).map(figure)).collect();
        Some(mean_of_means(&calls?, bootstrap))
    }
}
