//! The library of ONNX Runtime, the tiny models, and short ways to compute with them.

use std::{fs, path::PathBuf};

use serde_json::Value;
use toolrm_backends::{
    LoadError,
    engine::{Row, SeqId, Token, TokenModel},
    onnx::{OnnxModel, OnnxOptions},
};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The library that `ORT_DYLIB_PATH` names, or that `scripts/onnxruntime` installed; `None`, aloud, when there is none.
pub fn library(test: &str) -> Option<PathBuf> {
    let named = std::env::var_os("ORT_DYLIB_PATH").filter(|v| !v.is_empty()).map(PathBuf::from);
    let installed = fs::read_dir(root().join("../target/onnxruntime/onnxruntime/capi"))
        .into_iter()
        .flatten()
        .flatten()
        .map(|e| e.path());
    let found = named.or_else(|| {
        installed.filter(|p| p.file_name().unwrap().to_string_lossy().starts_with("libonnxruntime.")).max()
    });
    if found.is_none() {
        println!("SKIPPED: {test}: no ONNX Runtime; export ORT_DYLIB_PATH=$(scripts/onnxruntime)");
    }
    found
}

pub fn fixture(name: &str) -> PathBuf {
    root().join("tests/fixtures").join(name)
}

pub fn options(test: &str) -> Option<OnnxOptions> {
    Some(OnnxOptions::default().with_threads(1).with_library(library(test)?))
}

/// One of the tiny models; `None`, aloud, without a library.
pub fn load(test: &str, name: &str) -> Option<OnnxModel> {
    Some(OnnxModel::load(fixture(name), &options(test)?).unwrap())
}

/// Why a graph of `onnx-odd` is refused; `None`, aloud, without a library.
pub fn refusal(test: &str, name: &str) -> Option<LoadError> {
    Some(OnnxModel::load(fixture("onnx-odd").join(name), &options(test)?).unwrap_err())
}

/// The rows of a section of the golden numbers that are of this model.
pub fn goldens(section: &str, model: &str) -> Vec<Value> {
    let text = fs::read_to_string(root().join("tests/goldens/models.json")).unwrap();
    let goldens: Value = serde_json::from_str(&text).unwrap();
    let rows: Vec<Value> =
        goldens[section].as_array().unwrap().iter().filter(|row| row["model"] == model).cloned().collect();
    assert!(!rows.is_empty(), "no golden numbers of {model}");
    rows
}

pub fn tokens(value: &Value) -> Vec<Token> {
    value.as_array().unwrap().iter().map(|n| Token::try_from(n.as_u64().unwrap()).unwrap()).collect()
}

pub fn numbers(value: &Value) -> Vec<f32> {
    value.as_array().unwrap().iter().map(|n| n.as_f64().unwrap() as f32).collect()
}

/// Appends tokens to one sequence and gives what comes out behind them.
pub fn feed(model: &mut OnnxModel, sequence: SeqId, tokens: &[Token]) -> Vec<f32> {
    model.step(&[Row { sequence, tokens, wanted: true }]).unwrap().remove(0)
}

pub fn furthest(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

pub fn best(logits: &[f32]) -> Token {
    let (at, _) = logits.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap();
    Token::try_from(at).unwrap()
}
