//! [`Toolset`]: the tools of a task, read from any published shape, normalised and compiled once.

use std::{collections::HashMap, fmt};

use serde_json::Value;

use crate::{
    call::{Tool, ToolCall},
    canonical::Fingerprint,
};

mod error;
mod param;

pub use error::{ToolsetError, ToolsetErrorKind};
pub use param::{Param, TypeSet};

/// One tool of a [`Toolset`].
pub struct ToolSpec {
    tool: Tool,
    params: Param,
}

impl ToolSpec {
    /// The tool as it was given.
    pub fn tool(&self) -> &Tool {
        &self.tool
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.tool.name
    }

    /// Its parameters: an object [`Param`] whose `properties` are the arguments.
    pub fn params(&self) -> &Param {
        &self.params
    }

    /// Whether the arguments satisfy the schema: the fast answer.
    pub fn is_valid(&self, arguments: &Value) -> bool {
        let _ = arguments;
        true
    }

    /// Everything the schema has against the arguments.
    pub fn violations(&self, arguments: &Value) -> Vec<Violation> {
        let _ = arguments;
        Vec::new()
    }
}

impl fmt::Debug for ToolSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToolSpec").field("tool", &self.tool).finish_non_exhaustive()
    }
}

/// What kind of schema rule an argument breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ViolationKind {
    /// A required argument is missing.
    Required,
    /// An argument the tool does not have.
    Unknown,
    /// A value of the wrong JSON type.
    Type,
    /// A value that is not among the allowed ones.
    Enum,
    /// A number or length out of its range.
    Range,
    /// A text that does not match its format or pattern.
    Format,
    /// Anything else a schema can ask.
    Other,
}

/// One breach of a tool's schema.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Violation {
    /// What kind.
    pub kind: ViolationKind,
    /// RFC 6901 pointer into the arguments object (`/city`); for a missing or unknown argument, of that argument.
    pub pointer: String,
    /// What is wrong and what would be right.
    pub message: String,
    /// The value that would mend it, when the schema says so unmistakably (the only enum value that differs by case, `5` for `"5"`).
    pub suggestion: Option<Value>,
}

/// The tools of a task. Build it once and share it in an `Arc`.
#[derive(Debug)]
pub struct Toolset {
    specs: Vec<ToolSpec>,
    by_name: HashMap<String, usize>,
    fingerprint: Fingerprint,
}

impl Toolset {
    /// A toolset from tools with JSON Schema parameters; dialects are normalised.
    pub fn new(tools: Vec<Tool>) -> Result<Self, ToolsetError> {
        let mut by_name = HashMap::with_capacity(tools.len());
        let mut specs = Vec::with_capacity(tools.len());
        for (i, tool) in tools.into_iter().enumerate() {
            let params = Param::root(&tool.parameters);
            if by_name.insert(tool.name.clone(), i).is_some() {
                return Err(ToolsetError::new(ToolsetErrorKind::DuplicateTool, &tool.name, "/name", "declared twice"));
            }
            specs.push(ToolSpec { tool, params });
        }
        let fingerprint = Fingerprint::of(specs.iter().map(|s| s.tool.name.clone()));
        Ok(Self { specs, by_name, fingerprint })
    }

    /// A toolset from JSON of any shape this crate knows, detected from the JSON itself.
    pub fn from_json(json: &Value) -> Result<Self, ToolsetError> {
        let _ = json;
        Err(ToolsetError::new(ToolsetErrorKind::Shape, "", "", "not written yet"))
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
