//! [`ToolFormat`]: the syntaxes models use for tool calls. Parsing is total: what cannot be read is [`Action::Malformed`], never an
//! error and never a guess.

use crate::call::{Action, Candidate};

pub mod json;

/// What a model emitted so far, for early stopping of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Prefix {
    /// No continuation of this can be a call in this format.
    Impossible,
    /// A continuation may be a call; nothing has started yet.
    Possible,
    /// A call has started.
    Inside,
    /// A whole call is there.
    Complete,
}

/// A model-side syntax for calls.
pub trait ToolFormat: Send + Sync {
    /// Stable name (`hermes`).
    fn id(&self) -> &str;
    /// Reads a model's output.
    fn parse(&self, text: &str) -> Candidate;
    /// What a partial output can still become.
    fn prefix(&self, so_far: &str) -> Prefix;
    /// Writes an action in this syntax; `parse(render(x)) = x`.
    fn render(&self, action: &Action) -> String;
}
