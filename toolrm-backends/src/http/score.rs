//! [`RewardEndpoint`] and [`Head`]: where the numbers of a reward model come from, and which of them is the score.

use std::str::FromStr;

use serde::Deserialize;
use serde_json::Value;
use toolrm_core::error::{ErrorKind, JudgeError};

/// Which endpoint gives the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RewardEndpoint {
    /// vLLM's `/classify`, for sequence classifiers (reward models with a `score` head): one number per class.
    Classify,
    /// vLLM's `/pooling`: what the model's pooler gives; where that is a row per token, the last one counts.
    Pooling,
    /// vLLM's `/score`, for cross-encoders: `text_1` is the conversation before the answer, `text_2` the answer.
    Score,
    /// TEI's `/predict`, for sequence classifiers: one number per label.
    Predict,
    /// TEI's `/rerank`, for cross-encoders: the query is the conversation before the answer, the one text the answer.
    Rerank,
}

impl RewardEndpoint {
    /// Its name, which is also its path: `classify`, `pooling`, `score`, `predict`, `rerank`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Classify => "classify",
            Self::Pooling => "pooling",
            Self::Score => "score",
            Self::Predict => "predict",
            Self::Rerank => "rerank",
        }
    }

    pub(super) fn path(self) -> String {
        format!("/{}", self.as_str())
    }

    /// Whether the server can be sent messages, and renders them by the model's own template.
    pub(super) fn takes_messages(self) -> bool {
        matches!(self, Self::Classify | Self::Pooling)
    }
}

impl FromStr for RewardEndpoint {
    type Err = JudgeError;

    fn from_str(name: &str) -> Result<Self, JudgeError> {
        let all = [Self::Classify, Self::Pooling, Self::Score, Self::Predict, Self::Rerank];
        all.into_iter().find(|e| e.as_str() == name.trim_start_matches('/')).ok_or_else(|| {
            let message = format!("\"{name}\" is no reward endpoint: classify, pooling, score, predict and rerank are");
            JudgeError::new(ErrorKind::InvalidInput, message)
        })
    }
}

/// Which of a model's numbers is the score. Labels are class numbers from 0 (`"1"`) where the server gives a list (vLLM), and names
/// (`"LABEL_1"`, or `"1"` for short) where it gives those (TEI).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Head {
    /// The only one: a reward model with one output. More than one is an error.
    #[default]
    Single,
    /// That of one class.
    Class(String),
    /// What one class has over another: the log-odds of a two-class model, from its raw numbers.
    Difference {
        /// The class of good answers.
        good: String,
        /// The class of bad ones.
        bad: String,
    },
}

/// A number and what the server calls it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Class {
    label: String,
    pub(super) value: f64,
}

