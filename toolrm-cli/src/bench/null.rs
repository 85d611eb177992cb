//! The null judges: what can be won without reading the question. A judge is worth what it adds to the best of them.

use serde_json::Value;
use toolrm_core::{
    call::{Action, Candidate},
    canonical::Fingerprint,
    judge::{FromScorer, ToolCallJudge},
    score::{Outcome, Score, ScoreScale, scorer_fn},
    task::Task,
};

/// All null judges, in the order they are shown.
pub(crate) fn null_judges(seed: u64) -> Vec<Box<dyn ToolCallJudge>> {
    vec![
        null("random", move |task, candidate| random(seed, task, candidate)),
        null("longer", |_, candidate| length(candidate)),
        null("shorter", |_, candidate| -length(candidate)),
        null("more-calls", |_, candidate| candidate.action.calls().len() as f64),
        null("schema-only", |task, candidate| if fits_schema(task, candidate) { 1.0 } else { 0.0 }),
    ]
}

fn null<F>(name: &'static str, value: F) -> Box<dyn ToolCallJudge>
where
    F: Fn(&Task, &Candidate) -> f64 + Send + Sync + 'static,
{
    let scorer =
        scorer_fn(name, move |task: &Task, candidate: &Candidate| Outcome::Judged(Score::new(value(task, candidate))));
    Box::new(FromScorer::new(scorer.with_scale(ScoreScale::Open)))
}

/// A number in \[0, 1) drawn by the seed, the pair and the candidate: the same run gives the same numbers.
fn random(seed: u64, task: &Task, candidate: &Candidate) -> f64 {
    let pair = task.metadata().get("pair").map_or_else(String::new, Value::to_string);
    let drawn = Fingerprint::of([seed.to_string(), pair, spelled(candidate)]);
    let bits = drawn.as_bytes().iter().take(6).fold(0_u64, |bits, byte| (bits << 8) | u64::from(*byte));
    bits as f64 / (1_u64 << 48) as f64
}

/// Number of characters of the answer's text, or of its calls as compact JSON.
fn length(candidate: &Candidate) -> f64 {
    spelled(candidate).chars().count() as f64
}

fn spelled(candidate: &Candidate) -> String {
    match &candidate.action {
        Action::Text(text) => text.clone(),
        Action::Malformed { raw, .. } => raw.clone(),
        action => action.calls().iter().flat_map(|c| [c.name.clone(), c.arguments.to_string()]).collect(),
    }
}

/// Whether every call is of a known tool with arguments its schema allows. Words have nothing against them.
fn fits_schema(task: &Task, candidate: &Candidate) -> bool {
    let fits = |call| task.tools().violations(call).is_some_and(|violations| violations.is_empty());
    !candidate.action.is_malformed() && candidate.action.calls().iter().all(fits)
}
