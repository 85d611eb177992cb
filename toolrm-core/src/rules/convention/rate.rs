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
