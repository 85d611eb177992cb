//! Asks a judge about everything, in batches it can take.

use toolrm_core::{
    error::{ErrorKind, JudgeError},
    judge::{Comparison, PairItem, ScoreItem, ToolCallJudge},
    observe::CallOptions,
    score::{Outcome, Score},
};

/// How far a judge has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Items judged.
    pub done: usize,
    /// Items to judge.
    pub total: usize,
}

/// Most items asked about at once: progress is told, and cancellation heeded, between batches.
const BATCH: usize = 64;

/// Asks a judge, batch by batch, and tells how far it is.
pub(super) struct Asking<'a> {
    options: &'a CallOptions,
    tell: &'a (dyn Fn(Progress) + Sync),
    progress: Progress,
    /// Whether a batch was answered.
    began: bool,
}

impl<'a> Asking<'a> {
    pub(super) fn new(options: &'a CallOptions, tell: &'a (dyn Fn(Progress) + Sync)) -> Self {
        Self { options, tell, progress: Progress { done: 0, total: 0 }, began: false }
    }

    /// Says that there is more to judge.
    pub(super) fn expect(&mut self, items: usize) {
        self.progress.total += items;
        (self.tell)(self.progress);
    }

    pub(super) async fn compare(
        &mut self,
        judge: &dyn ToolCallJudge,
        pairs: &[PairItem<'_>],
    ) -> Result<Vec<Outcome<Comparison>>, JudgeError> {
        let mut all = Vec::with_capacity(pairs.len());
        for batch in pairs.chunks(batch_of(judge)) {
            self.options.check()?;
            let answer = judge.compare(batch, self.options).await;
            all.extend(self.settled(answer, batch.len())?);
        }
        Ok(all)
    }

    pub(super) async fn score(
        &mut self,
        judge: &dyn ToolCallJudge,
        items: &[ScoreItem<'_>],
    ) -> Result<Vec<Outcome<Score>>, JudgeError> {
        let mut all = Vec::with_capacity(items.len());
        for batch in items.chunks(batch_of(judge)) {
            self.options.check()?;
            let answer = judge.score(batch, self.options).await;
            all.extend(self.settled(answer, batch.len())?);
        }
        Ok(all)
    }

    /// One outcome for each item of a batch. A batch that fails as a whole fails its items. When it is the very first one, or the judge
    /// cannot do this at all, nothing could be done, and after a cancellation nothing will: the error is the result.
    fn settled<T>(
        &mut self,
        answer: Result<Vec<Outcome<T>>, JudgeError>,
        items: usize,
    ) -> Result<Vec<Outcome<T>>, JudgeError> {
        match answer {
            Ok(outcomes) if outcomes.len() == items => {
                self.advance(items);
                Ok(outcomes)
            }
            // Which answer belongs to which item is not known.
            Ok(outcomes) => {
                let message = format!("the judge gave {} answers to {items} items", outcomes.len());
                self.failed(JudgeError::new(ErrorKind::Backend, message), items)
            }
            Err(error) => self.failed(error, items),
        }
    }

    fn failed<T>(&mut self, error: JudgeError, items: usize) -> Result<Vec<Outcome<T>>, JudgeError> {
        if !self.began || matches!(error.kind(), ErrorKind::Cancelled | ErrorKind::Unsupported) {
            return Err(error);
        }
        self.advance(items);
        let copy = || JudgeError::new(error.kind(), error.message().to_owned());
        Ok((0..items).map(|_| Outcome::Failed(copy())).collect())
    }

    fn advance(&mut self, items: usize) {
        self.began = true;
        self.progress.done += items;
        (self.tell)(self.progress);
    }
}

fn batch_of(judge: &dyn ToolCallJudge) -> usize {
    judge.card().max_batch.clamp(1, BATCH)
}
