//! The validator behind a tool: the `jsonschema` crate, which nothing outside this file knows.

use jsonschema::{Draft, ValidationError, Validator, error::ValidationErrorKind as Kind};
use serde_json::Value;

use super::{
    error::{ToolsetError, ToolsetErrorKind},
    push_token,
    violation::{Violation, ViolationKind, shown},
};

/// Compiles a normalised schema. Nothing is fetched.
pub(super) fn compile(tool: &str, base: &str, schema: &Value) -> Result<Validator, ToolsetError> {
    jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true).offline().build(schema).map_err(
        |error| {
            let kind = match error.kind() {
                Kind::Referencing(_) => ToolsetErrorKind::Reference,
                _ => ToolsetErrorKind::Schema,
            };
            let pointer = format!("{base}{}", error.instance_path().as_str());
            ToolsetError::new(kind, tool, pointer, format!("not a valid JSON Schema: {error}"))
        },
    )
}

/// A validator's complaint as violations: one for each argument it is about.
pub(super) fn violations_of(error: &ValidationError<'_>) -> Vec<Violation> {
    let pointer = error.instance_path().as_str().to_owned();
    let child = |name: &str| {
        let mut pointer = pointer.clone();
        push_token(&mut pointer, name);
        pointer
    };
    let value = shown(error.instance());
    let (kind, message) = match error.kind() {
        Kind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            let message = format!("the required argument \"{name}\" is missing");
            return vec![Violation::new(ViolationKind::Required, child(name), message)];
        }
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            let unknown =
                |n: &String| Violation::new(ViolationKind::Unknown, child(n), format!("there is no argument \"{n}\""));
            return unexpected.iter().map(unknown).collect();
        }
        Kind::Type { .. } => (ViolationKind::Type, error.to_string()),
        Kind::Enum { options } => (ViolationKind::Enum, format!("{value} is not allowed: use one of {options}")),
        Kind::Constant { expected_value } => {
            (ViolationKind::Enum, format!("{value} is not allowed: use {expected_value}"))
        }
        Kind::Minimum { limit } => (ViolationKind::Range, format!("{value} is too small: at least {limit}")),
        Kind::Maximum { limit } => (ViolationKind::Range, format!("{value} is too large: at most {limit}")),
        Kind::ExclusiveMinimum { limit } => (ViolationKind::Range, format!("{value} is too small: more than {limit}")),
        Kind::ExclusiveMaximum { limit } => (ViolationKind::Range, format!("{value} is too large: less than {limit}")),
        Kind::MinLength { limit } => {
            (ViolationKind::Range, format!("{value} is too short: at least {limit} characters"))
        }
        Kind::MaxLength { limit } => (ViolationKind::Range, format!("{value} is too long: at most {limit} characters")),
        Kind::MinItems { limit } => (ViolationKind::Range, format!("too few items: at least {limit}")),
        Kind::MaxItems { limit } => (ViolationKind::Range, format!("too many items: at most {limit}")),
        Kind::MinProperties { limit } => (ViolationKind::Range, format!("too few properties: at least {limit}")),
        Kind::MaxProperties { limit } => (ViolationKind::Range, format!("too many properties: at most {limit}")),
        Kind::MultipleOf { multiple_of } => {
            (ViolationKind::Range, format!("{value} is not a multiple of {multiple_of}"))
        }
        Kind::Format { format } => (ViolationKind::Format, format!("{value} is not of the format {format}")),
        Kind::Pattern { pattern } => (ViolationKind::Format, format!("{value} does not match the pattern {pattern}")),
        Kind::AnyOf { .. } | Kind::OneOfNotValid { .. } => {
            (ViolationKind::Other, format!("{value} fits none of the alternatives the schema gives"))
        }
        Kind::OneOfMultipleValid { .. } => (
            ViolationKind::Other,
            format!("{value} fits more than one of the alternatives the schema gives, where only one may"),
        ),
        Kind::UniqueItems => (ViolationKind::Other, "the items must differ from each other".to_owned()),
        _ => (ViolationKind::Other, error.masked_with("the value").to_string()),
    };
    vec![Violation::new(kind, pointer, message)]
}
