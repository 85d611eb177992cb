//! The reference answers of a task, checked, and the findings that do not depend on how calls are compared.

use serde_json::{Value, json};

use super::{compare::Comparer, options::WordsReference};
use crate::{
    call::{Action, ToolCall},
    error::{ErrorKind, JudgeError},
    score::{Finding, Outcome},
    task::Task,
};

/// One reference answer.
#[derive(Debug, Clone, Copy)]
pub(super) enum Gold<'a> {
    /// These calls are expected, at least one.
    Calls(&'a [ToolCall]),
    /// An answer in words is expected.
    Words(&'a str),
}

/// Judges a candidate by every reference answer and keeps the best; of equals, the first.
pub(super) fn best<'t, T>(
    task: &'t Task,
    words: WordsReference,
    judge: impl Fn(usize, Gold<'t>) -> T,
    value: impl Fn(&T) -> f64,
) -> Outcome<T> {
    let mut best: Option<T> = None;
    for (i, action) in task.reference().iter().enumerate() {
        let gold = match (gold(i, action), words) {
            (Err(error), _) => return Outcome::Failed(error),
            (Ok(Gold::Words(_)), WordsReference::Abstain) => continue,
            (Ok(gold), _) => gold,
        };
        let new = judge(i, gold);
        if best.as_ref().is_none_or(|old| value(&new) > value(old)) {
            best = Some(new);
        }
    }
    match best {
        Some(judged) => Outcome::Judged(judged),
        None if task.reference().is_empty() => Outcome::abstained("the task has no reference answer"),
        None => Outcome::abstained("the reference is an answer in words, which this scorer is told not to judge"),
    }
}

/// A reference that is no answer is a mistake of the caller, not a bad candidate.
fn gold(i: usize, action: &Action) -> Result<Gold<'_>, JudgeError> {
    let invalid = |message: String| Err(JudgeError::new(ErrorKind::InvalidInput, format!("reference {i}: {message}")));
    match action {
        Action::Text(text) => Ok(Gold::Words(text)),
        Action::Malformed { why, .. } => invalid(format!("it is malformed ({why}): give calls or a text")),
        Action::Calls(calls) if calls.is_empty() => {
            invalid("an empty list of calls: when no call is expected, give a text".into())
        }
        Action::Calls(calls) => match calls.iter().enumerate().find(|(_, c)| c.args().is_none()) {
            Some((j, call)) => invalid(format!("arguments of call {j} (\"{}\") are not a JSON object", call.name)),
            None => Ok(Gold::Calls(calls)),
        },
    }
}

impl Comparer {
    /// A call of the reference as a finding suggests it, with every choice made.
    pub(super) fn suggested(&self, call: &ToolCall) -> Value {
        let arguments = call.args().into_iter().flatten();
        let chosen = arguments.filter_map(|(name, gold)| Some((name.clone(), self.equiv.example(gold)?)));
        json!({"name": call.name, "arguments": Value::Object(chosen.collect())})
    }

    /// The finding about a call of the reference that would have to be appended to the candidate at `index`.
    pub(super) fn missing_call(&self, call: &ToolCall, index: usize, loss: f64) -> Finding {
        let message = format!("a call of \"{}\" is missing", call.name);
        Finding::new("reference.missing_call", format!("/{index}"), message, weight_of(loss))
            .with_suggestion(self.suggested(call))
    }

    /// The finding about a candidate that makes no calls where calls are expected, or calls where words are. `None` when it does
    /// what kind of thing is expected.
    pub(super) fn kind_finding(&self, gold: Gold<'_>, action: &Action, weight: f64) -> Option<Finding> {
        let (rule, message) = match (gold, action) {
            (_, Action::Malformed { why, .. }) => {
                ("reference.malformed", format!("expected {}, got an answer that cannot be read: {why}", wanted(gold)))
            }
            (_, Action::Calls(calls)) if calls.is_empty() => {
                ("reference.malformed", format!("expected {}, got an empty list of calls", wanted(gold)))
            }
            (Gold::Calls(_), Action::Calls(_)) | (Gold::Words(_), Action::Text(_)) => return None,
            (Gold::Calls(_), Action::Text(_)) => {
                ("reference.call_expected", format!("expected {}, got an answer in words", wanted(gold)))
            }
            (Gold::Words(_), Action::Calls(calls)) => {
                let got = wanted(Gold::Calls(calls));
                ("reference.no_call_expected", format!("expected {}, got {got}", wanted(gold)))
            }
        };
        let finding = Finding::new(rule, "", message, weight_of(weight));
        Some(match gold {
            Gold::Calls(calls) => finding.with_suggestion(calls.iter().map(|c| self.suggested(c)).collect()),
            Gold::Words("") => finding,
            Gold::Words(text) => finding.with_suggestion(text.into()),
        })
    }
}

fn wanted(gold: Gold<'_>) -> String {
    match gold {
        Gold::Words(_) => "an answer in words".into(),
        Gold::Calls([only]) => format!("a call of \"{}\"", only.name),
        Gold::Calls(calls) => format!("{} calls ({})", calls.len(), quoted_names(calls)),
    }
}

/// The names of the calls, in order: `"f", "g"`. Of a flood, the first few.
pub(super) fn quoted_names(calls: &[ToolCall]) -> String {
    const MOST: usize = 12;
    let names: Vec<_> = calls.iter().take(MOST).map(|c| format!("\"{}\"", c.name)).collect();
    names.join(", ") + if calls.len() > MOST { ", …" } else { "" }
}

/// `1 call`, `2 calls`.
pub(super) fn count_of(calls: &[ToolCall]) -> String {
    if calls.len() == 1 { "1 call".into() } else { format!("{} calls", calls.len()) }
}

/// A loss as the weight of a finding.
#[allow(clippy::cast_possible_truncation, reason = "weights are shown, not summed up to a score")]
pub(super) fn weight_of(loss: f64) -> f32 {
    loss as f32
}
