//! Conversations in the form of Hermes, and back.

use std::collections::{BTreeMap, VecDeque};

use super::RowMessage;
use crate::{Fault, record};
use serde_json::{Value, json};
use toolrm_core::{
    call::{Action, Candidate, Message, Role, ToolCall},
    format::{Tagged, ToolFormat},
    task::Task,
};

const OPEN: &str = "<tools>";
const CLOSE: &str = "</tools>";
const RESULT: (&str, &str) = ("<tool_response>", "</tool_response>");

/// An answer as text: its words, then its calls; what could not be read as it came.
pub fn answer(candidate: &Candidate) -> String {
    let action = Tagged::HERMES.render(&candidate.action);
    match candidate.content.as_deref().filter(|words| !words.is_empty()) {
        Some(words) => format!("{words}\n{action}"),
        None => action,
    }
}

/// A task's conversation; the tools stand in the first message, behind what the system said.
pub fn conversation(task: &Task) -> Vec<RowMessage> {
    with_tools(task, messages(task, |result| format!("{}\n{result}\n{}", RESULT.0, RESULT.1)))
}

/// A task's conversation for a model's chat template, which writes the tools itself, and the tags around a result: neither is here. Calls
/// are texts in the form of Hermes, as in answers.
pub fn chat(task: &Task) -> Vec<RowMessage> {
    let mut messages = messages(task, |result| result);
    // Templates know OpenAI's older name only, and many leave out what they do not know.
    messages.iter_mut().filter(|said| said.role == "developer").for_each(|said| said.role = "system".into());
    messages
}

/// The conversation with the tools in its first message, behind what the system said.
pub fn with_tools(task: &Task, mut messages: Vec<RowMessage>) -> Vec<RowMessage> {
    let tools: Vec<String> = task.tools().tools().map(|tool| json!(tool).to_string()).collect();
    let block = format!("{OPEN}\n{}\n{CLOSE}", tools.join("\n"));
    match messages.first_mut().filter(|first| first.role == "system") {
        Some(system) => system.content = format!("{}\n\n{block}", system.content),
        None => messages.insert(0, RowMessage { role: "system".into(), content: block }),
    }
    messages
}

/// The messages of a task, their calls as text; `wrap` puts results between their tags, or not.
fn messages(task: &Task, wrap: impl Fn(String) -> String) -> Vec<RowMessage> {
    let mut names = BTreeMap::new();
    let mut messages = Vec::new();
    for message in task.messages() {
        names.extend(message.tool_calls.iter().filter_map(|call| Some((call.id.as_deref()?, call.name.as_str()))));
        let content = match message.role {
            Role::Tool => {
                let name = message.tool_call_id.as_deref().and_then(|id| names.get(id));
                wrap(json!({"name": name, "content": message.text()}).to_string())
            }
            Role::Assistant if !message.tool_calls.is_empty() => {
                let said = Candidate::new(Action::Calls(message.tool_calls.clone()));
                answer(&said.with_content(message.text().as_ref()))
            }
            _ => message.text().into_owned(),
        };
        messages.push(RowMessage { role: message.role.as_str().into(), content });
    }
    messages
}

/// What a conversation says: its messages, and its tools where they stand in it.
pub fn read(history: &Value) -> Result<(Vec<Message>, Option<Value>), Fault> {
    let list = record::list(history, "write the conversation as a list of {\"role\", \"content\"}")?;
    let (mut messages, mut tools) = (Vec::new(), None);
    let mut reader = Results::default();
    for (i, said) in list.iter().enumerate() {
        let at = |fault: Fault| fault.under(i);
        let fields = record::object(said, "write a message: {\"role\", \"content\"}").map_err(at)?;
        let role =
            record::optional_text(fields, "role").map_err(at)?.or(record::optional_text(fields, "from").map_err(at)?);
        let content = record::optional_text(fields, "content").map_err(at)?;
        let content = content.or(record::optional_text(fields, "value").map_err(at)?).unwrap_or_default();
        match role.as_deref() {
            Some("system" | "developer") => {
                let (words, found) = without_tools(&content);
                tools = tools.or(found);
                messages.extend((!words.is_empty()).then(|| Message::system(words)));
            }
            Some("user" | "human") if !content.trim_start().starts_with(RESULT.0) => {
                messages.push(Message::user(content));
            }
            Some("assistant" | "gpt" | "function_call") => messages.push(reader.assistant(&content)),
            Some("user" | "human" | "tool" | "function" | "observation") => messages.extend(reader.results(&content)),
            other => {
                let what = format!("{} is no role", other.unwrap_or("nothing"));
                return Err(at(Fault::new(what, "use system, user, assistant or tool").under("role")));
            }
        }
    }
    Ok((messages, tools))
}

