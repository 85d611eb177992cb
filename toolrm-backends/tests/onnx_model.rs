//! The tiny ONNX models against the numbers of the implementation they were exported from, and against themselves.

#![cfg(feature = "onnx")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    dead_code,
    unreachable_pub,
    reason = "a test fails by panicking"
)]

#[path = "common/onnx.rs"]
mod onnx;

use onnx::{best, feed, fixture, furthest, goldens, load, numbers, options, tokens};
use toolrm_backends::{
    engine::{ModelError, Output, Row, Token, TokenModel},
    onnx::OnnxModel,
};
use toolrm_core::score::ScoreScale;

const VOCABULARY: usize = 416;

#[test]
fn a_classifier_gives_the_scores_of_its_original() {
    let Some(mut model) = load("a_classifier_gives_the_scores_of_its_original", "onnx-classifier") else { return };
    for row in goldens("encoder", "bert") {
        let score = feed(&mut model, 0, &tokens(&row["tokens"]));
        assert!((f64::from(score[0]) - row["score"].as_f64().unwrap()).abs() < 1e-4, "{score:?} {}", row["score"]);
    }
}

#[test]
fn a_batch_of_texts_scores_like_each_of_them() {
    let Some(mut model) = load("a_batch_of_texts_scores_like_each_of_them", "onnx-classifier") else { return };
    let texts: Vec<Vec<Token>> = goldens("encoder", "bert").iter().map(|row| tokens(&row["tokens"])).collect();
    let alone: Vec<Vec<f32>> = texts.iter().map(|text| feed(&mut model, 0, text)).collect();
    let rows: Vec<Row<'_>> =
        texts.iter().enumerate().map(|(sequence, tokens)| Row { sequence, tokens, wanted: sequence != 1 }).collect();
    let together = model.step(&rows).unwrap();
    assert!(together[1].is_empty(), "a score that was not wanted");
    for at in [0, 2, 3] {
        assert!(furthest(&alone[at], &together[at]) < 1e-5, "{:?} {:?}", alone[at], together[at]);
    }
}

#[test]
fn it_says_what_it_is() {
    let (Some(classifier), Some(causal)) =
        (load("it_says_what_it_is", "onnx-classifier"), load("it_says_what_it_is", "onnx-causal"))
    else {
        return;
    };
    let spec = classifier.spec();
    assert_eq!((spec.output, spec.incremental, spec.context), (Output::Score { scale: ScoreScale::Logit }, false, 128));
    assert_eq!((spec.device.as_str(), spec.dtype.as_str()), ("cpu (1 thread)", "f32"));
    let spec = causal.spec();
    assert_eq!((spec.output, spec.incremental, spec.context), (Output::Logits { vocabulary: VOCABULARY }, true, 256));
    // Three layers, keys and values, two heads of 16 numbers of 4 bytes.
    assert_eq!(spec.kv_bytes_per_token, 3 * 2 * 2 * 16 * 4);
    let (name, revision) = spec.id.split_once('@').unwrap();
    assert_eq!((name, revision.len()), ("onnx-causal", 16));
    assert_ne!(Some(revision), classifier.spec().id.split_once('@').map(|(_, revision)| revision));
}

#[test]
fn the_revision_is_of_all_weights() {
    let Some(options) = options("the_revision_is_of_all_weights") else { return };
    let folder = tempfile::tempdir().unwrap();
    for name in ["sum.onnx", "config.json"] {
        std::fs::copy(fixture("onnx-odd").join(name), folder.path().join(name)).unwrap();
    }
    let id = || OnnxModel::load(folder.path().join("sum.onnx"), &options).unwrap().spec().id.clone();
    let alone = id();
    std::fs::write(folder.path().join("sum.onnx_data"), [1]).unwrap();
    let (first, again) = (id(), id());
    std::fs::write(folder.path().join("sum.onnx_data"), [2]).unwrap();
    assert!(alone != first && first != id());
    assert_eq!(first, again);
}

#[test]
fn a_causal_model_gives_the_logits_of_its_original() {
    let Some(mut model) = load("a_causal_model_gives_the_logits_of_its_original", "onnx-causal") else { return };
    for row in goldens("causal", "qwen3") {
        let logits = feed(&mut model, 0, &tokens(&row["tokens"]));
        model.remove(0);
        assert!(furthest(&logits, &numbers(&row["last"])) < 1e-4, "{}", row["text"]);
    }
}

