//! From a recorded answer to a candidate.

use std::sync::Arc;

use toolrm_core::{
    call::{Action, Candidate},
    format::{Auto, Bfcl, Pythonic, ToolFormat},
    toolset::Toolset,
};

use super::RawAnswer;

/// Reads recorded answers of any dialect.
///
/// A value that is no literal (`data=dataset`) is read as its source text, as the leaderboard's decoder does; a positional argument
/// gets its name from the toolset, where one is given.
#[derive(Debug, Clone)]
pub struct Decoder(Auto);

impl Default for Decoder {
    fn default() -> Self {
        Self(Auto::default().with_pythonic(Pythonic::default().with_source_values(true)))
    }
}

impl Decoder {
    /// A decoder that knows the tools.
    pub fn with_toolset(toolset: Arc<Toolset>) -> Self {
        Self(Auto::default().with_pythonic(Pythonic::with_toolset(toolset).with_source_values(true)))
    }

    /// The candidate, without its verbatim text: a malformed one keeps it in its action. Reasoning stays beside the action.
    pub fn decode(&self, raw: &RawAnswer) -> Candidate {
        let mut candidate = match raw {
            RawAnswer::Text(text) => self.0.parse(text),
            RawAnswer::Structured(list) => Bfcl.parse(&list.to_string()),
        };
        candidate.raw = None;
        candidate
    }

    /// The call a line of Python text makes (`cd(folder='x')`), as the multi-turn gold is written.
    pub fn calls(&self, text: &str) -> Action {
        self.0.parse(text).action
    }
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
}
