//! Coverage rules: does the candidate do all that was asked, once?

use serde_json::Value;

use super::{Case, Report, Rule};
use crate::{
    canonical::repeated_call,
    context::{Context, Words, close, stem},
};

/// What the candidate's arguments hold, to be compared with what the request holds.
struct Used {
    words: Vec<Words>,
    numbers: Vec<f64>,
}

impl Used {
    fn new(case: &Case<'_>) -> Self {
        let mut used = Self { words: Vec::new(), numbers: Vec::new() };
        for view in &case.calls {
            for slot in &view.slots {
                used.add(slot.value, 0);
            }
        }
        used
    }

    fn add(&mut self, value: &Value, depth: usize) {
        match value {
            Value::Number(n) => self.numbers.extend(n.as_f64()),
            Value::String(s) => self.words.push(Words::new(s)),
            Value::Array(items) if depth < 8 => items.iter().for_each(|v| self.add(v, depth + 1)),
            Value::Object(map) if depth < 8 => map.values().for_each(|v| self.add(v, depth + 1)),
            _ => {}
        }
    }

    fn has_number(&self, value: f64, percent: bool) -> bool {
        let same = |n: f64| close(n, value) || (percent && close(n, value / 100.0)) || close(-n, value);
        self.numbers.iter().any(|n| same(*n))
            || self.words.iter().any(|w| w.iter().any(|w| number_in(w).is_some_and(same)))
    }

    fn has_phrase(&self, phrase: &Words) -> bool {
        self.words.iter().any(|w| w.contains(phrase))
            || phrase.iter().all(|p| self.words.iter().any(|w| w.iter().any(|w| stem(w) == stem(p))))
    }
}

/// The number at the start or the end of a word (`3pm`, `q3`).
fn number_in(word: &str) -> Option<f64> {
    let digits = word.trim_matches(|c: char| !c.is_ascii_digit());
    if digits.is_empty() { None } else { digits.parse().ok() }
}

/// Numbers of the request that no argument holds.
#[derive(Debug)]
pub(super) struct UnusedNumber;

impl Rule for UnusedNumber {
    fn id(&self) -> &'static str {
        "coverage.unused-number"
    }
    fn summary(&self) -> &'static str {
        "Every number of the request is used by some argument."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        if case.calls.is_empty() {
            return;
        }
        let used = Used::new(case);
        let mut missed: Vec<f64> = Vec::new();
        for n in &case.context.request.numbers {
            if !used.has_number(n.value, n.percent) && !missed.contains(&n.value) && !n.spelled {
                missed.push(n.value);
                report.find("", format!("the request's {} is used by no argument", n.value), 1.0);
            }
        }
    }
}

/// Quoted texts and names of the request that no argument holds.
#[derive(Debug)]
pub(super) struct UnusedName;

impl Rule for UnusedName {
    fn id(&self) -> &'static str {
        "coverage.unused-name"
    }
    fn summary(&self) -> &'static str {
        "Every name and quoted text of the request is used by some argument."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        if case.calls.is_empty() {
            return;
        }
        let used = Used::new(case);
        for name in named(case.context) {
            let named_by_call = case.calls.iter().any(|v| {
                v.spec.is_some_and(|s| name.iter().all(|w| s.hints().name.iter().any(|t| stem(t) == stem(w))))
            });
            if !named_by_call && !used.has_phrase(name) {
                report.find("", format!("the request's \"{}\" is used by no argument", name.joined().trim()), 1.0);
            }
        }
    }
}

fn named(context: &Context) -> impl Iterator<Item = &Words> {
    context.quoted.iter().chain(&context.names)
}

/// One call made twice.
#[derive(Debug)]
pub(super) struct Repeated;

impl Rule for Repeated {
    fn id(&self) -> &'static str {
        "coverage.repeated"
    }
    fn summary(&self) -> &'static str {
        "No call is made twice."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        if let Some((first, again)) = repeated_call(case.candidate.action.calls()) {
            report.find(format!("/{again}"), format!("the same call as /{first}"), 1.0);
        }
    }
}

/// One argument that holds what several calls should: "Paris and London" where each has a call of its own.
#[derive(Debug)]
pub(super) struct Merged;

impl Rule for Merged {
    fn id(&self) -> &'static str {
        "coverage.merged"
    }
    fn summary(&self) -> &'static str {
        "A single-valued argument holds one value; several things asked for are several calls."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        for view in &case.calls {
            for slot in &view.slots {
                let Some(text) = slot.value.as_str() else { continue };
                let lists = text.contains(" and ") || text.contains(", ") || text.contains(" & ");
                let names = case.context.names.iter().filter(|n| Words::new(text).contains(n)).count();
                if lists && names >= 2 && slot.param.is_some_and(|p| p.hints.name.len() <= 2) && is_short(text) {
                    let message = format!("\"{text}\" holds {names} things asked for; make one call for each");
                    report.find(slot.pointer(view.index), message, 1.0);
                }
            }
        }
    }
}

fn is_short(text: &str) -> bool {
    text.split_whitespace().count() <= 8
}
