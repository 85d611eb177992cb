//! The validator behind a tool: the `jsonschema` crate, which nothing outside this file knows.

use jsonschema::{
    Draft, ValidationError, Validator,
    error::{TypeKind, ValidationErrorKind as Kind},
};
use serde_json::Value;

use super::{
    error::{ToolsetError, ToolsetErrorKind},
    json::push_token,
    type_set::TypeSet,
    violation::{Violation, ViolationKind, shown, with_article},
};

/// Compiles a normalised schema. Nothing is fetched.
pub(super) fn compile(tool: &str, base: &str, schema: &Value) -> Result<Validator, ToolsetError> {
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .should_validate_formats(true)
        .with_format("date-time", is_date_time)
        .with_format("time", is_time)
        .offline()
        .build(schema)
        .map_err(|error| {
            let kind = match error.kind() {
                Kind::Referencing(_) => ToolsetErrorKind::Reference,
                _ => ToolsetErrorKind::Schema,
            };
            let pointer = format!("{base}{}", error.instance_path().as_str());
            ToolsetError::new(kind, tool, pointer, format!("not valid JSON Schema: {error}"))
        })
}

/// RFC 3339, or the same without an offset: `2024-05-01T09:00:00`, which tools ask for by this format far more often.
fn is_date_time(text: &str) -> bool {
    let Some((date, time)) = text.split_once(['T', 't', ' ']) else { return false };
    date.parse::<jiff::civil::Date>().is_ok() && is_time(time)
}

/// RFC 3339 `full-time`, or the same without seconds or offset: `09:00`.
fn is_time(text: &str) -> bool {
    let without_zone = text.strip_suffix(['Z', 'z']);
    let offset_at = text.rfind(['+', '-']);
    let time = match (without_zone, offset_at.and_then(|i| text.split_at_checked(i))) {
        (Some(time), _) => time,
        (None, Some((time, offset))) if is_clock(offset.trim_start_matches(['+', '-'])) => time,
        (None, Some(_)) => return false,
        (None, None) => text,
    };
    is_clock(time)
}

fn is_clock(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit()) && text.contains(':') && text.parse::<jiff::civil::Time>().is_ok()
}

/// A validator's complaint as violations: one for each argument it is about.
pub(super) fn violations_of(error: &ValidationError<'_>) -> Vec<Violation> {
    let pointer = error.instance_path().as_str();
    let child = |name: &str| {
        let mut pointer = pointer.to_owned();
        push_token(&mut pointer, name);
        pointer
    };
    match error.kind() {
        Kind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            let message = format!("the required argument \"{name}\" is missing");
            vec![Violation::new(ViolationKind::Required, child(name), message)]
        }
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            let unknown =
                |n: &String| Violation::new(ViolationKind::Unknown, child(n), format!("there is no argument \"{n}\""));
            unexpected.iter().map(unknown).collect()
        }
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
            if let Some(errors) = the_one_meant(context, pointer) {
                return errors.iter().flat_map(violations_of).collect();
            }
            let message = format!("{} fits none of the alternatives the schema gives", shown(error.instance()));
            vec![Violation::new(ViolationKind::Other, pointer.to_owned(), message)]
        }
        kind => {
            let (kind, message) = of_one_value(error, kind);
            vec![Violation::new(kind, pointer.to_owned(), message)]
        }
    }
}

/// The errors of the alternative that was meant: the only one that has nothing against the value's type or against a fixed value in it.
fn the_one_meant<'e>(
    context: &'e [Vec<ValidationError<'static>>],
    pointer: &str,
) -> Option<&'e [ValidationError<'static>]> {
    let is_other = |error: &ValidationError<'static>| match error.kind() {
        Kind::Type { .. } => error.instance_path().as_str() == pointer,
        Kind::Constant { .. } | Kind::Enum { .. } => true,
        _ => false,
    };
    let mut meant = context.iter().filter(|errors| !errors.iter().any(is_other));
    match (meant.next(), meant.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    }
}

/// Kind and message of a complaint about a value itself.
fn of_one_value(error: &ValidationError<'_>, kind: &Kind) -> (ViolationKind, String) {
    let value = shown(error.instance());
    let range = |what: String| (ViolationKind::Range, what);
    match kind {
        Kind::Type { kind } => {
            let types = match kind {
                TypeKind::Single(one) => TypeSet::of_keyword(Some(&one.as_str().into())),
                TypeKind::Multiple(several) => several
                    .iter()
                    .map(|one| TypeSet::of_keyword(Some(&one.as_str().into())))
                    .fold(TypeSet::default(), TypeSet::union),
            };
            (ViolationKind::Type, format!("{value} where {} belongs", with_article(types)))
        }
        Kind::Enum { options } => (ViolationKind::Enum, format!("{value} is not allowed: use one of {options}")),
        Kind::Constant { expected_value } => {
            (ViolationKind::Enum, format!("{value} is not allowed: use {expected_value}"))
        }
        Kind::Minimum { limit } => range(format!("{value} is too small: at least {limit}")),
        Kind::Maximum { limit } => range(format!("{value} is too large: at most {limit}")),
        Kind::ExclusiveMinimum { limit } => range(format!("{value} is too small: more than {limit}")),
        Kind::ExclusiveMaximum { limit } => range(format!("{value} is too large: less than {limit}")),
        Kind::MultipleOf { multiple_of } => range(format!("{value} is not a multiple of {multiple_of}")),
        Kind::MinLength { limit } => range(format!("{value} is too short: at least {limit} characters")),
        Kind::MaxLength { limit } => range(format!("{value} is too long: at most {limit} characters")),
        Kind::MinItems { limit } => range(format!("too few items: at least {limit}")),
        Kind::MaxItems { limit } => range(format!("too many items: at most {limit}")),
        Kind::MinProperties { limit } => range(format!("too few properties: at least {limit}")),
        Kind::MaxProperties { limit } => range(format!("too many properties: at most {limit}")),
        Kind::Format { format } => (ViolationKind::Format, format!("{value} is not of the format \"{format}\"")),
        Kind::Pattern { pattern } => (ViolationKind::Format, format!("{value} does not match the pattern {pattern}")),
        Kind::UniqueItems => (ViolationKind::Other, "two items are equal, and all must differ".to_owned()),
        Kind::OneOfMultipleValid { .. } => (
            ViolationKind::Other,
            format!("{value} fits several of the alternatives the schema gives, and only one may fit"),
        ),
        _ => (ViolationKind::Other, error.masked_with("the value").to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_with_and_without_offset() {
        for good in ["09:00", "09:00:30", "23:59:59.5Z", "09:00:00+02:00", "09:00:00-05:30"] {
            assert!(is_time(good), "{good}");
            assert!(is_date_time(&format!("2024-02-29T{good}")), "{good}");
            assert!(is_date_time(&format!("2024-02-29 {good}")), "{good}");
        }
        for bad in ["", "9", "9am", "25:00", "09:61", "09:00+", "09:00-x", "tomorrow", "09:00-17:00x", "+02:00"] {
            assert!(!is_time(bad), "{bad}");
            assert!(!is_date_time(&format!("2024-05-01T{bad}")), "{bad}");
        }
        for bad in ["2024-05-01", "2023-02-29T09:00", "next week T09:00", "T", " "] {
            assert!(!is_date_time(bad), "{bad}");
        }
    }
}
