//! The tools of an API, from the text that describes each.

use serde_json::{Map, Value, json};
use toolrm_core::format::json::parse_strict;

use crate::error::Fault;

const DESCRIBED: &str = "write a function as \"DESCRIPTION\\nParameters: {NAME: \"TYPE. TEXT\"}\\nOutput: ..\"";

const PARAMETERS: &str = "Parameters: ";

/// The member of the descriptions that is no function.
const COMPONENTS: &str = "components";

/// The tools of `Function_Description`: a text for each function.
pub(super) fn tools(described: &Map<String, Value>) -> Result<Value, Fault> {
    let functions = described.iter().filter(|(name, _)| *name != COMPONENTS);
    let tools = functions.map(|(name, text)| {
        let text = text.as_str().ok_or_else(|| super::expected("a string", text, DESCRIBED));
        text.and_then(|text| tool(name, text)).map_err(|fault| fault.under(name))
    });
    tools.collect()
}

/// A function: what it does, then its parameters (`{NAME: "TYPE. TEXT"}`), then what it returns.
fn tool(name: &str, text: &str) -> Result<Value, Fault> {
    let split = text.strip_prefix(PARAMETERS).map(|rest| ("", rest));
    let split = split.or_else(|| text.split_once(&format!("\n{PARAMETERS}")));
    let (description, rest) = split.ok_or_else(|| Fault::new("a function without parameters", DESCRIBED))?;
    // What describes the output may be anything, the parameters are JSON on one line.
    let parameters = rest.split('\n').next().unwrap_or_default().trim();
    let parameters = match parse_strict(parameters) {
        Ok(Value::Object(parameters)) => parameters,
        Ok(other) => return Err(super::expected("an object", &other, DESCRIBED)),
        Err(e) => return Err(Fault::new(format!("parameters that are not JSON: {e}"), DESCRIBED)),
    };
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for (name, text) in parameters {
        let Value::String(text) = text else { return Err(super::expected("a string", &text, DESCRIBED).under(name)) };
        if text.contains("Required.") {
            required.push(Value::from(name.as_str()));
        }
        properties.insert(name, parameter(&text));
    }
    Ok(json!({
        "name": name,
        "description": description.trim(),
        "parameters": {"type": "object", "properties": properties, "required": required},
    }))
}

/// `Required. string. One of: [a, b]. What it is.`
fn parameter(text: &str) -> Value {
    let text = text.strip_prefix("Required.").unwrap_or(text).trim();
    let (kind, description) = text.split_once('.').unwrap_or((text, ""));
    let mut schema = Map::new();
    let description = description.trim().strip_prefix("Required.").unwrap_or(description).trim();
    schema.insert("description".into(), description.into());
    let kind = match kind.split(['[', '{']).next().unwrap_or_default().trim() {
        "string" | "String" => Some("string"),
        "integer" | "Integer" => Some("integer"),
        "number" | "Number" => Some("number"),
        "boolean" | "Boolean" => Some("boolean"),
        "array" | "Array" => Some("array"),
        "object" | "Object" => Some("object"),
        _ => None,
    };
    schema.extend(kind.map(|kind| ("type".to_owned(), kind.into())));
    let listed = description.split_once("One of: [").and_then(|(_, rest)| rest.split_once(']'));
    schema.extend(listed.map(|(list, _)| ("enum".to_owned(), list.split(", ").collect())));
    Value::Object(schema)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_become_tools() {
        let described = json!({
            "find": "Find a bird.\nParameters: {\"colour\": \"Required. string. One of: [red, blue]. Its colour.\", \
                \"page\": \"integer.\", \"at\": \"Object{x, y}. Required. Where.\", \"odd\": \"whatever\"}\nOutput: Birds.\n - Format: json",
            "list": "Parameters: {}\nOutput: All.",
            "components": "",
        });
        let tools = tools(described.as_object().unwrap()).unwrap();
        assert_eq!(tools[0]["parameters"]["required"], json!(["colour", "at"]));
        let properties = &tools[0]["parameters"]["properties"];
        assert_eq!(
            properties["colour"],
            json!({"description": "One of: [red, blue]. Its colour.", "type": "string", "enum": ["red", "blue"]})
        );
        assert_eq!(properties["at"], json!({"description": "Where.", "type": "object"}));
        assert_eq!((properties["page"]["type"].clone(), properties["odd"].get("type")), (json!("integer"), None));
        assert_eq!((tools[1]["name"].clone(), tools.as_array().unwrap().len()), (json!("list"), 2));
    }

    #[test]
    fn what_is_no_description_says_where() {
        for (text, pointer, what) in [
            (json!("Find."), "/find", "without parameters"),
            (json!("Find.\nParameters: {\"a\": "), "/find", "not JSON"),
            (json!("Find.\nParameters: [1]"), "/find", "expected an object"),
            (json!("Find.\nParameters: {\"a\": 1}"), "/find/a", "expected a string"),
            (json!(null), "/find", "expected a string, found null"),
        ] {
            let fault = tools(json!({"find": text}).as_object().unwrap()).unwrap_err();
            assert_eq!(fault.pointer, pointer, "{fault}");
            assert!(fault.what.contains(what), "{fault}");
        }
    }
}
