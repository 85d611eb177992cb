//! [`Toolset`]: the tools of a task, read from any published shape, normalised and compiled once.

use std::{collections::HashMap, sync::OnceLock};

use serde_json::Value;

use crate::{
    call::{Tool, ToolCall},
    canonical::Fingerprint,
};

mod check;
mod dialect;
mod error;
mod fold;
mod hints;
mod holds;
mod json;
#[cfg(test)]
mod laws;
mod lookup;
mod normalise;
mod param;
mod refs;
#[cfg(feature = "schema")]
mod schema;
mod spec;
mod spelling;
mod type_names;
mod type_set;
mod violation;
mod vocabulary;
mod wire;

pub use dialect::Dialect;
pub use error::{ToolsetError, ToolsetErrorKind};
pub use hints::{Form, Hints, PlaceForm};
pub use holds::Holds;
pub(crate) use json::is_too_deep;
pub use lookup::Lookup;
pub use param::Param;
pub use spec::ToolSpec;
pub(crate) use spelling::{Keeps, Spelling};
pub use type_set::TypeSet;
pub use violation::{Violation, ViolationKind};
pub(crate) use vocabulary::{Need, ToolWords, Vocabulary, telling, tells};

use wire::{Published, Shape};

/// The tools of a task. Build it once and share it in an `Arc`.
#[derive(Debug)]
pub struct Toolset {
    specs: Vec<ToolSpec>,
    by_name: HashMap<String, usize>,
    fingerprint: Fingerprint,
    vocabulary: OnceLock<Vocabulary>,
}

impl Toolset {
    /// A toolset from tools; schemas of any dialect are normalised, see [`Dialect::Auto`].
    pub fn new(tools: Vec<Tool>) -> Result<Self, ToolsetError> {
        Self::with_dialect(tools, Dialect::Auto)
    }

    /// A toolset from tools whose argument values are written as `dialect` says.
    pub fn with_dialect(tools: Vec<Tool>, dialect: Dialect) -> Result<Self, ToolsetError> {
        Self::build(tools.into_iter().map(|tool| Published { tool, base: "/parameters" }), dialect)
    }

    /// A toolset from JSON of any shape this crate knows, detected from the JSON itself.
    ///
    /// The list may stand in `{"tools": [..]}`, `{"functions": [..]}` or a JSON-RPC `result`, may be a single tool, and may be a string that
    /// holds it (as data sets do) or a Hermes block. For each tool the first of these decides:
    /// 1. `functionDeclarations`: Gemini;
    /// 2. `function`: OpenAI chat completions;
    /// 3. `input_schema`: Anthropic;
    /// 4. `inputSchema`: Model Context Protocol;
    /// 5. `"type": "function"`: OpenAI responses;
    /// 6. `arguments` without `parameters`: ACEBench;
    /// 7. else plain `name`, `description`, `parameters` (or Gemini's `parametersJsonSchema`), as BFCL, ToolAlpaca, xLAM have it.
    ///
    /// The parameters are JSON Schema or a flat map by name, in the type names of any dialect; a tool without parameters takes none.
    ///
    /// ```
    /// use serde_json::json;
    /// use toolrm_core::toolset::Toolset;
    /// let tools = Toolset::from_json(&json!([
    ///     {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {"a": {"type": "integer"}}}}},
    ///     {"name": "g", "parameters": {"type": "dict", "properties": {"b": {"type": "float"}}, "required": ["b"]}},
    ///     {"name": "h", "parameters": {"c": {"type": "List[int], optional"}}},
    /// ]))?;
    /// let [violation] = &tools.get("g").unwrap().violations(&json!({"b": "1.5"}))[..] else { panic!() };
    /// assert_eq!(violation.pointer, "/b");
    /// assert_eq!(violation.suggestion, Some(json!(1.5)));
    /// # Ok::<(), toolrm_core::toolset::ToolsetError>(())
    /// ```
    pub fn from_json(json: &Value) -> Result<Self, ToolsetError> {
        Self::from_json_with(json, Dialect::Auto)
    }

    /// [`Toolset::from_json`] for tools whose argument values are written as `dialect` says.
    pub fn from_json_with(json: &Value, dialect: Dialect) -> Result<Self, ToolsetError> {
        match json {
            Value::String(text) => Self::build(wire::read(&wire::read_text(text)?, &[])?, dialect),
            json => Self::build(wire::read(json, &[])?, dialect),
        }
    }

    /// A toolset from the `tools` of an OpenAI request: chat completions (`{"type": "function", "function": {..}}`) or responses
    /// (`{"type": "function", "name": .., "parameters": ..}`).
    pub fn from_openai(json: &Value) -> Result<Self, ToolsetError> {
        Self::build(wire::read(json, &[Shape::OpenAiChat, Shape::OpenAiResponses])?, Dialect::Json)
    }

