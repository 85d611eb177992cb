//! OpenAI's two wire shapes: the assistant message of chat completions, and the items of the Responses API.

use serde_json::{Map, Value, json};

use super::{
    call_object::call,
    enclosed::Parts,
    shape::{Shape, each_object, items, json_format, take_text},
};
use crate::call::Action;

json_format! {
    /// The assistant message of OpenAI's chat completions as JSON: `{"role": "assistant", "content": .., "tool_calls": [..]}`, alone
    /// or in a whole response with one choice. Also the older `function_call`.
    ///
    /// ```
    /// use toolrm_core::format::{OpenAi, ToolFormat};
    /// let candidate = OpenAi.parse(r#"{"role": "assistant", "content": null, "tool_calls": [{"id": "call_1", "type": "function",
    ///     "function": {"name": "get_weather", "arguments": "{\"city\": \"Paris\"}"}}]}"#);
    /// assert_eq!(candidate.action.calls()[0].id.as_deref(), Some("call_1"));
    /// ```
    OpenAi, "openai", write_message
}

impl Shape for OpenAi {
    fn recognises(&self, document: &Value) -> bool {
        match document {
            Value::Object(map) => is_message(map) || map.get("choices").is_some_and(Value::is_array),
            Value::Array(_) => each_object(document, |map| map.get("function").is_some_and(Value::is_object)),
            _ => false,
        }
    }

    fn take(&self, document: Value, parts: &mut Parts) -> Result<(), String> {
        match document {
            Value::Object(mut map) => match map.get_mut("choices").map(Value::take) {
                Some(Value::Array(choices)) => only_choice(choices, parts),
                _ => message(map, parts),
            },
            list => tool_calls(list, parts),
        }
    }

    fn begins(&self, first_key: &str, listed: bool) -> bool {
        matches!(first_key, "role" | "content" | "tool_calls" | "choices" | "refusal")
            || listed && matches!(first_key, "id" | "type" | "function")
    }
}

fn is_message(map: &Map<String, Value>) -> bool {
    let calls = map.get("tool_calls").and_then(Value::as_array).is_some_and(|list| {
        !list.is_empty() && list.iter().all(|item| item.get("function").is_some_and(Value::is_object))
    });
    let role = map.get("role").and_then(Value::as_str) == Some("assistant");
    calls
        || role && map.get("content").is_none_or(|c| !is_typed_blocks(c))
        || map.get("function_call").is_some_and(is_function)
}

/// Anthropic's message has the same role and a list of blocks, of other types than OpenAI's content parts.
fn is_typed_blocks(content: &Value) -> bool {
    content.as_array().is_some_and(|blocks| {
        blocks.iter().any(|block| {
            block
                .get("type")
                .and_then(Value::as_str)
                .is_some_and(|t| matches!(t, "tool_use" | "thinking" | "redacted_thinking"))
        })
    })
}

fn is_function(value: &Value) -> bool {
    value.get("name").is_some_and(Value::is_string)
}

fn only_choice(choices: Vec<Value>, parts: &mut Parts) -> Result<(), String> {
    let count = choices.len();
    let mut choices = choices.into_iter();
    match (choices.next(), choices.next()) {
        (Some(mut choice), None) => match choice.get_mut("message").map(Value::take) {
            Some(Value::Object(map)) => message(map, parts),
            _ => Err("a choice without a message".into()),
        },
        _ => Err(format!("a response with {count} choices is not one answer: read the message of each")),
    }
}

fn message(mut map: Map<String, Value>, parts: &mut Parts) -> Result<(), String> {
    parts.reasoning.extend(take_text(&mut map, "reasoning_content").or_else(|| take_text(&mut map, "reasoning")));
    match map.get_mut("content").map(Value::take) {
        Some(Value::String(text)) => parts.content.push(text),
        Some(Value::Array(content)) => {
            parts.content.extend(content.into_iter().filter_map(|part| match part {
                Value::Object(mut part) => take_text(&mut part, "text"),
                _ => None,
            }));
        }
        _ => parts.content.extend(take_text(&mut map, "refusal")),
    }
    if let Some(list @ Value::Array(_)) = map.get_mut("tool_calls").map(Value::take) {
        tool_calls(list, parts)?;
    }
    if let Some(function @ Value::Object(_)) = map.get_mut("function_call").map(Value::take) {
        tool_calls(json!([{"function": function}]), parts)?;
    }
    if parts.calls.is_empty() && parts.content.is_empty() {
        return Err("a message with neither content nor calls".into());
    }
    Ok(())
}

