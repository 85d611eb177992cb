//! [`Tally`]: everything that is counted of one judge, pair by pair.

use indexmap::IndexMap;

use super::{BehaviourTally, CalibrationTally, Counts, FitTally, Group, Groups, Mistakes, TieTally, Verdict, single};
use crate::{
    report::model::Cost,
    run::PairVerdict,
    trbench::{Pair, Relation},
};

/// What is counted of one judge. Pairs of which one answer is better make its accuracies; ties and both-wrong pairs are counted by
/// themselves.
///
/// ```
/// use toolrm_bench::{metrics::Tally, run::{PairVerdict, Said}, trbench::Pair};
/// use toolrm_core::{judge::Comparison, measure::Bootstrap, prelude::*};
/// let mut tally = Tally::new(0);
/// for (number, p) in [0.9, 0.8, 0.2].into_iter().enumerate() {
///     let pair = Pair::new(Task::new(Vec::new(), Toolset::new(Vec::new())?), Candidate::text("yes"), Candidate::text("no"));
///     let mut verdict = PairVerdict::new(number as u64, "");
///     verdict.chosen_first = Some(Said::of(Outcome::Judged(Comparison::from_probability(p)), true));
///     tally.add(&pair, number, &verdict);
/// }
/// let accuracy = tally.splits.all.measured(&Bootstrap::new(3, 0));
/// assert_eq!((accuracy.n, accuracy.single.value), (3, Some(2.0 / 3.0)));
/// // Not asked in both orders.
/// assert_eq!(accuracy.both.value, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Tally {
    seed: u64,
    /// By category.
    pub splits: Groups,
    /// By what is wrong with the rejected answer.
    pub error_types: Groups,
    /// By whose the rejected answer is.
    pub rejected_models: Groups,
    /// Verdicts of the single order by category and error type.
    pub cells: IndexMap<(String, String), Counts>,
    /// Whether a tool fits, by scores.
    pub fit: FitTally,
    /// How far its probabilities can be believed.
    pub calibration: CalibrationTally,
    /// Pairs of which both answers are right.
    pub ties: TieTally,
    /// Pairs of which both answers are wrong, the chosen one less so.
    pub both_wrong: Group,
    /// How it behaves on all pairs.
    pub behaviour: BehaviourTally,
    /// What all pairs cost.
    pub cost: Cost,
    /// The pairs it did not win, where they are wanted.
    pub mistakes: Mistakes,
}

impl Tally {
    /// Nothing counted yet. `seed` is that of the coin which draws the single order.
    pub fn new(seed: u64) -> Self {
        Self { seed, ..Self::default() }
    }

    /// Also remembers the `keep` worst mistakes of each category and kind of error.
    pub fn keeping(mut self, keep: usize) -> Self {
        self.mistakes = Mistakes::new(keep);
        self
    }

    /// Counts what was said of a pair whose question has this number.
    pub fn add(&mut self, pair: &Pair, question: usize, verdict: &PairVerdict) {
        self.behaviour.add(question, verdict);
        self.cost.calls += u64::from(verdict.usage.calls);
        self.cost.prompt_tokens += verdict.usage.prompt_tokens;
        self.cost.completion_tokens += verdict.usage.completion_tokens;
        match pair.relation {
            Relation::Better => self.add_better(pair, question, verdict),
            Relation::Tie => self.ties.add(question, verdict),
            Relation::BothWrong => {
                self.both_wrong.add(question, verdict, self.seed);
                self.mistakes.add(pair, verdict, self.seed);
            }
        }
    }

    fn add_better(&mut self, pair: &Pair, question: usize, verdict: &PairVerdict) {
        let seed = self.seed;
        self.splits.add(&pair.category, question, verdict, seed);
        self.error_types.add(&pair.error_type, question, verdict, seed);
        self.rejected_models.add(&pair.rejected_from, question, verdict, seed);
        if let Some(said) = single(verdict, seed) {
            let cell = self.cells.entry((pair.category.clone(), pair.error_type.clone()));
            cell.or_default().add(Verdict::of(said));
        }
        self.fit.add(pair, question, verdict);
        self.calibration.add(question, verdict);
        self.mistakes.add(pair, verdict, seed);
    }
}
