//! How layers and selectors put questions to a judge: the two kinds of question as one, batches, and whom the observer hears.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    canonical::Fingerprint,
    error::{ErrorKind, JudgeError},
    judge::{Comparison, JudgeCard, PairItem, ScoreItem, ToolCallJudge},
    layer::cached::Judgement,
    observe::{CallOptions, Observer},
    score::{Outcome, Score, Usage},
};

/// What a judge answers to a batch: one outcome per item, or nothing at all.
pub(crate) type Answers<A> = Result<Vec<Outcome<A>>, JudgeError>;

/// One item to be judged, of either kind: a layer that treats scores and comparisons alike is written once.
#[async_trait]
pub(crate) trait Question: Copy + Send + Sync {
    /// What the judge says.
    type Answer: Answer;
    /// The name of the kind, for cache keys and traces.
    const KIND: &'static str;
    /// Whether a judge with this card answers this kind at all.
    fn is_answered_by(card: &JudgeCard) -> bool;
    /// Asks the judge, once.
    async fn put(items: &[Self], judge: &dyn ToolCallJudge, options: &CallOptions) -> Answers<Self::Answer>;
    /// What is asked, in the order it is shown.
    fn fingerprint(&self) -> Fingerprint;
}

/// A judgement of either kind.
pub(crate) trait Answer: Clone + Send {
    /// What it cost.
    fn usage(&self) -> Usage;
    /// The same answer at another cost.
    fn with_cost(self, usage: Usage) -> Self;
    /// How far it is from "cannot say", in \[0, 0.5\], if it tells.
    fn certainty(&self) -> Option<f64>;
    /// As a cache keeps it.
    fn into_judgement(self) -> Judgement;
    /// From a cache; `None` when the cache holds the other kind.
    fn from_judgement(judgement: Judgement) -> Option<Self>;
}

#[async_trait]
impl Question for ScoreItem<'_> {
    type Answer = Score;
    const KIND: &'static str = "score";

    fn is_answered_by(card: &JudgeCard) -> bool {
        card.pointwise.is_some()
    }

    async fn put(items: &[Self], judge: &dyn ToolCallJudge, options: &CallOptions) -> Answers<Score> {
        judge.score(items, options).await
    }

    fn fingerprint(&self) -> Fingerprint {
        let candidate = Fingerprint::of_action(&self.candidate.action);
        Fingerprint::of([self.task.fingerprint().as_bytes(), candidate.as_bytes()])
    }
}

#[async_trait]
impl Question for PairItem<'_> {
    type Answer = Comparison;
    const KIND: &'static str = "compare";

    fn is_answered_by(card: &JudgeCard) -> bool {
        card.pairwise
    }

    async fn put(items: &[Self], judge: &dyn ToolCallJudge, options: &CallOptions) -> Answers<Comparison> {
        judge.compare(items, options).await
    }

    fn fingerprint(&self) -> Fingerprint {
        let [first, second] = [self.first, self.second].map(|c| Fingerprint::of_action(&c.action));
        Fingerprint::of([self.task.fingerprint().as_bytes(), first.as_bytes(), second.as_bytes()])
    }
}

impl Answer for Score {
    fn usage(&self) -> Usage {
        self.usage
    }
    fn with_cost(self, usage: Usage) -> Self {
        Self { usage, ..self }
    }
    fn certainty(&self) -> Option<f64> {
        None
    }
    fn into_judgement(self) -> Judgement {
        Judgement::Score(self)
    }
    fn from_judgement(judgement: Judgement) -> Option<Self> {
        match judgement {
            Judgement::Score(score) => Some(score),
            Judgement::Comparison(_) => None,
        }
    }
}

impl Answer for Comparison {
    fn usage(&self) -> Usage {
        self.usage
    }
    fn with_cost(self, usage: Usage) -> Self {
        Self { usage, ..self }
    }
    fn certainty(&self) -> Option<f64> {
        Some((self.p_first - 0.5).abs())
    }
    fn into_judgement(self) -> Judgement {
        Judgement::Comparison(self)
    }
    fn from_judgement(judgement: Judgement) -> Option<Self> {
        match judgement {
            Judgement::Comparison(comparison) => Some(comparison),
            Judgement::Score(_) => None,
        }
    }
}

/// Asks in batches of at most the judge's `max_batch`, one after the other. What was judged before a batch broke is kept: its
/// items and those after it fail with its error, and nothing further is asked.
pub(crate) async fn ask<Q: Question>(
    judge: &dyn ToolCallJudge,
    items: &[Q],
    options: &CallOptions,
) -> Answers<Q::Answer> {
    let size = judge.card().max_batch.max(1);
    if items.len() <= size {
        return ask_once(judge, items, options).await;
    }
    let mut out = Vec::with_capacity(items.len());
    for batch in items.chunks(size) {
        let start = out.len();
        match ask_once(judge, batch, &forwarded(options, move |i| start + i)).await {
            Ok(answers) => out.extend(answers),
            Err(e) if start == 0 || e.kind() == ErrorKind::Cancelled => return Err(e),
            Err(e) => {
                out.extend((start..items.len()).map(|_| Outcome::Failed(copy_error(&e))));
                break;
            }
        }
    }
    Ok(out)
}

