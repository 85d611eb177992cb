//! [`Calibrated`]: probabilities that mean what they say.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::calibration::{CalibrationError, Curve, fit_isotonic, fit_platt};
use crate::{
    error::{ErrorKind, JudgeError},
    judge::{Comparison, JudgeCard, PairItem, ScoreItem, ToolCallJudge},
    layer::ask::{Answers, ask, deltas_only},
    observe::CallOptions,
    score::{Outcome, Score},
};

/// What a [`Calibration`] starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Signal {
    /// The score of the first minus that of the second. For judges that score.
    Margin,
    /// The judge's own `p_first`, as log-odds, within ±13.8 (probabilities of 1e-6 and 1 - 1e-6). For judges that compare.
    Probability,
}

impl Signal {
    fn all(self, pairs: &[(f64, bool)]) -> Vec<(f64, bool)> {
        pairs.iter().map(|&(value, first)| (self.x(value), first)).collect()
    }

    fn x(self, value: f64) -> f64 {
        match self {
            Self::Margin => value,
            Self::Probability => {
                let p = value.clamp(1e-6, 1.0 - 1e-6);
                (p / (1.0 - p)).ln()
            }
        }
    }
}

/// From what a judge says of a pair to the probability that the first is the better one. It can be stored beside the judge it
/// was fitted for.
///
/// ```
/// use toolrm_core::layer::{Calibration, Signal};
/// // (score margin, was the first the better one?), from pairs with known answers
/// let pairs = [(0.5, true), (0.4, true), (0.1, false), (-0.1, true), (-0.3, false), (-0.5, false)];
/// let calibration = Calibration::platt(Signal::Margin, &pairs)?.antisymmetric();
/// assert!(calibration.probability(0.5) > 0.6);
/// assert!((calibration.probability(0.2) + calibration.probability(-0.2) - 1.0).abs() < 1e-12);
/// # Ok::<(), toolrm_core::layer::CalibrationError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Calibration {
    /// What it starts from.
    pub signal: Signal,
    /// The curve.
    pub curve: Curve,
    /// Whether both views of a pair are averaged: see [`Calibration::antisymmetric`].
    #[serde(default)]
    pub antisymmetric: bool,
}

impl Calibration {
    /// A calibration by a curve of your own fitting, over the margin or over log-odds.
    pub fn new(signal: Signal, curve: Curve) -> Self {
        Self { signal, curve, antisymmetric: false }
    }

    /// Platt scaling ([`fit_platt`]) from pairs of signal (margin or `p_first`) and whether the first was the better one.
    pub fn platt(signal: Signal, pairs: &[(f64, bool)]) -> Result<Self, CalibrationError> {
        fit_platt(&signal.all(pairs)).map(|curve| Self::new(signal, curve))
    }

    /// Isotonic regression ([`fit_isotonic`]), from the same.
    pub fn isotonic(signal: Signal, pairs: &[(f64, bool)]) -> Result<Self, CalibrationError> {
        fit_isotonic(&signal.all(pairs)).map(|curve| Self::new(signal, curve))
    }

    /// Averages the curve at `x` with one minus the curve at `-x`: exchanging the candidates then exchanges the verdict, whatever
    /// the curve, and it stays non-decreasing and in \[0, 1\]. Without it, only a Platt curve with intercept 0 does so.
    pub fn antisymmetric(mut self) -> Self {
        self.antisymmetric = true;
        self
    }

    /// The probability that the first is the better one, from the raw signal (a margin, or a `p_first`). Non-decreasing.
    pub fn probability(&self, signal: f64) -> f64 {
        let x = self.signal.x(signal);
        let p = self.curve.probability(x);
        if self.antisymmetric { f64::midpoint(p, 1.0 - self.curve.probability(-x)) } else { p }
    }

    fn fingerprint(&self) -> String {
        // Plain numbers: this cannot fail, and if it did, the debug form says the same.
        serde_json::to_string(self).unwrap_or_else(|_| format!("{self:?}"))
    }
}

/// Replaces the probability of a comparison by the one its [`Calibration`] says, and the verdict with it: over one half it is the
/// first, under it the second. Scores pass through as they are.
#[derive(Debug, Clone)]
pub struct Calibrated<J> {
    inner: J,
    card: JudgeCard,
    calibration: Calibration,
}

impl<J: ToolCallJudge> Calibrated<J> {
    /// Wraps a judge.
    pub fn new(inner: J, calibration: Calibration) -> Self {
        let card = inner.card();
        let mut card = card.wrapped(&format!("calibrated{}", calibration.fingerprint()));
        card.symmetric = calibration.antisymmetric && (calibration.signal == Signal::Margin || card.symmetric);
        if calibration.signal == Signal::Margin {
            card.pairwise = card.pointwise.is_some();
            card.max_batch = (card.max_batch / 2).max(1);
        }
        Self { inner, card, calibration }
    }

