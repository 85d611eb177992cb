//! The default prompts over recorded conversations, tools and model errors: nothing is lost on the way into a prompt, and both
//! orders share it up to the candidates.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of a test")]

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
};

use serde_json::Value;
use toolrm_core::{
    call::{Candidate, Message, Tool, ToolCall},
    critic::{PromptKind, PromptSet},
    task::Task,
    toolset::Toolset,
};

fn data() -> PathBuf {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    std::env::var_os("TOOLRM_DATA").map_or_else(beside, PathBuf::from)
}

fn task(row: &Value) -> Task {
    let tool = |t: &Value| {
        let tool = Tool::new(t["name"].as_str().unwrap(), t["parameters"].clone());
        tool.with_description(t["description"].as_str().unwrap_or_default())
    };
    let tools = row["tools"].as_array().unwrap().iter().map(tool).collect();
    let messages: Vec<Message> = serde_json::from_value(row["messages"].clone()).unwrap();
    Task::new(messages, Toolset::new(tools).unwrap())
}

fn candidate(value: &Value) -> Candidate {
    match value {
        Value::String(text) => Candidate::text(&**text),
        calls => {
            let calls = calls.as_array().unwrap().iter().flat_map(|call| call.as_object().unwrap());
            Candidate::calls(calls.map(|(name, arguments)| ToolCall::new(&**name, arguments.clone())).collect())
        }
    }
}

/// The JSON lines of the block of this name, and what stands before it.
fn block<'a>(prompt: &'a str, name: &str) -> (Vec<Value>, &'a str) {
    let (before, rest) = prompt.split_once(&format!("<{name}_")).unwrap();
    let (code, rest) = rest.split_once(">\n").unwrap();
    let (body, _) = rest.split_once(&format!("\n</{name}_{code}>")).unwrap();
    (body.lines().map(|l| serde_json::from_str(l).unwrap()).collect(), before)
}

#[test]
fn recorded_pairs_reach_the_prompt_whole() {
    let path = data().join("eval/bfcl_pairs_visible.jsonl.zst");
    let Ok(file) = std::fs::File::open(&path) else {
        println!("skipped: recorded_pairs_reach_the_prompt_whole: no data at {}", path.display());
        return;
    };
    let mut decoder = zstd::Decoder::new(file).unwrap();
    decoder.window_log_max(27).unwrap();
    let prompts = PromptSet::default();
    let (mut rows, mut bytes, mut longest, mut altered) = (0, 0, 0, 0);
    for line in BufReader::new(decoder).lines() {
        let row: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let task = task(&row);
        let (a, b) = (candidate(&row["chosen"]), candidate(&row["rejected"]));
        let render = |shown: [&Candidate; 2]| {
            let messages = prompts.render(PromptKind::Pairwise, &task, &shown).unwrap();
            (messages[0].text().into_owned(), messages[1].text().into_owned())
        };
        let ((system, prompt), (system_back, prompt_back)) = (render([&a, &b]), render([&b, &a]));
        let tools = if task.tools().is_empty() { Vec::new() } else { block(&prompt, "tools").0 };
        let (conversation, _) = block(&prompt, "conversation");
        assert_eq!(tools.len(), task.tools().len());
        for (line, tool) in tools.iter().zip(task.tools().tools()) {
            assert_eq!((&line["name"], &line["parameters"]), (&Value::from(&*tool.name), &tool.parameters));
        }
        assert_eq!(Value::from(conversation), row["messages"]);
        let ((first, before), (_, before_back)) = (block(&prompt, "response_1"), block(&prompt_back, "response_1"));
        assert_eq!((&system, before), (&system_back, before_back), "{}", row["id"]);
        assert_eq!(first.len(), a.action.calls().len().max(1));
        for (line, call) in first.iter().zip(a.action.calls()) {
            assert_eq!((&line["name"], &line["arguments"]), (&Value::from(&*call.name), &call.arguments));
        }
        rows += 1;
        bytes += system.len() + prompt.len();
        longest = longest.max(system.len() + prompt.len());
        altered += usize::from(prompt.contains("\\u003c") || prompt.contains("\\u005b"));
    }
    println!("{rows} pairs, {} bytes a prompt, longest {longest}, {altered} with a broken-up delimiter", bytes / rows);
    assert!(rows > 4_000);
}
