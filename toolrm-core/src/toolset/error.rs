//! Why a toolset could not be built.

/// What kind of mistake a tool list holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ToolsetErrorKind {
    /// The JSON is none of the known shapes.
    Shape,
    /// Two tools with one name.
    DuplicateTool,
    /// A tool without a usable name.
    Name,
    /// A parameter schema that is not a valid JSON Schema, dialects allowed for.
    Schema,
    /// A `$ref` this crate does not follow: remote, or without a target.
    Reference,
}

/// Why a toolset could not be built: which tool, where in it, what and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", self.place())]
#[non_exhaustive]
pub struct ToolsetError {
    /// What kind of mistake.
    pub kind: ToolsetErrorKind,
    /// Name of the tool, or `#3` for the fourth when it has none; empty when no tool is to blame.
    pub tool: String,
    /// RFC 6901 pointer into the tool's JSON.
    pub pointer: String,
    /// What is wrong and what to do.
    pub message: String,
}

impl ToolsetError {
    /// Where the mistake is, in words.
    fn place(&self) -> String {
        let tool = if self.tool.is_empty() { "tool list".to_owned() } else { format!("tool \"{}\"", self.tool) };
        if self.pointer.is_empty() { tool } else { format!("{tool} at \"{}\"", self.pointer) }
    }

    pub(crate) fn new(
        kind: ToolsetErrorKind,
        tool: impl Into<String>,
        pointer: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self { kind, tool: tool.into(), pointer: pointer.into(), message: message.into() }
    }
}
