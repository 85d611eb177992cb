//! [`ToolCallJudge`]: what every judge is, from forty lines of rules to a served model.

use std::{borrow::Cow, sync::Arc};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{
    call::Candidate,
    error::{ErrorKind, JudgeError},
    observe::CallOptions,
    score::{Outcome, Score, ScoreScale, Scorer, Usage},
    task::Task,
};

pub use crate::layer::JudgeExt;

/// Which of two candidates is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(clippy::exhaustive_enums, reason = "a comparison of two has exactly three answers")]
pub enum Choice {
    /// The first.
    First,
    /// The second.
    Second,
    /// Neither.
    Tie,
}

impl Choice {
    /// The same verdict with the two sides exchanged.
    pub fn swapped(self) -> Self {
        match self {
            Self::First => Self::Second,
            Self::Second => Self::First,
            Self::Tie => Self::Tie,
        }
    }
}

/// How two candidates compare.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Comparison {
    /// Which is better.
    pub choice: Choice,
    /// Probability in \[0, 1\] that the first is better, as far as the judge knows it; 0.5 for a tie.
    pub p_first: f64,
    /// A critique in words, when a model wrote one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub critique: Option<String>,
    /// Whether both orders gave the same verdict; `None` when only one was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consistent: Option<bool>,
    /// What it cost.
    #[serde(default)]
    pub usage: Usage,
}

impl Comparison {
    /// A comparison by the probability that the first is better: over one half it is the first, under it the second.
    pub fn from_probability(p_first: f64) -> Self {
        // Rounded about one half, so that a comparison and its mirror image never round to different sides.
        let choice = match quantise(p_first - 0.5).cmp(&0) {
            std::cmp::Ordering::Greater => Choice::First,
            std::cmp::Ordering::Less => Choice::Second,
            std::cmp::Ordering::Equal => Choice::Tie,
        };
        Self { choice, p_first, critique: None, consistent: None, usage: Usage::default() }
    }

    /// A comparison by verdict: probability 1, 0 or 0.5.
    pub fn from_choice(choice: Choice) -> Self {
        let p_first = match choice {
            Choice::First => 1.0,
            Choice::Second => 0.0,
            Choice::Tie => 0.5,
        };
        Self { choice, ..Self::from_probability(p_first) }
    }

    /// Adds a critique.
    pub fn with_critique(mut self, critique: impl Into<String>) -> Self {
        self.critique = Some(critique.into());
        self
    }

    /// Adds the cost.
    pub fn with_usage(mut self, usage: Usage) -> Self {
        self.usage = usage;
        self
    }

    /// The same comparison with the two sides exchanged.
    pub fn swapped(mut self) -> Self {
        self.choice = self.choice.swapped();
        self.p_first = 1.0 - self.p_first;
        self
    }
}

/// Floats never pick a winner: strengths are compared in steps of 1e-6, so that noise of the last bits decides nothing.
#[allow(clippy::cast_possible_truncation, reason = "saturates for huge values, which keep their order")]
pub(crate) fn quantise(value: f64) -> i64 {
    (value * 1e6).round() as i64
}

/// The probability that the first of two scores is the better one.
///
/// On [`ScoreScale::Logit`] it is the Bradley-Terry link `1 / (1 + exp(b - a))`; on the other scales only the order counts:
/// 1, 0, or 0.5 when the two are within 1e-6 of each other.
pub fn link(scale: ScoreScale, a: f64, b: f64) -> f64 {
    match scale {
        ScoreScale::Logit => 1.0 / (1.0 + (b - a).exp()),
        _ => match quantise(a).cmp(&quantise(b)) {
            std::cmp::Ordering::Greater => 1.0,
            std::cmp::Ordering::Less => 0.0,
            std::cmp::Ordering::Equal => 0.5,
        },
    }
}

