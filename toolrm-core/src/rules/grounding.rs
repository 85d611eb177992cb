//! Grounding rules: is each value supported by the conversation, an earlier tool result, a documented default?

use serde_json::Value;

use super::{Case, Report, Rule, Slot, support::Origin};

/// Support below this is worth a word.
const ENOUGH: f32 = 0.95;

fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(60) {
        Some((at, _)) => format!("{}...", text.get(..at).unwrap_or_default()),
        None => text,
    }
}

/// Reports every slot that `applies`, by how much support it lacks.
fn unsupported(case: &Case<'_>, report: &mut Report<'_>, applies: impl Fn(&Slot<'_>) -> bool, advice: &str) {
    for view in case.calls.iter().filter(|v| v.spec.is_some()) {
        for slot in view.slots.iter().filter(|s| s.support.degree < ENOUGH && applies(s)) {
            let message = format!("{} is not supported by the conversation; {advice}", shown(slot.value));
            report.find(slot.pointer(view.index), message, (1.0 - slot.support.degree) * slot.share);
        }
    }
}

fn is_guess(slot: &Slot<'_>) -> bool {
    matches!(slot.support.origin, Origin::Derived | Origin::Nowhere)
}

/// A required value that nobody said.
#[derive(Debug)]
pub(super) struct Required;

impl Rule for Required {
    fn id(&self) -> &'static str {
        "grounding.required"
    }
    fn summary(&self) -> &'static str {
        "The value of a required argument comes from the conversation, a tool result or a default."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        let applies = |s: &Slot<'_>| s.required && is_guess(s) && !s.is_flag();
        unsupported(case, report, applies, "ask for it");
    }
}

/// An optional value that nobody asked for.
#[derive(Debug)]
pub(super) struct Optional;

impl Rule for Optional {
    fn id(&self) -> &'static str {
        "grounding.optional"
    }
    fn summary(&self) -> &'static str {
        "An optional argument is given only when the conversation asks for it."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        let applies = |s: &Slot<'_>| !s.required && is_guess(s) && !s.is_flag();
        unsupported(case, report, applies, "leave the optional argument out");
    }
}

/// A flag set, or a listed value chosen, without a word in the conversation about it.
#[derive(Debug)]
pub(super) struct Choice;

impl Rule for Choice {
    fn id(&self) -> &'static str {
        "grounding.choice"
    }
    fn summary(&self) -> &'static str {
        "An optional flag or listed value differs from the default only when the conversation speaks of it."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        let applies = |s: &Slot<'_>| !s.required && (s.is_flag() || s.support.origin == Origin::Listed);
        unsupported(case, report, applies, "leave the optional argument out");
    }
}

/// A listed value where the conversation names another one of the list.
#[derive(Debug)]
pub(super) struct OtherListed;

impl Rule for OtherListed {
    fn id(&self) -> &'static str {
        "grounding.other-listed"
    }
    fn summary(&self) -> &'static str {
        "When the conversation names one of a parameter's listed values, that one is given."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        let applies = |s: &Slot<'_>| s.support.origin == Origin::OtherListed;
        unsupported(case, report, applies, "it names another of the allowed values");
    }
}

/// A value copied from the parameter's own description, or one that stands for a value still to be filled in.
#[derive(Debug)]
pub(super) struct Placeholder;

impl Rule for Placeholder {
    fn id(&self) -> &'static str {
        "grounding.placeholder"
    }
    fn summary(&self) -> &'static str {
        "No value is a placeholder or an example copied from the tool's description."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        for view in &case.calls {
            for slot in &view.slots {
                let copied = slot.support.origin == Origin::Example;
                let unsaid = slot.support.degree < 1.0;
                if copied || (unsaid && slot.value.as_str().is_some_and(is_placeholder)) {
                    let message = format!("{} stands for a value that nobody gave; ask for it", shown(slot.value));
                    report.find(slot.pointer(view.index), message, 1.0);
                }
            }
        }
    }
}

/// Texts that models write where a value is missing.
fn is_placeholder(text: &str) -> bool {
    let lower = text.trim().to_lowercase();
    let fenced = |open, close| lower.starts_with(open) && lower.ends_with(close) && lower.len() > 2;
    fenced('<', '>')
        || fenced('{', '}') && !lower.contains([':', '"'])
        || fenced('[', ']') && !lower.contains([',', '"'])
        || ["your_", "your ", "example", "insert", "placeholder", "path/to/", "xxx", "tbd"]
            .iter()
            .any(|p| lower.starts_with(p))
        || ["unknown", "n/a", "none", "null", "undefined", "string", "user_id", "not specified", "not provided", "todo"]
            .contains(&lower.as_str())
        || lower.contains("example.com")
        || lower.contains("your_")
}

/// A required argument that is given but empty.
#[derive(Debug)]
pub(super) struct Empty;

impl Rule for Empty {
    fn id(&self) -> &'static str {
        "grounding.empty"
    }
    fn summary(&self) -> &'static str {
        "A required argument is not left empty."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        for view in &case.calls {
            for slot in view.slots.iter().filter(|s| s.required && s.support.origin == Origin::Empty) {
                report.find(slot.pointer(view.index), "a required argument is empty; ask for its value", 1.0);
            }
        }
    }
}
