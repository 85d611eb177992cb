//! From the JSON shapes people write to core's words: liberal in what is read, exact in what is said when it cannot be.

use std::{collections::HashMap, sync::Arc};

use serde_json::{Map, Value};
use toolrm_core::{
    call::{Action, Candidate, Content, Message, Role, ToolCall},
    format::json::parse_strict,
    task::Task,
    toolset::{Dialect, Toolset},
};

use crate::error::Fault;

const CALL_SHAPES: &str = r#"write {"NAME": {ARGUMENTS}}, {"name": .., "arguments": ..} or an OpenAI tool call"#;

/// The JSON type of a value, in words.
pub fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// The value as an object.
pub fn object<'v>(value: &'v Value, fix: &str) -> Result<&'v Map<String, Value>, Fault> {
    value.as_object().ok_or_else(|| Fault::new(format!("expected an object, found {}", kind(value)), fix))
}

/// The value as a list.
pub fn list<'v>(value: &'v Value, fix: &str) -> Result<&'v Vec<Value>, Fault> {
    value.as_array().ok_or_else(|| Fault::new(format!("expected a list, found {}", kind(value)), fix))
}

/// A member that must be there.
pub fn member<'v>(record: &'v Map<String, Value>, key: &str, fix: &str) -> Result<&'v Value, Fault> {
    record.get(key).ok_or_else(|| Fault::new(format!("\"{key}\" is missing"), fix))
}

/// A member that may be missing and must be a text when it is there; numbers are read as texts (ids).
pub fn optional_text(record: &Map<String, Value>, key: &str) -> Result<Option<String>, Fault> {
    match record.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(other) => {
            Err(Fault::new(format!("expected a string, found {}", kind(other)), format!("make \"{key}\" a string"))
                .under(key))
        }
    }
}

/// Toolsets by the content they were read from: the tools of a benchmark repeat from record to record, and compiling them is what
/// costs.
#[derive(Debug)]
pub struct ToolsetCache {
    known: HashMap<(Dialect, String), Arc<Toolset>>,
    capacity: usize,
}

impl Default for ToolsetCache {
    /// For 4,096 toolsets.
    fn default() -> Self {
        Self::with_capacity(4096)
    }
}

impl ToolsetCache {
    /// For so many toolsets; when there are more it starts anew.
    pub fn with_capacity(capacity: usize) -> Self {
        Self { known: HashMap::new(), capacity }
    }

    /// The toolset of a JSON value in any shape [`Toolset::from_json`] knows, or of a JSON text that holds one.
    pub fn read(&mut self, json: &Value, dialect: Dialect) -> Result<Arc<Toolset>, Fault> {
        let unpacked;
        let json = match json {
            Value::String(text) => {
                unpacked = parse_strict(text).map_err(|e| {
                    Fault::new(format!("a text that is not JSON: {e}"), "write the list of tools as JSON")
                })?;
                &unpacked
            }
            other => other,
        };
        let key = (dialect, json.to_string());
        if let Some(known) = self.known.get(&key) {
            return Ok(Arc::clone(known));
        }
        let built = Arc::new(Toolset::from_json_with(json, dialect)?);
        if self.known.len() >= self.capacity {
            self.known.clear();
        }
        self.known.insert(key, Arc::clone(&built));
        Ok(built)
    }
}

/// The task of a record `{"messages", "tools", ..}`. Its `id`, when there is one, becomes metadata.
pub fn task(record: &Map<String, Value>, dialect: Dialect, toolsets: &mut ToolsetCache) -> Result<Task, Fault> {
    let messages = conversation(record)?;
    let tools = member(record, "tools", "add the tools as \"tools\" ([] for none)")?;
    let tools = toolsets.read(tools, dialect).map_err(|f| f.under("tools"))?;
    let mut metadata = Map::new();
    if let Some(id) = record.get("id") {
        metadata.insert("id".into(), id.clone());
    }
    Ok(Task::new(messages, tools).with_metadata(metadata))
}

/// The conversation of a record.
pub fn conversation(record: &Map<String, Value>) -> Result<Vec<Message>, Fault> {
    messages(member(record, "messages", "add the conversation as \"messages\"")?).map_err(|f| f.under("messages"))
}

/// A conversation in OpenAI's chat shape.
fn messages(value: &Value) -> Result<Vec<Message>, Fault> {
    let list = list(value, "write a list of OpenAI messages: {\"role\", \"content\"}")?;
    if list.is_empty() {
        return Err(Fault::new("an empty conversation", "give at least one user message"));
    }
    list.iter().enumerate().map(|(i, m)| message(m).map_err(|f| f.under(i))).collect()
}

