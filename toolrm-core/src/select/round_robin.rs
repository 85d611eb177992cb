//! [`RoundRobin`]: everybody against everybody.

use async_trait::async_trait;

use super::{Field, Selection, Selector, tally::Tally};
use crate::{
    call::Candidate,
    error::JudgeError,
    judge::{PairItem, ToolCallJudge},
    layer::ask::ask,
    observe::CallOptions,
    task::Task,
};

/// Compares every pair once, the lower index shown first, in one batch. A win is two half-points, a tie (or a comparison without
/// a verdict) one; most half-points win, then the higher mean probability, then the lower index. Put
/// [`crate::layer::BothOrders`] around a judge that may favour a position.
#[derive(Debug, Clone, Copy, Default)]
#[allow(clippy::exhaustive_structs, reason = "there is nothing to set")]
pub struct RoundRobin;

#[async_trait]
impl Selector for RoundRobin {
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
        let seats = || field.distinct.iter().copied().enumerate();
        let (indices, pairs): (Vec<_>, Vec<_>) = seats()
            .flat_map(|(a, first)| {
                seats().skip(a + 1).map(move |(b, second)| ((a, b), PairItem { task, first, second }))
            })
            .unzip();
        let mut tally = Tally::new(field.distinct.len());
        for ((a, b), outcome) in indices.into_iter().zip(ask(judge, &pairs, options).await?) {
            tally.compared(a, b, outcome);
        }
        field.finish(tally.standing())
    }
}
