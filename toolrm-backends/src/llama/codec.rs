//! [`LlamaCodec`]: between text and tokens, by the vocabulary in a GGUF file.

use std::{collections::HashMap, fmt, sync::Arc};

use llama_cpp_2::{model::LlamaModel as Weights, token::LlamaToken};

use super::gguf::Header;
use crate::engine::{Codec, ModelError, Token};

/// Between text and tokens, by the vocabulary of a GGUF file. Cheap to clone; it keeps the weights in memory.
///
/// [`encode`](Codec::encode) reads special tokens that are written out and adds none: chat templates write the one that begins a
/// text (`bos_token`) themselves. For texts that come from no template, [`encode_whole`](Self::encode_whole) adds what the vocabulary
/// asks for. A character that stands in no token is left out by vocabularies without byte tokens, as in llama.cpp.
#[derive(Clone)]
pub struct LlamaCodec {
    weights: Arc<Weights>,
    vocabulary: usize,
    end_tokens: Arc<[Token]>,
    bos_text: Option<String>,
    eos_text: Option<String>,
    labels: Arc<HashMap<String, Vec<Token>>>,
}

impl fmt::Debug for LlamaCodec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { vocabulary, end_tokens, .. } = self;
        f.debug_struct("LlamaCodec")
            .field("vocabulary", vocabulary)
            .field("end_tokens", end_tokens)
            .finish_non_exhaustive()
    }
}

impl LlamaCodec {
    /// Goes through the vocabulary once.
    pub(super) fn new(weights: Arc<Weights>, header: &Header) -> Self {
        let vocab = weights.vocab();
        let mut end_tokens = Vec::new();
        let mut labels: HashMap<String, Vec<Token>> = HashMap::new();
        for token in vocab.tokens() {
            let Ok(id) = Token::try_from(token.0) else { continue };
            if vocab.is_eog(token) {
                end_tokens.push(id);
            }
            // Special tokens have no piece.
            if let Ok(piece) = String::from_utf8(vocab.token_to_piece(token, false, None)) {
                let label = piece.trim();
                if !label.is_empty() && !vocab.is_eog(token) && !vocab.is_control(token) {
                    labels.entry(label.to_owned()).or_default().push(id);
                }
            }
        }
        let vocabulary = usize::try_from(vocab.n_tokens()).unwrap_or(0);
        // What the file names: llama.cpp makes up others where it names none.
        let written = |key: &str| {
            let id = header.count(key).and_then(|id| Token::try_from(id).ok())?;
            let token = native_token(id, vocabulary).ok()?;
            String::from_utf8(vocab.token_to_piece(token, true, None)).ok()
        };
        let (bos_text, eos_text) = (written("tokenizer.ggml.bos_token_id"), written("tokenizer.ggml.eos_token_id"));
        Self { vocabulary, end_tokens: end_tokens.into(), bos_text, eos_text, labels: Arc::new(labels), weights }
    }

    /// The tokens of a whole input, with the special tokens at its ends that the vocabulary asks for (`[CLS]` and `[SEP]` of
    /// encoders, the first token of Llama). A text that begins with that token already gets it twice.
    ///
    /// # Errors
    /// [`ModelError::Failed`] for a text of 2 GB or more.
    pub fn encode_whole(&self, text: &str) -> Result<Vec<Token>, ModelError> {
        self.tokenize(text, true)
    }

    /// The token that begins a text, as chat templates write it (`bos_token`); `None` when the file names none.
    pub fn bos_text(&self) -> Option<&str> {
        self.bos_text.as_deref()
    }

    /// The token that ends a text, as chat templates write it (`eos_token`); `None` when the file names none.
    pub fn eos_text(&self) -> Option<&str> {
        self.eos_text.as_deref()
    }

    /// Whether the model was made to read a text that begins with [`bos_text`](Self::bos_text).
    pub fn begins_with_bos(&self) -> bool {
        self.weights.vocab().should_add_bos()
    }

    fn tokenize(&self, text: &str, add_special: bool) -> Result<Vec<Token>, ModelError> {
        if i32::try_from(text.len()).is_err() {
            return Err(ModelError::failed(format!(
                "a text of {} bytes is too long to be read: 2 GB is the most",
                text.len()
            )));
        }
        let tokens = self.weights.vocab().tokenize(text.as_bytes(), add_special, true);
        tokens.into_iter().map(ours).collect()
    }
}

impl Codec for LlamaCodec {
    fn encode(&self, text: &str) -> Result<Vec<Token>, ModelError> {
        self.tokenize(text, false)
    }

    fn decode(&self, tokens: &[Token]) -> Result<String, ModelError> {
        let vocab = self.weights.vocab();
        let mut bytes = Vec::new();
        for &token in tokens {
            let id = native_token(token, self.vocabulary)?;
            bytes.extend(vocab.token_to_piece(id, false, None));
        }
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn end_tokens(&self) -> &[Token] {
        &self.end_tokens
    }

    fn tokens_of_label(&self, label: &str) -> Vec<Token> {
        self.labels.get(label.trim()).cloned().unwrap_or_default()
    }
}

/// llama.cpp's form of a token, if the vocabulary has it.
pub(super) fn native_token(token: Token, vocabulary: usize) -> Result<LlamaToken, ModelError> {
    i32::try_from(token)
        .ok()
        .filter(|_| usize::try_from(token).is_ok_and(|id| id < vocabulary))
        .map(LlamaToken::new)
        .ok_or_else(|| ModelError::failed(format!("token {token} is not in the vocabulary of {vocabulary} tokens")))
}

/// Our form of a token of llama.cpp. Some vocabularies give a number below 0 for a character without a token.
fn ours(token: LlamaToken) -> Result<Token, ModelError> {
    Token::try_from(token.0).map_err(|_| {
        ModelError::failed(
            "the text has a character that the vocabulary has no token for, not even one for the unknown",
        )
    })
}
