//! What must be an error, and what must still work behind it.

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

use std::{fs, path::Path};

use onnx::{feed, fixture, furthest, library, load, options, refusal};
use toolrm_backends::{
    Device, LoadError,
    engine::{Row, Token, TokenModel},
    onnx::{OnnxModel, OnnxOptions},
};

/// Steps that fail, and a word of why.
fn fails(model: &mut OnnxModel, rows: &[Row<'_>], why: &str) {
    let error = model.step(rows).unwrap_err().to_string();
    assert!(error.contains(why), "{error}");
}

fn row(sequence: usize, tokens: &[Token]) -> Row<'_> {
    Row { sequence, tokens, wanted: true }
}

#[test]
fn bad_rows_are_errors_and_the_next_step_works() {
    for name in ["onnx-classifier", "onnx-causal"] {
        let Some(mut model) = load("bad_rows_are_errors_and_the_next_step_works", name) else { return };
        let (context, most) = (model.spec().context, model.spec().max_sequences);
        let good = [5, 6, 7];
        let before = feed(&mut model, 0, &good);
        model.remove(0);
        fails(&mut model, &[row(0, &[])], "sequence 0 has no tokens");
        fails(&mut model, &[row(0, &good), row(1, &[5, 99_999])], "sequence 1 has token 99999");
        fails(&mut model, &[row(0, &[Token::MAX])], "vocabulary ends at");
        fails(&mut model, &[row(0, &vec![1; context + 1])], &format!("context is {context}"));
        fails(&mut model, &[row(most, &good)], "max_sequences");
        assert_eq!(model.step(&[]).unwrap(), Vec::<Vec<f32>>::new());
        assert!(furthest(&feed(&mut model, 0, &good), &before) < 1e-6, "{name}");
    }
}

#[test]
fn a_full_context_can_be_read_and_not_one_token_more() {
    let Some(mut model) = load("a_full_context_can_be_read_and_not_one_token_more", "onnx-causal") else { return };
    let full = vec![1; model.spec().context];
    feed(&mut model, 0, &full);
    fails(&mut model, &[row(0, &[1])], "would have 257 tokens");
    let Some(mut model) = load("a_full_context_can_be_read_and_not_one_token_more", "onnx-classifier") else { return };
    let full = vec![1; model.spec().context];
    assert_eq!(feed(&mut model, 0, &full).len(), 1);
}

#[test]
fn misuse_of_sequences_is_an_error() {
    let Some(mut model) = load("misuse_of_sequences_is_an_error", "onnx-causal") else { return };
    feed(&mut model, 0, &[1, 2, 3]);
    fails(&mut model, &[row(1, &[1]), row(1, &[2])], "two rows");
    assert!(model.fork(0, 1, 4).unwrap_err().to_string().contains("has 3 tokens"));
    assert!(model.fork(5, 1, 1).unwrap_err().to_string().contains("has 0 tokens"));
    assert!(model.fork(0, 0, 1).unwrap_err().to_string().contains("goes to an empty one"));
    assert!(model.fork(0, usize::MAX, 1).unwrap_err().to_string().contains("max_sequences"));
    model.remove(77);
    let Some(mut model) = load("misuse_of_sequences_is_an_error", "onnx-classifier") else { return };
    assert!(model.fork(0, 1, 0).unwrap_err().to_string().contains("classifier"));
}

#[test]
fn padding_and_masks_are_right_to_the_number() {
    // The graph adds up the tokens that the mask leaves.
    let Some(mut model) = load("padding_and_masks_are_right_to_the_number", "onnx-odd/sum.onnx") else { return };
    let texts: Vec<Vec<Token>> =
        (0_u32..200).map(|at| (0..=at % 16).map(|place| (place * 3 + at) % 8).collect()).collect();
    let sums: Vec<Vec<f32>> = texts.iter().map(|text| vec![text.iter().sum::<Token>() as f32]).collect();
    // Sequences are numbered below 64: four steps, 4,000 places of padding and tokens in all.
    for (texts, sums) in texts.chunks(50).zip(sums.chunks(50)) {
        let rows: Vec<Row<'_>> = texts.iter().enumerate().map(|(sequence, tokens)| row(sequence, tokens)).collect();
        assert_eq!(model.step(&rows).unwrap(), sums);
    }
}

