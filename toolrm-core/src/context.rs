//! [`Context`]: what a conversation says, read once per task so that every candidate is judged against the same index.

use crate::call::Message;

/// A conversation, analysed.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Context {}

impl Context {
    /// Reads a conversation.
    pub fn new(messages: &[Message]) -> Self {
        let _ = messages;
        Self {}
    }
}
