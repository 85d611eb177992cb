//! [`Dialogue`]: a conversation that is put together message by message.

use std::collections::VecDeque;

use toolrm_core::call::{Message, Role, ToolCall};

/// Messages in the order they were said. Calls that have no id get one, so that a result can say which call it belongs to.
#[derive(Debug, Default)]
pub(super) struct Dialogue {
    messages: Vec<Message>,
    calls: usize,
    /// Calls whose result has not come yet.
    open: VecDeque<String>,
}

impl Dialogue {
    /// Somebody says something. Where the user speaks, no result of an earlier call comes any more.
    pub(super) fn say(&mut self, role: Role, words: impl Into<String>) {
        if role == Role::User {
            self.open.clear();
        }
        self.messages.push(Message::new(role, words.into()));
    }

    /// The assistant calls tools, with words beside the calls or without.
    pub(super) fn call(&mut self, calls: Vec<ToolCall>, words: Option<String>) {
        let mut message = Message::calls(calls);
        for call in &mut message.tool_calls {
            let id = call.id.get_or_insert_with(|| format!("call_{}", self.calls));
            self.open.push_back(id.clone());
            self.calls += 1;
        }
        message.content = words.filter(|words| !words.trim().is_empty()).map(Into::into);
        self.messages.push(message);
    }

    /// The result of the oldest call that has none; `false` when every call has its result.
    pub(super) fn result(&mut self, text: impl Into<String>) -> bool {
        let Some(id) = self.open.pop_front() else { return false };
        self.messages.push(Message::tool(id, text));
        true
    }

    /// Takes back what was said last, if the assistant said it in words alone: the words that go with the calls that follow.
    pub(super) fn take_last_words(&mut self) -> Option<String> {
        let last = self.messages.pop_if(|m| m.role == Role::Assistant && m.tool_calls.is_empty())?;
        Some(last.text().into_owned())
    }

    /// How many messages there are: the place of the next one.
    pub(super) fn len(&self) -> usize {
        self.messages.len()
    }

    /// The messages.
    pub(super) fn into_messages(self) -> Vec<Message> {
        self.messages
    }
}
