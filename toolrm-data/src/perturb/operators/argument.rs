//! Arguments that are missing, made up or misnamed.

use serde_json::Value;
use toolrm_core::{
    call::ToolCall,
    score::pointer_token,
    toolset::{ToolSpec, ViolationKind},
};

use super::{BuiltIn, Draw, Effect, ErrorClass, Mutant, Mutants, Subject, at_places, made, stands_for};
use crate::perturb::subject::is_default;

pub(super) const MISSING_REQUIRED: BuiltIn = BuiltIn {
    id: "missing-required",
    summary: "A required argument is left out.",
    effect: Effect::BreaksSchema,
    taxonomy: Some(stands_for("simple_function_checker:missing_required", ErrorClass::MissingRequired)),
    mutants: missing_required,
};

fn missing_required(subject: &Subject<'_>, _: &Draw) -> Mutants {
    at_places(subject, "no call gives a required argument", |place| {
        let required = place.param.required && !place.is_item;
        required.then(|| subject.without(place))?.filter(|m| subject.violates(m, ViolationKind::Required))
    })
}

pub(super) const MISSING_OPTIONAL: BuiltIn = BuiltIn {
    id: "missing-optional",
    summary: "An optional argument that says something is left out.",
    effect: Effect::ChangesMeaning,
    taxonomy: Some(stands_for("simple_function_checker:missing_optional", ErrorClass::MissingOptional)),
    mutants: missing_optional,
};

/// What says its default, no, or nothing may be left out without a loss.
fn missing_optional(subject: &Subject<'_>, _: &Draw) -> Mutants {
    at_places(subject, "no call gives an optional argument other than its default, false or nothing", |place| {
        let says_nothing = match place.value {
            Value::Null | Value::Bool(false) => true,
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            Value::Object(map) => map.is_empty(),
            _ => false,
        };
        let optional = !place.param.required && !place.is_item;
        if !optional || says_nothing || is_default(place.param, place.value) {
            return None;
        }
        subject.without(place).filter(|m| subject.keeps(m, Effect::ChangesMeaning))
    })
}

pub(super) const UNEXPECTED_PARAMETER: BuiltIn = BuiltIn {
    id: "unexpected-parameter",
    summary: "An argument is given that the tool does not have.",
    effect: Effect::BreaksSchema,
    taxonomy: Some(stands_for("simple_function_checker:unexpected_param", ErrorClass::UnexpectedParameter)),
    mutants: unexpected_parameter,
};

/// Arguments that models like to add.
fn usual_extras() -> [(&'static str, Value); 5] {
    [
        ("language", "en".into()),
        ("verbose", true.into()),
        ("limit", 10.into()),
        ("output_format", "json".into()),
        ("timeout", 30.into()),
    ]
}

/// One for each call: an argument of another tool, else one that models like to add.
fn unexpected_parameter(subject: &Subject<'_>, draw: &Draw) -> Mutants {
    let one = |(i, call, spec): (usize, &ToolCall, &ToolSpec)| -> Option<Mutant> {
        let draw = draw.of(i.to_le_bytes());
        let others = subject.tools.specs().iter().flat_map(|s| s.params().properties.iter().map(move |p| (s, p)));
        let borrowed = draw.shuffled(others).into_iter().filter_map(|(other, param)| {
            let value = subject.pool.plausible(other.name(), param, &draw.of(&param.name))?;
            Some((param.name.clone(), value))
        });
        let extras = draw.shuffled(usual_extras()).into_iter().map(|(name, value)| (name.to_owned(), value));
        let mut ways = borrowed.chain(extras).filter(|(name, _)| spec.params().property(name).is_none());
        ways.find_map(|(name, value)| {
            let mut arguments = call.args()?.clone();
            let change = format!("\"{name}\" was added");
            let pointer = format!("/{}", pointer_token(&name));
            arguments.insert(name, value);
            let mutant = subject.with_arguments(i, Value::Object(arguments), &pointer, change)?;
            subject.violates(&mutant, ViolationKind::Unknown).then_some(mutant)
        })
    };
    made(subject.specs().filter_map(one), "every tool called takes arguments of any name")
}

pub(super) const MISNAMED_PARAMETER: BuiltIn = BuiltIn {
    id: "misnamed-parameter",
    summary: "An argument is given under a name close to its own.",
    effect: Effect::BreaksSchema,
    taxonomy: Some(stands_for("simple_function_checker:unexpected_param", ErrorClass::UnexpectedParameter)),
    mutants: misnamed_parameter,
};

fn misnamed_parameter(subject: &Subject<'_>, draw: &Draw) -> Mutants {
    let mutants = subject.places().into_iter().filter(|p| p.depth() == 1).filter_map(|place| {
        let call = subject.calls.get(place.call)?;
        let spec = subject.tools.get(&call.name)?;
        let free = |name: &String| spec.params().property(name).is_none();
        draw.of(place.in_calls()).shuffled(near_names(place.name)).into_iter().filter(free).find_map(|name| {
            let pointer = format!("/{}", pointer_token(&name));
            let change = format!("\"{}\" became \"{name}\"", place.name);
            // In its old place, under its new name.
            let renamed = call.args()?.iter().map(|(key, value)| {
                let key = if key == place.name { name.clone() } else { key.clone() };
                (key, value.clone())
            });
            let mutant = subject.with_arguments(place.call, Value::Object(renamed.collect()), &pointer, change)?;
            subject.violates(&mutant, ViolationKind::Unknown).then_some(mutant)
        })
    });
    made(mutants, "no argument can be misnamed: there is none, or the tool takes arguments of any name")
}

/// Names a careless reader takes for this one: another case convention, another number, a word more or less.
fn near_names(name: &str) -> Vec<String> {
    let mut names = vec![format!("{name}_value"), format!("{name}Name")];
    names.push(match name.strip_suffix('s') {
        Some(singular) if !singular.is_empty() => singular.to_owned(),
        _ => format!("{name}s"),
    });
    if let Some((first, rest)) = name.split_once('_') {
        names.push(rest.to_owned());
        let camel = rest.split('_').map(|word| {
            let mut letters = word.chars();
            letters.next().map(|c| c.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default()
        });
        names.push(std::iter::once(first.to_owned()).chain(camel).collect());
    }
    names.retain(|n| !n.is_empty() && n != name);
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_near_and_others() {
        assert_eq!(near_names("note"), ["note_value", "noteName", "notes"]);
        assert_eq!(
            near_names("guest_names"),
            ["guest_names_value", "guest_namesName", "guest_name", "names", "guestNames"]
        );
        assert_eq!(near_names("_"), ["__value", "_Name", "_s"]);
    }
}
