//! What the tests of the candle backend share: fixtures, goldens, and models of them.
#![allow(dead_code, unreachable_pub, reason = "every test file uses its part")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

use std::path::{Path, PathBuf};

use serde::Deserialize;
use toolrm_backends::{
    candle::{CandleModel, CandleOptions},
    engine::{Row, SeqId, Token, TokenModel},
};

#[derive(Deserialize)]
pub struct Goldens {
    pub causal: Vec<Causal>,
    pub classifier: Vec<Classified>,
    pub encoder: Vec<Encoded>,
}

#[derive(Deserialize)]
pub struct Causal {
    pub model: String,
    pub tokens: Vec<Token>,
    pub last: Vec<f32>,
    pub greedy: Vec<Token>,
    #[serde(default)]
    pub each: Vec<Vec<f32>>,
}

#[derive(Deserialize)]
pub struct Classified {
    pub model: String,
    pub tokens: Vec<Token>,
    pub score: f32,
}

#[derive(Deserialize)]
pub struct Encoded {
    pub model: String,
    pub tokens: Vec<Token>,
    /// The token types transformers was given.
    pub types: Option<Vec<u32>>,
    pub score: f32,
}

/// What transformers computes on the fixtures (scripts/goldens).
pub fn goldens() -> Goldens {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens/models.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

pub fn load(name: &str) -> CandleModel {
    CandleModel::load(fixture(name), &CandleOptions::default()).unwrap()
}

/// The output behind tokens that are appended to a sequence.
pub fn append(model: &mut CandleModel, sequence: SeqId, tokens: &[Token]) -> Vec<f32> {
    model.step(&[Row { sequence, tokens, wanted: true }]).unwrap().remove(0)
}

/// The output behind a whole sequence, which is forgotten again.
pub fn whole(model: &mut CandleModel, tokens: &[Token]) -> Vec<f32> {
    let sequence = model.spec().max_sequences - 1;
    let output = append(model, sequence, tokens);
    model.remove(sequence);
    output
}

pub fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    let largest = |most: f32, (a, b): (&f32, &f32)| {
        let difference = (a - b).abs();
        if most.is_nan() || difference.is_nan() { f32::NAN } else { most.max(difference) }
    };
    a.iter().zip(b).fold(0.0, largest)
}

#[track_caller]
pub fn assert_close(a: &[f32], b: &[f32], tolerance: f32) {
    let difference = largest_difference(a, b);
    assert!(difference <= tolerance, "differ by {difference}");
}

/// Tokens of the fixtures' vocabularies that mean nothing, the same every time.
pub fn noise(count: usize, seed: u32) -> Vec<Token> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) % 200 + 20
    };
    (0..count).map(|_| next()).collect()
}
