//! `toolrm doctor` without a judge: what this program and this machine can run.

#![cfg(feature = "http")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test helper fails by panicking")]

mod common;

use common::{command, toolrm};
use serde_json::json;

const BACKENDS: [&str; 6] = ["cpu", "http", "candle", "cuda", "onnx", "llama"];

#[test]
fn every_backend_has_a_line() {
    let run = toolrm(&["doctor"]);
    assert_eq!((run.code, run.err.as_str()), (0, ""), "what is not there is no failure unless it is asked for");
    let lines: Vec<&str> = run.out.lines().collect();
    let names: Vec<&str> = lines.iter().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(names, BACKENDS, "{}", run.out);
    for line in &lines[..2] {
        assert!(line.contains(" ready "), "the processor, and what is built by default: {line}");
    }
    let not_built = lines.iter().filter(|line| line.contains("not built"));
    not_built.for_each(|line| assert!(line.contains("build with --features"), "{line}"));
    assert!(!run.out.contains('\u{1b}'), "no colours in a pipe");
}

#[test]
fn the_json_says_the_same() {
    let run = toolrm(&["doctor", "--json"]);
    assert_eq!((run.code, run.err.as_str(), run.out.lines().count()), (0, "", 1));
    let report = run.json();
    assert_eq!(report["judges"], json!([]));
    let text = toolrm(&["doctor"]).out;
    for ((backend, name), line) in report["backends"].as_array().unwrap().iter().zip(BACKENDS).zip(text.lines()) {
        assert_eq!(backend["name"], name);
        assert_eq!(backend["ready"].as_bool(), Some(line.contains(" ready ")), "{line}");
        assert_eq!(backend["built"].as_bool(), Some(!line.contains(" not built ")), "{line}");
        assert!(line.contains(backend["detail"].as_str().unwrap()), "{line}");
    }
}

#[test]
fn a_key_in_the_environment_is_named_and_not_shown() {
    let with = |name: &str| {
        let mut command = command(&["doctor"]);
        command.env_remove("TOOLRM_API_KEY").env_remove("OPENAI_API_KEY");
        let output = if name.is_empty() { command.output() } else { command.env(name, "s3cret").output() };
        String::from_utf8(output.unwrap().stdout).unwrap()
    };
    assert!(with("").contains("no key in $TOOLRM_API_KEY or $OPENAI_API_KEY"));
    for name in ["TOOLRM_API_KEY", "OPENAI_API_KEY"] {
        let out = with(name);
        assert!(out.contains(&format!("key in ${name}")) && !out.contains("s3cret"), "{out}");
    }
}
