//! Shape rules: is a text cut where it should be, and does it look like the description's examples?

use serde_json::Value;

use crate::rules::{Case, Report, Rule, Slot, support::Origin};
use crate::{
    call::Role,
    context::{Words, is_stop_word, stem},
    toolset::{Form, Param},
};

/// Texts of one line that fill a known parameter, are not its default and are none of its listed values.
pub(in crate::rules) fn texts<'c>(
    case: &'c Case<'_>,
) -> impl Iterator<Item = (usize, &'c Slot<'c>, &'c Param, &'c str)> {
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
pub(in crate::rules) struct Lead;

impl Rule for Lead {
    fn id(&self) -> &'static str {
        "convention.lead"
    }
    fn summary(&self) -> &'static str {
        "A name is given without the article, possessive or preposition before it, and without what its parameter is called."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        for (index, slot, param, text) in texts(case) {
            let Some((first, rest)) = text.split_once(' ') else { continue };
            let lead = ["the", "my", "a", "an", "in", "at", "from", "our", "your"]
                .iter()
                .any(|w| first.eq_ignore_ascii_case(w));
            if !(lead || names_itself(param, first, rest, case))
                || param.hints.free
                || text.split(' ').count() > MAX_WORDS
            {
                continue;
            }
            let is_name =
                case.context.quoted.iter().chain(case.context.names.iter().map(|n| &n.words)).any(|n| *n == slot.words);
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
pub(in crate::rules) struct Tail;

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
            if param.hints.free || text.split(' ').count() > MAX_WORDS || !names_kind(param, stem(&last.to_lowercase()))
            {
                continue;
            }
            // "City" may be part of a name; a word that the user wrote small is none.
            let lower = last.starts_with(|c: char| c.is_lowercase()) || {
                let small = format!("{rest} {}", last.to_lowercase());
                case.task.messages().iter().any(|m| m.role == Role::User && m.text().contains(&small))
            };
            if !lower {
                continue;
            }
            if !case.context.quoted.contains(&slot.words) && case.context.contains(&Words::new(rest)) {
                let message = format!("\"{last}\" is what the parameter is called and no part of its value");
                report.find_with_fix(slot.pointer(index), message, 1.0, Value::from(rest));
            }
        }
    }
}

/// Whether a text begins with what its parameter is called, and a name or number comes after it ("company XYZ"), or gives an identifier
/// together with what it identifies ("booking 4711").
fn names_itself(param: &Param, first: &str, rest: &str, case: &Case<'_>) -> bool {
    first.starts_with(|c: char| c.is_lowercase())
        && rest.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit())
        && (names_kind(param, stem(first)) || (param.hints.lookup.identifies && is_number(rest)))
        && case.context.contains(&Words::new(rest))
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

/// Whether a text is what the user wrote but for the accents: "Malaga" for "Málaga".
fn loses_accents(text: &str, slot: &Slot<'_>, case: &Case<'_>) -> bool {
    let written = &case.context.accented;
    !written.is_empty()
        && text.len() > 3
        && text.is_ascii()
        && text.bytes().any(|b| b.is_ascii_alphabetic())
        && case.context.said.words.contains(&slot.words)
        && !written.contains(&text.to_ascii_lowercase())
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
pub(in crate::rules) struct Stop;

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
            let abbreviation =
                text.ends_with('.') && trimmed.rsplit([' ', '.']).next().is_some_and(|w| w.chars().count() <= 3);
            let token = text.len() >= 20 && !text.contains(' ');
            if trimmed != text && !trimmed.is_empty() && !abbreviation && !token {
                let message = format!("\"{trimmed}\" is the value; the mark after it belongs to the sentence");
                report.find_with_fix(slot.pointer(index), message, 1.0, Value::from(trimmed));
            }
        }
    }
}

/// A value that does not look like the description's examples.
#[derive(Debug)]
pub(in crate::rules) struct Look;

