//! [`Example`]: a good answer to start from; [`Flaw`]: why one is not good.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use toolrm_core::{
    call::{Candidate, Message, Role, ToolCall},
    task::Task,
    toolset::Toolset,
};

/// The right calls, and the conversation they answer.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Example {
    /// Its name: unique in a plan, stable over runs. Draws depend on it.
    pub id: String,
    /// The conversation up to the calls; may be empty. Without a request only what the tools' schemas rule out can be seen to be wrong:
    /// such an example gets no corruption that fits the schemas.
    pub messages: Vec<Message>,
    /// The right calls, at least one.
    pub calls: Vec<ToolCall>,
}

impl Example {
    /// An example without a conversation.
    pub fn new(id: impl Into<String>, calls: Vec<ToolCall>) -> Self {
        Self { id: id.into(), messages: Vec::new(), calls }
    }

    /// Sets the conversation.
    pub fn with_messages(mut self, messages: Vec<Message>) -> Self {
        self.messages = messages;
        self
    }

    /// Sets the conversation to one request of a user.
    pub fn with_query(self, query: impl Into<String>) -> Self {
        self.with_messages(vec![Message::user(query)])
    }

    /// Whether someone says something, instructions aside.
    pub fn has_request(&self) -> bool {
        let says = |m: &Message| !matches!(m.role, Role::System | Role::Developer) && !m.text().trim().is_empty();
        self.messages.iter().any(says)
    }

    /// The task that its calls solve.
    pub(super) fn task(&self, tools: &Arc<Toolset>) -> Task {
        Task::new(self.messages.clone(), Arc::clone(tools))
    }

    /// The good answer.
    pub(super) fn original(&self) -> Candidate {
        Candidate::calls(self.calls.clone())
    }

    /// Everything that keeps it from being a good answer with these tools.
    pub(super) fn flaws(&self, tools: &Toolset) -> Vec<Flaw> {
        let flaw = |pointer: String, what: String| Flaw { example: self.id.clone(), pointer, what };
        if self.calls.is_empty() {
            return vec![flaw(String::new(), "no call: give at least one right call".to_owned())];
        }
        let of_call = |(i, call): (usize, &ToolCall)| match tools.violations(call) {
            None => vec![flaw(
                format!("/{i}/name"),
                format!("no tool is named \"{}\": mend the name or add the tool", call.name),
            )],
            Some(violations) => violations
                .into_iter()
                .map(|v| {
                    flaw(format!("/{i}/arguments{}", v.pointer), format!("{}: mend the call or the schema", v.message))
                })
                .collect(),
        };
        self.calls.iter().enumerate().flat_map(of_call).collect()
    }
}

/// Why an example is left out: its calls are wrong by the tools' own schemas, so that nothing can be learnt from corrupting them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Flaw {
    /// Id of the example.
    pub example: String,
    /// RFC 6901 pointer into its list of calls, as in [`toolrm_core::score::Finding`].
    pub pointer: String,
    /// What is wrong and what to do.
    pub what: String,
}
