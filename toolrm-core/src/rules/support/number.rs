//! How well the conversation supports a number.

use super::{Origin, Support, listed::of_code};
use crate::{
    context::{Context, Dimension, Unit, Words, close, converts},
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
    let percent =
        context.said.numbers.iter().chain(&context.seen.numbers).any(|n| n.percent && close(n.value, value * 100.0));
    if percent {
        return Support::new(1.0, Origin::Derived);
    }
    if let Some(degree) = of_measure(value, param, context) {
        return Support::new(degree, Origin::Derived);
    }
    if is_part_of_date(value, param, context) {
        return Support::new(1.0, Origin::Derived);
    }
    let converted = [value * 100.0, value / 100.0, value / 1000.0, value * 1000.0, -value];
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

/// A said quantity in the unit the parameter asks for; in another unit of its dimension where it asks for none.
fn of_measure(value: f64, param: Option<&Param>, context: &Context) -> Option<f32> {
    let mut measures = context.said.measures.iter();
    match param.and_then(|p| p.hints.unit) {
        Some(unit) => measures.any(|m| m.in_unit(unit).is_some_and(|v| converts(v, value))).then_some(0.95),
        None => measures
            .any(|m| Unit::of(m.unit.dimension).any(|u| m.in_unit(u).is_some_and(|v| v >= 1.0 && converts(v, value))))
            .then_some(0.6),
    }
}

/// The month of a said date, the hour of a said time, the nights between two said dates.
fn is_part_of_date(value: f64, param: Option<&Param>, context: &Context) -> bool {
    let is = |n: i32| close(f64::from(n), value);
    let named = |what: &str| {
        param.is_some_and(|p| p.hints.name.iter().chain(p.hints.description.iter()).any(|w| w.contains(what)))
    };
    let said = &context.said.moments;
    let day = said.days().any(|d| {
        d.month.is_some_and(|m| is(i32::from(m)) && named("month")) || d.year.is_some_and(|y| is(i32::from(y)))
    });
    let clock = || said.clocks().any(|c| (is(i32::from(c.hour)) && named("hour")) || is(c.minutes()));
    let between = || {
        let dates: Vec<_> = said.days().filter_map(crate::context::Day::full).take(8).collect();
        dates.iter().any(|a| dates.iter().any(|b| a.until(*b).is_ok_and(|s| s.get_days() > 0 && is(s.get_days()))))
    };
    let asks_days = param.is_some_and(|p| {
        p.hints.unit.is_some_and(|u| u.dimension == Dimension::Time && close(u.factor, 86_400.0))
            || p.hints.name.iter().any(|w| matches!(w, "days" | "nights" | "duration" | "length" | "stay"))
    });
    day || clock() || (asks_days && between())
}
