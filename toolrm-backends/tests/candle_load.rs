//! Folders that cannot be loaded: every one an error that names the file or the tensor and says what to do.
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

use std::{collections::HashMap, fs, path::Path};

use common::{assert_close, fixture, load, noise, whole};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use tempfile::TempDir;
use toolrm_backends::{
    Device, LoadError,
    candle::{CandleModel, CandleOptions},
    engine::TokenModel,
};

/// A tensor as it stands in a file.
type Raw = (Dtype, Vec<usize>, Vec<u8>);

fn copy(name: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(fixture(name)).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
    }
    folder
}

fn read(path: &Path) -> HashMap<String, Raw> {
    let bytes = fs::read(path).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let raw = |t: TensorView<'_>| (t.dtype(), t.shape().to_vec(), t.data().to_vec());
    tensors.tensors().into_iter().map(|(name, tensor)| (name, raw(tensor))).collect()
}

fn write(path: &Path, tensors: &HashMap<String, Raw>) {
    let views = tensors
        .iter()
        .map(|(name, (dtype, shape, data))| (name, TensorView::new(*dtype, shape.clone(), data).unwrap()));
    safetensors::serialize_to_file(views, None, path).unwrap();
}

/// `qwen3` with other weights.
fn changed(change: impl FnOnce(&mut HashMap<String, Raw>)) -> TempDir {
    let folder = copy("qwen3");
    let path = folder.path().join("model.safetensors");
    let mut tensors = read(&path);
    change(&mut tensors);
    write(&path, &tensors);
    folder
}

/// A fixture with other lines in a file.
fn edited(name: &str, file: &str, edit: impl FnOnce(&mut serde_json::Map<String, serde_json::Value>)) -> TempDir {
    let folder = copy(name);
    let path = folder.path().join(file);
    let mut json: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    edit(json.as_object_mut().unwrap());
    fs::write(path, json.to_string()).unwrap();
    folder
}

#[track_caller]
fn refused(folder: &TempDir) -> LoadError {
    let error = CandleModel::load(folder.path(), &CandleOptions::default()).expect_err("it must not load");
    let text = error.to_string();
    assert!(text.contains(folder.path().to_str().unwrap()), "no file is named: {text}");
    error
}

#[track_caller]
fn refused_with(folder: &TempDir, why: &[&str]) {
    let error = refused(folder).to_string();
    for why in why {
        assert!(error.contains(why), "{why:?} is not in: {error}");
    }
}

#[test]
fn files_that_are_not_there() {
    let empty = tempfile::tempdir().unwrap();
    assert!(matches!(refused(&empty), LoadError::Io { .. }));
    fs::copy(fixture("qwen3").join("config.json"), empty.path().join("config.json")).unwrap();
    refused_with(&empty, &["there is no model.safetensors"]);
    fs::write(empty.path().join("pytorch_model.bin"), "x").unwrap();
    refused_with(&empty, &["safe_serialization"]);
    let error = CandleModel::load("/nowhere/at/all", &CandleOptions::default()).unwrap_err();
    assert!(matches!(error, LoadError::Io { .. }) && error.to_string().contains("/nowhere/at/all/config.json"));
}