/// One message. `tool_calls` may be OpenAI's or `{name: {args}}`; a tool's result may be any JSON.
pub fn message(value: &Value) -> Result<Message, Fault> {
    let mut fields = object(value, "write an OpenAI message: {\"role\", \"content\"}")?.clone();
    let called = match (fields.remove("tool_calls"), fields.remove("function_call")) {
        (None | Some(Value::Null), None | Some(Value::Null)) => Vec::new(),
        (None | Some(Value::Null), Some(legacy)) => vec![call(&legacy).map_err(|f| f.under("function_call"))?],
        (Some(value), _) => calls(&value).map_err(|f| f.under("tool_calls"))?,
    };
    if let Some(content) = fields.get_mut("content").filter(|c| is_structured(c)) {
        *content = Value::String(content.to_string());
    }
    let role = role(&fields)?;
    let (name, tool_call_id) = (optional_text(&fields, "name")?, optional_text(&fields, "tool_call_id")?);
    fields.retain(|key, _| key != "name" && key != "tool_call_id");
    let mut message: Message = serde_json::from_value(Value::Object(fields))
        .map_err(|e| Fault::new(e.to_string(), "write an OpenAI message: {\"role\", \"content\"}"))?;
    (message.role, message.name, message.tool_call_id, message.tool_calls) = (role, name, tool_call_id, called);
    Ok(message)
}

fn role(fields: &Map<String, Value>) -> Result<Role, Fault> {
    let fix = "use system, developer, user, assistant or tool";
    let role = member(fields, "role", fix)?;
    serde_json::from_value(role.clone()).map_err(|_| Fault::new(format!("{role} is no role"), fix).under("role"))
}

/// Whether a message's content is JSON of the caller's own (a tool's result as an object) and neither text nor OpenAI content parts.
fn is_structured(content: &Value) -> bool {
    match content {
        Value::String(_) | Value::Null => false,
        Value::Array(parts) => !parts.iter().all(|p| p.get("type").is_some_and(Value::is_string)),
        _ => true,
    }
}

/// A list of calls, or a single one. `null` and `{}` are no calls.
fn calls(value: &Value) -> Result<Vec<ToolCall>, Fault> {
    match value {
        Value::Array(items) => items.iter().enumerate().map(|(i, c)| call(c).map_err(|f| f.under(i))).collect(),
        Value::Object(map) if map.len() > 1 && map.values().all(Value::is_object) => {
            Ok(map.iter().map(|(name, args)| ToolCall::new(name.clone(), args.clone())).collect())
        }
        other => Ok(vec![call(other)?]),
    }
}

/// One call in any of the shapes of [`CALL_SHAPES`]. Arguments that are no object are kept as they are.
fn call(value: &Value) -> Result<ToolCall, Fault> {
    let fields = object(value, CALL_SHAPES)?;
    if let Some(function) = fields.get("function").filter(|f| f.get("name").is_some()) {
        let mut called = named_call(object(function, CALL_SHAPES)?).map_err(|f| f.under("function"))?;
        called.id = optional_text(fields, "id")?;
        return Ok(called);
    }
    let mut entries = fields.iter();
    match (entries.next(), entries.next()) {
        (Some((name, arguments)), None) if name != "name" => Ok(ToolCall::new(name.clone(), unpacked(arguments))),
        (Some((name, arguments @ Value::Object(_))), None) => Ok(ToolCall::new(name.clone(), arguments.clone())),
        _ => named_call(fields),
    }
}

/// `{"name", "arguments" | "parameters" | "args" | "input"}`.
fn named_call(fields: &Map<String, Value>) -> Result<ToolCall, Fault> {
    let name = match member(fields, "name", CALL_SHAPES)? {
        Value::String(name) => name.clone(),
        other => return Err(Fault::new(format!("expected a string, found {}", kind(other)), CALL_SHAPES).under("name")),
    };
    let arguments = ["arguments", "parameters", "args", "input"].iter().find_map(|key| fields.get(*key));
    let arguments =
        arguments.ok_or_else(|| Fault::new("a call without \"arguments\"", "write {} when there are none"))?;
    let mut called = ToolCall::new(name, unpacked(arguments));
    called.id = optional_text(fields, "id")?;
    Ok(called)
}

/// Arguments that were written as a JSON text, unpacked; anything else as it is.
fn unpacked(arguments: &Value) -> Value {
    match arguments {
        Value::String(text) => match parse_strict(text) {
            Ok(object @ Value::Object(_)) => object,
            _ => arguments.clone(),
        },
        other => other.clone(),
    }
}

/// A candidate that was decoded before: calls, an assistant message, or an answer in words.
pub fn candidate(value: &Value) -> Result<Candidate, Fault> {
    match value {
        Value::String(words) => Ok(Candidate::text(words.clone())),
        Value::Object(fields) if ["role", "content", "tool_calls"].iter().any(|k| fields.contains_key(*k)) => {
            assistant_message(value)
        }
        Value::Array(_) | Value::Object(_) => Ok(from_calls(calls(value)?)),
        other => Err(Fault::new(
            format!("expected calls or a text, found {}", kind(other)),
            format!("{CALL_SHAPES}, in a list; or a text for an answer in words"),
        )),
    }
}

