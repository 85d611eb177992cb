//! Self-correction without a model: what the rules find and know how to mend is mended, and kept only if the rules prefer it.
//!
//! ```text
//! draft     book_table {"restaurant":"Chez Paul","people":"4","smoking":true}
//! found     .. at /0/arguments/people: ..
//! found     .. at /0/arguments/smoking: ..
//! kept      book_table {"restaurant":"Chez Paul","people":4}
//! ```

use serde_json::json;
use toolrm_core::{
    correct::{Corrector, Mender},
    prelude::*,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let tools = Toolset::from_json(
        &json!([{"name": "book_table", "description": "Book a table at a restaurant", "parameters": {
        "type": "object", "required": ["restaurant", "people"], "properties": {
            "restaurant": {"type": "string", "description": "Name of the restaurant"},
            "people": {"type": "integer", "description": "How many people"},
            "smoking": {"type": "boolean", "description": "Whether to sit with smokers"}}}}]),
    )?;
    let task = Task::new(vec![Message::user("Book a table for 4 people at the restaurant Chez Paul.")], tools);
    let draft = ToolCall::new("book_table", json!({"restaurant": "Chez Paul", "people": "4", "smoking": true}));
    println!("draft     {} {}", draft.name, draft.arguments);

    // On recorded answers, acting on heavy findings alone (`with_least_weight`) mends almost as many and breaks far fewer.
    let mender = Mender::new();
    let corrector =
        Corrector::new(FromScorer::new(RuleScorer::default()), mender).with_feedback(mender).with_max_rounds(4);
    let correction = corrector.run(&task, Candidate::calls(vec![draft]), &CallOptions::default()).await?;

    for round in &correction.rounds {
        round.findings.iter().take(1).for_each(|finding| println!("found     {finding}"));
    }
    for call in correction.kept.action.calls() {
        println!("kept      {} {}", call.name, call.arguments);
    }
    Ok(())
}