/// The words of a system message, and the tools in its `<tools>` block.
fn without_tools(content: &str) -> (String, Option<Value>) {
    let Some((before, rest)) = content.split_once(OPEN) else { return (content.to_owned(), None) };
    let (block, after) = rest.split_once(CLOSE).unwrap_or((rest, ""));
    let mut tools = Vec::new();
    for value in serde_json::Deserializer::from_str(block).into_iter::<Value>() {
        match value {
            Ok(Value::Array(list)) => tools.extend(list),
            Ok(one) => tools.push(one),
            // Mentioned in words ("within <tools></tools>"), or no JSON: nothing is taken out.
            Err(_) => return (content.to_owned(), None),
        }
    }
    if tools.is_empty() && content.matches(OPEN).count() > 1 {
        // The block is mentioned before it comes.
        let (words, found) = without_tools(after);
        return (format!("{}\n{}", before.trim(), words.trim()), found);
    }
    let before = before.strip_suffix("\n\n").unwrap_or(before.trim_end());
    let words =
        if after.trim().is_empty() { before.to_owned() } else { format!("{}\n{}", before.trim_end(), after.trim()) };
    (words, Some(tools.into()))
}

/// Gives calls ids, and results those of the calls they come after.
#[derive(Default)]
struct Results {
    next: usize,
    open: VecDeque<String>,
}

impl Results {
    fn assistant(&mut self, content: &str) -> Message {
        let said = Tagged::HERMES.parse(content);
        let Action::Calls(calls) = said.action else { return Message::assistant(content) };
        self.open.clear();
        let with_id = |call: ToolCall| {
            let id = format!("call_{}", self.next);
            self.next += 1;
            self.open.push_back(id.clone());
            call.with_id(id)
        };
        let mut message = Message::calls(calls.into_iter().map(with_id).collect());
        message.content = said.content.as_deref().map(Into::into);
        message
    }

    /// The results in a message: each `<tool_response>` is one.
    fn results(&mut self, content: &str) -> Vec<Message> {
        let mut results: Vec<String> = content
            .split(RESULT.0)
            .skip(1)
            .map(|part| result(part.split(RESULT.1).next().unwrap_or_default().trim()))
            .collect();
        if results.is_empty() {
            results.push(content.to_owned());
        }
        let answered = results.into_iter().map(|result| {
            let id = self.open.pop_front();
            let mut message = Message::new(Role::Tool, result);
            message.tool_call_id = id;
            message
        });
        answered.collect()
    }
}

/// The content of `{"name", "content"}`, or the text as it is.
fn result(text: &str) -> String {
    let object = serde_json::from_str::<Value>(text).ok();
    match object.as_ref().and_then(|object| object.get("content")) {
        Some(Value::String(content)) => content.clone(),
        Some(other) => other.to_string(),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use toolrm_core::toolset::Toolset;

    use super::*;

    #[test]
    fn a_conversation_is_read_back() {
        let tools = json!([{"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "dict", "properties": {}}}}]);
        let calls = ["call_0", "call_1"].map(|id| ToolCall::new("f", json!({})).with_id(id));
        let mut called = Message::calls(calls.to_vec());
        called.content = Some("Let me see.".into());
        let messages = vec![
            Message::system("Be kind."),
            Message::user("f?"),
            called,
            Message::tool("call_0", "one"),
            Message::tool("call_1", "{\"two\": 2}"),
            Message::assistant("Done."),
            Message::user("Again."),
        ];
        let task = Task::new(messages.clone(), Toolset::from_json(&tools).unwrap());
        let rows = conversation(&task);
        assert!(rows[3].content.contains("\"name\":\"f\""), "{}", rows[3].content);
        assert_eq!(read(&json!(rows)).unwrap(), (messages, Some(tools)));
    }

    #[test]
    fn tools_are_found_where_they_are_only_mentioned_before() {
        let content = "You get signatures within <tools></tools> tags:\n<tools>\n{\"name\": \"f\"}\n</tools>\nGo.";
        let (words, tools) = without_tools(content);
        assert_eq!((words.as_str(), tools), ("You get signatures within\ntags:\nGo.", Some(json!([{"name": "f"}]))));
        assert_eq!(without_tools("no tools").1, None);
    }

    #[test]
    fn roles_are_named_when_unknown() {
        assert_eq!(read(&json!([{"role": "robot", "content": "x"}])).unwrap_err().pointer, "/0/role");
    }
}
