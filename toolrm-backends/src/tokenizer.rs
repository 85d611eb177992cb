//! [`HfTokenizer`]: the tokenizer of a Hugging Face folder, with what else the folder says about text.

use std::{collections::HashMap, fmt, path::Path, sync::OnceLock};

use serde_json::{Map, Value};
use tokenizers::{EncodeInput, Tokenizer};
use toolrm_core::error::{ErrorKind, JudgeError};

use crate::{
    error::LoadError,
    template::{ChatTemplate, Folder, object},
};

/// A tokenizer of a Hugging Face folder: `tokenizer.json`, and from the files beside it the special tokens, the tokens that end a
/// turn and the chat template.
pub struct HfTokenizer {
    inner: Tokenizer,
    tokens: Map<String, Value>,
    ends: Vec<u32>,
    template: Option<ChatTemplate>,
    labels: OnceLock<HashMap<String, Vec<u32>>>,
}

/// Why a text or tokens could not be converted.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
#[non_exhaustive]
pub struct TokenizerError {
    what: String,
    #[source]
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl TokenizerError {
    fn caused(what: &str, source: Box<dyn std::error::Error + Send + Sync>) -> Self {
        Self { what: format!("{what}: {source}"), source: Some(source) }
    }
}

impl HfTokenizer {
    /// Loads a folder: `tokenizer.json`, and where they are there `tokenizer_config.json`, `special_tokens_map.json`,
    /// `generation_config.json`, `config.json` and the chat template's files.
    ///
    /// # Errors
    /// A file that is missing, cannot be read or is not what it should be; a chat template that does not compile; a token that is
    /// said to end a turn and is not in the vocabulary.
    pub fn from_folder(folder: impl AsRef<Path>) -> Result<Self, LoadError> {
        let folder = folder.as_ref();
        let path = folder.join("tokenizer.json");
        let json = std::fs::read(&path).map_err(|e| LoadError::io(&path, e))?;
        let mut inner = Tokenizer::from_bytes(json)
            .map_err(|e| LoadError::file(&path, format!("is not a tokenizer of Hugging Face: {e}")))?;
        // Texts are neither cut nor filled up unasked.
        inner
            .with_padding(None)
            .with_truncation(None)
            .map_err(|e| LoadError::file(&path, format!("truncation cannot be switched off: {e}")))?;
        let files = Folder::read(folder)?;
        let tokens = files.tokens()?;
        let template = files.template()?;
        let ends = end_tokens(folder, &inner, &tokens)?;
        Ok(Self { inner, tokens, ends, template, labels: OnceLock::new() })
    }

    /// The tokens of a text in which special tokens are written out (`<|im_start|>`), as a chat template writes it. Adds none of its
    /// own.
    ///
    /// # Errors
    /// A text that the tokenizer's model cannot read: it has a part that is unknown, and no token for the unknown.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, TokenizerError> {
        self.encode_input(text.into(), false)
    }

    /// The tokens of a whole input, with the special tokens that the tokenizer puts around it (`[CLS]`, `[SEP]`).
    ///
    /// # Errors
    /// As [`HfTokenizer::encode`].
    pub fn encode_whole(&self, text: &str) -> Result<Vec<u32>, TokenizerError> {
        self.encode_input(text.into(), true)
    }

    /// The tokens of two texts that a cross-encoder reads together, with the special tokens that the tokenizer puts around and between
    /// them.
    ///
    /// # Errors
    /// As [`HfTokenizer::encode`].
    pub fn encode_pair(&self, first: &str, second: &str) -> Result<Vec<u32>, TokenizerError> {
        self.encode_input((first, second).into(), true)
    }

    fn encode_input(&self, input: EncodeInput<'_>, add_special: bool) -> Result<Vec<u32>, TokenizerError> {
        let encoding =
            self.inner.encode_fast(input, add_special).map_err(|e| TokenizerError::caused("not encoded", e))?;
        Ok(encoding.get_ids().to_vec())
    }

    /// The text of tokens, special ones left out. A character whose bytes are not all there yet ends it as `\u{fffd}`.
    ///
    /// # Errors
    /// A token that is not in the vocabulary.
    pub fn decode(&self, tokens: &[u32]) -> Result<String, TokenizerError> {
        if let Some(token) = tokens.iter().find(|token| self.inner.id_to_token(**token).is_none()) {
            let what = format!("token {token} is not in the vocabulary of {} tokens", self.vocabulary());
            return Err(TokenizerError { what, source: None });
        }
        self.inner.decode(tokens, true).map_err(|e| TokenizerError::caused("not decoded", e))
    }

    /// The tokens that end a turn: `eos_token_id` of `generation_config.json`, else of `config.json`, and the tokenizer's
    /// `eos_token`. Empty for encoders.
    pub fn end_tokens(&self) -> &[u32] {
        &self.ends
    }

    /// Every token whose text is `label`, white space aside, and no special one; lowest first. The first question goes through the
    /// whole vocabulary.
    pub fn tokens_of_label(&self, label: &str) -> Vec<u32> {
        self.labels.get_or_init(|| self.labels()).get(label.trim()).cloned().unwrap_or_default()
    }

