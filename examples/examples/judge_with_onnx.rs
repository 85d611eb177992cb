//! A judge in this process with ONNX Runtime, from a folder with model.onnx, config.json and tokenizer.json.
//!
//! The library of ONNX Runtime is loaded when the model is: ORT_DYLIB_PATH names it, and `pip install onnxruntime` brings one. The
//! folder is the argument: `cargo run -p toolrm-examples --features onnx --example judge_with_onnx -- models/judge`. Without one a
//! tiny BERT is loaded that learnt nothing: it shows how, and its scores mean nothing.
//!
//! ```text
//! no folder given: a tiny model with random weights, whose scores mean nothing
//! onnx-classifier@.. scores on the scale Logit
//! model onnx-classifier, revision .., f32 on cpu ..
//! words: scores ..
//! a call: scores ..
//! ```

use std::error::Error;

use serde_json::json;
use toolrm_backends::{
    judge::{Judge, JudgeOptions},
    onnx::library_info,
};
use toolrm_core::prelude::*;
use toolrm_examples::{fixture, folder_or, in_words, show_card};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    if let Err(error) = library_info(None) {
        println!("skipped: judge_with_onnx: {error}");
        return Ok(());
    }
    let folder = folder_or(|| Ok(fixture("onnx-classifier")))?;
    let judge = Judge::from_pretrained(folder, &JudgeOptions::default())?;
    show_card(judge.card());

    // Short and without tools, because the tiny model reads no more than 128 tokens: a longer task is an error that says so.
    let task = Task::new(vec![Message::user("Thank you, that is all.")], Toolset::new(vec![])?);
    let candidates =
        [Candidate::text("You are welcome."), Candidate::calls(vec![ToolCall::new("search", json!({"query": "all"}))])];
    let items: Vec<_> = candidates.iter().map(|candidate| ScoreItem { task: &task, candidate }).collect();
    for (said, outcome) in ["words", "a call"].iter().zip(judge.score(&items, &CallOptions::default()).await?) {
        println!("{said}: {}", in_words(outcome, |score| format!("scores {:.3}", score.value)));
    }
    Ok(())
}
