//! A judge in this process, from a folder with config.json, tokenizer.json and *.safetensors: a reward model or a language model,
//! which of the two is found out. With Candle, on the CPU.
//!
//! The folder is the argument: `cargo run -p toolrm-examples --features candle --example judge_with_candle -- models/judge`. Without
//! one a tiny classifier of Qwen3's shape is loaded that learnt nothing: it shows how, and its scores mean nothing.
//!
//! ```text
//! no folder given: a tiny model with random weights, whose scores mean nothing
//! tiny-qwen3@.. scores on the scale Logit
//! model tiny-qwen3, revision .., f32 on cpu ..
//! answer 0: scores ..
//! answer 1: scores ..
//! answer 2: scores ..
//! answer 3: scores ..
//! answer 4: scores ..
//! ```

use std::{error::Error, fs};

use toolrm_backends::judge::{Judge, JudgeOptions, JudgeStyle};
use toolrm_core::{format::parse_any, prelude::*};
use toolrm_examples::{data, folder_or, in_words, random_qwen3, show_card};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    // The tiny model lies in a folder that is removed when `scratch` is dropped.
    let scratch = tempfile::tempdir()?;
    let folder = folder_or(|| random_qwen3(&scratch.path().join("tiny-qwen3")))?;

    // A language model would write its evaluation first; `Direct` reads the verdict from one token. A classifier has no use for it.
    let judge = Judge::from_pretrained(folder, &JudgeOptions::default().with_style(JudgeStyle::Direct))?;
    show_card(judge.card());

    let task: Task = serde_json::from_str(&fs::read_to_string(data("task.json"))?)?;
    let answers = fs::read_to_string(data("answers.jsonl"))?;
    let answers: Vec<String> = answers.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let candidates: Vec<Candidate> = answers.iter().map(|output| parse_any(output)).collect();
    let items: Vec<_> = candidates.iter().map(|candidate| ScoreItem { task: &task, candidate }).collect();

    // One call: what the candidates have in common, the conversation, is computed once.
    for (i, outcome) in judge.score(&items, &CallOptions::default()).await?.into_iter().enumerate() {
        println!("answer {i}: {}", in_words(outcome, |score| format!("scores {:.3}", score.value)));
    }
    Ok(())
}
