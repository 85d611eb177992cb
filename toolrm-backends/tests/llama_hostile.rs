//! GGUF files that are damaged, foreign or not what they say: an error that names the reason, and the process lives.

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

use std::fs;

use llama::{feed, fixture, options, qwen3};
use tempfile::TempDir;
use toolrm_backends::{
    LoadError,
    llama::{LlamaModel, LlamaOptions},
};

fn whole() -> Vec<u8> {
    fs::read(fixture("qwen3.gguf")).unwrap()
}

struct Bench {
    folder: TempDir,
}

impl Bench {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn load(&self, bytes: &[u8]) -> Result<LlamaModel, LoadError> {
        let path = self.folder.path().join("broken.gguf");
        fs::write(&path, bytes).unwrap();
        LlamaModel::load(path, &options())
    }

    /// Loads it, and checks that the error names the file and says `said`.
    #[track_caller]
    fn refuses(&self, bytes: &[u8], said: &str) {
        let error = self.load(bytes).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("broken.gguf") && text.contains(said), "{text}");
    }
}

/// Where the bytes behind a name begin.
fn behind(bytes: &[u8], name: &str) -> usize {
    let mut pattern = (name.len() as u64).to_le_bytes().to_vec();
    pattern.extend(name.as_bytes());
    bytes.windows(pattern.len()).position(|window| window == pattern).unwrap() + pattern.len()
}

fn patched(at: usize, new: &[u8]) -> Vec<u8> {
    let mut bytes = whole();
    bytes[at..at + new.len()].copy_from_slice(new);
    bytes
}

/// The fixture with another number behind a key of the metadata (behind the key stands the number's type).
fn with_number(key: &str, number: u32) -> Vec<u8> {
    patched(behind(&whole(), key) + 4, &number.to_le_bytes())
}

/// The fixture with another text, of the same length, behind a key.
fn with_text(key: &str, text: &str) -> Vec<u8> {
    patched(behind(&whole(), key) + 12, text.as_bytes())
}

#[test]
fn what_is_no_gguf_is_said() {
    let bench = Bench::new();
    bench.refuses(b"", "does not begin with the letters GGUF");
    bench.refuses(b"GGU", "does not begin with the letters GGUF");
    bench.refuses(&[0; 4096], "does not begin with the letters GGUF");
    bench.refuses(b"GGUF", "in the middle of the version");
    bench.refuses(&patched(4, &1_u32.to_le_bytes()), "version 1");
    bench.refuses(&patched(4, &9_u32.to_le_bytes()), "version 9");
    bench.refuses(&patched(4, &3_u32.to_be_bytes()), "big-endian");
    let folder = LlamaModel::load(bench.folder.path(), &options()).unwrap_err();
    assert!(folder.to_string().contains("not a file"), "{folder}");
    let missing = LlamaModel::load(bench.folder.path().join("missing.gguf"), &options()).unwrap_err();
    assert!(matches!(missing, LoadError::Io { .. }) && missing.to_string().contains("missing.gguf"), "{missing}");
}

#[test]
fn a_file_that_was_cut_short_is_an_error_wherever_it_ends() {
    let (bench, bytes) = (Bench::new(), whole());
    for len in (0..bytes.len()).step_by(251).chain([bytes.len() - 1]) {
        bench.load(&bytes[..len]).unwrap_err();
    }
    bench.refuses(&bytes[..bytes.len() - 1], "it was cut short");
    bench.refuses(&bytes[..behind(&bytes, "tokenizer.ggml.merges") + 40], "tokenizer.ggml.merges");
}

#[test]
fn counts_that_no_file_has_ask_for_no_memory() {
    let bench = Bench::new();
    let huge = u64::MAX.to_le_bytes();
    bench.refuses(&patched(8, &huge), "tensor");
    bench.refuses(&patched(16, &huge), "");
    let text = behind(&whole(), "general.architecture") + 4;
    bench.refuses(&patched(text, &huge), "general.architecture");
    let array = behind(&whole(), "tokenizer.ggml.tokens") + 8;
    bench.refuses(&patched(array, &huge), "tokenizer.ggml.tokens");
    bench.refuses(&patched(behind(&whole(), "tokenizer.ggml.token_type") + 8, &huge), "tokenizer.ggml.token_type");
}

#[test]
fn a_tensor_that_is_not_what_it_should_be_is_named() {
    let (bench, bytes) = (Bench::new(), whole());
    // Behind its name: the number of dimensions, the dimensions, the type, the place.
    let norm = behind(&bytes, "output_norm.weight");
    assert_eq!(bytes[norm..norm + 4], 1_u32.to_le_bytes());
    bench.refuses(&patched(norm, &7_u32.to_le_bytes()), "output_norm.weight has 7 dimensions");
    bench.refuses(&patched(norm + 4, &u64::MAX.to_le_bytes()), "output_norm.weight cannot have shape");
    bench.refuses(&patched(norm + 4, &(1_u64 << 40).to_le_bytes()), "output_norm.weight");
    bench.refuses(&patched(norm + 4, &31_u64.to_le_bytes()), "output_norm.weight");
    bench.refuses(&patched(norm + 12, &4_u32.to_le_bytes()), "output_norm.weight is of type 4");
    bench.refuses(&patched(norm + 12, &1_u32.to_le_bytes()), "output_norm.weight is one row in F16");
    bench.refuses(&patched(norm + 16, &(1_u64 << 50).to_le_bytes()), "output_norm.weight end at byte");
    bench.refuses(&patched(norm + 16, &1_u64.to_le_bytes()), "not aligned");
    let name = behind(&bytes, "blk.1.attn_q.weight");
    bench.refuses(&patched(name + 4 + 16, &26_u32.to_le_bytes()), "blk.1.attn_q.weight is of type 26");
    bench.refuses(&patched(name - 1, b"T"), "blk.1.attn_q.weight");
}

