//! How sure a measurement is, and how well scores tell right from wrong.
//!
//! Answers to one question are no independent witnesses: a judge that misreads the question gets all of its pairs wrong. Intervals
//! are therefore made by drawing whole questions, or whatever else makes a cluster.
//!
//! ```
//! use toolrm_core::measure::Bootstrap;
//! // Points won and pairs judged, by question.
//! let questions = [(3.0, 4.0), (0.0, 4.0), (2.0, 2.0), (1.0, 1.0), (0.5, 1.0)];
//! let accuracy = |weights: &[u16]| {
//!     let weighed = questions.iter().zip(weights).map(|((won, n), w)| (won * f64::from(*w), n * f64::from(*w)));
//!     let (won, n) = weighed.fold((0.0, 0.0), |sum, x| (sum.0 + x.0, sum.1 + x.1));
//!     (n > 0.0).then(|| won / n)
//! };
//! let interval = Bootstrap::new(questions.len(), 7).interval(accuracy).unwrap();
//! assert!(0.0 <= interval.low && interval.low < 6.5 / 12.0 && 6.5 / 12.0 < interval.high && interval.high <= 1.0);
//! ```

use serde::{Deserialize, Serialize, Serializer, de::Deserializer};

use crate::layer::mix::mix;

/// An interval that holds the true value in 95 of 100 cases, as far as the clusters at hand can tell. Serialised as `[low, high]`.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(clippy::exhaustive_structs, reason = "an interval has two ends")]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Interval {
    /// Half of its length: what is written behind `±`.
    pub fn half_width(&self) -> f64 {
        (self.high - self.low) / 2.0
    }
}

impl Serialize for Interval {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        [self.low, self.high].serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Interval {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let [low, high] = Deserialize::deserialize(deserializer)?;
        Ok(Self { low, high })
    }
}

/// The cluster bootstrap: clusters drawn with replacement, as many as there are, [`Bootstrap::RESAMPLES`] times. Intervals are
/// percentiles of the statistic over the draws. The same seed and number of clusters give the same draws.
///
/// It knows no more than the clusters at hand: where all of them agree, the interval has no width.
#[derive(Debug, Clone)]
pub struct Bootstrap {
    clusters: usize,
    /// How often each cluster was drawn, by resample.
    draws: Vec<Vec<u16>>,
}

impl Bootstrap {
    /// How often it draws.
    pub const RESAMPLES: usize = 1000;

    /// Draws from clusters numbered from 0.
    pub fn new(clusters: usize, seed: u64) -> Self {
        let draws = (0..Self::RESAMPLES as u64).map(|resample| draw(clusters, mix(seed, resample))).collect();
        Self { clusters, draws }
    }

    /// The interval of a statistic that is given how much each cluster weighs. Resamples of which the statistic is `None` (none of
    /// its clusters was drawn) do not count; `None` when there are fewer than two clusters or half of the resamples do not count.
    pub fn interval(&self, statistic: impl Fn(&[u16]) -> Option<f64>) -> Option<Interval> {
        if self.clusters < 2 {
            return None;
        }
        let mut values: Vec<f64> = self.draws.iter().filter_map(|weights| statistic(weights)).collect();
        if values.len() * 2 < self.draws.len() {
            return None;
        }
        values.sort_unstable_by(f64::total_cmp);
        // 2.5 % of the values lie below the lower end and above the upper one.
        let beyond = values.len() / 40;
        Some(Interval { low: *values.get(beyond)?, high: *values.get(values.len() - 1 - beyond)? })
    }
}

fn draw(clusters: usize, seed: u64) -> Vec<u16> {
    let mut weights = vec![0_u16; clusters];
    for i in 0..clusters as u64 {
        #[allow(clippy::cast_possible_truncation, reason = "less than the number of clusters, which is a usize")]
        let drawn = (mix(seed, i) % clusters as u64) as usize;
        if let Some(weight) = weights.get_mut(drawn) {
            *weight = weight.saturating_add(1);
        }
    }
    weights
}

/// Scores of wanted and of unwanted things, each with its cluster: how well does the score tell them apart, free of any threshold?
///
/// ```
/// use toolrm_core::measure::Separation;
/// let wanted = [(2.0, 0), (1.0, 1), (1.0, 2), (0.0, 3)];
/// let unwanted = [(1.0, 4), (-1.0, 5)];
/// let scores = Separation::new(&wanted, &unwanted);
/// // Of the 8 pairs the wanted one is higher in 5 and equal in 2.
/// assert_eq!(scores.auc(), Some(0.75));
/// // Three quarters of the wanted are kept by a threshold of 1; what is below it is rejected.
/// assert_eq!(scores.rejected_keeping(75), Some(0.5));
/// ```
#[derive(Debug, Clone)]
pub struct Separation {
    /// Lowest score first.
    scored: Vec<Scored>,
}

