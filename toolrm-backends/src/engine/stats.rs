//! What an engine did so far, for metrics.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Counters since the engine started. Rates and shares follow: `busy / uptime`, `cached_tokens / prompt_tokens`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EngineStats {
    /// Requests that came.
    pub requests: u64,
    /// Requests that got what they asked for.
    pub finished: u64,
    /// Requests that got an error other than the next two.
    pub failed: u64,
    /// Requests that were cancelled, or ran out of time.
    pub cancelled: u64,
    /// Tokens of the prompts of requests that began.
    pub prompt_tokens: u64,
    /// Of these, those that did not have to be computed, because another sequence began with them.
    pub cached_tokens: u64,
    /// Tokens written.
    pub written_tokens: u64,
    /// Tokens the model computed, in steps.
    pub computed_tokens: u64,
    /// Calls of the model.
    pub steps: u64,
    /// Rows of these calls: `rows / steps` is the mean batch.
    pub rows: u64,
    /// Time inside the model.
    pub busy: Duration,
    /// Time requests waited before they began, all together.
    pub waited: Duration,
    /// Requests that had to begin again, because room ran out or a neighbour failed.
    pub restarted: u64,
    /// Requests waiting now.
    pub waiting: usize,
    /// Requests being worked on now.
    pub active: usize,
    /// Tokens kept in the model now, shared ones once.
    pub kept_tokens: usize,
}

/// The counters, shared between the engine's thread and its handles.
#[derive(Debug, Default)]
pub(super) struct Counters(Mutex<EngineStats>);

impl Counters {
    pub(super) fn lock(&self) -> MutexGuard<'_, EngineStats> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
