//! [`ChatTemplate`]: the Jinja template a model comes with, which writes a conversation as the text the model was trained on.
//!
//! What it writes is byte for byte what `apply_chat_template` of Hugging Face's transformers writes: the same white space around
//! blocks, `tojson`, `raise_exception`, `strftime_now`, Python's string methods and Python's way to print a value.
//!
//! ```
//! use toolrm_backends::template::{ChatTemplate, TemplateInput};
//! use toolrm_core::call::Message;
//! let template = ChatTemplate::new(
//!     "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}\
//!      {% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}",
//! )?;
//! let messages = [Message::user("Hello")];
//! let text = template.render(&TemplateInput::new(&messages).with_generation_prompt())?;
//! assert_eq!(text, "<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n");
//! # Ok::<(), toolrm_backends::template::TemplateError>(())
//! ```

mod environment;
mod error;
mod folder;
mod input;
mod python;
#[cfg(test)]
mod tests;

use std::{fmt, path::Path, time::SystemTime};

use minijinja::{Environment, value::Serde};
use serde_json::{Map, Value};

pub use error::TemplateError;
pub(crate) use folder::Folder;
#[cfg(feature = "tokenizers")]
pub(crate) use folder::object;
pub use input::{Ending, TemplateInput};

use crate::error::LoadError;

/// Name of the template that is always there.
const DEFAULT: &str = "default";
/// Name of the template for conversations with tools, which few models have.
const TOOL_USE: &str = "tool_use";
/// Put behind the last message to find it again in the text; transformers uses the same.
const MARK: &str = "CONTINUE_FINAL_MESSAGE_TAG ";

/// A model's chat template, compiled. Rendering borrows it, so one can be shared by any number of threads.
#[derive(Clone)]
pub struct ChatTemplate {
    environment: Environment<'static>,
    default: String,
    tool_use: Option<String>,
    tokens: Map<String, Value>,
}

impl ChatTemplate {
    /// Compiles a template.
    ///
    /// # Errors
    /// [`TemplateError::Compile`] when it is not Jinja, or uses a block that does not exist.
    pub fn new(source: impl Into<String>) -> Result<Self, TemplateError> {
        let source = source.into();
        let mut environment = environment::python_like();
        environment::add(&mut environment, DEFAULT, &source)?;
        Ok(Self { environment, default: source, tool_use: None, tokens: Map::new() })
    }

    /// The template of a Hugging Face folder, with the texts of its special tokens: `chat_template.jinja`, else `chat_template` in
    /// `tokenizer_config.json` (a text, or a list of named ones, of which `default` and `tool_use` are used), else
    /// `chat_template.json`. `None` when the folder has none: encoders and base models.
    ///
    /// # Errors
    /// A file that cannot be read or is not what it should be, or a template that does not compile, each with its path.
    pub fn from_folder(folder: impl AsRef<Path>) -> Result<Option<Self>, LoadError> {
        Folder::read(folder.as_ref())?.template()
    }

    /// Sets the template for conversations with tools; the other one is for those without.
    ///
    /// # Errors
    /// As [`ChatTemplate::new`].
    pub fn with_tool_use(mut self, source: impl Into<String>) -> Result<Self, TemplateError> {
        let source = source.into();
        environment::add(&mut self.environment, TOOL_USE, &source)?;
        self.tool_use = Some(source);
        Ok(self)
    }

    /// Sets the text of a special token, by the name templates have for it: `bos_token`, `eos_token`.
    pub fn with_token(mut self, name: impl Into<String>, text: impl Into<String>) -> Self {
        self.tokens.insert(name.into(), Value::String(text.into()));
        self
    }

    /// Sets the clock that `strftime_now` reads, in place of the system's. Templates see its time in UTC.
    pub fn with_clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        environment::set_clock(&mut self.environment, clock);
        self
    }

    /// The template as it was given: the one for conversations with tools, or without.
    pub fn source(&self, with_tools: bool) -> &str {
        self.tool_use.as_ref().filter(|_| with_tools).unwrap_or(&self.default)
    }

    /// The text of a special token, if it is known.
    pub fn token(&self, name: &str) -> Option<&str> {
        self.tokens.get(name).and_then(Value::as_str)
    }

    /// Writes a conversation as text, special tokens written out.
    ///
    /// # Errors
    /// [`TemplateError::Input`] for a conversation no template can write (empty, images in it, nothing to continue),
    /// [`TemplateError::Raised`] when the template itself refuses it, [`TemplateError::Render`] when the template fails.
    pub fn render(&self, input: &TemplateInput<'_>) -> Result<String, TemplateError> {
        let mut messages = input.messages()?;
        let last = match input.ending {
            Ending::Continue => Some(self.mark_last(&mut messages, !input.tools.is_empty())?),
            _ => None,
        };
        let mut variables = self.tokens.clone();
        variables.extend(input.variables.clone());
        variables.insert("messages".to_owned(), messages.into());
        variables.insert("tools".to_owned(), input.tools());
        variables.insert("documents".to_owned(), Value::Null);
        variables.insert("add_generation_prompt".to_owned(), (input.ending == Ending::Generate).into());
        let name = if self.tool_use.is_some() && !input.tools.is_empty() { TOOL_USE } else { DEFAULT };
        let template = self.environment.get_template(name).map_err(|e| TemplateError::compile(&e))?;
        let text = template.render(Serde(&variables)).map_err(|e| TemplateError::render(&e))?;
        match last {
            Some(last) => cut_behind(text, &last),
            None => Ok(text),
        }
    }

    /// Marks the end of the last message and gives its text.
    fn mark_last(&self, messages: &mut [Value], with_tools: bool) -> Result<String, TemplateError> {
        let last = messages.last_mut().and_then(|message| message.get_mut("content"));
        let Some(Value::String(content)) = last else {
            return Err(TemplateError::input("the last message has no text that could be continued"));
        };
        if !self.source(with_tools).contains("content") {
            return Err(TemplateError::input("the chat template does not use `content`: nothing can be continued"));
        }
        let text = content.clone();
        content.push_str(MARK);
        Ok(text)
    }
}

/// The text up to the mark behind the last message. Where the template strips messages, white space at its end is gone as well.
fn cut_behind(mut text: String, last: &str) -> Result<String, TemplateError> {
    let found = text.rfind(MARK.trim_end()).filter(|_| text.contains(last.trim()));
    let Some(place) = found else {
        return Err(TemplateError::input(
            "the chat template leaves out or changes the last message, so that it cannot be continued",
        ));
    };
    let stripped = !text.get(place..).is_some_and(|rest| rest.starts_with(MARK));
    text.truncate(place);
    if stripped {
        text.truncate(text.trim_end().len());
    }
    Ok(text)
}

impl fmt::Debug for ChatTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChatTemplate")
            .field("default", &self.default)
            .field("tool_use", &self.tool_use)
            .field("tokens", &self.tokens)
            .finish_non_exhaustive()
    }
}
