//! The instances of the training file: what an assistant did step by step, and what came of it.

use serde_json::Value;
use toolrm_core::call::{Role, ToolCall};

use super::{Told, question};
use crate::{
    error::Fault,
    source::{
        calls::unpacked,
        dialogue::Dialogue,
        fields::{expected, items, members, take_items, take_text, text_of},
    },
};

const INSTANCE: &str = "write an instance as {\"input\", \"output\", \"Final Thought\", \"intermediate_steps\": \
    [[[action, action input, log], observation], ..]}";

/// An instance as a conversation. An action whose input is no JSON object is kept as it was written, and is no step.
pub(super) fn told(instance: Value) -> Result<Told, Fault> {
    let mut fields = members(instance, INSTANCE)?;
    let input = take_text(&mut fields, "input", INSTANCE)?;
    if fields.get("error").is_some_and(|error| !error.is_null()) {
        return Err(Fault::new("an instance that ended in an error", "leave it out").under("error"));
    }
    let steps = match fields.get("intermediate_steps") {
        None | Some(Value::Null) => Vec::new(),
        Some(_) => take_items(&mut fields, "intermediate_steps", INSTANCE)?,
    };
    if steps.is_empty() {
        return Err(Fault::new("an instance without steps", "leave it out: its publisher does not train on it either"));
    }
    let mut telling = Telling::default();
    // What follows is for the assistant that made the data.
    let instruction = input.rsplit_once("\nHint: ").map_or(input.as_str(), |(instruction, _)| instruction);
    telling.dialogue.say(Role::User, instruction);
    for (i, step) in steps.into_iter().enumerate() {
        telling.step(step).map_err(|fault| fault.under(i).under("intermediate_steps"))?;
    }
    if let Some(Value::String(output)) = fields.remove("output").filter(|output| output != "") {
        let thought = fields.remove("Final Thought");
        telling.think(thought.as_ref().and_then(Value::as_str).unwrap_or_default());
        telling.dialogue.say(Role::Assistant, output);
    }
    let mut messages = telling.dialogue.into_messages();
    for (at, thought) in telling.thoughts {
        if let Some(message) = messages.get_mut(at) {
            message.extra.insert("reasoning_content".into(), thought.into());
        }
    }
    Ok(Told { messages, context_only: telling.context_only, ..Told::default() })
}

#[derive(Debug, Default)]
struct Telling {
    dialogue: Dialogue,
    context_only: Vec<usize>,
    /// Places of messages, and what was thought before them.
    thoughts: Vec<(usize, String)>,
}

impl Telling {
    /// `[[action, action input, log], observation]`.
    fn step(&mut self, step: Value) -> Result<(), Fault> {
        let [action, observation] = parts(step, "a step")?;
        let [name, input, log] = parts(action, "an action").map_err(|fault| fault.under(0))?;
        let Value::String(name) = name else {
            return Err(expected("a string", &name, INSTANCE).under(0).under(0));
        };
        self.think(thought(log.as_str().unwrap_or_default()));
        let at = self.dialogue.len();
        let read = unpacked(input.clone(), INSTANCE).ok().filter(Value::is_object);
        let arguments = read.unwrap_or_else(|| {
            self.context_only.push(at);
            Value::String(text_of(input))
        });
        if let Some(asked) = arguments.as_object().and_then(|arguments| question(&name, arguments)) {
            self.dialogue.say(Role::Assistant, asked);
            self.dialogue.say(Role::User, text_of(observation));
            return Ok(());
        }
        self.dialogue.call(vec![ToolCall::new(name, arguments)], None);
        self.dialogue.result(text_of(observation));
        Ok(())
    }

    /// What was thought before the message that comes next.
    fn think(&mut self, thought: &str) {
        let thought = thought.trim();
        if !thought.is_empty() {
            self.thoughts.push((self.dialogue.len(), thought.to_owned()));
        }
    }
}

/// The items of a list of so many.
fn parts<const N: usize>(list: Value, what: &str) -> Result<[Value; N], Fault> {
    let parts = items(list, INSTANCE)?;
    <[Value; N]>::try_from(parts).map_err(|parts| {
        let n = parts.len();
        Fault::new(format!("{what} of {n} parts, not of {N}"), INSTANCE)
    })
}

/// The thought of a log: what is before its action.
fn thought(log: &str) -> &str {
    let before = log.rsplit_once("\nAction:").map_or("", |(before, _)| before).trim();
    before.strip_prefix("Thought:").unwrap_or(before)
}
