//! A served language model as judge. It is asked what it is, then each pair in both orders: where its two answers disagree, it is a tie.
//!
//! TOOLRM_SERVER=URL#MODEL names a server with OpenAI's API, such as http://localhost:8000#qwen3-4b. Without it a stand-in is asked
//! that is no model and counts words, see `src/server.rs`.
//!
//! ```text
//! http://127.0.0.1:..: OpenAI-compatible
//!   stand-in
//! log-probabilities: no, verdicts are taken as written
//! 19:30 against 21:00: First, the two orders agree
//!   Of 1, .. words are not in the user's last message; of 2, .. words are not in the user's last message.
//! 21:00 against 20:00: Tie, the two orders disagree
//!   Of 1, .. words are not in the user's last message; of 2, .. words are not in the user's last message.
//! ```

use serde_json::json;
use toolrm_backends::http::{HttpChat, HttpClient};
use toolrm_core::{critic::GenerativeCritic, prelude::*};
use toolrm_examples::{data, in_words, server::served};

fn booking(time: &str) -> Candidate {
    let arguments =
        json!({"restaurant": "Trattoria Bellini", "date": "2025-03-15", "time": time, "people": 4, "name": "Moreau"});
    Candidate::calls(vec![ToolCall::new("book_table", arguments)])
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (url, model) = served().await?;
    let options = CallOptions::default();

    // As it is this suits vLLM and SGLang; llama.cpp and OpenAI itself want `.with_dialect(..)`. A key is taken from TOOLRM_API_KEY or
    // OPENAI_API_KEY. A model that is not served is an error here, with the names of those that are.
    let chat = HttpChat::new(HttpClient::new(url)?, model);
    let probe = chat.probe(&options).await?;
    println!("{}", probe.server);
    let logprobs = if probe.logprobs { "yes, verdicts are soft" } else { "no, verdicts are taken as written" };
    println!("log-probabilities: {logprobs}");

    let judge = GenerativeCritic::new(chat).with_soft_verdicts(probe.logprobs).both_orders();
    let task: Task = serde_json::from_str(&std::fs::read_to_string(data("task.json"))?)?;
    let times = [("19:30", "21:00"), ("21:00", "20:00")];
    let candidates = times.map(|(first, second)| (booking(first), booking(second)));
    let pairs: Vec<_> = candidates.iter().map(|(first, second)| PairItem { task: &task, first, second }).collect();

    for ((first, second), outcome) in times.iter().zip(judge.compare(&pairs, &options).await?) {
        let said = in_words(outcome, |verdict| {
            let orders = if verdict.consistent == Some(true) { "agree" } else { "disagree" };
            let critique = verdict.critique.unwrap_or_default();
            let reason = critique.lines().next().unwrap_or_default();
            format!("{:?}, the two orders {orders}\n  {reason}", verdict.choice)
        });
        println!("{first} against {second}: {said}");
    }
    Ok(())
}
