//! The tokenizers of the fixtures, against transformers and against themselves.
#![cfg(feature = "tokenizers")]
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::{fs, path::PathBuf, sync::LazyLock};

use proptest::prelude::*;
use serde_json::{Value, json};
use toolrm_backends::{LoadError, template::TemplateInput, tokenizer::HfTokenizer};
use toolrm_core::call::Message;

static QWEN: LazyLock<HfTokenizer> = LazyLock::new(|| HfTokenizer::from_folder(fixture("qwen3")).unwrap());

fn tests() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests")
}

fn fixture(name: &str) -> PathBuf {
    tests().join("fixtures").join(name)
}

fn goldens(section: &str) -> Vec<Value> {
    let json = fs::read_to_string(tests().join("goldens/models.json")).unwrap();
    let sections: Value = serde_json::from_str(&json).unwrap();
    sections[section].as_array().unwrap().clone()
}

fn numbers(value: &Value) -> Vec<u32> {
    serde_json::from_value(value.clone()).unwrap()
}

/// A copy of a fixture's files for text, in which one file is changed.
fn changed(name: &str, file: &str, change: impl FnOnce(&mut Value)) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(fixture(name)).unwrap() {
        let entry = entry.unwrap();
        if entry.path().extension().is_some_and(|e| e == "json") {
            fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
        }
    }
    let path = folder.path().join(file);
    let mut value = fs::read(&path).map_or(json!({}), |json| serde_json::from_slice(&json).unwrap());
    change(&mut value);
    fs::write(path, value.to_string()).unwrap();
    folder
}

fn refusal(folder: &tempfile::TempDir) -> String {
    HfTokenizer::from_folder(folder.path()).unwrap_err().to_string()
}

#[test]
fn tokens_are_those_of_transformers() {
    let mut compared = 0;
    for row in goldens("causal").iter().chain(&goldens("classifier")) {
        let tokenizer = HfTokenizer::from_folder(fixture(row["model"].as_str().unwrap())).unwrap();
        assert_eq!(tokenizer.encode(row["text"].as_str().unwrap()).unwrap(), numbers(&row["tokens"]));
        compared += 1;
    }
    for row in goldens("encoder") {
        let tokenizer = HfTokenizer::from_folder(fixture(row["model"].as_str().unwrap())).unwrap();
        let tokens = tokenizer.encode_pair(row["first"].as_str().unwrap(), row["second"].as_str().unwrap());
        assert_eq!(tokens.unwrap(), numbers(&row["tokens"]));
        compared += 1;
    }
    assert_eq!(compared, 32);
}

#[test]
fn special_tokens_are_read_and_left_out_of_texts() {
    let tokens = QWEN.encode("<|im_start|>user\nHi<think>1</think><|im_end|>").unwrap();
    assert_eq!(QWEN.decode(&tokens).unwrap(), "user\nHi<think>1</think>");
    let tokenizer = HfTokenizer::from_folder(fixture("bert")).unwrap();
    let tokens = tokenizer.encode_whole("book a flight").unwrap();
    assert_eq!((tokens.first(), tokens.last()), (Some(&2), Some(&3)));
    assert_eq!(tokenizer.decode(&tokens).unwrap(), "book a flight");
    assert_eq!(tokenizer.encode("book a flight").unwrap(), tokens[1..tokens.len() - 1]);
}

#[test]
fn a_character_that_is_not_whole_yet_shows() {
    let tokens = QWEN.encode("🌧").unwrap();
    assert!(tokens.len() > 1);
    assert!(QWEN.decode(&tokens[..1]).unwrap().ends_with('\u{fffd}'));
    assert_eq!(QWEN.decode(&tokens).unwrap(), "🌧");
}

#[test]
fn the_folder_says_what_ends_a_turn_and_what_fills_up() {
    assert_eq!(QWEN.end_tokens(), [402, 400]);
    assert_eq!((QWEN.bos(), QWEN.eos(), QWEN.pad()), (None, Some("<|im_end|>"), Some(400)));
    assert_eq!(QWEN.vocabulary(), 409);
    let classifier = HfTokenizer::from_folder(fixture("qwen3-classifier")).unwrap();
    assert_eq!(classifier.end_tokens(), [402], "without generation_config.json config.json counts");
    let bert = HfTokenizer::from_folder(fixture("bert")).unwrap();
    assert!(bert.end_tokens().is_empty());
    assert_eq!((bert.pad(), bert.separator()), (Some(0), Some(3)));
}