fn tool_calls(list: Value, parts: &mut Parts) -> Result<(), String> {
    for (i, item) in items(list).into_iter().enumerate() {
        let numbered = |why: String| format!("call {}: {why}", i + 1);
        let Value::Object(mut item) = item else { return Err(numbered("not an object".into())) };
        let id = item.get_mut("id").map(Value::take);
        let Some(Value::Object(mut function)) = item.get_mut("function").map(Value::take) else {
            return Err(numbered("no `function` object in it".into()));
        };
        let name = take_text(&mut function, "name").ok_or_else(|| numbered("a function without a name".into()))?;
        let arguments = function.get_mut("arguments").map(Value::take);
        parts.calls.push(call(name, arguments, id).map_err(numbered)?);
    }
    Ok(())
}

fn write_message(action: &Action) -> String {
    match action {
        Action::Text(text) => json!({"role": "assistant", "content": text}),
        other => json!({"role": "assistant", "content": null, "tool_calls": other.calls()}),
    }
    .to_string()
}

json_format! {
    /// Items of OpenAI's Responses API: `{"type": "function_call", "call_id": .., "name": .., "arguments": "<JSON text>"}`, alone, in
    /// a list, or in the `output` of a response; `message` items are words, `reasoning` items reasoning.
    Responses, "responses", write_items
}

impl Shape for Responses {
    fn recognises(&self, document: &Value) -> bool {
        let is_item = |map: &Map<String, Value>| {
            map.get("type")
                .and_then(Value::as_str)
                .is_some_and(|t| matches!(t, "function_call" | "message" | "reasoning"))
        };
        match document.get("output") {
            Some(output) => output.is_array() && each_object(output, is_item),
            None => each_object(document, is_item),
        }
    }

    fn take(&self, mut document: Value, parts: &mut Parts) -> Result<(), String> {
        let output = document.get_mut("output").map(Value::take).unwrap_or(document);
        for (i, item) in items(output).into_iter().enumerate() {
            let Value::Object(map) = item else { return Err(format!("item {}: not an object", i + 1)) };
            response_item(map, parts).map_err(|why| format!("item {}: {why}", i + 1))?;
        }
        Ok(())
    }

    fn begins(&self, first_key: &str, _: bool) -> bool {
        matches!(first_key, "type" | "call_id" | "output" | "object")
    }
}

fn response_item(mut item: Map<String, Value>, parts: &mut Parts) -> Result<(), String> {
    match item.get("type").and_then(Value::as_str) {
        Some("function_call") => {
            let id = item.get_mut("call_id").map(Value::take).or_else(|| item.get_mut("id").map(Value::take));
            let name = take_text(&mut item, "name").ok_or("a function call without a name")?;
            let arguments = item.get_mut("arguments").map(Value::take);
            parts.calls.push(call(name, arguments, id)?);
        }
        Some("reasoning") => texts(item.get_mut("summary").map(Value::take), &mut parts.reasoning),
        _ => texts(item.get_mut("content").map(Value::take), &mut parts.content),
    }
    Ok(())
}

/// The texts of a list of parts, or the text itself.
fn texts(content: Option<Value>, out: &mut Vec<String>) {
    match content {
        Some(Value::String(text)) => out.push(text),
        Some(Value::Array(list)) => {
            for part in list {
                if let Value::Object(mut part) = part {
                    out.extend(take_text(&mut part, "text").or_else(|| take_text(&mut part, "refusal")));
                }
            }
        }
        _ => {}
    }
}

fn write_items(action: &Action) -> String {
    match action {
        Action::Text(text) => json!([{"type": "message", "role": "assistant",
            "content": [{"type": "output_text", "text": text}]}]),
        other => other
            .calls()
            .iter()
            .map(|call| {
                let mut item = json!({"type": "function_call", "name": call.name,
                    "arguments": call.arguments.to_string()});
                if let (Value::Object(map), Some(id)) = (&mut item, &call.id) {
                    map.insert("call_id".into(), json!(id));
                }
                item
            })
            .collect(),
    }
    .to_string()
}
