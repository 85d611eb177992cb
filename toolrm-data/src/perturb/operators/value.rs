//! Values that fit the schema and are not what was asked.

use serde_json::Value;
use toolrm_core::canonical::canonical_value;

use super::{
    BuiltIn, Draw, Effect, ErrorClass, Mutant, Mutants, Place, Subject, at_places, first_kept, stands_for,
    types::{more, times},
};
use crate::perturb::heard::{Heard, look};

const EFFECT: Effect = Effect::ChangesMeaning;

/// The first of these values that makes another call which fits the schemas.
fn first_fitting(subject: &Subject<'_>, place: &Place<'_>, values: impl IntoIterator<Item = Value>) -> Option<Mutant> {
    first_kept(subject, EFFECT, values.into_iter().map(|v| subject.replaced(place, v)))
}

pub(super) const WRONG_NUMBER: BuiltIn = BuiltIn {
    id: "wrong-number",
    summary: "A number is off.",
    effect: EFFECT,
    taxonomy: Some(stands_for("value_error:others", ErrorClass::WrongValue)),
    mutants: wrong_number,
};

/// By one, or by a factor of two or ten.
fn wrong_number(subject: &Subject<'_>, draw: &Draw) -> Mutants {
    at_places(subject, "no value is a number that may be another one", |place| {
        let value = Some(place.value).filter(|v| v.is_number() && place.param.allowed.is_empty())?;
        let draw = draw.of(place.in_calls());
        let off = [more(value, 1.0), more(value, -1.0), times(value, 2), times(value, 10)];
        let said = draw.rotated(subject.heard().filter(|h| is_near(value, &h.value))).into_iter().take(NUMBERS_SAID);
        let ways = off.into_iter().flatten().chain(said.map(|h| h.value.clone()));
        first_fitting(subject, place, draw.shuffled(ways))
    })
}

/// Numbers of the conversation that compete with those that are off.
const NUMBERS_SAID: usize = 4;

/// Whether a number said elsewhere may be taken for this one: a whole number for a whole number, and of like size.
fn is_near(value: &Value, said: &Value) -> bool {
    let (Some(a), Some(b)) = (value.as_f64(), said.as_f64()) else { return false };
    let of_like_size = b != 0.0 && (0.1..=10.0).contains(&(a / b));
    of_like_size && value != said && (a.fract() == 0.0) == (b.fract() == 0.0)
}

pub(super) const WRONG_TEXT: BuiltIn = BuiltIn {
    id: "wrong-text",
    summary: "A text is another one: what other examples say there, other digits, or other words.",
    effect: EFFECT,
    taxonomy: Some(stands_for("value_error:string", ErrorClass::WrongValue)),
    mutants: wrong_text,
};

fn wrong_text(subject: &Subject<'_>, draw: &Draw) -> Mutants {
    let places = subject.all_places();
    at_places(subject, "no value is a free text", |place| {
        let text = place.value.as_str().filter(|_| place.param.allowed.is_empty())?;
        let draw = draw.of(place.in_calls());
        let elsewhere_in_it = |v: &Value| places.iter().any(|p| p.value == v);
        let differs = |v: &&Value| v.as_str().is_some_and(|other| !overlap(text, other)) && !elsewhere_in_it(v);
        let elsewhere = subject.pool.given(subject.tool(place), place.name).filter(differs);
        let of_that_name = subject.pool.named(place.name).filter(differs);
        let documented = place.param.examples.iter().filter(differs);
        let said = said_alike(subject, place, text, &draw);
        let (of_that_key, in_words): (Vec<&Heard>, Vec<&Heard>) = said.into_iter().partition(|h| *h.key == *place.name);
        let ways = draw
            .rotated(elsewhere)
            .into_iter()
            .cloned()
            .chain(values_of(of_that_key).filter(|v| differs(&v)))
            .chain(other_digits(text).map(Value::from))
            .chain(draw.rotated(of_that_name.chain(documented)).into_iter().cloned())
            .chain(values_of(in_words).filter(|v| differs(&v)))
            .chain(draw.shuffled(subject.pool.stand_ins()).into_iter().filter(|v| differs(&v)));
        first_fitting(subject, place, ways)
    })
}

/// What the conversation says that looks like this text.
fn said_alike<'a>(subject: &Subject<'a>, place: &Place<'_>, text: &str, draw: &Draw) -> Vec<&'a Heard> {
    let look = look(text);
    draw.of(place.name).rotated(subject.heard().filter(|h| h.look == look && h.value.is_string()))
}

