//! A GGUF against transformers' numbers, and one way of computing it against another.

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

use std::{fs, thread};

use llama::{feed, fixture, furthest, golden, numbers, options, qwen3, tokens};
use serde_json::Value;
use sha2::{Digest, Sha256};
use toolrm_backends::{
    engine::{Codec, ModelError, Output, Row, Token, TokenModel},
    llama::LlamaOptions,
};

/// Seen: 6e-6.
const TOLERANCE: f32 = 1e-4;

fn rows() -> Vec<Value> {
    let all = golden("models.json");
    let rows: Vec<Value> =
        all["causal"].as_array().unwrap().iter().filter(|row| row["model"] == "qwen3").cloned().collect();
    assert!(rows.len() >= 4);
    rows
}

fn prompts() -> Vec<Vec<Token>> {
    rows().iter().map(|row| tokens(&row["tokens"])).collect()
}

fn best(logits: &[f32]) -> Token {
    logits.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap().0 as Token
}

#[test]
fn it_says_what_it_is() {
    let model = qwen3(&options());
    let digest = Sha256::digest(fs::read(fixture("qwen3.gguf")).unwrap());
    let hash = digest.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    assert_eq!(model.revision(), hash);
    let spec = model.spec();
    assert_eq!(spec.id, format!("qwen3@{}", hash.split_at(12).0));
    assert_eq!(spec.output, Output::Logits { vocabulary: 416 });
    // The model was made for 256 tokens, fewer than the default asks for.
    assert_eq!((spec.context, spec.max_sequences, spec.kv_tokens, spec.max_step_tokens), (256, 32, 1024, 1024));
    // 3 layers, 2 key-value heads, keys and values of 16 numbers of 4 bytes.
    assert_eq!(spec.kv_bytes_per_token, 3 * 2 * (16 + 16) * 4);
    assert_eq!((spec.device.as_str(), spec.dtype.as_str(), spec.incremental), ("cpu (1 threads)", "F32", true));
    assert!(model.chat_template().unwrap().contains("<|im_start|>"));
}

#[test]
fn logits_are_those_of_transformers() {
    let mut model = qwen3(&options());
    let mut worst: f32 = 0.0;
    for row in rows() {
        let prompt = tokens(&row["tokens"]);
        worst = worst.max(furthest(&feed(&mut model, 0, &prompt), &numbers(&row["last"])));
        model.remove(0);
        for (token, expected) in prompt.iter().zip(row["each"].as_array().into_iter().flatten()) {
            worst = worst.max(furthest(&feed(&mut model, 0, &[*token]), &numbers(expected)));
        }
        model.remove(0);
    }
    println!("largest difference {worst}");
    assert!(worst < TOLERANCE, "{worst}");
}

#[test]
fn greedy_texts_are_those_of_transformers() {
    let mut model = qwen3(&options());
    for row in rows() {
        let mut logits = feed(&mut model, 3, &tokens(&row["tokens"]));
        for expected in tokens(&row["greedy"]) {
            assert_eq!(best(&logits), expected, "{}", row["text"]);
            logits = feed(&mut model, 3, &[expected]);
        }
        model.remove(3);
    }
}

#[test]
fn a_row_does_not_depend_on_the_others() {
    let mut model = qwen3(&options());
    let prompts = prompts();
    let alone: Vec<_> = prompts
        .iter()
        .map(|prompt| {
            let logits = feed(&mut model, 0, prompt);
            model.remove(0);
            logits
        })
        .collect();
    let step: Vec<_> =
        prompts.iter().enumerate().map(|(i, tokens)| Row { sequence: 7 - i, tokens, wanted: i != 1 }).collect();
    let together = model.step(&step).unwrap();
    assert_eq!(together.len(), prompts.len());
    for (i, (together, alone)) in together.iter().zip(&alone).enumerate() {
        if i == 1 {
            assert!(together.is_empty(), "it was not wanted");
        } else {
            assert!(furthest(together, alone) < 1e-4, "row {i}");
        }
    }
    assert!(model.step(&[]).unwrap().is_empty());
}

