//! Judges from folders: real models, tiny and random, through everything from the prompt to the verdict.
#![cfg(feature = "candle")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    reason = "helpers of tests"
)]

use std::{fs, path::Path, sync::Arc};

use tempfile::TempDir;
use toolrm_backends::{
    candle::{CandleModel, CandleOptions},
    engine::{Engine, EngineOptions},
    judge::{Judge, JudgeOptions, JudgeSpec, JudgeStyle, OpenError},
    local::{ChatPrompt, LocalScorer},
    template::ChatTemplate,
    tokenizer::HfTokenizer,
};
use toolrm_core::{
    call::{Candidate, Message, Tool, ToolCall},
    error::ErrorKind,
    judge::{ScoreItem, ToolCallJudge},
    judge_conformance,
    observe::CallOptions,
    reward::Discriminative,
    score::ScoreScale,
    task::Task,
    testkit::{block_on, cases},
    toolset::Toolset,
};

fn fixture(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// A fixture whose context is long enough for real prompts: positions are computed, not learnt.
fn roomy(name: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(fixture(name)).unwrap() {
        let from = entry.unwrap().path();
        fs::copy(&from, folder.path().join(from.file_name().unwrap())).unwrap();
    }
    let path = folder.path().join("config.json");
    let mut config: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    config["max_position_embeddings"] = 30_000.into();
    fs::write(path, config.to_string()).unwrap();
    folder
}

/// A random model says nothing of one that fits what it says of two: it is asked about pairs only.
const PAIRS: &str = "{{ conversation }}{% for c in candidates %}\n[{{ c.label }}] {{ c.json }}{% endfor %}";

fn generative() -> Arc<dyn ToolCallJudge> {
    let folder = roomy("qwen3");
    fs::create_dir(folder.path().join("prompts")).unwrap();
    fs::write(folder.path().join("prompts/pairwise.jinja"), PAIRS).unwrap();
    Judge::from_pretrained(folder.path(), &JudgeOptions::default().with_style(JudgeStyle::Direct)).unwrap()
}

fn discriminative() -> Arc<dyn ToolCallJudge> {
    Judge::from_pretrained(roomy("qwen3-classifier").path(), &JudgeOptions::default()).unwrap()
}

judge_conformance!(generative_judge, generative());
judge_conformance!(discriminative_judge, discriminative());

#[test]
fn the_card_tells_what_runs_where() {
    let card = discriminative().card().clone();
    let model = card.model.unwrap();
    assert_eq!(card.pointwise, Some(ScoreScale::Logit));
    assert!(model.device.as_deref().unwrap().starts_with("cpu"), "{model:?}");
    assert_eq!(model.dtype.as_deref(), Some("f32"));
    assert!(model.revision.as_deref().unwrap().len() >= 12, "{model:?}");
    assert!(card.id.ends_with(&model.revision.as_deref().unwrap()[..6]), "{}", card.id);
    assert!(card.fingerprint.contains(model.revision.as_deref().unwrap()), "{}", card.fingerprint);
    let card = generative().card().clone();
    assert!(card.pairwise && card.pointwise.is_none() && card.deterministic, "{card:?}");
}

/// So short that a model of 128 tokens reads it.
fn short() -> (Task, Vec<Candidate>) {
    let tools = Toolset::new(vec![]).unwrap();
    let task = Task::new(vec![Message::user("2+2?")], tools);
    (task, ["4", "5", "four"].map(Candidate::text).to_vec())
}

fn scores(judge: &dyn ToolCallJudge) -> Vec<f64> {
    let (task, candidates) = short();
    let items: Vec<_> = candidates.iter().map(|candidate| ScoreItem { task: &task, candidate }).collect();
    let outcomes = block_on(judge.score(&items, &CallOptions::default())).unwrap();
    outcomes.iter().map(|o| o.as_judged().unwrap_or_else(|| panic!("{o:?}")).value).collect()
}

#[test]
fn cross_encoders_judge_and_what_is_too_long_fails_alone() {
    for name in ["bert", "modernbert"] {
        let judge = Judge::from_pretrained(fixture(name), &JudgeOptions::default()).unwrap();
        let scores = scores(&judge);
        assert!(scores.windows(2).all(|w| (w[0] - w[1]).abs() > 1e-6), "{name}: {scores:?}");
        let (task, mut candidates) = short();
        candidates.insert(1, Candidate::text("far too long ".repeat(200)));
        let items: Vec<_> = candidates.iter().map(|candidate| ScoreItem { task: &task, candidate }).collect();
        let outcomes = block_on(judge.score(&items, &CallOptions::default())).unwrap();
        let kinds: Vec<_> = outcomes.iter().map(|o| o.as_failed().map(toolrm_core::error::JudgeError::kind)).collect();
        assert_eq!(kinds, [None, Some(ErrorKind::PromptTooLong), None, None], "{name}");
    }
}

#[cfg(feature = "onnx")]
#[test]
fn the_same_classifier_says_the_same_in_candle_and_in_onnx() {
    let library = std::env::var_os("ORT_DYLIB_PATH");
    if library.is_none() {
        println!(
            "SKIPPED: the_same_classifier_says_the_same_in_candle_and_in_onnx: export ORT_DYLIB_PATH=$(scripts/onnxruntime)"
        );
        return;
    }
    let options = JudgeOptions::default();
    let candle = Judge::from_pretrained(fixture("bert"), &options).unwrap();
    let onnx = Judge::from_pretrained(fixture("onnx-classifier"), &options).unwrap();
    for (a, b) in scores(&candle).iter().zip(scores(&onnx)) {
        assert!((a - b).abs() < 1e-4, "{a} {b}");
    }
}

/// A reward model and its engine.
fn scorer(folder: &Path) -> LocalScorer<ChatPrompt> {
    let model = CandleModel::load(folder, &CandleOptions::default()).unwrap();
    let tokenizer = Arc::new(HfTokenizer::from_folder(folder).unwrap());
    let template = ChatTemplate::from_folder(folder).unwrap().unwrap();
    let engine = Engine::start(model, &EngineOptions::default()).unwrap();
    LocalScorer::new(engine, ChatPrompt::new(template, tokenizer)).unwrap()
}

/// A conversation of some 1,500 tokens and eight calls that answer it.
fn long() -> (Task, Vec<Candidate>) {
    let schema =
        serde_json::json!({"type": "object", "properties": {"city": {"type": "string"}, "day": {"type": "string"}}});
    let tools = Toolset::new(vec![Tool::new("get_weather", schema)]).unwrap();
    let history = (0..24).flat_map(|i| {
        [
            Message::user(format!("And what about day {i}, in the town by the sea?")),
            Message::assistant("It was fine there."),
        ]
    });
    let task = Task::new(history.chain([Message::user("Weather in Paris tomorrow?")]).collect(), tools);
    let call = |city| Candidate::calls(vec![ToolCall::new("get_weather", serde_json::json!({"city": city}))]);
    (task, ["Paris", "Rome", "Oslo", "Bern", "Wien", "Riga", "Lyon", "Nice"].map(call).to_vec())
}

#[test]
fn the_context_of_eight_answers_is_computed_once() {
    let folder = roomy("qwen3-classifier");
    let (task, candidates) = long();
    let score = |candidates: &[Candidate]| {
        let judge = Discriminative::new(scorer(folder.path()));
        let items: Vec<_> = candidates.iter().map(|candidate| ScoreItem { task: &task, candidate }).collect();
        let outcomes = block_on(judge.score(&items, &CallOptions::default())).unwrap();
        let values: Vec<f64> = outcomes.iter().map(|o| o.as_judged().unwrap().value).collect();
        (values, judge.scorer().engine().stats())
    };
    let (together, eight) = score(&candidates);
    let (_, one) = score(&candidates[..1]);
    assert!(one.computed_tokens > 1200, "{one:?}");
    assert!(eight.computed_tokens * 10 < one.computed_tokens * 13, "one {one:?}, eight {eight:?}");
    for (i, candidate) in candidates.iter().enumerate() {
        let (alone, _) = score(std::slice::from_ref(candidate));
        assert!((alone[0] - together[i]).abs() < 1e-4, "{i}: {} {}", alone[0], together[i]);
    }
}

/// Kibibytes this process has in memory.
#[cfg(target_os = "linux")]
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn a_thousand_judgements_leave_no_memory_behind() {
    let judge = discriminative();
    let round = |n: usize| {
        let cases = cases();
        for i in 0..n {
            let case = &cases[i % cases.len()];
            let candidate = &case.samples[i % case.samples.len()].candidate;
            // A conversation of its own each time: nothing is shared but the instructions.
            let mut messages = case.task.messages().to_vec();
            messages.push(Message::user(format!("number {i}")));
            let task = Task::new(messages, case.task.tools().clone());
            let item = ScoreItem { task: &task, candidate };
            let outcomes = block_on(judge.score(&[item], &CallOptions::default())).unwrap();
            assert!(outcomes[0].as_judged().is_some(), "{outcomes:?}");
        }
    };
    round(300);
    let before = resident();
    round(1000);
    let grown = resident().saturating_sub(before);
    assert!(grown < 24 * 1024, "{grown} KiB more after 1,000 judgements");
}

#[test]
fn what_is_no_judge_is_said_at_once() {
    let options = JudgeOptions::default();
    let error = |path: &Path| Judge::from_pretrained(path, &options).err().unwrap().to_string();
    let folder = roomy("qwen3");
    fs::remove_file(folder.path().join("tokenizer.json")).unwrap();
    assert!(error(folder.path()).contains("tokenizer.json"));
    let folder = roomy("qwen3");
    let path = folder.path().join("tokenizer_config.json");
    let mut config: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    config.as_object_mut().unwrap().remove("chat_template");
    fs::write(path, config.to_string()).unwrap();
    assert!(error(folder.path()).contains("no chat template"));
    // A vocabulary of another model.
    let folder = roomy("qwen3");
    let path = folder.path().join("config.json");
    let mut config: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    config["vocab_size"] = 300.into();
    fs::write(path, config.to_string()).unwrap();
    assert!(error(folder.path()).contains("embed_tokens"), "{}", error(folder.path()));
    // A tokenizer of another model: it knows tokens that the model does not.
    let folder = roomy("qwen3");
    let path = folder.path().join("tokenizer.json");
    let mut tokenizer: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let added = tokenizer["added_tokens"].as_array_mut().unwrap();
    let first = added.iter().map(|t| t["id"].as_u64().unwrap()).max().unwrap().max(408) + 1;
    for i in 0..20 {
        let mut token = added[0].clone();
        (token["id"], token["content"]) = ((first + i).into(), format!("<|more{i}|>").into());
        added.push(token);
    }
    fs::write(path, tokenizer.to_string()).unwrap();
    assert!(error(folder.path()).contains("has 429 tokens, the model knows 416"), "{}", error(folder.path()));
    let missing = JudgeOptions::default().with_prompts("nowhere");
    assert!(matches!(Judge::from_pretrained(roomy("qwen3").path(), &missing), Err(OpenError::Prompts(_))));
    let spec: JudgeSpec = "candle:nowhere".parse().unwrap();
    let error = block_on(Judge::open(&spec, &options)).err().unwrap().to_string();
    assert!(error.contains("nowhere"), "{error}");
}
