//! The files of a Hugging Face folder that say how text is written: templates and special tokens.

use std::{
    collections::BTreeMap,
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value};

use super::{ChatTemplate, DEFAULT, TOOL_USE, TemplateError};
use crate::error::LoadError;

/// Names that special tokens have in configurations and in templates.
const NAMES: [&str; 7] = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

/// Templates by name.
type Sources = BTreeMap<String, String>;

/// A folder, and its `tokenizer_config.json`.
pub(crate) struct Folder {
    path: PathBuf,
    config: Map<String, Value>,
}

impl Folder {
    /// Reads `tokenizer_config.json`, if there is one.
    pub(crate) fn read(path: &Path) -> Result<Self, LoadError> {
        let config = object(&path.join("tokenizer_config.json"))?.unwrap_or_default();
        Ok(Self { path: path.to_owned(), config })
    }

    /// The texts of special tokens by name, of `tokenizer_config.json`, else of `special_tokens_map.json`.
    pub(crate) fn tokens(&self) -> Result<Map<String, Value>, LoadError> {
        let mut tokens = special_tokens(&object(&self.path.join("special_tokens_map.json"))?.unwrap_or_default());
        tokens.extend(special_tokens(&self.config));
        Ok(tokens)
    }

    /// The template, if there is one.
    pub(crate) fn template(&self) -> Result<Option<ChatTemplate>, LoadError> {
        let Some((path, mut named)) = self.sources()? else { return Ok(None) };
        let in_file = |e: TemplateError| LoadError::Template { path: path.clone(), what: e.to_string() };
        let Some(default) = named.remove(DEFAULT) else {
            return Err(LoadError::file(&path, "has chat templates, but none that is named \"default\""));
        };
        let mut template = ChatTemplate::new(default).map_err(in_file)?;
        if let Some(source) = named.remove(TOOL_USE) {
            template = template.with_tool_use(source).map_err(in_file)?;
        }
        template.tokens = self.tokens()?;
        Ok(Some(template))
    }

    /// The templates by name, and the file of the default one.
    fn sources(&self) -> Result<Option<(PathBuf, Sources)>, LoadError> {
        let path = self.path.join("chat_template.jinja");
        if let Some(default) = text(&path)? {
            let mut named = BTreeMap::from([(DEFAULT.to_owned(), default)]);
            if let Some(source) = text(&self.path.join("additional_chat_templates").join("tool_use.jinja"))? {
                named.insert(TOOL_USE.to_owned(), source);
            }
            return Ok(Some((path, named)));
        }
        let path = self.path.join("tokenizer_config.json");
        if let Some(value) = self.config.get("chat_template").filter(|value| !value.is_null()) {
            return Ok(Some((path.clone(), named_sources(&path, value)?)));
        }
        let path = self.path.join("chat_template.json");
        match object(&path)?.as_ref().and_then(|file| file.get("chat_template")) {
            Some(value) => Ok(Some((path.clone(), named_sources(&path, value)?))),
            None => Ok(None),
        }
    }
}

/// Special tokens of a configuration, each a text or an object with the text as `content`.
fn special_tokens(config: &Map<String, Value>) -> Map<String, Value> {
    let written = |name: &str| {
        let value = config.get(name)?;
        value.as_str().or_else(|| value.get("content")?.as_str()).map(|text| Value::String(text.to_owned()))
    };
    NAMES.iter().filter_map(|name| Some(((*name).to_owned(), written(name)?))).collect()
}

/// `chat_template`: a text, or a list of `{"name", "template"}`.
fn named_sources(path: &Path, value: &Value) -> Result<Sources, LoadError> {
    let wrong = || LoadError::file(path, "chat_template is neither a text nor a list of {\"name\", \"template\"}");
    let text_at = |entry: &Value, key: &str| entry.get(key).and_then(Value::as_str).map(str::to_owned);
    match value {
        Value::String(source) => Ok(BTreeMap::from([(DEFAULT.to_owned(), source.clone())])),
        Value::Array(entries) => entries
            .iter()
            .map(|entry| text_at(entry, "name").zip(text_at(entry, "template")).ok_or_else(wrong))
            .collect(),
        _ => Err(wrong()),
    }
}

/// A file that holds a JSON object; `None` when it is not there.
pub(crate) fn object(path: &Path) -> Result<Option<Map<String, Value>>, LoadError> {
    let Some(text) = text(path)? else { return Ok(None) };
    serde_json::from_str(&text).map(Some).map_err(|e| LoadError::file(path, format!("is not a JSON object: {e}")))
}

/// A file of text; `None` when it is not there.
fn text(path: &Path) -> Result<Option<String>, LoadError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(LoadError::io(path, e)),
    }
}
