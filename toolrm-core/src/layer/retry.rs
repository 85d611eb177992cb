//! [`Retry`]: what failed and may succeed is asked again.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use crate::{
    error::{ErrorKind, JudgeError},
    judge::{Comparison, JudgeCard, PairItem, ScoreItem, ToolCallJudge},
    layer::{
        ask::{Answers, Question, ask, copy_error, deltas_only, judge_by_ask},
        mix::mix,
    },
    observe::CallOptions,
    score::{Outcome, Score},
};

/// How often and how patiently to ask again.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// Most times an item is asked, the first included; 0 counts as 1.
    pub max_attempts: u32,
    /// Longest wait after the first attempt; doubles with each further one.
    pub base: Duration,
    /// Longest wait, unless the server asks for more.
    pub max_wait: Duration,
}

impl Default for RetryPolicy {
    /// Three attempts, waits of at most 0.5 s and 1 s, never over 30 s.
    fn default() -> Self {
        Self { max_attempts: 3, base: Duration::from_millis(500), max_wait: Duration::from_secs(30) }
    }
}

impl RetryPolicy {
    /// Sets the most attempts.
    pub fn with_max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts;
        self
    }

    /// Sets the first and the longest wait.
    pub fn with_waits(mut self, base: Duration, max_wait: Duration) -> Self {
        (self.base, self.max_wait) = (base, max_wait);
        self
    }

    /// The wait after attempt `attempt` (from 0): half of the exponential step, and a random part of the other half, so that
    /// calls that failed together do not come back together.
    fn wait(&self, attempt: u32, random: u64) -> Duration {
        let step = self.base.saturating_mul(2_u32.saturating_pow(attempt)).min(self.max_wait);
        step.mul_f64(0.5 + 0.5 * (random as f64 / u64::MAX as f64))
    }
}

/// Asks items again that failed in a way a repetition may mend ([`ErrorKind::is_retryable`]), and only those; the last error
/// stands when it gives up. Abstentions are answers and are not asked again.
///
/// - Waits grow exponentially, with jitter from the seed, and are at least what the server asked for
///   ([`JudgeError::retry_after`]). A wait that would outlast the deadline is not begun; cancellation ends it.
/// - [`ErrorKind::Truncated`] and [`ErrorKind::Unparseable`] are the model's doing, not the server's: they are asked again
///   without a wait, with [`CallOptions::attempt`] counted up (a judge may then spend a larger token budget) and another seed.
///   An unparseable answer of a deterministic judge is not asked again: it would come out the same.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), toolrm_core::error::JudgeError> {
/// use async_trait::async_trait;
/// use toolrm_core::{call::Candidate, layer::RetryPolicy, prelude::*};
///
/// /// Needs a larger budget than it has at first.
/// struct Wordy(JudgeCard);
/// #[async_trait]
/// impl ToolCallJudge for Wordy {
///     fn card(&self) -> &JudgeCard { &self.0 }
///     async fn score(&self, items: &[ScoreItem<'_>], o: &CallOptions) -> Result<Vec<Outcome<Score>>, JudgeError> {
///         let budget = 512 << o.attempt;
///         Ok(items.iter().map(|_| if budget < 2048 {
///             Outcome::Failed(JudgeError::new(ErrorKind::Truncated, "no verdict within the token limit"))
///         } else {
///             Outcome::Judged(Score::new(0.7))
///         }).collect())
///     }
/// }
/// # let task = Task::new(vec![Message::user("hi")], Toolset::new(vec![]).unwrap());
/// let judge = Wordy(JudgeCard::pointwise("wordy", "wordy@1", ScoreScale::Unit)).retry(RetryPolicy::default());
/// let candidate = Candidate::text("a");
/// let out = judge.score(&[ScoreItem { task: &task, candidate: &candidate }], &CallOptions::default()).await?;
/// assert!(out[0].as_judged().is_some());
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Retry<J> {
    inner: J,
    card: JudgeCard,
    policy: RetryPolicy,
    /// Retries so far, so that the jitter of calls with the same seed differs.
    retries: Arc<AtomicU64>,
}

impl<J: ToolCallJudge> Retry<J> {
    /// Wraps a judge.
    pub fn new(inner: J, policy: RetryPolicy) -> Self {
        let card = inner.card().clone();
        Self { inner, card, policy, retries: Arc::default() }
    }

    async fn ask<Q: Question>(&self, items: &[Q], options: &CallOptions) -> Answers<Q::Answer> {
        let mut out: Vec<Option<Outcome<Q::Answer>>> = items.iter().map(|_| None).collect();
        let mut pending: Vec<usize> = (0..items.len()).collect();
        let mut attempt = 0;
        loop {
            let answers = match self.attempt(items, &pending, attempt, options).await {
                Ok(answers) => answers,
                Err(e) if e.kind() == ErrorKind::Cancelled => return Err(e),
                // As long as nothing is judged, an error of the whole call stays one.
                Err(e) if pending.len() == items.len() && self.last(&e, attempt, options) => return Err(e),
                Err(e) => pending.iter().map(|_| Outcome::Failed(copy_error(&e))).collect(),
            };
            let (mut again, mut wait) = (Vec::new(), Duration::ZERO);
            for (&i, answer) in pending.iter().zip(answers) {
                match answer.as_failed() {
                    Some(e) if !self.last(e, attempt, options) => {
                        wait = wait.max(self.wait(e, attempt, options));
                        again.push(i);
                    }
                    _ => options.item_done(i),
                }
                if let Some(slot) = out.get_mut(i) {
                    *slot = Some(answer);
                }
            }
            if again.is_empty() {
                return Ok(out.into_iter().flatten().collect());
            }
            match options.pause(wait).await {
                Ok(()) => {}
                Err(e) if e.kind() == ErrorKind::Cancelled => return Err(e),
                // The deadline came while waiting: what was judged stands, and so does the last error of the rest.
                Err(_) => return Ok(out.into_iter().flatten().collect()),
            }
            self.retries.fetch_add(1, Ordering::Relaxed);
            (pending, attempt) = (again, attempt + 1);
        }
    }

    async fn attempt<Q: Question>(
        &self,
        items: &[Q],
        pending: &[usize],
        attempt: u32,
        options: &CallOptions,
    ) -> Answers<Q::Answer> {
        let batch: Vec<Q> = pending.iter().filter_map(|&i| items.get(i).copied()).collect();
        let indices = pending.to_vec();
        let mut inner = deltas_only(options, move |i| indices.get(i).copied().unwrap_or(i));
        inner.attempt = options.attempt.saturating_add(attempt);
        if attempt > 0 {
            inner.seed = mix(options.seed, attempt.into());
        }
        ask(&self.inner, &batch, &inner).await
    }

    /// Whether an error is final: it cannot be mended, the attempts are used up, or the deadline comes before the wait ends.
    fn last(&self, error: &JudgeError, attempt: u32, options: &CallOptions) -> bool {
        let hopeless = !error.is_retryable() || (error.kind() == ErrorKind::Unparseable && self.card.deterministic);
        hopeless
            || attempt + 1 >= self.policy.max_attempts
            || options.remaining().is_some_and(|left| left <= self.wait(error, attempt, options))
    }

    fn wait(&self, error: &JudgeError, attempt: u32, options: &CallOptions) -> Duration {
        if matches!(error.kind(), ErrorKind::Truncated | ErrorKind::Unparseable) {
            return Duration::ZERO;
        }
        let random = mix(options.seed, self.retries.load(Ordering::Relaxed));
        self.policy.wait(attempt, random).max(error.retry_after().unwrap_or_default())
    }
}

judge_by_ask!(Retry<J>);
