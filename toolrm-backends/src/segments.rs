//! The two texts that a cross-encoder reads as one sequence: which token stands between them, and which token belongs to which.

use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::{engine::Token, error::LoadError};

/// What is missing, and what to do.
const ADVICE: &str = "which tells the two texts of a pair apart: give its token with the options' with_separator";

#[derive(Deserialize)]
struct TokenizerConfig {
    sep_token: Option<Value>,
}

#[derive(Deserialize)]
struct Tokenizer {
    #[serde(default)]
    added_tokens: Vec<AddedToken>,
}

#[derive(Deserialize)]
struct AddedToken {
    id: Token,
    content: String,
}

/// The separator the caller gave, or the `sep_token` of `tokenizer_config.json` (`[SEP]` where there is none), by its number in
/// `tokenizer.json`. An encoder with token types cannot be run without it.
pub(crate) fn separator(folder: &Path, given: Option<Token>) -> Result<Token, LoadError> {
    if let Some(token) = given {
        return Ok(token);
    }
    let path = folder.join("tokenizer_config.json");
    let written = match std::fs::read(&path) {
        Ok(json) => {
            let config: TokenizerConfig = serde_json::from_slice(&json)
                .map_err(|e| LoadError::file(&path, format!("not a tokenizer's configuration: {e}")))?;
            config.sep_token
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => None,
        Err(e) => return Err(LoadError::io(path, e)),
    };
    // a text, or a token with its text as `content`
    let text = match &written {
        Some(Value::String(text)) => text.as_str(),
        Some(token) => token.get("content").and_then(Value::as_str).unwrap_or("[SEP]"),
        None => "[SEP]",
    };
    let path = folder.join("tokenizer.json");
    let json = match std::fs::read(&path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            return Err(LoadError::file(&path, format!("is not there, {ADVICE}")));
        }
        read => read.map_err(|e| LoadError::io(&path, e))?,
    };
    let tokenizer: Tokenizer =
        serde_json::from_slice(&json).map_err(|e| LoadError::file(&path, format!("not a tokenizer: {e}")))?;
    tokenizer
        .added_tokens
        .iter()
        .find(|token| token.content == text)
        .map(|token| token.id)
        .ok_or_else(|| LoadError::file(&path, format!("has no special token {text:?}, {ADVICE}")))
}

/// The token types of a row: 0 up to the first separator and with it, 1 behind it; all 0 without one.
pub(crate) fn types(row: &[Token], separator: Option<Token>) -> impl Iterator<Item = u32> + '_ {
    let first = separator.and_then(|separator| row.iter().position(|token| *token == separator));
    (0..row.len()).map(move |place| u32::from(first.is_some_and(|first| place > first)))
}

#[cfg(test)]
mod tests {
    use super::types;

    #[test]
    fn the_second_segment_begins_behind_the_first_separator() {
        let of = |row: &[u32], separator| types(row, separator).collect::<Vec<_>>();
        assert_eq!(of(&[1, 5, 3, 6, 3], Some(3)), [0, 0, 0, 1, 1]);
        assert_eq!(of(&[1, 5, 3], Some(3)), [0, 0, 0]);
        assert_eq!(of(&[1, 5], Some(3)), [0, 0]);
        assert_eq!(of(&[1, 3, 5], None), [0, 0, 0]);
    }
}
