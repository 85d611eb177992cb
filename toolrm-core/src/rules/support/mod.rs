//! [`Support`]: how well the conversation supports a value.

mod date;
mod flag;
mod listed;
mod number;
mod text;

use serde_json::Value;

use self::{flag::of_flag, number::of_number, text::of_text};
pub(super) use self::{
    flag::{defaults_to_yes, is_flag_word},
    listed::named_code,
    text::no_preference,
};
use crate::{
    canonical::canonical_value,
    context::{Context, Words, close},
    toolset::Param,
};
pub(super) use text::NO_PREFERENCE;

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Origin {
    /// It is there, word for word or number for number.
    Stated,
    /// Parts of it are there, or a form of it (a percentage as a fraction, a date in another spelling).
    Derived,
    /// It is the parameter's documented default.
    Default,
    /// It says nothing: null, an empty text or list.
    Empty,
    /// It is one of the parameter's listed values, and the conversation names a different one of them.
    OtherListed,
    /// It is one of the parameter's listed values, and the conversation names none of them.
    Listed,
    /// It is an example from the parameter's description.
    Example,
    /// It is the request itself, which is no value.
    Request,
    /// Nothing supports it.
    Nowhere,
}

/// Items of a list beyond these are not looked at: the first ones tell.
const MAX_PARTS: usize = 64;

/// How well the conversation supports a value.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Support {
    /// From 0 (nothing does) to 1 (it is stated).
    pub degree: f32,
    /// Where it comes from.
    pub origin: Origin,
}

impl Support {
    const fn new(degree: f32, origin: Origin) -> Self {
        Self { degree, origin }
    }

    /// The support of `value`, given for `param`.
    pub fn of(value: &Value, param: Option<&Param>, context: &Context) -> Self {
        Self::of_slot(value, &value.as_str().map(Words::new).unwrap_or_default(), param, context)
    }

    /// The support of `value`, whose words, where it is a text, are `words`.
    pub(super) fn of_slot(value: &Value, words: &Words, param: Option<&Param>, context: &Context) -> Self {
        if says_nothing(value) {
            return Self::new(1.0, Origin::Empty);
        }
        if param.is_some_and(|p| is_default(value, words, p)) {
            return Self::new(1.0, Origin::Default);
        }
        if param.is_some_and(|p| p.hints.lookup.is_copied() && context.results.may_have(value, p)) {
            return Self::new(1.0, Origin::Stated);
        }
        match value {
            Value::Null => Self::new(1.0, Origin::Empty),
            Value::Bool(b) => of_flag(*b, param, context),
            Value::Number(n) => of_number(n.as_f64().unwrap_or(f64::NAN), param, context),
            Value::String(s) => of_text(s, words, param, context),
            Value::Array(items) if is_request_in_parts(items, context) => Self::new(0.0, Origin::Request),
            Value::Array(items) => {
                let inner = param.and_then(|p| p.items.as_deref());
                of_parts(items.iter().take(MAX_PARTS).map(|v| Self::of(v, inner, context)))
            }
            Value::Object(map) => of_parts(
                map.iter().take(MAX_PARTS).map(|(k, v)| Self::of(v, param.and_then(|p| p.property(k)), context)),
            ),
        }
    }
}

/// Whether the texts of a list are the request cut in pieces.
fn is_request_in_parts(items: &[Value], context: &Context) -> bool {
    if context.essence.is_empty() || items.len() < 2 {
        return false;
    }
    let texts: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
    context.is_request(&Words::new(&texts.join(" ")))
}

/// The flag a value stands for: a boolean, or a word for one (`"True"`).
pub(super) fn flag_of(value: &Value) -> Option<bool> {
    value.as_bool().or_else(|| value.as_str().and_then(flag::as_flag))
}

/// Null, an empty or blank text, an empty list or object.
pub(super) fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(s) => s.trim().is_empty(),
        Value::Array(a) => a.is_empty(),
        Value::Object(o) => o.is_empty(),
        _ => false,
    }
}

/// Whether the value is the documented default, in the schema or in the description's words.
fn is_default(value: &Value, words: &Words, param: &Param) -> bool {
    if let Some(default) = &param.default {
        let equal = match (default.as_f64(), value.as_f64()) {
            (Some(a), Some(b)) => close(a, b),
            _ => default == value || canonical_value(default) == canonical_value(value),
        };
        if equal {
            return true;
        }
    }
    param.hints.default.as_ref().is_some_and(|stated| match value {
        Value::String(_) => stated == words,
        // "default 2" is said of 2 and of 2.0.
        Value::Number(_) => [value, &canonical_value(value)].iter().any(|v| *stated == Words::new(&v.to_string())),
        Value::Bool(_) => *stated == Words::new(&value.to_string()),
        _ => false,
    })
}

/// A value made of parts is as good as its parts on average, and comes from where the worst of them does.
fn of_parts(parts: impl Iterator<Item = Support>) -> Support {
    let (mut sum, mut n, mut worst) = (0.0, 0.0, Support::new(1.0, Origin::Stated));
    for part in parts {
        sum += part.degree;
        n += 1.0;
        if part.degree < worst.degree {
            worst = part;
        }
    }
    if n == 0.0 { worst } else { Support::new(sum / n, worst.origin) }
}
