//! Sequences of the candle backend: batches, pieces and forks change nothing but the time it takes.
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

use common::{append, assert_close, fixture, load, noise, whole};
use proptest::prelude::*;
use toolrm_backends::{
    candle::{CandleModel, CandleOptions},
    engine::{ModelError, Row, TokenModel},
};

const DECODERS: [&str; 4] = ["qwen3", "qwen2-sliding", "llama", "qwen3-classifier"];

#[test]
fn a_row_does_not_depend_on_the_others_of_its_batch() {
    for name in DECODERS {
        let mut model = load(name);
        let rows: Vec<_> = [3, 90, 1, 40, 17].into_iter().zip(1..).map(|(count, seed)| noise(count, seed)).collect();
        let alone: Vec<_> = rows.iter().map(|row| whole(&mut model, row)).collect();
        let batch: Vec<_> =
            rows.iter().enumerate().map(|(sequence, tokens)| Row { sequence, tokens, wanted: sequence != 2 }).collect();
        let together = model.step(&batch).unwrap();
        for (place, (alone, together)) in alone.iter().zip(&together).enumerate() {
            if place == 2 {
                assert!(together.is_empty(), "it was not wanted");
            } else {
                assert_close(alone, together, 1e-5);
            }
        }
        // and the next token of each, in one step, as in steps of their own
        let next: Vec<_> = (0..5).map(|sequence| Row { sequence, tokens: &[30], wanted: true }).collect();
        let together = model.step(&next).unwrap();
        for (row, together) in rows.iter().zip(together) {
            let longer: Vec<_> = row.iter().copied().chain([30]).collect();
            assert_close(&whole(&mut model, &longer), &together, 1e-4);
        }
    }
}

#[test]
fn a_fork_is_the_same_as_computing_again_and_leaves_its_origin_as_it_was() {
    for name in DECODERS {
        let mut model = load(name);
        let (prefix, a, b) = (noise(70, 1), noise(9, 2), noise(14, 3));
        append(&mut model, 0, &[prefix.clone(), a.clone()].concat());
        model.fork(0, 1, prefix.len()).unwrap();
        let kept = model.kept_tokens();
        let forked = append(&mut model, 1, &b);
        assert_eq!(model.kept_tokens(), kept + b.len(), "the prefix is kept once");
        assert_close(&forked, &whole(&mut model, &[prefix.clone(), b].concat()), 1e-5);
        let origin = append(&mut model, 0, &[55]);
        assert_close(&origin, &whole(&mut model, &[prefix, a, vec![55]].concat()), 1e-5);
    }
}

#[test]
fn both_sides_of_a_whole_fork_go_on_by_themselves() {
    // both look at all that is written: the first to append writes on, the other must not see it
    let mut model = load("qwen3");
    let prefix = noise(20, 4);
    append(&mut model, 0, &prefix);
    model.fork(0, 1, 20).unwrap();
    let left = append(&mut model, 0, &[40, 41]);
    let right = append(&mut model, 1, &[50, 51]);
    assert_close(&left, &whole(&mut model, &[prefix.clone(), vec![40, 41]].concat()), 1e-5);
    assert_close(&right, &whole(&mut model, &[prefix.clone(), vec![50, 51]].concat()), 1e-5);
    model.remove(0);
    let right = append(&mut model, 1, &[52]);
    assert_close(&right, &whole(&mut model, &[prefix, vec![50, 51, 52]].concat()), 1e-5);
}

#[test]
fn nothing_is_kept_of_what_was_removed() {
    let mut model = load("qwen3");
    for round in 0..20 {
        append(&mut model, 0, &noise(30, round));
        model.fork(0, 1, 10).unwrap();
        append(&mut model, 1, &noise(30, round + 100));
        model.remove(0);
        model.remove(1);
        assert_eq!(model.kept_tokens(), 0);
    }
    model.remove(77);
}

fn row(sequence: usize, tokens: &[u32]) -> Row<'_> {
    Row { sequence, tokens, wanted: true }
}

