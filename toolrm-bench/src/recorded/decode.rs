//! From a recorded answer to a candidate.

use std::sync::Arc;

use serde_json::Value;
use toolrm_core::{
    call::{Action, Candidate},
    format::{Auto, Bfcl, Pythonic, ToolFormat},
    toolset::Toolset,
};

use super::RawAnswer;
use crate::bfcl::category::Language;

/// Reads recorded answers of any dialect.
///
/// As the leaderboard's decoder does, it reads a value that is no literal (`data=dataset`) as its source text, and in Java and
/// JavaScript every value of an answer in source text (`f(on=true)` gives `"true"`). A positional argument gets its name from the
/// toolset, where one is given.
#[derive(Debug, Clone)]
pub struct Decoder {
    auto: Auto,
    language: Language,
}

impl Default for Decoder {
    fn default() -> Self {
        Self { auto: with(Pythonic::default()), language: Language::Python }
    }
}

fn with(pythonic: Pythonic) -> Auto {
    Auto::default().with_pythonic(pythonic.with_source_values(true))
}

impl Decoder {
    /// A decoder for answers that call these tools in this language.
    pub fn new(toolset: Arc<Toolset>, language: Language) -> Self {
        Self { auto: with(Pythonic::with_toolset(toolset)), language }
    }

    /// The candidate, without its verbatim text: a malformed one keeps it in its action. Reasoning stays beside the action.
    pub fn decode(&self, raw: &RawAnswer) -> Candidate {
        let mut candidate = match raw {
            RawAnswer::Text(text) => self.auto.parse(text),
            RawAnswer::Structured(list) => Bfcl.parse(&list.to_string()),
        };
        candidate.raw = None;
        if let (RawAnswer::Text(text), Action::Calls(calls)) = (raw, &mut candidate.action)
            && self.language != Language::Python
            && self.auto.detect(text).as_deref() == Some("pythonic")
        {
            for call in calls {
                call.arguments = as_source(&call.arguments);
            }
        }
        candidate
    }

    /// The call a line of Python text makes (`cd(folder='x')`), as the multi-turn gold is written.
    pub fn calls(&self, text: &str) -> Action {
        self.auto.parse(text).action
    }
}

/// Arguments as source text, each of them.
fn as_source(arguments: &Value) -> Value {
    let source = |(name, value): (&String, &Value)| match value {
        Value::String(_) => (name.clone(), value.clone()),
        other => (name.clone(), Value::String(other.to_string())),
    };
    arguments.as_object().into_iter().flatten().map(source).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn text_and_structured_answers_mean_the_same() {
        let decoder = Decoder::default();
        let text = decoder.decode(&RawAnswer::Text("<think>f(a=2)?</think>[f(a=1, b=Node())]".into()));
        let list = decoder.decode(&RawAnswer::Structured(json!([{"f": "{\"a\": 1, \"b\": \"Node()\"}"}])));
        assert_eq!(text.action, list.action);
        assert_eq!(text.reasoning.as_deref(), Some("f(a=2)?"));
        assert!(decoder.decode(&RawAnswer::Structured(json!([]))).action.text().is_some());
    }

    #[test]
    fn values_of_java_are_source_text() {
        let decoder = Decoder::new(Toolset::new(Vec::new()).unwrap().into(), Language::Java);
        let arguments = |text: &str| decoder.decode(&RawAnswer::Text(text.into())).action.calls()[0].arguments.clone();
        assert_eq!(arguments("f(a=true, b='x', c=[1])"), json!({"a": "true", "b": "x", "c": "[1]"}));
        assert_eq!(arguments(r#"{"name": "f", "arguments": {"a": true}}"#), json!({"a": true}));
    }
}
