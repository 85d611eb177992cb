//! Does any tool fit? Told by the scores alone, free of any threshold: calls that were right where a call was due, against calls
//! made where none was.

use serde_json::{Value, json};
use toolrm_core::measure::{Bootstrap, Separation};

use super::{Judged, metrics::Measured};

/// BFCL's categories in which no tool fits: every call is wrong.
const IRRELEVANCE: [&str; 2] = ["irrelevance", "live_irrelevance"];
/// Of its right answers one cannot say whether the call is right, only that there is one.
const RELEVANCE: &str = "live_relevance";
/// The share of the right calls that a threshold is to keep, in percent.
const KEPT: u32 = 90;

/// Scores of calls, each with the number of its question; one score per pair and side, as often as the pairs have it.
#[derive(Debug, Default)]
pub(crate) struct Fit {
    /// Chosen calls of categories where a call is due.
    right: Vec<(f64, usize)>,
    /// Rejected calls of categories where none is.
    irrelevant: Vec<(f64, usize)>,
}

/// What the scores tell.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fitness {
    pub(crate) auc: Measured,
    pub(crate) rejected_at_90: Measured,
    right: usize,
    irrelevant: usize,
}

impl Fit {
    pub(crate) fn add(&mut self, judged: &Judged<'_>) {
        let (category, question) = (judged.pair.category.as_str(), judged.pair.question);
        let (side, scores) = if IRRELEVANCE.contains(&category) {
            (&judged.rejected, &mut self.irrelevant)
        } else if category == RELEVANCE {
            return;
        } else {
            (&judged.chosen, &mut self.right)
        };
        let calls = !side.candidate.action.calls().is_empty();
        scores.extend(side.score.as_ref().filter(|_| calls).map(|score| (score.value, question)));
    }

    /// `None` where there are no such calls, or the judge does not score.
    pub(crate) fn measured(&self, bootstrap: &Bootstrap) -> Option<Fitness> {
        let scores = Separation::new(&self.right, &self.irrelevant);
        Some(Fitness {
            auc: Measured {
                value: Some(scores.auc()?),
                interval: bootstrap.interval(|weights| scores.weighted_auc(weights)),
            },
            rejected_at_90: Measured {
                value: scores.rejected_keeping(KEPT),
                interval: bootstrap.interval(|weights| scores.weighted_rejected_keeping(KEPT, weights)),
            },
            right: self.right.len(),
            irrelevant: self.irrelevant.len(),
        })
    }
}

impl Fitness {
    /// The members of a judge's JSON: `fit`, its intervals, and how many calls it is made of.
    pub(crate) fn to_json(self) -> [(&'static str, Value); 3] {
        let Self { auc, rejected_at_90, right, irrelevant } = self;
        [
            ("fit", json!({"auc": auc.value, "rejected_at_90": rejected_at_90.value})),
            ("fit_ci", json!({"auc": auc.interval, "rejected_at_90": rejected_at_90.interval})),
            ("fit_calls", json!({"right": right, "irrelevant": irrelevant})),
        ]
    }
}
