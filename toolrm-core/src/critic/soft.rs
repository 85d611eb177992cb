//! Soft verdicts: probabilities of the labels from their log-probabilities.

/// The softmax over `labels` of the log-probabilities (natural logarithm) a backend gave for the place of the verdict.
///
/// Labels are compared without the white space tokenizers put before them; several tokens of one label are added up. A label that
/// is missing lies under the backend's cut-off and gets 0. `None`, so that the written verdict counts alone: no label is
/// there, or a number is NaN or `+inf`.
pub(super) fn label_probabilities(logprobs: &[(String, f32)], labels: &[String]) -> Option<Vec<f64>> {
    let mass_of = |label: &String, top: f64| -> f64 {
        let of_label = logprobs.iter().filter(|(l, _)| l.trim().eq_ignore_ascii_case(label));
        of_label.map(|(_, p)| (f64::from(*p) - top).exp()).sum()
    };
    // Taking the largest out first keeps the exponentials in range. A NaN passes it by and ends in the sum.
    let known = logprobs.iter().filter(|(l, _)| labels.iter().any(|label| l.trim().eq_ignore_ascii_case(label)));
    let top = known.map(|(_, p)| f64::from(*p)).fold(f64::NEG_INFINITY, f64::max);
    let mass: Vec<f64> = labels.iter().map(|l| mass_of(l, top)).collect();
    let total: f64 = mass.iter().sum();
    (top.is_finite() && total.is_finite()).then(|| mass.iter().map(|m| m / total).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn soft(logprobs: &[(&str, f32)]) -> Option<Vec<f64>> {
        let logprobs: Vec<_> = logprobs.iter().map(|(l, p)| ((*l).to_owned(), *p)).collect();
        label_probabilities(&logprobs, &["1".to_owned(), "2".to_owned()])
    }

    #[test]
    fn it_is_the_softmax_over_the_labels_and_nothing_else() {
        let p = soft(&[("1", 0.6_f32.ln()), ("2", 0.2_f32.ln()), ("3", 0.1_f32.ln())]).unwrap();
        assert!((p[0] - 0.75).abs() < 1e-6 && (p[1] - 0.25).abs() < 1e-6, "{p:?}");
    }

    #[test]
    fn spaced_tokens_add_up_and_missing_labels_get_nothing() {
        let p = soft(&[(" 1", 0.25_f32.ln()), ("1", 0.25_f32.ln()), ("\n2", 0.5_f32.ln())]).unwrap();
        assert!((p[0] - 0.5).abs() < 1e-6, "{p:?}");
        assert_eq!(soft(&[("2", -700.0)]).unwrap(), [0.0, 1.0]);
        assert_eq!(soft(&[("1", -1e30), ("2", -1e30)]).unwrap(), [0.5, 0.5]);
    }

    #[test]
    fn what_is_no_number_falls_back_to_the_written_verdict() {
        assert_eq!(soft(&[]), None);
        assert_eq!(soft(&[("yes", -0.1)]), None);
        assert_eq!(soft(&[("1", f32::NAN), ("2", -0.1)]), None);
        assert_eq!(soft(&[("1", f32::INFINITY), ("2", -0.1)]), None);
        assert_eq!(soft(&[("1", f32::NEG_INFINITY), ("2", f32::NEG_INFINITY)]), None);
    }
}
