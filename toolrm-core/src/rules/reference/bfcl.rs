//! References from the gold answers of the Berkeley Function Calling Leaderboard.

use serde_json::Value;

use crate::call::{Action, ToolCall};

/// Why a BFCL ground truth could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("BFCL ground truth at \"{pointer}\": {message}")]
#[non_exhaustive]
pub struct GroundTruthError {
    /// RFC 6901 pointer into the ground truth.
    pub pointer: String,
    /// What is wrong and what is expected.
    pub message: String,
}

/// A reference answer from a `ground_truth` of BFCL's `possible_answer` files: `[{"f": {"arg": [allowed, ..]}}, ..]`.
///
/// The arguments of the calls stay lists of allowed values: compare them with
/// [`AllowedValues`](super::equiv::AllowedValues), as [`ReferenceScorer::bfcl`](super::ReferenceScorer::bfcl) does. The multi-turn categories have
/// another shape (Python source) and are refused.
///
/// ```
/// use serde_json::json;
/// use toolrm_core::{prelude::*, rules::reference::{ReferenceScorer, reference_from_bfcl}};
/// let gold = reference_from_bfcl(&json!([{"area": {"base": [10], "height": [5], "unit": ["units", ""]}}])).unwrap();
/// let task = Task::new(vec![], Toolset::new(vec![]).unwrap()).with_reference(vec![gold]);
/// let candidate = Candidate::calls(vec![ToolCall::new("area", json!({"base": 10, "height": 5}))]);
/// assert_eq!(ReferenceScorer::bfcl().score(&task, &candidate).judged().unwrap().value, 1.0);
/// ```
pub fn reference_from_bfcl(ground_truth: &Value) -> Result<Action, GroundTruthError> {
    let error = |pointer: String, message: &str| GroundTruthError { pointer, message: message.into() };
    let Some(calls) = ground_truth.as_array().filter(|calls| !calls.is_empty()) else {
        return Err(error(
            String::new(),
            "expected a list of calls, each {\"name\": {\"argument\": [allowed values]}}",
        ));
    };
    let call = |(i, call): (usize, &Value)| {
        let mut entries = call.as_object().into_iter().flatten();
        let (Some((name, arguments)), None) = (entries.next(), entries.next()) else {
            return Err(error(format!("/{i}"), "expected an object with one key, the function's name"));
        };
        let at = |tail: &str| format!("/{i}/{}{tail}", crate::score::pointer_token(name));
        let Some(map) = arguments.as_object() else {
            return Err(error(at(""), "expected an object: allowed values by argument"));
        };
        if let Some((argument, _)) = map.iter().find(|(_, allowed)| !allowed.is_array()) {
            let tail = format!("/{}", crate::score::pointer_token(argument));
            return Err(error(at(&tail), "expected a list of allowed values"));
        }
        Ok(ToolCall::new(name, arguments.clone()))
    };
    calls.iter().enumerate().map(call).collect::<Result<_, _>>().map(Action::Calls)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn bad_ground_truths_say_where() {
        for (truth, pointer) in [
            (json!({}), ""),
            (json!([]), ""),
            (json!([["cd(folder='a')"]]), "/0"),
            (json!([{"f": {}, "g": {}}]), "/0"),
            (json!([{"f": {}}, {"a/b": 5}]), "/1/a~1b"),
            (json!([{"f": {"x~": 5}}]), "/0/f/x~0"),
        ] {
            assert_eq!(reference_from_bfcl(&truth).unwrap_err().pointer, pointer, "{truth}");
        }
    }
}
