//! ToolAlpaca: the solutions of two models to 100 simulated tasks, as a language model judged them. A judgement is of a whole solution, so
//! only first steps are taken: a first step is right in a solution whose process is right, unless the tool refused it; it is wrong in one
//! whose process is wrong, if it is not the first step of the standard answer. `getDetails` asks the user: an answer in words.

use std::{collections::BTreeMap, io, sync::Arc};

use serde::Deserialize;
use serde_json::{Map, Value, json};
use toolrm_core::call::{Action, Message, ToolCall};

use super::{
    Answer, Archive, Census, Question,
    answers::{difference, same_but_for_spelling},
    archive::document,
};

pub(super) const FILE: &str = "train/toolalpaca.tar.zst";
const MODELS: [(&str, &str); 2] = [("toolalpaca-7b", "ToolAlpaca7b"), ("toolalpaca-13b", "ToolAlpaca13b")];
/// The tool that asks the user.
const ASK: &str = "getDetails";

#[derive(Deserialize)]
struct Judgement {
    /// The prompt of the judge: a list of messages, or an empty text.
    input: Value,
    process_correctness: Option<String>,
}

/// What the judge was shown.
struct Shown<'a> {
    documentation: &'a str,
    instruction: &'a str,
    standard: &'a str,
    solution: &'a str,
}

/// One step: what was done, and what came of it.
struct Step {
    action: Action,
    returned: String,
}

pub(super) fn read(census: &mut Census) -> io::Result<Vec<Question>> {
    let archive = Archive::read(FILE)?;
    let mut questions: BTreeMap<String, Question> = BTreeMap::new();
    for (model, file) in MODELS {
        let path = format!("toolalpaca/evalution_outputs/{file}.json");
        let judged: Map<String, Value> = document(&path, archive.text(&path)?)?;
        for (api, list) in judged.iter().filter(|(api, _)| *api != "statistics") {
            let list: Vec<Judgement> = serde_json::from_value(list.clone())?;
            for (i, judgement) in list.iter().enumerate() {
                let id = format!("{}_{i}", api.to_lowercase().replace([' ', '.'], "-"));
                if let Err(reason) = add(&mut questions, &id, judgement, model) {
                    census.leave_out(reason);
                }
            }
        }
    }
    Ok(questions.into_values().map(|question| question.distinct(census)).collect())
}

fn add(
    questions: &mut BTreeMap<String, Question>,
    id: &str,
    judgement: &Judgement,
    model: &str,
) -> Result<(), &'static str> {
    let prompt =
        judgement.input.pointer("/0/content").and_then(Value::as_str).ok_or("a judgement that is not there")?;
    let shown = shown(prompt).ok_or("a judgement without the parts it is of")?;
    let tools = tools(shown.documentation).ok_or("documentation that cannot be read")?;
    let messages: Arc<[Message]> = [Message::user(shown.instruction)].into();
    let question = questions
        .entry(id.to_owned())
        .or_insert_with(|| Question::new(id.to_owned(), id.to_owned(), "first-step", tools));
    let answer =
        |action: Action, from: &str| Answer { action, from: from.into(), messages: messages.clone(), error_type: None };
    // Without what an earlier step returns the standard's own step cannot be written.
    let standard = first_step(shown.standard).map(|step| step.action);
    if let Some(standard) = &standard {
        question.right.push(answer(standard.clone(), "gold"));
    }
    let step = first_step(shown.solution).ok_or("a solution whose first step cannot be read")?;
    match judgement.process_correctness.as_deref() {
        Some("Yes") if refused(&step.returned) => Err("a right solution whose first step was refused"),
        Some("Yes") => {
            question.right.push(answer(step.action, model));
            Ok(())
        }
        Some("No") => {
            let standard = standard.ok_or("a wrong solution beside a standard that cannot be read")?;
            let error_type =
                departs(&standard, &step.action).ok_or("a wrong solution whose first step is that of the standard")?;
            question.wrong.push(Answer { error_type: Some(error_type.into()), ..answer(step.action, model) });
            Ok(())
        }
        _ => Err("a judgement that leaves it open"),
    }
}

fn shown(prompt: &str) -> Option<Shown<'_>> {
    let (_, rest) = prompt.split_once("## Documentation\n")?;
    let (documentation, rest) = rest.split_once("## Task Instruction\n")?;
    let (instruction, rest) = rest.split_once("## Standard Answer\n")?;
    let (standard, rest) = rest.split_once("## AI Assistant's Solution\n")?;
    let solution = rest.split_once("## Analysis").map_or(rest, |(solution, _)| solution);
    Some(Shown { documentation, instruction: instruction.trim(), standard, solution })
}

/// The step numbered 1: `1. Function: NAME`, `Parameters: JSON`, and what was returned.
fn first_step(text: &str) -> Option<Step> {
    let rest = text.trim_start().strip_prefix("1. Function: ")?;
    let (name, rest) = rest.split_once("\nParameters: ")?;
    let (parameters, rest) = rest.split_once('\n').unwrap_or((rest, ""));
    let parameters: Value = serde_json::from_str(parameters.trim()).ok()?;
    let mut arguments = parameters.as_object()?.clone();
    // The standard writes "" for what is not given.
    arguments.retain(|_, value| value != "");
    let returned = rest.split("\n2. ").next().unwrap_or_default().to_owned();
    let action = match arguments.get("Question").and_then(Value::as_str) {
        Some(question) if name.trim() == ASK => Action::Text(question.into()),
        _ => Action::Calls(vec![ToolCall::new(name.trim(), Value::Object(arguments))]),
    };
    Some(Step { action, returned })
}

