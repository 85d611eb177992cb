//! [`Scorer`]: anything that scores one candidate, and what it says: [`Outcome`], [`Score`], [`Finding`].

use std::{borrow::Cow, fmt, sync::Arc};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{call::Candidate, error::JudgeError, task::Task};

/// What the numbers of a judge mean. Higher is better on every scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ScoreScale {
    /// In \[0, 1\]; differences are not probabilities.
    Unit,
    /// Log-odds: `sigmoid(a - b)` is the Bradley-Terry probability that `a` is the better one.
    Logit,
    /// Any real number; only the order means something.
    Open,
}

/// One thing a scorer noticed, with the place it noticed it at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Finding {
    /// Name of the rule, `family.rule` (`schema.required`).
    pub rule: Cow<'static, str>,
    /// RFC 6901 pointer into the candidate's list of calls, each `{"name", "arguments"}`: `/0/arguments/city` is the argument
    /// `city` of the first call, `/1/name` the name of the second, the empty pointer the candidate as a whole.
    pub pointer: String,
    /// What is wrong and what would be right, for a person or a model to act on.
    pub message: String,
    /// How much it weighs, in the units of the scorer that says it; positive numbers count against the candidate.
    pub weight: f32,
    /// The value that would mend it at `pointer`, when the scorer knows one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<Value>,
}

impl Finding {
    /// A finding of `rule` at `pointer`.
    pub fn new(
        rule: impl Into<Cow<'static, str>>,
        pointer: impl Into<String>,
        message: impl Into<String>,
        weight: f32,
    ) -> Self {
        Self { rule: rule.into(), pointer: pointer.into(), message: message.into(), weight, suggestion: None }
    }

    /// Adds the value that would mend it.
    pub fn with_suggestion(mut self, value: Value) -> Self {
        self.suggestion = Some(value);
        self
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.pointer.is_empty() {
            write!(f, "{}: {}", self.rule, self.message)
        } else {
            write!(f, "{} at {}: {}", self.rule, self.pointer, self.message)
        }
    }
}

/// Escapes one reference token of an RFC 6901 JSON pointer (`~` becomes `~0`, `/` becomes `~1`).
pub fn pointer_token(token: &str) -> Cow<'_, str> {
    if token.contains(['~', '/']) {
        Cow::Owned(token.replace('~', "~0").replace('/', "~1"))
    } else {
        Cow::Borrowed(token)
    }
}

/// What a judgement cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Usage {
    /// Calls of a model.
    pub calls: u32,
    /// Tokens read.
    pub prompt_tokens: u64,
    /// Tokens written.
    pub completion_tokens: u64,
}

impl Usage {
    /// The cost of `calls` calls reading and writing that many tokens.
    pub fn new(calls: u32, prompt_tokens: u64, completion_tokens: u64) -> Self {
        Self { calls, prompt_tokens, completion_tokens }
    }
}

impl std::ops::Add for Usage {
    type Output = Self;
    fn add(self, o: Self) -> Self {
        Self {
            calls: self.calls.saturating_add(o.calls),
            prompt_tokens: self.prompt_tokens.saturating_add(o.prompt_tokens),
            completion_tokens: self.completion_tokens.saturating_add(o.completion_tokens),
        }
    }
}

/// How good one candidate is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Score {
    /// The number, on the scale of the judge that gave it; higher is better. Never NaN.
    pub value: f64,
    /// Why, most severe first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// A critique in words, when a model wrote one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub critique: Option<String>,
    /// What it cost.
    #[serde(default)]
    pub usage: Usage,
}

impl Score {
    /// A score with no findings.
    pub fn new(value: f64) -> Self {
        Self { value, findings: Vec::new(), critique: None, usage: Usage::default() }
    }

    /// Adds findings.
    pub fn with_findings(mut self, findings: Vec<Finding>) -> Self {
        self.findings = findings;
        self
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
}

/// One item's result. The three are never confused: a bad candidate is a low `Judged`, "not my case" is `Abstained`, a broken
/// judge is `Failed`; none of the last two is ever written down as 0.
#[derive(Debug)]
#[non_exhaustive]
#[must_use]
pub enum Outcome<T> {
    /// A judgement was made.
    Judged(T),
    /// The judge has nothing to say about this item.
    Abstained {
        /// Why not.
        reason: Cow<'static, str>,
    },
    /// The judge broke on this item.
    Failed(JudgeError),
}

impl<T> Outcome<T> {
    /// An abstention.
    pub fn abstained(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::Abstained { reason: reason.into() }
    }

    /// The judgement, if one was made.
    pub fn judged(self) -> Option<T> {
        match self {
            Self::Judged(t) => Some(t),
            _ => None,
        }
    }

