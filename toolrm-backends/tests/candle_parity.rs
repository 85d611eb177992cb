//! The candle backend against transformers, on the committed fixtures and numbers of scripts/goldens.
#![cfg(feature = "candle")]
#![allow(missing_docs)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "common/candle.rs"]
mod common;

use common::{append, assert_close, fixture, goldens, largest_difference, load, noise, whole};
use toolrm_backends::{
    candle::{CandleModel, CandleOptions, Precision},
    engine::{Output, Row, TokenModel},
};
use toolrm_core::score::ScoreScale;

/// Shards of the same weights as `qwen3`, in bf16: loaded as f32 they are compared with transformers in f32.
const TOLERANCE: f32 = 1e-4;

#[test]
fn logits_are_those_of_transformers_at_every_position() {
    let mut each = 0;
    let goldens = goldens();
    for golden in &goldens.causal {
        let mut model = load(&golden.model);
        assert_eq!(model.spec().output, Output::Logits { vocabulary: golden.last.len() });
        assert_close(&whole(&mut model, &golden.tokens), &golden.last, TOLERANCE);
        for (position, expected) in golden.each.iter().enumerate() {
            assert_close(&append(&mut model, 0, &golden.tokens[position..=position]), expected, TOLERANCE);
            each += 1;
        }
    }
    assert!(goldens.causal.len() >= 10 && each >= 10, "the goldens are not empty");
}

#[test]
fn greedy_decoding_is_that_of_transformers_token_for_token() {
    for golden in goldens().causal {
        let mut model = load(&golden.model);
        let mut logits = append(&mut model, 0, &golden.tokens);
        for (place, expected) in golden.greedy.iter().enumerate() {
            let best = (0..logits.len()).max_by(|a, b| logits[*a].total_cmp(&logits[*b])).unwrap();
            assert_eq!(best, *expected as usize, "{}: token {place}", golden.model);
            logits = append(&mut model, 0, &[*expected]);
        }
    }
}

#[test]
fn classifiers_score_as_transformers_does() {
    let goldens = goldens();
    assert!(!goldens.classifier.is_empty());
    for golden in &goldens.classifier {
        let mut model = load(&golden.model);
        assert_eq!(model.spec().output, Output::Score { scale: ScoreScale::Logit });
        assert_close(&whole(&mut model, &golden.tokens), &[golden.score], TOLERANCE);
    }
}

#[test]
fn cross_encoders_score_as_transformers_does_alone_and_in_a_batch() {
    let goldens = goldens().encoder;
    for name in ["bert", "modernbert", "modernbert-mean"] {
        let goldens: Vec<_> = goldens.iter().filter(|golden| golden.model == name).collect();
        assert!(!goldens.is_empty(), "{name}");
        // transformers was given BERT's token types, the model finds them by the separator
        assert!(goldens.iter().all(|golden| golden.types.is_some() == (name == "bert")), "{name}");
        let mut model = load(name);
        assert!(!model.spec().incremental);
        let rows: Vec<_> = goldens
            .iter()
            .enumerate()
            .map(|(sequence, golden)| Row { sequence, tokens: &golden.tokens, wanted: true })
            .collect();
        let together = model.step(&rows).unwrap();
        for (golden, together) in goldens.iter().zip(together) {
            let alone = whole(&mut model, &golden.tokens);
            assert_close(&alone, &[golden.score], TOLERANCE);
            assert_close(&alone, &together, 1e-5);
        }
    }
}

#[test]
fn a_long_sequence_goes_in_blocks_and_stays_the_same() {
    // longer than a block of queries, so that blocks meet at other places than pieces do
    for name in ["qwen3", "qwen2-sliding", "llama"] {
        let tokens = noise(250, 7);
        let mut model = load(name);
        let at_once = whole(&mut model, &tokens);
        for piece in [1, 17, 130, 249] {
            let mut last = Vec::new();
            tokens.chunks(piece).for_each(|piece| last = append(&mut model, 0, piece));
            model.remove(0);
            assert_close(&at_once, &last, 1e-4);
        }
    }
}

/// A fixture's model with another line in its config.json.
fn changed(name: &str, line: &str, other: &str) -> CandleModel {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(fixture(name).join("model.safetensors"), folder.path().join("model.safetensors")).unwrap();
    let config = std::fs::read_to_string(fixture(name).join("config.json")).unwrap();
    assert!(config.contains(line));
    std::fs::write(folder.path().join("config.json"), config.replace(line, other)).unwrap();
    CandleModel::load(folder.path(), &CandleOptions::default()).unwrap()
}

#[test]
fn the_sliding_window_is_heeded() {
    // the same weights without the window, which is of 8 tokens in one of two layers
    let near = noise(6, 1);
    let far = noise(40, 1);
    let open = changed("qwen2-sliding", "\"use_sliding_window\": true", "\"use_sliding_window\": false");
    let (mut open, mut sliding) = (open, load("qwen2-sliding"));
    assert_close(&whole(&mut open, &near), &whole(&mut sliding, &near), 1e-5);
    assert!(largest_difference(&whole(&mut open, &far), &whole(&mut sliding, &far)) > 1e-2);
}

#[test]
fn a_local_layer_of_an_encoder_does_not_see_far() {
    // a config.json in which all layers see everything gives another score
    let wide = changed("modernbert", "\"local_attention\": 8", "\"local_attention\": 800");
    let (mut local, mut wide) = (load("modernbert"), wide);
    let (near, far) = (noise(4, 3), noise(60, 3));
    assert_close(&whole(&mut local, &near), &whole(&mut wide, &near), 1e-6);
    assert!(largest_difference(&whole(&mut local, &far), &whole(&mut wide, &far)) > 1e-4);
}

#[test]
fn fewer_bits_give_nearly_the_same() {
    // logits of these fixtures are of the order of 3; bf16 has 8 bits of precision, f16 has 11
    for (precision, name, tolerance) in [(Precision::Bf16, "bf16", 0.2), (Precision::F16, "f16", 0.03)] {
        for fixture_name in ["qwen3", "llama", "qwen2", "bert", "modernbert", "qwen3-classifier"] {
            let options = CandleOptions::default().with_precision(precision);
            let mut model = CandleModel::load(fixture(fixture_name), &options).unwrap();
            assert_eq!(model.spec().dtype, name);
            let tokens = noise(50, 11);
            let (exact, rounded) = (whole(&mut load(fixture_name), &tokens), whole(&mut model, &tokens));
            let difference = largest_difference(&exact, &rounded);
            assert!(difference > 0.0 && difference < tolerance, "{fixture_name} in {name}: {difference}");
        }
    }
}
