//! Anthropic's content blocks.

use serde_json::{Map, Value, json};

use super::{
    call_object::call,
    enclosed::Parts,
    shape::{Shape, each_object, items, json_format, take_text},
};
use crate::call::Action;

json_format! {
    /// Content blocks of Anthropic's Messages API: `{"type": "tool_use", "id": .., "name": .., "input": {..}}` in a list, alone, or in
    /// the `content` of a message; `text` blocks are words, `thinking` blocks reasoning. Blocks of other types (searches the server ran
    /// by itself) are neither and stay in the raw text only.
    ///
    /// ```
    /// use toolrm_core::format::{Anthropic, ToolFormat};
    /// let candidate = Anthropic.parse(r#"{"role": "assistant", "content": [{"type": "text", "text": "On it."},
    ///     {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"city": "Paris"}}]}"#);
    /// assert_eq!(candidate.action.calls()[0].arguments["city"], "Paris");
    /// assert_eq!(candidate.content.as_deref(), Some("On it."));
    /// ```
    Anthropic, "anthropic", write_blocks
}

impl Shape for Anthropic {
    fn recognises(&self, document: &Value) -> bool {
        match document.get("content") {
            Some(content) if document.get("role").is_some_and(|role| role == "assistant") => is_blocks(content),
            Some(_) => false,
            None => is_blocks(document),
        }
    }

    fn take(&self, mut document: Value, parts: &mut Parts) -> Result<(), String> {
        let content = document.get_mut("content").map(Value::take).unwrap_or(document);
        for (i, block) in items(content).into_iter().enumerate() {
            let Value::Object(map) = block else { return Err(format!("block {}: not an object", i + 1)) };
            take_block(map, parts).map_err(|why| format!("block {}: {why}", i + 1))?;
        }
        if parts.calls.is_empty() && parts.content.is_empty() {
            return Err("a message with neither words nor calls".into());
        }
        Ok(())
    }

    fn begins(&self, first_key: &str, _: bool) -> bool {
        matches!(first_key, "type" | "role" | "content" | "id")
    }
}

fn is_blocks(content: &Value) -> bool {
    each_object(content, |map| {
        map.get("type").and_then(Value::as_str).is_some_and(|kind| {
            matches!(kind, "text" | "tool_use" | "thinking" | "redacted_thinking" | "server_tool_use")
                || kind.ends_with("_tool_result")
        })
    })
}

fn take_block(mut block: Map<String, Value>, parts: &mut Parts) -> Result<(), String> {
    match block.get("type").and_then(Value::as_str) {
        Some("text") => parts.content.extend(take_text(&mut block, "text")),
        Some("thinking") => parts.reasoning.extend(take_text(&mut block, "thinking")),
        Some("tool_use") => {
            let id = block.get_mut("id").map(Value::take);
            let name = take_text(&mut block, "name").ok_or("a tool use without a name")?;
            parts.calls.push(call(name, block.get_mut("input").map(Value::take), id)?);
        }
        _ => {}
    }
    Ok(())
}

fn write_blocks(action: &Action) -> String {
    match action {
        Action::Text(text) => json!([{"type": "text", "text": text}]),
        other => other
            .calls()
            .iter()
            .map(|call| {
                let mut block = Map::new();
                block.insert("type".into(), json!("tool_use"));
                block.extend(call.id.iter().map(|id| ("id".to_owned(), json!(id))));
                block.insert("name".into(), json!(call.name));
                block.insert("input".into(), call.arguments.clone());
                Value::Object(block)
            })
            .collect(),
    }
    .to_string()
}
