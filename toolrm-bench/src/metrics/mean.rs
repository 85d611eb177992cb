//! [`Mean`]: a mean whose parts are kept by question, so that its interval can be drawn over questions.

use indexmap::{IndexMap, IndexSet};
use toolrm_core::measure::Bootstrap;

use super::Measured;
use crate::trbench::Pair;

/// The questions of a bench, numbered from 0: what intervals are drawn over.
///
/// The answers to one question are no independent witnesses: who misreads it gets all of its pairs wrong. An interval is therefore
/// made by drawing whole questions with replacement (the cluster bootstrap; Davison and Hinkley, Bootstrap Methods and their
/// Application, 1997, 3.8).
#[derive(Debug, Clone, Default)]
pub struct Questions {
    ids: IndexSet<String>,
}

impl Questions {
    /// The questions of some pairs in the order of their ids, so that the order of the pairs plays no part.
    pub fn of(pairs: &[Pair]) -> Self {
        let mut ids: IndexSet<String> = IndexSet::new();
        for pair in pairs {
            number(&mut ids, &pair.question_id);
        }
        ids.sort_unstable();
        Self { ids }
    }

    /// The number of a question; the next one if it is new.
    pub fn number(&mut self, id: &str) -> usize {
        number(&mut self.ids, id)
    }

    /// The number of a question; `None` if it is not known.
    pub fn get(&self, id: &str) -> Option<usize> {
        self.ids.get_index_of(id)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }
}

fn number(ids: &mut IndexSet<String>, id: &str) -> usize {
    ids.get_index_of(id).unwrap_or_else(|| ids.insert_full(id.to_owned()).0)
}

/// The mean of values, each of which belongs to a question.
///
/// ```
/// use toolrm_bench::metrics::Mean;
/// use toolrm_core::measure::Bootstrap;
/// let mut accuracy = Mean::default();
/// for (question, points) in [(0, 1.0), (0, 1.0), (1, 0.0), (2, 0.5)] {
///     accuracy.add(question, points);
/// }
/// let measured = accuracy.measured(&Bootstrap::new(3, 0));
/// assert_eq!(measured.value, Some(0.625));
/// assert!(measured.interval.is_some_and(|i| i.low < 0.5 && 0.9 < i.high));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Mean {
    /// By the number of the question.
    sums: IndexMap<usize, Sum>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    values: f64,
    n: f64,
}

impl Mean {
    /// Takes one more value, of the question with this number.
    pub fn add(&mut self, question: usize, value: f64) {
        let sum = self.sums.entry(question).or_default();
        (sum.values, sum.n) = (sum.values + value, sum.n + 1.0);
    }

    /// Number of questions with a value.
    pub fn questions(&self) -> usize {
        self.sums.len()
    }

    /// The mean; `None` of no values.
    pub fn value(&self) -> Option<f64> {
        self.mean(|_| 1.0)
    }

    /// The mean in which every question counts as often as it was drawn.
    pub fn weighted(&self, weights: &[u16]) -> Option<f64> {
        self.mean(|question| weights.get(question).copied().map_or(0.0, f64::from))
    }

    fn mean(&self, weight: impl Fn(usize) -> f64) -> Option<f64> {
        let (mut values, mut n) = (0.0, 0.0);
        for (question, sum) in &self.sums {
            let weight = weight(*question);
            values += weight * sum.values;
            n += weight * sum.n;
        }
        (n > 0.0).then(|| values / n)
    }

    /// The mean with its interval.
    pub fn measured(&self, bootstrap: &Bootstrap) -> Measured {
        // Of one question nothing can be said, however many others there are.
        let interval = (self.questions() > 1).then(|| bootstrap.interval(|weights| self.weighted(weights)));
        Measured { value: self.value(), interval: interval.flatten() }
    }
}

/// The mean of means, each weighing the same; those without values are left out.
pub fn mean_of_means(means: &[&Mean], bootstrap: &Bootstrap) -> Measured {
    // A resample may miss a small group: the mean is then that of the others.
    let of = |one: &dyn Fn(&Mean) -> Option<f64>| {
        let (sum, n) = means.iter().filter_map(|mean| one(mean)).fold((0.0, 0.0), |(sum, n), x| (sum + x, n + 1.0));
        (n > 0.0).then(|| sum / n)
    };
    Measured { value: of(&Mean::value), interval: bootstrap.interval(|weights| of(&|mean| mean.weighted(weights))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(values: impl IntoIterator<Item = (usize, f64)>) -> Mean {
        let mut mean = Mean::default();
        values.into_iter().for_each(|(question, value)| mean.add(question, value));
        mean
    }

    #[test]
    fn weights_count_like_repetitions() {
        let once = mean([(0, 1.0), (0, 0.5), (1, 0.0), (2, 0.0)]);
        let repeated = mean([(0, 1.0), (0, 0.5), (0, 1.0), (0, 0.5), (1, 0.0)]);
        assert_eq!(once.weighted(&[2, 1, 0]), repeated.value());
        assert_eq!(once.weighted(&[0, 0, 0]), None);
        assert_eq!(Mean::default().value(), None);
    }

    #[test]
    fn values_of_one_question_are_one_witness() {
        let width = |question: fn(usize) -> usize| {
            let value = |i: usize| f64::from(u8::from((i / 4).is_multiple_of(2)));
            let all = mean((0..80).map(|i| (question(i), value(i))));
            all.measured(&Bootstrap::new(80, 0)).interval.unwrap().half_width()
        };
        let (clustered, single) = (width(|i| i / 4), width(|i| i));
        // Standard errors: 0.5 / sqrt(20) against 0.5 / sqrt(80).
        assert!(clustered > 1.6 * single, "{clustered} against {single}");
    }

    #[test]
    fn one_question_has_no_interval() {
        let bootstrap = Bootstrap::new(2, 0);
        let one = mean([(0, 1.0), (0, 0.0)]);
        assert_eq!(one.measured(&bootstrap), Measured { value: Some(0.5), interval: None });
        assert!(mean([(0, 1.0), (1, 0.0)]).measured(&bootstrap).interval.is_some());
    }

    #[test]
    fn every_mean_weighs_the_same() {
        let (many, few, none) = (mean((0..9).map(|i| (i, 1.0))), mean([(9, 0.0)]), Mean::default());
        let both = mean_of_means(&[&many, &few, &none], &Bootstrap::new(10, 0));
        assert_eq!(both.value, Some(0.5));
        let interval = both.interval.unwrap();
        // Where the only question of the few is not drawn, the many are the mean.
        assert!((interval.low - 0.5).abs() < 1e-12 && (interval.high - 1.0).abs() < 1e-12, "{interval:?}");
        assert_eq!(mean_of_means(&[], &Bootstrap::new(2, 0)).value, None);
    }

    #[test]
    fn questions_are_numbered_as_met_or_by_id() {
        let mut met = Questions::default();
        assert_eq!(["b", "a", "b"].map(|id| met.number(id)), [0, 1, 0]);
        assert_eq!((met.len(), met.get("a"), met.get("c")), (2, Some(1), None));
    }
}
