//! Two arguments of one call, exchanged.

use serde_json::Value;

use super::{BuiltIn, Draw, Effect, ErrorClass, Mutant, Mutants, Place, Subject, first_kept, made, stands_for};

pub(super) const SWAPPED_ARGUMENTS: BuiltIn = BuiltIn {
    id: "swapped-arguments",
    summary: "Two arguments of like type have each other's value.",
    effect: Effect::ChangesMeaning,
    taxonomy: Some(stands_for("value_error:others", ErrorClass::WrongValue)),
    mutants: swapped_arguments,
};

fn swapped_arguments(subject: &Subject<'_>, _: &Draw) -> Mutants {
    let places: Vec<Place<'_>> = subject.places().into_iter().filter(|p| p.depth() == 1).collect();
    let pairs = places.iter().enumerate().flat_map(|(i, a)| places.iter().skip(i + 1).map(move |b| (a, b)));
    let mutants = pairs.filter(|(a, b)| a.call == b.call && alike(a.value, b.value));
    let mutants = mutants.filter_map(|(a, b)| first_kept(subject, Effect::ChangesMeaning, [swapped(subject, a, b)]));
    made(mutants, "no call has two different texts or numbers that fit each other's parameter")
}

fn alike(a: &Value, b: &Value) -> bool {
    (a.is_string() && b.is_string()) || (a.is_number() && b.is_number())
}

fn swapped(subject: &Subject<'_>, a: &Place<'_>, b: &Place<'_>) -> Option<Mutant> {
    let mut arguments = subject.calls.get(a.call)?.args()?.clone();
    *arguments.get_mut(a.name)? = b.value.clone();
    *arguments.get_mut(b.name)? = a.value.clone();
    let change = format!("\"{}\" and \"{}\" were exchanged", a.name, b.name);
    subject.with_arguments(a.call, Value::Object(arguments), &a.pointer, change)
}
