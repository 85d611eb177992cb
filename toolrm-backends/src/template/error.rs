//! [`TemplateError`]: why a conversation could not be written.

use std::{error::Error as StdError, fmt};

use toolrm_core::error::{ErrorKind, JudgeError};

/// Why a chat template cannot be used, or not for this conversation.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TemplateError {
    /// The template is not valid.
    #[error("the chat template does not compile{}: {what}", At(*.line))]
    Compile {
        /// The line, counted from 1, where it is known.
        line: Option<usize>,
        /// What is wrong.
        what: String,
    },
    /// The template refuses the conversation, by `raise_exception`.
    #[error("the chat template refuses the conversation: {message}")]
    Raised {
        /// What the template says.
        message: String,
    },
    /// The template fails on this conversation.
    #[error("the chat template fails{}: {what}", At(*.line))]
    Render {
        /// The line, counted from 1, where it is known.
        line: Option<usize>,
        /// What is wrong.
        what: String,
    },
    /// The conversation is none that a template could write.
    #[error("{what}")]
    Input {
        /// What is wrong and what to do.
        what: String,
    },
}

struct At(Option<usize>);

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |line| write!(f, " (line {line})"))
    }
}

/// What `raise_exception` was called with: it travels inside the engine's own error.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Raised(pub(super) String);

impl TemplateError {
    pub(super) fn input(what: impl Into<String>) -> Self {
        Self::Input { what: what.into() }
    }

    pub(super) fn compile(error: &minijinja::Error) -> Self {
        Self::Compile { line: error.line(), what: what(error) }
    }

    pub(super) fn render(error: &minijinja::Error) -> Self {
        let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
        while let Some(now) = cause {
            if let Some(Raised(message)) = now.downcast_ref() {
                return Self::Raised { message: message.clone() };
            }
            cause = now.source();
        }
        Self::Render { line: error.line(), what: what(error) }
    }
}

fn what(error: &minijinja::Error) -> String {
    match error.detail() {
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    }
}

impl From<TemplateError> for JudgeError {
    fn from(error: TemplateError) -> Self {
        Self::new(ErrorKind::InvalidInput, error.to_string()).with_source(error)
    }
}
