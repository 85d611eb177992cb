//! [`LocalGenerator`]: a language model in process, as judge and as source of candidates.

use async_trait::async_trait;
use futures_util::future::join_all;
use toolrm_core::{
    call::{Action, Candidate, Message, Tool},
    error::{ErrorKind, JudgeError},
    format::{Auto, ToolFormat},
    judge::ModelCard,
    observe::CallOptions,
    port::{Finish, GenParams, Generation, TextGenerator},
    sample::Sampler,
    score::Usage,
    task::Task,
};

use super::ChatPrompt;
use crate::{
    engine::{Engine, Output, Sampling, Thinking, Writing, Written, judge_error},
    error::LoadError,
};

/// Tags of reasoning.
const THINK: (&str, &str) = ("<think>", "</think>");

/// A language model in process.
#[derive(Debug, Clone)]
pub struct LocalGenerator {
    engine: Engine,
    prompt: ChatPrompt,
    id: String,
}

impl LocalGenerator {
    /// An engine whose model writes text, and its chat template.
    pub fn new(engine: Engine, prompt: ChatPrompt) -> Result<Self, LoadError> {
        if !matches!(engine.spec().output, Output::Logits { .. }) {
            let what = format!("{} gives scores and writes no text", engine.spec().id);
            return Err(LoadError::unsupported(what));
        }
        let id = format!("{}+chat:{}", engine.spec().id, prompt.hash());
        Ok(Self { engine, prompt, id })
    }

    /// The engine, for its statistics.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    async fn write(
        &self,
        messages: &[Message],
        tools: &[Tool],
        params: &GenParams,
        seed: u64,
        item: usize,
        options: &CallOptions,
    ) -> Result<(Written, usize), JudgeError> {
        if params.schema.is_some() {
            let what = "models in process cannot hold their output to a JSON schema: leave GenParams::schema out";
            return Err(JudgeError::new(ErrorKind::Unsupported, what));
        }
        let (tokens, goes_on) = self.prompt.to_answer(messages, tools)?;
        let mut writing = self.writing(params, seed)?;
        writing.label_first = goes_on;
        let prompt_tokens = tokens.len();
        Ok((self.engine.write(tokens, writing, item, options).await?, prompt_tokens))
    }

    async fn answer(
        &self,
        prompt: &[Message],
        params: &GenParams,
        item: usize,
        options: &CallOptions,
    ) -> Result<Generation, JudgeError> {
        let seed = params.seed.unwrap_or(options.seed);
        let (written, read) = self.write(prompt, &[], params, seed, item, options).await?;
        let logprobs = by_label(&params.labels, &written.label_logprobs);
        let usage = Usage::new(1, read as u64, written.tokens.len() as u64);
        Ok(Generation::new(written.text).with_finish(written.finish).with_label_logprobs(logprobs).with_usage(usage))
    }

    async fn candidate(
        &self,
        task: &Task,
        tools: &[Tool],
        params: &GenParams,
        seed: u64,
        item: usize,
        options: &CallOptions,
    ) -> Result<Candidate, JudgeError> {
        let written = self.write(task.messages(), tools, params, seed, item, options).await;
        options.item_done(item);
        written.map(|(written, _)| candidate(&written))
    }

    fn writing(&self, params: &GenParams, seed: u64) -> Result<Writing, JudgeError> {
        let codec = self.prompt.codec();
        let max_tokens = usize::try_from(params.max_tokens).unwrap_or(usize::MAX);
        let mut writing = Writing::new(codec.clone(), Sampling::of(params, seed), max_tokens);
        writing.stop.clone_from(&params.stop);
        writing.labels = params.labels.iter().map(|label| codec.tokens_of_label(label)).collect();
        if let Some(budget) = params.thinking_budget {
            let tag = |text| codec.encode(text).map_err(judge_error);
            let budget = usize::try_from(budget).unwrap_or(usize::MAX);
            writing.thinking = Some(Thinking { open: tag(THINK.0)?, close: tag(THINK.1)?, budget });
        }
        Ok(writing)
    }
}

/// Every token of a label with its log-probability, under the label's name.
fn by_label(labels: &[String], logprobs: &[Vec<f32>]) -> Vec<(String, f32)> {
    let of_label =
        |(label, logprobs): (&String, &Vec<f32>)| logprobs.iter().map(|p| (label.clone(), *p)).collect::<Vec<_>>();
    labels.iter().zip(logprobs).flat_map(of_label).collect()
}

/// Reasoning stays in the text, in the tags the model wrote. Tokens are counted with the prompt's, cached or not.
#[async_trait]
impl TextGenerator for LocalGenerator {
    fn id(&self) -> &str {
        &self.id
    }

    fn model(&self) -> Option<ModelCard> {
        Some(self.engine.spec().card())
    }

    async fn generate(
        &self,
        prompts: &[Vec<Message>],
        params: &GenParams,
        options: &CallOptions,
    ) -> Result<Vec<Result<Generation, JudgeError>>, JudgeError> {
        options.check()?;
        let all = prompts.iter().enumerate().map(|(item, prompt)| self.answer(prompt, params, item, options));
        let generations = join_all(all).await;
        options.check()?;
        Ok(generations)
    }
}

/// The template shows the task's tools to the model; what it writes is read by [`Auto`]. Every candidate has a seed of its own; at temperature 0
/// there is one candidate only. An answer in words that the token limit cut off is [`Action::Malformed`].
#[async_trait]
impl Sampler for LocalGenerator {
    async fn sample(
        &self,
        task: &Task,
        n: usize,
        params: &GenParams,
        options: &CallOptions,
    ) -> Result<Vec<Candidate>, JudgeError> {
        options.check()?;
        let n = if params.temperature == 0.0 { n.min(1) } else { n };
        let tools: Vec<Tool> = task.tools().tools().cloned().collect();
        let base = params.seed.unwrap_or(options.seed);
        let all =
            (0..n).map(|item| self.candidate(task, &tools, params, base.wrapping_add(item as u64), item, options));
        let mut candidates = Vec::with_capacity(n);
        let mut failed = None;
        for result in join_all(all).await {
            match result {
                Ok(candidate) => candidates.push(candidate),
                Err(error) => {
                    tracing::warn!(model = self.id, %error, "a candidate could not be sampled");
                    failed = failed.or(Some(error));
                }
            }
        }
        options.check()?;
        match failed {
            Some(error) if candidates.is_empty() => Err(error),
            _ => Ok(candidates),
        }
    }
}

fn candidate(written: &Written) -> Candidate {
    let mut candidate = Auto::default().parse(&written.text);
    if let (Action::Text(text), Finish::Length) = (&candidate.action, written.finish) {
        candidate.action = Action::malformed(text.clone(), "the token limit ended the output");
    }
    candidate
}
