//! The shapes tool lists are published in, read into [`Tool`]s. Schemas are taken as they are: [`super::normalise`] reads those.

use serde_json::{Map, Value};

use super::{
    error::{ToolsetError, ToolsetErrorKind},
    normalise::kind_of,
};
use crate::call::{Tool, ToolAnnotations};

/// A tool and where its parameters are in the JSON it came from.
pub(super) struct Published {
    pub(super) tool: Tool,
    pub(super) base: &'static str,
}

/// Every tool in JSON of any known shape.
pub(super) fn read(json: &Value) -> Result<Vec<Published>, ToolsetError> {
    let mut tools = Vec::new();
    for (i, entry) in entries(json)?.iter().enumerate() {
        read_entry(i, entry, &mut tools)?;
    }
    Ok(tools)
}

fn shape_error(tool: impl Into<String>, pointer: &str, message: impl Into<String>) -> ToolsetError {
    ToolsetError::new(ToolsetErrorKind::Shape, tool, pointer, message)
}

/// The list of tools, out of its envelope: a list, `{"tools": [..]}`, `{"functions": [..]}`, a JSON-RPC `result`, or one tool.
fn entries(json: &Value) -> Result<&[Value], ToolsetError> {
    match json {
        Value::Array(list) => Ok(list),
        Value::Object(map) => {
            let inner = ["result", "tools", "functions"].into_iter().find_map(|key| {
                // A tool may have a key of the same name, but then it has a name as well.
                map.get(key).filter(|v| !map.contains_key("name") && (v.is_array() || v.is_object()))
            });
            match inner {
                Some(Value::Array(list)) => Ok(list),
                Some(object) if map.contains_key("result") => match object.get("tools") {
                    Some(Value::Array(list)) => Ok(list),
                    _ => Err(shape_error(
                        "",
                        "/result",
                        "a JSON-RPC result without a list of \"tools\": pass the answer to tools/list",
                    )),
                },
                Some(_) => Err(shape_error("", "/tools", "not a list of tools")),
                None => Ok(std::slice::from_ref(json)),
            }
        }
        other => Err(shape_error(
            "",
            "",
            format!("{} where a list of tools belongs: use [{{\"name\": .., \"parameters\": {{..}}}}]", kind_of(other)),
        )),
    }
}

/// One entry of the list. The first of these that fits decides:
/// 1. `functionDeclarations` (Gemini): several tools;
/// 2. `function`: OpenAI chat;
/// 3. `input_schema`: Anthropic;
/// 4. `inputSchema`: MCP;
/// 5. `parameters`: OpenAI responses, BFCL, xLAM, plain;
/// 6. `parametersJsonSchema`: Gemini;
/// 7. `arguments`: ACEBench;
/// 8. a name alone: a tool without parameters.
fn read_entry(index: usize, entry: &Value, tools: &mut Vec<Published>) -> Result<(), ToolsetError> {
    let label = || format!("#{index}");
    let Value::Object(map) = entry else {
        return Err(shape_error(
            label(),
            "",
            format!("{} where a tool belongs: use {{\"name\": .., \"parameters\": {{..}}}}", kind_of(entry)),
        ));
    };
    for key in ["functionDeclarations", "function_declarations"] {
        if let Some(list) = map.get(key) {
            let Value::Array(list) = list else {
                return Err(shape_error(label(), &format!("/{key}"), "not a list of function declarations"));
            };
            return list.iter().enumerate().try_for_each(|(i, e)| read_entry(i, e, tools));
        }
    }
    if let Some(function) = map.get("function") {
        let Value::Object(function) = function else {
            return Err(shape_error(label(), "/function", "not an object with \"name\" and \"parameters\""));
        };
        tools.push(read_tool(index, function, "/function", &[("parameters", "/function/parameters")])?);
        return Ok(());
    }
    tools.push(read_tool(
        index,
        map,
        "",
        &[
            ("input_schema", "/input_schema"),
            ("inputSchema", "/inputSchema"),
            ("parameters", "/parameters"),
            ("parametersJsonSchema", "/parametersJsonSchema"),
            ("arguments", "/arguments"),
        ],
    )?);
    Ok(())
}

fn read_tool(
    index: usize,
    map: &Map<String, Value>,
    at: &str,
    keys: &[(&str, &'static str)],
) -> Result<Published, ToolsetError> {
    let Some(name) = map.get("name").and_then(Value::as_str) else {
        let message = "a tool without a \"name\": is this a list of tools?";
        return Err(ToolsetError::new(ToolsetErrorKind::Name, format!("#{index}"), format!("{at}/name"), message));
    };
    let (parameters, base) = match keys.iter().find(|(key, _)| map.contains_key(*key)) {
        Some((key, base)) => (map.get(*key).cloned().unwrap_or_default(), *base),
        None => (Value::Null, "/parameters"),
    };
    let mut tool = Tool::new(name, parameters);
    tool.description = map.get("description").and_then(Value::as_str).map(str::to_owned);
    if let Some(annotations) = map.get("annotations").filter(|a| a.is_object()) {
        tool.annotations = serde_json::from_value::<ToolAnnotations>(annotations.clone())
            .map_err(|e| shape_error(name, "/annotations", format!("{e}: the hints of MCP are true or false")))?;
    }
    Ok(Published { tool, base })
}
