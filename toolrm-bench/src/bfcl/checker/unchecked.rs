//! Where the official checker breaks off with an exception, ours says so.

use std::fmt;

/// What a question or an answer has that the checker has no verdict for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no verdict, {part} at \"{pointer}\": {message}")]
#[non_exhaustive]
pub struct Unchecked {
    /// Whose fault it is.
    pub part: Part,
    /// RFC 6901 pointer into that part.
    pub pointer: String,
    /// What is wrong and what is expected.
    pub message: String,
}

/// The parts of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums, reason = "a check has these three")]
pub enum Part {
    /// The question's function docs.
    Functions,
    /// The accepted answers.
    GroundTruth,
    /// The answer.
    Calls,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Functions => "function docs",
            Self::GroundTruth => "ground truth",
            Self::Calls => "calls",
        })
    }
}

impl Unchecked {
    pub(super) fn new(part: Part, pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self { part, pointer: pointer.into(), message: message.into() }
    }
}
