//! The shapes tool lists are published in, read into [`Tool`]s. Schemas are taken as they are: [`super::normalise`] reads those.

use std::fmt;

use serde_json::{Map, Value, json};

use super::{
    error::{ToolsetError, ToolsetErrorKind},
    json::{TOO_DEEP, is_too_deep, kind_of},
    normalise::is_flat,
};
use crate::{
    call::{Tool, ToolAnnotations},
    format::json::sequence,
};

/// A tool, and where its parameters are in the JSON it came from.
pub(super) struct Published {
    pub(super) tool: Tool,
    pub(super) base: &'static str,
}

/// How one tool is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Gemini,
    OpenAiChat,
    Anthropic,
    Mcp,
    OpenAiResponses,
    AceBench,
    Plain,
}

impl Shape {
    /// The shape of one entry of a tool list: the first in this order that fits.
    fn of(entry: &Map<String, Value>) -> Self {
        if declarations(entry).is_some() {
            Self::Gemini
        } else if entry.contains_key("function") {
            Self::OpenAiChat
        } else if entry.contains_key("input_schema") {
            Self::Anthropic
        } else if entry.contains_key("inputSchema") {
            Self::Mcp
        } else if entry.get("type").and_then(Value::as_str) == Some("function") {
            Self::OpenAiResponses
        } else if entry.contains_key("arguments") && !entry.contains_key("parameters") {
            Self::AceBench
        } else {
            Self::Plain
        }
    }

    /// Where the parameters are: the key, and the pointer for errors.
    fn parameters(self) -> (&'static str, &'static str) {
        match self {
            Self::OpenAiChat => ("parameters", "/function/parameters"),
            Self::Anthropic => ("input_schema", "/input_schema"),
            Self::Mcp => ("inputSchema", "/inputSchema"),
            Self::AceBench => ("arguments", "/arguments"),
            Self::Gemini | Self::OpenAiResponses | Self::Plain => ("parameters", "/parameters"),
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gemini => "Gemini's (\"functionDeclarations\")",
            Self::OpenAiChat => "OpenAI's (\"function\")",
            Self::Anthropic => "Anthropic's (\"input_schema\")",
            Self::Mcp => "MCP's (\"inputSchema\")",
            Self::OpenAiResponses => "OpenAI's (\"type\": \"function\")",
            Self::AceBench => "ACEBench's (\"arguments\")",
            Self::Plain => "a plain one (\"name\", \"parameters\")",
        })
    }
}

/// Every tool in JSON of the accepted shapes; all shapes when none are given.
pub(super) fn read(json: &Value, accepted: &[Shape]) -> Result<Vec<Published>, ToolsetError> {
    let mut tools = Vec::new();
    for (i, entry) in entries(json)?.iter().enumerate() {
        read_entry(i, entry, accepted, &mut tools)?;
    }
    Ok(tools)
}

/// The JSON values in a text: one list, or objects one after the other (Hermes), with or without `<tools>` around them.
pub(super) fn read_text(text: &str) -> Result<Value, ToolsetError> {
    let block = text.split_once("<tools>").map_or(text, |(_, rest)| rest);
    let block = block.split_once("</tools>").map_or(block, |(inner, _)| inner);
    let values = sequence(block).map_err(|e| {
        let message =
            format!("not JSON ({e}): write one JSON object a line, or one JSON list; Python literals are not read");
        shape_error("", "", message)
    })?;
    match <[Value; 1]>::try_from(values) {
        Ok([only]) if !only.is_string() => Ok(only),
        Ok([string]) => Ok(Value::Array(vec![string])),
        Err(values) => Ok(Value::Array(values)),
    }
}

fn shape_error(tool: impl Into<String>, pointer: &str, message: impl Into<String>) -> ToolsetError {
    ToolsetError::new(ToolsetErrorKind::Shape, tool, pointer, message)
}

/// The list of tools, out of its envelope: a list, `{"tools": [..]}`, `{"functions": [..]}`, either of them as a JSON-RPC `result`, or one
/// tool by itself.
fn entries(json: &Value) -> Result<&[Value], ToolsetError> {
    let Value::Object(map) = json else {
        return json.as_array().map(Vec::as_slice).ok_or_else(|| {
            let found = kind_of(json);
            shape_error(
                "",
                "",
                format!("{found} where a list of tools belongs: use [{{\"name\": .., \"parameters\": {{..}}}}]"),
            )
        });
    };
    // A tool may have such a key as well, but then it has a name too.
    if map.contains_key("name") {
        return Ok(std::slice::from_ref(json));
    }
    let (at, map) = match map.get("result").and_then(Value::as_object) {
        Some(result) => ("/result", result),
        None => ("", map),
    };
    for key in ["tools", "functions"] {
        match map.get(key) {
            Some(Value::Array(list)) => return Ok(list),
            Some(other) => {
                let pointer = format!("{at}/{key}");
                return Err(shape_error("", &pointer, format!("{} where a list of tools belongs", kind_of(other))));
            }
            None => {}
        }
    }
    match (at, map.get("error")) {
        ("", None) => Ok(std::slice::from_ref(json)),
        (_, None) => Err(shape_error("", at, "no list of \"tools\" in it: pass the answer to tools/list")),
        (_, Some(error)) => {
            let message = error.get("message").and_then(Value::as_str).unwrap_or("it does not say which");
            Err(shape_error("", "/error", format!("the server answered with an error: {message}")))
        }
    }
}

