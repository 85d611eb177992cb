//! [`Curves`]: what [`super::curves`] found.

use serde::{Deserialize, Serialize};
use toolrm_core::{measure::Bootstrap, score::Usage};

use super::{Expected, Select, Strategy};
use crate::{
    metrics::Measured,
    report::model::{BestOfN, BestOfNPoint},
};

/// The curves of one judge over the questions of one source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Curves {
    /// Where the questions and their answers are from.
    pub source: String,
    /// The judge's id.
    pub judge: String,
    /// Everything its verdicts depend on.
    pub fingerprint: String,
    /// How it picked; never [`Select::Auto`].
    pub select: Select,
    /// The seed of draws and intervals.
    pub seed: u64,
    /// Number of questions.
    pub questions: usize,
    /// Questions that have fewer answers than the largest N and are not counted.
    pub left_out: usize,
    /// Number of models.
    pub models: usize,
    /// Number of answers.
    pub answers: usize,
    /// Scores or comparisons of distinct answers that were made.
    pub judged: usize,
    /// Those the judge had nothing to say to.
    pub abstained: usize,
    /// Those it broke on.
    pub failed: usize,
    /// What they cost.
    pub usage: Usage,
    /// One for each strategy, over all questions.
    pub curves: Vec<Curve>,
    /// The same for each category, by name.
    pub categories: Vec<CategoryCurves>,
}

/// The curves over the questions of one category.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CategoryCurves {
    /// The category.
    pub category: String,
    /// Number of its questions.
    pub questions: usize,
    /// One for each strategy.
    pub curves: Vec<Curve>,
}

/// How often a strategy picks a right answer of N, over N.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Curve {
    /// Who picks.
    pub strategy: Strategy,
    /// One for each N, smallest first: the expected share of questions with a right pick.
    pub points: Vec<BestOfNPoint>,
}

impl Curves {
    /// The curve of a strategy over all questions.
    pub fn curve(&self, strategy: Strategy) -> Option<&Curve> {
        self.curves.iter().find(|curve| curve.strategy == strategy)
    }

    /// The curves over all questions, as a report holds them. The mean, the majority and the oracle are the same for every judge.
    pub fn reported(&self) -> Vec<BestOfN> {
        self.named(&self.source, &self.curves)
    }

    /// The curves over the questions of each category, whose source is then `{source}/{category}`.
    pub fn reported_by_category(&self) -> Vec<BestOfN> {
        let of = |its: &CategoryCurves| self.named(&format!("{}/{}", self.source, its.category), &its.curves);
        self.categories.iter().flat_map(of).collect()
    }

    fn named(&self, source: &str, curves: &[Curve]) -> Vec<BestOfN> {
        let named = |curve: &Curve| BestOfN {
            source: source.to_owned(),
            strategy: curve.strategy.name(&self.judge),
            judge: curve.strategy.asks_judge(),
            points: curve.points.clone(),
        };
        curves.iter().map(named).collect()
    }
}

/// The curves of all strategies over some questions: by question, by size.
pub(super) fn of(questions: &[&Vec<Expected>], sizes: &[usize], bootstrap: &Bootstrap) -> Vec<Curve> {
    let point = |strategy: usize, (size, n): (usize, &usize)| {
        let value = |question: &&Vec<Expected>| question.get(size).and_then(|row| row.get(strategy)).copied();
        let values: Vec<f64> = questions.iter().filter_map(value).collect();
        let mean = |weights: &mut dyn Iterator<Item = f64>| {
            let (sum, of) = values.iter().zip(weights).fold((0.0, 0.0), |(sum, of), (v, w)| (sum + v * w, of + w));
            (of > 0.0).then(|| sum / of)
        };
        let accuracy = Measured {
            value: mean(&mut std::iter::repeat(1.0)),
            interval: bootstrap.interval(|weights| mean(&mut weights.iter().copied().map(f64::from))),
        };
        BestOfNPoint { n: *n as u64, accuracy }
    };
    let curve = |(place, strategy): (usize, &Strategy)| Curve {
        strategy: *strategy,
        points: sizes.iter().enumerate().map(|size| point(place, size)).collect(),
    };
    Strategy::ALL.iter().enumerate().map(curve).collect()
}