/// Asks one batch: nothing when there are no items, nothing after cancellation or the deadline, and never fewer answers than items.
pub(crate) async fn ask_once<Q: Question>(
    judge: &dyn ToolCallJudge,
    items: &[Q],
    options: &CallOptions,
) -> Answers<Q::Answer> {
    if items.is_empty() {
        return Ok(Vec::new());
    }
    options.check()?;
    let answers = Q::put(items, judge, options).await?;
    if answers.len() != items.len() {
        let message = format!(
            "judge \"{}\" gave {} answers to {} items; a judge answers every item in order",
            judge.card().id,
            answers.len(),
            items.len()
        );
        return Err(JudgeError::new(ErrorKind::Backend, message));
    }
    Ok(answers)
}

/// The error of a judge asked for what its card says it cannot do.
pub(crate) fn unsupported<Q: Question>(card: &JudgeCard, why: &str) -> JudgeError {
    JudgeError::new(ErrorKind::Unsupported, format!("judge \"{}\" does not {} candidates: {why}", card.id, Q::KIND))
}

/// Asks one item.
pub(crate) async fn ask_one<Q: Question>(
    judge: &dyn ToolCallJudge,
    item: Q,
    options: &CallOptions,
) -> Result<Outcome<Q::Answer>, JudgeError> {
    let answer = ask_once(judge, &[item], options).await?.pop();
    answer.ok_or_else(|| JudgeError::new(ErrorKind::Backend, "the judge gave no answer"))
}

/// The same error for one more item. Its source becomes part of the message.
pub(crate) fn copy_error(error: &JudgeError) -> JudgeError {
    let message = match std::error::Error::source(error) {
        Some(source) => format!("{} ({source})", error.message()),
        None => error.message().to_owned(),
    };
    let mut copy = JudgeError::new(error.kind(), message);
    if let Some(wait) = error.retry_after() {
        copy = copy.with_retry_after(wait);
    }
    if let Some(output) = error.raw_output() {
        copy = copy.with_raw_output(output);
    }
    copy
}

/// The same outcome for one more item; only the first one cost something.
pub(crate) fn copy_outcome<A: Answer>(outcome: &Outcome<A>) -> Outcome<A> {
    match outcome {
        Outcome::Judged(a) => Outcome::Judged(a.clone().with_cost(Usage::default())),
        Outcome::Abstained { reason } => Outcome::abstained(reason.clone()),
        Outcome::Failed(e) => Outcome::Failed(copy_error(e)),
    }
}

/// Options for an inner call whose item `i` is the caller's item `map(i)`; the observer hears of text and of finished items.
pub(crate) fn forwarded(options: &CallOptions, map: impl Fn(usize) -> usize + Send + Sync + 'static) -> CallOptions {
    observed(options, map, true)
}

/// Like [`forwarded`] for a layer that says itself when an item is finished: the observer hears of text only.
pub(crate) fn deltas_only(options: &CallOptions, map: impl Fn(usize) -> usize + Send + Sync + 'static) -> CallOptions {
    observed(options, map, false)
}

fn observed(options: &CallOptions, map: impl Fn(usize) -> usize + Send + Sync + 'static, items: bool) -> CallOptions {
    let mut inner = options.clone();
    inner.observer =
        options.observer.clone().map(|outer| -> Arc<dyn Observer> { Arc::new(Reindexed { outer, map, items }) });
    inner
}

struct Reindexed<F> {
    outer: Arc<dyn Observer>,
    map: F,
    items: bool,
}

impl<F: Fn(usize) -> usize + Send + Sync> Observer for Reindexed<F> {
    fn on_delta(&self, item: usize, text: &str) {
        self.outer.on_delta((self.map)(item), text);
    }
    fn on_item(&self, item: usize) {
        if self.items {
            self.outer.on_item((self.map)(item));
        }
    }
}

/// Makes a judge of a layer that has a `card` and one generic method `ask` for both kinds of question.
macro_rules! judge_by_ask {
    ($layer:ident $(<$($inner:ident),+>)?) => {
        #[async_trait::async_trait]
        impl $(<$($inner: ToolCallJudge),+>)? ToolCallJudge for $layer $(<$($inner),+>)? {
            fn card(&self) -> &JudgeCard {
                &self.card
            }
            async fn score(&self, items: &[ScoreItem<'_>], options: &CallOptions) -> Answers<Score> {
                self.ask(items, options).await
            }
            async fn compare(&self, pairs: &[PairItem<'_>], options: &CallOptions) -> Answers<Comparison> {
                self.ask(pairs, options).await
            }
        }
    };
}
pub(crate) use judge_by_ask;
