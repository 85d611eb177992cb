//! Strict JSON: what `serde_json` accepts, minus duplicate keys, which it would silently drop.
//!
//! One pass, no recursion beyond 128 levels, numbers as JSON has them: `NaN`, `1e400` and lone surrogates are errors. Integers
//! beyond 64 bits become the nearest double, as in every JSON reader without big numbers.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Parses one JSON document; a key that occurs twice in one object is an error.
///
/// ```
/// use toolrm_core::format::json::parse_strict;
/// assert!(parse_strict(r#"{"city": "Paris"}"#).is_ok());
/// assert!(parse_strict(r#"{"city": "Paris", "city": "Rome"}"#).is_err());
/// ```
pub fn parse_strict(text: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str::<Strict>(text).map(|strict| strict.0)
}

/// A JSON value without duplicate keys.
pub(crate) struct Strict(pub(crate) Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor).map(Strict)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, v: bool) -> Result<Value, E> {
        Ok(Value::Bool(v))
    }

    fn visit_u64<E>(self, v: u64) -> Result<Value, E> {
        Ok(Value::from(v))
    }

    fn visit_i64<E>(self, v: i64) -> Result<Value, E> {
        Ok(Value::from(v))
    }

    fn visit_f64<E: Error>(self, v: f64) -> Result<Value, E> {
        Number::from_f64(v).map(Value::Number).ok_or_else(|| E::custom("a number JSON cannot hold"))
    }

    fn visit_str<E>(self, v: &str) -> Result<Value, E> {
        Ok(Value::String(v.to_owned()))
    }

    fn visit_string<E>(self, v: String) -> Result<Value, E> {
        Ok(Value::String(v))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(Strict(item)) = seq.next_element()? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some((key, Strict(value))) = access.next_entry::<String, _>()? {
            insert_new(&mut map, key, value).map_err(A::Error::custom)?;
        }
        Ok(Value::Object(map))
    }
}

/// Inserts under a key that must not be there yet.
pub(super) fn insert_new(map: &mut Map<String, Value>, key: String, value: Value) -> Result<(), String> {
    match map.entry(key) {
        serde_json::map::Entry::Vacant(entry) => {
            entry.insert(value);
            Ok(())
        }
        serde_json::map::Entry::Occupied(entry) => Err(format!("the key \"{}\" occurs twice", entry.key())),
    }
}

/// Reads one value of type `T` at the start of `text`; the offset is where it ends.
pub(super) fn first<'de, T: Deserialize<'de>>(text: &'de str) -> Result<(T, usize), serde_json::Error> {
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<T>();
    match stream.next() {
        Some(Ok(value)) => Ok((value, stream.byte_offset())),
        Some(Err(error)) => Err(error),
        None => Err(serde_json::Error::custom("nothing where a JSON value should be")),
    }
}

/// Reads values that stand one after the other, separated by white space, `;` or `,`, up to the end of the text.
pub(crate) fn sequence(text: &str) -> Result<Vec<Value>, serde_json::Error> {
    let mut values = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (Strict(value), end) = first(rest)?;
        values.push(value);
        rest = rest.get(end..).unwrap_or_default().trim_start();
        rest = rest.strip_prefix([';', ',']).unwrap_or(rest).trim_start();
    }
    Ok(values)
}
