//! Judges on preference pairs: reading them, judging them, counting, reporting.

use toolrm_core::{
    call::Candidate,
    canonical::Fingerprint,
    error::JudgeError,
    judge::{Comparison, PairItem, ScoreItem, ToolCallJudge},
    observe::CallOptions,
    score::{Outcome, Score},
};

pub(crate) mod difference;
pub(crate) mod dump;
pub(crate) mod fit;
pub(crate) mod metrics;
pub(crate) mod mistakes;
pub(crate) mod null;
pub(crate) mod read;
pub(crate) mod report;

use fit::Fit;
use metrics::{Groups, Verdict};
use mistakes::Mistakes;

/// A pair, and how many came before it.
#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) number: u64,
    /// Number of its question among those that are measured.
    pub(crate) question: usize,
    pub(crate) inner: toolrm_bench::trbench::Pair,
}

impl std::ops::Deref for Pair {
    type Target = toolrm_bench::trbench::Pair;

    fn deref(&self) -> &Self::Target {
        &self.inner
    }
}

/// A judge and how it fares.
pub(crate) struct Standing {
    judge: Box<dyn ToolCallJudge>,
    /// Whether it is one of the null judges.
    pub(crate) null: bool,
    pub(crate) categories: Groups,
    pub(crate) error_types: Groups,
    pub(crate) fit: Fit,
    /// The pairs it did not win; null judges are not examined.
    pub(crate) mistakes: Mistakes,
}

impl Standing {
    /// `keep` is the number of mistakes to remember of each kind.
    pub(crate) fn new(judge: Box<dyn ToolCallJudge>, null: bool, keep: usize) -> Self {
        Self {
            judge,
            null,
            categories: Groups::default(),
            error_types: Groups::default(),
            fit: Fit::default(),
            mistakes: Mistakes::new(if null { 0 } else { keep }),
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.judge.card().id
    }

    /// Judges some pairs, each in one order, and counts the verdicts.
    pub(crate) async fn judge<'p>(
        &mut self,
        pairs: &'p [Pair],
        options: &CallOptions,
    ) -> Result<Vec<Judged<'p>>, JudgeError> {
        let mut judged = Vec::with_capacity(pairs.len());
        for batch in pairs.chunks(self.judge.card().max_batch.max(1)) {
            let chosen_first: Vec<bool> = batch.iter().map(|p| shown_first(p, options.seed)).collect();
            let items: Vec<PairItem<'_>> = batch.iter().zip(&chosen_first).map(|(p, first)| item(p, *first)).collect();
            let verdicts = self.judge.compare(&items, options).await?;
            let mut scores = self.scores(batch, options).await?.into_iter();
            for ((pair, first), verdict) in batch.iter().zip(chosen_first).zip(verdicts) {
                let comparison = verdict.map(|v| if first { v } else { v.swapped() });
                let mut side = |candidate| Side { candidate, score: scores.next().and_then(Outcome::judged) };
                let (chosen, rejected) = (side(&pair.chosen), side(&pair.rejected));
                let judged_pair = Judged { pair, verdict: Verdict::of(&comparison), comparison, chosen, rejected };
                self.count(&judged_pair);
                judged.push(judged_pair);
            }
        }
        Ok(judged)
    }

    /// The scores of both sides of every pair, in order; none of a judge that only compares.
    async fn scores(&self, pairs: &[Pair], options: &CallOptions) -> Result<Vec<Outcome<Score>>, JudgeError> {
        if self.judge.card().pointwise.is_none() {
            return Ok(Vec::new());
        }
        let sides = pairs.iter().flat_map(|p| [(&p.task, &p.chosen), (&p.task, &p.rejected)]);
        let items: Vec<_> = sides.map(|(task, candidate)| ScoreItem { task, candidate }).collect();
        let mut scores = Vec::with_capacity(items.len());
        for batch in items.chunks(self.judge.card().max_batch.max(1)) {
            scores.extend(self.judge.score(batch, options).await?);
        }
        Ok(scores)
    }

    fn count(&mut self, judged: &Judged<'_>) {
        let Judged { pair, verdict, .. } = judged;
        self.categories.add(&pair.category, pair.question, *verdict);
        self.error_types.add(&pair.error_type, pair.question, *verdict);
        self.fit.add(judged);
        self.mistakes.add(judged);
    }
}

/// A pair with what a judge says about it.
#[derive(Debug)]
pub(crate) struct Judged<'p> {
    pub(crate) pair: &'p Pair,
    pub(crate) verdict: Verdict,
    /// The chosen one first.
    pub(crate) comparison: Outcome<Comparison>,
    pub(crate) chosen: Side<'p>,
    pub(crate) rejected: Side<'p>,
}

/// One of the two candidates, with the judge's score where it gives one.
#[derive(Debug)]
pub(crate) struct Side<'p> {
    pub(crate) candidate: &'p Candidate,
    pub(crate) score: Option<Score>,
}

/// Whether the chosen one is shown first: a coin per pair, so that a judge's liking for a place wins and loses nothing.
fn shown_first(pair: &Pair, seed: u64) -> bool {
    let drawn = Fingerprint::of(["order".to_owned(), seed.to_string(), pair.number.to_string()]);
    drawn.as_bytes().first().is_some_and(|byte| byte % 2 == 0)
}

fn item(pair: &Pair, chosen_first: bool) -> PairItem<'_> {
    let (first, second) = if chosen_first { (&pair.chosen, &pair.rejected) } else { (&pair.rejected, &pair.chosen) };
    PairItem { task: &pair.task, first, second }
}
