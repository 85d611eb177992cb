//! How well the conversation supports a number.

use super::{Origin, Support, listed::of_code};
use crate::{
    context::{Context, Words, close},
    toolset::Param,
};

pub(super) fn of_number(value: f64, param: Option<&Param>, context: &Context) -> Support {
    if let Some(param) = param.filter(|p| !p.hints.codes.is_empty())
        && let Some(support) = of_code(&Words::new(&value.to_string()), param, context)
    {
        return support;
    }
    if context.has_number(value) {
        return Support::new(1.0, Origin::Stated);
    }
    let converted = [value * 100.0, value / 100.0, value / 1000.0, value * 1000.0, value * 60.0, value / 60.0, -value];
    let percent =
        context.said.numbers.iter().chain(&context.seen.numbers).any(|n| n.percent && close(n.value, value * 100.0));
    if percent {
        return Support::new(1.0, Origin::Derived);
    }
    if value != 0.0 && converted.iter().any(|v| context.has_number(*v)) {
        return Support::new(0.6, Origin::Derived);
    }
    let example = param.is_some_and(|p| p.examples.iter().any(|e| e.as_f64().is_some_and(|e| close(e, value))));
    if example {
        return Support::new(0.0, Origin::Example);
    }
    // "a", "the" and the singular say one, and leaving a thing out says none.
    if close(value, 1.0) {
        return Support::new(0.6, Origin::Derived);
    }
    Support::new(if value == 0.0 { 0.3 } else { 0.0 }, Origin::Nowhere)
}
