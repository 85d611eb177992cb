//! Grounding rules: is each value supported by the conversation, an earlier tool result, a documented default?

mod numbers;

use serde_json::Value;

pub(super) use self::numbers::{Order, ReusedNumber, Role};

use super::{Case, Report, Rule, Slot, support::Origin};
use crate::{
    context::{Words, is_stop_word, stem},
    toolset::{Param, TypeSet},
};

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
    matches!(slot.support.origin, Origin::Derived | Origin::Request | Origin::Nowhere)
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
        let applies = |s: &Slot<'_>| s.required && is_guess(s) && !s.is_flag() && !is_free(s);
        unsupported(case, report, applies, "ask for it");
    }
}

/// A required text to be written in the caller's words, of which the conversation has little.
#[derive(Debug)]
pub(super) struct FreeText;

impl Rule for FreeText {
    fn id(&self) -> &'static str {
        "grounding.free-text"
    }
    fn summary(&self) -> &'static str {
        "A message, query or summary is put together from what the conversation says."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        let applies = |s: &Slot<'_>| s.required && is_guess(s) && is_free(s);
        unsupported(case, report, applies, "use the conversation's own words");
    }
}

fn is_free(slot: &Slot<'_>) -> bool {
    slot.value.is_string() && slot.param.is_some_and(|p| p.hints.free)
}

/// An optional text that says again what another argument of the call says already.
#[derive(Debug)]
pub(super) struct Borrowed;

impl Rule for Borrowed {
    fn id(&self) -> &'static str {
        "grounding.borrowed"
    }
    fn summary(&self) -> &'static str {
        "An optional text is said for its own parameter: not words that fill another argument of the call, nor the tool's own topic."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        for view in &case.calls {
            let Some(spec) = view.spec else { continue };
            for (at, slot) in view.slots.iter().enumerate().filter(|(_, s)| may_be_borrowed(s)) {
                let mut telling = slot.words.iter().filter(|w| !is_stop_word(w)).peekable();
                if telling.peek().is_none() {
                    continue;
                }
                let others = view.slots.iter().enumerate().filter(|(other, s)| *other != at && s.required);
                let texts: Vec<&Words> = others.map(|(_, s)| &s.words).collect();
                let elsewhere = |w: &str| {
                    let same = |other: &str| stem(other) == stem(w);
                    texts.iter().any(|t| t.iter().any(same)) || spec.hints().name.iter().any(same)
                };
                if telling.all(elsewhere) {
                    let message = format!(
                        "{} is what another argument or the tool says already; leave it out",
                        shown(slot.value)
                    );
                    report.find(slot.pointer(view.index), message, slot.share);
                }
            }
        }
    }
}

/// A value that the request gives for another parameter: the album's name as the artist.
#[derive(Debug)]
pub(super) struct OtherParameter;

impl Rule for OtherParameter {
    fn id(&self) -> &'static str {
        "grounding.other-parameter"
    }
    fn summary(&self) -> &'static str {
        "A value that the request puts beside another parameter's name (\"the album X\") goes to that parameter."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        let request = case.context.request.words.joined();
        for view in &case.calls {
            let params = view.spec.map_or(&[][..], |s| &s.params().properties);
            for slot in view.slots.iter().filter(|s| s.support.origin == Origin::Stated && s.path.len() == 1) {
                let Some(param) = slot.param.filter(|_| slot.value.is_string()) else { continue };
                let Some((before, after)) = request.split_once(slot.words.joined()) else { continue };
                let beside = [before.trim_end().rsplit(' ').next(), after.split(' ').next()];
                let own = |w: &str| {
                    w.len() <= 3
                        || param.hints.name.iter().any(|n| stem(n) == stem(w))
                        || param.hints.description.iter().any(|n| stem(n) == stem(w))
                };
                let mut beside = beside.into_iter().flatten().filter(|w| !own(w));
                // "from" in `from_date` is beside everything: only what a text parameter is called in the end counts.
                let head = |p: &Param, w: &str| p.hints.name.iter().next_back().is_some_and(|n| stem(n) == stem(w));
                let text_like = |p: &&Param| p.name != param.name && p.types == TypeSet::STRING && p.allowed.is_empty();
                let other = beside.find_map(|w| params.iter().filter(text_like).find(|p| head(p, w)));
                if let Some(other) = other {
                    let message = format!("the request gives {} as \"{}\"", shown(slot.value), other.name);
                    report.find(slot.pointer(view.index), message, 1.0);
                }
            }
        }
    }
}

/// A text for an optional parameter that takes any text, and that is no default.
fn may_be_borrowed(slot: &Slot<'_>) -> bool {
    !slot.required
        && slot.value.is_string()
        && slot.param.is_some_and(|p| p.allowed.is_empty())
        && matches!(slot.support.origin, Origin::Stated | Origin::Derived)
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
                let unsaid = slot.support.degree < 1.0 || slot.value.as_str().is_some_and(is_bracketed);
                if copied || (unsaid && slot.value.as_str().is_some_and(|t| is_placeholder(t) && !is_quoted(t, case))) {
                    let message = format!("{} stands for a value that nobody gave; ask for it", shown(slot.value));
                    report.find(slot.pointer(view.index), message, 1.0);
                }
            }
        }
    }
}

/// A name in brackets: the words may be the user's, the brackets are not.
fn is_bracketed(text: &str) -> bool {
    let text = text.trim();
    (text.starts_with('[') && text.ends_with(']') || text.starts_with('<') && text.ends_with('>')) && text.len() > 2
}

/// Whether a message has the text as it is, brackets and all.
fn is_quoted(text: &str, case: &Case<'_>) -> bool {
    is_bracketed(text) && case.task.messages().iter().any(|m| m.text().contains(text))
}

/// Texts that models write where a value is missing.
fn is_placeholder(text: &str) -> bool {
    let lower = text.trim().to_lowercase();
    let fenced = |open, close| lower.starts_with(open) && lower.ends_with(close) && lower.len() > 2;
    fenced('<', '>')
        || fenced('{', '}') && !lower.contains([':', '"'])
        || fenced('[', ']') && !lower.contains([',', '"'])
        || has_blank(&lower)
        || ["your_", "your ", "example", "insert", "placeholder", "path/to/", "xxx", "tbd"]
            .iter()
            .any(|p| lower.starts_with(p))
        || ["unknown", "n/a", "none", "null", "undefined", "string", "user_id", "not specified", "not provided", "todo"]
            .contains(&lower.as_str())
        || lower.contains("example.com")
        || lower.contains("your_")
}

/// Whether a text is a pattern with a name in braces still to be filled in (`/users/{id}`).
fn has_blank(text: &str) -> bool {
    let named = |part: &str| {
        part.split_once('}')
            .is_some_and(|(name, _)| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'))
    };
    text.contains('/') && !text.contains(char::is_whitespace) && text.split('{').skip(1).any(named)
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
