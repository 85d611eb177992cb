//! The documented type of a parameter, and how what is given for it becomes a value.

use serde_json::Value;
use toolrm_core::score::pointer_token;

use super::{
    ErrorType, Part, Unchecked,
    java::JavaType,
    javascript::JsType,
    python::{Kind, Made, Py},
    repr::Repr,
    source_text::Refusal,
    stop::{Check, Notes, Stop},
};
use crate::bfcl::category::Language;

/// The documented type of a parameter.
#[derive(Debug)]
pub(super) struct Declared {
    /// As documented: `integer`, `ArrayList`.
    pub(super) name: String,
    /// The type its values have.
    pub(super) kind: Kind,
    /// The type a list's items have, where that is checked.
    items: Result<Option<Kind>, Unchecked>,
    reader: Reader,
}

/// How what is given becomes a value.
#[derive(Debug, Clone, Copy)]
enum Reader {
    /// It is one.
    Json,
    /// It is one; integers become floats.
    JsonFloat,
    /// It is Java source text; for lists with the type of the items.
    Java(JavaType, Option<JavaType>),
    /// It is JavaScript source text; for arrays with the type of the items.
    JavaScript(JsType, Option<JsType>),
}

impl Declared {
    /// Reads `{"type": .., "items": {"type": ..}}`; `at` points to it.
    pub(super) fn new(details: &Value, language: Language, at: &str) -> Result<Self, Unchecked> {
        let name = type_name(details, at)?;
        let unknown = |at: &str, name: &str| {
            let known = match language {
                Language::Python => "string, integer, float, boolean, array, tuple, dict and any",
                Language::Java => {
                    "byte, short, integer, long, float, double, boolean, char, String, any, Array, ArrayList and HashMap"
                }
                Language::JavaScript => "String, integer, float, Bigint, Boolean, dict, array and any",
            };
            Unchecked::new(Part::Functions, format!("{at}/type"), format!("unknown type \"{name}\"; known are {known}"))
        };
        let unknown_here = || unknown(at, name);
        let items_at = format!("{at}/items");
        let items_name = || type_name(details.get("items").unwrap_or(&Value::Null), &items_at);
        let (kind, items, reader) = match language {
            Language::Python => {
                let kind = python(name).ok_or_else(unknown_here)?;
                let items = items_of(kind == Kind::List, items_name, python, |name| unknown(&items_at, name));
                (kind, items, if kind == Kind::Float { Reader::JsonFloat } else { Reader::Json })
            }
            Language::Java => {
                let java = JavaType::from_name(name).ok_or_else(unknown_here)?;
                let items =
                    items_of(java.has_items(), items_name, JavaType::from_name, |name| unknown(&items_at, name));
                let reader = Reader::Java(java, items.as_ref().ok().copied().flatten());
                (java.kind(), items.map(|items| items.map(JavaType::kind)), reader)
            }
            Language::JavaScript => {
                let js = JsType::from_name(name).ok_or_else(unknown_here)?;
                let items = items_of(js.has_items(), items_name, JsType::from_name, |name| unknown(&items_at, name));
                let reader = Reader::JavaScript(js, items.as_ref().ok().copied().flatten());
                (js.kind(), items.map(|items| items.map(JsType::kind)), reader)
            }
        };
        Ok(Self { name: name.to_owned(), kind, items, reader })
    }

    /// The type a list's items have, where that is checked and known.
    pub(super) fn items(&self) -> Option<Kind> {
        self.items.as_ref().ok().copied().flatten()
    }

    /// The value of what is given for the parameter.
    pub(super) fn read<'a>(&self, parameter: &str, given: &'a Value, notes: &mut impl Notes) -> Check<Read<'a>> {
        let mut source = |error| {
            given.as_str().ok_or_else(|| {
                let value = Py::from(given);
                notes.note(|| incorrect_type(parameter, "String", value));
                Stop::Wrong(error)
            })
        };
        let refused = |refusal: Refusal| {
            Unchecked::new(
                Part::Calls,
                format!("/{}", pointer_token(parameter)),
                format!("{}: {}", self.name, refusal.why()),
            )
        };
        let read = match self.reader {
            Reader::Json => Read::Json(Py::from(given)),
            Reader::JsonFloat => Read::Json(widened(Py::from(given))),
            Reader::Java(java, items) => {
                let text = source(ErrorType::NotJava)?;
                self.items_known()?;
                Read::Made(java.read(text, items).map_err(refused)?)
            }
            Reader::JavaScript(js, items) => {
                let text = source(ErrorType::NotJavaScript)?;
                self.items_known()?;
                Read::Made(js.read(text, items).map_err(refused)?)
            }
        };
        self.items_known()?;
        Ok(read)
    }

    fn items_known(&self) -> Result<(), Unchecked> {
        self.items.as_ref().map(|_| ()).map_err(Unchecked::clone)
    }
}

/// What was given, as a value.
#[derive(Debug)]
pub(super) enum Read<'a> {
    Json(Py<'a>),
    Made(Made<'a>),
}

impl Read<'_> {
    pub(super) fn value(&self) -> Py<'_> {
        match self {
            Self::Json(value) => *value,
            Self::Made(made) => Py::from(made),
        }
    }
}

/// Says that a value is of another type than expected.
pub(super) fn incorrect_type(parameter: &str, expected: &str, value: Py<'_>) -> String {
    format!(
        "Incorrect type for parameter {}. Expected type {expected}, got {}. Parameter value: {}.",
        Repr(parameter),
        value.kind().name(),
        Repr(value)
    )
}

/// An integer where a float is documented is that float.
fn widened(value: Py<'_>) -> Py<'_> {
    match value {
        Py::Int(i) => Py::Float(i as f64),
        other => other,
    }
}

/// The type of values by its name in the docs of Python functions.
fn python(name: &str) -> Option<Kind> {
    Some(match name {
        "string" | "any" => Kind::Text,
        "integer" => Kind::Int,
        "float" => Kind::Float,
        "boolean" => Kind::Bool,
        "array" | "tuple" => Kind::List,
        "dict" => Kind::Dict,
        _ => return None,
    })
}

fn type_name<'a>(details: &'a Value, at: &str) -> Result<&'a str, Unchecked> {
    details.get("type").and_then(Value::as_str).ok_or_else(|| {
        Unchecked::new(Part::Functions, format!("{at}/type"), "no type, where the name of one is expected")
    })
}

/// The known type of a list's items, where the docs must tell it.
fn items_of<'a, T>(
    told: bool,
    name: impl FnOnce() -> Result<&'a str, Unchecked>,
    known: impl FnOnce(&str) -> Option<T>,
    unknown: impl FnOnce(&str) -> Unchecked,
) -> Result<Option<T>, Unchecked> {
    if !told {
        return Ok(None);
    }
    let name = name()?;
    known(name).map(Some).ok_or_else(|| unknown(name))
}