#[test]
fn other_graphs_are_refused_with_what_they_are() {
    let cases = [
        ("unknown-input", "the input pixel_values is not known"),
        ("no-mask", "there is no input input_ids"),
        ("fixed-length", "input_ids is Tensor<i64>(1, 16), and should be Tensor<i64>(dyn, dyn)"),
        ("int32-tokens", "input_ids is Tensor<i32>"),
        ("other-output", "there is no output logits"),
        ("two-labels", "logits is Tensor<f32>(batch, 2), and should be Tensor<f32>(dyn, 1)"),
        ("no-cache", "logits is Tensor<f32>(batch, tokens, 8)"),
        ("no-present", "there is no output present.0.key"),
        ("half-cache", "past_key_values.0.key is Tensor<f16>"),
        ("open-heads", "a fixed number of heads"),
    ];
    for (name, why) in cases {
        let Some(error) = refusal("other_graphs_are_refused_with_what_they_are", &format!("{name}.onnx")) else {
            return;
        };
        let text = error.to_string();
        assert!(matches!(error, LoadError::Unsupported { .. }), "{name}: {text}");
        assert!(text.contains(why) && text.contains("Its inputs:") && text.contains("Its outputs:"), "{name}: {text}");
    }
}

#[test]
fn graphs_that_break_their_promise_are_found_out() {
    for (name, why) in [
        ("infinite", "score of NaN"),
        ("cache-stays", "present.0.key of shape [1, 2, 0, 4], and not [1, 2, 1, 4]"),
        ("other-vocabulary", "logits of shape [1, 1, 5] for 1 sequences and a vocabulary of 8"),
    ] {
        let Some(error) = refusal("graphs_that_break_their_promise_are_found_out", &format!("{name}.onnx")) else {
            return;
        };
        let text = error.to_string();
        assert!(matches!(error, LoadError::File { .. }) && text.contains("does not compute"), "{name}: {text}");
        assert!(text.contains(why), "{name}: {text}");
    }
}

#[test]
fn a_graph_that_breaks_its_promise_later_is_an_error_then() {
    let name = "onnx-odd/score-per-token.onnx";
    let Some(mut model) = load("a_graph_that_breaks_its_promise_later_is_an_error_then", name) else { return };
    assert_eq!(feed(&mut model, 0, &[3]), [3.0]);
    fails(&mut model, &[row(0, &[3, 4])], "logits of shape [1, 2] for 1 sequences");
    fails(&mut model, &[row(0, &[3, 4]), row(1, &[5])], "logits of shape [2, 2] for 2 sequences");
    assert_eq!(model.step(&[row(0, &[3]), row(1, &[5])]).unwrap(), [[3.0], [5.0]]);
}

#[test]
fn token_types_need_a_separator() {
    let Some(options) = options("token_types_need_a_separator") else { return };
    let folder = folder(&fs::read(fixture("onnx-classifier/model.onnx")).unwrap());
    let error = OnnxModel::load(folder.path(), &options).unwrap_err();
    assert!(matches!(error, LoadError::File { .. }) && error.to_string().contains("with_separator"), "{error}");
    // Given, or said by the tokenizer, it is the same.
    let text = [2, 135, 47, 184, 3, 135, 31, 184, 3];
    let given = feed(&mut OnnxModel::load(folder.path(), &options.clone().with_separator(3)).unwrap(), 0, &text);
    assert_eq!(given, feed(&mut OnnxModel::load(fixture("onnx-classifier"), &options).unwrap(), 0, &text));
    // And it matters.
    let other = feed(&mut OnnxModel::load(folder.path(), &options.with_separator(255)).unwrap(), 0, &text);
    assert!(furthest(&given, &other) > 1e-3);
}

/// A folder with a configuration and these bytes as its graph.
fn folder(graph: &[u8]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(fixture("onnx-classifier/config.json"), folder.path().join("config.json")).unwrap();
    fs::write(folder.path().join("model.onnx"), graph).unwrap();
    folder
}

