//! Answers collected from a sampler: kept, not asked for twice, read by a build.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use std::{fs, path::Path};

use serde_json::{Value, json};
use toolrm_core::{
    call::{Candidate, ToolCall},
    observe::CallOptions,
    testkit::{ScriptedSampler, block_on},
};
use toolrm_data::build::{
    Build, BuildConfig,
    served::{Asked, Asking, collect, write_answers},
};

fn build() -> Build {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/data");
    Build::new(BuildConfig::read(&examples.join("build.toml")).unwrap(), examples)
}

fn steps() -> Vec<Asked> {
    let mut steps = Vec::new();
    build()
        .steps(|asked| {
            steps.push(asked);
            Ok(())
        })
        .unwrap();
    steps
}

#[test]
fn what_was_answered_is_kept_and_not_asked_for_again() {
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("answers.journal");
    let asking = Asking::new("small-model").with_answers(2).with_concurrency(3);
    let wrong = |i: i64| Candidate::calls(vec![ToolCall::new("renew_loan", json!({"copy_id": "C-1", "weeks": i}))]);
    let steps = steps();
    // The script is over after twenty answers: the other steps fail, and are told of.
    let first = ScriptedSampler::new((0..20).map(wrong));
    let options = CallOptions::default();
    let done = block_on(collect(steps.clone(), &first, &asking, &options, &journal)).unwrap();
    assert_eq!((done.answered, done.known, done.failed.len()), (10, 0, steps.len() - 10));
    assert!(done.failed.iter().all(|(step, why)| step.contains('@') && !why.is_empty()));
    let second = ScriptedSampler::new((20..1000).map(wrong));
    let done = block_on(collect(steps.clone(), &second, &asking, &options, &journal)).unwrap();
    assert_eq!((done.answered, done.known, done.failed.len()), (steps.len() as u64 - 10, 10, 0));
    assert_eq!(second.asked().len(), steps.len() - 10);

    let out = folder.path().join("answers.jsonl");
    assert_eq!(write_answers(&journal, &asking, &out).unwrap(), 2 * steps.len() as u64);
    let text = fs::read_to_string(&out).unwrap();
    let names: Vec<Value> =
        text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["step"].take()).collect();
    assert!(names.windows(2).all(|pair| pair[0].as_str() <= pair[1].as_str()));
    let mut build = build();
    build.config.served.push(out.to_str().unwrap().into());
    let manifest = build.run(&folder.path().join("pairs"), &|_| {}).unwrap();
    assert!(manifest.train.provenance["served"] > 10, "{:?}", manifest.train.provenance);
}

#[test]
fn the_journal_of_another_model_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("answers.journal");
    let sampler = ScriptedSampler::new([Candidate::text("a")]);
    let options = CallOptions::default();
    let one = steps().into_iter().take(1).collect::<Vec<_>>();
    block_on(collect(one.clone(), &sampler, &Asking::new("a"), &options, &journal)).unwrap();
    let error = block_on(collect(one.clone(), &sampler, &Asking::new("b"), &options, &journal)).unwrap_err();
    assert!(error.to_string().contains("another work"), "{error}");
    options.cancel.cancel();
    let error = block_on(collect(one, &sampler, &Asking::new("a").with_answers(3), &options, &folder.path().join("n")));
    assert!(error.unwrap_err().to_string().contains("run it again to go on"));
}
