//! Toolsets from everything the published data sets hold: every list of tools builds or is refused for a reason that is named here, and
//! the answers the data sets call right satisfy the schemas.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use toolrm_core::{
    call::ToolCall,
    toolset::{Dialect, Toolset, ToolsetError},
};

#[path = "common/data.rs"]
mod data;

/// What came of one data set.
#[derive(Debug, Default)]
struct Tally {
    sets: usize,
    tools: usize,
    calls: usize,
    /// Right answers that a schema has something against.
    disputed: usize,
    refused: BTreeMap<String, usize>,
    /// The first few disputed answers.
    examples: BTreeSet<String>,
}

impl Tally {
    fn build(&mut self, tools: &Value) -> Option<Toolset> {
        self.note(Toolset::from_json(tools))
    }

    fn note(&mut self, built: Result<Toolset, ToolsetError>) -> Option<Toolset> {
        self.sets += 1;
        match built {
            Ok(set) => {
                self.tools += set.len();
                Some(set)
            }
            Err(error) => {
                *self.refused.entry(error.to_string()).or_default() += 1;
                None
            }
        }
    }

    fn call(&mut self, set: &Toolset, name: &str, arguments: &Value) {
        let Some(violations) = set.violations(&ToolCall::new(name, arguments.clone())) else { return };
        self.calls += 1;
        assert_eq!(set.get(name).unwrap().is_valid(arguments), violations.is_empty());
        if !violations.is_empty() {
            self.disputed += 1;
            let all: Vec<_> = violations.iter().map(|v| format!("{:?} {}: {}", v.kind, v.pointer, v.message)).collect();
            self.examples.insert(format!("{name} {}", all.join("; ")));
        }
    }

    fn print(&self, what: &str) {
        println!(
            "{what}: {} lists, {} tools, {} refused; {} right calls, {} disputed",
            self.sets,
            self.tools,
            self.refused.values().sum::<usize>(),
            self.calls,
            self.disputed
        );
        for (why, n) in &self.refused {
            println!("  refused {n} x {why}");
        }
        for example in self.examples.iter().take(if std::env::var_os("VERBOSE").is_some() { 500 } else { 5 }) {
            println!("  disputed {example}");
        }
    }
}

#[test]
fn bfcl_questions() {
    let test = "bfcl_questions";
    let Some(bytes) = data::bytes(test, "eval/bfcl_v4_visible_half.tar.zst") else { return };
    let files = data::archive(&bytes, |p| p.ends_with(".json"));
    let mut total = Tally::default();
    for (name, content) in &files {
        let records = data::lines(content);
        if records.iter().all(|r| r.get("parameters").is_some()) {
            total.note(Toolset::from_json(&Value::Array(records)));
            continue;
        }
        for record in records.iter().filter(|r| r.get("function").is_some()) {
            let set = total.build(&record["function"]).unwrap();
            let of_java = set.specs().iter().any(|s| s.dialect() == Dialect::SourceText);
            assert!(!of_java || name.contains("java"), "{}", record["id"]);
        }
    }
    total.print(test);
}

#[test]
fn bfcl_pairs() {
    let test = "bfcl_pairs";
    let Some(bytes) = data::bytes(test, "eval/bfcl_pairs_visible.jsonl.zst") else { return };
    let (mut python, mut java) = (Tally::default(), Tally::default());
    for record in data::lines(&bytes) {
        let tally = match record["category"].as_str() {
            Some("simple_java" | "simple_javascript") => &mut java,
            _ => &mut python,
        };
        let Some(set) = tally.build(&record["tools"]) else { continue };
        for call in record["chosen"].as_array().into_iter().flatten() {
            for (name, arguments) in call.as_object().unwrap() {
                tally.call(&set, name, arguments);
            }
        }
    }
    python.print(test);
    java.print("bfcl_pairs, java and javascript");
}

#[test]
fn acebench() {
    let test = "acebench";
    let Some(bytes) = data::bytes(test, "eval/acebench.tar.zst") else { return };
    let files = data::archive(&bytes, |p| p.contains("data_all/") && p.ends_with(".json"));
    let mut answers: BTreeMap<String, Value> = BTreeMap::new();
    for record in files.iter().flat_map(|f| data::lines(&f.1)).filter(|r| r.get("ground_truth").is_some()) {
        answers.insert(record["id"].to_string(), record["ground_truth"].clone());
    }
    let mut total = Tally::default();
    for record in files.iter().flat_map(|f| data::lines(&f.1)).filter(|r| r.get("function").is_some()) {
        let Some(set) = total.build(&record["function"]) else { continue };
        let gold = &answers[&record["id"].to_string()];
        let alternatives = gold.as_array().map_or(std::slice::from_ref(gold), Vec::as_slice);
        for (name, arguments) in alternatives.iter().filter_map(Value::as_object).flatten() {
            total.call(&set, name.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('_'), arguments);
            total.call(&set, name, arguments);
        }
    }
    total.print(test);
}