#[test]
fn damaged_weights() {
    let folder = copy("qwen3");
    let path = folder.path().join("model.safetensors");
    let good = fs::read(&path).unwrap();
    let with = |bytes: &[u8], why: &str| {
        fs::write(&path, bytes).unwrap();
        refused_with(&folder, &["model.safetensors", why]);
    };
    with(&[], "cut short");
    with(&good[..5], "cut short");
    with(&good[..1000], "cut short");
    with(&good[..good.len() - 1], "download it again");
    with(&[&good[..], &[0]].concat(), "download it again");
    with(&[&u64::MAX.to_le_bytes(), &good[8..]].concat(), "cut short");
    with(&[&2_u64.to_le_bytes(), b"no".as_slice()].concat(), "header is damaged");
    with(b"this is a text and not a model at all", "not a safetensors file");
    // a header that lies about the size of a tensor, or lets two overlap
    let text = String::from_utf8(good[8..].iter().copied().take_while(|b| *b < 0x80).collect()).unwrap();
    let header = text.get(..=text.rfind('}').unwrap()).unwrap();
    for (from, to) in [
        ("\"shape\":[416,32]", "\"shape\":[416,33]"),
        ("\"shape\":[416,32]", "\"shape\":[18446744073709551615,32]"),
        ("\"data_offsets\":[0,", "\"data_offsets\":[4,"),
    ] {
        let lie = header.replacen(from, to, 1);
        assert_ne!(lie, header);
        let length = u64::from_le_bytes(good[..8].try_into().unwrap());
        let body = &good[8 + usize::try_from(length).unwrap()..];
        with(&[&(lie.len() as u64).to_le_bytes(), lie.as_bytes(), body].concat(), "header is damaged");
    }
    fs::write(&path, &good).unwrap();
    CandleModel::load(folder.path(), &CandleOptions::default()).unwrap();
}

#[test]
fn all_missing_tensors_are_named() {
    let gone = ["model.layers.1.self_attn.q_norm.weight", "model.norm.weight"];
    let folder = changed(|tensors| gone.iter().for_each(|name| assert!(tensors.remove(*name).is_some())));
    match refused(&folder) {
        LoadError::MissingTensors { names, .. } => assert_eq!(names, gone),
        other => panic!("{other}"),
    }
    // a head that is not tied and not there, a classifier without its head
    let folder = edited("qwen3", "config.json", |config| _ = config.insert("tie_word_embeddings".into(), false.into()));
    refused_with(&folder, &["lm_head.weight"]);
    let folder = edited("qwen3", "config.json", |config| {
        config.insert("architectures".into(), serde_json::json!(["Qwen3ForSequenceClassification"]));
        config.insert("num_labels".into(), 1.into());
    });
    refused_with(&folder, &["score.weight"]);
}

#[test]
fn tensors_of_another_shape_or_type() {
    let name = "model.layers.0.mlp.up_proj.weight";
    let folder = changed(|tensors| tensors.get_mut(name).unwrap().1 = vec![32, 64]);
    assert!(matches!(refused(&folder), LoadError::Tensor { name: wrong, .. } if wrong == name));
    refused_with(&folder, &[name, "[32, 64]", "[64, 32]"]);
    let folder = changed(|tensors| {
        let data = vec![0; 64 * 32 * 8];
        tensors.insert(name.into(), (Dtype::I64, vec![64, 32], data));
    });
    assert!(matches!(refused(&folder), LoadError::Tensor { .. }));
    refused_with(&folder, &[name, "I64", "BF16"]);
    // the vocabulary of config.json is another one
    let folder = edited("qwen3", "config.json", |config| _ = config.insert("vocab_size".into(), 500.into()));
    refused_with(&folder, &["model.embed_tokens.weight", "[416, 32]", "[500, 32]"]);
}

#[test]
fn types_are_converted_and_extra_tensors_are_let_be() {
    let tokens = noise(20, 1);
    let expected = whole(&mut load("qwen3"), &tokens);
    let folder = changed(|tensors| {
        for (dtype, _, data) in tensors.values_mut() {
            let wide = data.as_chunks().0.iter().flat_map(|b| f64::from(f32::from_le_bytes(*b)).to_le_bytes());
            (*dtype, *data) = (Dtype::F64, wide.collect());
        }
        tensors.insert("model.rotary.inv_freq".into(), (Dtype::I64, vec![1], vec![0; 8]));
    });
    let mut model = CandleModel::load(folder.path(), &CandleOptions::default()).unwrap();
    assert_close(&whole(&mut model, &tokens), &expected, 0.0);
}

