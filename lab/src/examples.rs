//! An example of each verdict of each rule, in `data/examples.json`: rule id to
//! `{"tools", "messages", "fires": ANSWER, "silent": ANSWER}`. An answer is a list of `{NAME: {ARGUMENTS}}`, a text for an answer in words,
//! `{"output": TEXT}` for what a model wrote, or `{"repeat": N, "call": {NAME: {ARGUMENTS}}}`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use toolrm_core::{
    call::{Candidate, Message},
    format::parse_any,
    rules::RuleScorer,
    score::Finding,
    task::Task,
    toolset::Toolset,
};

use crate::{dataset::candidate, error::LabError, severities::rules};

const TEXT: &str = include_str!("../data/examples.json");

/// An example of a rule.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Example {
    /// The tools, as JSON.
    pub tools: Value,
    /// The conversation.
    pub messages: Vec<Message>,
    /// An answer that breaks the rule.
    pub fires: Value,
    /// One that does not.
    pub silent: Value,
}

/// The examples by rule.
pub fn examples() -> Result<BTreeMap<String, Example>, LabError> {
    serde_json::from_str(TEXT).map_err(|e| LabError::Check(format!("lab/data/examples.json: {e}")))
}

impl Example {
    /// What rules find in the answers, `fires` and `silent`, every rule at weight 1.
    pub fn findings(&self) -> Result<[Vec<Finding>; 2], LabError> {
        let bad = |what: String| LabError::Check(format!("lab/data/examples.json: {what}"));
        let tools = Toolset::from_json(&self.tools).map_err(|e| bad(e.to_string()))?;
        let task = Task::new(self.messages.clone(), tools);
        let mut scorer = RuleScorer::default();
        for rule in rules() {
            scorer = scorer.with_weight(&rule.id, 1.0)?;
        }
        let found = |value: &Value| Ok::<_, LabError>(scorer.findings(&task, &answer(value).map_err(bad)?));
        Ok([found(&self.fires)?, found(&self.silent)?])
    }
}

/// An answer in one of the shapes above.
fn answer(value: &Value) -> Result<Candidate, String> {
    if let Some(output) = value.get("output").and_then(Value::as_str) {
        return Ok(parse_any(output));
    }
    match (value.get("repeat").and_then(Value::as_u64), value.get("call")) {
        (Some(n), Some(call)) => candidate(&(0..n).map(|_| call.clone()).collect()),
        _ => candidate(value),
    }
}
