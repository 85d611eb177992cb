//! HammerBench (English): what GPT-4o called at every turn of a dialogue, what it should have called, and whether the benchmark, which
//! has a language model compare values, took one for the other. An argument that is an empty text counts as absent on both sides.
//!
//! Every turn is labelled with a call, with the arguments that are known by then. Turns whose label still lacks a required argument have a
//! category of their own: elsewhere one would ask, not call.

use std::{
    collections::{BTreeMap, HashMap},
    io,
    sync::Arc,
};

use serde::Deserialize;
use serde_json::Value;
use toolrm_core::{
    call::{Action, Candidate, Message, Role, ToolCall},
    format::parse_any,
};
use toolrm_data::{spelling::same_but_for_spelling, transcript};

use super::{Answer, Archive, Census, Question, answers::difference, archive::document};

pub(super) const FILE: &str = "train/hammerbench_en.tar.zst";
const MODEL: &str = "gpt-4o";

/// The turns of a dialogue.
#[derive(Deserialize)]
struct Logged {
    #[serde(rename = "FC_res")]
    turns: Vec<Turn>,
}

#[derive(Deserialize)]
struct Turn {
    input: String,
    predict: String,
    label: Label,
}

#[derive(Deserialize)]
struct Label {
    name: String,
    arguments: Value,
}

