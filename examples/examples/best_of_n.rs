//! The main job: an agent has a conversation, its tools and N answers of a model. Which one is best, and what is wrong with the rest?
//!
//! ```text
//! Please book Trattoria Bellini at 19:30, in the name of Moreau.
//! best is answer 2: book_table {"restaurant":"Trattoria Bellini","date":"2025-03-15","time":"19:30","people":4,"name":"Moreau"}
//! 1. answer 2 scores ..
//!      relevance.unrelated at /0/name: ..
//! 2. answer 0 scores ..
//!      coverage.unused-date: the request's 19:30 is used by no argument
//! 3. answer 1 scores ..
//!      relevance.no-call: ..
//! 4. answer 3 scores ..
//!      schema.type at /0/arguments/people: ..
//! 5. answer 4 scores ..
//!      schema.malformed: ..
//! ```

#![allow(clippy::indexing_slicing, reason = "the indices are those of the selection")]

use toolrm_core::{format::parse_any, prelude::*};
use toolrm_examples::data;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The conversation and the tools in OpenAI's shape; the answers as models wrote them, each in a dialect of its own.
    let task: Task = serde_json::from_str(&std::fs::read_to_string(data("task.json"))?)?;
    let answers = std::fs::read_to_string(data("answers.jsonl"))?;
    let answers: Vec<String> = answers.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let candidates: Vec<Candidate> = answers.iter().map(|output| parse_any(output)).collect();

    let judge = FromScorer::new(RuleScorer::default());
    let best = best_of_n(&judge, &task, &candidates).await?;

    println!("{}", task.last_user_text().unwrap_or_default());
    for call in candidates[best.winner].action.calls() {
        println!("best is answer {}: {} {}", best.winner, call.name, call.arguments);
    }
    for (rank, &i) in best.order.iter().enumerate() {
        if let Some(score) = &best.scores[i] {
            println!("{}. answer {i} scores {:.2}", rank + 1, score.value);
            // The most severe finding comes first.
            score.findings.iter().take(1).for_each(|finding| println!("     {finding}"));
        }
    }
    Ok(())
}
