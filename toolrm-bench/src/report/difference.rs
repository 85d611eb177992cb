//! In what two answers differ, call by call and argument by argument.

use serde_json::{Map, Value};
use toolrm_core::{
    call::{Action, Candidate, ToolCall},
    canonical::canonical_value,
    rules::ReferenceScorer,
    task::Task,
    toolset::{Param, ToolSpec},
};

use super::model::{Difference, Parameter};

/// What differs between two answers with calls; `None` when one of them has none and the answers are best read whole.
pub fn differences(task: &Task, chosen: &Candidate, rejected: &Candidate) -> Option<Vec<Difference>> {
    let (Action::Calls(ours), Action::Calls(theirs)) = (&chosen.action, &rejected.action) else { return None };
    // The best one-to-one assignment of calls is what the reference scorer looks for.
    let asked = task.clone().with_reference(vec![chosen.action.clone()]);
    let pairs = ReferenceScorer::graded().assess(&asked, rejected).judged()?.pairs;
    let mut found = Vec::new();
    for (i, call) in ours.iter().enumerate() {
        match pairs.iter().find(|(row, _)| *row == i).and_then(|(_, column)| theirs.get(*column)) {
            Some(other) => arguments(task, call, other, &mut found),
            None => found.push(whole(call, Some(call.arguments.clone()), None)),
        }
    }
    let extra = theirs.iter().enumerate().filter(|(i, _)| !pairs.iter().any(|(_, column)| column == i));
    found.extend(extra.map(|(_, call)| whole(call, None, Some(call.arguments.clone()))));
    Some(found)
}

fn whole(call: &ToolCall, chosen: Option<Value>, rejected: Option<Value>) -> Difference {
    Difference { tool: call.name.clone(), argument: None, chosen, rejected, parameter: None }
}

fn arguments(task: &Task, ours: &ToolCall, theirs: &ToolCall, found: &mut Vec<Difference>) {
    let params = task.tools().get(&ours.name).map(ToolSpec::params);
    if let (Some(a), Some(b)) = (ours.args(), theirs.args()) {
        members(&ours.name, "", (a, b), params, found);
    }
}

fn members(
    tool: &str,
    path: &str,
    (ours, theirs): (&Map<String, Value>, &Map<String, Value>),
    params: Option<&Param>,
    found: &mut Vec<Difference>,
) {
    let names = ours.keys().chain(theirs.keys().filter(|name| !ours.contains_key(*name)));
    for name in names {
        let (a, b) = (ours.get(name), theirs.get(name));
        let (param, path) = (params.and_then(|p| p.property(name)), format!("{path}{name}"));
        match (a, b) {
            (Some(Value::Object(a)), Some(Value::Object(b))) => {
                members(tool, &format!("{path}."), (a, b), param, found);
            }
            _ if a.map(canonical_value) == b.map(canonical_value) => {}
            _ => found.push(Difference {
                tool: tool.to_owned(),
                argument: Some(path),
                chosen: a.cloned(),
                rejected: b.cloned(),
                parameter: param.map(parameter),
            }),
        }
    }
}

fn parameter(param: &Param) -> Parameter {
    Parameter {
        types: param.types.to_string(),
        required: param.required,
        description: param.description.clone(),
        allowed: param.allowed.clone(),
        default: param.default.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use toolrm_core::toolset::Toolset;

    use super::*;

    fn task() -> Task {
        let tools = json!([{"name": "f", "parameters": {"type": "object", "required": ["a"], "properties": {
            "a": {"type": "integer", "description": "How many"},
            "o": {"type": "object", "properties": {"x": {"type": "string"}}}}}}, {"name": "g"}]);
        Task::new(Vec::new(), Toolset::from_json(&tools).unwrap())
    }

    fn calls(list: &[(&str, Value)]) -> Candidate {
        Candidate::calls(list.iter().map(|(name, args)| ToolCall::new(*name, args.clone())).collect())
    }

    fn shown(chosen: &Candidate, rejected: &Candidate) -> Vec<(String, Option<Value>, Option<Value>)> {
        let place =
            |d: &Difference| format!("{}{}", d.tool, d.argument.as_ref().map_or(String::new(), |a| format!(".{a}")));
        let found = differences(&task(), chosen, rejected).unwrap();
        found.into_iter().map(|d| (place(&d), d.chosen, d.rejected)).collect()
    }

    #[test]
    fn arguments_that_differ_are_named_with_both_values() {
        let chosen = calls(&[("f", json!({"a": 1, "o": {"x": "p", "y": 1}, "same": 2.0}))]);
        let rejected = calls(&[("f", json!({"same": 2, "o": {"x": "q", "y": 1}, "b": null}))]);
        assert_eq!(
            shown(&chosen, &rejected),
            [
                ("f.a".to_owned(), Some(json!(1)), None),
                ("f.o.x".to_owned(), Some(json!("p")), Some(json!("q"))),
                ("f.b".to_owned(), None, Some(json!(null))),
            ]
        );
        let parameter = differences(&task(), &chosen, &rejected).unwrap().remove(0).parameter.unwrap();
        assert!(parameter.required && parameter.description == "How many");
    }

    #[test]
    fn calls_find_their_counterparts_whatever_their_order() {
        let chosen = calls(&[("f", json!({"a": 1})), ("f", json!({"a": 2})), ("g", json!({}))]);
        let rejected = calls(&[("h", json!({"z": 0})), ("f", json!({"a": 2})), ("f", json!({"a": 1}))]);
        assert_eq!(
            shown(&chosen, &rejected),
            [("g".to_owned(), Some(json!({})), None), ("h".to_owned(), None, Some(json!({"z": 0})))]
        );
        assert!(shown(&chosen, &chosen).is_empty());
    }

    #[test]
    fn words_are_read_whole() {
        assert!(differences(&task(), &calls(&[("g", json!({}))]), &Candidate::text("no")).is_none());
    }
}
