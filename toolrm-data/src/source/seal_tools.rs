//! Seal-Tools: questions with their calls, and what three models answered on its dev set.
//!
//! - `tool.jsonl`: every tool. `dataset_for_finetune/*.json`: the questions as models were asked them, with the candidate tools as a Python
//!   list; where a question is not there, its tools are those that its calls need.
//! - `dev.jsonl`, `test_in_domain.jsonl`, ..: the questions, each with all its calls, which are one step. Later calls may name results of
//!   earlier ones `API_call_0`, `API_call_1` and so on: a system message says so where they do.
//! - `predictions_dev/MODEL.json`: what a model answered to the questions of `dev.jsonl`, in their order. Nobody says which are right.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use serde_json::{Value, json};
use toolrm_core::call::{Candidate, Role, ToolCall};

use super::{
    Source, Trajectory,
    dialogue::Dialogue,
    fields::{Each, expected, members, take, take_items, take_text},
    published::Ids,
    reading::{Answers, calls_or_malformed, each_record, each_some, malformed, named, visit_some},
    records::Raw,
};
use crate::{
    error::{DataError, Fault},
    tree::Tree,
};

/// Seal-Tools in its published files.
#[derive(Debug, Clone, Copy, Default)]
#[allow(clippy::exhaustive_structs, reason = "it has nothing to set")]
pub struct SealTools;

const QUESTION: &str = r#"write {"id", "query", "calling": [{"api", "parameters", "responses"}]}"#;
const TOOL: &str = r#"write {"api_name", "api_description", "parameters", "required"}"#;
const PROMPT: &str = r#"write {"id", "conversations": [{"from", "value"}]} with the tools as `[{'api_name': ..}]`"#;
const RESULTS: &str = "Results of earlier calls can be used as values of parameters: API_call_0 is the first result, API_call_1 the \
                       second, and so on.";

impl Source for SealTools {
    fn name(&self) -> &'static str {
        "seal_tools"
    }

    fn about(&self) -> &'static str {
        "Seal-Tools (fairyshine/Seal-Tools, Apache-2.0), with predictions on dev from ToLeaP (thunlp/ToLeaP, MIT). Written against the \
         published files."
    }

    fn read(&self, files: &Tree, each: Each<'_>) -> Result<(), DataError> {
        let mut known = Known::read(files, each)?;
        let mut ids = Ids::default();
        let mut answers = std::mem::take(&mut known.answers);
        visit_some(files, "dev.jsonl or test*.jsonl", is_questions, |path, file| {
            let is_dev = named(path).0 == "dev.jsonl";
            each_record(file, each, |raw, record| {
                let mut trajectory = question(raw, record, &known, is_dev.then_some(&mut answers))?;
                ids.set_apart(&mut trajectory.id);
                Ok(trajectory)
            })
        })?;
        answers.hand_on_rest(each)
    }
}

fn is_questions(path: &str) -> bool {
    let (name, _) = named(path);
    name == "dev.jsonl" || name == "train.jsonl" || (name.starts_with("test") && name.ends_with(".jsonl"))
}

/// What is known before the questions are read.
#[derive(Default)]
struct Known {
    tools: HashMap<String, Value>,
    /// The names of a question's tools, by its id.
    candidates: HashMap<String, Vec<String>>,
    /// To the questions of the dev set.
    answers: Answers,
}

impl Known {
    fn read(files: &Tree, each: Each<'_>) -> Result<Self, DataError> {
        let mut known = Self::default();
        files.visit(
            |path| {
                let (name, folder) = named(path);
                name == "tool.jsonl" || folder == "dataset_for_finetune" || folder.starts_with("predictions_dev")
            },
            |path, file| {
                let (name, folder) = named(path);
                if name == "tool.jsonl" {
                    return each_some(file, each, |_, record| known.add_tool(record));
                }
                if folder == "dataset_for_finetune" {
                    return each_some(file, each, |_, record| known.add_prompt(record));
                }
                let model = name.trim_end_matches(".json");
                each_some(file, each, |raw, record| {
                    let text =
                        record.as_str().ok_or_else(|| expected("a string", &record, "write the model's text"))?;
                    known.answers.note(model, raw, None, answer(text));
                    Ok(None)
                })
            },
        )?;
        Ok(known)
    }

