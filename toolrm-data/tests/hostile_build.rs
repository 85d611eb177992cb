//! A build over hostile data: every record that cannot be used ends in the quarantine with a reason, and what stands beside it is built on.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use toolrm_data::build::{Build, BuildConfig, verify};

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/data")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A good row, as many times as are wanted, each with a question of its own.
fn rows(n: usize) -> String {
    let row = |i: usize| {
        let tools = json!([{"name": "lamp", "parameters": {"room": {"type": "str"}, "level": {"type": "int"}}}]);
        let answers = json!([{"name": "lamp", "arguments": {"room": format!("room {i}"), "level": i}}]);
        json!({"query": format!("Set the lamp of room {i} to level {i}."), "answers": answers, "tools": tools})
            .to_string()
    };
    (0..n).map(|i| row(i) + "\n").collect()
}

fn chat(roles: &[&str]) -> String {
    let messages: Vec<Value> = roles.iter().map(|role| json!({"role": role, "content": "x"})).collect();
    json!({"messages": messages, "tools": []}).to_string() + "\n"
}

/// Builds over one file, beside the good ones; what the quarantine says.
fn quarantined(adapter: &str, name: &str, bytes: &[u8]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let bad = folder.path().join(name);
    fs::write(&bad, bytes).unwrap();
    let mut config = BuildConfig::read(&examples().join("build.toml")).unwrap();
    config.output.formats = vec!["jsonl".into()];
    let source = json!({"adapter": adapter, "path": bad, "name": "hostile"});
    config.sources.push(serde_json::from_value(source).unwrap());
    let out = folder.path().join("out");
    let manifest = Build::new(config, examples()).run(&out, &|_| {}).unwrap();
    assert!(manifest.train.pairs > 100);
    for check in verify(&out).unwrap() {
        assert!(check.is_good(), "{name}: {check:?}");
    }
    let text = fs::read_to_string(out.join("quarantine.jsonl")).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let of_it: Vec<Value> = lines.filter(|line| line["source"] == "hostile").collect();
    let stages = &manifest.sources["hostile"];
    let counted: u64 = stages.iter().flat_map(|stage| stage.quarantined.values()).sum();
    assert_eq!(counted, of_it.len() as u64, "{stages:?}");
    for line in &of_it {
        assert!(line["place"].as_str().unwrap().contains(name), "{line}");
        assert!(!line["what"].as_str().unwrap().is_empty() && !line["fix"].as_str().unwrap().is_empty(), "{line}");
    }
    of_it
        .iter()
        .map(|line| format!("{} {}", line["pointer"].as_str().unwrap(), line["what"].as_str().unwrap()))
        .collect()
}

fn one(adapter: &str, name: &str, bytes: &[u8], said: &str) {
    let lines = quarantined(adapter, name, bytes);
    assert!(lines.iter().any(|line| line.contains(said)), "{name}: \"{said}\" in {lines:?}");
}

#[test]
fn wrong_types() {
    for (row, said) in [
        (
            json!({"query": 3, "answers": "[{\"name\": \"f\", \"arguments\": {}}]", "tools": "[]"}),
            "/query expected a string",
        ),
        (json!({"query": "x", "answers": {"name": []}, "tools": "[]"}), "/answers"),
        (
            json!({"query": "x", "answers": "[{\"name\": \"f\", \"arguments\": []}]", "tools": "[]"}),
            "/answers/0/arguments",
        ),
        (json!([1, 2]), "expected an object"),
        (
            json!({"query": "x", "answers": "[{\"name\": \"f\", \"arguments\": {}}]", "tools": "[{\"name\": \"f\", \"parameters\": {\"type\": \"object\", \"properties\": {\"a\": {\"$ref\": \"http://example.com\"}}}}]"}),
            "/tools",
        ),
    ] {
        one("xlam", "rows.jsonl", (rows(2) + &row.to_string() + "\n" + &rows(1)).as_bytes(), said);
    }
    one("xlam", "rows.jsonl", (rows(1) + "{\"query\": \"x\", \"query\": \"y\"}\n").as_bytes(), "occurs twice");
    one("xlam", "rows.jsonl", (rows(1) + "{\"query\": \n").as_bytes(), "JSON");
}

#[test]
fn truncated_files() {
    let text = rows(2000);
    let packed = zstd::encode_all(text.as_bytes(), 3).unwrap();
    one("xlam", "rows.jsonl.zst", &packed[..packed.len() / 2], "cannot read");
    let packed = gzip(text.as_bytes());
    one("xlam", "rows.jsonl.gz", &packed[..packed.len() / 2], "cannot read");
    one("toolrl", "rlla.parquet", b"PAR1 and nothing more", "Parquet");
}

#[test]
fn what_is_no_text() {
    one(
        "xlam",
        "rows.jsonl",
        &[rows(1).as_bytes(), b"{\"query\": \"\xff\xfe\"}\n", rows(1).as_bytes()].concat(),
        "UTF-8",
    );
    one("xlam", "rows.jsonl", b"", "empty");
}

#[test]
fn a_line_of_fifty_megabytes() {
    let long = json!({"query": "x".repeat(50 << 20), "answers": [], "tools": []}).to_string();
    one("xlam", "rows.jsonl", (rows(1) + &long + "\n" + &rows(1)).as_bytes(), "MiB");
}

#[test]
fn unknown_roles_and_no_order() {
    one("openai_chat", "chat.jsonl", chat(&["user", "robot", "assistant"]).as_bytes(), "robot");
    one("openai_chat", "chat.jsonl", chat(&["assistant"]).as_bytes(), "user");
    let stray = json!({"messages": [{"role": "user", "content": "x"}, {"role": "tool", "tool_call_id": "9", "content": "r"},
        {"role": "assistant", "content": "y"}], "tools": []});
    one("openai_chat", "chat.jsonl", (stray.to_string() + "\n").as_bytes(), "no call before it");
}
