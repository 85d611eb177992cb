//! How far the probabilities of a judge can be believed.

use indexmap::IndexMap;
use toolrm_core::measure::Bootstrap;

use super::{Mean, Measured};
use crate::{
    report::model::{Bin, Calibration},
    run::{PairVerdict, Said},
};

/// Number of bins of equal width.
pub const BINS: usize = 10;

/// What is counted for [`Calibration`]: of each comparison that was judged the probability p it gave to the answer shown first, and
/// y, whether that answer is the better one.
///
/// - Brier score: mean of (p - y)² (Brier 1950).
/// - Expected calibration error: the sum over bins of `n_b / n * |mean p - share of y|`, [`BINS`] bins of equal width, the last one
///   closed (Guo et al., On Calibration of Modern Neural Networks, 2017). It is never negative, and so too high where pairs are few.
#[derive(Debug, Clone, Default)]
pub struct CalibrationTally {
    brier: Mean,
    bins: [Sum; BINS],
    /// Sums of p - y by question and bin.
    gaps: IndexMap<(usize, usize), Gap>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    n: u64,
    p: f64,
    right: u64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Gap {
    sum: f64,
    n: f64,
}

impl CalibrationTally {
    /// Counts the comparisons of a pair of which the chosen answer is the better one.
    pub fn add(&mut self, question: usize, verdict: &PairVerdict) {
        if let Some(Said::Judged { p_chosen, .. }) = verdict.chosen_first {
            self.add_one(question, p_chosen, true);
        }
        if let Some(Said::Judged { p_chosen, .. }) = verdict.chosen_second {
            self.add_one(question, 1.0 - p_chosen, false);
        }
    }

    /// Counts a probability and what is true.
    pub fn add_one(&mut self, question: usize, p: f64, right: bool) {
        let y = f64::from(u8::from(right));
        self.brier.add(question, (p - y).powi(2));
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "p is in [0, 1]; a cast saturates")]
        let number = ((p * BINS as f64) as usize).min(BINS - 1);
        let gap = self.gaps.entry((question, number)).or_default();
        (gap.sum, gap.n) = (gap.sum + p - y, gap.n + 1.0);
        if let Some(bin) = self.bins.get_mut(number) {
            *bin = Sum { n: bin.n + 1, p: bin.p + p, right: bin.right + u64::from(right) };
        }
    }

    /// All of it with intervals; `None` when nothing was judged.
    pub fn measured(&self, bootstrap: &Bootstrap) -> Option<Calibration> {
        let n = self.bins.iter().map(|bin| bin.n).sum();
        let ece = Measured {
            value: Some(self.ece(|_| 1.0)?),
            interval: (self.brier.questions() > 1)
                .then(|| bootstrap.interval(|w| self.ece(|question| w.get(question).copied().map_or(0.0, f64::from))))
                .flatten(),
        };
        let width = 1.0 / BINS as f64;
        let bin = |(number, sum): (usize, &Sum)| Bin {
            low: number as f64 * width,
            high: (number + 1) as f64 * width,
            n: sum.n,
            mean_p: sum.p / sum.n as f64,
            share_right: sum.right as f64 / sum.n as f64,
        };
        let bins = self.bins.iter().enumerate().filter(|(_, sum)| sum.n > 0).map(bin).collect();
        Some(Calibration { n, ece, brier: self.brier.measured(bootstrap), bins })
    }

    /// `n_b * |mean p - share of y|` is the size of the sum of p - y over the bin.
    fn ece(&self, weight: impl Fn(usize) -> f64) -> Option<f64> {
        let (mut gaps, mut n) = ([0.0_f64; BINS], 0.0);
        for ((question, bin), gap) in &self.gaps {
            let weight = weight(*question);
            n += weight * gap.n;
            if let Some(sum) = gaps.get_mut(*bin) {
                *sum += weight * gap.sum;
            }
        }
        (n > 0.0).then(|| gaps.iter().map(|gap| gap.abs()).sum::<f64>() / n)
    }
}

#[cfg(test)]
mod tests {
    use toolrm_core::layer::{brier, expected_calibration_error};

    use super::*;

    #[test]
    fn it_is_what_the_curves_of_judges_are_measured_by() {
        let said = [(0.95, true), (1.0, true), (0.5, false), (0.55, true), (0.1, false), (0.0, true), (0.72, false)];
        let mut tally = CalibrationTally::default();
        for (i, (p, right)) in said.into_iter().enumerate() {
            tally.add_one(i / 2, p, right);
        }
        let measured = tally.measured(&Bootstrap::new(4, 0)).unwrap();
        assert!((measured.ece.value.unwrap() - expected_calibration_error(&said, BINS).unwrap()).abs() < 1e-12);
        assert!((measured.brier.value.unwrap() - brier(&said).unwrap()).abs() < 1e-12);
        assert!(measured.ece.interval.is_some() && measured.n == 7);
        let last = measured.bins.last().unwrap();
        assert_eq!((last.n, last.low, last.share_right), (2, 0.9, 1.0));
        assert!((last.mean_p - 0.975).abs() < 1e-12);
    }

    #[test]
    fn a_probability_is_that_of_the_answer_shown_first() {
        let mut verdict = PairVerdict::new(0, "");
        let said =
            |p_chosen| Some(Said::Judged { choice: toolrm_core::judge::Choice::First, p_chosen, critique: None });
        (verdict.chosen_first, verdict.chosen_second) = (said(0.75), said(0.75));
        let mut tally = CalibrationTally::default();
        tally.add(0, &verdict);
        let bins = tally.measured(&Bootstrap::new(1, 0)).unwrap().bins;
        let shown: Vec<_> = bins.iter().map(|bin| (bin.mean_p, bin.share_right)).collect();
        assert_eq!(shown, [(0.25, 0.0), (0.75, 1.0)]);
        assert_eq!(CalibrationTally::default().measured(&Bootstrap::new(1, 0)), None);
    }
}
