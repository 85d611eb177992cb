//! [`Limit`]: not too many calls at once.

use std::sync::Arc;

use futures_util::future::join_all;
use tokio::sync::Semaphore;

use crate::{
    error::{ErrorKind, JudgeError},
    judge::{Comparison, JudgeCard, PairItem, ScoreItem, ToolCallJudge},
    layer::ask::{Answers, Question, ask_once, copy_error, forwarded, judge_by_ask},
    observe::CallOptions,
    score::{Outcome, Score},
};

/// Splits a batch into batches of the judge's `max_batch` and runs at most `n` of them at once, over all calls and all clones.
///
/// Other layers ask the batches one after the other; this one is for judges behind a network. When some of the batches break as
/// a whole, their items fail and the others stand; when all do, so does the call. It takes batches of any size.
///
/// ```
/// use toolrm_core::prelude::*;
/// let judge = FromScorer::new(RuleScorer::default()).limit(8).both_orders();
/// ```
#[derive(Debug, Clone)]
pub struct Limit<J> {
    inner: J,
    card: JudgeCard,
    permits: Arc<Semaphore>,
}

impl<J: ToolCallJudge> Limit<J> {
    /// At most `n` calls at once; 0 counts as 1.
    pub fn new(inner: J, n: usize) -> Self {
        let card = inner.card().clone().with_max_batch(usize::MAX);
        Self { inner, card, permits: Arc::new(Semaphore::new(n.clamp(1, Semaphore::MAX_PERMITS))) }
    }

    async fn ask<Q: Question>(&self, items: &[Q], options: &CallOptions) -> Answers<Q::Answer> {
        let size = self.inner.card().max_batch.max(1);
        let batches = items.chunks(size).enumerate().map(|(k, batch)| self.batch(batch, k * size, options));
        let mut answers = join_all(batches).await;
        if !answers.is_empty() && answers.iter().all(Result::is_err) {
            return answers.swap_remove(0);
        }
        let mut out = Vec::with_capacity(items.len());
        for (batch, answers) in items.chunks(size).zip(answers) {
            match answers {
                Ok(answers) => out.extend(answers),
                Err(e) if e.kind() == ErrorKind::Cancelled => return Err(e),
                Err(e) => out.extend(batch.iter().map(|_| Outcome::Failed(copy_error(&e)))),
            }
        }
        Ok(out)
    }

    async fn batch<Q: Question>(&self, batch: &[Q], start: usize, options: &CallOptions) -> Answers<Q::Answer> {
        let closed = |_| JudgeError::new(ErrorKind::Backend, "the limit's semaphore is closed");
        let _permit = match self.permits.try_acquire() {
            Ok(permit) => permit,
            Err(_) => options.or_stopped(self.permits.acquire()).await?.map_err(closed)?,
        };
        ask_once(&self.inner, batch, &forwarded(options, move |i| start + i)).await
    }
}

judge_by_ask!(Limit<J>);
