//! Bare JSON: lists of call objects (Qwen, xLAM), Llama's objects, and the lists of one-key objects of BFCL's results.

use serde_json::{Map, Value, json};

use super::{
    call_object::{ARGUMENT_KEYS, CallObject, call, is_call, is_listed_call},
    enclosed::Parts,
    shape::{Shape, each_object, items, json_format},
};
use crate::call::{Action, ToolCall};

json_format! {
    /// A JSON list of call objects, `[{"name": .., "arguments": {..}}]`, as Qwen and xLAM write it; also one object, objects joined
    /// by `; ` or line breaks, `{"tool_calls": [..]}`, and the same as Python literals.
    ///
    /// ```
    /// use toolrm_core::format::{JsonList, ToolFormat};
    /// let candidate = JsonList.parse(r#"[{"name": "get_weather", "arguments": {"city": "Paris"}}]"#);
    /// assert_eq!(candidate.action.calls()[0].name, "get_weather");
    /// ```
    JsonList, "json", write_list
}

impl Shape for JsonList {
    fn recognises(&self, document: &Value) -> bool {
        wrapped(document).is_some()
            || match document {
                Value::Array(list) => !list.is_empty() && list.iter().all(is_listed_call),
                other => is_call(other),
            }
    }

    fn take(&self, mut document: Value, parts: &mut Parts) -> Result<(), String> {
        if wrapped(&document).is_some() {
            document = document.get_mut("tool_calls").map(Value::take).unwrap_or_default();
        }
        take_calls(document, parts)
    }

    fn begins(&self, first_key: &str, _: bool) -> bool {
        matches!(first_key, "name" | "function" | "tool_calls") || ARGUMENT_KEYS.contains(&first_key)
    }

    fn is_python_too(&self) -> bool {
        true
    }
}

/// The list in `{"tool_calls": [..]}`, unless it is OpenAI's, whose entries hold a `function` object.
fn wrapped(document: &Value) -> Option<&Vec<Value>> {
    let map = document.as_object()?;
    let list = map.get("tool_calls")?.as_array()?;
    let openai = map.contains_key("role") || list.iter().any(|item| item.get("function").is_some_and(Value::is_object));
    (!openai).then_some(list)
}

/// Adds the call of every item.
pub(super) fn take_calls(document: Value, parts: &mut Parts) -> Result<(), String> {
    for (i, item) in items(document).into_iter().enumerate() {
        let Value::Object(map) = item else { return Err(format!("call {}: not an object", i + 1)) };
        parts.calls.push(CallObject::from(map).into_call().map_err(|why| format!("call {}: {why}", i + 1))?);
    }
    Ok(())
}

/// A call as the object both Hermes and the lists use.
pub(super) fn call_object(call: &ToolCall, arguments_key: &str) -> Value {
    let mut map = Map::new();
    if let Some(id) = &call.id {
        map.insert("id".into(), json!(id));
    }
    map.insert("name".into(), json!(call.name));
    map.insert(arguments_key.into(), call.arguments.clone());
    Value::Object(map)
}

fn write_list(action: &Action) -> String {
    match action {
        Action::Text(text) => text.clone(),
        other => other.calls().iter().map(|call| call_object(call, "arguments")).collect::<Value>().to_string(),
    }
}

json_format! {
    /// The list of one-key objects in which the Berkeley leaderboard (BFCL) records the calls of models with a calling API:
    /// `[{name: {..}}]` or `[{name: "<JSON text>"}]`.
    Bfcl, "bfcl", write_bfcl
}

impl Shape for Bfcl {
    fn recognises(&self, document: &Value) -> bool {
        document.is_array()
            && each_object(document, |map| {
                map.len() == 1
                    && map.values().all(|value| {
                        value.is_object() || value.as_str().is_some_and(|text| text.trim_start().starts_with('{'))
                    })
            })
    }

    fn take(&self, document: Value, parts: &mut Parts) -> Result<(), String> {
        for (i, item) in items(document).into_iter().enumerate() {
            let Value::Object(map) = item else { return Err(format!("call {}: not an object", i + 1)) };
            for (name, arguments) in map {
                parts.calls.push(call(name, Some(arguments), None).map_err(|why| format!("call {}: {why}", i + 1))?);
            }
        }
        Ok(())
    }

    fn begins(&self, _: &str, _: bool) -> bool {
        false
    }

    fn is_one_key(&self) -> bool {
        true
    }

    fn is_python_too(&self) -> bool {
        true
    }
}

fn write_bfcl(action: &Action) -> String {
    match action {
        Action::Text(text) => text.clone(),
        other => {
            let one_key = |call: &ToolCall| json!({call.name.as_str(): call.arguments.to_string()});
            other.calls().iter().map(one_key).collect::<Value>().to_string()
        }
    }
}