    /// What the judge says of each pair, as the calibration wants it, and the comparison it goes into.
    async fn margins(
        &self,
        pairs: &[PairItem<'_>],
        options: &CallOptions,
    ) -> Result<Vec<Outcome<(f64, Comparison)>>, JudgeError> {
        let items: Vec<_> = pairs
            .iter()
            .flat_map(|p| [p.first, p.second].map(|candidate| ScoreItem { task: p.task, candidate }))
            .collect();
        let mut scores = ask(&self.inner, &items, &deltas_only(options, |i| i / 2)).await?.into_iter();
        let mut out = Vec::with_capacity(pairs.len());
        while let (Some(a), Some(b)) = (scores.next(), scores.next()) {
            options.item_done(out.len());
            out.push(
                a.zip(b)
                    .map(|(a, b)| (a.value - b.value, Comparison::from_probability(0.5).with_usage(a.usage + b.usage))),
            );
        }
        Ok(out)
    }

    fn calibrated(&self, signal: f64, comparison: Comparison) -> Outcome<Comparison> {
        let p = self.calibration.probability(signal);
        if p.is_nan() {
            let message = format!("the judge's signal {signal} has no probability");
            return Outcome::Failed(JudgeError::new(ErrorKind::Backend, message));
        }
        let Comparison { choice, p_first, .. } = Comparison::from_probability(p);
        Outcome::Judged(Comparison { choice, p_first, ..comparison })
    }
}

#[async_trait]
impl<J: ToolCallJudge> ToolCallJudge for Calibrated<J> {
    fn card(&self) -> &JudgeCard {
        &self.card
    }

    async fn score(&self, items: &[ScoreItem<'_>], options: &CallOptions) -> Answers<Score> {
        self.inner.score(items, options).await
    }

    async fn compare(&self, pairs: &[PairItem<'_>], options: &CallOptions) -> Answers<Comparison> {
        let signals = match self.calibration.signal {
            Signal::Margin => self.margins(pairs, options).await?,
            Signal::Probability => {
                let answers = ask(&self.inner, pairs, options).await?;
                answers.into_iter().map(|a| a.map(|c| (c.p_first, c))).collect()
            }
        };
        let judged = |signal| match signal {
            Outcome::Judged((signal, comparison)) => self.calibrated(signal, comparison),
            Outcome::Abstained { reason } => Outcome::Abstained { reason },
            Outcome::Failed(e) => Outcome::Failed(e),
        };
        Ok(signals.into_iter().map(judged).collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        judge::Choice,
        layer::{JudgeExt, mock::*},
    };

    /// Says 0.2 too much of whatever is shown first.
    fn off() -> Calibration {
        let pairs: Vec<_> = (0..100)
            .map(|i| (f64::from(i) / 100.0, (f64::from(i * 37 % 100) / 100.0) < f64::from(i) / 100.0 - 0.2))
            .collect();
        Calibration::platt(Signal::Probability, &pairs).unwrap()
    }

    #[tokio::test]
    async fn the_verdict_follows_the_calibrated_probability() {
        let (task, c) = (task(), numbers(&[1, 2]));
        let judge = Mock::biased(0.6).calibrated(off());
        let out = judge.compare(&[pair(&task, &c[0], &c[1])], &CallOptions::default()).await.unwrap();
        let verdict = out[0].as_judged().unwrap();
        assert!(verdict.p_first < 0.5, "{}", verdict.p_first);
        assert_eq!((verdict.choice, verdict.usage.calls), (Choice::Second, 1));
        assert!(judge.card().fingerprint.starts_with("calibrated{\"signal\":\"probability\",\"curve\":{\"platt\":"));
    }

    #[tokio::test]
    async fn margins_come_from_scores_and_bad_items_stay_bad() {
        let pairs: Vec<_> = (-10..=10).map(|i| (f64::from(i) / 10.0, i > 0 || (i % 3 == 0 && i > -5))).collect();
        let mock = Mock::numbers();
        let judge = (&mock).calibrated(Calibration::platt(Signal::Margin, &pairs).unwrap().antisymmetric());
        let (task, c) = (task(), numbers(&["0.9", "0.1", "!", "?"]));
        let asked = [
            pair(&task, &c[0], &c[1]),
            pair(&task, &c[1], &c[0]),
            pair(&task, &c[0], &c[2]),
            pair(&task, &c[3], &c[0]),
        ];
        let out = judge.compare(&asked, &CallOptions::default()).await.unwrap();
        let [a, b] = [0, 1].map(|i| out[i].as_judged().unwrap());
        assert!(a.p_first > 0.7 && a.p_first < 1.0, "{}", a.p_first);
        assert!((a.p_first + b.p_first - 1.0).abs() < 1e-12);
        assert_eq!((mock.calls(), mock.asked(), a.usage.calls), (1, 8, 2));
        assert!(out[2].as_failed().is_some() && matches!(out[3], Outcome::Abstained { .. }));
        assert!(judge.card().symmetric);
        let compares_only = Mock::biased(0.5).calibrated(Calibration::platt(Signal::Margin, &pairs).unwrap());
        assert!(!compares_only.card().pairwise);
        let error = compares_only.compare(&asked, &CallOptions::default()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
    }

    proptest! {
        #[test]
        fn an_antisymmetric_calibration_is_antisymmetric_and_monotone(
            pairs in proptest::collection::vec((-5.0..5.0f64, any::<bool>()), 2..40),
            (a, b) in (-9.0..9.0f64, -9.0..9.0f64),
        ) {
            for fit in [Calibration::platt, Calibration::isotonic] {
                let Ok(calibration) = fit(Signal::Margin, &pairs) else { continue };
                let calibration = calibration.antisymmetric();
                let p = |x| calibration.probability(x);
                prop_assert!((p(a) + p(-a) - 1.0).abs() < 1e-12);
                prop_assert!(p(a.min(b)) <= p(a.max(b)) && (0.0..=1.0).contains(&p(a)));
            }
        }
    }
}
