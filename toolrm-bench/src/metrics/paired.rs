//! Whether two judges differ by more than chance, on the same pairs.

use std::iter::repeat_n;

use indexmap::IndexMap;
use toolrm_core::measure::Bootstrap;

use super::{Mean, Verdict};
use crate::report::model::PairedTest;

/// What two judges made of one pair, in half points: 2 for a win, 1 for a pair without a winner, 0 for a loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "a pair is won or not by each of two")]
pub struct Contest {
    /// The number of its question.
    pub question: usize,
    /// This judge's half points.
    pub this: u8,
    /// The other judge's half points.
    pub other: u8,
}

/// The half points of a verdict.
pub fn half_points(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Right => 2,
        Verdict::Wrong => 0,
        Verdict::Tie | Verdict::Abstained | Verdict::Failed => 1,
    }
}

/// This judge against the other one:
///
/// - the difference of their accuracies, with its interval over questions;
/// - p-value: the exact sign-flip test by question (Fisher's permutation test for paired data, The Design of Experiments, 1935,
///   section 21): were the two judges the same, the sum D_q of the differences of each question would as well be -D_q. The p-value
///   is the share of all 2^Q ways to flip the signs that give a sum at least as far from 0;
/// - McNemar's exact p-value of the pairs that only one of them got right (McNemar 1947): the same test with each of these pairs a
///   question of its own, which is the two-sided binomial test.
pub fn paired_test(contests: impl IntoIterator<Item = Contest>, bootstrap: &Bootstrap) -> PairedTest {
    let mut difference = Mean::default();
    let mut by_question: IndexMap<usize, i64> = IndexMap::new();
    let (mut only_this, mut only_other) = (0_u64, 0_u64);
    for Contest { question, this, other } in contests {
        let gained = i64::from(this) - i64::from(other);
        difference.add(question, gained as f64 / 2.0);
        *by_question.entry(question).or_default() += gained;
        only_this += u64::from(this == 2 && other < 2);
        only_other += u64::from(other == 2 && this < 2);
    }
    let difference = difference.measured(bootstrap);
    let by_pair = repeat_n(1, usize_of(only_this)).chain(repeat_n(-1, usize_of(only_other)));
    PairedTest {
        difference,
        p_value: difference.value.map(|_| sign_flip_p(by_question.into_values())),
        only_this,
        only_other,
        mcnemar_p: difference.value.map(|_| sign_flip_p(by_pair)),
    }
}

fn usize_of(n: u64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

/// The probability that a sum of differences with random signs is at least as far from 0 as the one at hand.
///
/// With S the sum of the sizes and K the sum of those whose sign is plus, the sum is 2K - S; the distribution of K over 0..=S is
/// made exactly, one difference after the other. It takes (differences that are not 0) x S steps.
pub fn sign_flip_p(differences: impl IntoIterator<Item = i64>) -> f64 {
    let (mut sum, mut sizes) = (0_i64, 0_i64);
    let mut plus = vec![1.0_f64];
    for difference in differences.into_iter().filter(|difference| *difference != 0) {
        let size = usize_of(difference.unsigned_abs());
        let stays = plus.iter().copied().chain(repeat_n(0.0, size));
        let grows = repeat_n(0.0, size).chain(plus.iter().copied());
        plus = stays.zip(grows).map(|(stays, grows)| 0.5 * stays + 0.5 * grows).collect();
        (sum, sizes) = (sum + difference, sizes + difference.abs());
    }
    let far = |k: i64| (2 * k - sizes).abs() >= sum.abs();
    let p: f64 = (0_i64..).zip(&plus).filter(|(k, _)| far(*k)).map(|(_, probability)| probability).sum();
    p.min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flips_are_counted_by_hand() {
        // Of the 8 ways to sign 1, 1 and 2 two give a sum of 4 or -4; the sum of 1 and -1 is 0, and nothing is nearer.
        assert!((sign_flip_p([1, 1, 2]) - 0.25).abs() < 1e-15);
        assert!((sign_flip_p([1, -1]) - 1.0).abs() < 1e-15);
        assert!((sign_flip_p([3, 0, 0]) - 1.0).abs() < 1e-15);
        assert!((sign_flip_p([]) - 1.0).abs() < 1e-15);
        // The sum is 2; only where both ones stand against the two, in 2 of 8, it is nearer to 0.
        assert!((sign_flip_p([2, 1, -1]) - 0.75).abs() < 1e-15);
    }

    #[test]
    fn pairs_of_one_question_do_not_count_as_many() {
        let contests = |of_question: usize| {
            (0..12).map(move |i| Contest { question: i / of_question, this: 2, other: u8::from(i == 0) })
        };
        let (apart, together) =
            (paired_test(contests(1), &Bootstrap::new(12, 0)), paired_test(contests(4), &Bootstrap::new(3, 0)));
        assert_eq!((apart.only_this, apart.only_other, together.only_this), (12, 0, 12));
        assert!((apart.p_value.unwrap() - 2.0_f64.powi(-11)).abs() < 1e-15);
        assert!((together.p_value.unwrap() - 2.0_f64.powi(-2)).abs() < 1e-15);
        assert_eq!(apart.mcnemar_p, together.mcnemar_p);
        assert!((apart.difference.value.unwrap() - 23.0 / 24.0).abs() < 1e-15);
    }

    #[test]
    fn nothing_can_be_said_of_no_pairs() {
        let test = paired_test([], &Bootstrap::new(0, 0));
        assert_eq!((test.p_value, test.mcnemar_p, test.difference.value), (None, None, None));
    }

    #[test]
    fn the_test_is_the_same_from_both_sides() {
        let contest = |i: usize| Contest { question: i / 3, this: [2, 1, 0, 2, 2][i % 5], other: [0, 2, 1][i % 3] };
        let back = |c: Contest| Contest { this: c.other, other: c.this, ..c };
        let bootstrap = Bootstrap::new(14, 0);
        let (one, other) =
            (paired_test((0..40).map(contest), &bootstrap), paired_test((0..40).map(contest).map(back), &bootstrap));
        assert_eq!((one.p_value, one.mcnemar_p, one.only_this), (other.p_value, other.mcnemar_p, other.only_other));
        assert_eq!(one.difference.value, other.difference.value.map(|d| -d));
    }
}
