//! Percentages as 5 or as 0.05.

use serde_json::Value;

use super::{Case, Report, Rule, filled};
use crate::{
    context::close,
    toolset::{Param, TypeSet},
};

/// A rate of 5% written as 5 where the parameter wants 0.05, or the other way round.
#[derive(Debug)]
pub(in crate::rules) struct Rate;

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
            let Some(as_percent) = wants_percent(param) else { continue };
            let wanted = if as_percent { percent } else { percent / 100.0 };
            if !close(wanted, value) {
                let message = format!("{percent}% is to be given as {wanted} here");
                report.find_with_fix(slot.pointer(index), message, 1.0, Value::from(wanted));
            }
        }
    }
}

/// Words of parameters that are rates.
const RATES: [&str; 9] =
    ["rate", "return", "yield", "growth", "interest", "efficiency", "probability", "ratio", "discount"];

/// Whether a rate parameter wants 5 for 5%, by its words, its range, its default, its type; else a fraction, where it is a rate at
/// all. `None` when nothing tells.
fn wants_percent(param: &Param) -> Option<bool> {
    let hints = &param.hints;
    let says = |what: &[&str]| hints.description.iter().chain(hints.name.iter()).any(|w| what.contains(&w));
    if says(&["decimal", "fraction", "fractional", "0.05", "0.1"]) && !says(&["100", "100.0"]) {
        return Some(false);
    }
    if says(&["percentage", "percent", "pct"]) || ["(%)", "in %"].iter().any(|s| param.description.contains(s)) {
        return Some(true);
    }
    if !param.types.contains(TypeSet::NUMBER) {
        return Some(true);
    }
    match (param.range.1, param.default.as_ref().and_then(Value::as_f64)) {
        (Some(most), _) => return Some(most > 1.0),
        (None, Some(default)) if default != 0.0 => return Some(default.abs() > 1.0),
        _ => {}
    }
    says(&RATES).then_some(false)
}
