//! Best of N with a served model: it writes the candidates, and it judges those that the rules are unsure of.
//!
//! TOOLRM_SERVER=URL#MODEL names a server with OpenAI's API, such as http://localhost:8000#qwen3-4b. Without it a stand-in is asked
//! that is no model: its candidates are recorded ones and its verdicts count words, see `src/server.rs`.
//!
//! ```text
//! Please book Trattoria Bellini at 19:30, in the name of Moreau.
//! 1. candidate 2: book_table {"restaurant":"Trattoria Bellini","date":"2025-03-15","time":"19:30","people":4,"name":"Moreau"}
//! 2. candidate 0: book_table {"restaurant":"Trattoria Bellini","date":"2025-03-15","time":"21:00","people":4,"name":"Moreau"}
//! 3. candidate ..
//! 4. candidate ..
//! 5. candidate ..
//! 4 comparisons, 1 of them by the model
//! ```

#![allow(clippy::indexing_slicing, reason = "the indices are those of the selection")]

use toolrm_backends::http::{HttpChat, HttpClient};
use toolrm_core::{critic::GenerativeCritic, port::GenParams, prelude::*, sample::Sampler};
use toolrm_examples::{data, server::served};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (url, model) = served().await?;
    let options = CallOptions::default();
    let chat = HttpChat::new(HttpClient::new(url)?, model);
    let probe = chat.probe(&options).await?;

    // Conversation and tools go to the server; what comes back is read as calls, in whatever dialect the model wrote them.
    let task: Task = serde_json::from_str(&std::fs::read_to_string(data("task.json"))?)?;
    let candidates = chat.sample(&task, 5, &GenParams::default().with_max_tokens(1024), &options).await?;

    // The rules cost microseconds. Pairs they give less than .8 to .2 are handed on to the model, which sees both orders.
    let critic = GenerativeCritic::new(chat).with_soft_verdicts(probe.logprobs).both_orders();
    let judge = FromScorer::new(RuleScorer::default()).cascade(critic, 0.3);
    let best = best_of_n(&judge, &task, &candidates).await?;

    println!("{}", task.last_user_text().unwrap_or_default());
    for (rank, &i) in best.order.iter().enumerate() {
        let said = match &candidates[i].action {
            Action::Calls(calls) => {
                calls.iter().map(|c| format!("{} {}", c.name, c.arguments)).collect::<Vec<_>>().join(", ")
            }
            Action::Text(text) => text.clone(),
            Action::Malformed { why, .. } => format!("malformed: {why}"),
            _ => "nothing".into(),
        };
        println!("{}. candidate {i}: {said}", rank + 1);
    }
    let asked = judge.stats();
    println!("{} comparisons, {} of them by the model", asked.items, asked.escalated);
    Ok(())
}
