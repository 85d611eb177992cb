//! Calls where words are right, and where they are wrong beyond doubt.

use serde_json::Value;
use toolrm_core::call::{Candidate, Message, Role, ToolCall};

use super::sampler::{PerturbStep, Perturbed};
use crate::{draw::Draw, observed::ErrorType};

/// As many different ones as asked for, or as there are, in drawn order.
pub(super) fn wrong_calls(step: &PerturbStep<'_>, draw: &Draw, n: usize) -> Vec<Perturbed> {
    let mut all = premature(step, draw);
    all.extend(repeated(step));
    let mut drawn = draw.shuffled(all);
    drawn.truncate(n);
    drawn
}

fn wrong(calls: &[ToolCall], operator: &str, change: &str) -> Perturbed {
    let bare = calls.iter().map(|call| ToolCall::new(call.name.clone(), call.arguments.clone()));
    Perturbed {
        candidate: Candidate::calls(bare.collect()),
        operator: operator.to_owned(),
        error: ErrorType::CallInsteadOfWords,
        change: change.to_owned(),
    }
}

/// The next calls of the conversation, made before the user said what they need; as they will be made, and with another value in place
/// of what was not said.
fn premature(step: &PerturbStep<'_>, draw: &Draw) -> Vec<Perturbed> {
    let messages = step.conversation.messages;
    let is_call = |m: &Message| !m.tool_calls.is_empty();
    let Some((before, after)) = messages.split_at_checked(step.at) else { return Vec::new() };
    let Some(next) = after.iter().skip(1).position(is_call).map(|i| i + 1) else { return Vec::new() };
    let (Some(calls), Some(between)) = (after.get(next).map(|m| m.tool_calls.as_slice()), after.get(1..next)) else {
        return Vec::new();
    };
    let Some((i, name)) = unsaid(step, calls, before, between) else { return Vec::new() };
    let mut ways = vec![wrong(calls, "premature-call", &format!("the next call was made before \"{name}\" was said"))];
    if let Some(guessed) = guessed(step, calls, i, name, draw) {
        ways.push(wrong(&guessed, "premature-call", &format!("the next call was made with a guess of \"{name}\"")));
    }
    ways
}

/// The first required argument of these calls that the user says between the step and the call, and nobody before the step.
fn unsaid<'a>(
    step: &PerturbStep<'a>,
    calls: &'a [ToolCall],
    before: &[Message],
    between: &[Message],
) -> Option<(usize, &'a str)> {
    let required = calls.iter().enumerate().filter_map(|(i, call)| {
        let params = step.conversation.tools.get(&call.name)?.params();
        let known = move |(name, value): (&'a String, &'a Value)| {
            let is_required = params.property(name).is_some_and(|p| p.required && p.default.is_none());
            is_required.then_some((i, name.as_str(), value))
        };
        Some(call.args()?.iter().filter_map(known))
    });
    let said_by_user = |words: &str| between.iter().any(|m| m.role == Role::User && has(&m.text(), words));
    required.flatten().find_map(|(i, name, value)| {
        let words = spoken(value)?;
        // Part of it may have been said, or all of it in other words: none of its words may occur.
        let heard = |word: &str| {
            let called = |m: &Message| m.tool_calls.iter().any(|call| has(&call.arguments.to_string(), word));
            before.iter().any(|m| has(&m.text(), word) || called(m))
        };
        let is_new =
            said_by_user(&words) && !words.split(' ').any(|word| heard(word) || in_letters(word).is_some_and(heard));
        is_new.then_some((i, name))
    })
}

/// A value as a person says it: a number in digits, a text in small letters. None of what may be said in many ways: dates, clocks, codes
/// of one letter, yes and no.
fn spoken(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => Some(number.to_string()).filter(|text| text.bytes().all(|b| b.is_ascii_digit())),
        Value::String(text) => {
            let words = plain(text);
            let is_name = words.len() > 3 && words.split(' ').all(|w| w.chars().all(char::is_alphabetic));
            is_name.then_some(words)
        }
        _ => None,
    }
}

/// Small letters and digits, one blank between words.
fn plain(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

/// Whether a text has these words, in a row and whole.
fn has(text: &str, words: &str) -> bool {
    format!(" {} ", plain(text)).contains(&format!(" {words} "))
}

/// A small number in letters.
fn in_letters(digits: &str) -> Option<&'static str> {
    const WORDS: [&str; 13] =
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
    WORDS.get(digits.parse::<usize>().ok()?).copied()
}

/// The calls with another value of the conversation in place of one.
fn guessed(step: &PerturbStep<'_>, calls: &[ToolCall], i: usize, name: &str, draw: &Draw) -> Option<Vec<ToolCall>> {
    let call = calls.get(i)?;
    let (param, value) = (step.conversation.tools.get(&call.name)?.params().property(name)?, call.args()?.get(name)?);
    let known = step.conversation.guesses(&call.name, param, step.at);
    let others: Vec<&Value> = known.into_iter().filter(|v| *v != value).collect();
    let other = (*draw.of(name).pick(&others)?).clone();
    let mut calls = calls.to_vec();
    *calls.get_mut(i)?.arguments.get_mut(name)? = other;
    Some(calls)
}

/// Words in the result of a call that may be made again: it failed, it is not done, or it found nothing.
const MAY_BE_MADE_AGAIN: [&str; 16] = [
    "error",
    "fail",
    "invalid",
    "exception",
    "denied",
    "timeout",
    "timed out",
    "pending",
    "progress",
    "retry",
    "again",
    "wait",
    "not found",
    "no result",
    "unavailable",
    "unable",
];

/// The last calls once more, directly after their results.
fn repeated(step: &PerturbStep<'_>) -> Option<Perturbed> {
    let before = step.conversation.messages.get(..step.at)?;
    let called = before.iter().rposition(|m| m.role == Role::Assistant)?;
    let (calls, results) = (before.get(called)?.tool_calls.as_slice(), before.get(called + 1..)?);
    let says_enough = |m: &Message| {
        let text = m.text().to_lowercase();
        let says_something = text.chars().filter(|c| c.is_alphanumeric()).count() > 1 && text.trim() != "null";
        m.role == Role::Tool && says_something && !MAY_BE_MADE_AGAIN.iter().any(|words| text.contains(words))
    };
    let is_done = !calls.is_empty() && results.len() >= calls.len() && results.iter().all(says_enough);
    is_done.then(|| wrong(calls, "needless-repeat", "the last call was made again after its result"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_whole() {
        assert!(has("To Villa-Solbakken, please", "villa solbakken"));
        assert!(!has("To Villas", "villa"));
        assert!(has("2 people", "2") && !has("12 people", "2"));
    }

    #[test]
    fn only_what_is_said_in_one_way_counts() {
        let of = |value: Value| spoken(&value);
        assert_eq!(of("Villa Solbakken".into()).as_deref(), Some("villa solbakken"));
        assert_eq!(of(4.into()).as_deref(), Some("4"));
        for other in [Value::from("2025-03-15"), "19:30".into(), "NYC".into(), true.into(), 4.5.into(), (-2).into()] {
            assert_eq!(of(other.clone()), None, "{other}");
        }
        assert_eq!(in_letters("2"), Some("two"));
        assert_eq!(in_letters("200"), None);
    }
}