#[derive(Debug, Clone, Copy)]
struct Scored {
    score: f64,
    wanted: bool,
    cluster: usize,
}

/// What has one score: how much of it is wanted, how much is not.
#[derive(Debug, Clone, Copy, Default)]
struct Step {
    wanted: u64,
    unwanted: u64,
}

impl Separation {
    /// From scores with the number of their cluster.
    pub fn new(wanted: &[(f64, usize)], unwanted: &[(f64, usize)]) -> Self {
        let scored = |items: &[(f64, usize)], wanted| -> Vec<Scored> {
            items.iter().map(|(score, cluster)| Scored { score: *score, wanted, cluster: *cluster }).collect()
        };
        let mut scored: Vec<Scored> = [scored(wanted, true), scored(unwanted, false)].concat();
        scored.sort_by(|a, b| a.score.total_cmp(&b.score));
        Self { scored }
    }

    /// The area under the ROC curve: the probability that something wanted scores higher than something unwanted, equal scores
    /// half. `None` when one of the two is missing.
    pub fn auc(&self) -> Option<f64> {
        auc(&self.steps(|_| 1))
    }

    /// [`Separation::auc`] with weights by cluster, as [`Bootstrap::interval`] gives them.
    pub fn weighted_auc(&self, weights: &[u16]) -> Option<f64> {
        auc(&self.steps(|cluster| weight_of(weights, cluster)))
    }

    /// The share of the unwanted that a threshold rejects which keeps at least `percent` of the wanted: the highest such threshold,
    /// what scores as much as it is kept. `None` when one of the two is missing.
    pub fn rejected_keeping(&self, percent: u32) -> Option<f64> {
        rejected_keeping(&self.steps(|_| 1), percent)
    }

    /// [`Separation::rejected_keeping`] with weights by cluster.
    pub fn weighted_rejected_keeping(&self, percent: u32, weights: &[u16]) -> Option<f64> {
        rejected_keeping(&self.steps(|cluster| weight_of(weights, cluster)), percent)
    }

    /// Lowest score first.
    fn steps(&self, weight: impl Fn(usize) -> u64) -> Vec<Step> {
        // Equal as far as a comparison of two candidates can tell.
        let equal = |a: &Scored, b: &Scored| (a.score - b.score).abs() < 1e-6;
        let steps = self.scored.chunk_by(equal).map(|chunk| {
            chunk.iter().fold(Step::default(), |sum, item| {
                let weight = weight(item.cluster);
                if item.wanted {
                    Step { wanted: sum.wanted + weight, ..sum }
                } else {
                    Step { unwanted: sum.unwanted + weight, ..sum }
                }
            })
        });
        steps.collect()
    }
}

fn weight_of(weights: &[u16], cluster: usize) -> u64 {
    weights.get(cluster).copied().map_or(0, u64::from)
}

fn totals(steps: &[Step]) -> Option<Step> {
    let sum = steps
        .iter()
        .fold(Step::default(), |sum, s| Step { wanted: sum.wanted + s.wanted, unwanted: sum.unwanted + s.unwanted });
    (sum.wanted > 0 && sum.unwanted > 0).then_some(sum)
}

fn auc(steps: &[Step]) -> Option<f64> {
    let all = totals(steps)?;
    let (mut below, mut won) = (0.0, 0.0);
    for step in steps {
        won += step.wanted as f64 * (below + step.unwanted as f64 / 2.0);
        below += step.unwanted as f64;
    }
    Some(won / (all.wanted as f64 * all.unwanted as f64))
}

