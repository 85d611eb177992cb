//! The answer to check, in the forms it comes in.

use serde_json::Value;
use toolrm_core::call::{Action, ToolCall};

use super::{
    ErrorType, Part, Unchecked,
    stop::{Check, Notes, wrong},
};

/// The answer to check: `&Value`, `&Action` or `&[ToolCall]`, by [`From`].
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a>(Form<'a>);

#[derive(Debug, Clone, Copy)]
enum Form<'a> {
    Undecodable,
    Json(&'a Value),
    Unscreened(&'a Value),
    Calls(&'a [ToolCall]),
}

/// Decoded calls, a list of one-key objects `{name: {argument: value}}`; null for an answer that could not be decoded.
impl<'a> From<&'a Value> for Answer<'a> {
    fn from(calls: &'a Value) -> Self {
        Self(if calls.is_null() { Form::Undecodable } else { Form::Json(calls) })
    }
}

impl<'a> From<&'a [ToolCall]> for Answer<'a> {
    fn from(calls: &'a [ToolCall]) -> Self {
        Self(Form::Calls(calls))
    }
}

/// Words and malformed calls are both answers that could not be decoded.
impl<'a> From<&'a Action> for Answer<'a> {
    fn from(action: &'a Action) -> Self {
        Self(match action {
            Action::Calls(calls) => Form::Calls(calls),
            _ => Form::Undecodable,
        })
    }
}

impl<'a> Answer<'a> {
    /// Decoded calls as recorded verdicts have them: handed to the comparison without a look at their form before. So `{}` is an
    /// answer of no calls there, and not one of a wrong form.
    pub fn unscreened(calls: &'a Value) -> Self {
        Self(if calls.is_null() { Form::Undecodable } else { Form::Unscreened(calls) })
    }

    /// Whether some call can be read.
    pub(super) fn makes_a_call(self) -> bool {
        match self.0 {
            Form::Undecodable => false,
            Form::Json(calls) | Form::Unscreened(calls) => well_formed(calls).is_some_and(|calls| !calls.is_empty()),
            Form::Calls(calls) => !calls.is_empty() && are_well_formed(calls),
        }
    }

    /// The calls, of which `count` are due; otherwise it is `wrong_count`.
    pub(super) fn items(self, count: usize, wrong_count: ErrorType, notes: &mut impl Notes) -> Check<Items<'a>> {
        let screened =
            |calls: Option<Items<'a>>| calls.ok_or((ErrorType::WrongFormat, "Did not output in the specified format."));
        let items = match self.0 {
            Form::Undecodable => Err((ErrorType::Undecodable, "Invalid syntax. Failed to decode AST.")),
            Form::Json(calls) => screened(well_formed(calls).map(Items::Json)),
            Form::Calls(calls) => screened(are_well_formed(calls).then_some(Items::Calls(calls))),
            Form::Unscreened(Value::Array(calls)) => Ok(Items::Json(calls)),
            Form::Unscreened(other) if length(other).is_some_and(|length| length != count) => Ok(Items::Json(&[])),
            Form::Unscreened(_) => return Err(Unchecked::new(Part::Calls, "", "expected a list of calls").into()),
        };
        let counted = items.and_then(|items| {
            if items.len() == count { Ok(items) } else { Err((wrong_count, "Wrong number of functions.")) }
        });
        counted.or_else(|(error, text)| {
            notes.note(|| text.to_owned());
            wrong(error)
        })
    }
}

/// The calls, if all are of the form `{name: {..}}`.
fn well_formed(calls: &Value) -> Option<&[Value]> {
    let calls = calls.as_array()?;
    let is_call = |call: &Value| {
        let mut arguments = call.as_object().into_iter().flat_map(serde_json::Map::values);
        matches!((arguments.next(), arguments.next()), (Some(Value::Object(_)), None))
    };
    calls.iter().all(is_call).then_some(calls)
}

fn are_well_formed(calls: &[ToolCall]) -> bool {
    calls.iter().all(|call| call.arguments.is_object())
}

/// Python's `len` of what is no list.
fn length(value: &Value) -> Option<usize> {
    match value {
        Value::Object(entries) => Some(entries.len()),
        Value::String(text) => Some(text.chars().count()),
        _ => None,
    }
}

/// The calls of an answer.
#[derive(Debug, Clone, Copy)]
pub(super) enum Items<'a> {
    Json(&'a [Value]),
    Calls(&'a [ToolCall]),
}

/// A call of an answer.
#[derive(Debug, Clone, Copy)]
pub(super) enum Item<'a> {
    Json(&'a Value),
    Call(&'a ToolCall),
}

impl<'a> Items<'a> {
    pub(super) fn len(self) -> usize {
        match self {
            Self::Json(calls) => calls.len(),
            Self::Calls(calls) => calls.len(),
        }
    }

    pub(super) fn get(self, index: usize) -> Option<Item<'a>> {
        match self {
            Self::Json(calls) => calls.get(index).map(Item::Json),
            Self::Calls(calls) => calls.get(index).map(Item::Call),
        }
    }
}

impl<'a> Item<'a> {
    /// The arguments, if it is a call of the function of this name.
    pub(super) fn arguments(self, name: &str) -> Check<Option<&'a Value>> {
        let unchecked = |message: &str| Err(Unchecked::new(Part::Calls, "", message).into());
        match self {
            Self::Call(call) => Ok((call.name == name).then_some(&call.arguments)),
            Self::Json(Value::Object(call)) if call.len() == 1 => {
                Ok(call.iter().next().and_then(|(called, arguments)| (called == name).then_some(arguments)))
            }
            Self::Json(Value::Object(call)) => Ok(call.get(name)),
            // Python looks for the name in a string or a list too.
            Self::Json(Value::String(text)) if !text.contains(name) => Ok(None),
            Self::Json(Value::Array(items)) if !items.iter().any(|item| item.as_str() == Some(name)) => Ok(None),
            Self::Json(_) => unchecked("expected a call, {name: {argument: value}}"),
        }
    }

    /// As decoded calls are written.
    pub(super) fn to_value(self) -> Value {
        match self {
            Self::Json(call) => call.clone(),
            Self::Call(call) => Value::Object([(call.name.clone(), call.arguments.clone())].into_iter().collect()),
        }
    }
}
