//! [`JudgeError`]: what went wrong when no judgement could be made. A bad candidate is data and never ends up here.

use std::{borrow::Cow, error::Error as StdError, fmt, time::Duration};

use serde::{Deserialize, Serialize};

/// What kind of failure it is; decides whether a retry can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// The judge cannot do this at all (a pairwise judge asked for a score).
    Unsupported,
    /// The caller's input is wrong (an empty list of candidates, a template that does not compile).
    InvalidInput,
    /// The prompt does not fit the model's context.
    PromptTooLong,
    /// The model ran into its token limit before it gave a verdict.
    Truncated,
    /// The model's output holds no verdict.
    Unparseable,
    /// The model refused to judge.
    Refused,
    /// The model or engine failed.
    Backend,
    /// The network failed.
    Transport,
    /// The server asks to slow down.
    RateLimited,
    /// The deadline passed.
    Timeout,
    /// The caller cancelled.
    Cancelled,
    /// A budget of calls or time is spent.
    Budget,
}

impl ErrorKind {
    /// A stable name in snake case, for logs and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unsupported => "unsupported",
            Self::InvalidInput => "invalid_input",
            Self::PromptTooLong => "prompt_too_long",
            Self::Truncated => "truncated",
            Self::Unparseable => "unparseable",
            Self::Refused => "refused",
            Self::Backend => "backend",
            Self::Transport => "transport",
            Self::RateLimited => "rate_limited",
            Self::Timeout => "timeout",
            Self::Cancelled => "cancelled",
            Self::Budget => "budget",
        }
    }

    /// Whether the same request may succeed when it is made again (perhaps with a larger token budget).
    pub fn is_retryable(self) -> bool {
        matches!(
            self,
            Self::Truncated | Self::Unparseable | Self::Backend | Self::Transport | Self::RateLimited | Self::Timeout
        )
    }
}

/// Why a judgement could not be made. One pointer wide; the details are behind it.
pub struct JudgeError(Box<Repr>);

struct Repr {
    kind: ErrorKind,
    message: Cow<'static, str>,
    raw_output: Option<String>,
    retry_after: Option<Duration>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl JudgeError {
    /// An error of a kind, with a message that says what to do.
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Repr { kind, message: message.into(), raw_output: None, retry_after: None, source: None }))
    }

    /// The error of a cancelled call.
    pub fn cancelled() -> Self {
        Self::new(ErrorKind::Cancelled, "cancelled by the caller")
    }

    /// Adds the underlying error.
    pub fn with_source(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.0.source = Some(Box::new(source));
        self
    }

    /// Adds the model's output verbatim, so that nothing is lost.
    pub fn with_raw_output(mut self, output: impl Into<String>) -> Self {
        self.0.raw_output = Some(output.into());
        self
    }

    /// Adds how long the server asked to wait.
    pub fn with_retry_after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }

    /// Puts a context in front of the message.
    pub fn context(mut self, context: impl fmt::Display) -> Self {
        self.0.message = Cow::Owned(format!("{context}: {}", self.0.message));
        self
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The message without its source.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The model's output, when there was one.
    pub fn raw_output(&self) -> Option<&str> {
        self.0.raw_output.as_deref()
    }

    /// How long the server asked to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// See [`ErrorKind::is_retryable`].
    pub fn is_retryable(&self) -> bool {
        self.0.kind.is_retryable()
    }
}

impl fmt::Debug for JudgeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JudgeError")
            .field("kind", &self.0.kind)
            .field("message", &self.0.message)
            .field("raw_output", &self.0.raw_output)
            .field("retry_after", &self.0.retry_after)
            .field("source", &self.0.source)
            .finish()
    }
}

impl fmt::Display for JudgeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.kind.as_str(), self.0.message)
    }
}

impl StdError for JudgeError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|s| s as _)
    }
}
