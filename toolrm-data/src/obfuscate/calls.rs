//! Names in what calls tools, or speaks of them.

use serde_json::Value;
use toolrm_core::{
    call::{Action, Candidate, Content, Message, Role, ToolCall},
    toolset::{ToolSpec, Toolset},
};

use super::{names::Renames, says_by_pattern, value::Place};
use crate::pair::Side;

/// Walks over what an answer, a message or a side holds.
pub(super) struct Calls<'c> {
    /// The tools under their own names.
    pub(super) tools: &'c Toolset,
    pub(super) names: &'c mut dyn Renames,
}

impl Calls<'_> {
    fn call(&mut self, call: &ToolCall) -> ToolCall {
        let schema = self.tools.get(&call.name).map(ToolSpec::schema);
        let mut renamed = call.clone();
        renamed.name = self.names.name(&call.name);
        renamed.arguments = match &call.arguments {
            Value::String(raw) => Value::String(self.names.raw(raw)),
            arguments if schema.is_some_and(says_by_pattern) => arguments.clone(),
            arguments => Place::of_call(schema).renamed(arguments, self.names),
        };
        renamed
    }

    fn calls(&mut self, calls: &[ToolCall]) -> Vec<ToolCall> {
        calls.iter().map(|call| self.call(call)).collect()
    }

    pub(super) fn action(&mut self, action: &Action) -> Action {
        match action {
            Action::Calls(calls) => Action::Calls(self.calls(calls)),
            Action::Text(text) => Action::Text(self.names.text(text)),
            Action::Malformed { raw, why } => Action::malformed(self.names.raw(raw), self.names.raw(why)),
            other => other.clone(),
        }
    }

    /// What users and tools say stays; the name of the tool that says it does not.
    pub(super) fn message(&mut self, message: &Message) -> Message {
        let mut renamed = message.clone();
        match message.role {
            Role::User => {}
            Role::Tool => renamed.name = message.name.as_deref().map(|name| self.names.name(name)),
            _ => {
                renamed.tool_calls = self.calls(&message.tool_calls);
                renamed.content = message.content.as_ref().map(|content| self.content(content));
                for reasoning in ["reasoning_content", "reasoning"] {
                    if let Some(Value::String(text)) = renamed.extra.get_mut(reasoning) {
                        *text = self.names.text(text);
                    }
                }
            }
        }
        renamed
    }

    fn content(&self, content: &Content) -> Content {
        let mut renamed = content.clone();
        match &mut renamed {
            Content::Text(text) => *text = self.names.text(text),
            Content::Parts(parts) => {
                for part in parts {
                    if let Some(Value::String(text)) = part.get_mut("text") {
                        *text = self.names.text(text);
                    }
                }
            }
            _ => {}
        }
        renamed
    }

    fn candidate(&mut self, candidate: &Candidate) -> Candidate {
        let mut renamed = Candidate::new(self.action(&candidate.action));
        renamed.content = candidate.content.as_deref().map(|text| self.names.text(text).into());
        renamed.reasoning = candidate.reasoning.as_deref().map(|text| self.names.text(text).into());
        renamed
    }

    pub(super) fn side(&mut self, side: &Side) -> Side {
        Side { candidate: self.candidate(&side.candidate), message: self.names.raw(&side.message), ..side.clone() }
    }
}
