//! [`JudgeSpec`]: a judge in one word, for command lines and configurations.

use std::{fmt, path::PathBuf, str::FromStr};

/// Where a judge comes from.
///
/// ```
/// use toolrm_backends::judge::JudgeSpec;
/// let served: JudgeSpec = "http:http://localhost:8000#qwen3-4b".parse()?;
/// assert_eq!(served, "http://localhost:8000#qwen3-4b".parse()?);
/// let local: JudgeSpec = "candle:models/judge".parse()?;
/// assert_eq!(local.to_string(), "candle:models/judge");
/// assert!("https://localhost:8000".parse::<JudgeSpec>().unwrap_err().to_string().contains("#MODEL"));
/// # Ok::<(), toolrm_backends::judge::SpecError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum JudgeSpec {
    /// A language model behind an OpenAI-compatible server: `http:URL#MODEL`, or the URL by itself.
    Chat {
        /// The server.
        url: String,
        /// What it calls the model.
        model: String,
    },
    /// A reward model behind a server: `classify:URL#MODEL`, and so on with the name of the endpoint.
    Reward {
        /// `classify`, `pooling`, `score`, `predict` or `rerank`.
        endpoint: String,
        /// The server.
        url: String,
        /// What it calls the model.
        model: String,
    },
    /// Safetensors in process: `candle:FOLDER`, or `candle:hf:OWNER/NAME` from the hub (feature `hub`).
    Candle(PathBuf),
    /// An ONNX graph in process: `onnx:FOLDER`, or `onnx:hf:OWNER/NAME`.
    Onnx(PathBuf),
    /// A GGUF in process: `llama:FILE.gguf`.
    Llama(PathBuf),
}

/// What a judge may be called, for help texts.
pub const JUDGE_SPECS: &str =
    "http:URL#MODEL, classify|pooling|score|predict|rerank:URL#MODEL, candle:FOLDER, onnx:FOLDER, llama:FILE.gguf";

const ENDPOINTS: [&str; 5] = ["classify", "pooling", "score", "predict", "rerank"];

/// A word that names no judge.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SpecError {
    /// Nothing of the kind.
    #[error("\"{0}\" is no judge: give {JUDGE_SPECS}")]
    Unknown(String),
    /// A server without a model.
    #[error("\"{0}\" names no model: write #MODEL behind the address, as the server calls it")]
    NoModel(String),
    /// A place without a path.
    #[error("\"{0}\" names no file: write its path behind the colon")]
    NoPath(String),
}

impl FromStr for JudgeSpec {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        let unknown = || SpecError::Unknown(text.to_owned());
        let (kind, rest) = text.split_once(':').ok_or_else(unknown)?;
        let served = |address: &str| match address.rsplit_once('#') {
            Some((url, model)) if !url.is_empty() && !model.is_empty() => Ok((url.to_owned(), model.to_owned())),
            _ => Err(SpecError::NoModel(text.to_owned())),
        };
        let path = || {
            if rest.is_empty() { Err(SpecError::NoPath(text.to_owned())) } else { Ok(PathBuf::from(rest)) }
        };
        match kind {
            "http" | "https" if rest.starts_with("//") => served(text).map(|(url, model)| Self::Chat { url, model }),
            "http" => served(rest).map(|(url, model)| Self::Chat { url, model }),
            "candle" => path().map(Self::Candle),
            "onnx" => path().map(Self::Onnx),
            "llama" => path().map(Self::Llama),
            endpoint if ENDPOINTS.contains(&endpoint) => {
                let (url, model) = served(rest)?;
                Ok(Self::Reward { endpoint: endpoint.to_owned(), url, model })
            }
            _ => Err(unknown()),
        }
    }
}

impl fmt::Display for JudgeSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chat { url, model } => write!(f, "http:{url}#{model}"),
            Self::Reward { endpoint, url, model } => write!(f, "{endpoint}:{url}#{model}"),
            Self::Candle(path) => write!(f, "candle:{}", path.display()),
            Self::Onnx(path) => write!(f, "onnx:{}", path.display()),
            Self::Llama(path) => write!(f, "llama:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spec_reads_back() {
        for text in [
            "http:https://host/v1#org/model#2",
            "classify:http://h:1#m",
            "rerank:http://h:1#m",
            "candle:a/b c",
            "onnx:/x",
            "llama:x.gguf",
        ] {
            assert_eq!(text.parse::<JudgeSpec>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_none_is_told_what_there_is() {
        for text in ["", "rule", "candle", "gguf:x", "C:\\models"] {
            let error = text.parse::<JudgeSpec>().unwrap_err();
            assert!(error.to_string().contains("candle:FOLDER"), "{error}");
        }
        assert_eq!("candle:".parse::<JudgeSpec>(), Err(SpecError::NoPath("candle:".into())));
        for text in ["http:http://h", "https://h#", "http:#m", "classify:http://h"] {
            assert_eq!(text.parse::<JudgeSpec>(), Err(SpecError::NoModel(text.into())));
        }
    }
}
