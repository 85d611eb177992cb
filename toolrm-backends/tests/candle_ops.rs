//! The two op sets of the candle backend: the same numbers, and gradients for every tensor from the one for training.
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

use std::collections::HashMap;

use candle_core::{Device, Tensor, Var};
use common::{assert_close, fixture, noise};
use toolrm_backends::{
    LoadError,
    candle::{Bert, Decoder, HeadConfig, KvCache, KvShape, ModelConfig, ModernBert, Ops},
    engine::{Row, Token},
};

const FAMILIES: [&str; 8] =
    ["qwen3", "qwen3-classifier", "qwen2", "qwen2-sliding", "llama", "bert", "modernbert", "modernbert-mean"];

fn config(name: &str) -> ModelConfig {
    let path = fixture(name).join("config.json");
    ModelConfig::parse(&path, &std::fs::read(&path).unwrap()).unwrap()
}

fn tensors(name: &str) -> HashMap<String, Tensor> {
    candle_core::safetensors::load(fixture(name).join("model.safetensors"), &Device::Cpu).unwrap()
}

/// The outputs of whole rows: logits behind every token, or scores.
fn outputs(config: &ModelConfig, source: &HashMap<String, Tensor>, ops: Ops, rows: &[&[Token]]) -> Tensor {
    match config {
        ModelConfig::Decoder(config) => {
            let decoder = Decoder::new(config, 256, source).unwrap();
            decoder.head(ops, &decoder.forward(ops, rows).unwrap()).unwrap()
        }
        ModelConfig::Bert(config) => Bert::new(config, source).unwrap().forward(ops, rows, Some(3)).unwrap(),
        ModelConfig::ModernBert(config) => ModernBert::new(config, 256, source).unwrap().forward(ops, rows).unwrap(),
        other => panic!("{other:?}"),
    }
}

fn wanted(config: &ModelConfig) -> Vec<(String, Vec<usize>)> {
    match config {
        ModelConfig::Decoder(config) => Decoder::tensors(config),
        ModelConfig::Bert(config) => Bert::tensors(config),
        ModelConfig::ModernBert(config) => ModernBert::tensors(config),
        other => panic!("{other:?}"),
    }
    .unwrap()
}

fn rows() -> Vec<Vec<Token>> {
    // one with two segments, one longer than a block of queries
    vec![vec![21, 5, 3, 40, 41, 3], noise(110, 2), noise(7, 3)]
}

#[test]
fn both_op_sets_give_the_same_numbers() {
    for name in FAMILIES {
        let (config, source, rows) = (config(name), tensors(name), rows());
        let rows: Vec<_> = rows.iter().map(Vec::as_slice).collect();
        let numbers = |ops| outputs(&config, &source, ops, &rows).flatten_all().unwrap().to_vec1::<f32>().unwrap();
        assert_close(&numbers(Ops::Fused), &numbers(Ops::Differentiable), 1e-5);
    }
}

#[test]
fn every_tensor_gets_a_gradient_from_the_differentiable_ops_and_not_from_the_fused_ones() {
    for name in FAMILIES {
        let config = config(name);
        let vars: HashMap<_, _> =
            tensors(name).into_iter().map(|(name, t)| (name, Var::from_tensor(&t).unwrap())).collect();
        let source: HashMap<_, _> = vars.iter().map(|(name, var)| (name.clone(), var.as_tensor().clone())).collect();
        let rows = rows();
        let rows: Vec<_> = rows.iter().map(Vec::as_slice).collect();
        let covered = |ops| {
            let loss = outputs(&config, &source, ops, &rows).sqr().unwrap().sum_all().unwrap();
            let gradients = loss.backward().unwrap();
            let reached = |var: &Var| {
                let gradient = gradients.get(var.as_tensor());
                gradient.is_some_and(|g| g.abs().unwrap().sum_all().unwrap().to_scalar::<f32>().unwrap() > 0.0)
            };
            let (with, without): (Vec<_>, Vec<_>) =
                wanted(&config).into_iter().partition(|(name, _)| reached(&vars[name]));
            (with.len(), without)
        };
        let (all, without) = covered(Ops::Differentiable);
        // keys' biases shift all scores of a query alike, which softmax does not see: their gradient is nothing but rounding
        assert!(without.iter().all(|(name, _)| name.contains("key.bias")), "{name}: {without:?}");
        assert!(covered(Ops::Fused).0 < all, "{name}: the fused ops would do for training");
    }
}

