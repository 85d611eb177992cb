//! Reading of the recorded answers: archives of result files of the Berkeley leaderboard (BFCL) and of ACEBench.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test: data of another shape must fail it")]

use std::{
    collections::HashMap,
    fs::File,
    io::{BufReader, Read},
    path::PathBuf,
};

use serde_json::Value;
use toolrm_core::{
    call::{Candidate, ToolCall},
    format::{Auto, Bfcl, ToolFormat},
};

/// The data folder: `TOOLRM_DATA`, else `../shared/data` beside the workspace; `None` (and a line that says so) when absent.
pub(crate) fn data(test: &str) -> Option<PathBuf> {
    let root = std::env::var_os("TOOLRM_DATA")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"), PathBuf::from);
    if root.join("eval/bfcl_runs.tar.zst").exists() {
        return Some(root);
    }
    println!("skipped: {test}: no data at {}", root.display());
    None
}

fn open(path: PathBuf) -> impl Read {
    let file = BufReader::new(File::open(path).expect("the archive opens"));
    let mut decoder = zstd::Decoder::with_buffer(file).expect("it is zstd");
    decoder.window_log_max(27).expect("a window of 2^27");
    decoder
}

/// What a model answered: text, or calls that its API had taken apart (a list of one-key objects).
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    Text(String),
    Structured(Value),
}

impl Answer {
    pub(crate) fn decode(&self, auto: &Auto) -> Candidate {
        match self {
            Self::Text(text) => auto.parse(text),
            Self::Structured(list) => Bfcl.parse(&list.to_string()),
        }
    }
}

/// One line of a result file, its answers (one, or one per step of a multi-turn dialogue).
#[derive(Debug)]
pub(crate) struct Recorded {
    /// `source:model`, as the verdicts name it.
    pub(crate) model: String,
    pub(crate) id: String,
    pub(crate) answers: Vec<Answer>,
}

/// Calls `each` for every line of every result file.
pub(crate) fn bfcl_runs(root: &std::path::Path, mut each: impl FnMut(Recorded)) {
    let mut archive = tar::Archive::new(open(root.join("eval/bfcl_runs.tar.zst")));
    for entry in archive.entries().expect("a tar") {
        let mut entry = entry.expect("an entry");
        let path = entry.path().expect("a path").to_string_lossy().into_owned();
        let Some((model, category)) = result_file(&path) else { continue };
        let mut text = String::new();
        entry.read_to_string(&mut text).expect("UTF-8");
        for line in text.split('\n').filter(|line| !line.is_empty()) {
            let line: Value = serde_json::from_str(line).expect("JSON lines");
            let id = line["id"].as_str().expect("an id").to_owned();
            let answers = answers(line["result"].clone());
            each(Recorded { model: model.clone(), id: v4_id(&id, &category), answers });
        }
    }
}

/// Every answer of ACEBench's models.
pub(crate) fn acebench(root: &std::path::Path, mut each: impl FnMut(Recorded)) {
    let mut archive = tar::Archive::new(open(root.join("eval/acebench.tar.zst")));
    for entry in archive.entries().expect("a tar") {
        let mut entry = entry.expect("an entry");
        let path = entry.path().expect("a path").to_string_lossy().into_owned();
        if !path.contains("result_all/") || !path.ends_with("_result.json") {
            continue;
        }
        let folders: Vec<&str> = path.split('/').collect();
        let model = format!("acebench:{}", folders[folders.len() - 2]);
        let mut text = String::new();
        entry.read_to_string(&mut text).expect("UTF-8");
        for line in text.split('\n').filter(|line| !line.is_empty()) {
            let line: Value = serde_json::from_str(line).expect("JSON lines");
            let id = line["id"].as_str().expect("an id").to_owned();
            let answers = answers(line["result"].clone());
            each(Recorded { model: model.clone(), id, answers });
        }
    }
}

