//! Gemini's content parts.

use serde_json::{Map, Value, json};

use super::{
    call_object::call,
    enclosed::Parts,
    shape::{Shape, each_object, items, json_format, take_text},
};
use crate::call::Action;

json_format! {
    /// Parts of Gemini's API: `{"functionCall": {"name": .., "args": {..}}}` (or `function_call`, as its Python library writes) in a list,
    /// alone, in a content's `parts`, or in a response with one candidate; `text` parts are words, those marked `thought` reasoning. The
    /// API makes `args` optional, and only there does their absence mean `{}`.
    ///
    /// ```
    /// use toolrm_core::format::{Gemini, ToolFormat};
    /// let candidate = Gemini.parse(r#"{"role": "model", "parts": [{"functionCall": {"name": "get_weather", "args": {"city": "Paris"}}}]}"#);
    /// assert_eq!(candidate.action.calls()[0].name, "get_weather");
    /// ```
    Gemini, "gemini", write_content
}

const KEYS: [&str; 2] = ["functionCall", "function_call"];

impl Shape for Gemini {
    fn recognises(&self, document: &Value) -> bool {
        document.get("candidates").is_some_and(Value::is_array)
            || document.get("parts").is_some_and(Value::is_array)
            || each_object(document, |map| is_call(map) || map.contains_key("text")) && has_call(document)
    }

    fn take(&self, mut document: Value, parts: &mut Parts) -> Result<(), String> {
        if let Some(Value::Array(candidates)) = document.get_mut("candidates").map(Value::take) {
            let count = candidates.len();
            let mut candidates = candidates.into_iter();
            document = match (candidates.next(), candidates.next()) {
                (Some(mut only), None) => only.get_mut("content").map(Value::take).unwrap_or_default(),
                _ => {
                    return Err(format!(
                        "a response with {count} candidates is not one answer: read the content of each"
                    ));
                }
            };
        }
        let list = document.get_mut("parts").map(Value::take).unwrap_or(document);
        for (i, part) in items(list).into_iter().enumerate() {
            let Value::Object(map) = part else { return Err(format!("part {}: not an object", i + 1)) };
            take_part(map, parts).map_err(|why| format!("part {}: {why}", i + 1))?;
        }
        if parts.calls.is_empty() && parts.content.is_empty() {
            return Err("a content with neither words nor calls".into());
        }
        Ok(())
    }

    fn begins(&self, first_key: &str, _: bool) -> bool {
        matches!(first_key, "candidates" | "parts") || KEYS.contains(&first_key)
    }
}

fn is_call(part: &Map<String, Value>) -> bool {
    !part.contains_key("role") && KEYS.iter().any(|key| part.get(*key).is_some_and(Value::is_object))
}

fn has_call(document: &Value) -> bool {
    match document {
        Value::Array(parts) => parts.iter().any(|part| part.as_object().is_some_and(is_call)),
        part => part.as_object().is_some_and(is_call),
    }
}

fn take_part(mut part: Map<String, Value>, parts: &mut Parts) -> Result<(), String> {
    let function = KEYS.into_iter().find(|key| part.contains_key(*key)).and_then(|key| part.get_mut(key));
    if let Some(Value::Object(mut function)) = function.map(Value::take) {
        let name = take_text(&mut function, "name").ok_or("a function call without a name")?;
        let arguments = function.get_mut("args").map_or_else(|| json!({}), Value::take);
        let id = function.get_mut("id").map(Value::take);
        parts.calls.push(call(name, Some(arguments), id)?);
    } else if part.get("thought") == Some(&Value::Bool(true)) {
        parts.reasoning.extend(take_text(&mut part, "text"));
    } else {
        parts.content.extend(take_text(&mut part, "text"));
    }
    Ok(())
}

fn write_content(action: &Action) -> String {
    let parts: Value = match action {
        Action::Text(text) => json!([{"text": text}]),
        other => other
            .calls()
            .iter()
            .map(|call| {
                let mut function = Map::new();
                function.extend(call.id.iter().map(|id| ("id".to_owned(), json!(id))));
                function.insert("name".into(), json!(call.name));
                function.insert("args".into(), call.arguments.clone());
                json!({"functionCall": function})
            })
            .collect(),
    };
    json!({"role": "model", "parts": parts}).to_string()
}