#[test]
fn shards_are_the_same_model_as_one_file() {
    let whole_folder = copy("qwen3-sharded");
    let mut all = HashMap::new();
    for shard in ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"] {
        let path = whole_folder.path().join(shard);
        all.extend(read(&path));
        fs::remove_file(path).unwrap();
    }
    write(&whole_folder.path().join("model.safetensors"), &all);
    let mut one = CandleModel::load(whole_folder.path(), &CandleOptions::default()).unwrap();
    let mut shards = load("qwen3-sharded");
    assert_eq!(one.revision(), shards.revision());
    let tokens = noise(30, 1);
    assert_close(&whole(&mut one, &tokens), &whole(&mut shards, &tokens), 0.0);
}

#[test]
fn damaged_indexes() {
    let index = "model.safetensors.index.json";
    let with = |edit: &dyn Fn(&mut serde_json::Map<String, serde_json::Value>), why: &[&str]| {
        refused_with(&edited("qwen3-sharded", index, |json| edit(json["weight_map"].as_object_mut().unwrap())), why);
    };
    with(
        &|map| _ = map.insert("model.norm.weight".into(), "../qwen3/model.safetensors".into()),
        &[index, "not a file of this folder"],
    );
    with(&|map| _ = map.insert("model.norm.weight".into(), "..".into()), &[index, "not a file of this folder"]);
    with(&|map| _ = map.insert("model.norm.weight".into(), "model-3.safetensors".into()), &["model-3.safetensors"]);
    with(
        &|map| _ = map.insert("model.norm.weight".into(), "model-00001-of-00002.safetensors".into()),
        &[index, "model.norm.weight"],
    );
    with(&|map| _ = map.remove("model.norm.weight"), &["model.norm.weight"]);
    let folder = copy("qwen3-sharded");
    fs::write(folder.path().join(index), "{").unwrap();
    refused_with(&folder, &[index]);
}

#[test]
fn the_revision_is_of_every_byte_that_counts() {
    let same = copy("qwen3");
    let one_bit = changed(|tensors| tensors.get_mut("model.layers.2.mlp.down_proj.weight").unwrap().2[77] ^= 1);
    let config = edited("qwen3", "config.json", |config| _ = config.insert("rms_norm_eps".into(), 1e-5.into()));
    let revision = |folder: &Path| CandleModel::load(folder, &CandleOptions::default()).unwrap().revision().to_owned();
    let original = revision(&fixture("qwen3"));
    assert_eq!(original.len(), 64);
    assert_eq!(original, revision(same.path()));
    assert_ne!(original, revision(one_bit.path()));
    assert_ne!(original, revision(config.path()));
    assert!(load("qwen3").spec().id.starts_with(&format!("qwen3@{}", original.get(..12).unwrap())));
}

#[test]
fn configurations_that_are_not_supported_say_what_is() {
    let with = |key: &str, value: serde_json::Value, why: &[&str]| {
        let folder = edited("qwen3", "config.json", |config| _ = config.insert(key.into(), value));
        let error = refused(&folder);
        assert!(matches!(error, LoadError::Unsupported { .. }), "{error}");
        refused_with(&folder, why);
    };
    with("architectures", serde_json::json!(["MambaForCausalLM"]), &["MambaForCausalLM", "Qwen3", "ModernBert"]);
    with("architectures", serde_json::json!([]), &["one architecture"]);
    with("architectures", serde_json::Value::Null, &["one architecture"]);
    with("quantization_config", serde_json::json!({"quant_method": "gptq"}), &["quantised", "GGUF"]);
    with("hidden_act", "tanh".into(), &["tanh", "silu"]);
    with("rope_scaling", serde_json::json!({"rope_type": "yarn", "factor": 4.0}), &["yarn", "llama3"]);
    with(
        "layer_types",
        serde_json::json!(["full_attention", "linear_attention", "full_attention"]),
        &["linear_attention"],
    );
    let folder = edited("qwen3-classifier", "config.json", |config| {
        config.insert("id2label".into(), serde_json::json!({"0": "a", "1": "b", "2": "c"}));
    });
    refused_with(&folder, &["3 labels"]);
    let folder = edited("bert", "config.json", |config| {
        _ = config.insert("position_embedding_type".into(), "relative_key".into());
    });
    refused_with(&folder, &["relative_key"]);
}