    /// A toolset from the `tools` of an Anthropic request (`name`, `description`, `input_schema`).
    pub fn from_anthropic(json: &Value) -> Result<Self, ToolsetError> {
        Self::build(wire::read(json, &[Shape::Anthropic])?, Dialect::Json)
    }

    /// A toolset from what an MCP server answers to `tools/list`: the JSON-RPC message, its `result`, or the list itself.
    pub fn from_mcp(json: &Value) -> Result<Self, ToolsetError> {
        Self::build(wire::read(json, &[Shape::Mcp])?, Dialect::Json)
    }

    /// A toolset from Gemini's `tools` (`functionDeclarations`), or from the declarations themselves.
    pub fn from_gemini(json: &Value) -> Result<Self, ToolsetError> {
        Self::build(wire::read(json, &[Shape::Gemini, Shape::Plain])?, Dialect::Json)
    }

    /// A toolset from the `<tools>` block of a Hermes prompt, tags or not: JSON objects one after the other, or a JSON list.
    pub fn from_hermes(block: &str) -> Result<Self, ToolsetError> {
        Self::build(wire::read(&wire::read_text(block)?, &[])?, Dialect::Json)
    }

    /// A toolset from BFCL function documents. Pass [`Dialect::SourceText`] for its Java and JavaScript categories: a document with none
    /// but common type names does not show that it belongs there.
    pub fn from_bfcl(json: &Value, dialect: Dialect) -> Result<Self, ToolsetError> {
        Self::build(wire::read(json, &[Shape::Plain])?, dialect)
    }

    fn build(published: impl IntoIterator<Item = Published>, dialect: Dialect) -> Result<Self, ToolsetError> {
        let mut specs: Vec<ToolSpec> = Vec::new();
        let mut by_name = HashMap::new();
        for (i, Published { tool, base }) in published.into_iter().enumerate() {
            if tool.name.trim().is_empty() {
                let message = "an empty name: a tool needs one to be called by";
                return Err(ToolsetError::new(ToolsetErrorKind::Name, format!("#{i}"), "/name", message));
            }
            match by_name.get(&tool.name).and_then(|&i: &usize| specs.get(i)) {
                Some(earlier) if *earlier.tool() == tool => continue,
                Some(_) => {
                    let message = "two different tools have this name: rename or remove one";
                    return Err(ToolsetError::new(ToolsetErrorKind::DuplicateTool, tool.name, "/name", message));
                }
                None => {}
            }
            by_name.insert(tool.name.clone(), specs.len());
            specs.push(ToolSpec::new(tool, base, dialect)?);
        }
        lookup::link(&mut specs);
        let fingerprint = fingerprint(&specs)?;
        Ok(Self { specs, by_name, fingerprint, vocabulary: OnceLock::new() })
    }

    /// The tools' names, in order.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.specs.iter().map(ToolSpec::name)
    }

    /// The tools as they were given, in order.
    pub fn tools(&self) -> impl ExactSizeIterator<Item = &Tool> {
        self.specs.iter().map(ToolSpec::tool)
    }

    /// The compiled tools, in order.
    pub fn specs(&self) -> &[ToolSpec] {
        &self.specs
    }

    /// The tool with this exact name.
    pub fn get(&self, name: &str) -> Option<&ToolSpec> {
        self.by_name.get(name).and_then(|&i| self.specs.get(i))
    }

    /// The place of the tool with this exact name.
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// The words the tools speak of: made on first use, once per toolset.
    pub(crate) fn vocabulary(&self) -> &Vocabulary {
        self.vocabulary.get_or_init(|| Vocabulary::new(&self.specs))
    }

    /// Number of tools.
    pub fn len(&self) -> usize {
        self.specs.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.specs.is_empty()
    }

    /// The fingerprint of everything in it.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// Everything the toolset has against a call; `None` when no tool has its name.
    pub fn violations(&self, call: &ToolCall) -> Option<Vec<Violation>> {
        self.get(&call.name).map(|spec| spec.violations(&call.arguments))
    }
}

/// Over everything: the tools as published, their normalised schemas and dialects.
fn fingerprint(specs: &[ToolSpec]) -> Result<Fingerprint, ToolsetError> {
    let mut parts = Vec::with_capacity(specs.len() * 3);
    for spec in specs {
        let json = serde_json::to_string(spec.tool())
            .map_err(|e| ToolsetError::new(ToolsetErrorKind::Shape, spec.name(), "", e.to_string()))?;
        parts.extend([json, spec.schema().to_string(), format!("{:?}", spec.dialect())]);
    }
    Ok(Fingerprint::of(parts))
}
