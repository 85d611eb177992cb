//! Quantities in the unit the parameter asks for.

use serde_json::Value;

use super::{Case, Report, Rule, filled};
use crate::{
    context::{close, converts},
    toolset::TypeSet,
};

/// A quantity given in the user's unit where the parameter asks for another.
#[derive(Debug)]
pub(in crate::rules) struct Unit;

impl Rule for Unit {
    fn id(&self) -> &'static str {
        "convention.unit"
    }
    fn summary(&self) -> &'static str {
        "A quantity is converted to the unit the parameter's description asks for."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        for (index, slot, param) in filled(case) {
            let Some((value, unit)) = slot.value.as_f64().zip(param.hints.unit) else { continue };
            let said = &case.context.said.numbers;
            let mut mentions = said.iter().filter(|n| close(n.value, value)).peekable();
            // One mention in the right unit, or in none, is enough to keep quiet.
            let all_other = mentions.peek().is_some()
                && mentions.all(|n| n.unit.is_some_and(|u| u.dimension == unit.dimension && !u.is(unit)));
            let Some(said) = said.iter().find(|n| close(n.value, value)).and_then(|n| n.unit).filter(|_| all_other)
            else {
                continue;
            };
            let wanted = value * said.factor / unit.factor;
            if converts(wanted, value) {
                continue;
            }
            let whole = !param.types.contains(TypeSet::NUMBER);
            #[allow(clippy::cast_possible_truncation, reason = "whole, and small enough to be said")]
            let fix = if whole && wanted.fract() == 0.0 { Value::from(wanted as i64) } else { Value::from(wanted) };
            let message = format!("the request gives {value} in another unit; that is {wanted} in the unit asked for");
            report.find_with_fix(slot.pointer(index), message, 1.0, fix);
        }
    }
}
