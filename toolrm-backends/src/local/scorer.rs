//! [`LocalScorer`]: a reward model in process.

use async_trait::async_trait;
use futures_util::future::join_all;
use toolrm_core::{
    call::Message, error::JudgeError, judge::ModelCard, observe::CallOptions, port::SequenceScorer, score::ScoreScale,
};

use super::ChatPrompt;
use crate::{
    engine::{Engine, Output, Token},
    error::LoadError,
};

/// Writes a conversation, the answer to judge last, as the tokens a reward model reads.
pub trait PromptTokens: Send + Sync {
    /// What the tokens depend on besides the conversation, for fingerprints.
    fn id(&self) -> String;
    /// The tokens.
    fn tokens(&self, conversation: &[Message]) -> Result<Vec<Token>, JudgeError>;
}

/// The whole conversation by the model's chat template; the score is read behind its last token, as transformers' sequence classifiers do.
impl PromptTokens for ChatPrompt {
    fn id(&self) -> String {
        format!("chat:{}", self.hash())
    }

    fn tokens(&self, conversation: &[Message]) -> Result<Vec<Token>, JudgeError> {
        self.whole(conversation)
    }
}

/// A reward model in process.
#[derive(Debug, Clone)]
pub struct LocalScorer<P> {
    engine: Engine,
    prompt: P,
    scale: ScoreScale,
    id: String,
}

impl<P: PromptTokens> LocalScorer<P> {
    /// An engine whose model gives scores, and how conversations are written for it.
    pub fn new(engine: Engine, prompt: P) -> Result<Self, LoadError> {
        let Output::Score { scale } = engine.spec().output else {
            let what = format!("{} writes text and gives no scores: it has no classification head", engine.spec().id);
            return Err(LoadError::unsupported(what));
        };
        let id = format!("{}+{}", engine.spec().id, prompt.id());
        Ok(Self { engine, prompt, scale, id })
    }

    /// The engine, for its statistics.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    async fn score(&self, conversation: &[Message], item: usize, options: &CallOptions) -> Result<f64, JudgeError> {
        self.engine.score(self.prompt.tokens(conversation)?, item, options).await
    }
}

#[async_trait]
impl<P: PromptTokens> SequenceScorer for LocalScorer<P> {
    fn id(&self) -> &str {
        &self.id
    }

    fn model(&self) -> Option<ModelCard> {
        Some(self.engine.spec().card())
    }

    fn scale(&self) -> ScoreScale {
        self.scale
    }

    async fn logits(
        &self,
        conversations: &[Vec<Message>],
        options: &CallOptions,
    ) -> Result<Vec<Result<f64, JudgeError>>, JudgeError> {
        options.check()?;
        let all = conversations.iter().enumerate().map(|(item, c)| self.score(c, item, options));
        let scores = join_all(all).await;
        options.check()?;
        Ok(scores)
    }
}