#[test]
fn it_decodes_token_for_token_like_its_original() {
    let Some(mut model) = load("it_decodes_token_for_token_like_its_original", "onnx-causal") else { return };
    for row in goldens("causal", "qwen3") {
        let wanted = tokens(&row["greedy"]);
        let mut written = vec![best(&feed(&mut model, 0, &tokens(&row["tokens"])))];
        while written.len() < wanted.len() {
            written.push(best(&feed(&mut model, 0, &written[written.len() - 1..])));
        }
        model.remove(0);
        assert_eq!(written, wanted, "{}", row["text"]);
    }
}

#[test]
fn sequences_of_one_step_do_not_see_each_other() {
    let Some(mut model) = load("sequences_of_one_step_do_not_see_each_other", "onnx-causal") else { return };
    let mut texts: Vec<Vec<Token>> = goldens("causal", "qwen3").iter().map(|row| tokens(&row["tokens"])).collect();
    // Two more of the length of the first: these three run as one batch, with different tokens kept.
    texts.push(texts[0].iter().map(|t| t + 1).collect());
    texts.push(texts[0].iter().rev().copied().collect());
    let next: Vec<[Token; 2]> = (0..texts.len()).map(|at| [10 + at as Token, 300 - at as Token]).collect();

    let alone: Vec<Vec<Vec<f32>>> = texts
        .iter()
        .zip(&next)
        .map(|(text, next)| {
            let logits =
                vec![feed(&mut model, 0, text), feed(&mut model, 0, &next[..1]), feed(&mut model, 0, &next[1..])];
            model.remove(0);
            logits
        })
        .collect();
    for (at, of_step) in [0, 1, 2].into_iter().zip([None, Some(0), Some(1)]) {
        let row = |sequence: usize| match of_step {
            None => texts[sequence].as_slice(),
            Some(at) => &next[sequence][at..=at],
        };
        let rows: Vec<Row<'_>> =
            (0..texts.len()).map(|sequence| Row { sequence, tokens: row(sequence), wanted: true }).collect();
        for (together, alone) in model.step(&rows).unwrap().iter().zip(&alone) {
            assert!(furthest(together, &alone[at]) < 1e-5, "step {at}");
        }
    }
}

#[test]
fn a_prompt_in_pieces_is_the_prompt() {
    let Some(mut model) = load("a_prompt_in_pieces_is_the_prompt", "onnx-causal") else { return };
    let text = tokens(&goldens("causal", "qwen3")[3]["tokens"]);
    let whole = feed(&mut model, 0, &text);
    for size in [1, 7, 64, text.len() - 1] {
        let mut last = Vec::new();
        for piece in text.chunks(size) {
            last = feed(&mut model, 1, piece);
        }
        model.remove(1);
        assert!(furthest(&whole, &last) < 1e-4, "pieces of {size}");
    }
}

#[test]
fn a_fork_is_the_prefix_computed_again() {
    let Some(mut model) = load("a_fork_is_the_prefix_computed_again", "onnx-causal") else { return };
    let text = tokens(&goldens("causal", "qwen3")[1]["tokens"]);
    let more: [Token; 3] = [7, 8, 9];
    let whole = feed(&mut model, 0, &text);
    for len in [0, 1, 11, text.len()] {
        model.fork(0, 1, len).unwrap();
        let forked = feed(&mut model, 1, &more);
        feed(&mut model, 2, &[&text[..len], &more[..]].concat());
        let recomputed = feed(&mut model, 2, &[5]);
        assert!(furthest(&feed(&mut model, 1, &[5]), &recomputed) < 1e-5, "a fork of {len}");
        assert_eq!(forked.len(), VOCABULARY);
        model.remove(1);
        model.remove(2);
    }
    // What was forked is as it was; a fork of a fork outlives both.
    model.fork(0, 3, 20).unwrap();
    model.fork(3, 4, 10).unwrap();
    model.remove(3);
    let expected = feed(&mut model, 5, &[&text[..], &more].concat());
    assert!(furthest(&feed(&mut model, 0, &more), &expected) < 1e-5);
    model.remove(0);
    let expected = feed(&mut model, 6, &[&text[..10], &more].concat());
    assert!(furthest(&feed(&mut model, 4, &more), &expected) < 1e-5);
    assert_eq!(whole.len(), VOCABULARY);
}

#[test]
fn forks_of_different_sequences_run_as_one_batch() {
    let Some(mut model) = load("forks_of_different_sequences_run_as_one_batch", "onnx-causal") else { return };
    let text = tokens(&goldens("causal", "qwen3")[1]["tokens"]);
    let other: Vec<Token> = text.iter().rev().copied().collect();
    feed(&mut model, 0, &text);
    feed(&mut model, 1, &other);
    model.fork(0, 2, 12).unwrap();
    model.fork(1, 3, 12).unwrap();
    let rows = [2, 3].map(|sequence| Row { sequence, tokens: &[40, 41], wanted: true });
    let together = model.step(&rows).unwrap();
    for (base, logits) in [&text, &other].into_iter().zip(together) {
        let alone = feed(&mut model, 9, &[&base[..12], &[40, 41]].concat());
        model.remove(9);
        assert!(furthest(&alone, &logits) < 1e-5);
    }
}

