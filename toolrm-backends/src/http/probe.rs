//! What a server says and does, asked before it is trusted.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;
use toolrm_core::{
    call::Message,
    error::{ErrorKind, JudgeError},
    observe::CallOptions,
    port::GenParams,
};

use super::{
    chat::{Asked, HttpChat},
    client::HttpClient,
    reward::HttpReward,
};

/// What kind of server it is, as far as it gives itself away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ServerKind {
    /// vLLM.
    Vllm,
    /// SGLang.
    SgLang,
    /// Text Embeddings Inference.
    Tei,
    /// llama.cpp's server, or llama-cpp-python's.
    LlamaCpp,
    /// Some server with OpenAI's API.
    OpenAi,
    /// It answers, and names no model.
    Unknown,
}

impl fmt::Display for ServerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Vllm => "vLLM",
            Self::SgLang => "SGLang",
            Self::Tei => "Text Embeddings Inference",
            Self::LlamaCpp => "llama.cpp",
            Self::OpenAi => "OpenAI-compatible",
            Self::Unknown => "unknown",
        })
    }
}

/// A model a server serves.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServedModel {
    /// The name it is asked by.
    pub id: String,
    /// Most tokens of a conversation and its answer, where the server tells.
    pub context: Option<u64>,
}

/// What a server says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerInfo {
    /// Its address.
    pub url: String,
    /// What kind of server it is.
    pub kind: ServerKind,
    /// Its version, where it tells.
    pub version: Option<String>,
    /// What `/health` says; `None` where there is no such endpoint.
    pub healthy: Option<bool>,
    /// The models it serves.
    pub models: Vec<ServedModel>,
}

impl ServerInfo {
    /// An error that lists what is there when the model is not.
    pub fn require_model(&self, model: &str) -> Result<(), JudgeError> {
        if self.models.iter().any(|m| m.id == model) {
            return Ok(());
        }
        let names: Vec<&str> = self.models.iter().map(|m| m.id.as_str()).collect();
        let served = if names.is_empty() { "names none".to_owned() } else { format!("serves {}", names.join(", ")) };
        let message = format!("{} serves no model \"{model}\": it {served}", self.url);
        Err(JudgeError::new(ErrorKind::Unsupported, message))
    }
}

impl fmt::Display for ServerInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.url, self.kind)?;
        if let Some(version) = &self.version {
            write!(f, " {version}")?;
        }
        match self.healthy {
            Some(true) => f.write_str(", healthy")?,
            Some(false) => f.write_str(", not healthy")?,
            None => {}
        }
        for model in &self.models {
            write!(f, "\n  {}", model.id)?;
            if let Some(context) = model.context {
                write!(f, " ({context} tokens)")?;
            }
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Models {
    #[serde(default)]
    data: Vec<ModelCard>,
}

#[derive(Deserialize)]
struct ModelCard {
    id: String,
    #[serde(default)]
    owned_by: Option<String>,
    /// vLLM's and SGLang's.
    #[serde(default)]
    max_model_len: Option<u64>,
    /// llama.cpp's: `n_ctx_train` is in it.
    #[serde(default)]
    meta: Option<Value>,
}

#[derive(Deserialize)]
struct TeiInfo {
    model_id: String,
    #[serde(default)]
    version: Option<String>,
    #[serde(default)]
    max_input_length: Option<u64>,
}

/// The answer of an endpoint that need not be there.
fn optional<T>(result: Result<T, JudgeError>) -> Result<Option<T>, JudgeError> {
    match result {
        Ok(answer) => Ok(Some(answer)),
        Err(e) if matches!(e.kind(), ErrorKind::Unsupported | ErrorKind::Backend | ErrorKind::InvalidInput) => {
            tracing::debug!(error = %e, "an endpoint that need not be there");
            Ok(None)
        }
        Err(e) => Err(e),
    }
}

impl HttpClient {
    /// Asks the server what it is: `/v1/models`, or TEI's `/info`, then `/health` and `/version`.
    pub async fn probe(&self, options: &CallOptions) -> Result<ServerInfo, JudgeError> {
        let listed = self.get::<Models>("/v1/models", options).await;
        // A refused key is told as such; only a server that has no such endpoint is asked in another way.
        let listed = match listed {
            Err(e) if e.kind() != ErrorKind::Unsupported => return Err(e),
            other => other.ok(),
        };
        let tei = match &listed {
            Some(_) => None,
            None => optional(self.get::<TeiInfo>("/info", options).await)?,
        };
        let version = optional(self.get::<Value>("/version", options).await)?;
        let version = version.and_then(|v| v.get("version")?.as_str().map(str::to_owned));
        let kind = kind_of(listed.as_ref(), tei.is_some(), version.is_some());
        let mut models: Vec<ServedModel> = listed.into_iter().flat_map(|l| l.data).map(served).collect();
        let version = version.or_else(|| tei.as_ref().and_then(|t| t.version.clone()));
        models.extend(tei.map(|t| ServedModel { id: t.model_id, context: t.max_input_length }));
        Ok(ServerInfo { url: self.url().to_owned(), kind, version, healthy: self.health(options).await?, models })
    }

    async fn health(&self, options: &CallOptions) -> Result<Option<bool>, JudgeError> {
        match self.open(reqwest::Method::GET, "/health", None, options).await {
            Ok(_) => Ok(Some(true)),
            Err(e) if e.kind() == ErrorKind::Unsupported => Ok(None),
            Err(e) if e.kind() == ErrorKind::Backend => Ok(Some(false)),
            Err(e) => Err(e),
        }
    }
}

fn served(card: ModelCard) -> ServedModel {
    let trained = card.meta.as_ref().and_then(|m| m.get("n_ctx_train")).and_then(Value::as_u64);
    ServedModel { id: card.id, context: card.max_model_len.or(trained) }
}

fn kind_of(listed: Option<&Models>, is_tei: bool, has_version: bool) -> ServerKind {
    let owner = listed.and_then(|l| l.data.first()).and_then(|m| m.owned_by.as_deref());
    match owner {
        Some("vllm") => ServerKind::Vllm,
        Some("sglang") => ServerKind::SgLang,
        // The second is llama-cpp-python's.
        Some("llamacpp" | "me") => ServerKind::LlamaCpp,
        _ if is_tei => ServerKind::Tei,
        Some(_) => ServerKind::OpenAi,
        None if listed.is_some_and(|l| !l.data.is_empty()) => ServerKind::OpenAi,
        None if listed.is_some() && has_version => ServerKind::Vllm,
        None => ServerKind::Unknown,
    }
}

/// What a chat model can do.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChatProbe {
    /// The server.
    pub server: ServerInfo,
    /// Whether log-probabilities are answered: without them verdicts are not soft.
    pub logprobs: bool,
}

