//! BFCL: the official checker's verdicts on the recorded answers of about a hundred models to its single-turn questions.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    io,
    sync::Arc,
};

use serde::Deserialize;
use serde_json::Value;
use toolrm_bench::trbench::{Group, GroupEntry};
use toolrm_core::{
    call::{Action, Message},
    rules::reference::reference_from_bfcl,
    task::Task,
    toolset::{Dialect, Toolset},
};

use super::{
    Archive, Census,
    archive::{records, text},
};
use crate::dataset::candidate;

pub(super) const VERDICTS: &str = "eval/bfcl_verdicts.jsonl.zst";
pub(super) const QUESTIONS: &str = "eval/bfcl_v4_visible_half.tar.zst";

#[derive(Deserialize)]
struct Verdict {
    category: String,
    id: String,
    calls: Value,
    underscore_to_dot: bool,
    valid: bool,
    models: Vec<String>,
}

#[derive(Deserialize)]
struct Asked {
    id: String,
    /// Turns, of which there is one.
    question: Vec<Vec<Message>>,
    function: Value,
}

#[derive(Deserialize)]
struct Gold {
    id: String,
    ground_truth: Value,
}

/// The accepted answers of the single-turn questions, by question: a call's arguments are lists of allowed values.
pub fn golds(census: &mut Census) -> io::Result<BTreeMap<String, Action>> {
    let archive = Archive::read(QUESTIONS)?;
    let mut golds = BTreeMap::new();
    for (category, text) in archive.between("bfcl_v4_data/possible_answer/BFCL_v4_", ".json") {
        if category.starts_with("multi_turn") {
            continue;
        }
        for Gold { id, ground_truth } in records(text, census) {
            let gold = reference_from_bfcl(&ground_truth).map_err(|e| format!("an accepted answer: {e}"));
            golds.extend(census.keep(gold).map(|gold| (id, gold)));
        }
    }
    Ok(golds)
}

/// All answers to the questions that ask for calls; answers that could not be decoded are not recorded.
pub(super) fn groups(census: &mut Census) -> io::Result<Vec<Group>> {
    let archive = Archive::read(QUESTIONS)?;
    let mut verdicts: HashMap<String, Vec<Verdict>> = HashMap::new();
    for verdict in records::<Verdict>(&text(VERDICTS)?, census) {
        if !verdict.category.ends_with("relevance") {
            verdicts.entry(verdict.id.clone()).or_default().push(verdict);
        }
    }
    let mut groups = Vec::new();
    for (category, text) in archive.between("bfcl_v4_data/BFCL_v4_", ".json") {
        for asked in records::<Value>(text, census) {
            let id = asked.get("id").and_then(Value::as_str).unwrap_or_default();
            if let Some(given) = verdicts.get(id) {
                let question = serde_json::from_value(asked.clone()).map_err(|e| format!("a question: {e}"));
                groups.extend(census.keep(question).and_then(|asked| group(category, asked, given, census)));
            }
        }
    }
    Ok(groups)
}

fn group(category: &str, asked: Asked, given: &[Verdict], census: &mut Census) -> Option<Group> {
    let source = matches!(category, "simple_java" | "simple_javascript");
    let dialect = if source { Dialect::SourceText } else { Dialect::Auto };
    let tools = Toolset::from_json_with(&asked.function, dialect).map_err(|e| format!("tools: {e}"));
    let tools = Arc::new(census.keep(tools)?);
    let mut seen = HashSet::new();
    let mut entries = Vec::new();
    for verdict in given {
        let answer = candidate(&verdict.calls).map_err(|_| "an answer that is no list of calls");
        let Some(mut answer) = census.keep(answer) else { continue };
        if let Action::Calls(calls) = &mut answer.action
            && verdict.underscore_to_dot
        {
            for call in calls {
                call.name = documented(&tools, &call.name);
            }
        }
        // A model that was run twice answers once.
        let models = verdict.models.iter().filter(|model| seen.insert(model.as_str()));
        entries.extend(models.map(|model| GroupEntry::new(model, answer.clone(), verdict.valid)));
    }
    let messages = asked.question.into_iter().flatten().collect();
    Some(Group::new(asked.id, category, Task::new(messages, tools)).with_entries(entries))
}

/// The documented name of a tool that a model knew with underscores for dots.
fn documented(tools: &Toolset, name: &str) -> String {
    tools.names().find(|known| known.replace('.', "_") == name).unwrap_or(name).to_owned()
}
