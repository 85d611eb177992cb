//! Files of pairs, as the commands read them: the ones that `pairs` writes, or any that `toolrm bench pairs` reads in its strict shape.

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use rayon::prelude::*;
use serde_json::Value;
use toolrm_core::{
    call::{Candidate, ToolCall},
    task::Task,
    toolset::{Dialect, Toolset},
};
use toolrm_data::input::Input;

use crate::{error::LabError, sources::Pair};

/// A task with a right and a wrong answer.
#[derive(Debug)]
#[non_exhaustive]
pub struct Record {
    /// The set it belongs to: the name of its file up to the first dot.
    pub set: Arc<str>,
    /// Its id.
    pub id: String,
    /// What pairs of one question share.
    pub question: String,
    /// Kind of question.
    pub category: String,
    /// What is wrong with the wrong answer.
    pub error_type: String,
    /// What was asked.
    pub task: Task,
    /// The right answer.
    pub chosen: Candidate,
    /// The wrong answer.
    pub rejected: Candidate,
}

/// Toolsets by what they were read from: those of a benchmark repeat from line to line.
type Toolsets = HashMap<(Dialect, String), Result<Arc<Toolset>, String>>;

/// The pairs of some files, in their order. A folder stands for its files `*.jsonl` and `*.jsonl.zst`, by name.
pub fn read(paths: &[PathBuf]) -> Result<Vec<Record>, LabError> {
    let mut records = Vec::new();
    for path in files(paths)? {
        records.extend(read_file(&path)?);
    }
    if records.is_empty() {
        return Err(LabError::NoPairs);
    }
    Ok(records)
}

fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, LabError> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let unreadable = |error| LabError::Read { path: path.clone(), error };
        let entries: Result<Vec<_>, _> = fs::read_dir(path).map_err(unreadable)?.collect();
        let mut found: Vec<PathBuf> = entries.map_err(unreadable)?.into_iter().map(|entry| entry.path()).collect();
        found.retain(|file| [".jsonl", ".jsonl.zst"].iter().any(|end| file.to_string_lossy().ends_with(end)));
        found.sort();
        files.extend(found);
    }
    Ok(files)
}

fn read_file(path: &Path) -> Result<Vec<Record>, LabError> {
    let text = text(path).map_err(|error| LabError::Read { path: path.to_owned(), error })?;
    let set: Arc<str> = set_name(path).into();
    // Only `\n` breaks lines: other line breaks occur inside strings.
    let lines: Vec<(usize, &str)> =
        text.split('\n').enumerate().filter(|(_, l)| !l.trim().is_empty()).map(|(i, l)| (i + 1, l)).collect();
    let bad = |line: usize, what: String| LabError::Pair { path: path.to_owned(), line, what };
    let parsed: Vec<(usize, Pair)> = lines
        .par_iter()
        .map(|(n, line)| Ok((*n, serde_json::from_str(line).map_err(|e| bad(*n, e.to_string()))?)))
        .collect::<Result<_, LabError>>()?;
    let mut texts: Vec<(Dialect, String)> = parsed.par_iter().map(|(_, line)| key(line)).collect();
    let keys = texts.clone();
    texts.sort_unstable_by(|a, b| a.1.cmp(&b.1));
    texts.dedup();
    let toolsets: Toolsets = texts.into_par_iter().map(|key| (key.clone(), toolset(&key))).collect();
    let records = parsed.into_par_iter().zip(keys).map(|((n, line), key)| {
        let tools = toolsets.get(&key).ok_or("no tools".to_owned()).and_then(Clone::clone);
        tools.and_then(|tools| record(line, tools, &set)).map_err(|what| bad(n, what))
    });
    records.collect()
}

fn text(path: &Path) -> io::Result<String> {
    let read = Input::open(path).and_then(Input::read_text);
    read.map(|(_, text)| text).map_err(io::Error::other)
}

/// The set of a file: its name up to the first dot, without the ending of the published file of BFCL pairs.
fn set_name(path: &Path) -> String {
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let stem = name.split('.').next().unwrap_or_default();
    stem.trim_end_matches("_pairs_visible").to_owned()
}

/// BFCL's Java and JavaScript categories: every value is source text.
fn key(pair: &Pair) -> (Dialect, String) {
    let source = matches!(pair.category.as_str(), "simple_java" | "simple_javascript");
    (if source { Dialect::SourceText } else { Dialect::Auto }, pair.tools.to_string())
}

fn toolset((dialect, tools): &(Dialect, String)) -> Result<Arc<Toolset>, String> {
    let tools: Value = serde_json::from_str(tools).map_err(|e| e.to_string())?;
    Toolset::from_json_with(&tools, *dialect).map(Arc::new).map_err(|e| format!("/tools: {e}"))
}

fn record(pair: Pair, tools: Arc<Toolset>, set: &Arc<str>) -> Result<Record, String> {
    Ok(Record {
        set: Arc::clone(set),
        chosen: candidate(&pair.chosen).map_err(|what| format!("/chosen: {what}"))?,
        rejected: candidate(&pair.rejected).map_err(|what| format!("/rejected: {what}"))?,
        task: Task::new(pair.messages, tools),
        id: pair.id,
        question: pair.question_id,
        category: pair.category,
        error_type: pair.error_type,
    })
}

/// A list of `{name: {arguments}}`, or a text for an answer in words.
pub fn candidate(value: &Value) -> Result<Candidate, String> {
    let calls = match value {
        Value::String(words) => return Ok(Candidate::text(words.clone())),
        Value::Array(calls) => calls,
        _ => return Err("neither a list of calls nor a text".into()),
    };
    let one = |call: &Value| {
        let mut members = call.as_object().into_iter().flatten();
        match (members.next(), members.next()) {
            (Some((name, arguments)), None) => Ok(ToolCall::new(name.clone(), arguments.clone())),
            _ => Err(format!("{call} is no call: write {{NAME: {{ARGUMENTS}}}}")),
        }
    };
    Ok(Candidate::calls(calls.iter().map(one).collect::<Result<_, _>>()?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn candidates_are_calls_or_words() {
        assert_eq!(candidate(&json!([{"f": {"a": 1}}, {"g": {}}])).unwrap().action.calls().len(), 2);
        assert!(candidate(&json!("no")).unwrap().action.calls().is_empty());
        for bad in [json!(3), json!([{"name": "f", "arguments": {}}]), json!(["f"])] {
            assert!(candidate(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_set_is_named_by_its_file() {
        assert_eq!(set_name(Path::new("a/bfcl_pairs_visible.jsonl.zst")), "bfcl");
        assert_eq!(set_name(Path::new("b.c/acebench.jsonl")), "acebench");
    }
}
