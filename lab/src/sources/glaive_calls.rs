//! Glaive: conversations in which an assistant calls a tool, or says that it has none for what is asked.

use std::{io, sync::Arc};

use serde::Deserialize;
use serde_json::Value;
use toolrm_core::{call::Message, task::Task, toolset::Toolset};

use super::{
    Census,
    archive::{records, text},
};
use crate::relevance::Called;

/// The file, below the folder of recorded data.
const FILE: &str = "train/glaive_ms_swift_1000.jsonl.zst";

#[derive(Deserialize)]
struct Line {
    messages: Vec<Said>,
    tools: Option<String>,
}

#[derive(Deserialize)]
struct Said {
    role: String,
    content: String,
}

#[derive(Deserialize)]
struct Call {
    name: String,
}

/// What an assistant says that cannot do what is asked.
const REFUSALS: [&str; 5] = ["i'm sorry", "i am sorry", "unable", "don't have the capab", "can't assist"];

/// The calls; and of each refusal all tools, none of which was to be called.
pub fn called(census: &mut Census) -> io::Result<Vec<Called>> {
    let lines: Vec<Line> = records(&text(FILE)?, census);
    let mut all = Vec::new();
    for line in &lines {
        let Some(text) = line.tools.as_deref().filter(|t| !matches!(t.trim(), "" | "[]")) else {
            census.leave_out("a conversation without tools");
            continue;
        };
        let Some(tools) = census.keep(read(text)) else { continue };
        for (at, said) in line.messages.iter().enumerate() {
            let before = line.messages.get(..at).unwrap_or_default();
            if before.iter().rev().find(|m| m.role != "system").is_none_or(|m| m.role != "user") {
                continue;
            }
            let (names, right) = match said.role.as_str() {
                "tool_call" => {
                    let call = serde_json::from_str::<Call>(&said.content).map_err(|e| format!("no call: {e}"));
                    let Some(call) = census.keep(call) else { continue };
                    (vec![call.name], true)
                }
                "assistant" if refuses(&said.content) => (tools.names().map(str::to_owned).collect(), false),
                _ => continue,
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
fn words(messages: &[Said]) -> Vec<Message> {
    let message = |m: &Said| match m.role.as_str() {
        "user" => Some(Message::user(m.content.clone())),
        "assistant" => Some(Message::assistant(m.content.clone())),
        _ => None,
    };
    messages.iter().filter_map(message).collect()
}

fn read(text: &str) -> Result<Arc<Toolset>, String> {
    let tools: Value = serde_json::from_str(text).map_err(|e| format!("tools are no JSON: {e}"))?;
    Toolset::from_json(&tools).map(Arc::new).map_err(|_| "tools that cannot be read".to_owned())
}