#[test]
fn a_gradient_is_the_slope() {
    // central differences of a loss, for one number of a norm in the middle and one of the embedding
    for (name, tensor, row) in [
        ("qwen3", "model.layers.1.self_attn.q_norm.weight", None),
        ("qwen2-sliding", "model.embed_tokens.weight", Some(40)),
        ("modernbert", "model.layers.1.attn.Wqkv.weight", Some(3)),
    ] {
        let config = config(name);
        let mut source = tensors(name);
        let tokens = [21, 5, 3, 40, 41, 3, 50, 60, 70, 40, 22];
        let loss = |source: &HashMap<String, Tensor>| {
            outputs(&config, source, Ops::Differentiable, &[&tokens]).sqr().unwrap().mean_all().unwrap()
        };
        let start = source[tensor].clone();
        let var = Var::from_tensor(&start).unwrap();
        source.insert(tensor.to_owned(), var.as_tensor().clone());
        let gradient = loss(&source).backward().unwrap().get(var.as_tensor()).unwrap().clone();
        // along the gradient itself, where the slope is its length
        let gradient = row.map_or_else(
            || gradient.clone(),
            |row| {
                let kept = Tensor::zeros_like(&gradient).unwrap();
                kept.slice_set(&gradient.narrow(0, row, 1).unwrap().contiguous().unwrap(), 0, row).unwrap();
                kept
            },
        );
        let length = gradient.sqr().unwrap().sum_all().unwrap().sqrt().unwrap().to_scalar::<f32>().unwrap();
        assert!(length > 0.0, "{name}");
        let step = 1e-2;
        let mut at = |distance: f32| {
            let moved = (&start + (&gradient * f64::from(distance / length)).unwrap()).unwrap();
            source.insert(tensor.to_owned(), moved);
            loss(&source).to_scalar::<f32>().unwrap()
        };
        let slope = (at(step) - at(-step)) / (2.0 * step);
        assert!((slope - length).abs() < 0.03 * length, "{name}: slope {slope}, gradient {length}");
    }
}

#[test]
fn variables_are_shared_so_that_updates_are_seen_at_once() {
    let ModelConfig::Decoder(config) = config("qwen3") else { panic!("a decoder") };
    let vars: HashMap<_, _> =
        tensors("qwen3").into_iter().map(|(name, t)| (name, Var::from_tensor(&t).unwrap())).collect();
    let source: HashMap<_, _> = vars.iter().map(|(name, var)| (name.clone(), var.as_tensor().clone())).collect();
    let decoder = Decoder::new(&config, 64, &source).unwrap();
    let tokens = noise(5, 1);
    let before = decoder.forward(Ops::Fused, &[&tokens]).unwrap();
    let norm = &vars["model.norm.weight"];
    norm.set(&(norm.as_tensor() * 2.0).unwrap()).unwrap();
    let after = decoder.forward(Ops::Fused, &[&tokens]).unwrap();
    let flat = |x: &Tensor| x.flatten_all().unwrap().to_vec1::<f32>().unwrap();
    assert_close(&flat(&(before * 2.0).unwrap()), &flat(&after), 1e-6);
}

#[test]
fn a_cache_of_ones_own_gives_what_no_cache_gives() {
    let ModelConfig::Decoder(config) = config("llama") else { panic!("a decoder") };
    assert_eq!(config.head, HeadConfig::Causal { tied: false });
    let decoder = Decoder::new(&config, 64, &tensors("llama")).unwrap();
    let mut shape = KvShape::new(&config);
    shape.tokens = 64;
    let mut cache = KvCache::new(shape);
    assert!(cache.is_empty());
    let (a, b) = (noise(9, 1), noise(4, 2));
    let together = decoder.forward(Ops::Fused, &[&a, &b]).unwrap();
    let rows = [&a, &b].map(|tokens| Row { sequence: tokens.len(), tokens, wanted: true });
    let cached = decoder.forward_cached(Ops::Fused, &rows, &mut cache).unwrap().unwrap();
    let last = together.index_select(&Tensor::new(&[8_u32, 12], &Device::Cpu).unwrap(), 0).unwrap();
    let flat = |x: &Tensor| x.flatten_all().unwrap().to_vec1::<f32>().unwrap();
    assert_close(&flat(&last), &flat(&cached), 1e-6);
    assert_eq!((cache.len(9), cache.len(4), cache.tokens()), (9, 4, 13));
    let unwanted = [Row { sequence: 9, tokens: &[1], wanted: false }];
    assert!(decoder.forward_cached(Ops::Fused, &unwanted, &mut cache).unwrap().is_none());
}

#[test]
fn tensors_in_memory_are_checked_by_name_and_shape() {
    let ModelConfig::Decoder(config) = config("qwen3") else { panic!("a decoder") };
    let mut source = tensors("qwen3");
    let norm = source.remove("model.norm.weight").unwrap();
    let error = Decoder::new(&config, 8, &source).unwrap_err();
    assert!(matches!(error, LoadError::MissingTensors { ref names, .. } if names == &["model.norm.weight"]), "{error}");
    source.insert("model.norm.weight".into(), norm.narrow(0, 0, 8).unwrap());
    let error = Decoder::new(&config, 8, &source).unwrap_err();
    assert!(matches!(error, LoadError::Tensor { ref name, .. } if name == "model.norm.weight"), "{error}");
}
