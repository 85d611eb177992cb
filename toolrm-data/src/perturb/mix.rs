//! [`ErrorMix`]: how often answers are wrong in which way.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{error::Fault, observed::ErrorType};

/// Types of errors and their weights. Written as a map: `{"wrong-text": 0.3, "wrong-tool": 0.1}`, or a table of TOML.
///
/// ```
/// use toolrm_data::{observed::ErrorType, perturb::ErrorMix};
/// let mix: ErrorMix = serde_json::from_str(r#"{"wrong-text": 3, "wrong-tool": 1}"#)?;
/// assert_eq!(mix.share(ErrorType::WrongText), 0.75);
/// assert!(serde_json::from_str::<ErrorMix>(r#"{"wrong-text": -1}"#).is_err());
/// # Ok::<_, serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<ErrorType, f64>", into = "BTreeMap<ErrorType, f64>")]
pub struct ErrorMix(BTreeMap<ErrorType, f64>);

impl ErrorMix {
    /// A mix of these weights: not negative, and at least one above 0.
    ///
    /// # Errors
    /// When a weight is negative or no number, or all are 0: which, and what to do.
    pub fn new(weights: impl IntoIterator<Item = (ErrorType, f64)>) -> Result<Self, Fault> {
        let weights: BTreeMap<_, _> = weights.into_iter().collect();
        if let Some((error, weight)) = weights.iter().find(|(_, w)| !w.is_finite() || **w < 0.0) {
            let what = format!("{weight} is no weight");
            return Err(Fault::new(what, "give a number that is 0 or more").under(error));
        }
        let sum: f64 = weights.values().sum();
        if !sum.is_finite() || sum <= 0.0 {
            return Err(Fault::new("weights that add up to nothing", "give one type of error a weight above 0"));
        }
        Ok(Self(weights))
    }

    /// How real models are wrong, measured from recorded answers: ComplexFuncBench (18 models), HammerBench (GPT-4o), Seal-Tools, UltraTool and
    /// ToolAlpaca, compared with the right answer that each comes closest to.
    ///
    /// A source weighs as many errors as it has, and no more than 1,000. Answers of the wrong form (malformed, words for a call) say how
    /// a model was asked rather than what it understood: their shares are capped, at 4 % and 10 %. `toolrm-data/tests/measured_errors.rs`
    /// measures again.
    pub fn measured() -> Self {
        Self(MEASURED.into_iter().collect())
    }

    /// The weight of a type; 0 of one that is not in the mix.
    pub fn weight(&self, error: ErrorType) -> f64 {
        self.0.get(&error).copied().unwrap_or_default()
    }

    /// The share of a type, in \[0, 1\].
    pub fn share(&self, error: ErrorType) -> f64 {
        self.weight(error) / self.0.values().sum::<f64>()
    }

    /// The types that occur, with their weights.
    pub fn iter(&self) -> impl Iterator<Item = (ErrorType, f64)> + '_ {
        self.0.iter().map(|(error, weight)| (*error, *weight)).filter(|(_, weight)| *weight > 0.0)
    }
}

impl TryFrom<BTreeMap<ErrorType, f64>> for ErrorMix {
    type Error = Fault;
    fn try_from(weights: BTreeMap<ErrorType, f64>) -> Result<Self, Fault> {
        Self::new(weights)
    }
}

impl From<ErrorMix> for BTreeMap<ErrorType, f64> {
    fn from(mix: ErrorMix) -> Self {
        mix.0
    }
}

/// Shares, to three digits. No recorded answer is wrong in one object alone.
const MEASURED: [(ErrorType, f64); 19] = [
    (ErrorType::Malformed, 0.040),
    (ErrorType::CallInsteadOfWords, 0.180),
    (ErrorType::WordsInsteadOfCall, 0.100),
    (ErrorType::HallucinatedTool, 0.001),
    (ErrorType::MissingCall, 0.037),
    (ErrorType::RepeatedCall, 0.004),
    (ErrorType::ExtraCall, 0.041),
    (ErrorType::WrongTool, 0.046),
    (ErrorType::MissingRequired, 0.014),
    (ErrorType::UnexpectedParameter, 0.002),
    (ErrorType::WrongType, 0.028),
    (ErrorType::SeveralValues, 0.198),
    (ErrorType::WrongNumber, 0.007),
    (ErrorType::WrongText, 0.195),
    (ErrorType::WrongChoice, 0.002),
    (ErrorType::WrongFlag, 0.001),
    (ErrorType::WrongList, 0.005),
    (ErrorType::ExtraOptional, 0.080),
    (ErrorType::MissingOptional, 0.018),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_that_are_none_are_refused() {
        for (weights, pointer) in [
            (vec![], ""),
            (vec![(ErrorType::WrongText, 0.0)], ""),
            (vec![(ErrorType::WrongText, 1.0), (ErrorType::WrongTool, -0.5)], "/wrong-tool"),
            (vec![(ErrorType::WrongText, f64::NAN)], "/wrong-text"),
            (vec![(ErrorType::WrongText, f64::MAX), (ErrorType::WrongTool, f64::MAX)], ""),
        ] {
            assert_eq!(ErrorMix::new(weights.clone()).unwrap_err().pointer, pointer, "{weights:?}");
        }
    }

    #[test]
    fn a_mix_is_a_map_of_names() {
        let mix = ErrorMix::measured();
        let text = serde_json::to_string(&mix).unwrap();
        assert!(text.starts_with("{\"malformed\":0.04,"), "{text}");
        assert_eq!(serde_json::from_str::<ErrorMix>(&text).unwrap(), mix);
        assert!(serde_json::from_str::<ErrorMix>(r#"{"wrong-taste": 1}"#).is_err());
    }

    #[test]
    fn few_answers_are_malformed_among_calls() {
        let mix = ErrorMix::measured();
        let of_calls = 1.0 - mix.share(ErrorType::CallInsteadOfWords);
        assert!(mix.share(ErrorType::Malformed) / of_calls <= 0.05);
    }
}