impl Rule for Look {
    fn id(&self) -> &'static str {
        "convention.shape"
    }
    fn summary(&self) -> &'static str {
        "A value looks like the description's examples: a code in capitals, words joined by underscores or hyphens."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        for (index, slot, param, text) in texts(case) {
            if text == "UK" && ["alpha-2", "3166"].iter().any(|name| param.description.contains(name)) {
                let message = "the two-letter code of the United Kingdom in ISO 3166 is GB";
                report.find_with_fix(slot.pointer(index), message, 1.0, Value::from("GB"));
                continue;
            }
            let Some(shape) = param.hints.shape.filter(|s| Form::of_text(text) != Some(*s)) else { continue };
            let (fix, looks) = match shape {
                Form::Code => (text.to_uppercase(), "a short code in capitals"),
                Form::Snake => (text.to_lowercase().replace([' ', '-'], "_"), "words joined by underscores"),
                Form::Kebab => (text.to_lowercase().replace([' ', '_'], "-"), "words joined by hyphens"),
            };
            // One small word has nothing to join.
            let single =
                !matches!(shape, Form::Code) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
            if single {
                continue;
            }
            let message = format!("\"{text}\" does not look like the examples: {looks}");
            let pointer = slot.pointer(index);
            if Form::of_text(&fix) == Some(shape) {
                report.find_with_fix(pointer, message, 0.6, Value::from(fix));
            } else {
                report.find(pointer, message, 1.0);
            }
        }
    }
}

/// The request itself as a value.
#[derive(Debug)]
pub(in crate::rules) struct WholeRequest;

impl Rule for WholeRequest {
    fn id(&self) -> &'static str {
        "convention.whole-request"
    }
    fn summary(&self) -> &'static str {
        "A value is the part of the request that its parameter asks for, not the request itself."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        const MESSAGE: &str = "the whole request is given as the value";
        for view in &case.calls {
            for slot in view.slots.iter().filter(|s| s.support.origin == Origin::Request) {
                report.find(slot.pointer(view.index), MESSAGE, 1.0);
            }
        }
        let request = &case.context.request.words;
        if request.len() < 8 {
            return;
        }
        for (index, slot, ..) in texts(case).filter(|(_, _, p, text)| text.len() > 30 && !p.hints.free) {
            let words = &slot.words;
            // What the user put in quotes is a text to be handed on whole.
            let quoted = case.context.quoted.iter().any(|q| words.contains(q) && q.len() * 2 > words.len());
            let known = slot.support.origin == Origin::Request;
            if !known && !quoted && words.len() * 4 >= request.len() * 3 && request.contains(words) {
                report.find(slot.pointer(index), MESSAGE, 1.0);
            }
        }
    }
}

/// A value in the user's words, but not as the user put them.
#[derive(Debug)]
pub(in crate::rules) struct Reworded;

impl Rule for Reworded {
    fn id(&self) -> &'static str {
        "convention.reworded"
    }
    fn summary(&self) -> &'static str {
        "A value taken from the conversation keeps its form: no plural added or dropped, no word left out of its middle, no accent lost."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        for (index, slot, param, text) in texts(case) {
            if !param.hints.free && loses_accents(text, slot, case) {
                report.find(slot.pointer(index), format!("\"{text}\" has lost the accents the user wrote"), 1.0);
                continue;
            }
            if param.hints.free
                || slot.support.degree < 0.95
                || !text.chars().all(|c| c.is_alphanumeric() || " _+;&'\"-".contains(c))
                || text.split(' ').count() > MAX_WORDS
            {
                continue;
            }
            let (words, said) = (&slot.words, &case.context.said);
            if case.context.contains(words) || case.context.has_alias(words) || words.iter().all(is_stop_word) {
                continue;
            }
            // "Madrid's" is Madrid, and one of the spellings the description lists is as it should be.
            let possessive = || {
                text.starts_with(char::is_uppercase)
                    && said.words.joined().contains(&format!("{}s ", words.joined().trim_end()))
            };
            let same_stems =
                || words.iter().all(|w| said.has_stem(stem(w)) && w.bytes().all(|b| b.is_ascii_alphabetic()));
            if same_stems() && !param.hints.options.contains(words) && !possessive() {
                let message = format!("\"{text}\" is not how the conversation puts it");
                report.find(slot.pointer(index), message, 1.0);
            }
        }
    }
}
