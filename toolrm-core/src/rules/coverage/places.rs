//! Where in the request the values of calls stand.

use crate::{
    context::{Words, is_stop_word, stem},
    rules::{Case, Report, Rule, Slot},
    toolset::ToolSpec,
};

/// A thing that the request says beside the same word as a value that is used: "color magenta" and "color navy".
#[derive(Debug)]
pub(in crate::rules) struct UnusedLike;

impl Rule for UnusedLike {
    fn id(&self) -> &'static str {
        "coverage.unused-like"
    }
    fn summary(&self) -> &'static str {
        "When a parameter's name stands beside two values in the request, both are used."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        // After an answer, what the request says further on may wait.
        if !case.done.is_empty() {
            return;
        }
        let request: Vec<&str> = case.context.request.words.iter().take(MAX_READ).collect();
        let alone = |index: usize, tool: Option<usize>| {
            case.calls.iter().all(|other| other.index == index || other.tool_index != tool)
        };
        for view in case.calls.iter().filter(|v| alone(v.index, v.tool_index)) {
            let Some(spec) = view.spec else { continue };
            for slot in &view.slots {
                let own = |w: &str| slot.param.is_some_and(|p| p.hints.name.iter().any(|n| stem(n) == stem(w)));
                let found = said_alike(slot, &request).find(|w| is_item(w, spec, case) && !own(w));
                if let (Some(found), Some(text)) = (found, slot.value.as_str()) {
                    let message = format!("\"{found}\" is said like \"{text}\", and no argument holds it");
                    report.find(slot.pointer(view.index), message, 1.0);
                    return;
                }
            }
        }
    }
}

/// The words that stand beside the words of the parameter's name as the value does, on the same side.
fn said_alike<'r>(slot: &Slot<'_>, request: &'r [&'r str]) -> impl Iterator<Item = &'r str> {
    let names = slot.param.map(|p| &p.hints.name);
    let is_cue = |w: &str| !is_stop_word(w) && names.is_some_and(|n| n.iter().any(|n| stem(n) == stem(w)));
    let value = slot.value.as_str().filter(|t| t.len() < 80).map(Words::new).unwrap_or_default();
    let (first, last) = (value.iter().next(), value.iter().next_back());
    let before = |i: usize| i.checked_sub(1).and_then(|p| request.get(p)).copied();
    let after = |i: usize| request.get(i + 1).copied();
    let alike = |cue: usize| {
        let word = request.get(cue).map(|w| stem(w));
        request.iter().enumerate().filter(move |(i, w)| *i != cue && Some(stem(w)) == word).map(|(i, _)| i)
    };
    let mut out = Vec::new();
    for (i, word) in request.iter().enumerate() {
        if Some(*word) == first && before(i).is_some_and(is_cue) {
            out.extend(alike(i - 1).filter_map(after));
        } else if Some(*word) == last && after(i).is_some_and(is_cue) {
            out.extend(alike(i + 1).filter_map(before));
        }
    }
    out.into_iter()
}

/// Words of a request beyond these are not looked at one by one.
const MAX_READ: usize = 200;

/// Whether a word could be a value that is not used.
fn is_item(word: &str, spec: &ToolSpec, case: &Case<'_>) -> bool {
    const NONE: [&str; 9] = ["also", "another", "both", "different", "each", "other", "respectively", "same", "then"];
    let hints = spec.hints();
    word.len() > 3
        && !word.ends_with("ing")
        && !is_stop_word(word)
        && !NONE.contains(&word)
        && !word.bytes().any(|b| b.is_ascii_digit())
        && !hints.name.iter().chain(hints.description.iter()).any(|w| stem(w) == stem(word))
        && !case.used.has_stem(stem(word))
}