#[test]
fn xlam() {
    let test = "xlam";
    let Some(bytes) = data::bytes(test, "train/xlam_function_calling_1000.jsonl.zst") else { return };
    let mut total = Tally::default();
    for record in data::lines(&bytes) {
        let text = |key: &str| serde_json::from_str::<Value>(record[key].as_str().unwrap()).unwrap();
        let Some(set) = total.build(&text("tools")) else { continue };
        for call in text("answers").as_array().unwrap() {
            total.call(&set, call["name"].as_str().unwrap(), &call["arguments"]);
        }
    }
    total.print(test);
}

#[test]
fn glaive() {
    let test = "glaive";
    let Some(bytes) = data::bytes(test, "train/glaive_ms_swift_1000.jsonl.zst") else { return };
    let mut total = Tally::default();
    for record in data::lines(&bytes) {
        let Some(tools) = record.get("tools").and_then(Value::as_str) else { continue };
        let Some(set) = total.build(&serde_json::from_str(tools).unwrap()) else { continue };
        for message in record["messages"].as_array().unwrap().iter().filter(|m| m["role"] == "tool_call") {
            let call: Value = serde_json::from_str(message["content"].as_str().unwrap()).unwrap();
            total.call(&set, call["name"].as_str().unwrap(), &call["arguments"]);
        }
    }
    total.print(test);
    let Some(bytes) = data::bytes(test, "train/glaive_toolcall_en_demo.json.zst") else { return };
    let mut total = Tally::default();
    let records: Value = serde_json::from_slice(&bytes).unwrap();
    for record in records.as_array().unwrap() {
        let Some(tools) = record["tools"].as_str().filter(|t| !t.is_empty()) else { continue };
        let Some(set) = total.build(&serde_json::from_str(tools).unwrap()) else { continue };
        for turn in record["conversations"].as_array().unwrap().iter().filter(|m| m["from"] == "function_call") {
            let call: Value = serde_json::from_str(turn["value"].as_str().unwrap()).unwrap();
            total.call(&set, call["name"].as_str().unwrap(), &call["arguments"]);
        }
    }
    total.print("glaive demo");
}

#[test]
fn complexfuncbench_and_tau_bench() {
    let test = "complexfuncbench_and_tau_bench";
    let mut total = Tally::default();
    if let Some(bytes) = data::bytes(test, "train/complexfuncbench_tools.json") {
        total.build(&serde_json::from_slice(&bytes).unwrap());
    }
    if let Some(bytes) = data::bytes(test, "train/complexfuncbench_spec_nestful.json.zst") {
        total.build(&serde_json::from_slice(&bytes).unwrap());
    }
    total.print("complexfuncbench");
    for path in ["train/tau_bench_retail.tar.zst", "eval/tau_bench_airline.tar.zst"] {
        let Some(bytes) = data::bytes(test, path) else { continue };
        let mut total = Tally::default();
        let files = data::archive(&bytes, |p| p.ends_with(".json"));
        let tools = files.iter().find(|(name, _)| name == "tools.json").unwrap();
        let Some(set) = total.build(&serde_json::from_slice(&tools.1).unwrap()) else { continue };
        for (_, content) in files.iter().filter(|(name, _)| name != "tools.json") {
            let runs: Value = serde_json::from_slice(content).unwrap();
            for run in runs.as_array().unwrap() {
                for action in run["info"]["task"]["actions"].as_array().into_iter().flatten() {
                    total.call(&set, action["name"].as_str().unwrap(), &action["kwargs"]);
                }
            }
        }
        total.print(path);
    }
}

#[test]
fn hammer_and_nestful() {
    let test = "hammer_and_nestful";
    if let Some(bytes) = data::bytes(test, "eval/hammer_tests.tar.zst") {
        for (name, content) in data::archive(&bytes, |p| p.ends_with(".json")) {
            let mut total = Tally::default();
            let records: Value = serde_json::from_slice(&content).unwrap();
            for record in records.as_array().unwrap() {
                let Some(set) = total.build(&record["tools"]) else { continue };
                for call in record["answers"].as_array().unwrap() {
                    let tool = call.get("name").or(call.get("tool")).and_then(Value::as_str).unwrap();
                    total.call(&set, tool, call.get("arguments").or(call.get("parameters")).unwrap_or(&json!({})));
                }
            }
            total.print(&name);
        }
    }
    if let Some(bytes) = data::bytes(test, "eval/nestful.tar.zst") {
        for (name, content) in data::archive(&bytes, |p| p.ends_with("-spec.json")) {
            let mut total = Tally::default();
            total.build(&serde_json::from_slice(&content).unwrap());
            total.print(&name);
        }
    }
}