#[test]
fn a_step_that_cannot_be_is_refused_and_the_model_lives_on() {
    let mut model = load("qwen3");
    let prefix = noise(12, 5);
    append(&mut model, 0, &prefix);
    let refused = |model: &mut CandleModel, rows: &[Row<'_>], why: &str| {
        let error = model.step(rows).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    };
    refused(&mut model, &[row(1, &[])], "no tokens");
    refused(&mut model, &[row(1, &[416])], "token 416");
    refused(&mut model, &[row(1, &[u32::MAX])], "token 4294967295");
    refused(&mut model, &[row(256, &[1])], "out of range");
    refused(&mut model, &[row(usize::MAX, &[1])], "out of range");
    refused(&mut model, &[row(1, &[1]), row(1, &[2])], "two rows");
    refused(&mut model, &[row(0, &noise(245, 1))], "context of 256");
    refused(&mut model, &[row(1, &noise(5000, 1))], "at most 2048");
    assert!(model.step(&[]).unwrap().is_empty());
    for (from, to, len) in [(0, 1, 13), (0, 1, 0), (5, 1, 1), (0, 999, 3), (0, 0, 3)] {
        assert!(matches!(model.fork(from, to, len), Err(ModelError::Failed { .. })), "{from} {to} {len}");
    }
    let after = append(&mut model, 0, &[60]);
    assert_close(&after, &whole(&mut model, &[prefix, vec![60]].concat()), 1e-5);
}

#[test]
fn no_room_is_said_before_anything_changes() {
    let bytes = load("qwen3").spec().kv_bytes_per_token * 100;
    let mut model = CandleModel::load(fixture("qwen3"), &CandleOptions::default().with_kv_bytes(bytes)).unwrap();
    assert_eq!((model.spec().kv_tokens, model.spec().context), (100, 100));
    let tokens = noise(60, 1);
    append(&mut model, 0, &tokens);
    let more = Row { sequence: 1, tokens: &tokens, wanted: true };
    assert!(matches!(model.step(&[more]), Err(ModelError::NoRoom)));
    append(&mut model, 0, &[33]);
    model.remove(0);
    model.step(&[more]).unwrap();
}

#[test]
fn threads_of_its_own_change_nothing() {
    let options = CandleOptions::default().with_threads(1);
    let mut model = CandleModel::load(fixture("qwen3"), &options).unwrap();
    assert_eq!(model.spec().device, "cpu (1 threads)");
    let tokens = noise(100, 1);
    assert_close(&whole(&mut model, &tokens), &whole(&mut load("qwen3"), &tokens), 1e-5);
}

/// What a sequence may go through.
#[derive(Debug, Clone)]
enum Act {
    Append(usize, usize),
    Fork(usize, usize, f64),
    Remove(usize),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        4 => (0..4_usize, 1..40_usize).prop_map(|(sequence, count)| Act::Append(sequence, count)),
        2 => (0..4_usize, 0..4_usize, 0.0..1.0).prop_map(|(from, to, part)| Act::Fork(from, to, part)),
        1 => (0..4_usize).prop_map(Act::Remove),
    ];
    prop::collection::vec(act, 1..25)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_way_to_a_sequence_gives_the_same_output(acts in acts(), name in prop::sample::select(&DECODERS[..])) {
        let mut model = load(name);
        let mut texts = vec![Vec::new(); 4];
        for (round, act) in acts.into_iter().enumerate() {
            match act {
                Act::Append(sequence, count) if texts[sequence].len() + count <= 256 => {
                    let new = noise(count, u32::try_from(round).unwrap());
                    let output = append(&mut model, sequence, &new);
                    texts[sequence].extend(new);
                    assert_close(&output, &whole(&mut model, &texts[sequence]), 1e-4);
                }
                Act::Fork(from, to, part) if !texts[from].is_empty() && from != to => {
                    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                    let len = ((texts[from].len() as f64 * part) as usize).max(1);
                    model.remove(to);
                    model.fork(from, to, len).unwrap();
                    texts[to] = texts[from][..len].to_vec();
                }
                Act::Remove(sequence) => {
                    model.remove(sequence);
                    texts[sequence].clear();
                }
                _ => {}
            }
        }
    }
}
