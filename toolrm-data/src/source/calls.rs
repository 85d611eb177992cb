//! Calls and tools as datasets write them: JSON, JSON in a text, or Python literals in a text.

use serde::de::IgnoredAny;
use serde_json::{Map, Value};
use toolrm_core::{
    call::ToolCall,
    format::{json::parse_strict, parse_literal},
};

use super::fields::{expected, members, take, take_text};
use crate::error::Fault;

const CALL: &str = "write a call as {\"name\": .., \"arguments\": {..}}";
const TOOLS: &str = "write the tools as a JSON list";

/// The value of a text: JSON, or else a Python literal.
pub(super) fn unwritten(text: &str, fix: &str) -> Result<Value, Fault> {
    parse_strict(text).or_else(|json| {
        parse_literal(text).map_err(|python| {
            Fault::new(format!("a text that is neither JSON nor a Python literal ({json}; {python})"), fix)
        })
    })
}

/// The value that a text holds, or the value itself.
pub(super) fn unpacked(value: Value, fix: &str) -> Result<Value, Fault> {
    match value {
        Value::String(text) => unwritten(&text, fix),
        other => Ok(other),
    }
}

/// The list of tools: a list, or a text that holds one. No tools, `""` and `null` are an empty list; one tool is a list of one.
pub(super) fn tools(value: Option<Value>) -> Result<Value, Fault> {
    let tools = match value {
        None | Some(Value::Null) => return Ok(Value::Array(Vec::new())),
        Some(Value::String(text)) => tools_in(&text)?,
        Some(other) => other,
    };
    match tools {
        list @ Value::Array(_) => Ok(list),
        one @ Value::Object(_) => Ok(Value::Array(vec![one])),
        other => Err(expected("a list of tools", &other, TOOLS)),
    }
}

/// The tools in a text: one list, JSON or Python, or JSON objects one after the other.
pub(super) fn tools_in(text: &str) -> Result<Value, Fault> {
    if text.trim().is_empty() {
        return Ok(Value::Array(Vec::new()));
    }
    let whole = match unwritten(text, TOOLS) {
        Ok(whole) => return Ok(whole),
        Err(fault) => fault,
    };
    let mut tools = Vec::new();
    let mut documents = serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>();
    loop {
        let from = documents.byte_offset();
        match documents.next() {
            None if tools.is_empty() => return Err(whole),
            None => return Ok(Value::Array(tools)),
            Some(Err(_)) => return Err(whole),
            Some(Ok(_)) => {
                let document = text.get(from..documents.byte_offset()).unwrap_or_default();
                tools.push(
                    parse_strict(document).map_err(|e| Fault::new(format!("a tool that is not JSON: {e}"), TOOLS))?,
                );
            }
        }
    }
}

/// One call. Its arguments are an object, or a text that holds one.
pub(super) fn call(value: Value) -> Result<ToolCall, Fault> {
    let mut fields = members(value, CALL)?;
    let name = take_text(&mut fields, "name", CALL)?;
    let arguments = take(&mut fields, "arguments", CALL)?;
    Ok(ToolCall::new(name, Value::Object(arguments_of(arguments)?)))
}

/// The arguments of a call: an object, or a text that holds one.
pub(super) fn arguments_of(value: Value) -> Result<Map<String, Value>, Fault> {
    let unpacked = unpacked(value, CALL).and_then(|value| members(value, CALL));
    unpacked.map_err(|fault| fault.under("arguments"))
}

/// A list of calls, at least one, or one call by itself; JSON, or a text that holds it.
pub(super) fn calls(value: Value) -> Result<Vec<ToolCall>, Fault> {
    let calls = match unpacked(value, CALL)? {
        Value::Array(calls) => calls,
        one => return Ok(vec![call(one)?]),
    };
    if calls.is_empty() {
        return Err(Fault::new("an empty list of calls", "say in words that nothing is called, or write the calls"));
    }
    calls.into_iter().enumerate().map(|(i, value)| call(value).map_err(|fault| fault.under(i))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn calls_are_read_as_json_and_as_python() {
        let expected = vec![ToolCall::new("f", json!({"a": true, "b": "it's"}))];
        for shape in [
            json!({"name": "f", "arguments": {"a": true, "b": "it's"}}),
            json!([{"name": "f", "arguments": "{\"a\": true, \"b\": \"it's\"}"}]),
            json!("{'name': 'f', 'arguments': {'a': True, 'b': \"it's\"}}"),
            json!("[{\"arguments\": {\"a\": true, \"b\": \"it's\"}, \"name\": \"f\"}]"),
        ] {
            assert_eq!(calls(shape.clone()), Ok(expected.clone()), "{shape}");
        }
    }

    #[test]
    fn what_is_no_call_says_where() {
        for (shape, pointer, what) in [
            (json!([]), "", "an empty list"),
            (json!(null), "", "expected an object, found null"),
            (json!([{"name": "f", "arguments": {}}, {"name": "f"}]), "/1", "\"arguments\" is missing"),
            (json!({"name": 3, "arguments": {}}), "/name", "expected a string"),
            (json!({"name": "f", "arguments": [1]}), "/arguments", "expected an object, found a list"),
            (json!({"name": "f", "arguments": "{\"a\":1,\"a\":2}"}), "/arguments", "occurs twice"),
            (json!({"name": "f", "arguments": null}), "/arguments", "expected an object, found null"),
            (json!("{'name': f}"), "", "a variable"),
        ] {
            let fault = calls(shape.clone()).unwrap_err();
            assert_eq!(fault.pointer, pointer, "{shape}: {fault}");
            assert!(fault.what.contains(what), "{shape}: {fault}");
        }
    }

    #[test]
    fn tools_are_read_however_they_are_packed() {
        let one = json!([{"name": "f", "parameters": {}}]);
        for packed in [
            one.clone(),
            json!(one.to_string()),
            one[0].clone(),
            json!("[{'name': 'f', 'parameters': {}}]"),
            json!("{\n \"name\": \"f\",\n \"parameters\": {}\n}\n\n"),
        ] {
            assert_eq!(tools(Some(packed.clone())), Ok(one.clone()), "{packed}");
        }
        let two = tools_in("{\"name\": \"f\"}\n\n{\"name\": \"g\"}\n").unwrap();
        assert_eq!(two, json!([{"name": "f"}, {"name": "g"}]));
        for none in [None, Some(json!(null)), Some(json!("")), Some(json!("[]"))] {
            assert_eq!(tools(none), Ok(json!([])));
        }
        assert!(tools(Some(json!(3))).is_err() && tools(Some(json!("3"))).is_err());
        assert!(
            tools(Some(json!("{\"name\": \"f\", \"name\": \"g\"}\n{}"))).unwrap_err().what.contains("occurs twice")
        );
    }
}