#[test]
fn a_label_is_every_token_that_reads_so() {
    for label in ["1", "2", " 1\n"] {
        let tokens = QWEN.tokens_of_label(label);
        assert!(!tokens.is_empty());
        for token in tokens {
            assert_eq!(QWEN.decode(&[token]).unwrap().trim(), label.trim());
        }
    }
    assert_eq!(QWEN.tokens_of_label("a").len(), 2, "with a space in front and without");
    assert_eq!(QWEN.tokens_of_label("<tool_call>"), QWEN.encode("<tool_call>").unwrap());
    for nothing in ["<|im_end|>", "<|im_start|>", "no such token", "", " "] {
        assert!(QWEN.tokens_of_label(nothing).is_empty(), "{nothing:?}");
    }
}

#[test]
fn the_template_writes_what_the_tokenizer_reads() {
    let text = QWEN.template().unwrap().render(&TemplateInput::new(&[Message::user("Hello")]).with_generation_prompt());
    assert_eq!(text.unwrap(), "<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n");
    assert_eq!(QWEN.template().unwrap().token("eos_token"), Some("<|im_end|>"));
    assert!(HfTokenizer::from_folder(fixture("bert")).unwrap().template().is_none());
}

#[test]
fn a_model_with_too_small_a_vocabulary_is_told() {
    QWEN.check_fits(416, "m").unwrap();
    QWEN.check_fits(409, "m").unwrap();
    let error = QWEN.check_fits(408, "m").unwrap_err().to_string();
    assert!(error.contains("409 tokens") && error.contains("408"), "{error}");
    let error = QWEN.decode(&[5, 409]).unwrap_err().to_string();
    assert_eq!(error, "token 409 is not in the vocabulary of 409 tokens");
}

#[test]
fn truncation_and_padding_of_the_file_are_not_applied() {
    let folder = changed("qwen3", "tokenizer.json", |t| {
        t["truncation"] = json!({"direction": "Right", "max_length": 2, "strategy": "LongestFirst", "stride": 0});
        t["padding"] = json!({"strategy": {"Fixed": 9}, "direction": "Right", "pad_to_multiple_of": null, "pad_id": 0, "pad_type_id": 0, "pad_token": "!"});
    });
    let tokenizer = HfTokenizer::from_folder(folder.path()).unwrap();
    for text in ["Hello", "The judge compares both calls: are the names right?"] {
        assert_eq!(tokenizer.encode(text).unwrap(), QWEN.encode(text).unwrap());
    }
}

#[test]
fn what_is_wrong_in_a_folder_is_said_with_its_file() {
    let empty = tempfile::tempdir().unwrap();
    let error = HfTokenizer::from_folder(empty.path()).unwrap_err();
    assert!(matches!(&error, LoadError::Io { path, .. } if path.ends_with("tokenizer.json")), "{error}");
    fs::write(empty.path().join("tokenizer.json"), "{\"model\": 1}").unwrap();
    assert!(refusal(&empty).contains("is not a tokenizer of Hugging Face"));

    let folder = changed("qwen3", "generation_config.json", |c| c["eos_token_id"] = json!([402, 5000]));
    assert!(refusal(&folder).contains("generation_config.json: eos_token_id 5000 is no token"), "{}", refusal(&folder));
    let folder = changed("qwen3", "tokenizer_config.json", |c| c["chat_template"] = json!("{% if %}"));
    let error = HfTokenizer::from_folder(folder.path()).unwrap_err();
    assert!(matches!(&error, LoadError::Template { path, .. } if path.ends_with("tokenizer_config.json")), "{error}");
    assert!(error.to_string().contains("line 1"), "{error}");
    let folder = changed("qwen3", "tokenizer_config.json", |c| *c = json!([]));
    assert!(refusal(&folder).contains("tokenizer_config.json: is not a JSON object"), "{}", refusal(&folder));
}

proptest! {
    #[test]
    fn decoding_undoes_encoding(text in "(\\PC|[ \n\t\r]|[a-z]{1,6} ?|\"|[0-9]){0,80}") {
        prop_assert_eq!(QWEN.decode(&QWEN.encode(&text).unwrap()).unwrap(), text);
    }
}
