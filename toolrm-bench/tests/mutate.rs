//! Mutation of right calls of published tools: every mutant is what its operator claims, and the rules see what breaks a schema.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::{collections::HashSet, fs, path::PathBuf};

use serde_json::Value;
use toolrm_bench::mutate::{Effect, Example, Plan, Settings};
use toolrm_core::{prelude::*, testkit::block_on};

/// One in so many questions: enough to meet every kind of schema.
const STEP: usize = 4;

/// Questions with their tools and a right answer of calls; `None`, aloud, when the data is not there.
fn examples(test: &str) -> Option<Vec<(Toolset, Example)>> {
    let folder = std::env::var_os("TOOLRM_DATA")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data")), PathBuf::from);
    let path = folder.join("eval/bfcl_pairs_visible.jsonl.zst");
    let Ok(packed) = fs::read(&path) else {
        println!("skipped: {test}: no data at {}", path.display());
        return None;
    };
    let lines = String::from_utf8(zstd::decode_all(packed.as_slice()).unwrap()).unwrap();
    let mut seen = HashSet::new();
    let records = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let questions = records
        .filter(|r| seen.insert(r["question_id"].to_string()) && r.pointer("/chosen/0").is_some_and(Value::is_object));
    Some(questions.step_by(STEP).map(|record| example(&record)).collect())
}

fn example(record: &Value) -> (Toolset, Example) {
    let calls = record["chosen"].as_array().unwrap().iter().flat_map(|call| call.as_object().unwrap());
    let calls = calls.map(|(name, arguments)| ToolCall::new(name, arguments.clone())).collect();
    let messages: Vec<Message> = serde_json::from_value(record["messages"].clone()).unwrap();
    let example = Example::new(record["id"].as_str().unwrap(), calls).with_messages(messages);
    (Toolset::from_json(&record["tools"]).unwrap(), example)
}

#[test]
fn mutants_of_published_calls_keep_their_claims() {
    let Some(examples) = examples("mutants_of_published_calls_keep_their_claims") else { return };
    let judge = FromScorer::new(RuleScorer::default());
    let (mut judged, mut left_out, mut mutants) = (0, 0, 0);
    let (mut breaches, mut noticed) = (0, 0);
    for (tools, example) in examples {
        // Some answers the benchmark takes for right do not fit its own documents.
        let Ok(plan) = Plan::new(tools, vec![example], Settings::default()) else {
            left_out += 1;
            continue;
        };
        for (operator, of) in plan.operators() {
            assert_eq!((of.discarded.same, of.discarded.off_claim), (0, 0), "{}", operator.id);
        }
        let report = block_on(plan.judge(&judge, &CallOptions::default(), &|_| {})).unwrap();
        for row in report.corruptions.iter().filter(|row| row.operator.effect == Effect::BreaksSchema) {
            breaches += row.n;
            noticed += row.detected;
        }
        judged += 1;
        mutants += plan.mutants().len();
    }
    println!("{judged} questions, {left_out} left out, {mutants} mutants; {noticed} of {breaches} breaches noticed");
    assert!(judged > 20 * left_out && mutants > 25 * judged, "{judged} {left_out} {mutants}");
    assert!(noticed * 100 > breaches * 98, "{noticed} of {breaches}");
}
