//! The pairs a judge did not win, by what they are about.

use indexmap::IndexMap;

use super::{Counts, Verdict, group::single};
use crate::{
    run::{PairVerdict, Said},
    trbench::{Pair, Relation},
};

/// Mistakes by category, kind of error and relation.
#[derive(Debug, Clone, Default)]
pub struct Mistakes {
    /// Most to remember of a kind.
    keep: usize,
    kinds: IndexMap<(String, String, Relation), Kind>,
}

/// All pairs of one kind, and the worst mistakes.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Kind {
    /// The verdicts of the single order.
    pub counts: Counts,
    /// Worst first.
    pub worst: Vec<Mistake>,
}

impl Kind {
    /// Points not won, twice over: a whole number.
    fn lost(&self) -> u64 {
        2 * self.counts.wrong + self.counts.undecided()
    }
}

/// A pair that a judge did not win in every order it was asked in.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Mistake {
    /// The pair.
    pub pair: Pair,
    /// What was said of it.
    pub said: PairVerdict,
    /// The verdict of the single order.
    pub verdict: Verdict,
    /// By how much it liked the rejected answer better: by its scores, or else by its probabilities, 1 - 2p.
    pub gap: f64,
}

impl Mistakes {
    /// Remembers at most `keep` of each kind; with 0 none are looked at.
    pub fn new(keep: usize) -> Self {
        Self { keep, kinds: IndexMap::new() }
    }

    /// Whether mistakes are looked at.
    pub fn kept(&self) -> bool {
        self.keep > 0
    }

    /// Looks at a pair of which the chosen answer is the better one; `seed` is that of the coin which draws the single order.
    pub fn add(&mut self, pair: &Pair, said: &PairVerdict, seed: u64) {
        let Some(verdict) = single(said, seed).map(Verdict::of).filter(|_| self.kept()) else { return };
        let key = (pair.category.clone(), pair.error_type.clone(), pair.relation);
        let kind = self.kinds.entry(key).or_default();
        kind.counts.add(verdict);
        let orders = said.chosen_first.iter().chain(&said.chosen_second);
        if orders.map(Verdict::of).all(|verdict| verdict == Verdict::Right) {
            return;
        }
        let gap = gap(said);
        // Of equally bad ones the earlier one stays.
        let place = kind.worst.partition_point(|other| other.gap >= gap);
        if place < self.keep {
            kind.worst.insert(place, Mistake { pair: pair.clone(), said: said.clone(), verdict, gap });
            kind.worst.truncate(self.keep);
        }
    }

    /// The kinds with mistakes by category, kind of error and relation, where most was lost first.
    pub fn kinds(&self) -> Vec<((&str, &str, Relation), &Kind)> {
        let mut kinds: Vec<_> = self.kinds.iter().filter(|(_, kind)| !kind.worst.is_empty()).collect();
        kinds.sort_by_key(|(_, kind)| std::cmp::Reverse(kind.lost()));
        kinds
            .into_iter()
            .map(|((category, error, relation), kind)| ((&**category, &**error, *relation), kind))
            .collect()
    }
}

fn gap(said: &PairVerdict) -> f64 {
    let by_scores = said.chosen_score.as_ref().zip(said.rejected_score.as_ref()).map(|(c, r)| r.value - c.value);
    by_scores.unwrap_or_else(|| p_chosen(said).map_or(0.0, |p| 1.0 - 2.0 * p))
}

/// The probability that the chosen answer is better, averaged over the orders that were judged; `None` when none was.
pub fn p_chosen(said: &PairVerdict) -> Option<f64> {
    let orders = said.chosen_first.iter().chain(&said.chosen_second);
    let said: Vec<f64> = orders
        .filter_map(|said| match said {
            Said::Judged { p_chosen, .. } => Some(*p_chosen),
            _ => None,
        })
        .collect();
    (!said.is_empty()).then(|| said.iter().sum::<f64>() / said.len() as f64)
}
