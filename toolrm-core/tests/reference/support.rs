//! What the tests share.

use serde_json::Value;
use toolrm_core::prelude::*;

/// A task that knows these right answers and no tools.
pub(crate) fn task(reference: impl IntoIterator<Item = Action>) -> Task {
    Task::new(Vec::new(), Toolset::new(Vec::new()).unwrap()).with_reference(reference.into_iter().collect())
}

/// Calls written as pairs of name and arguments.
pub(crate) fn calls<const N: usize>(calls: [(&str, Value); N]) -> Action {
    Action::Calls(calls.into_iter().map(|(name, arguments)| ToolCall::new(name, arguments)).collect())
}

/// The judged score.
pub(crate) fn score(scorer: &impl Scorer, task: &Task, action: &Action) -> Score {
    scorer.score(task, &action.clone().into()).judged().unwrap()
}
