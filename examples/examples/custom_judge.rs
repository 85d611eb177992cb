//! A judge of your own, with layers around it: a judge with a liking for the first place can be made to stop winning by it.
//!
//! ```text
//! alone:       read_page() against search() is first, search() against read_page() is first
//! both orders: read_page() against search() is tie, search() against read_page() is tie
//! ensemble:    read_page() against search() is second
//! ```

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::json;
use toolrm_core::{judge::Choice, layer::Ensemble, prelude::*};

/// Compares candidates and always prefers the one it is shown first, as language models are prone to.
struct FirstImpression(JudgeCard);

#[async_trait]
impl ToolCallJudge for FirstImpression {
    fn card(&self) -> &JudgeCard {
        &self.0
    }

    async fn compare(
        &self,
        pairs: &[PairItem<'_>],
        options: &CallOptions,
    ) -> Result<Vec<Outcome<Comparison>>, JudgeError> {
        // Cancelled, or past the deadline? Then nothing is asked any more.
        options.check()?;
        // One outcome per pair, in order. A model would be asked here, once for the batch.
        Ok(pairs.iter().map(|_| Outcome::Judged(Comparison::from_choice(Choice::First))).collect())
    }
}

fn first_impression() -> FirstImpression {
    // The fingerprint names everything a verdict depends on: model, prompt, parameters.
    FirstImpression(JudgeCard::pairwise("first-impression", "first-impression@1"))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let tools = Toolset::new(vec![
        Tool::new("read_page", json!({"type": "object", "properties": {}}))
            .with_description("Read the page that is open"),
        Tool::new("search", json!({"type": "object", "properties": {}})).with_description("Search the web"),
    ])?;
    let task = Task::new(vec![Message::user("Search the web for rust judges.")], tools);
    let [read, search] = ["read_page", "search"].map(|tool| Candidate::calls(vec![ToolCall::new(tool, json!({}))]));
    let pairs = [
        PairItem { task: &task, first: &read, second: &search },
        PairItem { task: &task, first: &search, second: &read },
    ];

    show("alone:      ", &first_impression(), &pairs).await?;
    show("both orders:", &first_impression().both_orders(), &pairs).await?;
    // An unbiased judge beside it decides where it has nothing to say.
    let judges: [Arc<dyn ToolCallJudge>; 2] =
        [Arc::new(first_impression().both_orders()), Arc::new(FromScorer::new(RuleScorer::default()))];
    let ensemble = Ensemble::new(judges)?;
    show("ensemble:   ", &ensemble, &pairs[..1]).await?;
    Ok(())
}

async fn show(name: &str, judge: &dyn ToolCallJudge, pairs: &[PairItem<'_>]) -> Result<(), JudgeError> {
    let tool = |candidate: &Candidate| candidate.action.calls().iter().map(|c| c.name.clone()).collect::<String>();
    let verdicts = judge.compare(pairs, &CallOptions::default()).await?;
    let said = pairs.iter().zip(verdicts).map(|(pair, verdict)| {
        let choice = verdict.judged().map_or("undecided", |v| match v.choice {
            Choice::First => "first",
            Choice::Second => "second",
            Choice::Tie => "tie",
        });
        format!("{}() against {}() is {choice}", tool(pair.first), tool(pair.second))
    });
    println!("{name} {}", said.collect::<Vec<_>>().join(", "));
    Ok(())
}
