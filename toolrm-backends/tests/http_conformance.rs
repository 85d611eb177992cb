//! The laws of judges, kept by judges over HTTP.
#![cfg(feature = "http")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::float_cmp,
    reason = "a test fails by panicking"
)]

mod http_support;

use std::sync::LazyLock;

use async_trait::async_trait;
use http_support::{answer, chat, quick};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::runtime::Runtime;
use toolrm_backends::http::{HttpChat, HttpReward, RewardEndpoint};
use toolrm_core::{
    critic::GenerativeCritic,
    judge_conformance,
    port::{GenParams, Generation, SequenceScorer, TextGenerator},
    prelude::*,
    reward::Discriminative,
};
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers::method};

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

/// A model in a tokio runtime, asked from outside one.
struct Inside<M>(M);

/// A number from 0 to 254 that depends on the request's messages alone.
fn number(request: &Request) -> u8 {
    let messages = request.body_json::<Value>().unwrap()["messages"].to_string();
    Sha256::digest(messages)[0].min(254)
}

fn serve(respond: impl Fn(&Request) -> Value + Send + Sync + 'static) -> String {
    RUNTIME.block_on(async {
        let server = Box::leak(Box::new(MockServer::start().await));
        let respond = move |request: &Request| ResponseTemplate::new(200).set_body_json(respond(request));
        Mock::given(method("POST")).respond_with(respond).mount(server).await;
        server.uri()
    })
}

/// Answers with a verdict that depends on the prompt alone.
static CHAT: LazyLock<String> = LazyLock::new(|| {
    serve(|request| {
        let pairwise = String::from_utf8_lossy(&request.body).contains("<choice>");
        let (tag, most) = if pairwise { ("choice", 2) } else { ("rating", 5) };
        let verdict = number(request) % most + 1;
        answer(&format!("<evaluation>\nAs it is.\n</evaluation>\n<{tag}>{verdict}</{tag}>"))
    })
});

static REWARD: LazyLock<String> = LazyLock::new(|| {
    serve(|request| json!({"data": [{"index": 0, "probs": [f64::from(number(request)) / 64.0 - 2.0]}]}))
});

fn critic() -> GenerativeCritic<Inside<HttpChat>> {
    GenerativeCritic::new(Inside(chat(&CHAT))).with_params(GenParams::greedy(64))
}

fn reward() -> Discriminative<Inside<HttpReward>> {
    let client = quick(&REWARD).build().unwrap();
    Discriminative::new(Inside(HttpReward::new(client, "rm", RewardEndpoint::Classify)))
}

#[async_trait]
impl TextGenerator for Inside<HttpChat> {
    fn id(&self) -> &str {
        self.0.id()
    }
    async fn generate(
        &self,
        prompts: &[Vec<Message>],
        params: &GenParams,
        options: &CallOptions,
    ) -> Result<Vec<Result<Generation, JudgeError>>, JudgeError> {
        let (chat, prompts, params, options) = (self.0.clone(), prompts.to_vec(), params.clone(), options.clone());
        RUNTIME.spawn(async move { chat.generate(&prompts, &params, &options).await }).await.unwrap()
    }
}

#[async_trait]
impl SequenceScorer for Inside<HttpReward> {
    fn id(&self) -> &str {
        self.0.id()
    }
    fn scale(&self) -> ScoreScale {
        self.0.scale()
    }
    async fn logits(
        &self,
        conversations: &[Vec<Message>],
        options: &CallOptions,
    ) -> Result<Vec<Result<f64, JudgeError>>, JudgeError> {
        let (scorer, conversations, options) = (self.0.clone(), conversations.to_vec(), options.clone());
        RUNTIME.spawn(async move { scorer.logits(&conversations, &options).await }).await.unwrap()
    }
}

judge_conformance!(served_critic, critic(), except = [CompareFollowsScore]);
judge_conformance!(served_reward_model, reward());