fn values_of(heard: Vec<&Heard>) -> impl Iterator<Item = Value> {
    heard.into_iter().map(|h| h.value.clone())
}

/// Whether one of two texts contains the other: "Paris" and "Paris, France" may both be right.
fn overlap(a: &str, b: &str) -> bool {
    let (a, b) = (a.to_lowercase(), b.to_lowercase());
    a.contains(&b) || b.contains(&a)
}

/// The text with its last number one less, or one more where that would be nothing; as many digits.
fn other_digits(text: &str) -> Option<String> {
    let end = text.rfind(|c: char| c.is_ascii_digit())? + 1;
    let (head, tail) = text.split_at_checked(end)?;
    let before = head.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = head.strip_prefix(before)?;
    let value: u64 = digits.parse().ok()?;
    let other = if value > 1 { value - 1 } else { value + 1 };
    Some(format!("{before}{other:0width$}{tail}", width = digits.len()))
}

pub(super) const WRONG_CHOICE: BuiltIn = BuiltIn {
    id: "wrong-choice",
    summary: "A parameter with listed values gets another of them.",
    effect: EFFECT,
    taxonomy: Some(stands_for("value_error:string", ErrorClass::WrongValue)),
    mutants: wrong_choice,
};

fn wrong_choice(subject: &Subject<'_>, draw: &Draw) -> Mutants {
    at_places(subject, "no argument has several listed values", |place| {
        let is_other = |v: &&Value| !v.is_boolean() && canonical_value(v) != canonical_value(place.value);
        let others = place.param.allowed.iter().filter(is_other).cloned();
        first_fitting(subject, place, draw.of(place.in_calls()).shuffled(others))
    })
}

pub(super) const FLIPPED_FLAG: BuiltIn = BuiltIn {
    id: "flipped-flag",
    summary: "A yes became a no, or a no a yes.",
    effect: EFFECT,
    taxonomy: Some(stands_for("value_error:others", ErrorClass::WrongValue)),
    mutants: |subject, _| {
        at_places(subject, "no value is true or false", |place| {
            first_fitting(subject, place, [Value::Bool(!place.value.as_bool()?)])
        })
    },
};

pub(super) const MISSING_ITEM: BuiltIn = BuiltIn {
    id: "missing-item",
    summary: "A list of several lacks one of them.",
    effect: EFFECT,
    taxonomy: Some(stands_for("value_error:list/tuple", ErrorClass::WrongValue)),
    mutants: |subject, _| {
        at_places(subject, "no list has several items", |place| {
            first_kept(subject, EFFECT, [subject.without(place).filter(|_| is_one_of_several(subject, place))])
        })
    },
};

fn is_one_of_several(subject: &Subject<'_>, place: &Place<'_>) -> bool {
    let list = || subject.calls.get(place.call)?.arguments.pointer(place.pointer.rsplit_once('/')?.0)?.as_array();
    place.is_item && list().is_some_and(|items| items.len() > 1)
}

pub(super) const PLACEHOLDER: BuiltIn = BuiltIn {
    id: "placeholder",
    summary: "A text is a stand-in that was never filled.",
    effect: EFFECT,
    taxonomy: Some(stands_for("value_error:string", ErrorClass::WrongValue)),
    mutants: placeholder,
};

fn placeholder(subject: &Subject<'_>, draw: &Draw) -> Mutants {
    at_places(subject, "no value is a text that may be anything", |place| {
        if !place.value.is_string() || !place.param.allowed.is_empty() {
            return None;
        }
        let stand_ins =
            [format!("<{}>", place.name), format!("your_{}", place.name), "string".into(), "example".into()];
        first_fitting(subject, place, draw.of(place.in_calls()).shuffled(stand_ins.map(Value::from)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_digits_keep_the_form() {
        let other = |text: &str| other_digits(text).unwrap();
        assert_eq!(other("2025-03-15"), "2025-03-14");
        assert_eq!(other("19:30"), "19:29");
        assert_eq!(other("B-0100x"), "B-0099x");
        assert_eq!(other("Zürich–1"), "Zürich–2");
        assert_eq!(other("7"), "6");
        assert_eq!(other("19:00"), "19:01");
        assert_eq!(other_digits("Paris"), None);
        assert_eq!(other_digits("99999999999999999999999"), None);
    }

    #[test]
    fn what_may_mean_the_same_is_no_other_text() {
        assert!(overlap("Paris", "paris, France"));
        assert!(!overlap("Paris", "Lyon"));
    }
}
