//! Figures of a table of weights on pairs: accuracies of the sets, and how well right calls are told from calls that should not be made.

use std::collections::BTreeMap;

use crate::severities::{Bench, Pooling, Seen};

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

/// The categories of BFCL in which calls are right, over whose accuracies the mean is taken.
pub const BFCL_CALLS: [&str; 8] = [
    "simple_python",
    "multiple",
    "parallel",
    "parallel_multiple",
    "live_simple",
    "live_multiple",
    "live_parallel",
    "live_parallel_multiple",
];

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

/// Sum and number of points.
#[derive(Debug, Clone, Copy, Default)]
struct Tally(f64, usize);

impl Tally {
    fn add(&mut self, points: f64) {
        self.0 += points;
        self.1 += 1;
    }

    fn share(self) -> f64 {
        if self.1 == 0 { f64::NAN } else { self.0 / self.1 as f64 }
    }
}

/// All figures: of each set its accuracy (of BFCL the mean of [`BFCL_CALLS`], and the rest apart), then their mean.
pub fn figures(pairs: &[Seen], scores: &[Scores]) -> Vec<Figure> {
    let mut tallies: BTreeMap<(&str, &str), Tally> = BTreeMap::new();
    for (pair, scores) in pairs.iter().zip(scores).filter(|(pair, _)| counts(pair)) {
        tallies.entry((&pair.set, &pair.category)).or_default().add(points(scores.difference()));
    }
    let mut figures = Vec::new();
    let sets: std::collections::BTreeSet<&str> = tallies.keys().map(|(set, _)| *set).collect();
    for set in sets {
        let of = |wanted: &dyn Fn(&str) -> bool| -> Vec<Tally> {
            tallies.iter().filter(|((s, c), _)| *s == set && wanted(c)).map(|(_, t)| *t).collect()
        };
        let total = |name: String, tallies: &[Tally], headline| {
            let sum = tallies.iter().fold(Tally::default(), |a, t| Tally(a.0 + t.0, a.1 + t.1));
            Figure { name, value: sum.share(), n: sum.1, headline }
        };
        let calls = of(&|c| BFCL_CALLS.contains(&c));
        if calls.is_empty() {
            figures.push(total(set.into(), &of(&|_| true), true));
            continue;
        }
        let mean = calls.iter().map(|t| t.share()).sum::<f64>() / calls.len() as f64;
        let n = calls.iter().map(|t| t.1).sum();
        figures.push(Figure {
            name: format!("{set}: mean of {} call categories", calls.len()),
            value: mean,
            n,
            headline: true,
        });
        for category in BFCL_CALLS.into_iter().chain(["simple_java", "simple_javascript", "live_relevance"]) {
            figures.push(total(format!("{set}: {category}"), &of(&|c| c == category), false));
        }
        figures.push(total(format!("{set}: irrelevance, both"), &of(&|c| c.ends_with("irrelevance")), false));
    }
    figures.extend(telling(pairs, scores));
    figures.extend(refusals(pairs, scores));
    figures.retain(|f| f.n > 0);
    let headlines: Vec<f64> = figures.iter().filter(|f| f.headline).map(|f| f.value).collect();
    let (mean, n) = (headlines.iter().sum::<f64>() / headlines.len() as f64, headlines.len());
    figures.push(Figure { name: "mean of the sets".into(), value: mean, n, headline: false });
    figures
}

/// Right calls against calls made where none should be, by score alone: area under the curve, and the share of the latter that is
/// rejected when 90 % of the right calls are kept.
fn telling(pairs: &[Seen], scores: &[Scores]) -> Vec<Figure> {
    let relevance = |pair: &Seen| pair.category.ends_with("relevance");
    let both = || pairs.iter().zip(scores).filter(|(p, _)| &*p.set == "bfcl");
    let right: Vec<f64> =
        both().filter(|(p, _)| !relevance(p) && p.chosen.calls).filter_map(|(_, s)| s.chosen).collect();
    let wrong: Vec<f64> = both()
        .filter(|(p, _)| p.category.ends_with("irrelevance") && p.rejected.calls)
        .filter_map(|(_, s)| s.rejected)
        .collect();
    if right.is_empty() || wrong.is_empty() {
        return Vec::new();
    }
    let mut kept = right.clone();
    kept.sort_by(f64::total_cmp);
    let least = kept.get(kept.len() / 10).copied().unwrap_or(f64::NEG_INFINITY);
    let rejected = wrong.iter().filter(|s| **s < least).count() as f64 / wrong.len() as f64;
    let n = right.len() + wrong.len();
    let figure = |name: &str, value| Figure { name: name.into(), value, n, headline: false };
    vec![
        figure("bfcl: auc right calls / irrelevance calls", area(&right, &wrong)),
        figure("bfcl: rejected at 90", rejected),
    ]
}

/// Chance that a right one scores higher than a wrong one; a tie counts half.
fn area(right: &[f64], wrong: &[f64]) -> f64 {
    let mut sorted = wrong.to_vec();
    sorted.sort_by(f64::total_cmp);
    let below = |score: &f64| {
        let less = sorted.partition_point(|w| w < score);
        let not_more = sorted.partition_point(|w| w <= score);
        (less + not_more) as f64 / 2.0
    };
    right.iter().map(below).sum::<f64>() / (right.len() as f64 * wrong.len() as f64)
}

/// How often right calls are liked better than a refusal.
fn refusals(pairs: &[Seen], scores: &[Scores]) -> Vec<Figure> {
    let mut tallies: BTreeMap<&str, Tally> = BTreeMap::new();
    for (pair, scores) in pairs.iter().zip(scores).filter(|(pair, _)| counts(pair) && pair.refusal.is_some()) {
        tallies.entry(&pair.set).or_default().add(points(difference(scores.chosen, scores.refusal)));
    }
    let figure = |(set, tally): (&str, Tally)| Figure {
        name: format!("{set}: right calls over a refusal"),
        value: tally.share(),
        n: tally.1,
        headline: false,
    };
    tallies.into_iter().map(figure).collect()
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "exact by construction")]
mod tests {
    use super::*;

    #[test]
    fn the_area_counts_ties_half() {
        assert_eq!(area(&[2.0, 1.0], &[1.0, 0.0]), 0.875);
        assert_eq!(area(&[0.0], &[1.0]), 0.0);
    }

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
