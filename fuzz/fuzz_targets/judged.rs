//! Any candidate to any request gets a score on the scale, with findings that point at something, or a typed reason why not.
//!
//! The first line of the input is the request, the second the reference answer, the rest the candidate; both in any syntax.
#![no_main]

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use serde_json::json;
use toolrm_core::{
    call::{Candidate, Message},
    format::parse_any,
    rules::{ReferenceScorer, RuleScorer, reference::ToolRlReward},
    score::{Outcome, ScoreScale, Scorer},
    task::Task,
    toolset::Toolset,
};

static TOOLS: LazyLock<Arc<Toolset>> =
    LazyLock::new(|| {
        Arc::new(Toolset::from_json(&json!([
        {"name": "f", "description": "Weather forecast of a city", "parameters": {"type": "object", "properties": {
            "a": {"type": "string", "description": "City and state, e.g. San Francisco, CA"},
            "b": {"type": "integer", "minimum": 1, "maximum": 14, "default": 3},
            "c": {"type": "string", "enum": ["celsius", "fahrenheit"]},
            "d": {"type": "array", "items": {"type": "string", "format": "date"}}}, "required": ["a"]}},
        {"name": "g", "description": "Add numbers", "parameters": {"type": "dict", "properties": {
            "a": {"type": "float"}, "b": {"type": "any"}, "c": {"type": "tuple", "items": {"type": "integer"}},
            "d": {"type": "dict", "properties": {"a": {"type": "boolean"}}}}, "required": ["a", "b"]}}
    ])).expect("the tools are right"))
    });

fuzz_target!(|text: &str| {
    let mut parts = text.splitn(3, '\n');
    let mut part = || parts.next().unwrap_or_default();
    let task =
        Task::new(vec![Message::user(part())], Arc::clone(&TOOLS)).with_reference(vec![parse_any(part()).action]);
    let candidate = parse_any(part());
    for scorer in [
        &RuleScorer::default() as &dyn Scorer,
        &ReferenceScorer::default(),
        &ReferenceScorer::graded(),
        &ToolRlReward::default(),
    ] {
        check(scorer, &task, &candidate);
    }
});

fn check(scorer: &dyn Scorer, task: &Task, candidate: &Candidate) {
    match scorer.score(task, candidate) {
        Outcome::Judged(score) => {
            assert!(score.value.is_finite(), "{}: {}", scorer.name(), score.value);
            assert!(
                scorer.scale() != ScoreScale::Unit || (0.0..=1.0).contains(&score.value),
                "{}: {}",
                scorer.name(),
                score.value
            );
            for finding in &score.findings {
                assert!(finding.pointer.is_empty() || finding.pointer.starts_with('/'), "{finding:?}");
                assert!(!finding.message.is_empty() && finding.weight.is_finite(), "{finding:?}");
            }
        }
        Outcome::Abstained { reason } => assert!(!reason.is_empty()),
        Outcome::Failed(e) => assert!(!e.message().is_empty()),
        other => panic!("{other:?}"),
    }
}