    /// The judgement by reference, if one was made.
    pub fn as_judged(&self) -> Option<&T> {
        match self {
            Self::Judged(t) => Some(t),
            _ => None,
        }
    }

    /// The error, if the judge broke.
    pub fn as_failed(&self) -> Option<&JudgeError> {
        match self {
            Self::Failed(e) => Some(e),
            _ => None,
        }
    }

    /// Applies `f` to a judgement; the other two pass through.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Outcome<U> {
        match self {
            Self::Judged(t) => Outcome::Judged(f(t)),
            Self::Abstained { reason } => Outcome::Abstained { reason },
            Self::Failed(e) => Outcome::Failed(e),
        }
    }

    /// Two judgements as one. A failure wins over an abstention, an abstention over a judgement.
    pub fn zip<U>(self, other: Outcome<U>) -> Outcome<(T, U)> {
        match (self, other) {
            (Self::Judged(a), Outcome::Judged(b)) => Outcome::Judged((a, b)),
            (Self::Failed(e), _) | (_, Outcome::Failed(e)) => Outcome::Failed(e),
            (Self::Abstained { reason }, _) | (_, Outcome::Abstained { reason }) => Outcome::Abstained { reason },
        }
    }
}

impl<T> From<Result<T, JudgeError>> for Outcome<T> {
    fn from(r: Result<T, JudgeError>) -> Self {
        match r {
            Ok(t) => Self::Judged(t),
            Err(e) => Self::Failed(e),
        }
    }
}

/// Scores one candidate at once: sync, cheap, deterministic, no runtime. [`crate::judge::FromScorer`] makes a judge of it.
///
/// A scorer is ten lines; [`scorer_fn`] makes one of a closure.
pub trait Scorer: Send + Sync {
    /// Short name, stable over versions; part of the judge's id.
    fn name(&self) -> &str;
    /// The candidate's score, on [`Scorer::scale`].
    fn score(&self, task: &Task, candidate: &Candidate) -> Outcome<Score>;
    /// What the numbers mean.
    fn scale(&self) -> ScoreScale {
        ScoreScale::Unit
    }
    /// Everything the numbers depend on besides the input (version, weights, options). Two scorers with the same fingerprint
    /// give the same numbers: it is part of every cache and report key.
    fn fingerprint(&self) -> Cow<'_, str> {
        Cow::Borrowed(self.name())
    }
}

macro_rules! forward_scorer {
    ($($p:ty),*) => {$(
        impl<S: Scorer + ?Sized> Scorer for $p {
            fn name(&self) -> &str { (**self).name() }
            fn score(&self, task: &Task, candidate: &Candidate) -> Outcome<Score> { (**self).score(task, candidate) }
            fn scale(&self) -> ScoreScale { (**self).scale() }
            fn fingerprint(&self) -> Cow<'_, str> { (**self).fingerprint() }
        }
    )*};
}
forward_scorer!(&S, Box<S>, Arc<S>);

/// A [`Scorer`] made of a closure by [`scorer_fn`].
#[derive(Clone)]
pub struct ScorerFn<F> {
    name: Cow<'static, str>,
    scale: ScoreScale,
    f: F,
}

/// A scorer made of a closure, on [`ScoreScale::Unit`].
///
/// ```
/// use toolrm_core::prelude::*;
/// let one_call = scorer_fn("one-call", |_: &Task, c: &Candidate| {
///     Outcome::Judged(Score::new(if c.action.calls().len() == 1 { 1.0 } else { 0.0 }))
/// });
/// assert_eq!(one_call.name(), "one-call");
/// ```
pub fn scorer_fn<F>(name: impl Into<Cow<'static, str>>, f: F) -> ScorerFn<F>
where
    F: Fn(&Task, &Candidate) -> Outcome<Score> + Send + Sync,
{
    ScorerFn { name: name.into(), scale: ScoreScale::Unit, f }
}

impl<F> ScorerFn<F> {
    /// Says what the closure's numbers mean.
    pub fn with_scale(mut self, scale: ScoreScale) -> Self {
        self.scale = scale;
        self
    }
}

impl<F> fmt::Debug for ScorerFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScorerFn").field("name", &self.name).field("scale", &self.scale).finish_non_exhaustive()
    }
}

impl<F> Scorer for ScorerFn<F>
where
    F: Fn(&Task, &Candidate) -> Outcome<Score> + Send + Sync,
{
    fn name(&self) -> &str {
        &self.name
    }
    fn score(&self, task: &Task, candidate: &Candidate) -> Outcome<Score> {
        (self.f)(task, candidate)
    }
    fn scale(&self) -> ScoreScale {
        self.scale
    }
}
