//! Scores of pairs under a table of weights, and their figures.

use crate::{
    columns::{Column, columns},
    severities::{Bench, Pooling, Seen},
};

/// The scores of a pair's two answers, less the constant; `None` where the scorer abstains.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::exhaustive_structs, reason = "three numbers")]
pub struct Scores {
    /// Of the right answer.
    pub chosen: Option<f64>,
    /// Of the wrong answer.
    pub rejected: Option<f64>,
    /// Of a refusal, where calls are right.
    pub refusal: Option<f64>,
}

impl Scores {
    /// The scores of a pair under a table of weights.
    pub fn of(pair: &Seen, weights: &[f64], pooling: Pooling) -> Self {
        let score = |side| pooling.score(side, weights);
        Self {
            chosen: score(&pair.chosen),
            rejected: score(&pair.rejected),
            refusal: pair.refusal.as_ref().and_then(score),
        }
    }

    /// By how much the right answer is liked better; 0 where there is an abstention.
    pub fn difference(&self) -> f64 {
        difference(self.chosen, self.rejected)
    }

    /// By how much the right calls are liked better than a refusal; 0 where there is an abstention.
    pub fn over_refusal(&self) -> f64 {
        difference(self.chosen, self.refusal)
    }
}

fn difference(a: Option<f64>, b: Option<f64>) -> f64 {
    a.zip(b).map_or(0.0, |(a, b)| a - b)
}

/// Points of a verdict: 1 for a win, one half for a tie. Differences below 1e-6 are ties, as for the judges of the crate.
pub fn points(difference: f64) -> f64 {
    if difference.abs() < 1e-6 {
        0.5
    } else if difference > 0.0 {
        1.0
    } else {
        0.0
    }
}

/// The scores of all pairs under one table.
pub fn scores(bench: &Bench, weights: &[f64], pooling: Pooling) -> Vec<Scores> {
    bench.pairs.iter().map(|pair| Scores::of(pair, weights, pooling)).collect()
}

/// Whether a pair says something about a judge: turns at which one would ask and not call do not.
pub fn counts(pair: &Seen) -> bool {
    !pair.category.ends_with("-open")
}

/// One figure: a share in \[0, 1\], and how many pairs it is of.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::exhaustive_structs, reason = "a line of a table")]
pub struct Figure {
    /// What it is of.
    pub name: String,
    /// The share.
    pub value: f64,
    /// Pairs.
    pub n: usize,
    /// Whether the mean of the sets holds it.
    pub headline: bool,
}

/// All figures of some scores: of every column, and the mean of the sets.
pub fn figures(pairs: &[Seen], scores: &[Scores]) -> Vec<Figure> {
    let figure = |column: Column| Figure {
        value: column.value(scores),
        n: column.len(),
        headline: column.headline,
        name: column.name,
    };
    let mut figures: Vec<Figure> = columns(pairs).into_iter().map(figure).collect();
    let headlines: Vec<f64> = figures.iter().filter(|f| f.headline).map(|f| f.value).collect();
    let (mean, n) = (headlines.iter().sum::<f64>() / headlines.len() as f64, headlines.len());
    figures.push(Figure { name: "mean of the sets".into(), value: mean, n, headline: false });
    figures
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "exact by construction")]
mod tests {
    use super::*;

    #[test]
    fn small_differences_are_ties() {
        assert_eq!([1e-7, -1e-7, 0.1, -0.1].map(points), [0.5, 0.5, 1.0, 0.0]);
    }

    fn side(severity: f64, calls: bool) -> crate::severities::Side {
        let meaning = toolrm_core::canonical::Fingerprint::of(["x".to_owned()]);
        crate::severities::Side { findings: Some(vec![(0, severity)]), calls, meaning }
    }

    fn pair(set: &str, category: &str, [chosen, rejected]: [f64; 2]) -> Seen {
        let words = category.ends_with("irrelevance");
        Seen {
            set: set.into(),
            question: String::new(),
            category: category.into(),
            error_type: String::new(),
            chosen: side(chosen, !words),
            rejected: side(rejected, true),
            refusal: (!words).then(|| side(0.5, false)),
        }
    }

    #[test]
    fn each_set_has_its_figure_and_categories_of_bfcl_weigh_the_same() {
        let pairs = [
            pair("bfcl", "simple_python", [0.1, 0.2]),
            pair("bfcl", "simple_python", [0.9, 0.2]),
            pair("bfcl", "multiple", [0.1, 0.2]),
            pair("bfcl", "irrelevance", [0.0, 0.4]),
            pair("other", "x", [0.3, 0.3]),
            pair("other", "x-open", [0.3, 0.2]),
        ];
        let scores: Vec<Scores> = pairs.iter().map(|p| Scores::of(p, &[2.0], Pooling::Sum)).collect();
        let figures = figures(&pairs, &scores);
        let value = |name: &str| figures.iter().find(|f| f.name == name).map(|f| f.value);
        assert_eq!(value("bfcl: mean of 2 call categories"), Some(0.75));
        assert_eq!(value("bfcl: irrelevance, both"), Some(1.0));
        assert_eq!(value("other"), Some(0.5));
        assert_eq!(value("mean of the sets"), Some(0.625));
        // Of the right calls two score above the irrelevance call, one below.
        assert!(value("bfcl: auc right calls / irrelevance calls").is_some_and(|v| (v - 2.0 / 3.0).abs() < 1e-12));
        assert!(value("bfcl: right calls over a refusal").is_some_and(|v| (v - 2.0 / 3.0).abs() < 1e-12));
        assert_eq!(value("other: right calls over a refusal"), Some(1.0));
    }
}
