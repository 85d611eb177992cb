//! Judges whose verdicts are known beforehand.

use std::{
    collections::VecDeque,
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;

use super::chance;
use crate::{
    call::Candidate,
    error::{ErrorKind, JudgeError},
    judge::{Choice, Comparison, JudgeCard, PairItem, ScoreItem, ToolCallJudge},
    observe::CallOptions,
    score::{Outcome, Score, ScoreScale},
    task::Task,
};

type ScoreFn = Arc<dyn Fn(&Task, &Candidate) -> Outcome<Score> + Send + Sync>;
type CompareFn = Arc<dyn Fn(&Task, &Candidate, &Candidate) -> Outcome<Comparison> + Send + Sync>;

/// A judge that says what its script says and counts what it is asked.
///
/// ```
/// # #[cfg(feature = "testkit")] {
/// use toolrm_core::{prelude::*, testkit::{MockJudge, block_on, cases}};
/// let judge = MockJudge::new("mock").with_scores([Outcome::Judged(Score::new(0.9)), Outcome::abstained("not my case")]);
/// let case = &cases()[0];
/// let item = ScoreItem { task: &case.task, candidate: &case.samples[0].candidate };
/// let outcomes = block_on(judge.score(&[item, item], &CallOptions::default())).unwrap();
/// assert_eq!(outcomes[0].as_judged().unwrap().value, 0.9);
/// assert!(matches!(outcomes[1], Outcome::Abstained { .. }));
/// assert_eq!((judge.calls(), judge.items()), (1, 2));
/// # }
/// ```
#[derive(Clone)]
pub struct MockJudge {
    card: JudgeCard,
    score: Option<ScoreFn>,
    compare: Option<CompareFn>,
    calls: Arc<AtomicUsize>,
    items: Arc<AtomicUsize>,
}

impl MockJudge {
    /// A judge that can do nothing yet.
    pub fn new(id: &'static str) -> Self {
        let mut card = JudgeCard::pairwise(id, id);
        card.pairwise = false;
        Self { card, score: None, compare: None, calls: Arc::default(), items: Arc::default() }
    }

    /// Scores by a function, on [`ScoreScale::Unit`] unless [`MockJudge::with_scale`] says otherwise. Unless
    /// [`MockJudge::comparing`] gives it another one, the judge then compares by its scores.
    pub fn scoring(mut self, score: impl Fn(&Task, &Candidate) -> Outcome<Score> + Send + Sync + 'static) -> Self {
        self.score = Some(Arc::new(score));
        self.card.pointwise = self.card.pointwise.or(Some(ScoreScale::Unit));
        self.card.pairwise = true;
        self
    }

    /// Compares by a function.
    pub fn comparing(
        mut self,
        compare: impl Fn(&Task, &Candidate, &Candidate) -> Outcome<Comparison> + Send + Sync + 'static,
    ) -> Self {
        self.compare = Some(Arc::new(compare));
        self.card.pairwise = true;
        self
    }

    /// Scores by a script: one entry per item asked. After the last one every item fails with [`ErrorKind::Backend`].
    pub fn with_scores(self, script: impl IntoIterator<Item = Outcome<Score>>) -> Self {
        let next = script_of(script.into_iter().collect());
        self.scoring(move |_, _| next()).with_deterministic(false)
    }

    /// Compares by a script: one entry per pair asked. After the last one every pair fails with [`ErrorKind::Backend`].
    pub fn with_comparisons(self, script: impl IntoIterator<Item = Outcome<Comparison>>) -> Self {
        let next = script_of(script.into_iter().collect());
        self.comparing(move |_, _, _| next()).with_deterministic(false)
    }

    /// Sets what the scores mean.
    pub fn with_scale(mut self, scale: ScoreScale) -> Self {
        self.card.pointwise = Some(scale);
        self
    }

    /// Sets the fingerprint; the id otherwise.
    pub fn with_fingerprint(mut self, fingerprint: impl Into<String>) -> Self {
        self.card.fingerprint = fingerprint.into();
        self
    }

    /// Sets whether the card calls the judge deterministic.
    pub fn with_deterministic(mut self, deterministic: bool) -> Self {
        self.card.deterministic = deterministic;
        self
    }

    /// How often it was called; clones count together.
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }

    /// How many items it was asked about.
    pub fn items(&self) -> usize {
        self.items.load(Ordering::Relaxed)
    }

    fn each<I, T>(
        &self,
        items: &[I],
        options: &CallOptions,
        one: impl Fn(&I) -> Outcome<T>,
    ) -> Result<Vec<Outcome<T>>, JudgeError> {
        options.check()?;
        self.calls.fetch_add(1, Ordering::Relaxed);
        let judge = |(i, item)| {
            options.check()?;
            self.items.fetch_add(1, Ordering::Relaxed);
            let outcome = one(item);
            options.item_done(i);
            Ok(outcome)
        };
        items.iter().enumerate().map(judge).collect()
    }

    fn unsupported(&self, what: &str) -> JudgeError {
        JudgeError::new(ErrorKind::Unsupported, format!("mock judge \"{}\" has no script for {what}", self.card.id))
    }
}

