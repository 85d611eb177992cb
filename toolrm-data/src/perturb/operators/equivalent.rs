//! The same calls in another dress: a judge that sees a difference raises a false alarm.

use serde_json::{Map, Number, Value};
use toolrm_core::{call::Candidate, score::pointer_token};

use super::{BuiltIn, Draw, Effect, Mutant, Mutants, Subject, at_places, first_kept, made};
use crate::perturb::subject::is_default;

const EFFECT: Effect = Effect::Nothing;

pub(super) const KEY_ORDER: BuiltIn = BuiltIn {
    id: "key-order",
    summary: "The arguments come in another order.",
    effect: EFFECT,
    taxonomy: None,
    mutants: key_order,
};

/// Backwards: the order farthest from the one given.
fn key_order(subject: &Subject<'_>, _: &Draw) -> Mutants {
    let reordered = subject.calls.iter().enumerate().filter_map(|(i, call)| {
        let arguments = call.args().filter(|args| args.len() > 1)?;
        let backwards: Map<String, Value> = arguments.iter().rev().map(|(k, v)| (k.clone(), v.clone())).collect();
        subject.with_arguments(i, Value::Object(backwards), "", "the arguments were put in another order".to_owned())
    });
    made(reordered, "no call has two arguments")
}

pub(super) const INTEGRAL_FLOAT: BuiltIn = BuiltIn {
    id: "integral-float",
    summary: "A whole number is written with a decimal point, or without one.",
    effect: EFFECT,
    taxonomy: None,
    mutants: integral_float,
};

fn integral_float(subject: &Subject<'_>, _: &Draw) -> Mutants {
    at_places(subject, "no value is a whole number", |place| {
        let other = match place.value.as_i64() {
            // Exact where the canonical form takes the two for one.
            Some(whole) => Value::Number(Number::from_f64(whole as f64)?),
            None => toolrm_core::canonical::canonical_value(place.value),
        };
        let differs = place.value.is_number() && other != *place.value;
        first_kept(subject, EFFECT, [differs.then(|| subject.replaced(place, other)).flatten()])
    })
}

pub(super) const SPELLED_DEFAULT: BuiltIn = BuiltIn {
    id: "spelled-default",
    summary: "An optional argument is given as its documented default.",
    effect: EFFECT,
    taxonomy: None,
    mutants: spelled_default,
};

fn spelled_default(subject: &Subject<'_>, _: &Draw) -> Mutants {
    let mut mutants = Vec::new();
    for (i, call, spec) in subject.specs() {
        let Some(given) = call.args() else { continue };
        for param in spec.params().properties.iter().filter(|p| !p.required && !given.contains_key(&p.name)) {
            let Some(default) = param.default.clone().filter(|d| !d.is_null()) else { continue };
            let mut arguments = given.clone();
            arguments.insert(param.name.clone(), default);
            let change = format!("\"{}\" was given its default", param.name);
            let pointer = format!("/{}", pointer_token(&param.name));
            let mutant = subject.with_arguments(i, Value::Object(arguments), &pointer, change);
            mutants.extend(first_kept(subject, EFFECT, [mutant]));
        }
    }
    made(mutants, "no call leaves out an argument with a documented default")
}

pub(super) const DROPPED_DEFAULT: BuiltIn = BuiltIn {
    id: "dropped-default",
    summary: "An optional argument that says its documented default is left out.",
    effect: EFFECT,
    taxonomy: None,
    mutants: |subject, _| {
        at_places(subject, "no call spells out a documented default", |place| {
            let droppable = place.depth() == 1 && is_default(place.param, place.value);
            first_kept(subject, EFFECT, [droppable.then(|| subject.without(place)).flatten()])
        })
    },
};

pub(super) const OTHER_IDS: BuiltIn = BuiltIn {
    id: "other-ids",
    summary: "The calls carry other ids.",
    effect: EFFECT,
    taxonomy: None,
    mutants: |subject, draw| {
        let id = |i: usize| format!("call_{:06}", draw.of(i.to_le_bytes()).below(1_000_000));
        let calls = subject.calls.iter().enumerate().map(|(i, call)| call.clone().with_id(id(i)));
        Ok(vec![Mutant::calls(calls.collect(), "", "the calls got other ids")])
    },
};

pub(super) const WORDS_BESIDE: BuiltIn = BuiltIn {
    id: "words-beside",
    summary: "A few words stand beside the calls.",
    effect: EFFECT,
    taxonomy: None,
    mutants: |subject, draw| {
        let words = ["Let me look that up.", "One moment, please.", "On it."];
        let words = draw.pick(&words).copied().unwrap_or_default();
        let candidate = Candidate::calls(subject.calls.to_vec()).with_content(words);
        Ok(vec![Mutant::new(candidate, "", "words were put beside the calls")])
    },
};
