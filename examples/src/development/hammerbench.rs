//! HammerBench (English): what GPT-4o called at every turn of a dialogue, and what it should have called. An argument that is an empty
//! text counts as absent on both sides, and upper and lower case are one.

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

use super::{Answer, Archive, Census, Question, answers::same_but_for_case, archive::document, transcript};

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
        for (base, Logged { turns }) in bases.into_iter().zip(logged) {
            let Some(tools) = tools.get(&base) else {
                census.leave_out_all(turns.len(), "a turn of a dialogue whose tools are not there");
                continue;
            };
            for (i, turn) in turns.into_iter().enumerate() {
                let question = questions.entry((base, turn.input.clone())).or_insert_with(|| {
                    let id = format!("hammerbench_{base}/{folder}/{i}");
                    Question::new(id, format!("hammerbench_{base}"), folder, tools.clone())
                });
                add(question, &turn, census);
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
    let message = format!("{folder}: {dialogues} dialogues, and {} numbers of those they vary", bases.len());
    Err(io::Error::new(io::ErrorKind::InvalidData, message))
}

fn add(question: &mut Question, turn: &Turn, census: &mut Census) {
    let messages: Arc<[Message]> =
        transcript::messages(&turn.input, &[("user:", Role::User), ("assistant:", Role::Assistant)]).into();
    let answer =
        |action, from: &str| Answer { action, from: from.into(), messages: Arc::clone(&messages), error_type: None };
    let label = Action::Calls(vec![call(&turn.label.name, &turn.label.arguments)]);
    match predicted(parse_any(&turn.predict)) {
        Ok(action) if same_but_for_case(&action, &label) => {}
        Ok(action) => question.wrong.push(answer(action, MODEL)),
        Err(reason) => census.leave_out(reason),
    }
    question.right.push(answer(label, "gold"));
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
    fn empty_texts_are_absent_and_case_does_not_matter() {
        let fenced = "```json\n{\"name\": \"f\", \"parameters\": {\"a\": \"\", \"b\": \"email\"}}\n```";
        let predicted = predicted(parse_any(fenced)).unwrap();
        assert_eq!(predicted, Action::Calls(vec![ToolCall::new("f", json!({"b": "email"}))]));
        assert!(same_but_for_case(&predicted, &Action::Calls(vec![call("f", &json!({"b": "Email", "c": ""}))])));
    }

    #[test]
    fn words_are_an_answer_and_nothing_is_none() {
        assert!(predicted(parse_any("Which city?")).is_ok_and(|a| a.text().is_some()));
        assert!(predicted(parse_any("None")).is_err());
    }
}