    fn labels(&self) -> HashMap<String, Vec<u32>> {
        let mut tokens: Vec<u32> = self.inner.get_vocab(true).into_values().collect();
        tokens.sort_unstable();
        let mut labels: HashMap<String, Vec<u32>> = HashMap::new();
        for token in tokens.into_iter().filter(|token| !self.ends.contains(token)) {
            // Special tokens have no text.
            let text = self.inner.decode(&[token], true).unwrap_or_default();
            if !text.trim().is_empty() {
                labels.entry(text.trim().to_owned()).or_default().push(token);
            }
        }
        labels
    }

    /// The text of the token that begins a text, where the folder names one.
    pub fn bos(&self) -> Option<&str> {
        self.special("bos_token")
    }

    /// The text of the token that ends a text, where the folder names one.
    pub fn eos(&self) -> Option<&str> {
        self.special("eos_token")
    }

    /// The token that fills up rows of a batch, where the folder names one.
    pub fn pad(&self) -> Option<u32> {
        self.inner.token_to_id(self.special("pad_token")?)
    }

    /// The token between two texts, where the folder names one.
    pub fn separator(&self) -> Option<u32> {
        self.inner.token_to_id(self.special("sep_token")?)
    }

    fn special(&self, name: &str) -> Option<&str> {
        self.tokens.get(name).and_then(Value::as_str)
    }

    /// The chat template, where the folder has one.
    pub fn template(&self) -> Option<&ChatTemplate> {
        self.template.as_ref()
    }

    /// How many tokens there are: one more than the highest, added ones included.
    pub fn vocabulary(&self) -> usize {
        let highest = self.inner.get_vocab(true).into_values().max();
        highest.map_or(0, |token| usize::try_from(token).map_or(usize::MAX, |token| token.saturating_add(1)))
    }

    /// Checks that a model with so many tokens knows every token this tokenizer makes. Models may know more: their tables are filled
    /// up to round sizes.
    ///
    /// # Errors
    /// [`LoadError::File`] when it does not: the tokenizer is of another model.
    pub fn check_fits(&self, model_vocabulary: usize, folder: impl AsRef<Path>) -> Result<(), LoadError> {
        let own = self.vocabulary();
        if own <= model_vocabulary {
            return Ok(());
        }
        let what = format!("has {own} tokens, the model knows {model_vocabulary}: is the tokenizer of the same model?");
        Err(LoadError::file(folder.as_ref().join("tokenizer.json"), what))
    }
}

/// What ends a turn, in the order of the files, each once.
fn end_tokens(folder: &Path, inner: &Tokenizer, tokens: &Map<String, Value>) -> Result<Vec<u32>, LoadError> {
    let mut ends = Vec::new();
    for file in ["generation_config.json", "config.json"] {
        let path = folder.join(file);
        let config = object(&path)?.unwrap_or_default();
        let Some(value) = config.get("eos_token_id").filter(|value| !value.is_null()) else { continue };
        let listed = value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice);
        for id in listed {
            let token = id.as_u64().and_then(|id| u32::try_from(id).ok()).filter(|id| inner.id_to_token(*id).is_some());
            let wrong = || LoadError::file(&path, format!("eos_token_id {id} is no token of tokenizer.json"));
            ends.push(token.ok_or_else(wrong)?);
        }
        break;
    }
    let eos = tokens.get("eos_token").and_then(Value::as_str);
    ends.extend(eos.and_then(|text| inner.token_to_id(text)));
    let mut once = Vec::new();
    for token in ends {
        if !once.contains(&token) {
            once.push(token);
        }
    }
    Ok(once)
}

impl fmt::Debug for HfTokenizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HfTokenizer")
            .field("vocabulary", &self.vocabulary())
            .field("tokens", &self.tokens)
            .field("ends", &self.ends)
            .field("template", &self.template.is_some())
            .finish_non_exhaustive()
    }
}

impl From<TokenizerError> for JudgeError {
    fn from(error: TokenizerError) -> Self {
        Self::new(ErrorKind::InvalidInput, error.to_string()).with_source(error)
    }
}

#[cfg(feature = "engine")]
impl From<TokenizerError> for crate::engine::ModelError {
    fn from(error: TokenizerError) -> Self {
        Self::caused(error.to_string(), error)
    }
}

#[cfg(feature = "engine")]
impl crate::engine::Codec for HfTokenizer {
    fn encode(&self, text: &str) -> Result<Vec<u32>, crate::engine::ModelError> {
        Ok(self.encode(text)?)
    }

    fn decode(&self, tokens: &[u32]) -> Result<String, crate::engine::ModelError> {
        Ok(self.decode(tokens)?)
    }

    fn end_tokens(&self) -> &[u32] {
        self.end_tokens()
    }

    fn tokens_of_label(&self, label: &str) -> Vec<u32> {
        self.tokens_of_label(label)
    }
}