#[test]
fn configurations_that_make_no_sense() {
    let with = |key: &str, value: serde_json::Value| {
        let folder = edited("qwen3", "config.json", |config| _ = config.insert(key.into(), value));
        let error = refused(&folder);
        assert!(matches!(error, LoadError::File { .. }), "{key}: {error}");
        assert!(error.to_string().contains("config.json"), "{error}");
    };
    for key in ["vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "max_position_embeddings"] {
        with(key, 0.into());
        with(key, (-1).into());
        with(key, (1_u64 << 60).into());
        with(key, "many".into());
    }
    with("num_key_value_heads", 3.into());
    with("head_dim", 15.into());
    with("layer_types", serde_json::json!(["full_attention"]));
    with("layer_types", serde_json::json!(["full_attention", "sliding_attention", "full_attention"]));
    with("rope_theta", (-5).into());
    with("rope_scaling", serde_json::json!({"rope_type": "linear", "factor": 0.0}));
    let folder = copy("qwen3");
    fs::write(folder.path().join("config.json"), "{\"architectures\": [").unwrap();
    assert!(matches!(refused(&folder), LoadError::File { .. }));
}

#[test]
fn a_device_that_is_not_there() {
    let error =
        CandleModel::load(fixture("qwen3"), &CandleOptions::default().with_device(Device::Cuda(99))).unwrap_err();
    assert!(matches!(&error, LoadError::Device { device, .. } if device == "cuda:99"), "{error}");
    assert_eq!("cuda".parse::<Device>().unwrap(), Device::Cuda(0));
    assert_eq!("cuda:3".parse::<Device>().unwrap(), Device::Cuda(3));
    let error = "tpu".parse::<Device>().unwrap_err().to_string();
    assert!(error.contains("tpu") && error.contains("cuda:1"), "{error}");
}

#[test]
fn an_encoder_with_token_types_needs_its_separator() {
    let folder = copy("bert");
    fs::remove_file(folder.path().join("tokenizer.json")).unwrap();
    let error = CandleModel::load(folder.path(), &CandleOptions::default()).unwrap_err();
    assert!(matches!(error, LoadError::File { .. }) && error.to_string().contains("with_separator"), "{error}");
    let given = CandleOptions::default().with_separator(3);
    let mut given = CandleModel::load(folder.path(), &given).unwrap();
    let pair = [2, 70, 3, 71, 3];
    assert_close(&whole(&mut given, &pair), &whole(&mut load("bert"), &pair), 0.0);
    let folder =
        edited("bert", "tokenizer_config.json", |config| _ = config.insert("sep_token".into(), "<sep>".into()));
    refused_with(&folder, &["<sep>", "with_separator"]);
}

#[test]
fn the_spec_tells_the_truth() {
    let spec = load("qwen3").spec().clone();
    assert_eq!((spec.context, spec.dtype.as_str(), spec.incremental), (256, "f32", true));
    // 3 layers, keys and values, 2 heads of 16 features, 4 bytes
    assert_eq!(spec.kv_bytes_per_token, 3 * 2 * 2 * 16 * 4);
    assert_eq!(spec.kv_tokens, (1 << 30) / spec.kv_bytes_per_token);
    let options = CandleOptions::default().with_context(40).with_max_sequences(3).with_max_step_tokens(7);
    let model = CandleModel::load(fixture("qwen3"), &options).unwrap();
    let spec = model.spec();
    assert_eq!((spec.context, spec.max_sequences, spec.max_step_tokens), (40, 3, 7));
    let options = CandleOptions::default().with_context(4000);
    assert_eq!(CandleModel::load(fixture("bert"), &options).unwrap().spec().context, 128);
}
