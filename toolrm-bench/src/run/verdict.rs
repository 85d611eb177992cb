//! What a judge said of a pair, as it is journalled and counted.

use serde::{Deserialize, Serialize};
use toolrm_core::{
    error::ErrorKind,
    judge::{Choice, Comparison},
    score::{Finding, Outcome, Usage},
};

/// What a judge said when it was shown the two answers of a pair in one order, seen from the chosen one's side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "said", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Said {
    /// It compared them.
    Judged {
        /// `First`: the chosen one is better; `Second`: the rejected one is.
        choice: Choice,
        /// Probability in \[0, 1\] that the chosen one is better.
        p_chosen: f64,
        /// Why, where the judge says so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        critique: Option<String>,
    },
    /// Not its case.
    Abstained {
        /// Why.
        reason: String,
    },
    /// It could not.
    Failed {
        /// What kind of failure; [`ErrorKind::PromptTooLong`] is an over-long row.
        kind: ErrorKind,
        /// In words.
        message: String,
    },
}

impl Said {
    /// From the outcome of a comparison; `chosen_first` says in which order the two were shown.
    pub fn of(outcome: Outcome<Comparison>, chosen_first: bool) -> Self {
        match outcome {
            Outcome::Judged(comparison) => {
                let seen = if chosen_first { comparison } else { comparison.swapped() };
                Self::Judged { choice: seen.choice, p_chosen: seen.p_first, critique: seen.critique }
            }
            Outcome::Abstained { reason } => Self::Abstained { reason: reason.into_owned() },
            Outcome::Failed(error) => Self::Failed { kind: error.kind(), message: error.message().to_owned() },
            _ => Self::Failed { kind: ErrorKind::Unsupported, message: "an outcome of an unknown kind".into() },
        }
    }

    /// Which of the two it preferred; `None` when it did not judge.
    pub fn choice(&self) -> Option<Choice> {
        match self {
            Self::Judged { choice, .. } => Some(*choice),
            _ => None,
        }
    }

    /// Points of the pair: 1 when the chosen one wins, 0 when the rejected one does, 1/2 otherwise.
    pub fn points(&self) -> f64 {
        match self.choice() {
            Some(Choice::First) => 1.0,
            Some(Choice::Second) => 0.0,
            _ => 0.5,
        }
    }
}

/// What a judge said of a pair, in both orders where both were asked. One line of a journal, one line of `verdicts.jsonl`.
///
/// It holds nothing that differs between two runs of a deterministic judge: times are kept elsewhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PairVerdict {
    /// The pair's number in its bench, from 0.
    pub number: u64,
    /// The pair's id.
    pub id: String,
    /// With the chosen answer shown first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen_first: Option<Said>,
    /// With the chosen answer shown second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen_second: Option<Said>,
    /// The chosen answer's score, of a judge that scores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen_score: Option<ScoreSaid>,
    /// The rejected answer's score, of a judge that scores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejected_score: Option<ScoreSaid>,
    /// Model calls and tokens of all of it.
    #[serde(default)]
    pub usage: Usage,
}

/// A score that was given, with its reasons.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ScoreSaid {
    /// The score, on the judge's scale.
    pub value: f64,
    /// Why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
}

impl PairVerdict {
    /// Of a pair nothing is said of yet.
    pub fn new(number: u64, id: impl Into<String>) -> Self {
        Self {
            number,
            id: id.into(),
            chosen_first: None,
            chosen_second: None,
            chosen_score: None,
            rejected_score: None,
            usage: Usage::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_shown_is_undone() {
        let first = || Outcome::Judged(Comparison::from_probability(0.9));
        assert_eq!(Said::of(first(), true).choice(), Some(Choice::First));
        let swapped = Said::of(first(), false);
        assert_eq!((swapped.choice(), swapped.points()), (Some(Choice::Second), 0.0));
        assert!((Said::of(Outcome::abstained("no"), true).points() - 0.5).abs() < 1e-12);
    }

    #[test]
    fn a_line_is_read_back() {
        let mut verdict = PairVerdict::new(4, "x#1");
        verdict.chosen_first = Some(Said::of(Outcome::Judged(Comparison::from_probability(0.25)), true));
        verdict.chosen_second = Some(Said::Failed { kind: ErrorKind::PromptTooLong, message: "40,000 tokens".into() });
        let line = serde_json::to_string(&verdict).unwrap();
        assert_eq!(serde_json::from_str::<PairVerdict>(&line).unwrap(), verdict);
    }
}
