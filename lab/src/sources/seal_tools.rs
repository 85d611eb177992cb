//! Seal-Tools: three models on the 700 questions of its dev set, compared with the gold calls. Later calls name the results of earlier
//! ones `API_call_0`, `API_call_1` and so on.

use std::{collections::HashMap, io, sync::Arc};

use serde::Deserialize;
use serde_json::{Map, Value, json};
use toolrm_core::{
    call::{Action, Message, ToolCall},
    canonical::repeated_call,
};
use toolrm_data::spelling::same_but_for_spelling;

use super::{
    Answer, Archive, Census, Question,
    archive::{document, records},
};

pub(super) const FILE: &str = "train/seal_tools.tar.zst";
const DATASET: &str = "seal-tools/Seal-Tools_Dataset";

#[derive(Deserialize)]
struct Gold {
    id: String,
    query: String,
    calling: Vec<Called>,
}

#[derive(Deserialize)]
struct Called {
    api: String,
    parameters: Value,
}

/// A question as the models were asked it: instruction, tools as a Python list, query.
#[derive(Deserialize)]
struct Prompt {
    conversations: Vec<Said>,
}

#[derive(Deserialize)]
struct Said {
    value: String,
}

#[derive(Deserialize)]
struct Tool {
    api_name: String,
    api_description: String,
    parameters: Map<String, Value>,
    required: Vec<String>,
}

pub(super) fn read(census: &mut Census) -> io::Result<Vec<Question>> {
    let archive = Archive::read(FILE)?;
    let gold: Vec<Gold> = records(archive.text(&format!("{DATASET}/dev.jsonl"))?, census);
    let asked = format!("{DATASET}/dataset_for_finetune/dev.json");
    let prompts: Vec<Prompt> = document(&asked, archive.text(&asked)?)?;
    let tools: HashMap<String, Value> = records(archive.text(&format!("{DATASET}/tool.jsonl"))?, census)
        .into_iter()
        .map(|tool: Tool| (tool.api_name.clone(), published(&tool)))
        .collect();
    let mut predictions: Vec<(&str, Vec<String>)> = Vec::new();
    for (model, text) in archive.between("seal-tools/predictions_dev/", ".json") {
        predictions.push((model, document(model, text)?));
    }
    let mut questions = Vec::new();
    for (i, (gold, prompt)) in gold.iter().zip(&prompts).enumerate() {
        let Some((instruction, tools)) = census.keep(read_prompt(prompt, &tools)) else { continue };
        if gold.calling.iter().any(|call| !lists(&tools, &call.api)) {
            census.leave_out("a question whose gold calls a tool that is not listed");
            continue;
        }
        let messages: Arc<[Message]> = [Message::system(instruction), Message::user(gold.query.clone())].into();
        for (model, texts) in &predictions {
            let Some(predicted) = texts.get(i) else {
                census.leave_out("a question without a prediction");
                continue;
            };
            let mut question = Question::new(format!("{}.{model}", gold.id), gold.id.clone(), model, tools.clone());
            add(&mut question, gold, model, predicted, &messages, census);
            questions.push(question.distinct(census));
        }
    }
    Ok(questions)
}

/// A tool as a function with a JSON Schema.
fn published(tool: &Tool) -> Value {
    json!({
        "name": tool.api_name,
        "description": tool.api_description,
        "parameters": {"type": "object", "properties": tool.parameters, "required": tool.required},
    })
}

/// The instruction of a prompt, and the tools it lists.
fn read_prompt(prompt: &Prompt, tools: &HashMap<String, Value>) -> Result<(String, Value), &'static str> {
    let text = &prompt.conversations.first().ok_or("a prompt without messages")?.value;
    let (instruction, rest) = text.split_once("\n\nInput:\n").ok_or("a prompt without tools")?;
    let (list, _) = rest.split_once("\ntask_instruction = ").ok_or("a prompt without a task")?;
    let names = list.split("{'api_name': '").skip(1).filter_map(|after| after.split('\'').next());
    let listed: Option<Value> = names.map(|name| tools.get(name).cloned()).collect();
    Ok((instruction.to_owned(), listed.ok_or("a tool that is not described")?))
}

/// Whether a tool is among those listed.
fn lists(tools: &Value, name: &str) -> bool {
    tools.as_array().into_iter().flatten().any(|tool| tool.get("name").is_some_and(|listed| listed == name))
}

fn add(
    question: &mut Question,
    gold: &Gold,
    model: &str,
    predicted: &str,
    messages: &Arc<[Message]>,
    census: &mut Census,
) {
    let calls = gold.calling.iter().map(|c| ToolCall::new(c.api.clone(), c.parameters.clone())).collect();
    let right =
        Answer { action: Action::Calls(calls), from: "gold".into(), messages: Arc::clone(messages), error_type: None };
    let Some(calls) = census.keep(calls_in(predicted)) else { return };
    let wrong = Answer { action: Action::Calls(calls), from: model.into(), ..right.clone() };
    if !same_but_for_spelling(&right.action, &wrong.action) {
        question.wrong.push(wrong);
    }
    question.right.push(right);
}

/// The calls in a model's words, each `{"api", "parameters", "responses"}`: the dataset's own shape, often in a list that is never closed.
/// The names of the results are no part of a call.
fn calls_in(text: &str) -> Result<Vec<ToolCall>, &'static str> {
    let objects = text.match_indices('{').filter_map(|(at, _)| text.get(at..));
    let begun = objects.filter(|t| t.trim_start_matches('{').trim_start().starts_with("\"api\""));
    let mut calls = Vec::new();
    for object in begun {
        let read = serde_json::Deserializer::from_str(object).into_iter::<Called>().next();
        match read {
            Some(Ok(called)) if called.parameters.is_object() => {
                calls.push(ToolCall::new(called.api, called.parameters));
            }
            _ => return Err("an answer that cannot be decoded"),
        }
    }
    match repeated_call(&calls) {
        _ if calls.is_empty() => Err("an answer without calls in the asked shape"),
        Some(_) => Err("an answer that lists a call twice"),
        None => Ok(calls),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_found_in_words_and_a_broken_one_spoils_the_answer() {
        let text = r#"Here: [{"api": "f", "parameters": {"a": {"b": 1}}, "responses": ["r"]}, { "api": "g", "parameters": {}}"#;
        let names: Vec<_> = calls_in(text).unwrap().into_iter().map(|c| c.name).collect();
        assert_eq!(names, ["f", "g"]);
        for bad in ["no call", r#"[{"api": "f", "parameters": {"a": 1, "responses": []}]"#, &format!("{text} {text}")] {
            assert!(calls_in(bad).is_err(), "{bad}");
        }
    }
}
