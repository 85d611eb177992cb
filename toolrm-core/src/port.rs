//! The two ports a model backend implements. Backends know tokens; what a tool call is stays on this side.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;

use crate::{
    call::Message,
    error::JudgeError,
    judge::ModelCard,
    observe::CallOptions,
    score::{ScoreScale, Usage},
};

/// How text is generated.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct GenParams {
    /// Softmax temperature, 0 = greedy.
    pub temperature: f32,
    /// Nucleus mass in (0, 1].
    pub top_p: f32,
    /// Candidates kept per token; 0 = all.
    pub top_k: u32,
    /// Candidates kept per token: those at least this probable, relative to the most probable one, in \[0, 1\]; 0 = all.
    pub min_p: f32,
    /// Divides the logits of tokens that were there before (multiplies negative ones); 1 = none.
    pub repetition_penalty: f32,
    /// Most tokens to write, reasoning included.
    pub max_tokens: u32,
    /// Most tokens of reasoning: then the backend closes it for the model, which goes on with its answer. `None`: no limit of its own.
    pub thinking_budget: Option<u32>,
    /// Seed of the sampler. `None`: [`CallOptions::seed`] is used.
    pub seed: Option<u64>,
    /// Texts that end the generation.
    pub stop: Vec<String>,
    /// Labels whose log-probabilities are wanted at the place where the verdict stands (`["1", "2"]`).
    pub labels: Vec<String>,
    /// JSON Schema the output must follow, for backends that can constrain it.
    pub schema: Option<Value>,
}

impl Default for GenParams {
    /// The sampling of the ToolRM paper's evaluation: temperature 0.6, top-p 0.95, top-k 20, at most 8,192 tokens.
    fn default() -> Self {
        Self {
            temperature: 0.6,
            top_p: 0.95,
            top_k: 20,
            min_p: 0.0,
            repetition_penalty: 1.0,
            max_tokens: 8192,
            thinking_budget: None,
            seed: None,
            stop: Vec::new(),
            labels: Vec::new(),
            schema: None,
        }
    }
}

impl GenParams {
    /// Greedy decoding of at most `max_tokens` tokens.
    pub fn greedy(max_tokens: u32) -> Self {
        Self { temperature: 0.0, top_p: 1.0, top_k: 0, max_tokens, ..Self::default() }
    }

    /// Sets the temperature.
    pub fn with_temperature(mut self, temperature: f32) -> Self {
        self.temperature = temperature;
        self
    }

    /// Sets the most tokens to write.
    pub fn with_max_tokens(mut self, max_tokens: u32) -> Self {
        self.max_tokens = max_tokens;
        self
    }

    /// Sets the most tokens of reasoning.
    pub fn with_thinking_budget(mut self, tokens: u32) -> Self {
        self.thinking_budget = Some(tokens);
        self
    }

    /// Sets the seed.
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }
}

/// Why a generation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Finish {
    /// The model said it was done, or a stop text came.
    Stop,
    /// The token limit.
    Length,
    /// The model or its server refused.
    Refusal,
    /// The caller cancelled.
    Cancelled,
}

/// What a model wrote.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Generation {
    /// The text, with or without its reasoning (as the backend gives it).
    pub text: String,
    /// The reasoning, where the backend keeps it apart.
    pub reasoning: Option<String>,
    /// Why it ended.
    pub finish: Finish,
    /// Natural-log probabilities of [`GenParams::labels`] at the verdict's place; empty when the backend has none.
    pub label_logprobs: Vec<(String, f32)>,
    /// What it cost.
    pub usage: Usage,
}

impl Generation {
    /// A finished text.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            reasoning: None,
            finish: Finish::Stop,
            label_logprobs: Vec::new(),
            usage: Usage::new(1, 0, 0),
        }
    }

    /// Sets why it ended.
    pub fn with_finish(mut self, finish: Finish) -> Self {
        self.finish = finish;
        self
    }

    /// Sets the label log-probabilities.
    pub fn with_label_logprobs(mut self, logprobs: Vec<(String, f32)>) -> Self {
        self.label_logprobs = logprobs;
        self
    }

    /// Sets the reasoning.
    pub fn with_reasoning(mut self, reasoning: impl Into<String>) -> Self {
        self.reasoning = Some(reasoning.into());
        self
    }

    /// Sets the cost.
    pub fn with_usage(mut self, usage: Usage) -> Self {
        self.usage = usage;
        self
    }
}

/// A model that writes text: a served chat model, or one in process.
///
/// The outer error means nothing could be done; one bad prompt fails alone. Results come in the order of the prompts, one each.
///
/// Where the last message of a prompt is an assistant's, its turn is not over: the text goes on from it, and does not repeat it. The verdict's place
/// ([`GenParams::labels`]) is then the first token, and otherwise the last token that is a label.
#[async_trait]
pub trait TextGenerator: Send + Sync {
    /// Model and revision, for the judge's fingerprint (`qwen3-4b@rev`).
    fn id(&self) -> &str;
    /// The model and where it computes, for the judge's card; `None` where that is not known.
    fn model(&self) -> Option<ModelCard> {
        None
    }
    /// One generation per conversation.
    async fn generate(
        &self,
        prompts: &[Vec<Message>],
        params: &GenParams,
        options: &CallOptions,
    ) -> Result<Vec<Result<Generation, JudgeError>>, JudgeError>;
    /// Most prompts one call may hold.
    fn max_batch(&self) -> usize {
        usize::MAX
    }
}

/// A model that gives a conversation one number: a discriminative reward model.
#[async_trait]
pub trait SequenceScorer: Send + Sync {
    /// Model and revision, for the judge's fingerprint.
    fn id(&self) -> &str;
    /// The model and where it computes, for the judge's card; `None` where that is not known.
    fn model(&self) -> Option<ModelCard> {
        None
    }
    /// What the numbers mean.
    fn scale(&self) -> ScoreScale;
    /// One number per conversation, whose last message is the answer to judge. Same order, one each.
    async fn logits(
        &self,
        conversations: &[Vec<Message>],
        options: &CallOptions,
    ) -> Result<Vec<Result<f64, JudgeError>>, JudgeError>;
    /// Most conversations one call may hold.
    fn max_batch(&self) -> usize {
        usize::MAX
    }
}

#[async_trait]
impl<G: TextGenerator + ?Sized> TextGenerator for Arc<G> {
    fn id(&self) -> &str {
        (**self).id()
    }
    fn model(&self) -> Option<ModelCard> {
        (**self).model()
    }
    async fn generate(
        &self,
        prompts: &[Vec<Message>],
        params: &GenParams,
        options: &CallOptions,
    ) -> Result<Vec<Result<Generation, JudgeError>>, JudgeError> {
        (**self).generate(prompts, params, options).await
    }
    fn max_batch(&self) -> usize {
        (**self).max_batch()
    }
}

#[async_trait]
impl<S: SequenceScorer + ?Sized> SequenceScorer for Arc<S> {
    fn id(&self) -> &str {
        (**self).id()
    }
    fn model(&self) -> Option<ModelCard> {
        (**self).model()
    }
    fn scale(&self) -> ScoreScale {
        (**self).scale()
    }
    async fn logits(
        &self,
        conversations: &[Vec<Message>],
        options: &CallOptions,
    ) -> Result<Vec<Result<f64, JudgeError>>, JudgeError> {
        (**self).logits(conversations, options).await
    }
    fn max_batch(&self) -> usize {
        (**self).max_batch()
    }
}