/// What a turn's answer is.
enum Verdict {
    Right,
    Wrong,
    /// Neither: why.
    Unclear(&'static str),
}

#[derive(Deserialize)]
struct Dialogue {
    id: Option<usize>,
    multiple_tools: Option<Value>,
}

pub(super) fn read(census: &mut Census) -> io::Result<Vec<Question>> {
    let archive = Archive::read(FILE)?;
    let tools = tools(&archive)?;
    // The folders are variations of the same dialogues and share many turns: one question per dialogue and conversation so far.
    let mut questions: BTreeMap<(usize, String), Question> = BTreeMap::new();
    for (folder, text) in archive.between("hammerbench/logs/GPT-4o/HammerBench_", "/MT_res.json") {
        let logged: Vec<Logged> = document(folder, text)?;
        let bases = bases(&archive, folder, logged.len())?;
        let verdicts = format!("hammerbench/logs/GPT-4o/HammerBench_{folder}/turn_flags_res.json");
        let verdicts: Vec<Vec<bool>> = document(&verdicts, archive.text(&verdicts)?)?;
        if verdicts.iter().map(Vec::len).ne(logged.iter().map(|dialogue| dialogue.turns.len())) {
            return Err(invalid(format!("{folder}: not one verdict per turn")));
        }
        for ((base, Logged { turns }), verdicts) in bases.into_iter().zip(logged).zip(verdicts) {
            let Some(tools) = tools.get(&base) else {
                census.leave_out_all(turns.len(), "a turn of a dialogue whose tools are not there");
                continue;
            };
            for (i, (turn, accepted)) in turns.into_iter().zip(verdicts).enumerate() {
                let question = questions.entry((base, turn.input.clone())).or_insert_with(|| {
                    let id = format!("hammerbench_{base}/{folder}/{i}");
                    let open = if is_open(&turn.label, tools) { "-open" } else { "" };
                    Question::new(id, format!("hammerbench_{base}"), &format!("{folder}{open}"), tools.clone())
                });
                add(question, &turn, accepted, census);
            }
        }
    }
    Ok(questions.into_values().map(|question| question.distinct(census)).collect())
}

/// The tools of the dialogues that have them, by the dialogue that they are variations of.
fn tools(archive: &Archive) -> io::Result<HashMap<usize, Value>> {
    let mut tools = HashMap::new();
    for (name, text) in archive.between("hammerbench/data/en/multi-turn/HammerBench_", ".json") {
        let dialogues: Vec<Dialogue> = document(name, text)?;
        tools.extend(dialogues.into_iter().filter_map(|d| Some((d.id?, d.multiple_tools?))));
    }
    Ok(tools)
}

/// For each dialogue of a folder, the one of the folder `Based` that it is a variation of.
fn bases(archive: &Archive, folder: &str, dialogues: usize) -> io::Result<Vec<usize>> {
    let bases: Vec<usize> = match folder.split('/').next().unwrap_or_default() {
        "Based" => (0..dialogues).collect(),
        variation => {
            let of = if variation.ends_with("QmA") || variation.ends_with("QsA") { "xQxA" } else { variation };
            let path = format!("hammerbench/data/en/multi-turn/correspond_id/correspond_id_{of}.json");
            document(&path, archive.text(&path)?)?
        }
    };
    if bases.len() == dialogues {
        return Ok(bases);
    }
    Err(invalid(format!("{folder}: {dialogues} dialogues, and {} numbers of those they vary", bases.len())))
}

fn invalid(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

/// Whether a label lacks an argument that its tool requires.
fn is_open(label: &Label, tools: &Value) -> bool {
    let call = call(&label.name, &label.arguments);
    let named = |tool: &&Value| tool.get("name").is_some_and(|name| *name == call.name);
    let tool = tools.as_array().into_iter().flatten().find(named);
    let required = tool.and_then(|tool| tool.pointer("/parameters/required")?.as_array());
    required.into_iter().flatten().filter_map(Value::as_str).any(|name| call.arguments.get(name).is_none())
}

fn add(question: &mut Question, turn: &Turn, accepted: bool, census: &mut Census) {
    let messages: Arc<[Message]> =
        transcript::messages(&turn.input, &[("user:", Role::User), ("assistant:", Role::Assistant)]).into();
    let answer =
        |action, from: &str| Answer { action, from: from.into(), messages: Arc::clone(&messages), error_type: None };
    let label = Action::Calls(vec![call(&turn.label.name, &turn.label.arguments)]);
    match predicted(parse_any(&turn.predict)) {
        Ok(action) => match verdict(&action, &label, accepted) {
            Verdict::Right => question.right.push(answer(action, MODEL)),
            Verdict::Wrong => question.wrong.push(answer(action, MODEL)),
            Verdict::Unclear(reason) => census.leave_out(reason),
        },
        Err(reason) => census.leave_out(reason),
    }
    question.right.push(answer(label, "gold"));
}

/// The benchmark's verdict, where what it says of the values can be the whole of it.
fn verdict(action: &Action, label: &Action, accepted: bool) -> Verdict {
    match (same_but_for_spelling(action, label), accepted) {
        (true, true) => Verdict::Right,
        (true, false) => Verdict::Unclear("an answer that is refused and the same as its label"),
        (false, false) => Verdict::Wrong,
        (false, true) if difference(label, action) == "wrong_value" => Verdict::Right,
        (false, true) => {
            Verdict::Unclear("an answer that is accepted with another tool or other arguments than its label")
        }
    }
}

fn predicted(candidate: Candidate) -> Result<Action, &'static str> {
    match candidate.action {
        Action::Calls(calls) => Ok(Action::Calls(calls.iter().map(|c| call(&c.name, &c.arguments)).collect())),
        // How the runner writes that there was no answer.
        Action::Text(text) if matches!(text.trim(), "" | "None") => Err("an empty answer"),
        Action::Text(text) => Ok(Action::Text(text)),
        _ => Err("an answer that cannot be decoded"),
    }
}

/// A call without the arguments that are empty texts.
fn call(name: &str, arguments: &Value) -> ToolCall {
    let mut arguments = arguments.clone();
    if let Some(map) = arguments.as_object_mut() {
        map.retain(|_, value| value != "");
    }
    ToolCall::new(name, arguments)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn empty_texts_are_absent_and_spelling_does_not_matter() {
        let fenced = "```json\n{\"name\": \"f\", \"parameters\": {\"a\": \"\", \"b\": \"email\", \"d\": \"5\"}}\n```";
        let predicted = predicted(parse_any(fenced)).unwrap();
        assert_eq!(predicted, Action::Calls(vec![ToolCall::new("f", json!({"b": "email", "d": "5"}))]));
        let label = Action::Calls(vec![call("f", &json!({"b": "Email", "c": "", "d": 5.0}))]);
        assert!(same_but_for_spelling(&predicted, &label));
    }

    #[test]
    fn only_values_are_taken_for_others() {
        let of = |arguments: Value| Action::Calls(vec![ToolCall::new("f", arguments)]);
        let label = of(json!({"day": "5 June"}));
        assert!(matches!(verdict(&of(json!({"day": "June 5th"})), &label, true), Verdict::Right));
        assert!(matches!(verdict(&of(json!({"day": "June 5th"})), &label, false), Verdict::Wrong));
        assert!(matches!(verdict(&of(json!({"day": "5 june"})), &label, false), Verdict::Unclear(_)));
        assert!(matches!(verdict(&of(json!({"date": "5 June"})), &label, true), Verdict::Unclear(_)));
    }

    #[test]
    fn a_label_without_a_required_argument_is_open() {
        let tools = json!([{"name": "f", "parameters": {"required": ["a"]}}]);
        let label = |arguments| Label { name: "f".into(), arguments };
        assert!(is_open(&label(json!({"a": ""})), &tools));
        assert!(!is_open(&label(json!({"a": "x"})), &tools));
    }

    #[test]
    fn words_are_an_answer_and_nothing_is_none() {
        assert!(predicted(parse_any("Which city?")).is_ok_and(|a| a.text().is_some()));
        assert!(predicted(parse_any("None")).is_err());
    }
}
