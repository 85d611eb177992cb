//! `toolrm data` from end to end, as a reader of `--help` would try it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test helper fails by panicking")]

mod common;

use std::fs;

use common::{files, toolrm};

const CONFIG: &str = "examples/data/build.toml";

/// A folder, and the path of something in it.
fn stage() -> (tempfile::TempDir, impl Fn(&str) -> String) {
    let folder = tempfile::tempdir().unwrap();
    let base = folder.path().to_owned();
    (folder, move |name: &str| base.join(name).to_str().unwrap().to_owned())
}

#[test]
fn a_build_is_made_verified_counted_and_exported() {
    let (_folder, path) = stage();
    let out = path("pairs");
    let run = toolrm(&["data", "build", CONFIG, "--out", &out]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains("openai_chat") && run.out.contains("pairs to train on"), "{}", run.out);
    // Again: nothing to do, and the same is said.
    assert_eq!(toolrm(&["data", "build", CONFIG, "--out", &out, "--resume"]).out, run.out);
    assert_eq!(toolrm(&["data", "stats", &out]).out, run.out);
    let manifest = toolrm(&["data", "stats", &out, "--json"]).json();
    assert_eq!(manifest["format"], "toolrm-pairs");
    let verified = toolrm(&["data", "verify", &out]);
    assert_eq!(verified.code, 0, "{}", verified.out);
    let exported = toolrm(&["data", "export", &out, "--format", "verl,trl,trl-prompts,openrlhf", "--out", &path("x")]);
    assert_eq!(exported.code, 0, "{}", exported.err);
    assert_eq!(files(&path("x")).len(), 8, "{}", exported.out);
    // The pairs are pairs of the bench, too.
    let judged = toolrm(&["bench", "pairs", &format!("{out}/validation.jsonl.zst"), "--json"]);
    assert_eq!(judged.code, 0, "{}", judged.err);
    let mut text = fs::read(format!("{out}/validation.jsonl.zst")).unwrap();
    text.push(0);
    fs::write(format!("{out}/validation.jsonl.zst"), text).unwrap();
    assert_eq!(toolrm(&["data", "verify", &out]).code, 1);
}

#[test]
fn shards_give_what_one_machine_gives() {
    let (_folder, path) = stage();
    assert_eq!(toolrm(&["data", "build", CONFIG, "--out", &path("whole"), "--threads", "1"]).code, 0);
    let shards = [path("0"), path("1"), path("2")];
    for (i, shard) in shards.iter().enumerate() {
        let run = toolrm(&["data", "build", CONFIG, "--out", shard, "--shard", &format!("{i}/3")]);
        assert_eq!(run.code, 0, "{}", run.err);
    }
    let merged = toolrm(&["data", "merge", CONFIG, &shards[2], &shards[0], &shards[1], "--out", &path("merged")]);
    assert_eq!(merged.code, 0, "{}", merged.err);
    assert!(files(&path("whole")) == files(&path("merged")));
}

#[test]
fn datasets_are_looked_at() {
    let listed = toolrm(&["data", "inspect", "--adapters"]);
    assert!(listed.out.lines().count() >= 17 && listed.out.contains("xlam"), "{}", listed.out);
    let shown = toolrm(&["data", "inspect", "openai_chat", "examples/data/chats.jsonl", "-n", "2"]);
    assert!(shown.out.contains("find_book") && shown.out.contains("assistant-small"), "{}", shown.out);
    let json = toolrm(&["data", "inspect", "xlam", "examples/data/queries.jsonl", "-n", "2", "--json"]).json_lines();
    assert_eq!((json.len(), &json[0]["steps"]), (2, &serde_json::json!([1])));
    let counted = toolrm(&["data", "stats", "examples/data/chats.jsonl", "--adapter", "openai_chat", "--json"]).json();
    assert_eq!((counted["trajectories"].as_u64(), counted["steps"].as_u64()), (Some(84), Some(84)));
    assert_eq!(counted["quarantined"].as_object().unwrap().len(), 1);
}

#[test]
fn steps_are_written_for_models_to_answer() {
    let (_folder, path) = stage();
    let run = toolrm(&["data", "steps", CONFIG, "--out", &path("steps.jsonl")]);
    assert_eq!(run.code, 0, "{}", run.err);
    let text = fs::read_to_string(path("steps.jsonl")).unwrap();
    let first: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert!(first["messages"].is_array() && first["tools"][0]["type"] == "function", "{first}");
}
