//! The wrong number of calls.

use serde_json::Value;
use toolrm_core::{call::ToolCall, canonical::same_call};

use super::{BuiltIn, Draw, Effect, ErrorClass, Mutant, Mutants, NotApplicable, Subject, first_kept, made, stands_for};

const EFFECT: Effect = Effect::ChangesMeaning;

pub(super) const MISSING_CALL: BuiltIn = BuiltIn {
    id: "missing-call",
    summary: "One of several calls is not made.",
    effect: EFFECT,
    taxonomy: Some(stands_for("parallel_function_checker_no_order:wrong_count", ErrorClass::WrongCount)),
    mutants: missing_call,
};

fn missing_call(subject: &Subject<'_>, _: &Draw) -> Mutants {
    if subject.calls.len() < 2 {
        return Err(NotApplicable("there is only one call"));
    }
    let without = |(i, call): (usize, &ToolCall)| {
        let mut calls = subject.calls.to_vec();
        calls.remove(i);
        Mutant::calls(calls, format!("/{i}"), format!("the call of \"{}\" was left out", call.name))
    };
    Ok(subject.calls.iter().enumerate().map(without).collect())
}

pub(super) const REPEATED_CALL: BuiltIn = BuiltIn {
    id: "repeated-call",
    summary: "A call is made twice.",
    effect: EFFECT,
    taxonomy: Some(stands_for("parallel_function_checker_no_order:wrong_count", ErrorClass::WrongCount)),
    mutants: |subject, _| {
        let twice = |call: &ToolCall| added(subject, call, format!("the call of \"{}\" was repeated", call.name));
        Ok(subject.calls.iter().map(twice).collect())
    },
};

pub(super) const EXTRA_CALL: BuiltIn = BuiltIn {
    id: "extra-call",
    summary: "A call is made that nobody asked for: one of another example, or a made-up one of another tool.",
    effect: EFFECT,
    taxonomy: Some(stands_for("parallel_function_checker_no_order:wrong_count", ErrorClass::WrongCount)),
    mutants: extra_call,
};

fn extra_call(subject: &Subject<'_>, draw: &Draw) -> Mutants {
    let unasked = |call: &ToolCall| !subject.calls.iter().any(|c| same_call(c, call)) && !subject.is_made_later(call);
    let elsewhere = draw.rotated(subject.pool.calls().filter(|c| unasked(c))).into_iter().cloned();
    let unused = subject.tools.specs().iter().filter(|s| !subject.calls.iter().any(|c| c.name == s.name()));
    let made_up = draw.shuffled(unused).into_iter().filter_map(|spec| {
        let arguments: Value = subject.pool.object(spec.name(), spec.params(), &draw.of(spec.name()))?;
        Some(ToolCall::new(spec.name(), arguments))
    });
    let ways = elsewhere.chain(made_up);
    let ways = ways.map(|call| Some(added(subject, &call, format!("a call of \"{}\" was added", call.name))));
    made(first_kept(subject, EFFECT, ways), "there is no other call to make")
}

/// The calls, and one more at their end. It has no id: two calls must not share one.
fn added(subject: &Subject<'_>, call: &ToolCall, change: String) -> Mutant {
    let mut calls = subject.calls.to_vec();
    calls.push(ToolCall::new(call.name.clone(), call.arguments.clone()));
    let pointer = format!("/{}", subject.calls.len());
    Mutant::calls(calls, pointer, change)
}