#[test]
fn broken_graphs_are_errors() {
    let Some(options) = options("broken_graphs_are_errors") else { return };
    let whole = fs::read(fixture("onnx-classifier/model.onnx")).unwrap();
    let half = &whole[..whole.len() / 2];
    for graph in [&b""[..], b"\0", b"not a graph", &[0xff; 4096], half, &whole[..whole.len() - 1], &whole[100..]] {
        let folder = folder(graph);
        let error = OnnxModel::load(folder.path(), &options).unwrap_err();
        assert!(
            matches!(&error, LoadError::File { path, .. } if path.ends_with("model.onnx")),
            "{} bytes: {error}",
            graph.len()
        );
    }
}

#[test]
fn damaged_graphs_never_panic() {
    let Some(options) = options("damaged_graphs_never_panic") else { return };
    let whole = fs::read(fixture("onnx-odd/sum.onnx")).unwrap();
    let mut loaded = 0;
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x15;
        match OnnxModel::load(folder(&damaged).path(), &options) {
            Ok(mut model) => {
                loaded += 1;
                let _ = model.step(&[row(0, &[1, 2]), row(1, &[3])]);
            }
            Err(LoadError::File { .. } | LoadError::Unsupported { .. }) => {}
            Err(error) => panic!("byte {at}: {error}"),
        }
    }
    assert!(loaded < whole.len() / 2, "{loaded} of {} damaged graphs load", whole.len());
}

#[test]
fn what_is_missing_is_named() {
    let options = OnnxOptions::default();
    let error = |path: &Path| OnnxModel::load(path, &options).unwrap_err();
    assert!(matches!(error(Path::new("/no/such/model")), LoadError::Io { .. }));

    let empty = tempfile::tempdir().unwrap();
    assert!(error(empty.path()).to_string().contains("neither model.onnx nor onnx/model.onnx"));
    fs::write(empty.path().join("model.onnx"), "").unwrap();
    assert!(error(empty.path()).to_string().contains("no config.json"));
    fs::write(empty.path().join("config.json"), "{").unwrap();
    assert!(matches!(error(empty.path()), LoadError::File { path, .. } if path.ends_with("config.json")));
}

#[test]
fn a_configuration_without_sizes_is_an_error() {
    let Some(options) = options("a_configuration_without_sizes_is_an_error") else { return };
    let folder = folder(&fs::read(fixture("onnx-classifier/model.onnx")).unwrap());
    for (config, field) in [
        ("{}", "vocab_size"),
        (r#"{"vocab_size": 0, "max_position_embeddings": 9}"#, "vocab_size"),
        (r#"{"vocab_size": 256}"#, "max_position_embeddings"),
        (
            r#"{"vocab_size": 256, "max_position_embeddings": 2, "model_type": "roberta", "pad_token_id": 1}"#,
            "max_position_embeddings",
        ),
    ] {
        fs::write(folder.path().join("config.json"), config).unwrap();
        let error = OnnxModel::load(folder.path(), &options).unwrap_err().to_string();
        assert!(error.contains(&format!("no usable {field}")), "{error}");
    }
}

#[test]
fn the_graph_may_lie_in_a_folder_of_its_own() {
    let Some(options) = options("the_graph_may_lie_in_a_folder_of_its_own") else { return };
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("onnx")).unwrap();
    fs::copy(fixture("onnx-classifier/model.onnx"), folder.path().join("onnx/model.onnx")).unwrap();
    for name in ["config.json", "tokenizer.json", "tokenizer_config.json"] {
        fs::copy(fixture("onnx-classifier").join(name), folder.path().join(name)).unwrap();
    }
    let text = [2, 135, 47, 184, 3, 135, 31, 184, 3];
    let expected = feed(&mut OnnxModel::load(fixture("onnx-classifier"), &options).unwrap(), 0, &text);
    for path in [folder.path().to_owned(), folder.path().join("onnx/model.onnx")] {
        assert_eq!(feed(&mut OnnxModel::load(path, &options).unwrap(), 0, &text), expected);
    }
}

#[test]
fn cuda_that_is_not_there_is_an_error() {
    let Some(library) = library("cuda_that_is_not_there_is_an_error") else { return };
    let options = OnnxOptions::default().with_library(library).with_device(Device::Cuda(99));
    let error = OnnxModel::load(fixture("onnx-classifier"), &options).unwrap_err();
    assert!(matches!(&error, LoadError::Device { device, .. } if device == "cuda:99"), "{error}");
    assert!(error.to_string().contains("onnxruntime-gpu"), "{error}");
}