/// The numbers of an answer about one conversation.
pub(super) fn classes(endpoint: RewardEndpoint, answer: Value) -> Result<Vec<Class>, String> {
    #[derive(Deserialize)]
    struct Listed<T> {
        data: Vec<T>,
    }
    #[derive(Deserialize)]
    struct Classified {
        probs: Vec<f64>,
    }
    #[derive(Deserialize)]
    struct Pooled {
        data: Pool,
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Pool {
        One(Vec<f64>),
        PerToken(Vec<Vec<f64>>),
    }
    #[derive(Deserialize)]
    struct Scored {
        score: f64,
        #[serde(default)]
        label: String,
    }
    fn parse<T: for<'de> Deserialize<'de>>(answer: Value) -> Result<T, String> {
        serde_json::from_value(answer).map_err(|e| format!("the answer cannot be read ({e})"))
    }
    match endpoint {
        RewardEndpoint::Classify => {
            let Listed { data } = parse::<Listed<Classified>>(answer)?;
            Ok(numbered(only(data)?.probs))
        }
        RewardEndpoint::Pooling => {
            let Listed { data } = parse::<Listed<Pooled>>(answer)?;
            match only(data)?.data {
                Pool::One(row) => Ok(numbered(row)),
                Pool::PerToken(rows) => Ok(numbered(rows.into_iter().next_back().unwrap_or_default())),
            }
        }
        RewardEndpoint::Score => {
            let Listed { data } = parse::<Listed<Scored>>(answer)?;
            Ok(numbered(vec![only(data)?.score]))
        }
        RewardEndpoint::Predict => {
            // One input gives a list of labels; some servers wrap it in a list of inputs.
            let inner = match answer.as_array().map(Vec::as_slice) {
                Some([inner @ Value::Array(_)]) => inner.clone(),
                _ => answer,
            };
            let scores: Vec<Scored> = parse(inner)?;
            Ok(scores.into_iter().map(|s| Class { label: s.label, value: s.score }).collect())
        }
        RewardEndpoint::Rerank => Ok(numbered(vec![only(parse::<Vec<Scored>>(answer)?)?.score])),
    }
}

fn numbered(values: Vec<f64>) -> Vec<Class> {
    values.into_iter().enumerate().map(|(i, value)| Class { label: i.to_string(), value }).collect()
}

fn only<T>(data: Vec<T>) -> Result<T, String> {
    let count = data.len();
    let mut data = data.into_iter();
    match (data.next(), data.next()) {
        (Some(one), None) => Ok(one),
        _ => Err(format!("{count} results for one conversation")),
    }
}

pub(super) fn pick(head: &Head, classes: &[Class]) -> Result<f64, String> {
    let labels = || classes.iter().map(|c| c.label.as_str()).collect::<Vec<_>>().join(", ");
    let of = |label: &str| {
        let named = classes.iter().find(|c| c.label == label || c.label.strip_prefix("LABEL_") == Some(label));
        named.map(|c| c.value).ok_or_else(|| format!("the model has no class {label}, only {}", labels()))
    };
    let value = match (head, classes) {
        (Head::Single, [one]) => one.value,
        (Head::Single, _) => {
            let what = format!("the model gives {} numbers ({})", classes.len(), labels());
            return Err(format!("{what}: say by a head which of them is the score"));
        }
        (Head::Class(label), _) => of(label)?,
        (Head::Difference { good, bad }, _) => of(good)? - of(bad)?,
    };
    if value.is_finite() { Ok(value) } else { Err(format!("the score is {value}")) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_answer_is_read() {
        let score = |endpoint, head: Head, answer| classes(endpoint, answer).and_then(|c| pick(&head, &c));
        let two = json!({"data": [{"index": 0, "label": "LABEL_0", "probs": [-1.5, 2.5], "num_classes": 2}]});
        let difference = Head::Difference { good: "1".into(), bad: "0".into() };
        assert_eq!(score(RewardEndpoint::Classify, difference.clone(), two.clone()), Ok(4.0));
        assert_eq!(score(RewardEndpoint::Classify, Head::Class("0".into()), two.clone()), Ok(-1.5));
        assert!(score(RewardEndpoint::Classify, Head::Single, two.clone()).unwrap_err().contains("2 numbers (0, 1)"));
        assert!(score(RewardEndpoint::Classify, Head::Class("2".into()), two).unwrap_err().contains("no class 2"));
        let pooled = |data: Value| json!({"data": [{"index": 0, "object": "pooling", "data": data}]});
        assert_eq!(score(RewardEndpoint::Pooling, Head::Single, pooled(json!([0.5]))), Ok(0.5));
        assert_eq!(score(RewardEndpoint::Pooling, Head::Single, pooled(json!([[9.0], [0.25]]))), Ok(0.25));
        assert!(score(RewardEndpoint::Pooling, Head::Single, pooled(json!([]))).is_err());
        let scored = json!({"data": [{"index": 0, "object": "score", "score": -3.0}]});
        assert_eq!(score(RewardEndpoint::Score, Head::Single, scored), Ok(-3.0));
        let predicted = json!([{"score": 2.0, "label": "LABEL_1"}, {"score": -1.0, "label": "LABEL_0"}]);
        assert_eq!(score(RewardEndpoint::Predict, difference.clone(), predicted.clone()), Ok(3.0));
        assert_eq!(score(RewardEndpoint::Predict, difference, json!([predicted])), Ok(3.0));
        assert_eq!(score(RewardEndpoint::Rerank, Head::Single, json!([{"index": 0, "score": 1.5}])), Ok(1.5));
    }

    #[test]
    fn answers_that_hold_no_score_are_errors() {
        for answer in [
            json!({}),
            json!({"data": []}),
            json!({"data": [{"probs": ["x"]}]}),
            json!({"data": [{"probs": [null]}]}),
            json!([]),
        ] {
            let score = classes(RewardEndpoint::Classify, answer.clone()).and_then(|c| pick(&Head::Single, &c));
            assert!(score.is_err(), "{answer}");
        }
    }
}
