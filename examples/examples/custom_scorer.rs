//! Scorers and rules of your own: a rule is one trait and ten lines, a scorer is a closure.
//!
//! ```text
//! with the house rule: refund {"order":"A-7","amount":250} scores lower
//!   house.large-refund at /0/arguments/amount: refunds over 100 want a person's consent: ask first
//! brevity prefers answer 1
//! ```

use serde_json::{Value, json};
use toolrm_core::{
    prelude::*,
    rules::{Case, Report, Rule},
};

/// No large refund without a person's word.
#[derive(Debug)]
struct LargeRefund;

impl Rule for LargeRefund {
    fn id(&self) -> &'static str {
        "house.large-refund"
    }
    fn summary(&self) -> &'static str {
        "Refunds over 100 want a person's consent."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        for view in case.calls.iter().filter(|v| v.call.name == "refund") {
            if view.call.arguments.get("amount").and_then(Value::as_f64).is_some_and(|amount| amount > 100.0) {
                report.find(
                    view.pointer("/arguments/amount"),
                    "refunds over 100 want a person's consent: ask first",
                    1.0,
                );
            }
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let tools = Toolset::from_json(&json!([{"name": "refund", "description": "Refund an order", "parameters": {
        "type": "object", "required": ["order", "amount"],
        "properties": {"order": {"type": "string"}, "amount": {"type": "number"}}}}]))?;
    let task = Task::new(vec![Message::user("Refund order A-7, all 250 of it.")], tools);
    let call = ToolCall::new("refund", json!({"order": "A-7", "amount": 250}));
    let candidate = Candidate::calls(vec![call.clone()]);

    // A rule of your own joins the built-in ones, with a weight in log-odds.
    let value = |rules: &RuleScorer| rules.score(&task, &candidate).judged().map(|score| score.value);
    let house_rules = RuleScorer::default().with_rule(LargeRefund, 4.0);
    let lower = value(&house_rules) < value(&RuleScorer::default());
    println!(
        "with the house rule: {} {} scores {}",
        call.name,
        call.arguments,
        if lower { "lower" } else { "the same" }
    );
    house_rules.findings(&task, &candidate).iter().take(1).for_each(|finding| println!("  {finding}"));

    // A closure is a scorer, and every scorer is a judge.
    let brevity = scorer_fn("brevity", |_: &Task, candidate: &Candidate| match candidate.action.text() {
        Some(text) => Outcome::Judged(Score::new(1.0 / (1.0 + text.len() as f64))),
        None => Outcome::abstained("not an answer in words"),
    });
    let answers = ["I have refunded the order for you just now.", "Refunded."].map(Candidate::text);
    println!("brevity prefers answer {}", best_of_n(&FromScorer::new(brevity), &task, &answers).await?.winner);
    Ok(())
}