/// Hands out the entries one by one.
fn script_of<T: Send>(script: VecDeque<Outcome<T>>) -> impl Fn() -> Outcome<T> + Send + Sync {
    let script = Mutex::new(script);
    move || {
        let next = script.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        next.unwrap_or_else(|| Outcome::Failed(JudgeError::new(ErrorKind::Backend, "the script is over")))
    }
}

impl fmt::Debug for MockJudge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockJudge")
            .field("card", &self.card)
            .field("calls", &self.calls())
            .field("items", &self.items())
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl ToolCallJudge for MockJudge {
    fn card(&self) -> &JudgeCard {
        &self.card
    }

    async fn score(&self, items: &[ScoreItem<'_>], options: &CallOptions) -> Result<Vec<Outcome<Score>>, JudgeError> {
        let Some(score) = &self.score else { return Err(self.unsupported("scores")) };
        self.each(items, options, |i| score(i.task, i.candidate))
    }

    async fn compare(
        &self,
        pairs: &[PairItem<'_>],
        options: &CallOptions,
    ) -> Result<Vec<Outcome<Comparison>>, JudgeError> {
        match (&self.compare, &self.score, self.card.pointwise) {
            (Some(compare), ..) => self.each(pairs, options, |p| compare(p.task, p.first, p.second)),
            (None, Some(score), Some(scale)) => self.each(pairs, options, |p| {
                score(p.task, p.first).zip(score(p.task, p.second)).map(|(a, b)| {
                    Comparison::from_probability(crate::judge::link(scale, a.value, b.value))
                        .with_usage(a.usage + b.usage)
                })
            }),
            _ => Err(self.unsupported("comparisons")),
        }
    }
}

/// A judge that looks at the place and not at the candidate: what both-orders layers and selectors must survive.
#[derive(Debug, Clone)]
pub struct BiasedJudge {
    card: JudgeCard,
    first: f64,
    seed: u64,
}

impl BiasedJudge {
    /// Always prefers the first.
    pub fn first() -> Self {
        Self::with_probability(1.0, 0)
    }

    /// Always prefers the second.
    pub fn second() -> Self {
        Self::with_probability(0.0, 0)
    }

    /// Prefers the first with probability `p`, by a coin that depends on the seed and the ordered pair alone.
    pub fn with_probability(p: f64, seed: u64) -> Self {
        Self { card: JudgeCard::pairwise("biased", format!("biased:{p}:{seed}")), first: p, seed }
    }
}

#[async_trait]
impl ToolCallJudge for BiasedJudge {
    fn card(&self) -> &JudgeCard {
        &self.card
    }

    async fn compare(
        &self,
        pairs: &[PairItem<'_>],
        options: &CallOptions,
    ) -> Result<Vec<Outcome<Comparison>>, JudgeError> {
        let mut out = Vec::with_capacity(pairs.len());
        for (i, pair) in pairs.iter().enumerate() {
            options.check()?;
            let first = chance(self.seed, pair.task, &[pair.first, pair.second]) < self.first;
            out.push(Outcome::Judged(Comparison::from_choice(if first { Choice::First } else { Choice::Second })));
            options.item_done(i);
        }
        Ok(out)
    }
}

/// A judge that errs at a known rate: with probability `p` an item's verdict is turned round, the same item always alike.
///
/// A comparison is swapped. A score is mirrored on its scale: `1 - s` on [`ScoreScale::Unit`], `-s` on the others. The two orders
/// of a pair are two items, and err independently.
#[derive(Debug, Clone)]
pub struct NoisyJudge<J> {
    judge: J,
    p: f64,
    seed: u64,
    card: JudgeCard,
}

impl<J: ToolCallJudge> NoisyJudge<J> {
    /// Wraps a judge. `p` in \[0, 1\].
    pub fn new(judge: J, p: f64, seed: u64) -> Self {
        let card = judge.card().wrapped(&format!("noisy[{p},{seed}]"));
        Self { judge, p, seed, card }
    }
}

#[async_trait]
impl<J: ToolCallJudge> ToolCallJudge for NoisyJudge<J> {
    fn card(&self) -> &JudgeCard {
        &self.card
    }

    async fn score(&self, items: &[ScoreItem<'_>], options: &CallOptions) -> Result<Vec<Outcome<Score>>, JudgeError> {
        let outcomes = self.judge.score(items, options).await?;
        let noisy = |(item, outcome): (&ScoreItem<'_>, Outcome<Score>)| {
            if chance(self.seed, item.task, &[item.candidate]) >= self.p {
                return outcome;
            }
            outcome.map(|mut score| {
                score.value = match self.card.pointwise {
                    Some(ScoreScale::Unit) => 1.0 - score.value,
                    _ => -score.value,
                };
                score
            })
        };
        Ok(items.iter().zip(outcomes).map(noisy).collect())
    }

    async fn compare(
        &self,
        pairs: &[PairItem<'_>],
        options: &CallOptions,
    ) -> Result<Vec<Outcome<Comparison>>, JudgeError> {
        let outcomes = self.judge.compare(pairs, options).await?;
        let noisy = |(pair, outcome): (&PairItem<'_>, Outcome<Comparison>)| {
            let turn = chance(self.seed, pair.task, &[pair.first, pair.second]) < self.p;
            if turn { outcome.map(Comparison::swapped) } else { outcome }
        };
        Ok(pairs.iter().zip(outcomes).map(noisy).collect())
    }
}
