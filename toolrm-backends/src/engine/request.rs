//! What an engine is asked for, and what it gives.

use std::sync::Arc;

use tokio::sync::oneshot;
use toolrm_core::{
    error::JudgeError,
    observe::{CallOptions, Observer},
    port::Finish,
};
use web_time::Instant;

use super::{Codec, Sampling, Token};

/// A text to be written.
#[derive(Clone)]
#[non_exhaustive]
pub struct Writing {
    /// Between tokens and text.
    pub codec: Arc<dyn Codec>,
    /// How tokens are chosen.
    pub sampling: Sampling,
    /// Most tokens to write, at least 1.
    pub max_tokens: usize,
    /// Texts that end it; they are not part of it.
    pub stop: Vec<String>,
    /// For every label the tokens that stand for it.
    pub labels: Vec<Vec<Token>>,
    /// The verdict is the first token, whatever it is: the prompt ends where the label stands.
    pub label_first: bool,
    /// A limit to reasoning.
    pub thinking: Option<Thinking>,
}

impl Writing {
    /// A text of at most `max_tokens` tokens.
    pub fn new(codec: Arc<dyn Codec>, sampling: Sampling, max_tokens: usize) -> Self {
        let (stop, labels) = (Vec::new(), Vec::new());
        Self { codec, sampling, max_tokens, stop, labels, label_first: false, thinking: None }
    }
}

impl std::fmt::Debug for Writing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writing")
            .field("sampling", &self.sampling)
            .field("max_tokens", &self.max_tokens)
            .field("stop", &self.stop)
            .field("labels", &self.labels)
            .finish_non_exhaustive()
    }
}

/// A limit to reasoning: after `budget` tokens of it the engine writes `close` itself, and the model goes on with its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "built by literal")]
pub struct Thinking {
    /// Tokens that open reasoning, in the prompt or the text.
    pub open: Vec<Token>,
    /// Tokens that close it.
    pub close: Vec<Token>,
    /// Most tokens between them.
    pub budget: usize,
}

/// What was written.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Written {
    /// The text, special tokens left out.
    pub text: String,
    /// Its tokens, the one that ended the turn included.
    pub tokens: Vec<Token>,
    /// Why it ended.
    pub finish: Finish,
    /// For every label the natural-log probabilities of its tokens where the verdict stands: at the last token that is a label's. Empty when there was none.
    pub label_logprobs: Vec<Vec<f32>>,
    /// Tokens of the prompt that did not have to be computed.
    pub cached_tokens: usize,
}

/// What one request wants, and where its answer goes.
pub(super) enum Want {
    Text(Box<Writing>, Reply<Written>),
    Score(Reply<f64>),
}

pub(super) type Reply<T> = oneshot::Sender<Result<T, JudgeError>>;

impl Want {
    /// The caller does not wait any more.
    pub(super) fn is_abandoned(&self) -> bool {
        match self {
            Self::Text(_, reply) => reply.is_closed(),
            Self::Score(reply) => reply.is_closed(),
        }
    }

    /// Answers with an error. A caller that is gone does not hear it.
    pub(super) fn fail(self, error: JudgeError) {
        match self {
            Self::Text(_, reply) => drop(reply.send(Err(error))),
            Self::Score(reply) => drop(reply.send(Err(error))),
        }
    }
}

/// A request on its way.
pub(super) struct Job {
    pub(super) prompt: Vec<Token>,
    pub(super) want: Want,
    pub(super) options: CallOptions,
    /// Its number in the caller's batch, for the observer.
    pub(super) item: usize,
    pub(super) asked_at: Instant,
}

impl Job {
    /// Why nothing more should be done for it, if so.
    pub(super) fn over(&self) -> Option<JudgeError> {
        if self.want.is_abandoned() {
            return Some(JudgeError::cancelled());
        }
        self.options.check().err()
    }

    pub(super) fn observer(&self) -> Option<&Arc<dyn Observer>> {
        self.options.observer.as_ref()
    }
}
