//! Small facts about JSON values.

use serde_json::Value;

/// How deep a tool's JSON, and a call's arguments, may nest.
pub(super) const MAX_DEPTH: usize = 128;

/// What is said of a tool that nests deeper.
pub(super) const TOO_DEEP: &str = "nested deeper than 128 levels: flatten the schema";

/// Whether a value nests deeper than [`MAX_DEPTH`]. Does not recurse, so that no value can overflow the stack.
pub(crate) fn is_too_deep(value: &Value) -> bool {
    let is_container = |v: &&Value| v.is_array() || v.is_object();
    // Holds containers only, so that for a flat value it never allocates.
    let mut open: Vec<(&Value, usize)> = Vec::new();
    let mut next = Some((value, 0));
    while let Some((value, depth)) = next {
        if depth > MAX_DEPTH {
            return true;
        }
        match value {
            Value::Array(items) => open.extend(items.iter().filter(is_container).map(|v| (v, depth + 1))),
            Value::Object(map) => open.extend(map.values().filter(is_container).map(|v| (v, depth + 1))),
            _ => {}
        }
        next = open.pop();
    }
    false
}

/// Equality as JSON Schema means it: `5` is `5.0`.
pub(super) fn same_value(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) => x == y || (x.is_f64() != y.is_f64() && x.as_f64() == y.as_f64()),
        (Value::Array(x), Value::Array(y)) => x.len() == y.len() && x.iter().zip(y).all(|(x, y)| same_value(x, y)),
        (Value::Object(x), Value::Object(y)) => {
            x.len() == y.len() && x.iter().all(|(k, x)| y.get(k).is_some_and(|y| same_value(x, y)))
        }
        _ => a == b,
    }
}

/// The JSON Schema type of a value; `number` for every number.
pub(super) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// What a value is, for a message.
pub(super) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Adds a token to an RFC 6901 pointer.
pub(super) fn push_token(pointer: &mut String, token: &str) {
    pointer.push('/');
    for c in token.chars() {
        match c {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            c => pointer.push(c),
        }
    }
}
