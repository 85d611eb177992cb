//! [`Pointwise`]: the highest score wins.

use std::cmp::Reverse;

use async_trait::async_trait;

use super::{Field, Problem, Selection, Selector, Standing, Why, verdict};
use crate::{
    call::Candidate,
    error::{ErrorKind, JudgeError},
    judge::{ScoreItem, ToolCallJudge, quantise},
    layer::ask::{ask, forwarded},
    observe::CallOptions,
    score::{Outcome, Score, Usage},
    task::Task,
};

/// Scores every candidate in one batch; the highest score wins. Scores closer than 1e-6 are equal, and the lower index wins.
/// Candidates without a score come last. [`Selection::scores`] has the findings.
#[derive(Debug, Clone, Copy, Default)]
#[allow(clippy::exhaustive_structs, reason = "there is nothing to set")]
pub struct Pointwise;

#[async_trait]
impl Selector for Pointwise {
    async fn select(
        &self,
        judge: &dyn ToolCallJudge,
        task: &Task,
        candidates: &[Candidate],
        options: &CallOptions,
    ) -> Result<Selection, JudgeError> {
        let field = Field::new(candidates)?;
        if let Some(only) = field.trivial() {
            return Ok(only);
        }
        let items: Vec<_> = field.distinct.iter().map(|candidate| ScoreItem { task, candidate }).collect();
        let mut standing = Standing::default();
        let firsts = field.firsts();
        let observed = forwarded(options, move |i| firsts.get(i).copied().unwrap_or(i));
        for (candidate, outcome) in ask(judge, &items, &observed).await?.into_iter().enumerate() {
            let score = judged(outcome).map_err(|why| Problem { candidate, others: Vec::new(), why });
            standing.usage = standing.usage + score.as_ref().map_or(Usage::default(), |s| s.usage);
            standing.strength.push(score.as_ref().ok().map(|s| s.value));
            standing.scores.push(score.map_err(|p| standing.problems.push(p)).ok());
        }
        let mut ranked: Vec<_> = standing.strength.iter().map(|s| s.map(quantise)).enumerate().collect();
        ranked.sort_by_key(|&(_, value)| Reverse(value)); // stable: the lower index stays in front; None is last
        standing.ranking = ranked.into_iter().map(|(i, _)| i).collect();
        field.finish(standing)
    }
}

fn judged(outcome: Outcome<Score>) -> Result<Score, Why> {
    match verdict(outcome)? {
        score if score.value.is_nan() => {
            Err(Why::Failed(JudgeError::new(ErrorKind::Backend, "the judge gave NaN for a score")))
        }
        score => Ok(score),
    }
}