    fn add_tool(&mut self, record: Value) -> Result<Option<Trajectory>, Fault> {
        let mut record = members(record, TOOL)?;
        let name = take_text(&mut record, "api_name", TOOL)?;
        let description = take_text(&mut record, "api_description", TOOL)?;
        let parameters = take(&mut record, "parameters", TOOL)?;
        let required = Value::Array(take_items(&mut record, "required", TOOL)?);
        let schema = json!({"type": "object", "properties": parameters, "required": required});
        let tool = json!({"name": &name, "description": description, "parameters": schema});
        match self.tools.insert(name, tool) {
            None => Ok(None),
            Some(_) => Err(Fault::new("a second tool of this name", "give it another name").under("api_name")),
        }
    }

    fn add_prompt(&mut self, record: Value) -> Result<Option<Trajectory>, Fault> {
        let mut record = members(record, PROMPT)?;
        let id = take_text(&mut record, "id", PROMPT)?;
        let said = take_items(&mut record, "conversations", PROMPT)?;
        let asked = said.first().and_then(|said| said.get("value")?.as_str());
        let asked = asked.ok_or_else(|| Fault::new("no text in the first message", PROMPT).under("conversations"))?;
        // What follows the list is the question, in which anything may stand.
        let listed = asked.rsplit_once("\ntask_instruction = ").map_or(asked, |(before, _)| before);
        let names = listed.split("{'api_name': '").skip(1).filter_map(|after| after.split('\'').next());
        self.candidates.insert(id, names.map(str::to_owned).collect());
        Ok(None)
    }
}

fn question(raw: &Raw<'_>, record: Value, known: &Known, answers: Option<&mut Answers>) -> Result<Trajectory, Fault> {
    let mut record = members(record, QUESTION)?;
    let id = take_text(&mut record, "id", QUESTION)?;
    let query = take_text(&mut record, "query", QUESTION)?;
    let calling = take_items(&mut record, "calling", QUESTION)?;
    let read = |(i, called)| call(called).map_err(|fault| fault.under(i).under("calling"));
    let calls = calling.into_iter().enumerate().map(read).collect::<Result<Vec<_>, _>>()?;
    if calls.is_empty() {
        return Err(Fault::new("a question without calls", QUESTION).under("calling"));
    }
    let mut names = known.candidates.get(&id).cloned().unwrap_or_default();
    let has_candidates = !names.is_empty();
    if !has_candidates {
        names.extend(calls.iter().map(|call| call.name.clone()));
    }
    let mut listed = HashSet::new();
    names.retain(|name| listed.insert(name.clone()));
    if let Some(call) = calls.iter().find(|call| !listed.contains(&call.name)) {
        let what = format!("\"{}\" is called and not among the tools of the question", call.name);
        return Err(Fault::new(what, "list the tool").under("calling"));
    }
    let described = names.iter().map(|name| {
        let unknown = || Fault::new(format!("tool.jsonl does not describe \"{name}\""), "describe it there");
        known.tools.get(name).cloned().ok_or_else(unknown)
    });
    let tools = described.collect::<Result<Vec<_>, _>>()?;
    let mut said = Dialogue::default();
    if calls.iter().any(|call| names_a_result(&call.arguments)) {
        said.say(Role::System, RESULTS);
    }
    said.say(Role::User, query);
    let step = said.len();
    said.call(calls, None);
    let mut trajectory = Trajectory::of(id, &raw.place, Value::Array(tools), said.into_messages());
    trajectory.metadata.insert("candidate_tools".into(), has_candidates.into());
    trajectory.answers = answers.map(|answers| answers.to(raw.number, "", step)).unwrap_or_default();
    Ok(trajectory)
}

fn call(called: Value) -> Result<ToolCall, Fault> {
    let mut called = members(called, QUESTION)?;
    let name = take_text(&mut called, "api", QUESTION)?;
    let arguments = members(take(&mut called, "parameters", QUESTION)?, QUESTION).map_err(|f| f.under("parameters"))?;
    Ok(ToolCall::new(name, Value::Object(arguments)))
}

