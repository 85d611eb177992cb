//! [`TextRenderer`]: conversations as text, for models that take no messages.

use serde_json::json;
use toolrm_core::{call::Message, error::JudgeError};

/// Writes a conversation as the one text a model reads.
pub trait TextRenderer: Send + Sync {
    /// Name and version, part of the judge's fingerprint: raised whenever the text changes.
    fn id(&self) -> &str;
    /// The text.
    fn render(&self, messages: &[Message]) -> Result<String, JudgeError>;
    /// Whether the text holds the tokens a tokenizer would put around it (`<s>`), as that of a chat template does.
    fn has_special_tokens(&self) -> bool {
        false
    }
}

/// `role: text`, messages apart by a blank line; calls as JSON behind the text. For models that know no chat template.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct PlainText;

impl TextRenderer for PlainText {
    fn id(&self) -> &'static str {
        "plain-1"
    }

    fn render(&self, messages: &[Message]) -> Result<String, JudgeError> {
        let texts: Vec<String> = messages.iter().map(|m| format!("{}: {}", m.role.as_str(), words(m))).collect();
        Ok(texts.join("\n\n"))
    }
}

/// What a message says, and the calls it makes: nothing of it is left out.
pub(crate) fn words(message: &Message) -> String {
    let mut words = message.text().into_owned();
    if !message.tool_calls.is_empty() {
        let separator = if words.is_empty() { "" } else { "\n" };
        words = format!("{words}{separator}{}", json!(message.tool_calls));
    }
    words
}
