//! What models in process share: one thread a model, batching by tokens, a prefix cache, sampling.
//!
//! An [`Engine`] owns a [`TokenModel`] on a thread of its own. Requests come from any number of tasks and are worked on together:
//!
//! - **Batching.** Every step holds one token of each text being written, and as many prompt tokens as the budget allows; requests come and go between steps.
//! - **Prefix cache.** What was computed stays in the model as long as there is room. A request that begins like something that is there, or is just being
//!   computed, shares it: the two orders of a pair, the N candidates of a context, a system message.
//! - **Cancellation.** A request whose caller is gone, has cancelled or ran out of time is dropped before the next step; one that waits costs nothing.
//! - **Back-pressure.** The queue is bounded: callers wait until there is a place in it.
//! - **Failures.** A step that fails is tried again request by request, so that only the one at fault fails. A panic in a model is an error of its request.

mod model;
mod request;
mod sampling;
mod scheduler;
mod sequences;
mod stats;
#[cfg(test)]
pub(crate) mod testkit;
#[cfg(test)]
mod tests;
mod text;
mod writer;

use std::{fmt, sync::Arc, thread};

use tokio::sync::{mpsc, oneshot};
use toolrm_core::{
    error::{ErrorKind, JudgeError},
    observe::CallOptions,
};
use web_time::Instant;

use self::{
    request::{Job, Want},
    scheduler::Scheduler,
    stats::Counters,
};
use crate::error::LoadError;

pub(crate) use self::scheduler::judge_error;
pub use self::{
    model::{Codec, ModelError, ModelSpec, Output, Row, SeqId, Token, TokenModel},
    request::{Thinking, Writing, Written},
    sampling::Sampling,
    stats::EngineStats,
};

/// How an engine works.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EngineOptions {
    /// Most requests in the queue; callers wait for a place.
    pub queue: usize,
    /// Most requests worked on at once.
    pub max_active: usize,
    /// Most tokens of one step. Less makes cancellation faster, more makes prompts cheaper. `None`: as the model likes it.
    pub step_tokens: Option<usize>,
    /// Whether what was computed is kept and shared.
    pub prefix_cache: bool,
    /// Fewest tokens worth sharing.
    pub min_shared: usize,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self { queue: 1024, max_active: 64, step_tokens: None, prefix_cache: true, min_shared: 16 }
    }
}

impl EngineOptions {
    /// Sets the most requests in the queue.
    pub fn with_queue(mut self, queue: usize) -> Self {
        self.queue = queue;
        self
    }

    /// Sets the most requests worked on at once.
    pub fn with_max_active(mut self, max_active: usize) -> Self {
        self.max_active = max_active;
        self
    }

    /// Sets the most tokens of one step.
    pub fn with_step_tokens(mut self, tokens: usize) -> Self {
        self.step_tokens = Some(tokens);
        self
    }

    /// Sets whether what was computed is kept and shared.
    pub fn with_prefix_cache(mut self, on: bool) -> Self {
        self.prefix_cache = on;
        self
    }

    /// Sets the fewest tokens worth sharing.
    pub fn with_min_shared(mut self, tokens: usize) -> Self {
        self.min_shared = tokens;
        self
    }
}

/// A model on a thread of its own. Clones are handles of the same engine; the thread ends when the last one is gone.
#[derive(Clone)]
pub struct Engine {
    jobs: mpsc::Sender<Job>,
    spec: Arc<ModelSpec>,
    counters: Arc<Counters>,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("model", &self.spec.id).field("stats", &self.stats()).finish_non_exhaustive()
    }
}

impl Engine {
    /// Starts the thread.
    pub fn start<M: TokenModel + 'static>(model: M, options: &EngineOptions) -> Result<Self, LoadError> {
        let spec = Arc::new(model.spec().clone());
        let (jobs, queue) = mpsc::channel(options.queue.max(1));
        let counters = Arc::new(Counters::default());
        let options =
            EngineOptions { max_active: options.max_active.clamp(1, spec.max_sequences.max(1)), ..options.clone() };
        let scheduler = Scheduler::new(model, options, counters.clone());
        let spawned = thread::Builder::new().name("toolrm-engine".into()).spawn(move || run(scheduler, queue));
        let failed =
            |e: std::io::Error| LoadError::Runtime { what: "cannot start a thread".into(), source: Some(e.into()) };
        spawned.map_err(failed)?;
        Ok(Self { jobs, spec, counters })
    }

    /// The model.
    pub fn spec(&self) -> &ModelSpec {
        &self.spec
    }

    /// What it did so far.
    pub fn stats(&self) -> EngineStats {
        *self.counters.lock()
    }

    /// Has a text written. `item`: the request's number in the caller's batch, for the observer.
    pub async fn write(
        &self,
        prompt: Vec<Token>,
        writing: Writing,
        item: usize,
        options: &CallOptions,
    ) -> Result<Written, JudgeError> {
        let (reply, answer) = oneshot::channel();
        self.ask(prompt, Want::Text(Box::new(writing), reply), answer, item, options).await
    }

    /// Has a sequence scored.
    pub async fn score(&self, prompt: Vec<Token>, item: usize, options: &CallOptions) -> Result<f64, JudgeError> {
        let (reply, answer) = oneshot::channel();
        self.ask(prompt, Want::Score(reply), answer, item, options).await
    }

    async fn ask<T>(
        &self,
        prompt: Vec<Token>,
        want: Want,
        answer: oneshot::Receiver<Result<T, JudgeError>>,
        item: usize,
        options: &CallOptions,
    ) -> Result<T, JudgeError> {
        options.check()?;
        let gone = || JudgeError::new(ErrorKind::Backend, "the engine's thread is gone");
        let place = options.or_stopped(self.jobs.reserve()).await?.map_err(|_| gone())?;
        place.send(Job { prompt, want, options: options.clone(), item, asked_at: Instant::now() });
        // A step of the model may take longer than the caller waits.
        options.or_stopped(answer).await?.map_err(|_| gone())?
    }
}

/// The engine's thread: until the last handle is gone and the last answer given.
fn run<M: TokenModel>(mut scheduler: Scheduler<M>, mut queue: mpsc::Receiver<Job>) {
    loop {
        if scheduler.is_idle() {
            match queue.blocking_recv() {
                Some(job) => scheduler.push(job),
                None => return,
            }
        }
        while let Ok(job) = queue.try_recv() {
            scheduler.push(job);
        }
        scheduler.turn();
    }
}
