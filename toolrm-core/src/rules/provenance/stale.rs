//! Values that the user replaced by later words.

use serde_json::Value;

use crate::{
    context::{Words, plain},
    rules::{Case, Report, Rule, Slot},
    toolset::Param,
};

/// A value that the user gave before stating another one for the same parameter.
#[derive(Debug)]
pub(crate) struct StaleValue;

impl Rule for StaleValue {
    fn id(&self) -> &'static str {
        "provenance.stale-value"
    }
    fn summary(&self) -> &'static str {
        "Of two values that the user stated for one parameter, the later one is given."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        let said = case.context.said.words.joined();
        if case.context.user_turns < 2 && !corrects(said) {
            return;
        }
        for view in case.calls.iter().filter(|v| v.spec.is_some()) {
            for slot in &view.slots {
                let Some(param) = slot.param else { continue };
                let now = last_stated(param, said).and_then(|at| replaced(slot, at, said));
                if let Some(now) = now.filter(|_| !beside(slot, param, case.context.request.words.joined())) {
                    report.find(slot.pointer(view.index), format!("the user said later that it is \"{now}\""), 1.0);
                }
            }
        }
    }
}

/// What stands behind the last "<parameter> is": the byte where it begins in what the user said.
fn last_stated(param: &Param, said: &str) -> Option<usize> {
    let phrases = [&param.hints.description, &param.hints.name];
    phrases
        .into_iter()
        .filter(|p| (1..=MAX_PHRASE).contains(&p.len()) && p.joined().len() >= MIN_PHRASE)
        .filter_map(|p| after_phrase(p, said))
        .max()
}

/// A longer description is no name for what it describes.
const MAX_PHRASE: usize = 12;

/// A shorter one (`a`, `id`) is too easily something else.
const MIN_PHRASE: usize = 6;

fn after_phrase(phrase: &Words, said: &str) -> Option<usize> {
    const LINKS: [&str; 3] = ["is ", "are ", "should be "];
    let phrase = phrase.joined();
    memchr::memmem::rfind_iter(said.as_bytes(), phrase.as_bytes()).find_map(|at| {
        let start = at + phrase.len();
        let rest = said.get(start..)?;
        LINKS.iter().find(|link| rest.starts_with(**link)).map(|link| start + link.len())
    })
}

/// The words that replaced a slot's value, if they did: others stand there, and the value stands before.
fn replaced<'c>(slot: &Slot<'_>, stated: usize, said: &'c str) -> Option<&'c str> {
    let (before, now) = said.split_at_checked(stated)?;
    let first = now.split(' ').next().filter(|w| !w.is_empty())?;
    if let Value::Bool(given) = slot.value {
        let meant = match first {
            "true" | "on" | "yes" => true,
            "false" | "off" | "no" => false,
            _ => return None,
        };
        return (meant != *given).then_some(first);
    }
    let value = Words::new(&plain(slot.value)?);
    let value = value.joined();
    // A longer value that ends with the stated words holds both: what was said first is not to be kept.
    let is_now = now.starts_with(value.trim_start());
    let was_before = value.len() > 2 && memchr::memmem::find(before.as_bytes(), value.as_bytes()).is_some();
    let later = memchr::memmem::find(now.as_bytes(), value.as_bytes()).is_some();
    (!is_now && was_before && !later).then(|| start_of(now))
}

/// Whether a text has words that take something back.
fn corrects(text: &str) -> bool {
    [" actually ", " correction ", " i mean ", " instead ", " make it ", " no ", " rather ", " sorry "]
        .iter()
        .any(|cue| text.contains(cue))
}

/// Whether a message states two values one beside the other ("the radius is 5, .. the radius is 10") and corrects nothing.
fn beside(slot: &Slot<'_>, param: &Param, request: &str) -> bool {
    let before = last_stated(param, request).and_then(|at| request.get(..at));
    let value = plain(slot.value).map(|text| Words::new(&text));
    let (Some(before), Some(value)) = (before, value) else { return false };
    before.rfind(value.joined()).and_then(|at| before.get(at..)).is_some_and(|from| !corrects(from))
}

/// The first words, enough for a message.
fn start_of(text: &str) -> &str {
    let end = text.match_indices(' ').nth(3).map_or(text.len(), |(at, _)| at);
    text.get(..end).unwrap_or(text).trim_end()
}