/// Who a judge is and what it can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct JudgeCard {
    /// Short name (`rules`, `toolrm-qwen3-4b`).
    pub id: Cow<'static, str>,
    /// Everything its verdicts depend on: model revision, prompt, parser, parameters. Cache key, report key and log key are
    /// this one.
    pub fingerprint: String,
    /// The scale of its scores; `None`: it cannot score single candidates.
    pub pointwise: Option<ScoreScale>,
    /// Whether it can compare two.
    pub pairwise: bool,
    /// Whether exchanging the two candidates of a pair always exchanges the verdict; [`crate::layer::BothOrders`] makes it so.
    #[serde(default)]
    pub symmetric: bool,
    /// Whether the same input always gives the same verdict.
    pub deterministic: bool,
    /// Most items one call may hold.
    pub max_batch: usize,
    /// The model inside, as far as it is known; `None` for judges without one, and with several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelCard>,
}

/// Which model judges, and where it computes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ModelCard {
    /// Its name, as its files or its server call it.
    pub name: String,
    /// Hash of its weights, or the revision its server gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// Where it computes (`cpu`, `cuda:0`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// Type of its numbers (`f32`, `bf16`, `Q4_K`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dtype: Option<String>,
}

impl ModelCard {
    /// A model of which the name is known.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), revision: None, device: None, dtype: None }
    }

    /// A name short enough for tables and folders: with the first six characters of the revision, where it is known.
    pub fn short_id(&self) -> String {
        match &self.revision {
            Some(revision) => format!("{}@{}", self.name, revision.chars().take(6).collect::<String>()),
            None => self.name.clone(),
        }
    }

    /// Sets the hash of its weights, or its revision.
    pub fn with_revision(mut self, revision: impl Into<String>) -> Self {
        self.revision = Some(revision.into());
        self
    }

    /// Sets where it computes.
    pub fn with_device(mut self, device: impl Into<String>) -> Self {
        self.device = Some(device.into());
        self
    }

    /// Sets the type of its numbers.
    pub fn with_dtype(mut self, dtype: impl Into<String>) -> Self {
        self.dtype = Some(dtype.into());
        self
    }
}

impl JudgeCard {
    /// The card of a deterministic judge that scores on `scale` and compares by its scores.
    pub fn pointwise(id: impl Into<Cow<'static, str>>, fingerprint: impl Into<String>, scale: ScoreScale) -> Self {
        Self {
            id: id.into(),
            fingerprint: fingerprint.into(),
            pointwise: Some(scale),
            pairwise: true,
            symmetric: false,
            deterministic: true,
            max_batch: usize::MAX,
            model: None,
        }
    }

    /// The card of a judge that only compares.
    pub fn pairwise(id: impl Into<Cow<'static, str>>, fingerprint: impl Into<String>) -> Self {
        Self { pointwise: None, ..Self::pointwise(id, fingerprint, ScoreScale::Open) }
    }

    /// Sets whether exchanging the two candidates of a pair always exchanges the verdict.
    pub fn with_symmetric(mut self, symmetric: bool) -> Self {
        self.symmetric = symmetric;
        self
    }

    /// Sets whether the same input always gives the same verdict.
    pub fn with_deterministic(mut self, deterministic: bool) -> Self {
        self.deterministic = deterministic;
        self
    }

    /// Sets the largest batch.
    pub fn with_max_batch(mut self, max_batch: usize) -> Self {
        self.max_batch = max_batch;
        self
    }

    /// Sets the model inside.
    pub fn with_model(mut self, model: Option<ModelCard>) -> Self {
        self.model = model;
        self
    }

    /// The card of a judge wrapped by a layer: the id stays readable, the fingerprint says what the layer does.
    pub fn wrapped(&self, layer: &str) -> Self {
        Self { fingerprint: format!("{layer}({})", self.fingerprint), ..self.clone() }
    }
}

/// One candidate to score.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::exhaustive_structs, reason = "built by literal wherever a judge is called")]
pub struct ScoreItem<'a> {
    /// What was asked.
    pub task: &'a Task,
    /// What is judged.
    pub candidate: &'a Candidate,
}

/// Two candidates to compare, in the order they are shown.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::exhaustive_structs, reason = "built by literal wherever a judge is called")]
pub struct PairItem<'a> {
    /// What was asked.
    pub task: &'a Task,
    /// The candidate shown first.
    pub first: &'a Candidate,
    /// The candidate shown second.
    pub second: &'a Candidate,
}

