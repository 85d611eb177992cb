//! What models do wrong and a list of bare calls has nothing to make it of: these need a conversation.

use serde_json::Value;
use toolrm_core::{call::Candidate, score::pointer_token, toolset::Param};

use super::{
    BuiltIn, Draw, Effect, ErrorClass, Mutant, Mutants, Place, Subject, at_places, first_kept, made, stands_for,
    types::more, value,
};
use crate::{
    observed::ErrorType,
    perturb::{heard::Heard, subject::is_default},
};

const EFFECT: Effect = Effect::ChangesMeaning;

pub(super) const EXTRA_OPTIONAL: BuiltIn = BuiltIn {
    id: "extra-optional",
    summary: "An optional argument is given that nobody asked for.",
    effect: EFFECT,
    taxonomy: Some(stands_for("simple_function_checker:unexpected_param", ErrorClass::UnexpectedParameter)),
    mutants: extra_optional,
};

/// One for each call: the first of its optional parameters, in drawn order, that something can be said of.
fn extra_optional(subject: &Subject<'_>, draw: &Draw) -> Mutants {
    let mutants = subject.specs().filter_map(|(i, call, spec)| {
        let given = call.args()?;
        let free = spec.params().properties.iter().filter(|p| !p.required && !given.contains_key(&p.name));
        draw.of(i.to_le_bytes()).rotated(free).into_iter().find_map(|param| {
            let draw = draw.of(&param.name);
            let ways =
                subject.pool.plausible(&call.name, param, &draw).into_iter().chain(unasked(subject, param, &draw));
            let said = ways.filter(|v| !is_default(param, v) && !v.is_null() && *v != Value::Bool(false));
            let change = || format!("\"{}\" was added", param.name);
            let pointer = format!("/{}", pointer_token(&param.name));
            let mutants = said.map(|value| {
                let mut arguments = given.clone();
                arguments.insert(param.name.clone(), value);
                subject.with_arguments(i, Value::Object(arguments), &pointer, change())
            });
            first_kept(subject, EFFECT, mutants)
        })
    });
    made(mutants, "no call leaves out an optional argument that something can be said of")
}

/// Values of no special claim to a parameter: one more than its default, or a name or number that the conversation says.
fn unasked(subject: &Subject<'_>, param: &Param, draw: &Draw) -> Vec<Value> {
    if !param.allowed.is_empty() || !param.format.is_empty() {
        return Vec::new();
    }
    let next = param.default.as_ref().and_then(|default| more(default, 1.0));
    let said = subject.heard().filter(|h| param.types.allows(&h.value) && (h.value.is_number() || *h.look == *"A"));
    let said: Vec<&Heard> = said.collect();
    next.into_iter().chain(draw.pick(&said).map(|h| h.value.clone())).collect()
}

pub(super) const EXTRA_ITEM: BuiltIn = BuiltIn {
    id: "extra-item",
    summary: "A list has an item more.",
    effect: EFFECT,
    taxonomy: Some(stands_for("value_error:list/tuple", ErrorClass::WrongValue)),
    mutants: |subject, draw| {
        at_places(subject, "no list may have an item more", |place| {
            let (items, of_items) = (place.value.as_array()?, place.param.items.as_deref()?);
            let new = subject.pool.plausible(subject.tool(place), of_items, &draw.of(place.in_calls()))?;
            let longer = (!items.contains(&new)).then(|| items.iter().cloned().chain([new]).collect())?;
            first_kept(subject, EFFECT, [subject.replaced(place, Value::Array(longer))])
        })
    },
};

pub(super) const TWO_VALUES: BuiltIn = BuiltIn {
    id: "two-values",
    summary: "Two arguments have wrong values.",
    effect: EFFECT,
    taxonomy: Some(stands_for("value_error:others", ErrorClass::WrongValue)),
    mutants: two_values,
};

/// One mutant: a wrong value, and in the mutant another one.
fn two_values(subject: &Subject<'_>, draw: &Draw) -> Mutants {
    let arguments = subject.places().into_iter().filter(|p| p.depth() == 1);
    let mut changed: Option<Mutant> = None;
    for place in draw.rotated(arguments) {
        match &changed {
            None => changed = wrong_value(subject, &place, draw),
            Some(once) => {
                let calls = once.candidate.action.calls();
                if let Some(twice) = wrong_value(&subject.of_calls(calls), &place, draw) {
                    let change = format!("{}; {}", once.change, twice.change);
                    return Ok(vec![Mutant { change, ..twice }]);
                }
            }
        }
    }
    made([], "no two arguments can have wrong values")
}

/// The calls with a wrong value in this argument.
fn wrong_value<'a>(subject: &Subject<'a>, place: &Place<'a>, draw: &Draw) -> Option<Mutant> {
    let operators: &[BuiltIn] = match ErrorType::of_value(Some(place.param), place.value) {
        ErrorType::WrongNumber => &[value::WRONG_NUMBER],
        ErrorType::WrongText => &[value::WRONG_TEXT],
        ErrorType::WrongChoice => &[value::WRONG_CHOICE],
        ErrorType::WrongFlag => &[value::FLIPPED_FLAG],
        _ => &[value::WRONG_TEXT, value::WRONG_NUMBER, value::MISSING_ITEM, EXTRA_ITEM],
    };
    let focused = subject.focused(place.call, Some(place.name));
    let mut made = operators.iter().filter_map(|operator| (operator.mutants)(&focused, draw).ok());
    made.find_map(|mutants| draw.pick(&mutants).cloned())
}

pub(super) const WORDS_ELSEWHERE: BuiltIn = BuiltIn {
    id: "words-elsewhere",
    summary: "The model says what it says at another step of the conversation: it asks again, or tells of what it did not do.",
    effect: EFFECT,
    taxonomy: Some(stands_for("ast_decoder:decoder_failed", ErrorClass::Format)),
    mutants: |subject, draw| {
        let words: Vec<&str> = subject.words().collect();
        let said =
            draw.pick(&words).map(|text| Mutant::new(Candidate::text(*text), "", "it says what belongs elsewhere"));
        made(said, "the assistant says nothing else in the conversation")
    },
};
