//! Multi-turn runs: what a model called in every step of every turn, and what the tools gave back.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value;
use toolrm_core::call::{Candidate, ToolCall};
use toolrm_data::{Fault, Place, record};

use super::{Decoder, PublishedLabel, RawAnswer};
use crate::bfcl::category::Category;

/// A recorded run over several turns.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Dialogue {
    /// The model.
    pub model: Arc<str>,
    /// Where the run comes from; empty where the path did not say.
    pub source: Arc<str>,
    /// The question's id.
    pub id: String,
    /// The question's category.
    pub category: Category,
    /// What the model did, turn by turn.
    pub turns: Vec<DialogueTurn>,
    /// The label its score file published.
    pub published: Option<PublishedLabel>,
    /// The line it was read from.
    pub place: Place,
}

/// What a model did from one message of the user to the next.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct DialogueTurn {
    /// Its answers, one after the other: each but the last one was followed by the tools' results.
    pub steps: Vec<Step>,
}

/// An answer, and what the tools it called gave back.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Step {
    /// What the model said.
    pub said: Candidate,
    /// The results of its calls, in order; `None` where they were not recorded.
    pub results: Option<Vec<String>>,
}

impl DialogueTurn {
    /// All calls of the turn, in order.
    pub fn calls(&self) -> Vec<ToolCall> {
        self.steps.iter().flat_map(|step| step.said.action.calls()).cloned().collect()
    }

    /// Whether every call has its result.
    pub fn is_complete(&self) -> bool {
        let complete = |step: &Step| match &step.results {
            Some(results) => results.len() == step.said.action.calls().len(),
            None => step.said.action.calls().is_empty(),
        };
        self.steps.iter().all(complete)
    }
}

const SHAPE: &str = "expected the turns of a multi-turn result: [[answer, ..], ..]";

/// The turns of a result line.
pub(super) fn turns(result: Value, log: Option<&Value>, decoder: &Decoder) -> Result<Vec<DialogueTurn>, Fault> {
    let Value::Array(turns) = result else { return Err(Fault::new("not a list of turns", SHAPE).under("result")) };
    let results = log.map(results_of).unwrap_or_default();
    let mut read = Vec::with_capacity(turns.len());
    for (t, turn) in turns.into_iter().enumerate() {
        let steps = record::list(&turn, SHAPE).map_err(|f| f.under(t).under("result"))?;
        let step = |(s, answer): (usize, &Value)| Step {
            said: decoder.decode(&RawAnswer::of(answer.clone())),
            results: results.get(t).and_then(|turn| turn.get(&s)).cloned(),
        };
        read.push(DialogueTurn { steps: steps.iter().enumerate().map(step).collect() });
    }
    Ok(read)
}

/// The tools' results by turn and step, of a log of lists (states) and objects (turns: `step_0`, `step_1`, ..).
fn results_of(log: &Value) -> Vec<BTreeMap<usize, Vec<String>>> {
    let turns = log.as_array().into_iter().flatten().filter_map(Value::as_object);
    let step = |(name, said): (&String, &Value)| {
        let number: usize = name.strip_prefix("step_")?.parse().ok()?;
        let tools = said.as_array()?.iter().filter(|m| m.get("role").and_then(Value::as_str) == Some("tool"));
        let texts = tools.filter_map(|tool| match tool.get("content")? {
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        });
        Some((number, texts.collect()))
    };
    turns.map(|turn| turn.iter().filter_map(step).collect()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn steps_get_the_results_of_their_own_calls() {
        let result = json!([[[{"ls": "{}"}, {"pwd": "{}"}], []], ["[{\"name\": \"cd\", \"arguments\": {\"folder\": \"x\"}}]", "Done."]]);
        let tool = |text: &str| json!({"role": "tool", "content": text});
        let log = json!([
            [{"role": "state_info"}],
            {"begin_of_turn_query": [], "step_0": [{"role": "assistant"}, tool("a"), tool("b")], "step_1": []},
            [{"role": "state_info"}],
            {"begin_of_turn_query": [], "step_0": [tool("c")], "step_1": []},
        ]);
        let turns = turns(result.clone(), Some(&log), &Decoder::default()).unwrap();
        assert_eq!(turns[0].calls().iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["ls", "pwd"]);
        assert_eq!(turns[0].steps[0].results, Some(vec!["a".into(), "b".into()]));
        assert_eq!(turns[1].steps[0].results, Some(vec!["c".into()]));
        assert_eq!(turns[1].steps[1].said.action.text(), Some("Done."));
        assert!(turns.iter().all(DialogueTurn::is_complete));
        let without = super::turns(result, None, &Decoder::default()).unwrap();
        assert!(!without[0].is_complete());
    }

    #[test]
    fn a_result_that_is_no_list_of_turns_is_a_fault() {
        assert_eq!(turns(json!([["a"], "b"]), None, &Decoder::default()).unwrap_err().pointer, "/result/1");
    }
}