/// Whether a tool did not take a call.
fn refused(returned: &str) -> bool {
    let lower = returned.to_lowercase();
    lower.contains("parameter type error") || lower.contains("status code: 4") || lower.contains("status code: 5")
}

/// How a first step departs from the standard's; `None` when what both give is the same.
fn departs(standard: &Action, step: &Action) -> Option<&'static str> {
    match (standard, step) {
        (Action::Text(_), Action::Text(_)) => None,
        (Action::Text(_), _) => Some("call_without_asking"),
        (_, Action::Text(_)) => Some("no_call"),
        _ => {
            // Optional arguments that only one of the two has say nothing about which is right.
            let (theirs, ours) = (only_named(standard, step), only_named(step, standard));
            (!same_but_for_spelling(&theirs, &ours)).then(|| difference(&theirs, &ours))
        }
    }
}

/// Calls without the arguments that other calls do not have.
fn only_named(calls: &Action, others: &Action) -> Action {
    let named = |name: &str| others.calls().iter().any(|c| c.args().is_some_and(|a| a.contains_key(name)));
    let mut calls = calls.calls().to_vec();
    for arguments in calls.iter_mut().filter_map(|call| call.arguments.as_object_mut()) {
        arguments.retain(|name, _| named(name));
    }
    Action::Calls(calls)
}

/// The tools of a documentation: `NAME: DESCRIPTION`, then `Parameters: {NAME: "TYPE. .."}`, then the output.
fn tools(documentation: &str) -> Option<Value> {
    let mut tools = Vec::new();
    let mut lines = documentation.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(parameters) = lines.peek().and_then(|next| next.strip_prefix("Parameters: ")) else { continue };
        let (name, description) = line.split_once(": ")?;
        let parameters: BTreeMap<String, String> = serde_json::from_str(parameters).ok()?;
        let required: Vec<&String> =
            parameters.iter().filter(|(_, text)| text.contains("Required.")).map(|(n, _)| n).collect();
        let properties: Map<String, Value> = parameters.iter().map(|(n, text)| (n.clone(), parameter(text))).collect();
        tools.push(json!({
            "name": name,
            "description": description,
            "parameters": {"type": "object", "properties": properties, "required": required},
        }));
    }
    (!tools.is_empty()).then_some(Value::Array(tools))
}

/// `Required. string. One of: [a, b]. What it is.`
fn parameter(text: &str) -> Value {
    let text = text.strip_prefix("Required.").unwrap_or(text).trim();
    let (kind, description) = text.split_once('.').unwrap_or((text, ""));
    let mut schema = json!({"description": description.trim()});
    let kind = match kind.split(['[', '{']).next().unwrap_or_default() {
        "string" => Some("string"),
        "integer" => Some("integer"),
        "number" => Some("number"),
        "boolean" => Some("boolean"),
        "Array" => Some("array"),
        "Object" => Some("object"),
        _ => None,
    };
    let listed = description.split_once("One of: [").and_then(|(_, rest)| rest.split_once(']'));
    if let Some(schema) = schema.as_object_mut() {
        schema.extend(kind.map(|kind| ("type".to_owned(), json!(kind))));
        schema.extend(listed.map(|(list, _)| ("enum".to_owned(), list.split(", ").map(str::to_owned).collect())));
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documentation_becomes_tools() {
        let text = "find: Find a bird.\nParameters: {\"colour\": \"Required. string. One of: [red, blue]. Its colour.\", \
            \"page\": \"integer.\"}\nOutput: Birds.\n - Format: application/json\nlist: List all.\nParameters: {}\nOutput: All.";
        let tools = tools(text).unwrap();
        assert_eq!(tools[0]["parameters"]["required"], json!(["colour"]));
        assert_eq!(tools[0]["parameters"]["properties"]["colour"]["enum"], json!(["red", "blue"]));
        assert_eq!(tools[0]["parameters"]["properties"]["page"]["type"], "integer");
        assert_eq!(tools[1]["name"], "list");
    }

    #[test]
    fn the_first_step_is_read_with_what_it_returned() {
        let step = first_step("1. Function: find\nParameters: {\"colour\": \"red\", \"page\": \"\"}\nRetruns: Status Code: 404.\n2. Function: x").unwrap();
        assert_eq!(step.action.calls()[0].arguments, json!({"colour": "red"}));
        assert!(refused(&step.returned));
        let asked = first_step("1. Function: getDetails\nParameters: {\"Question\": \"Which?\"}").unwrap();
        assert!(matches!(asked.action, Action::Text(_)));
        assert!(first_step("1. Function: find\nParameters: {\"id\": ${id from list}}").is_none());
    }

    #[test]
    fn more_or_less_than_the_standard_is_not_called_wrong() {
        let call = |arguments: Value| Action::Calls(vec![ToolCall::new("find", arguments)]);
        let standard = call(json!({"colour": "red"}));
        assert_eq!(departs(&standard, &call(json!({"colour": "blue", "page": 2}))), Some("wrong_value"));
        assert_eq!(departs(&standard, &call(json!({"page": 2}))), None);
        assert_eq!(departs(&standard, &call(json!({"colour": "red", "page": 2}))), None);
        assert_eq!(departs(&standard, &call(json!({"colour": "Red"}))), None);
        assert_eq!(departs(&Action::Text("Which?".into()), &standard), Some("call_without_asking"));
    }
}