fn rejected_keeping(steps: &[Step], percent: u32) -> Option<f64> {
    let all = totals(steps)?;
    let may_lose = all.wanted * u64::from(100_u32.saturating_sub(percent)) / 100;
    let (mut lost, mut rejected) = (0, 0);
    for step in steps {
        lost += step.wanted;
        if lost > may_lose {
            break;
        }
        rejected += step.unwanted;
    }
    Some(rejected as f64 / all.unwanted as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The mean of one value a cluster.
    fn mean(values: &[f64]) -> impl Fn(&[u16]) -> Option<f64> {
        |weights| {
            let sum: f64 = values.iter().zip(weights).map(|(v, w)| v * f64::from(*w)).sum();
            Some(sum / weights.iter().map(|w| f64::from(*w)).sum::<f64>())
        }
    }

    #[test]
    fn every_resample_draws_as_many_clusters_as_there_are() {
        let bootstrap = Bootstrap::new(50, 3);
        assert_eq!(bootstrap.draws.len(), Bootstrap::RESAMPLES);
        assert!(bootstrap.draws.iter().all(|w| w.iter().map(|w| usize::from(*w)).sum::<usize>() == 50));
        // Each cluster is drawn once on average.
        for cluster in 0..50 {
            let drawn: usize = bootstrap.draws.iter().map(|w| usize::from(w[cluster])).sum();
            assert!((850..1150).contains(&drawn), "{drawn}");
        }
    }

    #[test]
    fn the_interval_of_a_mean_is_that_of_the_normal_approximation() {
        let values: Vec<f64> = (0..400).map(|i| f64::from(u8::from(i % 4 == 0))).collect();
        let interval = Bootstrap::new(400, 0).interval(mean(&values)).unwrap();
        // 1.96 * sqrt(0.25 * 0.75 / 400) = 0.0424
        assert!((interval.half_width() - 0.0424).abs() < 0.005, "{interval:?}");
        assert!((interval.low - (0.25 - 0.0424)).abs() < 0.01, "{interval:?}");
    }

    #[test]
    fn the_seed_decides() {
        let values: Vec<f64> = (0..30).map(f64::from).collect();
        let interval = |seed| Bootstrap::new(30, seed).interval(mean(&values));
        assert_eq!(interval(1), interval(1));
        assert_ne!(interval(1), interval(2));
    }

    #[test]
    fn nothing_is_said_of_fewer_than_two_clusters() {
        assert_eq!(Bootstrap::new(0, 0).interval(|_| Some(1.0)), None);
        assert_eq!(Bootstrap::new(1, 0).interval(|_| Some(1.0)), None);
        assert_eq!(Bootstrap::new(2, 0).interval(|_| Some(1.0)), Some(Interval { low: 1.0, high: 1.0 }));
        assert_eq!(Bootstrap::new(2, 0).interval(|_| None), None);
    }

    #[test]
    fn auc_is_the_share_of_ordered_pairs() {
        let (wanted, unwanted) = ([(0.3_f64, 0), (0.5, 1), (0.5, 1), (0.9, 2)], [(0.5_f64, 3), (0.1, 3), (0.95, 4)]);
        let mut won = 0.0;
        for (w, _) in wanted {
            for (u, _) in unwanted {
                won += if w > u { 1.0 } else { f64::from(u8::from((w - u).abs() < 1e-9)) / 2.0 };
            }
        }
        let scores = Separation::new(&wanted, &unwanted);
        assert!((scores.auc().unwrap() - won / 12.0).abs() < 1e-12);
        assert_eq!(Separation::new(&wanted, &[]).auc(), None);
        assert_eq!(Separation::new(&[], &unwanted).rejected_keeping(90), None);
    }

    #[test]
    fn weights_count_like_repetitions() {
        let (wanted, unwanted) = ([(0.3, 0), (0.5, 1)], [(0.4, 2), (0.1, 0)]);
        let repeated = Separation::new(&[(0.3, 0), (0.3, 0), (0.5, 1)], &[(0.1, 0), (0.1, 0)]);
        let scores = Separation::new(&wanted, &unwanted);
        assert_eq!(scores.weighted_auc(&[2, 1, 0]), repeated.auc());
        assert_eq!(scores.weighted_rejected_keeping(60, &[2, 1, 0]), repeated.rejected_keeping(60));
        assert_eq!(scores.weighted_auc(&[1, 1, 1]), scores.auc());
    }

    #[test]
    fn the_threshold_keeps_what_scores_as_much_as_it() {
        let wanted: Vec<(f64, usize)> = (0..10).map(|i| (f64::from(i), 0)).collect();
        let rejected =
            |unwanted: &[(f64, usize)], percent| Separation::new(&wanted, unwanted).rejected_keeping(percent);
        // 90 % kept: the threshold is 1, the second lowest of ten.
        assert_eq!(rejected(&[(-1.0, 1), (0.0, 1), (1.0, 1), (2.0, 1)], 90), Some(0.5));
        assert_eq!(rejected(&[(-1.0, 1), (0.0, 1)], 100), Some(0.5));
        // One score for all: a threshold would have to reject everything or nothing.
        let same = Separation::new(&[(1.0, 0), (1.0, 0)], &[(1.0, 1)]);
        assert_eq!((same.auc(), same.rejected_keeping(90)), (Some(0.5), Some(0.0)));
    }
}
