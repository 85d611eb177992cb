//! The tiny GGUF, and short ways to compute with it.

#![allow(dead_code, unreachable_pub, reason = "each test file uses some of it")]

use std::{fs, path::PathBuf};

use serde_json::Value;
use toolrm_backends::{
    engine::{Row, SeqId, Token, TokenModel},
    llama::{LlamaModel, LlamaOptions, Precision},
};

pub fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

pub fn golden(name: &str) -> Value {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/goldens").join(name);
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// Small and exact.
pub fn options() -> LlamaOptions {
    LlamaOptions::default().with_threads(1).with_kv_tokens(1024).with_max_sequences(32).with_precision(Precision::Exact)
}

pub fn qwen3(options: &LlamaOptions) -> LlamaModel {
    LlamaModel::load(fixture("qwen3.gguf"), options).unwrap()
}

pub fn numbers(value: &Value) -> Vec<f32> {
    value.as_array().unwrap().iter().map(|n| n.as_f64().unwrap() as f32).collect()
}

pub fn tokens(value: &Value) -> Vec<Token> {
    value.as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as Token).collect()
}

/// Appends tokens to one sequence and gives what comes out behind them.
pub fn feed(model: &mut LlamaModel, sequence: SeqId, tokens: &[Token]) -> Vec<f32> {
    model.step(&[Row { sequence, tokens, wanted: true }]).unwrap().remove(0)
}

pub fn furthest(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}