#[test]
fn metadata_that_cannot_be_right_is_named() {
    let bench = Bench::new();
    let mut foreign = whole();
    for at in 0..foreign.len() - 5 {
        if foreign[at..at + 5] == *b"qwen3" {
            foreign[at..at + 5].copy_from_slice(b"qwenX");
        }
    }
    bench.refuses(&foreign, "unknown model architecture: 'qwenX'");
    bench.refuses(&with_text("tokenizer.ggml.model", "none"), "there is no vocabulary");
    bench.refuses(&with_text("tokenizer.ggml.model", "gptX"), "gptX");
    for key in ["block_count", "embedding_length", "attention.head_count", "context_length"] {
        bench.refuses(&with_number(&format!("qwen3.{key}"), 0), key);
    }
    bench.refuses(&with_number("qwen3.block_count", u32::MAX), "block_count");
    bench.refuses(&with_number("qwen3.block_count", 4), "blk.3");
    // These end the process when llama.cpp sees them.
    bench.refuses(&with_number("qwen3.attention.head_count_kv", 0x4000_0002), "head_count_kv");
    bench.refuses(&with_number("qwen3.attention.value_length", 17), "value_length is 17, and should be 16");
    let epsilon = (-1.0_f32).to_bits();
    bench.refuses(&with_number("qwen3.attention.layer_norm_rms_epsilon", epsilon), "epsilon is -1");
    // Behind the key: two types, how many, and each token with its length: the second one becomes the first.
    let second = behind(&whole(), "tokenizer.ggml.tokens") + 4 + 4 + 8 + 8 + 1 + 8;
    bench.refuses(&patched(second, b"!"), "token 1 of the vocabulary, \"!\", stands in it twice");
    let mut sentencepiece = whole();
    let model = behind(&sentencepiece, "tokenizer.ggml.model") + 4;
    sentencepiece.splice(model..model + 8 + 4, 5_u64.to_le_bytes().into_iter().chain(*b"llama"));
    sentencepiece.extend([0; 64]);
    bench.refuses(&sentencepiece, "no tokens for bytes");
}

#[test]
fn heads_that_give_no_score_are_refused() {
    let (bench, bytes) = (Bench::new(), fs::read(fixture("bert.gguf")).unwrap());
    let mut pooled = bytes.clone();
    pooled[behind(&bytes, "bert.pooling_type") + 4] = 2;
    bench.refuses(&pooled, "bert with pooling type 2 gives embeddings");
    let mut headless = bytes.clone();
    headless[behind(&bytes, "cls.output.weight") - 1] = b'T';
    bench.refuses(&headless, "no tensor cls.output.weight");
    // One label behind a softmax is always 1.
    let mut single = fs::read(fixture("qwen3-rank.gguf")).unwrap();
    let labels = behind(&single, "qwen3.classifier.output_labels") + 8;
    single.splice(
        labels..labels + 8 + 8 + 3 + 8 + 2,
        1_u64.to_le_bytes().into_iter().chain(5_u64.to_le_bytes()).chain(*b"yesno"),
    );
    single.extend([0; 64]);
    bench.refuses(&single, "of one label always 1");
}

/// No number in the metadata, and no byte before the weights, may end the process.
#[test]
fn damage_before_the_weights_never_ends_the_process() {
    let (bench, bytes) = (Bench::new(), whole());
    let (numbers, start) = (behind(&bytes, "tokenizer.ggml.tokens"), behind(&bytes, "output_norm.weight") + 24);
    let mut refused = 0;
    for at in (0..numbers).chain((numbers..start).step_by(19)) {
        for mask in [0x01, 0x80, 0xff] {
            let mut broken = bytes.clone();
            broken[at] ^= mask;
            refused += usize::from(bench.load(&broken).is_err());
        }
    }
    assert!(refused > 100, "{refused}");
}

#[test]
fn weights_that_are_no_numbers_do_not_end_the_process() {
    let mut bytes = whole();
    let len = bytes.len();
    bytes[len / 2..].fill(0xff);
    let mut model = Bench::new().load(&bytes).unwrap();
    assert_eq!(feed(&mut model, 0, &[1, 2, 3]).len(), 416);
}

#[test]
fn options_out_of_range_are_said() {
    let load = |options: LlamaOptions| LlamaModel::load(fixture("qwen3.gguf"), &options).unwrap_err();
    for (options, said) in [
        (options().with_context(0), "context is 0"),
        (options().with_max_sequences(0), "max_sequences is 0"),
        (options().with_max_sequences(257), "max_sequences is 257, and should be between 1 and 256"),
        (options().with_kv_tokens(0), "kv_tokens is 0"),
        (options().with_kv_tokens(usize::MAX), "kv_tokens"),
        (options().with_max_step_tokens(0), "max_step_tokens is 0"),
        (options().with_threads(0), "threads is 0"),
        (options().with_threads(100_000), "threads is 100000"),
    ] {
        let error = load(options);
        assert!(matches!(error, LoadError::Unsupported { .. }) && error.to_string().contains(said), "{error}");
    }
    let error = load(options().with_gpu_layers(1));
    assert!(matches!(error, LoadError::Device { .. }), "{error}");
    // The next one loads.
    feed(&mut qwen3(&llama::options()), 0, &[1]);
}
