//! Messages in OpenAI's chat shape, taken apart without copying.

use serde_json::{Map, Value};
use toolrm_core::{
    call::{Content, Message, Role, ToolCall},
    format::json::parse_strict,
};

use super::fields::{expected, items, members, take_text, text_of};
use crate::error::Fault;

const MESSAGE: &str = r#"write an OpenAI message: {"role", "content"}"#;
const CALL: &str = r#"write {"id", "type": "function", "function": {"name", "arguments"}}"#;
/// Where reasoning is kept in a message.
pub(super) const REASONING: &str = "reasoning_content";

/// The messages of a list.
pub(super) fn messages(list: Value) -> Result<Vec<Message>, Fault> {
    let read = |(i, value)| message(value).map_err(|fault: Fault| fault.under(i));
    items(list, "write a list of OpenAI messages")?.into_iter().enumerate().map(read).collect()
}

/// One message. Reasoning is kept, other fields that do not belong to a conversation (annotations, audio) are not.
pub(super) fn message(value: Value) -> Result<Message, Fault> {
    let mut fields = members(value, MESSAGE)?;
    let role = role(&take_text(&mut fields, "role", MESSAGE)?)?;
    let content = match fields.remove("content") {
        None | Some(Value::Null) => None,
        Some(content) => Some(content_of(content)),
    };
    let mut message = Message::new(role, String::new());
    message.content = content;
    message.tool_calls = match (fields.remove("tool_calls"), fields.remove("function_call")) {
        (None | Some(Value::Null), None | Some(Value::Null)) => Vec::new(),
        (None | Some(Value::Null), Some(legacy)) => {
            vec![members(legacy, CALL).and_then(function).map_err(|fault| fault.under("function_call"))?]
        }
        (Some(list), _) => {
            let read = |(i, one)| call(one).map_err(|fault: Fault| fault.under(i));
            let calls = items(list, CALL).and_then(|list| list.into_iter().enumerate().map(read).collect());
            calls.map_err(|fault| fault.under("tool_calls"))?
        }
    };
    message.tool_call_id = optional_text(&mut fields, "tool_call_id")?;
    message.name = optional_text(&mut fields, "name")?;
    let reasoning = [REASONING, "reasoning"].iter().find_map(|key| match fields.remove(*key) {
        Some(Value::String(text)) if !text.is_empty() => Some(text),
        _ => None,
    });
    message.extra.extend(reasoning.map(|text| (REASONING.to_owned(), text.into())));
    Ok(message)
}

/// A role by its name.
pub(super) fn role(name: &str) -> Result<Role, Fault> {
    Ok(match name {
        "system" => Role::System,
        "developer" => Role::Developer,
        "user" => Role::User,
        "assistant" => Role::Assistant,
        "tool" | "function" => Role::Tool,
        other => {
            let fix = "use system, developer, user, assistant or tool";
            return Err(Fault::new(format!("\"{other}\" is no role"), fix).under("role"));
        }
    })
}

/// A text, content parts, or any other JSON (a tool's result) as text.
fn content_of(content: Value) -> Content {
    let are_parts = |parts: &[Value]| parts.iter().all(|part| part.get("type").is_some_and(Value::is_string));
    match content {
        Value::String(text) => Content::Text(text),
        Value::Array(parts) if !parts.is_empty() && are_parts(&parts) => {
            let parts = parts.into_iter().filter_map(|part| match part {
                Value::Object(part) => Some(part),
                _ => None,
            });
            Content::Parts(parts.collect())
        }
        other => Content::Text(text_of(other)),
    }
}

/// One call of a message.
pub(super) fn call(value: Value) -> Result<ToolCall, Fault> {
    let mut fields = members(value, CALL)?;
    let id = optional_text(&mut fields, "id")?;
    let mut called = match fields.remove("function") {
        Some(named) => members(named, CALL).and_then(function).map_err(|fault| fault.under("function"))?,
        None if fields.contains_key("name") => function(fields)?,
        None => return Err(Fault::new("a call of no function", CALL)),
    };
    called.id = id;
    Ok(called)
}

fn function(mut fields: Map<String, Value>) -> Result<ToolCall, Fault> {
    let name = take_text(&mut fields, "name", CALL)?;
    let arguments = fields.remove("arguments").ok_or_else(|| Fault::new("\"arguments\" are missing", CALL))?;
    Ok(ToolCall::new(name, decoded(arguments)))
}

/// Arguments that were written as JSON text, decoded; a text that is no JSON object stays a text, for whoever validates.
pub(super) fn decoded(arguments: Value) -> Value {
    match arguments {
        Value::String(text) if text.trim().is_empty() => Value::Object(Map::new()),
        Value::String(text) => match parse_strict(&text) {
            Ok(object @ Value::Object(_)) => object,
            _ => Value::String(text),
        },
        other => other,
    }
}

/// Takes a text that may be missing; a number is read as one.
pub(super) fn optional_text(fields: &mut Map<String, Value>, key: &str) -> Result<Option<String>, Fault> {
    match fields.remove(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(other) => Err(expected("a string", &other, &format!("make \"{key}\" a string")).under(key)),
    }
}
