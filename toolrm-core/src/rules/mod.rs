//! The two rule-based scorers: the reference-free [`RuleScorer`] and the reference-based [`ReferenceScorer`].

use crate::{
    call::Candidate,
    score::{Outcome, Score, Scorer},
    task::Task,
};

pub mod reference;

pub use reference::ReferenceScorer;

/// The embedded judge: rules, no weights, no network, microseconds.
#[derive(Debug, Clone, Default)]
pub struct RuleScorer {}

impl Scorer for RuleScorer {
    fn name(&self) -> &'static str {
        "rules"
    }
    fn score(&self, task: &Task, candidate: &Candidate) -> Outcome<Score> {
        let _ = (task, candidate);
        Outcome::Judged(Score::new(0.5))
    }
}
