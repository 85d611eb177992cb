//! Which number of the request fills which argument: one number once, in the order it was said, beside its name.

use std::collections::HashMap;

use serde_json::Value;

use crate::rules::{Case, Report, Rule, Slot};
use crate::{
    context::{close, is_stop_word, stem},
    toolset::Param,
};

/// A number of the request given for two arguments of one call.
#[derive(Debug)]
pub(in crate::rules) struct ReusedNumber;

impl Rule for ReusedNumber {
    fn id(&self) -> &'static str {
        "grounding.reused-number"
    }
    fn summary(&self) -> &'static str {
        "A number said once fills one argument of a call, not an optional one as well."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        let context = case.context;
        for view in &case.calls {
            let numbers = || view.slots.iter().filter_map(|s| s.value.as_f64().map(|v| (s, v)));
            for (slot, value) in numbers().filter(|(s, _)| !s.required && s.param.is_some()) {
                let is_default = slot.param.and_then(|p| p.default.as_ref()).and_then(Value::as_f64) == Some(value);
                let said = context.said.numbers.iter().chain(&context.seen.numbers).filter(|n| close(n.value, value));
                let given = numbers().filter(|(_, v)| close(*v, value)).count();
                let said = said.count();
                // "targetTemperature" and "coolTargetTemperature" are one thing twice.
                let kin = |s: &Slot<'_>| {
                    s.path != slot.path
                        && s.param.zip(slot.param).is_some_and(|(a, b)| names(a).any(|n| names(b).any(|m| m == n)))
                };
                let twice = numbers().any(|(s, v)| close(v, value) && kin(s));
                let beside = || is_named(slot, value, case);
                if !is_default && !twice && value.abs() > 1.0 && said > 0 && given > said && !beside() {
                    let message = format!("the request says {value} once, and it fills another argument of this call");
                    report.find(slot.pointer(view.index), message, 1.0);
                }
            }
        }
    }
}

/// Whether a word of the parameter's name stands beside the number.
fn is_named(slot: &Slot<'_>, value: f64, case: &Case<'_>) -> bool {
    let Some(param) = slot.param else { return false };
    near(case, value).any(|words| names(param).any(|n| words.iter().any(|w| **w == *n)))
}

/// The words beside each mention of a number in the request.
fn near<'c>(case: &'c Case<'_>, value: f64) -> impl Iterator<Item = &'c [Box<str>]> {
    let numbers = case.context.request.numbers.iter().enumerate();
    numbers
        .filter(move |(_, n)| close(n.value, value))
        .map(|(i, _)| case.context.beside.get(i).map_or(&[][..], Vec::as_slice))
}

/// The stems of a parameter's telling name words.
fn names(param: &Param) -> impl Iterator<Item = &str> {
    param.hints.name.iter().filter(|w| w.len() > 2 && !is_stop_word(w)).map(stem)
}

/// Items of a list in another order than the request's.
#[derive(Debug)]
pub(in crate::rules) struct Order;

impl Rule for Order {
    fn id(&self) -> &'static str {
        "grounding.order"
    }
    fn summary(&self) -> &'static str {
        "The numbers of a list stand in the order in which the request lists them."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        let said: Vec<f64> = case.context.request.numbers.iter().take(MAX_NUMBERS).map(|n| n.value).collect();
        for view in &case.calls {
            for slot in &view.slots {
                let Some(items) = slot.value.as_array().filter(|a| (2..=MAX_NUMBERS).contains(&a.len())) else {
                    continue;
                };
                let given: Vec<f64> = items.iter().filter_map(Value::as_f64).collect();
                if given.len() < items.len() {
                    continue;
                }
                let same = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| close(*a, *b));
                let mut windows = said.windows(given.len()).peekable();
                if windows.peek().is_none() || said.windows(given.len()).any(|w| same(w, &given)) {
                    continue;
                }
                let sorted = |values: &[f64]| {
                    let mut values = values.to_vec();
                    values.sort_by(f64::total_cmp);
                    values
                };
                let of_given = sorted(&given);
                if let Some(window) = windows.find(|w| same(&sorted(w), &of_given)) {
                    let right: Vec<Value> = window.iter().map(|v| as_given(*v, items)).collect();
                    let message = "the request lists these numbers in another order";
                    report.find_with_fix(slot.pointer(view.index), message, 1.0, Value::Array(right));
                }
            }
        }
    }
}

/// The item of `items` that has this value.
fn as_given(value: f64, items: &[Value]) -> Value {
    items.iter().find(|i| i.as_f64().is_some_and(|v| close(v, value))).cloned().unwrap_or_else(|| Value::from(value))
}

/// A request of more numbers than these holds a table.
const MAX_NUMBERS: usize = 64;

/// A number given for one parameter that stands beside another one's name.
#[derive(Debug)]
pub(in crate::rules) struct Role;

impl Rule for Role {
    fn id(&self) -> &'static str {
        "grounding.role"
    }
    fn summary(&self) -> &'static str {
        "A number that stands beside a parameter's name in the request fills that parameter and no other."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        for view in &case.calls {
            let Some(spec) = view.spec else { continue };
            let numeric: Vec<(&Slot<'_>, f64, &Param)> =
                view.slots.iter().filter_map(|s| Some((s, s.value.as_f64()?, s.param?))).collect();
            if numeric.is_empty() {
                continue;
            }
            let mut shared: HashMap<&str, usize> = HashMap::new();
            for name in spec.params().properties.iter().flat_map(names) {
                *shared.entry(name).or_default() += 1;
            }
            for (slot, value, param) in &numeric {
                let mentions: Vec<&[Box<str>]> = near(case, *value).collect();
                let [words] = mentions.as_slice() else { continue };
                let said = |n: &str| words.iter().any(|w| **w == *n);
                let beside = |p: &Param| names(p).all(said) && names(p).any(|n| shared.get(n) == Some(&1));
                let other =
                    spec.params().properties.iter().filter(|p| p.name != param.name && p.types.allows_numbers());
                let mut other = other.filter(|p| beside(p));
                if names(param).any(said) {
                    continue;
                }
                let Some(named) = other.next() else { continue };
                let given = numeric.iter().any(|(_, v, p)| p.name == named.name && close(*v, *value));
                if !given {
                    let message =
                        format!("the request gives {value} for \"{}\", not for \"{}\"", named.name, param.name);
                    report.find(slot.pointer(view.index), message, 1.0);
                }
            }
        }
    }
}
