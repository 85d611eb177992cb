//! Served models: OpenAI-compatible chat completions, and the reward endpoints of vLLM and Text Embeddings Inference (TEI).
//!
//! - [`HttpClient`]: the connection to one server. Retries, timeouts, concurrency limit, cancellation, and a key that no error, log or
//!   debug text shows.
//! - [`HttpChat`]: `/v1/chat/completions` as [`TextGenerator`](toolrm_core::port::TextGenerator) and
//!   [`Sampler`](toolrm_core::sample::Sampler).
//! - [`HttpReward`]: `/classify`, `/score`, `/pooling`, `/predict` or `/rerank` as
//!   [`SequenceScorer`](toolrm_core::port::SequenceScorer).
//! - [`ServerInfo`], [`ChatProbe`], [`RewardProbe`]: what a server says and does, asked before it is trusted.
//!
//! Everything here needs a running tokio runtime, with I/O and time enabled; without one calls end in an error.
//!
//! ```no_run
//! use toolrm_backends::http::{HttpChat, HttpClient};
//! use toolrm_core::{critic::GenerativeCritic, prelude::*};
//!
//! # async fn example() -> Result<(), JudgeError> {
//! let client = HttpClient::new("http://localhost:8000")?; // the key is $TOOLRM_API_KEY, else $OPENAI_API_KEY
//! let chat = HttpChat::new(client, "qwen3-4b");
//! let probe = chat.probe(&CallOptions::default()).await?; // an unknown model is an error here, with the names of those served
//! let judge = GenerativeCritic::new(chat).with_soft_verdicts(probe.logprobs);
//! # let _ = judge;
//! # Ok(())
//! # }
//! ```

mod address;
mod builder;
mod chat;
mod client;
mod fault;
mod logprobs;
mod probe;
mod request;
mod retry;
mod reward;
mod sampler;
mod score;
mod sse;
mod wait;
mod wire;

pub use crate::text::{PlainText, TextRenderer};
pub use builder::HttpClientBuilder;
pub use chat::HttpChat;
pub use client::HttpClient;
pub use probe::{ChatProbe, RewardProbe, ServedModel, ServerInfo, ServerKind};
pub use request::Dialect;
pub use reward::HttpReward;
pub use score::{Head, RewardEndpoint};
