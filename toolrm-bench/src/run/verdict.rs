//! What a judge said of a pair, as it is journalled and counted.

use serde::{Deserialize, Serialize};
use toolrm_core::{
    error::{ErrorKind, JudgeError},
    judge::{Choice, Comparison},
    score::{Finding, Outcome, Score, Usage},
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
        /// What the model wrote, where there was something to read.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        raw_output: Option<String>,
    },
}

impl Said {
    /// From the outcome of a comparison; `chosen_first` says in which order the two were shown.
    pub fn of(outcome: Outcome<Comparison>, chosen_first: bool) -> Self {
        match outcome {
            Outcome::Judged(c) if !(0.0..=1.0).contains(&c.p_first) => {
                Self::failed(ErrorKind::Unparseable, format!("the judge gave {} as a probability", c.p_first))
            }
            Outcome::Judged(comparison) => {
                let seen = if chosen_first { comparison } else { comparison.swapped() };
                Self::Judged { choice: seen.choice, p_chosen: seen.p_first, critique: seen.critique }
            }
            other => Self::unjudged(&other),
        }
    }

    /// A failure.
    pub fn failed(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self::Failed { kind, message: message.into(), raw_output: None }
    }

    /// Why there is no judgement.
    fn unjudged<T>(outcome: &Outcome<T>) -> Self {
        match outcome {
            Outcome::Abstained { reason } => Self::Abstained { reason: reason.clone().into_owned() },
            Outcome::Failed(error) => Self::Failed {
                kind: error.kind(),
                message: in_words(error),
                raw_output: error.raw_output().map(str::to_owned),
            },
            _ => Self::failed(ErrorKind::Unsupported, "an outcome of an unknown kind"),
        }
    }

    /// Whether it says something about the pair. What the network, the server, a budget or a cancellation kept from being judged
    /// does not, and is asked again when a run is resumed. What the model itself did not do (a verdict that cannot be read, a prompt
    /// it has no room for) does: asking again until it fits would flatter it.
    pub fn is_settled(&self) -> bool {
        use ErrorKind as E;
        let unsettled = [E::Backend, E::Transport, E::RateLimited, E::Timeout, E::Cancelled, E::Budget];
        !matches!(self, Self::Failed { kind, .. } if unsettled.contains(kind))
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
    /// Why a judge that scores gave the chosen answer none: an abstention or a failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen_unscored: Option<Said>,
    /// Why a judge that scores gave the rejected answer none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejected_unscored: Option<Said>,
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
    /// Why, in the words of a model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub critique: Option<String>,
}

impl ScoreSaid {
    /// From the outcome of scoring; the other side says why there is no score.
    pub fn of(outcome: Outcome<Score>) -> Result<Self, Said> {
        match outcome {
            // JSON has no word for infinity.
            Outcome::Judged(score) if !score.value.is_finite() => {
                Err(Said::failed(ErrorKind::Unparseable, format!("the judge gave {} as a score", score.value)))
            }
            Outcome::Judged(score) => {
                Ok(Self { value: score.value, findings: score.findings, critique: score.critique })
            }
            other => Err(Said::unjudged(&other)),
        }
    }
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
            chosen_unscored: None,
            rejected_unscored: None,
            usage: Usage::default(),
        }
    }

    /// Everything that was said of it, or kept from being said.
    pub fn said(&self) -> impl Iterator<Item = &Said> {
        [&self.chosen_first, &self.chosen_second, &self.chosen_unscored, &self.rejected_unscored].into_iter().flatten()
    }

    /// Whether all of it says something about the pair; see [`Said::is_settled`].
    pub fn is_settled(&self) -> bool {
        self.said().all(Said::is_settled)
    }

    /// Whether the judge broke on any of it.
    pub fn has_failed(&self) -> bool {
        self.said().any(|said| matches!(said, Said::Failed { .. }))
    }
}

/// The message of an error and of what is behind it.
pub(super) fn in_words(error: &JudgeError) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{} ({source})", error.message()),
        None => error.message().to_owned(),
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
        verdict.chosen_second = Some(Said::failed(ErrorKind::PromptTooLong, "40,000 tokens"));
        let line = serde_json::to_string(&verdict).unwrap();
        assert_eq!(serde_json::from_str::<PairVerdict>(&line).unwrap(), verdict);
    }

    #[test]
    fn numbers_json_cannot_hold_are_failures() {
        let mut comparison = Comparison::from_probability(0.5);
        for p in [f64::NAN, 1.5, -0.1] {
            comparison.p_first = p;
            let said = Said::of(Outcome::Judged(comparison.clone()), true);
            assert!(matches!(said, Said::Failed { kind: ErrorKind::Unparseable, .. }), "{said:?}");
        }
        let said = ScoreSaid::of(Outcome::Judged(Score::new(f64::INFINITY))).unwrap_err();
        assert_eq!(said, Said::failed(ErrorKind::Unparseable, "the judge gave inf as a score"));
    }

    #[test]
    fn a_failure_keeps_its_reasons() {
        let error = JudgeError::new(ErrorKind::Unparseable, "no verdict")
            .with_source(std::io::Error::other("half a line"))
            .with_raw_output("hm");
        let said = Said::of(Outcome::Failed(error), true);
        let raw_output = Some("hm".to_owned());
        let message = "no verdict (half a line)".to_owned();
        assert_eq!(said, Said::Failed { kind: ErrorKind::Unparseable, message, raw_output });
        assert!(said.is_settled());
        assert!(!Said::failed(ErrorKind::Transport, "reset").is_settled());
    }
}
