//! Where two rows differ first.

use serde_json::Value;
use toolrm_core::score::pointer_token;

/// The pointer to the first place in which two values differ; `None` when they are equal.
pub(super) fn first(a: &Value, b: &Value) -> Option<String> {
    let under = |token: &str, inner: String| format!("/{}{inner}", pointer_token(token));
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            let other = |key: &String| b.get(key).unwrap_or(&Value::Null);
            let mut differ = a.iter().filter_map(|(key, value)| Some(under(key, first(value, other(key))?)));
            differ.next().or_else(|| b.keys().find(|key| !a.contains_key(*key)).map(|key| under(key, String::new())))
        }
        (Value::Array(a), Value::Array(b)) => {
            let mut differ = (0..a.len().max(b.len())).filter_map(|i| {
                let [one, other] = [a, b].map(|list| list.get(i).unwrap_or(&Value::Null));
                Some(under(&i.to_string(), first(one, other)?))
            });
            differ.next()
        }
        (a, b) => (a != b).then(String::new),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_place_is_named() {
        let at = |a, b| first(&a, &b);
        assert_eq!(at(json!({"a": [1, {"b": 2}]}), json!({"a": [1, {"b": 2}]})), None);
        assert_eq!(at(json!({"a": [1, {"b/": 2}]}), json!({"a": [1, {"b/": 3}]})).as_deref(), Some("/a/1/b~1"));
        assert_eq!(at(json!({"a": [1]}), json!({"a": [1, 2]})).as_deref(), Some("/a/1"));
        assert_eq!(at(json!({"a": 1}), json!({"a": 1, "c": null})).as_deref(), Some("/c"));
        assert_eq!(at(json!("1"), json!(1)).as_deref(), Some(""));
    }
}
