//! What a result line holds: an answer as the model or its server gave it, or an error that is no answer.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a model answered: text, or calls that its server had taken apart (a list of one-key objects).
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::exhaustive_enums, reason = "an answer comes as text or taken apart")]
pub enum RawAnswer {
    /// As the model wrote it.
    Text(String),
    /// `[{NAME: ARGUMENTS}, ..]`.
    Structured(Value),
}

/// Why a recorded text is no answer of the model. On questions for which no call is due these texts would look like right refusals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ApiError {
    /// The text is empty or white space.
    Empty,
    /// `Error during inference: ..`, as the leaderboard's runner writes it.
    Inference,
    /// `Internal error occurred.`, `Internal server error`.
    Internal,
    /// `Error` and nothing else, or `Error code: 500 ..`.
    Bare,
    /// The line carries a Python traceback.
    Traceback,
}

/// Texts that begin so are no answers. In lower case.
const PREFIXES: [(&str, ApiError); 6] = [
    ("error during inference", ApiError::Inference),
    ("internal error occurred", ApiError::Internal),
    ("internal server error", ApiError::Internal),
    ("error code: ", ApiError::Bare),
    ("error: error code: ", ApiError::Bare),
    ("traceback (most recent call last)", ApiError::Traceback),
];

impl ApiError {
    /// The error a text is, if it is one. "Error, not enough information provided." is an answer in a model's own words.
    pub fn of(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() {
            return Some(Self::Empty);
        }
        if text.eq_ignore_ascii_case("error") {
            return Some(Self::Bare);
        }
        let starts = |prefix: &str| text.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix));
        PREFIXES.iter().find(|(prefix, _)| starts(prefix)).map(|(_, error)| *error)
    }

    /// A short name, for counting.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Inference => "inference",
            Self::Internal => "internal",
            Self::Bare => "bare",
            Self::Traceback => "traceback",
        }
    }
}

impl RawAnswer {
    /// The answer of a single-turn result. A list with texts in it is one answer in parts (Gemini's): its calls, or else its words.
    pub fn of(result: Value) -> Self {
        match result {
            Value::String(text) => Self::Text(text),
            Value::Array(parts) if parts.iter().any(Value::is_string) => {
                let texts: Vec<&str> = parts.iter().filter_map(Value::as_str).collect();
                let words = texts.join("\n");
                let calls: Vec<Value> = parts.into_iter().filter(Value::is_object).collect();
                if calls.is_empty() { Self::Text(words) } else { Self::Structured(calls.into()) }
            }
            other => Self::Structured(other),
        }
    }

    /// The error this is, if it is none of the model's.
    pub fn api_error(&self) -> Option<ApiError> {
        match self {
            Self::Text(text) => ApiError::of(text),
            Self::Structured(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn errors_of_servers_are_told_from_words_of_models() {
        assert_eq!(ApiError::of(" \n"), Some(ApiError::Empty));
        assert_eq!(ApiError::of("Error during inference: 'arguments'"), Some(ApiError::Inference));
        assert_eq!(ApiError::of("Internal error occurred."), Some(ApiError::Internal));
        assert_eq!(ApiError::of("Error"), Some(ApiError::Bare));
        assert_eq!(ApiError::of("Error, not enough information provided."), None);
        assert_eq!(ApiError::of("None"), None);
    }

    #[test]
    fn an_answer_in_parts_is_its_calls_or_else_its_words() {
        let call = json!({"f": "{}"});
        assert_eq!(RawAnswer::of(json!(["Well,", call])), RawAnswer::Structured(json!([call])));
        assert_eq!(RawAnswer::of(json!(["a", "b"])), RawAnswer::Text("a\nb".into()));
        assert_eq!(RawAnswer::of(json!([])), RawAnswer::Structured(json!([])));
    }
}