impl HttpChat {
    /// Asks the server what it is and the model for one token, with log-probabilities. [`ErrorKind::Unsupported`] when the model is not
    /// served.
    pub async fn probe(&self, options: &CallOptions) -> Result<ChatProbe, JudgeError> {
        let server = self.client.probe(options).await?;
        server.require_model(&self.model)?;
        let mut params = GenParams::greedy(1);
        params.labels = vec!["1".into()];
        let mut quiet = options.clone();
        quiet.observer = None;
        let logprobs = match self.one_token(&params, &quiet).await {
            Ok(logprobs) => logprobs,
            Err(e) if matches!(e.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported | ErrorKind::Backend) => {
                // Refused for the sake of the log-probabilities, or altogether?
                self.one_token(&GenParams::greedy(1), &quiet).await?;
                tracing::debug!(model = self.model, error = %e, "log-probabilities are refused");
                false
            }
            Err(e) => return Err(e),
        };
        Ok(ChatProbe { server, logprobs })
    }

    /// Whether log-probabilities came.
    async fn one_token(&self, params: &GenParams, options: &CallOptions) -> Result<bool, JudgeError> {
        let messages = [Message::user("Answer with 1.")];
        let asked = Asked { messages: &messages, params, tools: None, choices: 1, seed: 0 };
        let (choices, _) = self.complete(&asked, 0, options).await?;
        let logprobs = choices.iter().flat_map(|c| &c.logprobs);
        Ok(logprobs.flat_map(|t| t.top_logprobs.iter().flatten()).any(|a| a.logprob.is_some()))
    }
}

/// What a reward model gives.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RewardProbe {
    /// The server.
    pub server: ServerInfo,
    /// The scores of two fixed conversations, a good answer's first. Which one is larger proves nothing.
    pub scores: [f64; 2],
    /// Raw numbers were asked for, and all that came look activated: they lie in \[0, 1\], and those of one conversation sum to 1 where
    /// there are several. Two raw numbers may do so by chance.
    pub looks_activated: bool,
}

impl HttpReward {
    /// Asks the server what it is and the model for the scores of two conversations. Numbers that look activated though raw ones were
    /// asked for are warned of: the server may not know the field, and then the scale is wrong.
    pub async fn probe(&self, options: &CallOptions) -> Result<RewardProbe, JudgeError> {
        let server = self.client.probe(options).await?;
        // TEI serves one model, and some servers list none.
        if !server.models.is_empty() && server.kind != ServerKind::Tei {
            server.require_model(&self.model)?;
        }
        let ask = |answer: &str| vec![Message::user("What is the capital of France?"), Message::assistant(answer)];
        let (good, of_good) = self.numbers(&ask("The capital of France is Paris."), options).await?;
        let (bad, of_bad) = self.numbers(&ask("Bananas, I think, or a train."), options).await?;
        let unit = [&of_good, &of_bad].iter().all(|numbers| {
            let sum: f64 = numbers.iter().map(|n| n.value).sum();
            numbers.iter().all(|n| (0.0..=1.0).contains(&n.value)) && (numbers.len() == 1 || (sum - 1.0).abs() < 1e-3)
        });
        let looks_activated = self.asks_raw() && unit;
        if looks_activated {
            tracing::warn!(
                server = self.client.url(),
                model = self.model,
                good,
                bad,
                "raw scores were asked for and these look activated: an old server may call the field `activation` or `softmax`"
            );
        }
        Ok(RewardProbe { server, scores: [good, bad], looks_activated })
    }
}
