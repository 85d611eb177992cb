//! [`Toolset`]: the tools of a task, read from any published shape, normalised and compiled once.

use std::{collections::HashMap, sync::OnceLock};

use serde_json::Value;

use crate::{
    call::{Tool, ToolCall},
    canonical::Fingerprint,
};

mod check;
mod error;
mod hints;
mod normalise;
mod param;
#[cfg(feature = "schema")]
mod schema;
mod spec;
mod types;
mod violation;
mod vocabulary;
mod wire;

pub use error::{ToolsetError, ToolsetErrorKind};
pub use hints::Hints;
pub use normalise::Dialect;
pub use param::{Param, TypeSet};
pub use spec::ToolSpec;
pub use violation::{Violation, ViolationKind};
pub(crate) use vocabulary::{Vocabulary, telling};

use wire::Published;

/// Adds a token to an RFC 6901 pointer.
fn push_token(pointer: &mut String, token: &str) {
    pointer.push('/');
    for c in token.chars() {
        match c {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            c => pointer.push(c),
        }
    }
}

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
    pub fn from_json(json: &Value) -> Result<Self, ToolsetError> {
        Self::build(wire::read(json)?, Dialect::Auto)
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
