//! What can go wrong on the command line, and how it is said: `error: FILE:LINE: /pointer: what; do this`.

use std::{fmt, io, sync::Arc};

use toolrm_core::{error::JudgeError, score::pointer_token, toolset::ToolsetError};

/// Where an input came from: a file (or standard input), and a line of it where there is one.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) source: Arc<str>,
    pub(crate) line: Option<u64>,
}

impl Place {
    pub(crate) fn error(&self, fault: Fault) -> CliError {
        CliError::Input { place: self.clone(), fault }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}", self.source),
            None => f.write_str(&self.source),
        }
    }
}

/// A mistake in an input: where in the JSON, what it is, what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// RFC 6901 pointer into the JSON of the line or file; empty for the whole.
    pub(crate) pointer: String,
    pub(crate) what: String,
    pub(crate) fix: String,
}

impl Fault {
    pub(crate) fn new(what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { pointer: String::new(), what: what.into(), fix: fix.into() }
    }

    /// The same fault, seen from one level up: inside the member `token`.
    pub(crate) fn under(mut self, token: impl fmt::Display) -> Self {
        self.pointer = format!("/{}{}", pointer_token(&token.to_string()), self.pointer);
        self
    }
}

impl From<ToolsetError> for Fault {
    /// The pointer of a toolset's error starts at the tool, whose place in the list it does not say: it goes into the words.
    fn from(error: ToolsetError) -> Self {
        let what = if error.tool.is_empty() { error.message } else { error.to_string() };
        Self::new(what, "correct the list of tools")
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.pointer.is_empty() {
            write!(f, "{}: ", self.pointer)?;
        }
        write!(f, "{}; {}", self.what, self.fix)
    }
}

/// Why a command ended early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    #[error("{place}: {fault}")]
    Input { place: Place, fault: Fault },
    #[error("{0}; see --help")]
    Usage(String),
    #[error("the judge could not judge: {0}")]
    Judge(#[from] JudgeError),
    #[error("cannot write the output: {0}; free the destination or choose another one")]
    Output(#[from] io::Error),
}

impl CliError {
    /// Whether the reader of our output went away (`| head`), which is its right.
    pub(crate) fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Output(e) if e.kind() == io::ErrorKind::BrokenPipe)
    }
}
