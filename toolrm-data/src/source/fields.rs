//! Taking records apart without copying what is in them.

use serde_json::{Map, Value};
use toolrm_core::call::Message;

use super::{Quarantined, Record, Trajectory};
use crate::{
    error::{DataError, Fault, Place},
    record::kind,
};

/// How much of a record that cannot be used is shown.
const EXCERPT_CHARS: usize = 200;

/// What a source hands its records to.
pub(super) type Each<'e> = &'e mut dyn FnMut(Record) -> Result<(), DataError>;

impl Trajectory {
    /// A trajectory with nothing beside its messages.
    pub(super) fn of(id: String, place: &Place, tools: Value, messages: Vec<Message>) -> Self {
        Self::new(id, place.clone(), tools, messages)
    }
}

/// Hands on what a record gave. `text` is the record as it is written.
pub(super) fn hand_on(
    given: Result<Trajectory, Fault>,
    place: &Place,
    text: &str,
    each: Each<'_>,
) -> Result<(), DataError> {
    match given {
        Ok(trajectory) => each(Record::Trajectory(Box::new(trajectory))),
        Err(fault) => each(quarantined(place, fault, text)),
    }
}

/// A record that gives no trajectory.
pub(super) fn quarantined(place: &Place, fault: Fault, text: &str) -> Record {
    Record::Quarantined(Quarantined { place: place.clone(), fault, excerpt: excerpt(text) })
}

/// How a text begins.
pub(super) fn excerpt(text: &str) -> Box<str> {
    text.chars().take(EXCERPT_CHARS).collect()
}

/// The members of an object, to be taken.
pub(super) fn members(value: Value, fix: &str) -> Result<Map<String, Value>, Fault> {
    match value {
        Value::Object(members) => Ok(members),
        other => Err(expected("an object", &other, fix)),
    }
}

/// The items of a list, to be taken.
pub(super) fn items(value: Value, fix: &str) -> Result<Vec<Value>, Fault> {
    match value {
        Value::Array(items) => Ok(items),
        other => Err(expected("a list", &other, fix)),
    }
}

/// Takes a member that must be there.
pub(super) fn take(record: &mut Map<String, Value>, key: &str, fix: &str) -> Result<Value, Fault> {
    record.remove(key).ok_or_else(|| Fault::new(format!("\"{key}\" is missing"), fix))
}

/// Takes a text that must be there.
pub(super) fn take_text(record: &mut Map<String, Value>, key: &str, fix: &str) -> Result<String, Fault> {
    match take(record, key, fix)? {
        Value::String(text) => Ok(text),
        other => Err(expected("a string", &other, fix).under(key)),
    }
}

/// Takes a list that must be there.
pub(super) fn take_items(record: &mut Map<String, Value>, key: &str, fix: &str) -> Result<Vec<Value>, Fault> {
    items(take(record, key, fix)?, fix).map_err(|fault| fault.under(key))
}

/// Takes an object that must be there.
pub(super) fn take_members(record: &mut Map<String, Value>, key: &str, fix: &str) -> Result<Map<String, Value>, Fault> {
    members(take(record, key, fix)?, fix).map_err(|fault| fault.under(key))
}

/// A value of another type than the format has.
pub(super) fn expected(wanted: &str, found: &Value, fix: &str) -> Fault {
    Fault::new(format!("expected {wanted}, found {}", kind(found)), fix)
}

/// A text as it is, any other value as JSON text.
pub(super) fn text_of(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}
