//! The files of a model: the graph, its configuration, what its tokenizer says of special tokens.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

use crate::{LoadError, digest::feed, engine::Token, segments};

#[derive(Debug)]
pub(super) struct Files {
    pub(super) model: PathBuf,
    /// Where `config.json` and the tokenizer are.
    folder: PathBuf,
    config: Config,
}

/// What is read of `config.json`.
#[derive(Debug, Deserialize)]
struct Config {
    model_type: Option<String>,
    vocab_size: Option<usize>,
    max_position_embeddings: Option<usize>,
    /// Some models say -1 for "none".
    pad_token_id: Option<i64>,
    sep_token_id: Option<Token>,
    type_vocab_size: Option<usize>,
}

impl Files {
    /// Finds the graph at `path`, a file or a folder, and reads the configuration beside it or one folder up.
    pub(super) fn find(path: &Path) -> Result<Self, LoadError> {
        let about = fs::metadata(path).map_err(|e| LoadError::io(path, e))?;
        let candidates = ["model.onnx", "onnx/model.onnx"].map(|name| path.join(name));
        let model = if about.is_dir() { candidates.into_iter().find(|m| m.is_file()) } else { Some(path.to_owned()) };
        let model = model.ok_or_else(|| {
            LoadError::file(path, "it has neither model.onnx nor onnx/model.onnx: export the model, or name the file")
        })?;
        let folders = model.ancestors().skip(1).take(2);
        let config = folders.map(|folder| folder.join("config.json")).find(|config| config.is_file());
        let config = config.ok_or_else(|| {
            LoadError::file(&model, "there is no config.json beside it, which says its vocabulary and its context")
        })?;
        Ok(Self { model, folder: folder_of(&config), config: read_json(&config)? })
    }

    /// The model's name and the SHA-256 of its weights, the first 16 digits of it.
    pub(super) fn id(&self) -> Result<String, LoadError> {
        let folder = fs::canonicalize(&self.folder).map_err(|e| LoadError::io(&self.folder, e))?;
        let name =
            folder.file_name().or(self.model.file_stem()).map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let mut hash = Sha256::new();
        for file in self.weights()? {
            feed(&file, &mut hash).map_err(|e| LoadError::io(&file, e))?;
        }
        let first = hash.finalize().iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        Ok(format!("{name}@{first:016x}"))
    }

    /// The graph, and behind it in order of names the files of its larger weights: `model.onnx_data`, `model.onnx.data`.
    fn weights(&self) -> Result<Vec<PathBuf>, LoadError> {
        let folder = folder_of(&self.model);
        let own = self.model.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let entries = fs::read_dir(&folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let entries = entries.map_err(|e| LoadError::io(&folder, e))?;
        let is_data = |name: &str| {
            name.strip_prefix(&own).is_some_and(|end| end.starts_with("_data") || end.starts_with(".data"))
        };
        let mut data: Vec<PathBuf> =
            entries.iter().filter(|e| is_data(&e.file_name().to_string_lossy())).map(fs::DirEntry::path).collect();
        data.sort();
        Ok([self.model.clone()].into_iter().chain(data).collect())
    }

    /// Tokens are below this.
    pub(super) fn vocabulary(&self) -> Result<usize, LoadError> {
        self.config.vocab_size.filter(|size| *size > 0).ok_or_else(|| self.lacks("vocab_size"))
    }

    /// Most tokens of a sequence. Models of RoBERTa's kind count positions from behind the padding token.
    pub(super) fn context(&self) -> Result<usize, LoadError> {
        let positions = self.config.max_position_embeddings.ok_or_else(|| self.lacks("max_position_embeddings"))?;
        let roberta = self.config.model_type.as_deref().is_some_and(|t| t.contains("roberta") || t == "camembert");
        let before = if roberta { usize::try_from(self.pad()).unwrap_or(0) + 1 } else { 0 };
        positions.checked_sub(before).filter(|c| *c > 0).ok_or_else(|| self.lacks("max_position_embeddings"))
    }

    /// The token that fills up.
    pub(super) fn pad(&self) -> Token {
        self.config.pad_token_id.and_then(|id| Token::try_from(id).ok()).unwrap_or(0)
    }

    /// Whether tokens are of more than one type.
    pub(super) fn has_types(&self) -> bool {
        self.config.type_vocab_size.is_none_or(|types| types > 1)
    }

    /// The token that ends the first text of a pair: `sep_token_id` of config.json, else the `sep_token` of
    /// tokenizer_config.json, or `[SEP]`, by its number in tokenizer.json.
    pub(super) fn separator(&self) -> Result<Token, LoadError> {
        if let Some(token) = self.config.sep_token_id {
            return Ok(token);
        }
        segments::separator(&self.folder, None)
    }

    fn lacks(&self, field: &str) -> LoadError {
        LoadError::file(self.folder.join("config.json"), format!("it has no usable {field}"))
    }
}

fn folder_of(file: &Path) -> PathBuf {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned()
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, LoadError> {
    let text = fs::read(path).map_err(|e| LoadError::io(path, e))?;
    serde_json::from_slice(&text)
        .map_err(|e| LoadError::file(path, format!("it cannot be read as JSON of a model: {e}")))
}
