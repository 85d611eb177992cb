//! Shape rules: is a text cut where it should be, and does it look like the description's examples?

use serde_json::Value;

use super::{Case, Report, Rule, Slot};
use crate::{
    context::{Words, stem},
    toolset::Param,
};

/// Texts of one line that fill a known parameter, are not its default and are none of its listed values.
pub(super) fn texts<'c>(case: &'c Case<'_>) -> impl Iterator<Item = (usize, &'c Slot<'c>, &'c Param, &'c str)> {
    case.calls.iter().flat_map(|view| {
        view.slots.iter().filter_map(move |slot| {
            let param = slot.param?;
            let text = slot.value.as_str().filter(|t| !t.is_empty() && !t.contains('\n'))?;
            let fixed = param.default.as_ref() == Some(slot.value) || !param.allowed.is_empty();
            (!fixed).then_some((view.index, slot, param, text))
        })
    })
}

/// Longer than this, a text is a sentence and has no edges to be trimmed.
const MAX_WORDS: usize = 6;

/// A span that begins too early: "the Civil War", "my savings", "in Paris".
#[derive(Debug)]
pub(super) struct Lead;

impl Rule for Lead {
    fn id(&self) -> &'static str {
        "convention.lead"
    }
    fn summary(&self) -> &'static str {
        "A name is given without the article, possessive or preposition before it."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        for (index, slot, param, text) in texts(case) {
            let Some((first, rest)) = text.split_once(' ') else { continue };
            let lead = ["the", "my", "a", "an", "in", "at", "from", "our", "your"].iter().any(|w| first.eq_ignore_ascii_case(w));
            if !lead || param.hints.free || text.split(' ').count() > MAX_WORDS {
                continue;
            }
            let words = Words::new(text);
            let is_name = case.context.quoted.iter().chain(&case.context.names).any(|n| *n == words);
            if !is_name {
                let message = format!("\"{text}\" begins with a word that is no part of the value");
                // "The" may begin a title.
                let severity = if first.starts_with(char::is_uppercase) { 0.5 } else { 1.0 };
                report.find_with_fix(slot.pointer(index), message, severity, Value::from(rest));
            }
        }
    }
}

/// A span that ends too late: "Santa Clara county" for a county, "luxury room" for a type of room.
#[derive(Debug)]
pub(super) struct Tail;

impl Rule for Tail {
    fn id(&self) -> &'static str {
        "convention.tail"
    }
    fn summary(&self) -> &'static str {
        "A value does not repeat at its end what its parameter is called."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        for (index, slot, param, text) in texts(case) {
            let Some((rest, last)) = text.rsplit_once(' ') else { continue };
            let lower = last.starts_with(|c: char| c.is_lowercase());
            if !lower || param.hints.free || text.split(' ').count() > MAX_WORDS || !names_kind(param, stem(last)) {
                continue;
            }
            let words = Words::new(text);
            if !case.context.quoted.contains(&words) && case.context.contains(&Words::new(rest)) {
                let message = format!("\"{last}\" is what the parameter is called and no part of its value");
                report.find_with_fix(slot.pointer(index), message, 1.0, Value::from(rest));
            }
        }
    }
}

/// Whether a word is what a parameter's value is a kind of: the head of its name (`county`, `room_type`), or of its description
/// ("type of the instrument").
fn names_kind(param: &Param, last: &str) -> bool {
    let generic = |w: &str| matches!(w, "type" | "name" | "kind" | "category" | "genre" | "preference");
    let name = &param.hints.name;
    let head = name.iter().rev().find(|w| !generic(w));
    if head.is_some_and(|w| stem(w) == last) {
        return true;
    }
    let mut words = param.hints.description.iter().skip_while(|w| *w != "of").skip(1);
    name.iter().any(generic) && words.find(|w| !matches!(*w, "the" | "a" | "an")).is_some_and(|w| stem(w) == last)
}

/// A full stop or comma carried along from the sentence the value was taken from.
#[derive(Debug)]
pub(super) struct Stop;

impl Rule for Stop {
    fn id(&self) -> &'static str {
        "convention.stop"
    }
    fn summary(&self) -> &'static str {
        "A short value does not carry along the full stop or comma of its sentence."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        for (index, slot, param, text) in texts(case) {
            if param.hints.free || text.split(' ').count() > MAX_WORDS {
                continue;
            }
            let text = text.trim();
            let trimmed = text.trim_end_matches(['.', ',', ';', '!', '?', ':']);
            // "Apple Inc." and "5 p.m." end in a full stop of their own.
            let abbreviation = text.ends_with('.') && trimmed.rsplit([' ', '.']).next().is_some_and(|w| w.chars().count() <= 4);
            let token = text.len() >= 20 && !text.contains(' ');
            if trimmed != text && !trimmed.is_empty() && !abbreviation && !token {
                let message = format!("\"{trimmed}\" is the value; the mark after it belongs to the sentence");
                report.find_with_fix(slot.pointer(index), message, 1.0, Value::from(trimmed));
            }
        }
    }
}