#[test]
fn prompts_can_be_fed_in_pieces() {
    let prompt = &prompts()[3];
    let whole = feed(&mut qwen3(&options()), 0, prompt);
    // One row that is longer than a step: the model cuts it itself.
    let mut small = qwen3(&options().with_max_step_tokens(7));
    assert_eq!(small.spec().max_step_tokens, 7);
    assert!(furthest(&feed(&mut small, 0, prompt), &whole) < 1e-4);
    // Two rows of which the end of one and the beginning of the other share a piece.
    let (a, b) = (Row { sequence: 1, tokens: prompt, wanted: true }, Row { sequence: 2, tokens: prompt, wanted: true });
    for logits in small.step(&[a, b]).unwrap() {
        assert!(furthest(&logits, &whole) < 1e-4);
    }
    let (head, last) = prompt.split_at(prompt.len() - 1);
    for piece in head.chunks(5) {
        assert!(small.step(&[Row { sequence: 3, tokens: piece, wanted: false }]).unwrap()[0].is_empty());
    }
    assert!(furthest(&feed(&mut small, 3, last), &whole) < 1e-4);
}

#[test]
fn a_fork_is_as_if_computed_anew() {
    let mut model = qwen3(&options());
    let prompts = prompts();
    let (shared, tail) = (&prompts[3][..40], &prompts[1]);
    let expected = feed(&mut model, 0, &[shared, tail].concat());
    model.remove(0);
    let full = feed(&mut model, 0, &prompts[3]);
    model.fork(0, 1, 40).unwrap();
    assert!(furthest(&feed(&mut model, 1, tail), &expected) < 1e-4);
    // The one it came from goes on, and can go away, without the other noticing.
    let next = feed(&mut model, 0, &[5]);
    model.remove(0);
    model.fork(1, 2, 40).unwrap();
    assert!(furthest(&feed(&mut model, 2, tail), &expected) < 1e-4);
    assert!(furthest(&feed(&mut model, 0, &prompts[3]), &full) < 1e-4);
    assert!(furthest(&feed(&mut model, 0, &[5]), &next) < 1e-4);
}

#[test]
fn a_shared_prefix_takes_room_once() {
    let mut model = qwen3(&options().with_kv_tokens(256));
    assert_eq!(model.spec().kv_tokens, 256);
    let prompt: Vec<Token> = (0..200).collect();
    feed(&mut model, 0, &prompt);
    for sequence in 1..32 {
        model.fork(0, sequence, 200).unwrap();
    }
    let step: Vec<_> = (0..32).map(|sequence| Row { sequence, tokens: &[9], wanted: true }).collect();
    let logits = model.step(&step).unwrap();
    assert!(logits.iter().all(|row| furthest(row, &logits[0]) < 1e-4));
}

#[test]
fn without_room_nothing_is_kept_of_the_step() {
    let mut model = qwen3(&options().with_kv_tokens(256).with_max_step_tokens(50));
    let prompt: Vec<Token> = (0..200).collect();
    let longer: Vec<Token> = (100..220).collect();
    let expected = {
        let mut fresh = qwen3(&options());
        (feed(&mut fresh, 0, &[&prompt[..], &[7]].concat()), feed(&mut fresh, 1, &longer))
    };
    feed(&mut model, 0, &prompt);
    // Its first piece of 50 fits, the second one does not.
    let row = Row { sequence: 1, tokens: &longer, wanted: true };
    assert!(matches!(model.step(&[row]), Err(ModelError::NoRoom)));
    // All 56 cells are free again, and the other sequence is what it was.
    feed(&mut model, 2, &longer[..50]);
    assert!(furthest(&feed(&mut model, 0, &[7]), &expected.0) < 1e-4);
    model.remove(2);
    model.remove(0);
    let logits = model.step(&[row]).unwrap().remove(0);
    assert!(furthest(&logits, &expected.1) < 1e-4);
}

#[test]
fn what_cannot_be_computed_is_said() {
    let mut model = qwen3(&options().with_context(64));
    let expected = feed(&mut model, 0, &[1, 2, 3]);
    let long: Vec<Token> = vec![1; 62];
    for (row, said) in [
        (Row { sequence: 1, tokens: &[], wanted: true }, "sequence 1 has no tokens"),
        (Row { sequence: 1, tokens: &[1, 416], wanted: true }, "token 416 is not in the vocabulary of 416"),
        (Row { sequence: 1, tokens: &[u32::MAX], wanted: true }, "not in the vocabulary"),
        (Row { sequence: 32, tokens: &[1], wanted: true }, "there is no sequence 32: the model keeps 32"),
        (Row { sequence: 0, tokens: &long, wanted: true }, "sequence 0 would have 65 tokens, and may have 64"),
    ] {
        let other = Row { sequence: 5, tokens: &[4, 5], wanted: true };
        let error = model.step(&[other, row]).unwrap_err();
        assert!(error.to_string().contains(said), "{error}");
        model.remove(5);
        model.remove(1);
    }
    assert!(model.fork(0, 1, 4).unwrap_err().to_string().contains("3 tokens, of which 4"));
    assert!(model.fork(0, 0, 1).unwrap_err().to_string().contains("not empty"));
    assert!(model.fork(0, 99, 1).unwrap_err().to_string().contains("no sequence 99"));
    model.remove(99);
    feed(&mut model, 1, &[1, 2, 3]);
    model.remove(0);
    assert!(furthest(&feed(&mut model, 0, &[1, 2, 3]), &expected) < 1e-4);
}