fn names_a_result(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains("API_call_"),
        Value::Array(items) => items.iter().any(names_a_result),
        Value::Object(members) => members.values().any(names_a_result),
        _ => false,
    }
}

#[derive(Deserialize)]
struct Called {
    api: String,
    parameters: Value,
}

/// A model's answer. Its calls are objects `{"api", "parameters", "responses"}`, often in a list that is never closed, often among words;
/// the names of the results are no part of a call. Words without such an object are an answer in words.
fn answer(text: &str) -> Candidate {
    let text = text.trim();
    let mut calls = Vec::new();
    let objects = text.match_indices('{').filter_map(|(at, _)| text.get(at..));
    for object in objects.filter(|t| t.trim_start_matches('{').trim_start().starts_with("\"api\"")) {
        match serde_json::Deserializer::from_str(object).into_iter::<Called>().next() {
            Some(Ok(called)) => calls.push(ToolCall::new(called.api, called.parameters)),
            Some(Err(e)) => return malformed(text, format!("a call that is no {{\"api\", \"parameters\"}}: {e}")),
            None => {}
        }
    }
    if calls.is_empty() { Candidate::text(text).with_raw(text) } else { calls_or_malformed(calls, text) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::testing::{apart, read_files};

    #[test]
    fn questions_get_their_candidates_and_the_answers_in_their_order() {
        let tools = r#"{"api_name": "f", "api_description": "F.", "parameters": {"a": {"type": "str"}}, "required": ["a"]}
{"api_name": "g", "api_description": "G.", "parameters": {}, "required": []}"#;
        let dev = r#"{"id": "dev-0", "query": "Go.", "calling": [{"api": "f", "parameters": {"a": "x"}}, {"api": "f", "parameters": {"a": "API_call_0"}}]}
{"id": "dev-1", "query": "Stop.", "calling": [{"api": "h", "parameters": {}}]}"#;
        let asked = r#"[{"id": "dev-0", "conversations": [{"from": "human", "value": "api_list = [{'api_name': 'f'}, {'api_name': 'g'}]\ntask_instruction = \"{'api_name': 'h'}\""}]}]"#;
        let answers = r#"["Sure: [{\"api\": \"f\", \"parameters\": {\"a\": \"y\"}, \"responses\": []}", "No."]"#;
        let files: [(&str, &[u8]); 4] = [
            ("s/tool.jsonl", tools.as_bytes()),
            ("s/dev.jsonl", dev.as_bytes()),
            ("s/dataset_for_finetune/dev.json", asked.as_bytes()),
            ("predictions_dev/m.json", answers.as_bytes()),
        ];
        let (read, quarantined) = apart(read_files(&SealTools, &files).unwrap());
        let names: Vec<_> = read[0].tools.as_array().unwrap().iter().map(|tool| &tool["name"]).collect();
        assert_eq!(names, ["f", "g"]);
        assert_eq!((read[0].messages[0].role, read[0].messages[2].tool_calls.len()), (Role::System, 2));
        let answer = &read[0].answers[0];
        assert_eq!((answer.step, answer.model.as_str(), answer.published), (2, "m", None));
        assert_eq!(answer.answer.action.calls()[0].arguments, json!({"a": "y"}));
        let what: Vec<_> = quarantined.iter().map(|one| one.fault.what.as_str()).collect();
        assert!(what[0].contains("tool.jsonl does not describe \"h\""), "{what:?}");
        assert!(what[1].contains("to no question that could be used: m, number 1"), "{what:?}");
    }

    #[test]
    fn calls_are_found_in_words_and_a_broken_one_spoils_the_answer() {
        let text = r#"Here: [{"api": "f", "parameters": {"a": {"b": 1}}, "responses": ["r"]}, { "api": "g", "parameters": {}}"#;
        assert_eq!(answer(text).action.calls().len(), 2);
        assert!(answer(r#"[{"api": "f", "parameters": {"a": 1, "responses": []}]"#).action.is_malformed());
        assert!(answer(r#"[{"api": "f", "parameters": 3}]"#).action.is_malformed());
        assert!(answer("I cannot.").action.text().is_some());
    }
}
