//! Verdicts read from the next token, and scores of a classifier head: against llama-cpp-python and transformers.

#![cfg(feature = "llama")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::cast_possible_truncation,
    reason = "a test fails by panicking"
)]

#[path = "common/llama.rs"]
mod llama;

use llama::{feed, fixture, golden, options, qwen3, tokens};
use serde_json::Value;
use toolrm_backends::{
    engine::{Codec, Output, Row, Token, TokenModel},
    llama::{LlamaModel, Precision},
};
use toolrm_core::score::ScoreScale;

/// Logarithm of the probability that the next token is one of these.
fn logprob(logits: &[f32], tokens: &[Token]) -> f64 {
    let sum = |of: &mut dyn Iterator<Item = f32>| of.map(|x| f64::from(x).exp()).sum::<f64>();
    let some = sum(&mut tokens.iter().map(|&token| logits[token as usize]));
    (some / sum(&mut logits.iter().copied())).ln()
}

/// The largest difference, all prompts and labels.
fn difference(precision: Precision, rows: &Value) -> f64 {
    let mut model = qwen3(&options().with_precision(precision));
    let codec = model.codec();
    let mut worst: f64 = 0.0;
    for row in rows.as_array().unwrap() {
        let prompt = codec.encode(row["text"].as_str().unwrap()).unwrap();
        assert_eq!(prompt, tokens(&row["tokens"]));
        let logits = feed(&mut model, 0, &prompt);
        model.remove(0);
        for (label, expected) in row["labels"].as_object().unwrap() {
            let found = codec.tokens_of_label(label);
            assert_eq!(found, tokens(&expected["tokens"]), "{label}");
            worst = worst.max((logprob(&logits, &found) - expected["logprob"].as_f64().unwrap()).abs());
        }
    }
    println!("{precision:?}: largest difference {worst}");
    worst
}

#[test]
fn label_logprobs_are_those_of_llama_cpp_python() {
    let rows = golden("llama_labels.json");
    assert!(difference(Precision::Exact, &rows["exact"]) < 1e-4);
    assert!(difference(Precision::Fast, &rows["fast"]) < 1e-3);
}

/// Scores every golden text, more of them than one step holds, twice over: nothing is left of the first time.
fn check_scores(model: &mut LlamaModel, rows: &Value, tolerance: f32) {
    let rows = rows.as_array().unwrap();
    let texts: Vec<_> = rows.iter().map(|row| tokens(&row["tokens"])).collect();
    for _ in 0..2 {
        let step: Vec<_> = (0..12).map(|i| Row { sequence: i, tokens: &texts[i % 3], wanted: i != 4 }).collect();
        let scores = model.step(&step).unwrap();
        assert_eq!(scores.len(), 12);
        for (i, score) in scores.iter().enumerate() {
            let expected = rows[i % 3]["score"].as_f64().unwrap() as f32;
            assert_eq!(score.len(), usize::from(i != 4));
            assert!(score.iter().all(|score| (score - expected).abs() < tolerance), "{score:?} {expected}");
        }
    }
}

#[test]
fn a_classifier_head_scores_whole_sequences() {
    let mut model = LlamaModel::load(fixture("bert.gguf"), &options().with_max_step_tokens(16)).unwrap();
    let spec = model.spec().clone();
    assert_eq!(spec.output, Output::Score { scale: ScoreScale::Logit });
    // A sequence is read in one piece: a step holds at least one of the longest.
    assert_eq!((spec.incremental, spec.context, spec.max_step_tokens), (false, 128, 128));
    let rows = &golden("llama_classifier.json")["bert"];
    let codec = model.codec();
    for row in rows.as_array().unwrap() {
        // The vocabulary asks for [CLS] and [SEP] around a whole input; a text with them written out is the same.
        let words = row["text"].as_str().unwrap();
        assert_eq!(codec.encode_whole(words).unwrap(), tokens(&row["tokens"]));
        assert_eq!(codec.encode(&format!("[CLS]{words}[SEP]")).unwrap(), tokens(&row["tokens"]));
    }
    // llama.cpp reads GELU from a table in F16. Seen: 3e-4.
    check_scores(&mut model, rows, 1e-3);
    let error = model.step(&[Row { sequence: 0, tokens: &[5; 129], wanted: true }]).unwrap_err();
    assert!(error.to_string().contains("129 tokens, and may have 128"), "{error}");
    let error = model.step(&[Row { sequence: 0, tokens: &[2, 256, 3], wanted: true }]).unwrap_err();
    assert!(error.to_string().contains("token 256"), "{error}");
    check_scores(&mut model, rows, 1e-3);
}

#[test]
fn a_causal_model_with_two_labels_gives_the_probability_of_the_first() {
    let mut model = LlamaModel::load(fixture("qwen3-rank.gguf"), &options().with_max_step_tokens(16)).unwrap();
    assert_eq!(model.spec().output, Output::Score { scale: ScoreScale::Unit });
    assert!(!model.spec().incremental);
    check_scores(&mut model, &golden("llama_classifier.json")["qwen3"], 1e-5);
}