#[test]
fn it_can_be_computed_on_another_thread() {
    let mut model = qwen3(&options());
    let codec = model.codec();
    let here = feed(&mut model, 0, &[1, 2, 3]);
    let (there, model) = thread::spawn(move || (feed(&mut model, 1, &[1, 2, 3]), model)).join().unwrap();
    assert!(furthest(&here, &there) < 1e-5);
    drop(model);
    assert_eq!(codec.decode(&codec.encode("still there").unwrap()).unwrap(), "still there");
}

#[test]
fn two_models_are_computed_side_by_side() {
    let logits: Vec<_> = thread::scope(|scope| {
        let runs: Vec<_> = (0..2).map(|_| scope.spawn(|| feed(&mut qwen3(&options()), 0, &[1, 2, 3]))).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    assert!(furthest(&logits[0], &logits[1]) < 1e-5);
}

#[test]
fn text_becomes_the_tokens_of_transformers() {
    let codec = qwen3(&options()).codec();
    for row in rows() {
        let text = row["text"].as_str().unwrap();
        assert_eq!(codec.encode(text).unwrap(), tokens(&row["tokens"]), "{text}");
        // Nothing is added: the vocabulary asks for nothing.
        assert_eq!(codec.encode_whole(text).unwrap(), tokens(&row["tokens"]));
        let decoded = codec.decode(&tokens(&row["tokens"])).unwrap();
        assert_eq!(decoded, text.replace("<|im_start|>", "").replace("<|im_end|>", ""));
    }
    assert!(codec.encode("").unwrap().is_empty());
}

#[test]
fn tokens_become_text() {
    let codec = qwen3(&options()).codec();
    let rain = codec.encode("🌧").unwrap();
    assert!(rain.len() > 1, "the vocabulary is too small for it");
    assert_eq!(codec.decode(&rain).unwrap(), "🌧");
    let partial = codec.decode(&rain[..rain.len() - 1]).unwrap();
    assert!(partial.ends_with('\u{fffd}') && partial.chars().count() == 1, "{partial:?}");
    // `<think>` is not special, and its text is kept.
    assert_eq!(codec.decode(&[401, 407, 402]).unwrap(), "<think>");
    assert!(codec.decode(&[416]).unwrap_err().to_string().contains("416"));
    assert_eq!(codec.end_tokens(), [400, 402]);
    assert_eq!((codec.bos_text(), codec.eos_text()), (Some("<|endoftext|>"), Some("<|im_end|>")));
    assert!(!codec.begins_with_bos());
}

#[test]
fn labels_are_found_whatever_space_surrounds_them() {
    let codec = qwen3(&options()).codec();
    let found = codec.tokens_of_label(" 1");
    assert!(!found.is_empty());
    for token in 0..416 {
        let is_one = codec.decode(&[token]).unwrap().trim() == "1";
        assert_eq!(found.contains(&token), is_one, "{token}");
    }
    assert!(codec.tokens_of_label("<|im_end|>").is_empty(), "special");
    assert!(codec.tokens_of_label("no such label").is_empty());
    assert!(codec.tokens_of_label(" ").is_empty());
}

#[test]
fn two_hundred_judgements_need_no_more_memory() {
    let resident = || -> u64 {
        let statm = fs::read_to_string("/proc/self/statm").unwrap();
        statm.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 4096
    };
    let mut model = qwen3(&LlamaOptions::default().with_threads(1));
    let prompts = prompts();
    let mut judge = |count: usize| {
        for i in 0..count {
            let prompt = &prompts[i % prompts.len()];
            feed(&mut model, 0, prompt);
            model.fork(0, 1, prompt.len() / 2).unwrap();
            feed(&mut model, 1, &prompt[prompt.len() / 2..]);
            feed(&mut model, 0, &[3]);
            model.remove(1);
            model.remove(0);
        }
    };
    judge(20);
    let before = resident();
    judge(200);
    let grown = resident().saturating_sub(before);
    assert!(grown < 1 << 20, "{grown} bytes");
}
