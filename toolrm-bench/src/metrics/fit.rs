//! Does any tool fit? Told by the scores alone, free of any threshold: calls that were right where a call was due, against calls
//! made where none was.

use toolrm_core::measure::{Bootstrap, Separation};

use super::Measured;
use crate::{bfcl::category::Category, report::model::Fit, run::PairVerdict, trbench::Pair};

/// The share of the right calls that a threshold is to keep, in percent.
const KEPT: u32 = 90;

/// Scores of calls, each with the number of its question; one score per pair and side, as often as the pairs have it.
#[derive(Debug, Clone, Default)]
pub struct FitTally {
    /// Chosen calls of categories where a call is due.
    right: Vec<(f64, usize)>,
    /// Rejected calls of categories where none is: every call is wrong.
    irrelevant: Vec<(f64, usize)>,
}

impl FitTally {
    /// Counts a pair of which the chosen answer is right and the rejected one wrong.
    pub fn add(&mut self, pair: &Pair, question: usize, verdict: &PairVerdict) {
        let category = pair.category.parse::<Category>().ok();
        let (candidate, score, scores) = match category {
            Some(category) if category.is_irrelevance() => {
                (&pair.rejected, &verdict.rejected_score, &mut self.irrelevant)
            }
            // Of its right answers one cannot say whether the call is right, only that there is one.
            Some(Category::LiveRelevance) => return,
            _ => (&pair.chosen, &verdict.chosen_score, &mut self.right),
        };
        let calls = !candidate.action.calls().is_empty();
        scores.extend(score.as_ref().filter(|_| calls).map(|score| (score.value, question)));
    }

    /// `None` where there are no such calls, or the judge does not score.
    pub fn measured(&self, bootstrap: &Bootstrap) -> Option<Fit> {
        let scores = Separation::new(&self.right, &self.irrelevant);
        Some(Fit {
            auc: Measured {
                value: Some(scores.auc()?),
                interval: bootstrap.interval(|weights| scores.weighted_auc(weights)),
            },
            rejected_at_90: Measured {
                value: scores.rejected_keeping(KEPT),
                interval: bootstrap.interval(|weights| scores.weighted_rejected_keeping(KEPT, weights)),
            },
            right: self.right.len() as u64,
            irrelevant: self.irrelevant.len() as u64,
        })
    }
}
