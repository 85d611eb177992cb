//! What a judge gets to see of a task and its candidates: stable JSON lines, fenced.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::neutral::Guard;
use crate::{
    call::{Action, Candidate, Content, Message, Tool, ToolCall},
    canonical::Fingerprint,
    task::Task,
};

/// The part of a prompt that does not depend on the candidates.
#[derive(Debug, Serialize)]
pub(super) struct TaskView {
    /// One tool per line.
    pub(super) tools: String,
    /// One message per line.
    pub(super) conversation: String,
    /// The same messages as plain texts, for templates that write them their own way.
    pub(super) messages: Vec<MessageView>,
    /// A code that occurs in none of the texts above.
    pub(super) fence: String,
}

/// One message, for templates that write it their own way.
#[derive(Debug, Serialize)]
pub(super) struct MessageView {
    pub(super) role: &'static str,
    pub(super) content: String,
    /// One `{"name","arguments"}` per call.
    pub(super) tool_calls: Vec<String>,
}

/// One candidate.
#[derive(Debug, Serialize)]
pub(super) struct CandidateView {
    /// What it is called in the verdict.
    pub(super) label: String,
    /// JSON lines: a `{"name","arguments"}` per call, `{"content"}` for words, `{"malformed","problem"}` for what cannot be read.
    pub(super) json: String,
    /// The same in the syntax of Hermes: words, then `<tool_call>` blocks; malformed output as it came.
    pub(super) hermes: String,
    /// A code that does not occur in this candidate.
    pub(super) fence: String,
}

impl TaskView {
    pub(super) fn new(task: &Task) -> Self {
        let tools = json_lines(task.tools().tools().map(tool_view));
        let conversation = json_lines(task.messages().iter().map(message_view));
        let messages = task.messages().iter().map(MessageView::new).collect();
        let fence = fence(&[&tools, &conversation]);
        Self { tools, conversation, messages, fence }
    }
}

impl MessageView {
    /// A message for trial renderings.
    pub(super) fn sample() -> Self {
        Self { role: "user", content: "words".into(), tool_calls: vec!["call".into()] }
    }

    fn new(message: &Message) -> Self {
        Self {
            role: message.role.as_str(),
            content: words(message, Guard::Judge),
            tool_calls: message
                .tool_calls
                .iter()
                .map(|c| Guard::Judge.json(&call_view(c).to_string()).into_owned())
                .collect(),
        }
    }
}

impl CandidateView {
    pub(super) fn new(candidate: &Candidate, label: String) -> Self {
        let json = json_lines(candidate_view(candidate));
        let hermes = hermes(candidate, Guard::Judge);
        let fence = fence(&[&json, &hermes]);
        Self { label, json, hermes, fence }
    }
}

/// A code of eight hexadecimal digits that occurs in none of the texts, and depends on nothing else: the same text always gets the
/// same fence, wherever it is shown.
fn fence(texts: &[&str]) -> String {
    code(texts, 8)
}

fn code(texts: &[&str], digits: usize) -> String {
    let code = |attempt: u64| {
        let attempt = attempt.to_string();
        let parts = texts.iter().copied().chain([attempt.as_str()]);
        Fingerprint::of(parts).to_string().chars().take(digits).collect::<String>()
    };
    // A text of n bytes holds at most n codes, so this ends; with eight digits in practice at the first attempt.
    (0..u64::MAX).map(code).find(|code| !texts.iter().any(|t| t.contains(code.as_str()))).unwrap_or_default()
}

fn json_lines(values: impl IntoIterator<Item = Value>) -> String {
    let lines: Vec<String> = values.into_iter().map(|v| v.to_string()).collect();
    Guard::Judge.json(&lines.join("\n")).into_owned()
}

/// `{"name","description","parameters"}`, and the side-effect hints where there are any.
fn tool_view(tool: &Tool) -> Value {
    let mut view = Map::new();
    view.insert("name".into(), tool.name.as_str().into());
    if let Some(description) = &tool.description {
        view.insert("description".into(), description.as_str().into());
    }
    view.insert("parameters".into(), tool.parameters.clone());
    if !tool.annotations.is_empty() {
        view.insert("annotations".into(), json!(tool.annotations));
    }
    view.into()
}

