//! [`TemplateInput`]: a conversation as templates see it.

use serde_json::{Map, Value, json};
use toolrm_core::call::{Content, Message, Tool, ToolCall};

use super::TemplateError;

/// Names that reasoning beside the content goes by; the first is the one templates look for.
const REASONING: [&str; 3] = ["reasoning_content", "thinking", "reasoning"];

/// How the text ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Ending {
    /// With the last message.
    #[default]
    Closed,
    /// With the beginning of an answer (`add_generation_prompt`).
    Generate,
    /// Inside the last message, so that the model continues it (`continue_final_message`).
    Continue,
}

/// What a chat template writes: messages, tools, and how the text ends.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TemplateInput<'a> {
    /// The conversation: at least one message.
    pub messages: &'a [Message],
    /// The tools the model may call. Templates see none, not an empty list, when there are none.
    pub tools: &'a [Tool],
    /// How the text ends.
    pub ending: Ending,
    /// Further variables of the template (`enable_thinking`, `date_string`); they go before special tokens of the same name.
    pub variables: Map<String, Value>,
}

impl<'a> TemplateInput<'a> {
    /// A conversation without tools, up to its last message.
    pub fn new(messages: &'a [Message]) -> Self {
        Self { messages, tools: &[], ending: Ending::Closed, variables: Map::new() }
    }

    /// Sets the tools.
    pub fn with_tools(mut self, tools: &'a [Tool]) -> Self {
        self.tools = tools;
        self
    }

    /// Lets the text end with the beginning of an answer.
    pub fn with_generation_prompt(self) -> Self {
        self.with_ending(Ending::Generate)
    }

    /// Sets how the text ends.
    pub fn with_ending(mut self, ending: Ending) -> Self {
        self.ending = ending;
        self
    }

    /// Sets a variable of the template.
    pub fn with_variable(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    /// The messages as templates expect them: arguments of calls as objects, no key for what is not there.
    pub(super) fn messages(&self) -> Result<Vec<Value>, TemplateError> {
        if self.messages.is_empty() {
            return Err(TemplateError::input("the conversation is empty: give at least one message"));
        }
        self.messages.iter().enumerate().map(|(index, message)| message_value(index, message)).collect()
    }

    /// The tools as templates expect them, hints about side effects left out; null when there are none.
    pub(super) fn tools(&self) -> Value {
        if self.tools.is_empty() { Value::Null } else { self.tools.iter().map(tool_value).collect() }
    }
}

fn message_value(index: usize, message: &Message) -> Result<Value, TemplateError> {
    let mut fields = Map::new();
    fields.insert("role".to_owned(), message.role.as_str().into());
    if let Some(content) = &message.content {
        fields.insert("content".to_owned(), text_of(index, content)?.into());
    }
    if !message.tool_calls.is_empty() {
        fields.insert("tool_calls".to_owned(), message.tool_calls.iter().map(call_value).collect());
    }
    for (name, text) in [("tool_call_id", &message.tool_call_id), ("name", &message.name)] {
        if let Some(text) = text {
            fields.insert(name.to_owned(), text.as_str().into());
        }
    }
    let extra = message.extra.iter().filter(|(_, value)| !value.is_null());
    fields.extend(extra.map(|(name, value)| (name.clone(), value.clone())));
    if let Some(reasoning) = REASONING.iter().find_map(|name| fields.get(*name)).cloned() {
        fields.entry("thinking").or_insert_with(|| reasoning.clone());
        fields.insert("reasoning_content".to_owned(), reasoning);
    }
    Ok(fields.into())
}

/// The text of a message: language models read nothing else, and nothing is dropped unsaid.
fn text_of(index: usize, content: &Content) -> Result<String, TemplateError> {
    if let Content::Parts(parts) = content
        && let Some(other) = parts.iter().find(|part| !part.get("text").is_some_and(Value::is_string))
    {
        let kind = other.get("type").and_then(Value::as_str).unwrap_or("unknown");
        return Err(TemplateError::input(format!(
            "message {index} (counted from 0) has a part of type {kind:?}: this model reads text only"
        )));
    }
    Ok(content.text().into_owned())
}

fn call_value(call: &ToolCall) -> Value {
    let mut fields = Map::new();
    if let Some(id) = &call.id {
        fields.insert("id".to_owned(), id.as_str().into());
    }
    fields.insert("type".to_owned(), "function".into());
    fields.insert("function".to_owned(), json!({"name": call.name, "arguments": call.arguments}));
    fields.into()
}

fn tool_value(tool: &Tool) -> Value {
    let mut function = Map::new();
    function.insert("name".to_owned(), tool.name.as_str().into());
    if let Some(description) = &tool.description {
        function.insert("description".to_owned(), description.as_str().into());
    }
    function.insert("parameters".to_owned(), tool.parameters.clone());
    json!({"type": "function", "function": function})
}
