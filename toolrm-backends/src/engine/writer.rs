//! One generation as it grows: sampling, labels, reasoning budget, the end.

use std::collections::VecDeque;

use toolrm_core::port::Finish;

use super::{
    ModelError, Thinking, Token, Writing, Written,
    sampling::{Sampler, logprobs},
    text::TextStream,
};

pub(super) struct Writer {
    writing: Writing,
    sampler: Sampler,
    text: TextStream,
    tokens: Vec<Token>,
    label_logprobs: Vec<Vec<f32>>,
    thinking: Option<Thought>,
}

/// Where reasoning stands.
struct Thought {
    limit: Thinking,
    inside: bool,
    spent: usize,
    /// What is left of the closing that the engine writes.
    forced: VecDeque<Token>,
}

impl Thought {
    fn new(limit: Thinking, prompt: &[Token]) -> Self {
        let last = |tag: &[Token]| prompt.windows(tag.len().max(1)).rposition(|w| w == tag);
        let inside = last(&limit.open).is_some_and(|open| last(&limit.close).is_none_or(|close| close < open));
        Self { limit, inside, spent: 0, forced: VecDeque::new() }
    }

    fn saw(&mut self, tokens: &[Token]) {
        if !self.inside {
            self.inside = self.spent == 0 && tokens.ends_with(&self.limit.open);
        } else if tokens.ends_with(&self.limit.close) {
            self.inside = false;
        } else {
            self.spent += 1;
            if self.spent >= self.limit.budget && self.forced.is_empty() {
                self.forced = self.limit.close.iter().copied().collect();
            }
        }
    }
}

impl Writer {
    pub(super) fn new(writing: Writing, prompt: &[Token]) -> Self {
        let sampler = Sampler::new(writing.sampling.clone());
        let text = TextStream::new(writing.codec.clone(), writing.stop.clone());
        let thinking = writing.thinking.clone().map(|limit| Thought::new(limit, prompt));
        Self { writing, sampler, text, tokens: Vec::new(), label_logprobs: Vec::new(), thinking }
    }

    /// The next token from the model's logits; `all`: prompt and text so far. With the reason why it was the last one, if it was.
    pub(super) fn next(&mut self, logits: &[f32], all: &[Token]) -> Result<(Token, Option<Finish>), ModelError> {
        let forced = self.thinking.as_mut().and_then(|t| t.forced.pop_front());
        let token = match forced {
            Some(token) => token,
            None => self.sampler.next(logits, all)?,
        };
        self.note_labels(logits, token);
        self.tokens.push(token);
        if let Some(thought) = &mut self.thinking {
            thought.saw(&self.tokens);
        }
        if self.writing.codec.end_tokens().contains(&token) {
            return Ok((token, Some(Finish::Stop)));
        }
        let finish = if self.text.push(token)? {
            Some(Finish::Stop)
        } else {
            (self.tokens.len() >= self.writing.max_tokens).then_some(Finish::Length)
        };
        Ok((token, finish))
    }

    /// Tokens it may still write.
    pub(super) fn written(&self) -> usize {
        self.tokens.len()
    }

    fn note_labels(&mut self, logits: &[f32], token: Token) {
        let labels = &self.writing.labels;
        let first = self.writing.label_first && self.tokens.is_empty();
        if first || labels.iter().any(|tokens| tokens.contains(&token)) {
            self.label_logprobs = labels.iter().map(|tokens| logprobs(logits, tokens.iter().copied())).collect();
        }
    }

    /// New text that will not be taken back.
    pub(super) fn delta(&mut self, last: bool) -> &str {
        self.text.delta(last)
    }

    /// The end of the text, before its last [`Writer::delta`].
    pub(super) fn end(&mut self) -> Result<(), ModelError> {
        self.text.finish()
    }

    pub(super) fn into_written(self, finish: Finish, cached_tokens: usize) -> Written {
        let text = self.text.text().to_owned();
        Written { text, tokens: self.tokens, finish, label_logprobs: self.label_logprobs, cached_tokens }
    }
}