/// A judge of tool calls: async, batch-first, dyn-safe, one outcome per item in the order of the items.
///
/// The outer error means that nothing could be done (unsupported, cancelled, engine gone). One bad item never fails its batch:
/// it is an [`Outcome::Failed`] in its place.
#[async_trait]
pub trait ToolCallJudge: Send + Sync {
    /// Who the judge is.
    fn card(&self) -> &JudgeCard;

    /// One score per item, on the card's scale. Default: [`ErrorKind::Unsupported`].
    async fn score(&self, items: &[ScoreItem<'_>], options: &CallOptions) -> Result<Vec<Outcome<Score>>, JudgeError> {
        let _ = (items, options);
        Err(JudgeError::new(
            ErrorKind::Unsupported,
            format!("judge \"{}\" compares candidates and does not score single ones", self.card().id),
        ))
    }

    /// One comparison per pair, judged exactly in the order given: position control is [`crate::layer::BothOrders`].
    /// Default: [`link`] over [`ToolCallJudge::score`], so that a discriminative judge joins tournaments for free.
    async fn compare(
        &self,
        pairs: &[PairItem<'_>],
        options: &CallOptions,
    ) -> Result<Vec<Outcome<Comparison>>, JudgeError> {
        let Some(scale) = self.card().pointwise else {
            return Err(JudgeError::new(
                ErrorKind::Unsupported,
                format!("judge \"{}\" neither scores nor compares", self.card().id),
            ));
        };
        let items: Vec<_> = pairs
            .iter()
            .flat_map(|p| [p.first, p.second].map(|candidate| ScoreItem { task: p.task, candidate }))
            .collect();
        let mut scores = self.score(&items, options).await?.into_iter();
        let mut out = Vec::with_capacity(pairs.len());
        while let (Some(a), Some(b)) = (scores.next(), scores.next()) {
            out.push(a.zip(b).map(|(a, b)| {
                Comparison::from_probability(link(scale, a.value, b.value)).with_usage(a.usage + b.usage)
            }));
        }
        Ok(out)
    }
}

macro_rules! forward_judge {
    ($($p:ty),*) => {$(
        #[async_trait]
        impl<J: ToolCallJudge + ?Sized> ToolCallJudge for $p {
            fn card(&self) -> &JudgeCard {
                (**self).card()
            }
            async fn score(&self, items: &[ScoreItem<'_>], options: &CallOptions) -> Result<Vec<Outcome<Score>>, JudgeError> {
                (**self).score(items, options).await
            }
            async fn compare(&self, pairs: &[PairItem<'_>], options: &CallOptions) -> Result<Vec<Outcome<Comparison>>, JudgeError> {
                (**self).compare(pairs, options).await
            }
        }
    )*};
}
forward_judge!(&J, Box<J>, Arc<J>);

/// Any [`Scorer`] is a judge.
///
/// ```
/// use toolrm_core::prelude::*;
/// let judge = FromScorer::new(RuleScorer::default());
/// assert_eq!(judge.card().id, "rules");
/// ```
#[derive(Debug, Clone)]
pub struct FromScorer<S> {
    scorer: S,
    card: JudgeCard,
}

impl<S: Scorer> FromScorer<S> {
    /// Wraps a scorer.
    pub fn new(scorer: S) -> Self {
        let card = JudgeCard::pointwise(scorer.name().to_owned(), scorer.fingerprint().into_owned(), scorer.scale())
            .with_symmetric(true);
        Self { scorer, card }
    }

    /// The scorer inside.
    pub fn scorer(&self) -> &S {
        &self.scorer
    }
}

#[async_trait]
impl<S: Scorer> ToolCallJudge for FromScorer<S> {
    fn card(&self) -> &JudgeCard {
        &self.card
    }

    async fn score(&self, items: &[ScoreItem<'_>], options: &CallOptions) -> Result<Vec<Outcome<Score>>, JudgeError> {
        let mut out = Vec::with_capacity(items.len());
        for (i, item) in items.iter().enumerate() {
            options.check()?;
            out.push(match self.scorer.score(item.task, item.candidate) {
                Outcome::Judged(score) if score.value.is_nan() => Outcome::Failed(JudgeError::new(
                    ErrorKind::Backend,
                    format!("scorer \"{}\" gave NaN", self.scorer.name()),
                )),
                outcome => outcome,
            });
            options.item_done(i);
        }
        Ok(out)
    }
}
