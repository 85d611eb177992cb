//! [`Items`]: conversations in the shape of OpenAI's responses API, in which calls and results are items beside the messages.

use serde_json::{Map, Value};
use toolrm_core::call::{Content, Message, Role, ToolCall};

use super::{
    chat::{self, REASONING},
    fields::{expected, items, members, take, take_text},
};
use crate::error::Fault;

const ITEM: &str = "write message, function_call, function_call_output or reasoning items";

/// Items, put together to messages: calls that follow one another, or words, are made in one message.
#[derive(Debug, Default)]
pub(super) struct Items {
    messages: Vec<Message>,
    reasoning: Option<String>,
}

impl Items {
    /// Adds a message.
    pub(super) fn say(&mut self, mut message: Message) {
        if message.role == Role::Assistant {
            message.extra.extend(self.reasoning.take().map(|text| (REASONING.to_owned(), text.into())));
        }
        self.messages.push(message);
    }

    /// Adds the items of a list.
    pub(super) fn read(&mut self, list: Value) -> Result<(), Fault> {
        for (i, item) in items(list, ITEM)?.into_iter().enumerate() {
            members(item, ITEM).and_then(|item| self.item(item)).map_err(|fault| fault.under(i))?;
        }
        Ok(())
    }

    fn item(&mut self, mut item: Map<String, Value>) -> Result<(), Fault> {
        let kind = chat::optional_text(&mut item, "type")?.unwrap_or_else(|| "message".to_owned());
        match kind.as_str() {
            "message" => {
                let role = chat::role(&take_text(&mut item, "role", ITEM)?)?;
                let content = content(take(&mut item, "content", ITEM)?).map_err(|fault| fault.under("content"))?;
                self.say(Message::new(role, content));
            }
            "function_call" => {
                let name = take_text(&mut item, "name", ITEM)?;
                let arguments = chat::decoded(take(&mut item, "arguments", ITEM)?);
                let mut call = ToolCall::new(name, arguments);
                call.id = chat::optional_text(&mut item, "call_id")?;
                match self.messages.last_mut().filter(|last| last.role == Role::Assistant && self.reasoning.is_none()) {
                    Some(last) => last.tool_calls.push(call),
                    None => self.say(Message::calls(vec![call])),
                }
            }
            "function_call_output" => {
                let id = take_text(&mut item, "call_id", ITEM)?;
                let output = content(take(&mut item, "output", ITEM)?).map_err(|fault| fault.under("output"))?;
                let mut result = Message::tool(id, "");
                result.content = Some(output);
                self.messages.push(result);
            }
            "reasoning" => {
                let parts = ["summary", "content"].into_iter().filter_map(|key| item.remove(key));
                let text = parts.filter_map(|parts| content(parts).ok()).find(|text| !text.text().is_empty());
                self.reasoning = text.map(|text| text.text().into_owned());
            }
            other => return Err(Fault::new(format!("an item of type \"{other}\""), ITEM).under("type")),
        }
        Ok(())
    }

    /// The messages.
    pub(super) fn into_messages(self) -> Vec<Message> {
        self.messages
    }
}

/// A text, or parts whose texts are read.
fn content(content: Value) -> Result<Content, Fault> {
    let parts = match content {
        Value::String(text) => return Ok(Content::Text(text)),
        Value::Array(parts) => parts,
        Value::Null => return Ok(Content::Text(String::new())),
        other => return Err(expected("a string or content parts", &other, ITEM)),
    };
    let text_of = |part: &Value| ["text", "refusal"].iter().find_map(|key| part.get(*key)?.as_str().map(str::to_owned));
    let texts: Option<Vec<String>> = parts.iter().map(text_of).collect();
    if let Some(texts) = texts {
        return Ok(Content::Text(texts.join("\n")));
    }
    let parts = parts.into_iter().map(|part| members(part, ITEM)).collect::<Result<Vec<_>, _>>()?;
    Ok(Content::Parts(parts))
}
