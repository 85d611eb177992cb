//! Coverage rules about optional arguments: what the request says in other words than the parameter's own.

use serde_json::Value;

use crate::rules::{
    Case, Report, Rule,
    support::{defaults_to_yes, is_flag_word, named_code},
};
use crate::{
    context::{Words, aliases, close, is_stop_word, number_word, same_dimension, stem},
    score::pointer_token,
    toolset::{Param, TypeSet},
};

/// The optional parameters that no call of their tool gives, each with its pointer in the first such call.
fn ungiven<'c>(case: &'c Case<'_>) -> impl Iterator<Item = (String, &'c Param)> {
    case.ungiven.iter().map(|(call, param)| (format!("/{call}/arguments/{}", pointer_token(&param.name)), *param))
}

/// A code left out whose meaning the request names.
#[derive(Debug)]
pub(in crate::rules) struct UnusedCode;

impl Rule for UnusedCode {
    fn id(&self) -> &'static str {
        "coverage.unused-code"
    }
    fn summary(&self) -> &'static str {
        "When the request names what one of an optional parameter's explained codes means, some call gives the code."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        for (pointer, param) in ungiven(case) {
            if param.hints.codes.iter().any(|(code, _)| code.joined() == " true ") {
                continue;
            }
            if let Some(code) = named_code(param, case.context) {
                let text = code.joined().trim();
                let fix = text
                    .parse::<i64>()
                    .ok()
                    .filter(|_| param.types != TypeSet::STRING)
                    .map_or(text.into(), Value::from);
                let message = format!("the request names what {text} stands for; give \"{}\"", param.name);
                report.find_with_fix(pointer, message, 1.0, fix);
            }
        }
    }
}

/// A flag left out that the request names, in words of the same family.
#[derive(Debug)]
pub(in crate::rules) struct UnusedFlag;

impl Rule for UnusedFlag {
    fn id(&self) -> &'static str {
        "coverage.unused-flag"
    }
    fn summary(&self) -> &'static str {
        "When the request names what an optional flag is about, some call sets it."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        let request = &case.context.request;
        for (pointer, param) in ungiven(case) {
            let Some(yes) = yes_of(param) else { continue };
            let mut telling = param.hints.name.iter().filter(|w| !is_stop_word(w) && !is_flag_word(w)).peekable();
            let named =
                |w: &str| (request.has_stem(stem(w)) || request.has_akin(stem(w))) && !request.is_negated(stem(w));
            if telling.peek().is_some() && telling.all(named) && !defaults_to_yes(param) {
                let message = format!("the request speaks of what \"{}\" is about; set it", param.name);
                report.find_with_fix(pointer, message, 1.0, yes);
            }
        }
    }
}

/// What sets a flag: `true`, or the word for it among the listed values.
fn yes_of(param: &Param) -> Option<Value> {
    if param.types == TypeSet::BOOLEAN {
        return Some(Value::Bool(true));
    }
    param.allowed.iter().find(|v| v.as_str().is_some_and(|s| s.eq_ignore_ascii_case("true"))).cloned()
}

/// A count left out that the request gives.
#[derive(Debug)]
pub(in crate::rules) struct UnusedCount;

impl Rule for UnusedCount {
    fn id(&self) -> &'static str {
        "coverage.unused-count"
    }
    fn summary(&self) -> &'static str {
        "When the request counts what an optional parameter counts (\"three rooms\"), some call gives the number."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        for (pointer, param) in ungiven(case) {
            let Some(noun) = counted_noun(param) else { continue };
            let Some(n) = count_before(&case.context.request.words, stem(noun)) else { continue };
            let default = param.default.as_ref().and_then(Value::as_f64);
            if default != Some(n) && !case.used.numbers().any(|used| close(used, n)) {
                let message = format!("the request counts {n} of what \"{}\" counts", param.name);
                let fix = n.to_string().parse::<i64>().map_or_else(|_| Value::from(n), Value::from);
                report.find_with_fix(pointer, message, 1.0, fix);
            }
        }
    }
}

/// What a parameter counts: `number_of_rooms`, `room_count`, `num_rooms`.
fn counted_noun(param: &Param) -> Option<&str> {
    if !param.types.contains(TypeSet::INTEGER) {
        return None;
    }
    let words: Vec<&str> = param.hints.name.iter().collect();
    match words.as_slice() {
        ["number" | "num" | "count", "of", noun]
        | ["number" | "num" | "n" | "total", noun]
        | [noun, "count" | "qty" | "quantity"] => Some(*noun),
        _ => None,
    }
}

/// The number that stands before a noun, at most one word between ("three hotel rooms").
fn count_before(words: &Words, noun: &str) -> Option<f64> {
    let words: Vec<&str> = words.iter().collect();
    let at = words.iter().position(|w| stem(w) == noun)?;
    let before = words.get(at.saturating_sub(2)..at)?;
    before.iter().rev().find_map(|w| number_word(w).or_else(|| w.parse().ok()))
}

/// A unit left out that is not the default one.
#[derive(Debug)]
pub(in crate::rules) struct UnusedUnit;

impl Rule for UnusedUnit {
    fn id(&self) -> &'static str {
        "coverage.unused-unit"
    }
    fn summary(&self) -> &'static str {
        "When the request uses another unit than a unit parameter's default, some call gives it."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        for (pointer, param) in ungiven(case) {
            if !param.hints.name.iter().any(|w| matches!(w, "unit" | "units")) {
                continue;
            }
            let stated = param.default.as_ref().and_then(Value::as_str).map(Words::new);
            let Some(default) = stated.as_ref().or(param.hints.default.as_ref()) else { continue };
            // A one-letter symbol in the text is too easily something else.
            let asked = same_dimension(default).find(|unit| {
                let is_default = unit == default || aliases(unit).any(|a| a == *default);
                !is_default && unit.joined().len() > 3 && case.context.request.words.contains(unit)
            });
            let used = |unit: &Words| case.used.has_phrase(unit) || aliases(unit).any(|a| case.used.has_phrase(&a));
            if let Some(unit) = asked.filter(|u| !used(u)) {
                let text = unit.joined().trim();
                let message = format!("the request is in {text}, and the default is {}", default.joined().trim());
                report.find_with_fix(pointer, message, 1.0, text.into());
            }
        }
    }
}

/// A listed value that the request names left out of a list that is given.
#[derive(Debug)]
pub(in crate::rules) struct UnusedListed;

impl Rule for UnusedListed {
    fn id(&self) -> &'static str {
        "coverage.unused-listed"
    }
    fn summary(&self) -> &'static str {
        "A list of listed values holds all of them that the request names."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        for view in &case.calls {
            for slot in &view.slots {
                let (Some(items), Some(given)) = (slot.param.and_then(|p| p.items.as_deref()), slot.value.as_array())
                else {
                    continue;
                };
                let has = |value: &Words| given.iter().filter_map(Value::as_str).any(|g| Words::new(g) == *value);
                // Where a sibling call has it, this one need not.
                let named = |value: &&Words| case.context.request.names(value) && value.joined().len() > 4;
                let any_named = items.hints.allowed.iter().any(|v| has(v) && named(&v));
                for missing in items.hints.allowed.iter().filter(|v| any_named && !has(v)).filter(named) {
                    if !case.used.has_phrase(missing) {
                        let message = format!("the request names \"{}\" too", missing.joined().trim());
                        report.find(slot.pointer(view.index), message, 1.0);
                    }
                }
            }
        }
    }
}
