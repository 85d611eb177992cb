//! Self-correction: the rules say what is wrong with a draft, the model rewrites it, and the rewrite is kept only if it is better.
//!
//! ```text
//! draft     get_weather {"city":"Paris","days":"three"}
//! found     schema.type at /0/arguments/days: ..
//! rewritten get_weather {"city":"Paris","days":3}
//! kept      the rewrite, after 1 round
//! ```

use async_trait::async_trait;
use serde_json::json;
use toolrm_core::{correct::Corrector, format::parse_any, port::GenParams, prelude::*, sample::Sampler};

/// Stands in for a served model: it mends what the feedback names. A real one sends `task.messages()` to its server.
struct Model;

#[async_trait]
impl Sampler for Model {
    async fn sample(
        &self,
        task: &Task,
        _n: usize,
        _params: &GenParams,
        _options: &CallOptions,
    ) -> Result<Vec<Candidate>, JudgeError> {
        let feedback = task.last_user_text().unwrap_or_default();
        let days = if feedback.contains("/0/arguments/days") { "3" } else { "'three'" };
        Ok(vec![parse_any(&format!("[get_weather(city='Paris', days={days})]"))])
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let tools = Toolset::from_json(
        &json!([{"name": "get_weather", "description": "Weather forecast of a city", "parameters": {
        "type": "object", "required": ["city", "days"],
        "properties": {"city": {"type": "string"}, "days": {"type": "integer", "description": "Days to forecast"}}}}]),
    )?;
    let task = Task::new(vec![Message::user("Weather forecast for Paris, next 3 days, please.")], tools);
    let draft = parse_any("[get_weather(city='Paris', days='three')]");
    show("draft", &draft);

    let corrector = Corrector::new(FromScorer::new(RuleScorer::default()), Model).with_max_rounds(2);
    let correction = corrector.run(&task, draft, &CallOptions::default()).await?;

    for round in &correction.rounds {
        round.findings.iter().take(1).for_each(|finding| println!("found     {finding}"));
        show("rewritten", &round.rewrite);
    }
    let kept = if correction.changed { "the rewrite" } else { "the draft" };
    println!("kept      {kept}, after {} round", correction.rounds.len());
    Ok(())
}

fn show(what: &str, candidate: &Candidate) {
    for call in candidate.action.calls() {
        println!("{what:<9} {} {}", call.name, call.arguments);
    }
}
