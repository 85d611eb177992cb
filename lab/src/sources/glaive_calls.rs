//! Glaive: conversations in which an assistant calls a tool, or says that it has none for what is asked.

use std::{io, sync::Arc};

use toolrm_core::{
    call::{Message, Role},
    task::Task,
    toolset::Toolset,
};
use toolrm_data::source::glaive::Glaive;

use super::{Census, archive::trajectories, glaive::FILE};
use crate::relevance::Called;

/// What an assistant says that cannot do what is asked.
const REFUSALS: [&str; 5] = ["i'm sorry", "i am sorry", "unable", "don't have the capab", "can't assist"];

/// The calls; and of each refusal all tools, none of which was to be called.
pub fn called(census: &mut Census) -> io::Result<Vec<Called>> {
    let mut all = Vec::new();
    for conversation in trajectories(&Glaive, FILE, census)? {
        if conversation.tools.as_array().is_none_or(Vec::is_empty) {
            census.leave_out("a conversation without tools");
            continue;
        }
        let tools = Toolset::from_json(&conversation.tools).map(Arc::new).map_err(|_| "tools that cannot be read");
        let Some(tools) = census.keep(tools) else { continue };
        for (at, message) in conversation.messages.iter().enumerate() {
            let before = conversation.messages.get(..at).unwrap_or_default();
            if before.iter().rev().find(|m| m.role != Role::System).is_none_or(|m| m.role != Role::User) {
                continue;
            }
            let (names, right) = match message.tool_calls.first() {
                Some(call) => (vec![call.name.clone()], true),
                None if message.role == Role::Assistant && refuses(&message.text()) => {
                    (tools.names().map(str::to_owned).collect(), false)
                }
                None => continue,
            };
            all.push(Called { set: "glaive", task: Task::new(words(before), Arc::clone(&tools)), tools: names, right });
        }
    }
    Ok(all)
}

fn refuses(text: &str) -> bool {
    let text = text.to_lowercase();
    REFUSALS.iter().any(|said| text.contains(said))
}

/// What was said, without the calls and their answers.
fn words(messages: &[Message]) -> Vec<Message> {
    let said = |m: &&Message| matches!(m.role, Role::User | Role::Assistant) && m.tool_calls.is_empty();
    messages.iter().filter(said).cloned().collect()
}