/// Gemini's list of functions inside one tool.
fn declarations(entry: &Map<String, Value>) -> Option<&Value> {
    entry.get("functionDeclarations").or_else(|| entry.get("function_declarations"))
}

fn read_entry(index: usize, entry: &Value, accepted: &[Shape], tools: &mut Vec<Published>) -> Result<(), ToolsetError> {
    let label = || entry.get("name").and_then(Value::as_str).map_or_else(|| format!("#{index}"), str::to_owned);
    let Value::Object(map) = entry else {
        let found = kind_of(entry);
        let message = format!("{found} where a tool belongs: use {{\"name\": .., \"parameters\": {{..}}}}");
        return Err(shape_error(label(), "", message));
    };
    if is_too_deep(entry) {
        return Err(ToolsetError::new(ToolsetErrorKind::Schema, label(), "", TOO_DEEP));
    }
    let shape = Shape::of(map);
    if !accepted.is_empty() && !accepted.contains(&shape) {
        let message = format!(
            "the shape of this tool is {shape}, not the one asked for: use Toolset::from_json, which reads all"
        );
        return Err(shape_error(label(), "", message));
    }
    match shape {
        Shape::Gemini => {
            let Some(Value::Array(list)) = declarations(map) else {
                return Err(shape_error(label(), "/functionDeclarations", "not a list of function declarations"));
            };
            for (i, declaration) in list.iter().enumerate() {
                let Value::Object(declaration) = declaration else {
                    return Err(shape_error(
                        format!("#{i}"),
                        "",
                        format!("{} where a function declaration belongs", kind_of(declaration)),
                    ));
                };
                tools.push(read_tool(i, declaration, shape, "")?);
            }
        }
        Shape::OpenAiChat => {
            let Some(Value::Object(function)) = map.get("function") else {
                return Err(shape_error(label(), "/function", "not an object with \"name\" and \"parameters\""));
            };
            let mut published = read_tool(index, function, shape, "/function")?;
            // Our own serialised tools carry the hints beside the function.
            if published.tool.annotations.is_empty() {
                published.tool.annotations = annotations(&published.tool.name, map)?;
            }
            tools.push(published);
        }
        _ => tools.push(read_tool(index, map, shape, "")?),
    }
    Ok(())
}

/// One tool; `at` is where `map` is in its entry.
fn read_tool(index: usize, map: &Map<String, Value>, shape: Shape, at: &str) -> Result<Published, ToolsetError> {
    let (key, base) = shape.parameters();
    let found = map
        .get(key)
        .map(|p| (p, base))
        .or_else(|| map.get("parametersJsonSchema").map(|parameters| (parameters, "/parametersJsonSchema")));
    // A tool the provider runs itself is named by its type, and what it takes is not in the list.
    if let Some(kind) = map.get("type").and_then(Value::as_str).filter(|kind| *kind != "function" && found.is_none()) {
        let message =
            format!("a tool of type \"{kind}\" does not say what it takes: leave it out, or give it \"parameters\"");
        return Err(shape_error(format!("#{index}"), &format!("{at}/type"), message));
    }
    let Some(name) = map.get("name").and_then(Value::as_str) else {
        let message = match map.get("name") {
            Some(other) => format!("{} where the tool's name belongs", kind_of(other)),
            None => "no \"name\": a tool is {\"name\": .., \"parameters\": {..}}".to_owned(),
        };
        return Err(ToolsetError::new(ToolsetErrorKind::Name, format!("#{index}"), format!("{at}/name"), message));
    };
    let (parameters, base) = found.map_or((Value::Null, base), |(parameters, base)| (parameters.clone(), base));
    let mut tool = Tool::new(name, with_required(parameters, map.get("required")));
    tool.description = map.get("description").and_then(Value::as_str).map(str::to_owned);
    tool.annotations = annotations(name, map)?;
    Ok(Published { tool, base })
}

/// Seal-Tools writes the list of required parameters beside the flat map of parameters: the two belong together.
fn with_required(parameters: Value, required: Option<&Value>) -> Value {
    match (&parameters, required) {
        (Value::Object(map), Some(required @ Value::Array(_))) if !map.is_empty() && is_flat(map) => {
            json!({"type": "object", "properties": parameters, "required": required})
        }
        _ => parameters,
    }
}

fn annotations(tool: &str, map: &Map<String, Value>) -> Result<ToolAnnotations, ToolsetError> {
    match map.get("annotations") {
        Some(annotations @ Value::Object(_)) => serde_json::from_value(annotations.clone())
            .map_err(|e| shape_error(tool, "/annotations", format!("{e}: MCP's hints are true or false"))),
        _ => Ok(ToolAnnotations::default()),
    }
}
