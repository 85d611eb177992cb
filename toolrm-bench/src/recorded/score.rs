//! Score files: which recorded answers failed, by the label that was published with them.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use toolrm_data::{
    DataError, Fault,
    input::{Input, parse_json},
    record,
};

use super::layout::RunFile;
use crate::bfcl::{
    category::Category,
    ids::{Version, of_count, v4_id},
};

/// What a score file says of an answer. Score files of older versions rest on older questions and checkers: it is kept beside our own
/// label, and never used in its place where ours can be had.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PublishedLabel {
    /// Whether the answer passed.
    pub valid: bool,
    /// What was wrong with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_type: Option<String>,
    /// Of a run over several turns: the turn (from 0) after which it no longer did what the gold does. What came before had
    /// passed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_turn: Option<usize>,
}

/// The published labels of a tree of files.
#[derive(Debug, Default)]
pub(super) struct Published {
    failures: HashMap<(String, Category), HashMap<String, PublishedLabel>>,
    /// What version 3's `live_relevance` questions ask, by their id of then: version 4 dropped some and gave the others new ids.
    pub(super) relevance_texts: BTreeMap<String, String>,
}

impl Published {
    /// Reads a score file.
    pub(super) fn read(&mut self, file: &RunFile, category: Category, mut input: Input) -> Result<(), DataError> {
        let mut failures = HashMap::new();
        while let Some((place, line)) = input.next_line()? {
            let line = parse_json(&place, line)?;
            if line.get("accuracy").is_some() {
                continue;
            }
            let (id, label) = failure(&line, file.version, category).map_err(|fault| place.error(fault))?;
            if category == Category::LiveRelevance && file.version == Version::V3 {
                self.relevance_texts.extend(asked(&line).map(|text| (id.clone(), text)));
            }
            failures.insert(id, label);
        }
        self.failures.entry((file.model.clone(), category)).or_default().extend(failures);
        Ok(())
    }

    /// The label of an answer, by the id [`v4_id`] gives; `None` where no score file covers its category.
    pub(super) fn label(&self, model: &str, category: Category, id: &str) -> Option<PublishedLabel> {
        let failures = self.failures.get(&(model.to_owned(), category))?;
        let passed = || PublishedLabel { valid: true, ..PublishedLabel::default() };
        Some(failures.get(id).cloned().unwrap_or_else(passed))
    }
}

const SHAPE: &str = "expected a line of the leaderboard's score files: {\"id\", \"valid\", \"error_type\", ..}";

fn failure(line: &Value, version: Version, category: Category) -> Result<(String, PublishedLabel), Fault> {
    let fields = record::object(line, SHAPE)?;
    let asked = fields.get("prompt").and_then(|prompt| prompt.get("id")).and_then(Value::as_str);
    let id = match (asked, fields.get("id")) {
        (Some(id), _) => v4_id(id),
        (None, Some(Value::String(id))) => v4_id(id),
        (None, Some(Value::Number(count))) if version == Version::V1 => {
            of_count(category, count.as_u64().unwrap_or_default())
        }
        _ => return Err(Fault::new("no \"id\"", SHAPE)),
    };
    let id = id.map_err(|error| Fault::new(error.to_string(), SHAPE).under("id"))?;
    let valid = fields.get("valid").and_then(Value::as_bool).unwrap_or(false);
    let error = fields.get("error").and_then(Value::as_object);
    let error_type = [Some(fields), error].into_iter().flatten().find_map(|at| at.get("error_type")?.as_str());
    let label =
        PublishedLabel { valid, error_type: error_type.map(str::to_owned), failed_turn: error.and_then(failed_turn) };
    Ok((id, label))
}

/// The turn a multi-turn run went wrong in: the checker stops at it, so it is the last of which it wrote the execution results, or the
/// one its message names.
fn failed_turn(error: &Map<String, Value>) -> Option<usize> {
    if let Some(turns) = error.get("execution_result").and_then(Value::as_array) {
        return turns.len().checked_sub(1);
    }
    let message = error.get("error_message")?.as_str()?;
    let (_, number) = message.rsplit_once("for turn ")?;
    number.trim_end_matches('.').parse().ok()
}

/// The text of the question a score line repeats.
fn asked(line: &Value) -> Option<String> {
    let messages = line.pointer("/prompt/question/0")?.as_array()?;
    let last = messages.iter().rev().find(|message| message.get("role").and_then(Value::as_str) == Some("user"))?;
    Some(last.get("content")?.as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn label(line: &Value, version: Version) -> (String, PublishedLabel) {
        failure(line, version, Category::SimplePython).unwrap()
    }

    #[test]
    fn old_ids_count_from_one_and_the_prompt_knows_better() {
        let line = json!({"id": 14, "valid": false, "error_type": "x"});
        assert_eq!(label(&line, Version::V1).0, "simple_python_13");
        let line = json!({"id": 14, "valid": false, "prompt": {"id": "simple_13"}});
        assert_eq!(label(&line, Version::V1).0, "simple_python_13");
        assert!(failure(&json!({"id": 0}), Version::V1, Category::SimplePython).is_err());
        assert!(failure(&json!({"id": 1}), Version::V4, Category::SimplePython).is_err());
    }

    #[test]
    fn the_turn_that_failed_is_found_in_every_kind_of_error() {
        let turn = |error: Value| {
            label(&json!({"id": "multi_turn_base_0", "valid": false, "error": error}), Version::V4).1.failed_turn
        };
        let state = json!({"error_type": "multi_turn:instance_state_mismatch", "error_message": "no match",
            "execution_result": [{}, {}, {}]});
        assert_eq!(turn(state), Some(2));
        assert_eq!(turn(json!({"error_message": "Model response list is empty for turn 4"})), Some(4));
        assert_eq!(turn(json!({"error_message": "does not contain all .. results for turn 1."})), Some(1));
        assert_eq!(turn(json!({"error_message": ["force-terminated"]})), None);
        assert_eq!(turn(json!(["Invalid value"])), None);
    }
}
