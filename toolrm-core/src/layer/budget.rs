//! [`Budget`]: so much and no more.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use web_time::Instant;

use crate::{
    error::{ErrorKind, JudgeError},
    judge::{Comparison, JudgeCard, PairItem, ScoreItem, ToolCallJudge},
    layer::ask::{Answers, Question, ask_once, copy_error, forwarded, judge_by_ask},
    observe::CallOptions,
    score::{Outcome, Score},
};

/// What may be spent; `None` = as much as you like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct BudgetLimits {
    /// Calls of the judge, each of at most its `max_batch` items.
    pub calls: Option<u64>,
    /// Items: candidates scored and pairs compared.
    pub items: Option<u64>,
    /// Time since the first call.
    pub time: Option<Duration>,
}

impl BudgetLimits {
    /// Allows so many calls.
    pub fn with_calls(mut self, calls: u64) -> Self {
        self.calls = Some(calls);
        self
    }

    /// Allows so many items.
    pub fn with_items(mut self, items: u64) -> Self {
        self.items = Some(items);
        self
    }

    /// Allows so much time.
    pub fn with_time(mut self, time: Duration) -> Self {
        self.time = Some(time);
        self
    }
}

/// What was spent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Spent {
    /// Calls of the judge.
    pub calls: u64,
    /// Items asked.
    pub items: u64,
    /// Time since the first call; zero before.
    pub time: Duration,
}

#[derive(Debug, Default)]
struct State {
    calls: u64,
    items: u64,
    start: Option<Instant>,
}

/// Lets the judge be asked until the budget is spent, over all calls and all clones. Items over it fail with
/// [`ErrorKind::Budget`], each for itself: what was judged stands, and nothing further is asked. A time budget is also a
/// deadline of the calls inside it. What a call was meant to cost is spent when it starts, whether it succeeds or not.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), toolrm_core::error::JudgeError> {
/// use toolrm_core::{call::Candidate, layer::BudgetLimits, prelude::*};
/// # let task = Task::new(vec![Message::user("hi")], Toolset::new(vec![]).unwrap());
/// let even = scorer_fn("even", |_: &Task, _: &Candidate| Outcome::Judged(Score::new(0.5)));
/// let judge = FromScorer::new(even).budget(BudgetLimits::default().with_items(2));
/// let candidates = ["a", "b", "c"].map(Candidate::text);
/// let items = candidates.each_ref().map(|candidate| ScoreItem { task: &task, candidate });
/// let out = judge.score(&items, &CallOptions::default()).await?;
/// assert!(out[1].as_judged().is_some());
/// assert_eq!(out[2].as_failed().unwrap().kind(), ErrorKind::Budget);
/// assert_eq!(judge.spent().items, 2);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Budget<J> {
    inner: J,
    card: JudgeCard,
    limits: BudgetLimits,
    state: Arc<Mutex<State>>,
}

impl<J> Budget<J> {
    /// What was spent so far.
    pub fn spent(&self) -> Spent {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        Spent { calls: state.calls, items: state.items, time: state.start.map_or(Duration::ZERO, |s| s.elapsed()) }
    }
}

impl<J: ToolCallJudge> Budget<J> {
    /// Wraps a judge; the time starts with the first call.
    pub fn new(inner: J, limits: BudgetLimits) -> Self {
        let card = inner.card().clone();
        Self { inner, card, limits, state: Arc::default() }
    }

    async fn ask<Q: Question>(&self, items: &[Q], options: &CallOptions) -> Answers<Q::Answer> {
        let mut out = Vec::with_capacity(items.len());
        while let Some(rest) = items.get(out.len()..).filter(|rest| !rest.is_empty()) {
            let start = out.len();
            let (granted, end) = match self.reserve(rest.len().min(self.card.max_batch.max(1))) {
                Ok(granted) => granted,
                Err(over) => {
                    out.extend(rest.iter().map(|_| Outcome::Failed(copy_error(&over))));
                    break;
                }
            };
            let mut inner = forwarded(options, move |i| start + i);
            inner.deadline = [options.deadline, end].into_iter().flatten().min();
            let batch = rest.get(..granted).unwrap_or(rest);
            match ask_once(&self.inner, batch, &inner).await {
                Ok(answers) => out.extend(answers.into_iter().map(|a| self.in_budget_terms(a, end))),
                Err(e) if late(&e, end) && options.check().is_ok() => {
                    out.extend(batch.iter().map(|_| Outcome::Failed(self.over_time())));
                }
                Err(e) if start == 0 || e.kind() == ErrorKind::Cancelled => return Err(e),
                Err(e) => {
                    out.extend(rest.iter().map(|_| Outcome::Failed(copy_error(&e))));
                    break;
                }
            }
        }
        Ok(out)
    }

    /// Takes one call of up to `wanted` items out of the budget: how many, and when the time is up. The error says what is spent.
    fn reserve(&self, wanted: usize) -> Result<(usize, Option<Instant>), JudgeError> {
        let BudgetLimits { calls, items, time } = self.limits;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let start = *state.start.get_or_insert_with(Instant::now);
        let left = items.map_or(u64::MAX, |max| max.saturating_sub(state.items));
        let granted = wanted.min(usize::try_from(left).unwrap_or(usize::MAX));
        if granted == 0 {
            return Err(over(&format!("{} items", state.items)));
        }
        if calls.is_some_and(|max| state.calls >= max) {
            return Err(over(&format!("{} calls", state.calls)));
        }
        if time.is_some_and(|max| start.elapsed() >= max) {
            return Err(self.over_time());
        }
        state.calls += 1;
        state.items += granted as u64;
        Ok((granted, time.and_then(|max| start.checked_add(max))))
    }

    fn over_time(&self) -> JudgeError {
        over(&format!("{:?}", self.limits.time.unwrap_or_default()))
    }

    /// An item that ran into the end of the time budget failed for the budget.
    fn in_budget_terms<A>(&self, outcome: Outcome<A>, end: Option<Instant>) -> Outcome<A> {
        match outcome {
            Outcome::Failed(e) if late(&e, end) => Outcome::Failed(self.over_time().with_source(e)),
            other => other,
        }
    }
}

fn over(what: &str) -> JudgeError {
    JudgeError::new(ErrorKind::Budget, format!("the budget of {what} is spent: this item was not judged"))
}

fn late(error: &JudgeError, end: Option<Instant>) -> bool {
    error.kind() == ErrorKind::Timeout && end.is_some_and(|end| Instant::now() >= end)
}

judge_by_ask!(Budget<J>);
