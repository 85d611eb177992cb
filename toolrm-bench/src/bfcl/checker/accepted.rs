//! The values accepted for a parameter, prepared for comparison by the parameter's type.

use serde_json::Value;

use super::{
    ErrorType, Part, Unchecked,
    dicts::{DictAnswer, check_dict, check_dicts},
    params::{Declared, incorrect_type},
    python::{Kind, List, Py, equal},
    repr::Repr,
    standard::{Sought, standardise},
    stop::{Check, Notes, wrong},
};

/// The values accepted for a parameter.
#[derive(Debug)]
pub(super) struct Accepted {
    /// As the accepted answers have them; `""` says that the parameter may be left out.
    values: Vec<Value>,
    /// The type of the first that is not `""`. If it is another than documented, a variable stands where a value is due.
    first: Option<Kind>,
    comparison: Comparison,
}

/// How values of the documented type are compared.
#[derive(Debug)]
enum Comparison {
    /// By Python's `==`.
    Plain,
    /// As standardised strings.
    Texts(Vec<String>),
    /// Item by item, strings standardised.
    Lists(Result<Vec<Vec<Element>>, Unchecked>),
    /// Key by key.
    Dict(Vec<DictAnswer>),
    /// Object by object, each key by key.
    Dicts(Vec<Result<Vec<DictAnswer>, Unchecked>>),
}

impl Accepted {
    /// Reads a list of accepted values; `at` points to it.
    pub(super) fn new(values: &[Value], declared: &Declared, at: &str) -> Self {
        let first = first_kind(values);
        let places = || values.iter().enumerate().map(|(i, value)| (value, format!("{at}/{i}")));
        let comparison = if first.is_some_and(|first| first != declared.kind) {
            Comparison::Plain
        } else {
            match (declared.kind, declared.items()) {
                (Kind::Dict, _) => Comparison::Dict(places().map(|(value, at)| DictAnswer::new(value, &at)).collect()),
                (Kind::List, Some(Kind::Dict)) => {
                    Comparison::Dicts(places().map(|(value, at)| DictAnswer::list(value, &at)).collect())
                }
                (Kind::Text, _) => {
                    Comparison::Texts(values.iter().filter_map(Value::as_str).map(standardise).collect())
                }
                (Kind::List, _) => Comparison::Lists(places().map(|(value, at)| Element::list(value, &at)).collect()),
                _ => Comparison::Plain,
            }
        };
        Self { values: values.to_vec(), first, comparison }
    }

    /// Whether a value is of a right type, and accepted.
    pub(super) fn check(&self, parameter: &str, declared: &Declared, value: Py<'_>, notes: &mut impl Notes) -> Check {
        let is_variable = self.check_type(parameter, declared, value, notes)?;
        match (&self.comparison, value) {
            (Comparison::Texts(texts), Py::Text(text)) if !is_variable => {
                // Most right answers are so to the letter.
                if self.values.iter().any(|accepted| accepted.as_str() == Some(text)) {
                    return Ok(());
                }
                let sought = Sought::new(text);
                if texts.iter().any(|accepted| sought.is(accepted)) {
                    return Ok(());
                }
                notes.note(|| format!("{} Case insensitive.", self.invalid(parameter, value)));
                wrong(ErrorType::Text)
            }
            (Comparison::Lists(lists), Py::List(items)) if !is_variable => {
                let lists = lists.as_ref().map_err(Unchecked::clone)?;
                if lists.iter().any(|accepted| Element::are(accepted, items)) {
                    return Ok(());
                }
                notes.note(|| self.invalid(parameter, value));
                wrong(ErrorType::List)
            }
            (Comparison::Dict(answers), value) if !is_variable => check_dict(answers, value, notes),
            (Comparison::Dicts(answers), Py::List(items)) if !is_variable => check_dicts(answers, items, notes),
            _ => {
                if self.values.iter().any(|accepted| equal(value, accepted.into())) {
                    return Ok(());
                }
                notes.note(|| self.invalid(parameter, value));
                wrong(ErrorType::Value)
            }
        }
    }