/// `{"name","arguments"}`: ids mean nothing to a judge of a call.
fn call_view(call: &ToolCall) -> Value {
    json!({"name": call.name, "arguments": call.arguments})
}

/// A message in OpenAI's shape with calls as plain `{"id","name","arguments"}`. Content that is no text (images, audio) is
/// named and left out; fields this crate does not know are left out.
fn message_view(message: &Message) -> Value {
    let mut view = Map::new();
    view.insert("role".into(), message.role.as_str().into());
    if let Some(name) = &message.name {
        view.insert("name".into(), name.as_str().into());
    }
    if let Some(id) = &message.tool_call_id {
        view.insert("tool_call_id".into(), id.as_str().into());
    }
    match &message.content {
        None => {}
        Some(Content::Text(text)) => {
            view.insert("content".into(), text.as_str().into());
        }
        Some(Content::Parts(parts)) => {
            view.insert("content".into(), parts.iter().map(part_view).collect());
        }
    }
    if !message.tool_calls.is_empty() {
        let calls = message.tool_calls.iter().map(|c| {
            let mut view = call_view(c);
            if let (Some(map), Some(id)) = (view.as_object_mut(), &c.id) {
                map.insert("id".into(), id.as_str().into());
            }
            view
        });
        view.insert("tool_calls".into(), calls.collect());
    }
    view.into()
}

fn part_view(part: &Map<String, Value>) -> Value {
    match part.get("text").and_then(Value::as_str) {
        Some(text) => text.into(),
        None => json!({"type": part.get("type"), "omitted": true}),
    }
}

/// The words of a message; content that is no text is named in its place.
pub(crate) fn words(message: &Message, guard: Guard) -> String {
    let part = |part: &Map<String, Value>| match part.get("text").and_then(Value::as_str) {
        Some(text) => text.to_owned(),
        None => format!("[{} omitted]", part.get("type").and_then(Value::as_str).unwrap_or("content")),
    };
    match &message.content {
        Some(Content::Parts(parts)) => guard.text(&parts.iter().map(part).collect::<Vec<_>>().join("\n")).into_owned(),
        _ => guard.text(&message.text()).into_owned(),
    }
}

fn candidate_view(candidate: &Candidate) -> Vec<Value> {
    let beside = candidate.content.as_deref().map(|content| json!({"content": content}));
    let action = match &candidate.action {
        Action::Calls(calls) => calls.iter().map(call_view).collect(),
        Action::Text(text) => vec![json!({"content": text})],
        Action::Malformed { raw, why } => vec![json!({"malformed": raw, "problem": why})],
    };
    beside.into_iter().chain(action).collect()
}

/// A candidate as a Hermes assistant turn: the words, then one `<tool_call>` block per call; malformed output as it came.
pub(crate) fn hermes(candidate: &Candidate, guard: Guard) -> String {
    let beside = candidate.content.as_deref().map(|c| guard.text(c).into_owned());
    let action = match &candidate.action {
        Action::Calls(calls) => hermes_calls(calls, guard),
        Action::Text(raw) | Action::Malformed { raw, .. } => guard.text(raw).into_owned(),
    };
    beside.into_iter().chain([action]).collect::<Vec<_>>().join("\n")
}

/// One `<tool_call>` block per call, a line each for the tags and the JSON.
pub(crate) fn hermes_calls(calls: &[ToolCall], guard: Guard) -> String {
    let block = |c| format!("<tool_call>\n{}\n</tool_call>", guard.json(&call_view(c).to_string()));
    calls.iter().map(block).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fence_never_occurs_in_what_it_fences() {
        // One digit, and every code but one stands in the text: the one that is left must be found.
        assert_eq!(code(&["0123456", "789abcde"], 1), "f");
        assert_eq!(code(&["fedcba98654", "3210"], 1), "7");
        assert_eq!(fence(&["text"]), fence(&["text"]));
        assert_ne!(fence(&["text"]), fence(&["text "]));
    }

    #[test]
    fn pictures_are_named_and_left_out() {
        let message: Message = serde_json::from_value(json!({"role": "user", "cache": 1, "content": [
            {"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": "data:AAAA"}}]}))
        .unwrap();
        assert_eq!(
            message_view(&message).to_string(),
            r#"{"role":"user","content":["What is this?",{"type":"image_url","omitted":true}]}"#
        );
    }
}
