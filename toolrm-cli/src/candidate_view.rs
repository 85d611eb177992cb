//! How candidates, calls and findings are shown.

use serde_json::{Map, Value, json};
use toolrm_core::{
    call::{Action, Candidate, ToolCall},
    score::Finding,
};

use crate::output::{BAD, DIM, WARN, one_line, paint};

/// Longest finding printed, in characters.
const FINDING_WIDTH: usize = 400;

/// The action as JSON: `[{name: {args}}]`, a text, or `{"malformed": .., "why": ..}`.
pub(crate) fn action_json(candidate: &Candidate) -> Value {
    match &candidate.action {
        Action::Text(text) => json!(text),
        Action::Malformed { raw, why } => json!({"malformed": raw, "why": why}),
        action => action.calls().iter().map(call_json).collect(),
    }
}

/// The candidate as an OpenAI assistant message, without the text it was parsed from.
pub(crate) fn message_json(candidate: &Candidate) -> Value {
    let mut message = candidate.clone();
    message.raw = None;
    json!(message)
}

fn call_json(call: &ToolCall) -> Value {
    Value::Object(Map::from_iter([(call.name.clone(), call.arguments.clone())]))
}

/// The action on one line: `f({"a":1})`, a quoted text, or what is malformed.
pub(crate) fn action_line(candidate: &Candidate, most: usize) -> String {
    match &candidate.action {
        Action::Text(text) => format!("\"{}\"", one_line(text, most)),
        Action::Malformed { raw, why } => {
            let why = paint(BAD, &format!("malformed: {}", one_line(why, most)));
            format!("{why}  {}", paint(DIM, &one_line(raw, most)))
        }
        action => {
            let calls = action.calls().iter().map(call_line);
            one_line(&calls.collect::<Vec<_>>().join("  "), most)
        }
    }
}

/// A call as `f({"a":1})`, of any length.
pub(crate) fn call_line(call: &ToolCall) -> String {
    format!("{}({})", call.name, call.arguments)
}

/// A finding on one line: what it costs, rule, place, message; what costs a log-odds or more stands out.
pub(crate) fn finding_line(finding: &Finding) -> String {
    let style = if finding.weight >= 1.0 { WARN } else { DIM };
    let place = one_line(&finding.pointer, FINDING_WIDTH);
    let place = if place.is_empty() { place } else { format!(" at {place}") };
    let unsaid = finding.suggestion.as_ref().map(ToString::to_string).filter(|s| !finding.message.contains(s));
    let mend = unsaid.map_or_else(String::new, |s| format!(" (try {s})"));
    let text = one_line(&format!("{}{mend}", finding.message), FINDING_WIDTH);
    format!("{}{place}: {text}", paint(style, &format!("{:>5.2} {}", -finding.weight, finding.rule)))
}