/// The calls the official handlers decoded, by (model, question): `None` where they could not.
pub(crate) fn official(root: &std::path::Path) -> HashMap<(String, String), Option<Vec<ToolCall>>> {
    let mut text = String::new();
    open(root.join("eval/bfcl_verdicts.jsonl.zst")).read_to_string(&mut text).expect("UTF-8");
    let mut verdicts = HashMap::new();
    for line in text.split('\n').filter(|line| !line.is_empty()) {
        let line: Value = serde_json::from_str(line).expect("JSON lines");
        let calls = line["calls"].as_array().map(|calls| {
            let one = |call: &Value| {
                call.as_object()
                    .into_iter()
                    .flatten()
                    .map(|(n, a)| ToolCall::new(n.clone(), a.clone()))
                    .collect::<Vec<_>>()
            };
            calls.iter().flat_map(one).collect::<Vec<_>>()
        });
        for model in line["models"].as_array().expect("models") {
            let key = (model.as_str().expect("a name").to_owned(), line["id"].as_str().expect("an id").to_owned());
            verdicts.insert(key, calls.clone());
        }
    }
    verdicts
}

/// Model and category of a result file; `None` for score files and everything else.
fn result_file(path: &str) -> Option<(String, String)> {
    let file = path.strip_suffix("_result.json")?;
    let (folders, file) = file.rsplit_once('/')?;
    if folders.split('/').any(|folder| folder == "score" || folder.ends_with("_score")) {
        return None;
    }
    let source = [
        ("HuanzhiMao", "bfcl-result"),
        ("aaronwu", "aaronwu"),
        ("AAFV/data/result-quantize", "aafv-quantize"),
        ("AAFV", "aafv"),
        ("Ctrl-G", "ctrl-g"),
        ("bbrowning", "gpt-oss"),
        ("dwaqas", "dwaqas"),
    ]
    .into_iter()
    .find(|(part, _)| folders.contains(part))?
    .1;
    let model = folders.split('/').rfind(|f| !["live", "non_live", "multi_turn", "result"].contains(f))?;
    let category = file
        .trim_start_matches("BFCL_v3_")
        .trim_start_matches("BFCL_v4_")
        .trim_start_matches("gorilla_openfunctions_v1_test_");
    Some((format!("{source}:{model}"), v4_category(category).to_owned()))
}

/// Version 4's name of a category of version 1 or 3.
fn v4_category(category: &str) -> &str {
    match category {
        "simple" => "simple_python",
        "java" => "simple_java",
        "javascript" => "simple_javascript",
        "relevance" => "irrelevance",
        "multiple_function" => "multiple",
        "parallel_function" => "parallel",
        "parallel_multiple_function" => "parallel_multiple",
        other => other,
    }
}

fn v4_id(id: &str, category: &str) -> String {
    if category.starts_with("live_") || category.starts_with("multi_turn") {
        return id.to_owned();
    }
    let number = id.rsplit('_').next().unwrap_or_default();
    format!("{category}_{number}")
}

/// The answers of a result. A flat list with texts in it is one answer in parts (Gemini's): its calls, or else its words.
fn answers(result: Value) -> Vec<Answer> {
    let parts =
        result.as_array().filter(|parts| parts.iter().any(Value::is_string) && !parts.iter().any(Value::is_array));
    if let Some(parts) = parts {
        let calls: Vec<Value> = parts.iter().filter(|part| part.is_object()).cloned().collect();
        let texts: Vec<&str> = parts.iter().filter_map(Value::as_str).collect();
        return vec![if calls.is_empty() { Answer::Text(texts.join("\n")) } else { Answer::Structured(calls.into()) }];
    }
    let mut answers = Vec::new();
    collect(result, &mut answers);
    answers
}

/// The answers of a result: itself, or those of its turns and steps.
fn collect(result: Value, out: &mut Vec<Answer>) {
    match result {
        Value::String(text) => out.push(Answer::Text(text)),
        Value::Array(items) if items.iter().any(|item| item.is_array() || item.is_string()) => {
            for item in items {
                collect(item, out);
            }
        }
        other => out.push(Answer::Structured(other)),
    }
}
