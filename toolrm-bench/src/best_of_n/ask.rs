//! Asking the judge: every distinct answer once, or every pair of them, in batches over questions.

use toolrm_core::{
    error::{ErrorKind, JudgeError},
    judge::{Comparison, PairItem, ScoreItem, ToolCallJudge},
    layer::BothOrders,
    observe::CallOptions,
    score::{Outcome, Usage},
};

use super::{Asked, Progress, Step, field::Field};

/// Most items of a batch, whatever the judge takes: progress is told and cancellation looked at between batches.
const BATCH: usize = 256;

/// Whom to tell, and whom to listen to.
pub(super) struct Watch<'a> {
    pub(super) call: &'a CallOptions,
    pub(super) progress: &'a (dyn Fn(Progress) + Sync),
}

/// What the judge said of every pair of a question's distinct answers.
#[derive(Debug, Default)]
pub(super) struct Table {
    distinct: usize,
    /// Of i < j in order: (0, 1), (0, 2), .., (1, 2), ..; `None` without a verdict.
    pairs: Vec<Option<Comparison>>,
}

impl Table {
    /// How two of them compare.
    pub(super) fn compare(&self, first: usize, second: usize) -> Option<Comparison> {
        let (low, high) = (first.min(second), first.max(second));
        // Pairs of the answers before `low`, then those of `low`.
        let place = (low * (2 * self.distinct).saturating_sub(low + 1) / 2 + high).checked_sub(low + 1)?;
        let known = self.pairs.get(place)?.clone();
        known.map(|comparison| if first == low { comparison } else { comparison.swapped() })
    }
}

/// Scores all distinct answers.
pub(super) async fn scores(
    fields: &mut [Field<'_>],
    judge: &dyn ToolCallJudge,
    watch: &Watch<'_>,
) -> Result<Asked, JudgeError> {
    let mut items = Vec::new();
    for field in fields.iter() {
        let task = &field.group.task;
        items.extend(field.distinct.iter().map(|distinct| ScoreItem { task, candidate: distinct.candidate }));
    }
    let call = unobserved(watch.call);
    let mut outcomes = Vec::with_capacity(items.len());
    for batch in items.chunks(judge.card().max_batch.clamp(1, BATCH)) {
        call.check()?;
        outcomes.extend(whole(judge, batch.len(), judge.score(batch, &call).await?)?);
        (watch.progress)(Progress { step: Step::Judgements, done: outcomes.len(), of: items.len() });
    }
    let mut asked = Asked::default();
    for (distinct, outcome) in fields.iter_mut().flat_map(|field| &mut field.distinct).zip(outcomes) {
        let score = match outcome {
            Outcome::Judged(score) if score.value.is_nan() => {
                Outcome::Failed(JudgeError::new(ErrorKind::Backend, "the judge gave NaN for a score"))
            }
            outcome => outcome,
        };
        distinct.score = asked.note(score, |score| score.usage).map(|score| step(score.value));
    }
    Ok(asked)
}

/// Compares all pairs of distinct answers of each question.
pub(super) async fn tables(
    fields: &[Field<'_>],
    judge: &dyn ToolCallJudge,
    watch: &Watch<'_>,
) -> Result<(Vec<Table>, Asked), JudgeError> {
    let both = BothOrders::new(judge);
    let judge: &dyn ToolCallJudge = if judge.card().symmetric { judge } else { &both };
    let mut items = Vec::new();
    for field in fields {
        for (i, first) in field.distinct.iter().enumerate() {
            let later = field.distinct.iter().skip(i + 1);
            let task = &field.group.task;
            items.extend(later.map(|second| PairItem { task, first: first.candidate, second: second.candidate }));
        }
    }
    let call = unobserved(watch.call);
    let mut outcomes = Vec::with_capacity(items.len());
    for batch in items.chunks(judge.card().max_batch.clamp(1, BATCH)) {
        call.check()?;
        outcomes.extend(whole(judge, batch.len(), judge.compare(batch, &call).await?)?);
        (watch.progress)(Progress { step: Step::Judgements, done: outcomes.len(), of: items.len() });
    }
    let (mut asked, mut outcomes) = (Asked::default(), outcomes.into_iter());
    let mut tables = Vec::with_capacity(fields.len());
    for field in fields {
        let distinct = field.distinct.len();
        let pairs = outcomes.by_ref().take(distinct * distinct.saturating_sub(1) / 2);
        let pairs = pairs.map(|outcome| asked.note(probability(outcome), |comparison| comparison.usage));
        tables.push(Table { distinct, pairs: pairs.collect() });
    }
    Ok((tables, asked))
}

impl Asked {
    /// Counts an outcome; what was judged is handed on.
    fn note<T>(&mut self, outcome: Outcome<T>, usage: impl Fn(&T) -> Usage) -> Option<T> {
        match outcome {
            Outcome::Judged(judgement) => {
                self.judged += 1;
                self.usage = self.usage + usage(&judgement);
                return Some(judgement);
            }
            Outcome::Abstained { .. } => self.abstained += 1,
            _ => self.failed += 1,
        }
        None
    }
}

fn probability(outcome: Outcome<Comparison>) -> Outcome<Comparison> {
    match outcome {
        Outcome::Judged(comparison) if !(0.0..=1.0).contains(&comparison.p_first) => Outcome::Failed(JudgeError::new(
            ErrorKind::Backend,
            format!("the judge gave {} for a probability", comparison.p_first),
        )),
        outcome => outcome,
    }
}

/// Items are numbered within their batch, which tells an observer nothing.
fn unobserved(call: &CallOptions) -> CallOptions {
    let mut call = call.clone();
    call.observer = None;
    call
}

/// A judge answers every item; without that, which answer belongs to which item is not known.
fn whole<T>(judge: &dyn ToolCallJudge, asked: usize, answers: Vec<Outcome<T>>) -> Result<Vec<Outcome<T>>, JudgeError> {
    if answers.len() == asked {
        return Ok(answers);
    }
    let said = format!("judge \"{}\" gave {} answers to {asked} items", judge.card().id, answers.len());
    Err(JudgeError::new(ErrorKind::Backend, said))
}

/// Scores are compared in steps of 1e-6, as core's selectors do: noise of the last bits decides nothing.
#[allow(clippy::cast_possible_truncation, reason = "saturates for huge values, which keep their order")]
fn step(score: f64) -> i64 {
    // Above what no score at all counts as.
    ((score * 1e6).round() as i64).max(i64::MIN + 1)
}