    /// Whether a value is of the documented type or of that of the accepted values, and if so, whether it stands for a variable.
    fn check_type(&self, parameter: &str, declared: &Declared, value: Py<'_>, notes: &mut impl Notes) -> Check<bool> {
        let mut error = ErrorType::Type;
        if value.kind() == declared.kind {
            let is_variable = self.first.is_some_and(|first| first != declared.kind);
            let Some(inner) = declared.items() else {
                return Ok(is_variable);
            };
            if self.values.iter().any(|accepted| may_be_items(value, inner, accepted)) {
                return Ok(is_variable);
            }
            error = ErrorType::NestedType;
            notes.note(|| {
                format!(
                    "Nested type checking failed for parameter {}. Expected outer type {} with inner type <class '{}'>. Parameter value: {}.",
                    Repr(parameter), declared.name, inner.name(), Repr(value)
                )
            });
        }
        if self.first != Some(value.kind()) {
            notes.note(|| incorrect_type(parameter, &declared.name, value));
            return wrong(ErrorType::Type);
        }
        // A value of the accepted ones' type, not of the documented one, is a variable; a list with wrong items stays wrong.
        if error == ErrorType::NestedType { wrong(error) } else { Ok(true) }
    }

    fn invalid(&self, parameter: &str, value: Py<'_>) -> String {
        let (parameter, value, accepted) = (Repr(parameter), Repr(value), Repr(self.values.as_slice()));
        format!("Invalid value for parameter {parameter}: {value}. Expected one of {accepted}.")
    }
}

/// The type of the first accepted value that is not `""`.
fn first_kind(values: &[Value]) -> Option<Kind> {
    values.iter().find(|value| value.as_str() != Some("")).map(Kind::of)
}

/// Whether a list's items are of the documented type or of that of an accepted list's items; what is accepted and is no list, says
/// nothing about them.
fn may_be_items(value: Py<'_>, inner: Kind, accepted: &Value) -> bool {
    let (Py::List(items), Value::Array(accepted)) = (value, accepted) else {
        return true;
    };
    let first = first_kind(accepted);
    items.iter().all(|item| item.kind() == inner || first == Some(item.kind()))
}

/// An accepted item of a list, or an accepted value in an object.
#[derive(Debug)]
pub(super) enum Element {
    /// A string, standardised.
    Text(String),
    /// Anything else.
    Other(Value),
}

impl Element {
    pub(super) fn new(value: &Value) -> Self {
        match value {
            Value::String(text) => Self::Text(standardise(text)),
            other => Self::Other(other.clone()),
        }
    }

    /// The items of an accepted list. Python takes a string for the list of its characters.
    pub(super) fn list(value: &Value, at: &str) -> Result<Vec<Self>, Unchecked> {
        match value {
            Value::Array(items) => Ok(items.iter().map(Self::new).collect()),
            Value::String(text) => {
                Ok(text.chars().map(|c| Self::Text(standardise(c.encode_utf8(&mut [0; 4])))).collect())
            }
            Value::Object(entries) if entries.is_empty() => Ok(Vec::new()),
            _ => Err(Unchecked::new(Part::GroundTruth, at, "expected a list of items")),
        }
    }

    pub(super) fn is(&self, value: Py<'_>) -> bool {
        match (self, value) {
            (Self::Text(standard), Py::Text(text)) => Sought::new(text).is(standard),
            (Self::Text(_), _) | (_, Py::Text(_)) => false,
            (Self::Other(accepted), value) => equal(value, accepted.into()),
        }
    }

    fn are(accepted: &[Self], items: List<'_>) -> bool {
        accepted.len() == items.len() && accepted.iter().zip(items.iter()).all(|(accepted, item)| accepted.is(item))
    }

    /// As a value, for messages.
    pub(super) fn to_value(&self) -> Value {
        match self {
            Self::Text(text) => Value::String(text.clone()),
            Self::Other(value) => value.clone(),
        }
    }
}
