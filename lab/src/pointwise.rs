//! Single answers, right and wrong: whether the sigmoid of a score is the chance that an answer is right.

use std::collections::HashSet;

use crate::{
    error::LabError,
    figures::{Scores, counts},
    logistic::{self, Bounds, Row},
    severities::{Seen, Side},
};

/// A judged answer.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::exhaustive_structs, reason = "a point")]
pub struct Answer {
    /// Its score, without the constant.
    pub score: f64,
    /// Whether it is right.
    pub right: bool,
    /// How much it counts.
    pub weight: f64,
}

/// The answers of the pairs, each once per question, those that are judged. `weight` says how much a set counts as a whole.
pub fn answers(pairs: &[Seen], scores: &[Scores], weight: impl Fn(&str) -> f64) -> Vec<Answer> {
    let mut met = HashSet::new();
    let mut distinct: Vec<(&str, f64, bool)> = Vec::new();
    for (pair, scores) in pairs.iter().zip(scores).filter(|(pair, _)| counts(pair)) {
        let mut add = |side: &Side, score: Option<f64>, right| {
            let Some(score) = score else { return };
            if met.insert((&pair.set, pair.question.as_str(), right, side.meaning)) {
                distinct.push((&pair.set, score, right));
            }
        };
        add(&pair.chosen, scores.chosen, true);
        add(&pair.rejected, scores.rejected, false);
    }
    let size = |set: &str| distinct.iter().filter(|(s, ..)| *s == set).count();
    let shares: std::collections::HashMap<&str, f64> = distinct
        .iter()
        .map(|(set, ..)| *set)
        .collect::<HashSet<_>>()
        .into_iter()
        .map(|set| (set, weight(set) / size(set) as f64))
        .collect();
    let answer = |(set, score, right): &(&str, f64, bool)| Answer {
        score: *score,
        right: *right,
        weight: shares.get(set).copied().unwrap_or(0.0),
    };
    distinct.iter().map(answer).collect()
}

/// `P(right) = sigmoid(bias + slope * score)`.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(clippy::exhaustive_structs, reason = "two numbers")]
pub struct Link {
    /// The constant.
    pub bias: f64,
    /// What a score is multiplied by.
    pub slope: f64,
}

impl Link {
    /// The most likely link; with a given `slope`, only its constant is fitted.
    pub fn fit(answers: &[Answer], slope: Option<f64>) -> Result<Self, LabError> {
        let row = |a: &Answer| {
            let sign = if a.right { 1.0 } else { -1.0 };
            Row { x: vec![(0, sign), (1, sign * a.score)], weight: a.weight }
        };
        let rows: Vec<Row> = answers.iter().map(row).collect();
        let slope = slope.map_or(Bounds::at_least_zero(1.0, 1e-6), Bounds::fixed);
        let fitted = logistic::fit(&rows, &[Bounds::free(), slope])?;
        match fitted.as_slice() {
            [bias, slope] => Ok(Self { bias: *bias, slope: *slope }),
            _ => Err(LabError::Fit("a link of two numbers was asked for".into())),
        }
    }

    /// The chance that an answer of this score is right.
    pub fn chance(self, score: f64) -> f64 {
        logistic::sigmoid(self.bias + self.slope * score)
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "exact by construction")]
mod tests {
    use super::*;

    #[test]
    fn the_link_gives_back_the_shares() {
        let answer = |score, right, weight| Answer { score, right, weight };
        let answers =
            [answer(0.0, true, 3.0), answer(0.0, false, 1.0), answer(-2.0, true, 1.0), answer(-2.0, false, 3.0)];
        let link = Link::fit(&answers, None).unwrap();
        assert!((link.chance(0.0) - 0.75).abs() < 1e-4 && (link.chance(-2.0) - 0.25).abs() < 1e-4, "{link:?}");
        let fixed = Link::fit(&answers, Some(1.0)).unwrap();
        assert!((fixed.bias - 1.0).abs() < 1e-4 && fixed.slope == 1.0, "{fixed:?}");
    }
}
