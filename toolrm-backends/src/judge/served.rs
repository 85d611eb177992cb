//! Judges behind a server.

use std::sync::Arc;

use toolrm_core::{critic::GenerativeCritic, judge::ToolCallJudge, observe::CallOptions, reward::Discriminative};

use super::{JudgeOptions, OpenError};
use crate::http::{Dialect, HttpChat, HttpClient, HttpReward};

pub(super) async fn chat(url: &str, model: &str, options: &JudgeOptions) -> Result<Arc<dyn ToolCallJudge>, OpenError> {
    let client = HttpClient::new(url)?;
    let server = client.probe(&CallOptions::default()).await?;
    let chat = HttpChat::new(client, model).with_dialect(Dialect::of(server.kind));
    let probe = chat.probe(&CallOptions::default()).await?;
    if !probe.logprobs {
        tracing::info!(url, model, "the server gives no log-probabilities: verdicts are taken as written");
    }
    let critic = GenerativeCritic::new(chat)
        .with_prompts(options.prompt_set(None)?)
        .with_params(options.params())
        .with_soft_verdicts(probe.logprobs);
    Ok(Arc::new(critic))
}

pub(super) async fn reward(endpoint: &str, url: &str, model: &str) -> Result<Arc<dyn ToolCallJudge>, OpenError> {
    let reward = HttpReward::new(HttpClient::new(url)?, model, endpoint.parse()?);
    reward.probe(&CallOptions::default()).await?;
    Ok(Arc::new(Discriminative::new(reward)))
}