fn assistant_message(value: &Value) -> Result<Candidate, Fault> {
    let fix = "write an OpenAI assistant message with \"content\" or \"tool_calls\"";
    let mut wire = object(value, fix)?.clone();
    let called = match wire.remove("tool_calls") {
        None | Some(Value::Null) => Vec::new(),
        Some(calls_value) => calls(&calls_value).map_err(|f| f.under("tool_calls"))?,
    };
    if let Some(odd) = wire.get("content").filter(|c| is_structured(c)) {
        let what = format!("expected a text or content parts, found {}", kind(odd));
        return Err(Fault::new(what, fix).under("content"));
    }
    if called.is_empty() {
        return serde_json::from_value(Value::Object(wire)).map_err(|e| Fault::new(e.to_string(), fix));
    }
    let mut candidate = from_calls(called);
    let beside = wire.get("content").and_then(|c| serde_json::from_value::<Content>(c.clone()).ok());
    candidate.content = beside.map(|c| Arc::from(c.text().as_ref())).filter(|c: &Arc<str>| !c.is_empty());
    candidate.reasoning = ["reasoning_content", "reasoning"].iter().find_map(|k| wire.get(*k)?.as_str()).map(Arc::from);
    Ok(candidate)
}

/// Calls whose arguments are no objects are malformed, never mended.
fn from_calls(calls: Vec<ToolCall>) -> Candidate {
    match calls.iter().find(|c| !c.arguments.is_object()) {
        Some(bad) => {
            let why = format!("arguments of \"{}\" are not a JSON object", bad.name);
            let raw = serde_json::to_string(&calls).unwrap_or_default();
            Candidate::new(Action::malformed(raw, why))
        }
        None => Candidate::calls(calls),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn calls_are_read_in_every_shape() {
        let expected = vec![ToolCall::new("f", json!({"a": 1}))];
        for shape in [
            json!([{"f": {"a": 1}}]),
            json!({"f": {"a": 1}}),
            json!([{"f": "{\"a\": 1}"}]),
            json!([{"name": "f", "arguments": {"a": 1}}]),
            json!({"name": "f", "parameters": {"a": 1}}),
            json!([{"type": "function", "function": {"name": "f", "arguments": "{\"a\":1}"}}]),
            json!({"role": "assistant", "content": null, "tool_calls": [{"f": {"a": 1}}]}),
        ] {
            assert_eq!(candidate(&shape).unwrap().action, Action::Calls(expected.clone()), "{shape}");
        }
    }

    #[test]
    fn a_tool_may_be_called_name_or_function() {
        assert_eq!(candidate(&json!([{"name": {"a": 1}}])).unwrap().action.calls()[0].name, "name");
        assert_eq!(candidate(&json!([{"function": {"a": 1}}])).unwrap().action.calls()[0].name, "function");
    }

    #[test]
    fn arguments_that_are_no_object_are_malformed_in_a_candidate_and_kept_in_history() {
        let broken = json!([{"f": "{\"a\":"}]);
        assert!(candidate(&broken).unwrap().action.is_malformed());
        let history = messages(&json!([{"role": "assistant", "content": null, "tool_calls": broken}])).unwrap();
        assert_eq!(history[0].tool_calls[0].arguments, json!("{\"a\":"));
    }

    #[test]
    fn tool_results_of_any_json_become_text_and_content_parts_stay() {
        let read = messages(&json!([
            {"role": "tool", "content": {"temp": 21}},
            {"role": "tool", "content": [{"id": 7}]},
            {"role": "user", "content": [{"type": "text", "text": "hi"}]},
        ]))
        .unwrap();
        assert_eq!(
            read.iter().map(|m| m.text().into_owned()).collect::<Vec<_>>(),
            ["{\"temp\":21}", "[{\"id\":7}]", "hi"]
        );
    }

    #[test]
    fn faults_point_at_the_place() {
        let at = |v: Value| messages(&v).unwrap_err().pointer;
        assert_eq!(at(json!([{"role": "user", "content": "x"}, {"role": "robot"}])), "/1/role");
        assert_eq!(at(json!([{"role": "tool", "content": "x", "tool_call_id": []}])), "/0/tool_call_id");
        assert_eq!(at(json!([{"role": "assistant", "tool_calls": [{"f": {}}, 3]}])), "/0/tool_calls/1");
        assert_eq!(candidate(&json!([{"name": 3, "arguments": {}}])).unwrap_err().pointer, "/0/name");
    }
}
