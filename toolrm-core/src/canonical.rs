//! The canonical form of calls and candidates, and the fingerprint made from it: the basis of dedupe, cache and equality.
//!
//! Two calls mean the same when their canonical forms are equal. The form
//! - sorts the keys of every object,
//! - writes a float with an integral value as that integer (`5.0` is `5`, `-0.0` is `0`), within ±2^53 where the two are exact,
//! - drops call ids, reasoning, raw text and the words beside a call,
//! - folds runs of white space in an answer in words to one space and trims it,
//! - writes lists and objects nested deeper than 128 levels, which no parser lets in, as null.
//!
//! String arguments are left alone: `"Paris"` and `"paris "` may be different things to a tool. The order of parallel calls is kept.

use std::{collections::HashSet, fmt};

use serde_json::{Map, Number, Value};
use sha2::{Digest, Sha256};

use crate::call::{Action, Candidate, ToolCall};

/// The canonical form of a JSON value. Idempotent.
///
/// ```
/// use serde_json::json;
/// use toolrm_core::canonical::canonical_value;
/// assert_eq!(canonical_value(&json!({"b": 5.0, "a": [-0.0]})).to_string(), r#"{"a":[0],"b":5}"#);
/// ```
pub fn canonical_value(value: &Value) -> Value {
    canonical_at(value, 0)
}

/// No parser of this crate lets a deeper value in; one made by hand must not take the stack.
const MAX_DEPTH: usize = 128;

fn canonical_at(value: &Value, depth: usize) -> Value {
    match value {
        Value::Number(n) => Value::Number(canonical_number(n)),
        Value::Array(_) | Value::Object(_) if depth >= MAX_DEPTH => Value::Null,
        Value::Array(items) => Value::Array(items.iter().map(|v| canonical_at(v, depth + 1)).collect()),
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_unstable_by(|a, b| a.0.cmp(b.0));
            let entries = entries.into_iter().map(|(k, v)| (k.clone(), canonical_at(v, depth + 1)));
            Value::Object(entries.collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

#[allow(clippy::cast_possible_truncation, reason = "guarded: integral and within ±2^53")]
fn canonical_number(n: &Number) -> Number {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match n.as_f64() {
        Some(f) if n.is_f64() && f.fract() == 0.0 && f.abs() <= EXACT => Number::from(f as i64),
        _ => n.clone(),
    }
}

/// The canonical form of a call: no id, canonical arguments.
pub fn canonical_call(call: &ToolCall) -> ToolCall {
    ToolCall::new(call.name.clone(), canonical_value(&call.arguments))
}

/// The canonical form of an action.
pub fn canonical_action(action: &Action) -> Action {
    match action {
        Action::Calls(calls) => Action::Calls(calls.iter().map(canonical_call).collect()),
        Action::Text(text) => Action::Text(text.split_whitespace().collect::<Vec<_>>().join(" ")),
        malformed @ Action::Malformed { .. } => malformed.clone(),
    }
}

/// Whether two calls mean the same.
pub fn same_call(a: &ToolCall, b: &ToolCall) -> bool {
    a.name == b.name && canonical_value(&a.arguments) == canonical_value(&b.arguments)
}

/// A 256-bit fingerprint (SHA-256), written as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The fingerprint of a sequence of parts. Parts are length-prefixed: `["ab", "c"]` and `["a", "bc"]` differ.
    pub fn of<I>(parts: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<[u8]>,
    {
        let mut hasher = Sha256::new();
        for part in parts {
            let part = part.as_ref();
            hasher.update((part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        Self(hasher.finalize().into())
    }

    /// The fingerprint of a call's canonical form.
    pub fn of_call(call: &ToolCall) -> Self {
        Self::of(["call", &call.name, &canonical_value(&call.arguments).to_string()])
    }

    /// The fingerprint of an action's canonical form.
    pub fn of_action(action: &Action) -> Self {
        match canonical_action(action) {
            Action::Calls(calls) => {
                let mut parts = vec!["calls".to_owned()];
                for call in calls {
                    parts.push(call.name);
                    parts.push(call.arguments.to_string());
                }
                Self::of(parts)
            }
            Action::Text(text) => Self::of(["text", &text]),
            Action::Malformed { raw, why } => Self::of(["malformed", &raw, &why]),
        }
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first 64 bits, as a number: enough to tell some millions apart.
    pub fn first_bits(&self) -> u64 {
        self.0.iter().take(8).fold(0, |bits, byte| bits << 8 | u64::from(*byte))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

/// Groups candidates that do the same: for every candidate, the index of the first one with the same canonical action.
/// Judge the distinct ones only, or the majority votes for itself.
///
/// ```
/// use toolrm_core::{call::{Candidate, ToolCall}, canonical::dedupe};
/// use serde_json::json;
/// let c = |v| Candidate::calls(vec![ToolCall::new("f", v)]);
/// assert_eq!(dedupe(&[c(json!({"a": 5})), c(json!({"a": 6})), c(json!({"a": 5.0}))]), [0, 1, 0]);
/// ```
pub fn dedupe(candidates: &[Candidate]) -> Vec<usize> {
    let mut first = std::collections::HashMap::new();
    candidates.iter().enumerate().map(|(i, c)| *first.entry(Fingerprint::of_action(&c.action)).or_insert(i)).collect()
}

/// Whether a list of calls holds two that mean the same; gives the indices of the first such pair.
pub fn repeated_call(calls: &[ToolCall]) -> Option<(usize, usize)> {
    let mut seen: HashSet<&str> = HashSet::with_capacity(calls.len());
    // Names first: most calls differ there already, and comparing arguments costs an allocation.
    if calls.iter().all(|c| seen.insert(&c.name)) {
        return None;
    }
    let mut first = std::collections::HashMap::new();
    calls.iter().enumerate().find_map(|(i, c)| first.insert(Fingerprint::of_call(c), i).map(|earlier| (earlier, i)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_keys_and_ids_do_not_matter_strings_do() {
        let a = ToolCall::new("f", json!({"x": 5.0, "y": {"b": 1, "a": 2}})).with_id("1");
        let b = ToolCall::new("f", json!({"y": {"a": 2, "b": 1}, "x": 5}));
        assert!(same_call(&a, &b));
        assert_eq!(Fingerprint::of_call(&a), Fingerprint::of_call(&b));
        assert!(!same_call(&ToolCall::new("f", json!({"x": "5"})), &b));
    }

    #[test]
    fn repeated_calls_are_found() {
        let calls =
            [ToolCall::new("f", json!({"a": 1})), ToolCall::new("g", json!({})), ToolCall::new("f", json!({"a": 1.0}))];
        assert_eq!(repeated_call(&calls), Some((0, 2)));
        assert_eq!(repeated_call(&calls[..2]), None);
    }
}
