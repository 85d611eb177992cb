//! [`ToolFormat`]: the syntaxes models use for tool calls. Parsing is total: what cannot be read is [`Action::Malformed`], never an
//! error and never a guess.
//!
//! # Call, words, or malformed
//! A malformed call is neither a call nor an abstention, so the border between the three is drawn by rule:
//!
//! 1. Reasoning (`<think>`, `<thinking>`, `<reasoning>`) is taken off the front and kept in [`Candidate::reasoning`]; nothing inside
//!    it is a call. Reasoning that is never closed leaves nothing to judge: malformed.
//! 2. A syntax with marks of its own (`<tool_call>`, `[TOOL_CALLS]`, `<|python_tag|>`) starts a call wherever its mark is followed
//!    by the beginning of a call, or stands at the beginning of a line. What follows must be whole and right: malformed otherwise.
//! 3. A syntax without marks (JSON, Python text) is a call when it *is* the answer: all of it, or all of a fenced block or of lines
//!    of its own with which the answer begins or ends. A list of calls and a call object, alone on their lines, count between words
//!    too. The words around go to [`Candidate::content`]. A fenced call, or a bare `f(a=1)`, with words on both sides is an example,
//!    hence words.
//! 4. An answer that begins like a call in such a syntax (`[f(a=`, `{"name":`) and breaks off is malformed.
//! 5. Everything else is words, `[]` ("no call", as several models are told to write it) included.
//!
//! Nothing is repaired: no missing bracket, no missing argument object, no duplicate key (`{"a":1,"a":2}` has no meaning), no number
//! JSON cannot hold. One broken call makes the whole answer malformed, because running the other half was not what was asked.

use std::fmt;

use crate::call::{Action, Candidate, ToolCall};

mod anthropic;
mod auto;
mod call_object;
mod enclosed;
mod gemini;
mod glm;
pub mod json;
mod list;
mod literal;
mod llama;
mod mcp;
mod mistral;
mod openai;
mod pythonic;
mod shape;
mod stream;
mod tagged;
mod text;

pub use anthropic::Anthropic;
pub use auto::{Auto, detect, parse_any};
pub use gemini::Gemini;
pub use glm::Glm;
pub use list::{Bfcl, JsonList};
pub use literal::{LiteralError, parse_literal};
pub use llama::Llama;
pub use mcp::Mcp;
pub use mistral::Mistral;
pub use openai::{OpenAi, Responses};
pub use pythonic::Pythonic;
pub use stream::{Event, StreamParser, Syntax};
pub use tagged::Tagged;

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

/// What a format read in an answer whose reasoning was taken off.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Reading {
    /// What the answer does.
    pub action: Action,
    /// Words beside the calls.
    pub content: Option<String>,
    /// Reasoning that the format carries in a field of its own.
    pub reasoning: Option<String>,
    /// Whether a mark that only this format uses stands in the answer: then no other format is asked, whatever the action.
    pub marked: bool,
    /// The format that read it, where several were asked.
    format: Option<&'static str>,
}

impl Reading {
    /// A reading with nothing beside the action.
    pub fn new(action: Action) -> Self {
        Self { action, content: None, reasoning: None, marked: false, format: None }
    }

    /// The answer is words.
    pub fn words(text: impl Into<String>) -> Self {
        Self::new(Action::Text(text.into()))
    }

    /// The answer is an attempt at a call that cannot be read.
    pub fn malformed(raw: impl Into<String>, why: impl fmt::Display) -> Self {
        Self::new(Action::malformed(raw, why.to_string()))
    }

    /// The candidate read in `output`.
    fn into_candidate(self, output: &str) -> Candidate {
        let mut candidate = Candidate::new(self.action).with_raw(output);
        candidate.content = self.content.map(Into::into);
        candidate.reasoning = self.reasoning.map(Into::into);
        candidate
    }

    /// Says that the format's own mark was seen.
    pub fn with_mark(mut self) -> Self {
        self.marked = true;
        self
    }

    /// The answer calls tools; `content` is trimmed and dropped when empty.
    pub fn calls(calls: Vec<ToolCall>, content: &str) -> Self {
        let content = content.trim();
        Self { content: (!content.is_empty()).then(|| content.to_owned()), ..Self::new(Action::Calls(calls)) }
    }
}

/// A model-side syntax for calls.
///
/// A format of your own implements the three required methods; [`Auto::with`] puts it in front of the known ones.
pub trait ToolFormat: fmt::Debug + Send + Sync {
    /// Stable name (`hermes`).
    fn id(&self) -> &str;

    /// Reads an answer whose leading reasoning blocks were taken off. Total: any text has a reading.
    fn read(&self, answer: &str) -> Reading;

    /// Writes an action in this syntax. `parse(render(x)) = x` for calls (names not empty, ids where the syntax carries them), for
    /// malformed output, and for words that are words in this syntax. A syntax without a way to quote has no text for words that
    /// spell a call; they are written as they are.
    fn render(&self, action: &Action) -> String;

    /// How its calls begin, so that a stream in this format is understood while it is written. Default: nothing is known.
    fn syntax(&self) -> Syntax {
        Syntax::default()
    }

    /// Reads a model's output: reasoning aside, the rest by [`ToolFormat::read`], the text itself kept in [`Candidate::raw`].
    fn parse(&self, output: &str) -> Candidate {
        let split = text::split_reasoning(output);
        let reading = if split.closed {
            self.read(split.answer)
        } else {
            Reading::malformed(split.answer, "the reasoning is never closed: the output ends before any word or call")
        };
        let mut candidate = reading.into_candidate(output);
        if let Some(block) = split.reasoning {
            candidate.reasoning = Some(match candidate.reasoning {
                Some(field) => format!("{block}\n{field}").into(),
                None => block.into(),
            });
        }
        candidate
    }

    /// What a partial output can still become.
    fn prefix(&self, so_far: &str) -> Prefix {
        let mut scanner = stream::Scanner::new(self.syntax());
        scanner.scan(so_far, &mut Vec::new());
        scanner.prefix()
    }
}
