//! Convention rules: is a value written the way its parameter's description asks?

use serde_json::Value;

use super::{Case, Report, Rule, Slot};
use crate::{
    context::close,
    toolset::{Param, TypeSet},
};

/// Every given value that fills a known parameter.
fn filled<'c>(case: &'c Case<'_>) -> impl Iterator<Item = (usize, &'c Slot<'c>, &'c Param)> {
    case.calls.iter().flat_map(|view| view.slots.iter().filter_map(move |s| s.param.map(|p| (view.index, s, p))))
}

/// The word "null" where a value belongs. (A JSON null is the schema's matter.)
#[derive(Debug)]
pub(super) struct Null;

impl Rule for Null {
    fn id(&self) -> &'static str {
        "convention.null"
    }
    fn summary(&self) -> &'static str {
        "An argument without a value is left out, not given as the word \"null\" or \"none\"."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        for (index, slot, param) in filled(case) {
            let is_null = |s: &str| s.eq_ignore_ascii_case("null") || s.eq_ignore_ascii_case("none");
            let documented = param.default.as_ref() == Some(slot.value) || param.allowed.contains(slot.value);
            if slot.value.as_str().is_some_and(is_null) && !documented {
                report.find(
                    slot.pointer(index),
                    "leave the argument out instead of giving it as a word for nothing",
                    1.0,
                );
            }
        }
    }
}

/// A date or time whose description shows a pattern the value does not have.
#[derive(Debug)]
pub(super) struct Pattern;

impl Rule for Pattern {
    fn id(&self) -> &'static str {
        "convention.pattern"
    }
    fn summary(&self) -> &'static str {
        "A date or time is written in the pattern the parameter's description shows."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        const PATTERNS: [&str; 8] =
            ["YYYY-MM-DD", "MM/DD/YYYY", "DD/MM/YYYY", "YYYY/MM/DD", "MM-DD-YYYY", "DD-MM-YYYY", "HH:MM", "YYYYMMDD"];
        for (index, slot, param) in filled(case) {
            let Some(text) = slot.value.as_str() else { continue };
            let mut asked = PATTERNS.iter().filter(|p| has_pattern(&param.description, p)).peekable();
            let Some(first) = asked.peek().copied() else { continue };
            let is_default = param.default.as_ref() == Some(slot.value);
            if !is_default && !text.is_empty() && !asked.any(|p| follows(text, p)) {
                report.find(slot.pointer(index), format!("\"{text}\" is not written as {first}"), 1.0);
            }
        }
    }
}

fn has_pattern(description: &str, pattern: &str) -> bool {
    memchr::memmem::find(description.as_bytes(), pattern.as_bytes()).is_some()
        || memchr::memmem::find(description.as_bytes(), pattern.to_ascii_lowercase().as_bytes()).is_some()
}

/// Whether the text begins with digits and separators where the pattern has letters and separators (more may follow).
fn follows(text: &str, pattern: &str) -> bool {
    let mut chars = text.chars();
    pattern.chars().all(|p| match chars.next() {
        Some(c) if p.is_ascii_alphabetic() => c.is_ascii_digit(),
        other => other == Some(p),
    })
}

/// "City, State" asked, "City" given.
#[derive(Debug)]
pub(super) struct Parts;

impl Rule for Parts {
    fn id(&self) -> &'static str {
        "convention.parts"
    }
    fn summary(&self) -> &'static str {
        "A value has the parts the parameter's description asks for (\"City, State\")."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        for (index, slot, param) in filled(case) {
            let Some(text) = slot.value.as_str().filter(|t| !t.is_empty() && !t.contains(',')) else { continue };
            let asks = param.description.to_ascii_lowercase();
            let asks_state =
                ["city, state", "city and state", "city, country", "(city, state)"].iter().any(|p| asks.contains(p));
            // Only what is a place by its words: "dontcare" and the like are not made longer.
            if asks_state && slot.support.degree > 0.5 && param.default.as_ref() != Some(slot.value) {
                let message = format!("\"{text}\" lacks the state or country that the description asks for");
                report.find(slot.pointer(index), message, 1.0);
            }
        }
    }
}

/// A rate of 5% written as 5 where the parameter wants 0.05, or the other way round.
#[derive(Debug)]
pub(super) struct Rate;

impl Rule for Rate {
    fn id(&self) -> &'static str {
        "convention.rate"
    }
    fn summary(&self) -> &'static str {
        "A percentage is given in the form the parameter asks for: 5 or 0.05."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        for (index, slot, param) in filled(case) {
            let Some(value) = slot.value.as_f64() else { continue };
            let said = &case.context.said.numbers;
            let Some(percent) = said
                .iter()
                .filter(|n| n.percent)
                .map(|n| n.value)
                .find(|n| close(*n, value) || close(*n / 100.0, value))
            else {
                continue;
            };
            let wanted = if wants_percent(param) { percent } else { percent / 100.0 };
            if !close(wanted, value) {
                let message = format!("{percent}% is to be given as {wanted} here");
                report.find_with_fix(slot.pointer(index), message, 1.0, Value::from(wanted));
            }
        }
    }
}

/// What a rate parameter wants: its words say so; an integer cannot hold a fraction; else a fraction.
fn wants_percent(param: &Param) -> bool {
    let says = |what: &[&str]| param.hints.description.iter().chain(param.hints.name.iter()).any(|w| what.contains(&w));
    if says(&["decimal", "fraction", "fractional", "0.05"]) {
        return false;
    }
    says(&["percentage", "percent"]) || param.description.contains('%') || !param.types.contains(TypeSet::NUMBER)
}
