//! Values the parameter's schema rules out: another type, none of the listed ones, beyond the range.

use serde_json::{Number, Value};
use toolrm_core::toolset::ViolationKind;

use super::{BuiltIn, Draw, Effect, ErrorClass, Mutant, Mutants, Place, Subject, at_places, stands_for};

pub(super) const WRONG_TYPE: BuiltIn = BuiltIn {
    id: "wrong-type",
    summary: "An argument has a value of another type: a number in quotes, a text in a list, a list without its brackets.",
    effect: Effect::BreaksSchema,
    taxonomy: Some(stands_for("type_error:simple", ErrorClass::WrongType)),
    mutants: |subject, draw| {
        at_places(subject, "every argument may have a value of any type", |place| {
            if place.depth() == 1 { retyped(subject, place, draw) } else { None }
        })
    },
};

pub(super) const WRONG_NESTED_TYPE: BuiltIn = BuiltIn {
    id: "wrong-nested-type",
    summary: "A value inside of a list or an object has another type.",
    effect: Effect::BreaksSchema,
    taxonomy: Some(stands_for("type_error:nested", ErrorClass::WrongType)),
    mutants: |subject, draw| {
        at_places(subject, "no list or object holds a value of a type of its own", |place| {
            if place.depth() > 1 { retyped(subject, place, draw) } else { None }
        })
    },
};

fn retyped(subject: &Subject<'_>, place: &Place<'_>, draw: &Draw) -> Option<Mutant> {
    first_violating(
        subject,
        place,
        ViolationKind::Type,
        draw.of(place.in_calls()).shuffled(of_other_types(place.value)),
    )
}

/// The same value as another type would write it, as models do.
fn of_other_types(value: &Value) -> Vec<Value> {
    let in_list = Value::Array(vec![value.clone()]);
    match value {
        Value::Null => vec!["null".into()],
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => vec![value.to_string().into(), in_list],
        Value::String(text) => match text.parse::<Number>() {
            Ok(number) => vec![Value::Number(number), in_list],
            Err(_) => vec![in_list, serde_json::json!({"value": text})],
        },
        Value::Array(items) => vec![value.to_string().into(), items.first().cloned().unwrap_or_default()],
    }
}

pub(super) const OUT_OF_ENUM: BuiltIn = BuiltIn {
    id: "out-of-enum",
    summary: "A parameter with listed values gets one that is not listed.",
    effect: Effect::BreaksSchema,
    taxonomy: Some(stands_for("value_error:string", ErrorClass::WrongValue)),
    mutants: out_of_enum,
};

fn out_of_enum(subject: &Subject<'_>, draw: &Draw) -> Mutants {
    at_places(subject, "no argument has listed values", |place| {
        if place.param.allowed.is_empty() {
            return None;
        }
        let others: Vec<Value> = match place.value {
            Value::String(text) => {
                let near = [format!("{text}_plus"), format!("non-{text}")].map(Value::from);
                near.into_iter().chain(["other", "standard", "unspecified"].map(Value::from)).collect()
            }
            Value::Number(_) => {
                [1, 2, 10, 1000].iter().filter_map(|step| more(place.value, f64::from(*step))).collect()
            }
            _ => Vec::new(),
        };
        first_violating(subject, place, ViolationKind::Enum, draw.of(place.in_calls()).shuffled(others))
    })
}

pub(super) const OUT_OF_RANGE: BuiltIn = BuiltIn {
    id: "out-of-range",
    summary: "A number lies beyond the range its parameter declares.",
    effect: Effect::BreaksSchema,
    taxonomy: Some(stands_for("value_error:others", ErrorClass::WrongValue)),
    mutants: out_of_range,
};

fn out_of_range(subject: &Subject<'_>, draw: &Draw) -> Mutants {
    at_places(subject, "no number has a declared range", |place| {
        let (low, high) = place.param.range;
        let beyond = [low.map(|low| number(low - 1.0)), high.map(|high| number(high + 1.0))];
        let beyond = draw.of(place.in_calls()).shuffled(beyond.into_iter().flatten().flatten());
        if !place.value.is_number() {
            return None;
        }
        first_violating(subject, place, ViolationKind::Range, beyond)
    })
}

/// A place with the first of these values that its schema complains about as it should.
pub(super) fn first_violating(
    subject: &Subject<'_>,
    place: &Place<'_>,
    kind: ViolationKind,
    values: impl IntoIterator<Item = Value>,
) -> Option<Mutant> {
    values.into_iter().filter_map(|v| subject.replaced(place, v)).find(|m| subject.violates(m, kind))
}

/// A number that is so much more, written as a whole number where it is one.
pub(super) fn more(value: &Value, step: f64) -> Option<Value> {
    match (value.as_i64(), step.fract() == 0.0) {
        #[allow(clippy::cast_possible_truncation, reason = "steps are small whole numbers")]
        (Some(whole), true) => whole.checked_add(step as i64).map(Value::from),
        _ => Number::from_f64(value.as_f64()? + step).map(Value::Number),
    }
}

/// A number so many times as large, written as a whole number where it is one.
pub(super) fn times(value: &Value, factor: i32) -> Option<Value> {
    match value.as_i64() {
        Some(whole) => whole.checked_mul(i64::from(factor)).map(Value::from),
        None => number(value.as_f64()? * f64::from(factor)),
    }
}

/// A number, written as a whole number where it is one.
fn number(value: f64) -> Option<Value> {
    toolrm_core::canonical::canonical_value(&Value::Number(Number::from_f64(value)?)).into()
}
