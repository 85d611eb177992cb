//! A question and what models answered, right and wrong.

use std::sync::Arc;

use serde_json::Value;
use toolrm_core::{
    call::{Action, Candidate, Message},
    canonical::{Fingerprint, same_call},
};

use super::Census;

/// A recorded answer.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Answer {
    /// What the model did: calls, or words.
    pub action: Action,
    /// Which model.
    pub from: String,
    /// The conversation it answered.
    pub messages: Arc<[Message]>,
    /// What its benchmark says is wrong with it, where it says so.
    pub error_type: Option<String>,
}

impl Answer {
    /// An answer that was read from a model's output. What is no calls is left out and counted.
    pub(super) fn decoded(candidate: Candidate, from: &str, messages: &Arc<[Message]>) -> Result<Self, &'static str> {
        match candidate.action {
            action @ Action::Calls(_) => {
                Ok(Self { action, from: from.into(), messages: messages.clone(), error_type: None })
            }
            Action::Text(text) if text.trim().is_empty() => Err("an empty answer"),
            Action::Text(_) => Err("an answer in words to a question of calls"),
            _ => Err("an answer that cannot be decoded"),
        }
    }

    /// What the answer means: calls in whatever order.
    pub(super) fn meaning(&self) -> Vec<Fingerprint> {
        let mut parts: Vec<_> = match &self.action {
            Action::Calls(calls) => calls.iter().map(Fingerprint::of_call).collect(),
            other => vec![Fingerprint::of_action(other)],
        };
        parts.sort_unstable();
        parts
    }
}

/// A question with its distinct answers.
#[derive(Debug)]
#[non_exhaustive]
pub struct Question {
    /// Unique in its source.
    pub id: String,
    /// What questions that are near to one another share: they stay on one side of a split.
    pub question_id: String,
    /// Kind of question.
    pub category: String,
    /// The tools, as published.
    pub tools: Value,
    /// Right answers, each once.
    pub right: Vec<Answer>,
    /// Wrong answers, each once.
    pub wrong: Vec<Answer>,
}

impl Question {
    /// A question nobody has answered yet.
    pub(super) fn new(id: String, question_id: String, category: &str, tools: Value) -> Self {
        Self { id, question_id, category: category.into(), tools, right: Vec::new(), wrong: Vec::new() }
    }

    /// Why no pair can be made of it.
    pub fn unpaired(&self) -> Option<&'static str> {
        match (self.right.is_empty(), self.wrong.is_empty()) {
            (true, true) => Some("a question without a usable answer"),
            (true, false) => Some("a question without a right answer"),
            (false, true) => Some("a question without a wrong answer"),
            (false, false) => None,
        }
    }

    /// Keeps one answer of each meaning, and none that is called right and wrong.
    pub(super) fn distinct(mut self, census: &mut Census) -> Self {
        for answers in [&mut self.right, &mut self.wrong] {
            let mut seen = std::collections::HashSet::new();
            answers.retain(|answer| seen.insert(answer.meaning()));
        }
        let right: Vec<_> = self.right.iter().map(Answer::meaning).collect();
        self.wrong.retain(|answer| {
            let both = right.contains(&answer.meaning());
            if both {
                census.leave_out("an answer that is called right and wrong");
            }
            !both
        });
        self
    }
}

/// How a wrong answer differs from a right one, where the benchmark does not say.
pub(super) fn difference(right: &Action, wrong: &Action) -> &'static str {
    let (right, wrong) = (right.calls(), wrong.calls());
    if wrong.is_empty() {
        return "no_call";
    }
    let mut named: [Vec<&str>; 2] = [right, wrong].map(|calls| calls.iter().map(|c| c.name.as_str()).collect());
    for names in &mut named {
        names.sort_unstable();
    }
    let [right_names, wrong_names] = named;
    if right_names.len() != wrong_names.len() {
        return "wrong_count";
    }
    if right_names != wrong_names {
        return "wrong_func_name";
    }
    let unmatched = wrong.iter().filter(|w| !right.iter().any(|r| same_call(r, w)));
    // Of calls of one tool, the first may be the counterpart of another: only the kind of the difference hangs on it.
    let kinds = unmatched.filter_map(|w| {
        let counterpart = right.iter().find(|r| r.name == w.name && !wrong.iter().any(|w| same_call(r, w)))?;
        let (r, w) = (counterpart.args()?, w.args()?);
        Some(match (r.keys().all(|k| w.contains_key(k)), w.keys().all(|k| r.contains_key(k))) {
            (false, _) => "missing_argument",
            (_, false) => "extra_argument",
            _ => "wrong_value",
        })
    });
    kinds.min().unwrap_or("wrong_value")
}