#[test]
fn no_room_is_said_and_goes_away() {
    let Some(options) = options("no_room_is_said_and_goes_away") else { return };
    let mut model = OnnxModel::load(fixture("onnx-causal"), &options.with_kv_bytes(40 * 768)).unwrap();
    assert_eq!((model.spec().kv_bytes_per_token, model.spec().kv_tokens), (768, 40));
    let text: Vec<Token> = (0..20).collect();
    let first = feed(&mut model, 0, &text);
    feed(&mut model, 1, &text);
    let step = |model: &mut OnnxModel, sequence, len| {
        model.step(&[Row { sequence, tokens: &text[..len], wanted: true }]).map(|mut out| out.remove(0))
    };
    for sequence in [0, 2] {
        assert!(matches!(step(&mut model, sequence, 1), Err(ModelError::NoRoom)));
    }
    model.remove(1);
    // What forks share is there once.
    for to in 1..10 {
        model.fork(0, to, 20).unwrap();
        step(&mut model, to, 2).unwrap();
    }
    step(&mut model, 0, 2).unwrap();
    assert!(matches!(step(&mut model, 1, 1), Err(ModelError::NoRoom)));
    (0..10).for_each(|sequence| model.remove(sequence));
    assert!(furthest(&feed(&mut model, 3, &text), &first) < 1e-5);
}

/// Sequences that fork, grow, shrink by forking and go, at random: what comes out is what a model that reads everything anew
/// says.
#[test]
fn any_order_of_forks_and_steps_gives_the_numbers_of_the_whole() {
    let Some(mut model) = load("any_order_of_forks_and_steps_gives_the_numbers_of_the_whole", "onnx-causal") else {
        return;
    };
    let mut seed = 1_u64;
    let mut draw = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % below
    };
    let mut texts: [Vec<Token>; 6] = Default::default();
    let mut compared = 0;
    for _ in 0..150 {
        let (a, b) = (draw(6), draw(6));
        match draw(4) {
            0 => {
                model.remove(a);
                texts[a].clear();
            }
            1 if a != b => {
                model.remove(b);
                let len = draw(texts[a].len() + 1);
                model.fork(a, b, len).unwrap();
                texts[b] = texts[a][..len].to_vec();
            }
            _ => {
                let new: Vec<Vec<Token>> =
                    (0..6).map(|_| (0..=draw(3)).map(|_| draw(400) as Token).collect()).collect();
                let chosen: Vec<usize> = (0..6).filter(|at| draw(2) == 0 && texts[*at].len() < 60).collect();
                let rows: Vec<Row<'_>> =
                    chosen.iter().map(|at| Row { sequence: *at, tokens: &new[*at], wanted: true }).collect();
                let outputs = model.step(&rows).unwrap();
                for (at, logits) in chosen.iter().zip(outputs) {
                    texts[*at].extend(&new[*at]);
                    let whole = feed(&mut model, 9, &texts[*at]);
                    model.remove(9);
                    assert!(furthest(&whole, &logits) < 1e-4, "{:?}", texts[*at]);
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 100, "{compared}");
}

#[test]
fn a_thousand_steps_take_no_more_memory() {
    let (Some(mut classifier), Some(mut causal)) = (
        load("a_thousand_steps_take_no_more_memory", "onnx-classifier"),
        load("a_thousand_steps_take_no_more_memory", "onnx-causal"),
    ) else {
        return;
    };
    let Ok(_) = std::fs::read_to_string("/proc/self/statm") else {
        println!("SKIPPED: a_thousand_steps_take_no_more_memory: no /proc/self/statm");
        return;
    };
    let pages = || -> usize {
        let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
        statm.split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    let mut round = |at: usize| {
        let text: Vec<Token> = (0..=at * 7 % 120).map(|t| ((t * 5 + at) % 250) as Token).collect();
        feed(&mut classifier, 0, &text);
        feed(&mut causal, 0, &text);
        causal.fork(0, 1, text.len()).unwrap();
        feed(&mut causal, 1, &[1]);
        causal.remove(0);
        causal.remove(1);
    };
    (0..200).for_each(&mut round);
    let before = pages();
    (0..1000).for_each(&mut round);
    let grown = pages().saturating_sub(before) * 4096;
    assert!(grown < 16 << 20, "{grown} bytes more after 1,000 rounds");
}
