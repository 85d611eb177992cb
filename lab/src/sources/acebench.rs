//! ACEBench: 16 models on 500 questions. An answer that a model's score file lists is wrong, one it does not list is right.

use std::{collections::HashMap, io, sync::Arc};

use serde::Deserialize;
use serde_json::Value;
use toolrm_core::{
    call::{Action, Candidate, Message, Role},
    format::{Pythonic, ToolFormat, parse_any},
    task::Task,
    toolset::Toolset,
};

use super::{Answer, Archive, Census, Question, archive::records, transcript};
use crate::contest::{Contest, Entry};

pub(super) const FILE: &str = "eval/acebench.tar.zst";
/// The checker could not read the answer. Whether what it means is right is not known.
const UNREAD: &str = "wrong_output_format";

#[derive(Deserialize)]
struct Asked {
    id: String,
    question: String,
    #[serde(default)]
    time: String,
    function: Value,
}

#[derive(Deserialize)]
struct Answered {
    id: String,
    result: String,
}

/// A line of a score file; the first is a summary without an id.
#[derive(Deserialize)]
struct Failure {
    id: Option<String>,
    #[serde(default)]
    error_type: String,
}

/// How each model fared: error types by model and question.
type Failures<'a> = HashMap<(&'a str, String), String>;

pub(super) fn read(census: &mut Census) -> io::Result<Vec<Question>> {
    let archive = Archive::read(FILE)?;
    let mut questions = Vec::new();
    for (category, text) in archive.between("acebench/data_all/data_en/data_", ".json") {
        let results = answers(&archive, category, census);
        let failures = failures(&archive, category, census);
        for asked in records::<Asked>(text, census) {
            if let Some(question) = question(category, &asked, &results, &failures, census) {
                questions.push(question.distinct(census));
            }
        }
    }
    Ok(questions)
}

/// The models' answers to the questions of a category, by question.
fn answers<'a>(archive: &'a Archive, category: &str, census: &mut Census) -> HashMap<String, Vec<(&'a str, String)>> {
    let mut answers: HashMap<_, Vec<_>> = HashMap::new();
    for (path, text) in archive.between("acebench/result_all/result_en/", "_result.json") {
        let Some(model) = model_of(path, category) else { continue };
        for Answered { id, result } in records(text, census) {
            answers.entry(id).or_default().push((model, result));
        }
    }
    answers
}

fn failures<'a>(archive: &'a Archive, category: &str, census: &mut Census) -> Failures<'a> {
    let mut failures = HashMap::new();
    for (path, text) in archive.between("acebench/score_all/score_en/", "_score.json") {
        let Some(model) = model_of(path, category) else { continue };
        for Failure { id, error_type } in records(text, census) {
            failures.extend(id.map(|id| ((model, id), error_type)));
        }
    }
    failures
}

/// The model of a path `{model}/data_{category}`.
fn model_of<'a>(path: &'a str, category: &str) -> Option<&'a str> {
    path.strip_suffix(category)?.strip_suffix("/data_")
}

/// Every answer of every model, right or wrong by the benchmark's own word; what it could not read is wrong.
pub(super) fn contests(census: &mut Census) -> io::Result<Vec<Contest>> {
    let archive = Archive::read(FILE)?;
    let mut contests = Vec::new();
    for (category, text) in archive.between("acebench/data_all/data_en/data_", ".json") {
        let results = answers(&archive, category, census);
        let failures = failures(&archive, category, census);
        for asked in records::<Asked>(text, census) {
            let tools = Toolset::from_json(&asked.function).map_err(|e| format!("tools: {e}"));
            let Some(tools) = census.keep(tools).map(Arc::new) else { continue };
            let format = Pythonic::with_toolset(Arc::clone(&tools));
            let task = Task::new(conversation(&asked, &format), tools);
            let entry = |(model, result): &(&str, String)| {
                let failed = failures.contains_key(&(*model, asked.id.clone()));
                Entry::new(*model, decode(result, &format), !failed)
            };
            let entries = results.get(&asked.id).into_iter().flatten().map(entry).collect();
            contests.push(Contest::new(asked.id.clone(), category.into(), task, entries));
        }
    }
    Ok(contests)
}

fn question(
    category: &str,
    asked: &Asked,
    results: &HashMap<String, Vec<(&str, String)>>,
    failures: &Failures<'_>,
    census: &mut Census,
) -> Option<Question> {
    let toolset = census.keep(Toolset::from_json(&asked.function).map_err(|e| format!("tools: {e}")))?;
    let format = Pythonic::with_toolset(Arc::new(toolset));
    let messages: Arc<[Message]> = conversation(asked, &format).into();
    let mut question = Question::new(asked.id.clone(), asked.id.clone(), category, asked.function.clone());
    for (model, result) in results.get(&asked.id).map(Vec::as_slice).unwrap_or_default() {
        let failure = failures.get(&(*model, asked.id.clone()));
        if failure.is_some_and(|kind| kind == UNREAD) {
            census.leave_out("an answer that its benchmark could not read");
            continue;
        }
        let Some(mut answer) = census.keep(Answer::decoded(decode(result, &format), model, &messages)) else {
            continue;
        };
        answer.error_type = failure.cloned();
        if failure.is_some() { question.wrong.push(answer) } else { question.right.push(answer) }
    }
    Some(question)
}

/// Reads an answer: Python text, as was asked for, or whatever else it is.
fn decode(result: &str, format: &Pythonic) -> Candidate {
    let asked_for = format.parse(result);
    if asked_for.action.calls().is_empty() { parse_any(result) } else { asked_for }
}

/// The conversation: a transcript in which `system` is the assistant, whose calls are Python text. The current time comes before it.
fn conversation(asked: &Asked, format: &Pythonic) -> Vec<Message> {
    let time = (!asked.time.trim().is_empty()).then(|| Message::system(asked.time.trim()));
    let spoken = transcript::messages(&asked.question, &[("user:", Role::User), ("system:", Role::Assistant)]);
    let told = spoken.into_iter().map(|message| match format.parse(&message.text()).action {
        Action::Calls(calls) if message.role == Role::Assistant => Message::calls(calls),
        _ => message,
    });
    time.into_iter().chain(told).collect()
}
