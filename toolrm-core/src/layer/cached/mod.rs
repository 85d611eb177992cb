//! [`Cached`]: the same question is asked once.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use serde::{Deserialize, Serialize};

use crate::{
    canonical::Fingerprint,
    judge::{Comparison, JudgeCard, PairItem, ScoreItem, ToolCallJudge},
    layer::ask::{Answer, Answers, Question, ask, copy_outcome, deltas_only, judge_by_ask},
    observe::CallOptions,
    score::{Outcome, Score, Usage},
};

mod file;
mod memory;

pub use file::FileStore;
pub use memory::MemoryStore;

/// A judgement as a cache keeps it. Only judgements are kept: an abstention or a failure is asked again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Judgement {
    /// Of one candidate.
    Score(Score),
    /// Of two, in the order they were shown.
    Comparison(Comparison),
}

impl Judgement {
    /// JSON has no word for infinity, and a probability outside \[0, 1\] is not worth keeping.
    fn is_storable(&self) -> bool {
        match self {
            Self::Score(score) => score.value.is_finite(),
            Self::Comparison(comparison) => (0.0..=1.0).contains(&comparison.p_first),
        }
    }
}

/// Why a cache store did not do its work. The judgement itself is never lost by it: see [`Cached`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CacheError {
    /// The file system said no.
    #[error("cache file {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What it said.
        source: std::io::Error,
    },
    /// The file is something else.
    #[error("{} is not a cache file: its first line is not {{\"toolrm_cache\":..}}; choose another path", path.display())]
    NotACache {
        /// The file.
        path: PathBuf,
    },
    /// The file was written by another version of the format.
    #[error("cache file {} has version {found}, this program knows {known}: delete it or choose another path", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// The version in its first line.
        found: u64,
        /// The version this program reads and writes.
        known: u64,
    },
    /// A record that was readable once is not any more: somebody else changed the file.
    #[error("cache file {}: the record at byte {offset} changed under us", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
        /// Where the record starts.
        offset: u64,
    },
    /// A judgement that JSON cannot hold.
    #[error("the judgement cannot be written: {0}")]
    Unwritable(#[from] serde_json::Error),
    /// A store of your own.
    #[error(transparent)]
    Other(Box<dyn std::error::Error + Send + Sync>),
}

/// Where [`Cached`] keeps judgements. Methods are quick and synchronous; a slow store belongs behind a thread of its own.
pub trait CacheStore: Send + Sync {
    /// The judgement kept under a key.
    fn get(&self, key: &Fingerprint) -> Result<Option<Judgement>, CacheError>;
    /// Keeps a judgement.
    fn put(&self, key: &Fingerprint, judgement: &Judgement) -> Result<(), CacheError>;
}

impl<S: CacheStore + ?Sized> CacheStore for Arc<S> {
    fn get(&self, key: &Fingerprint) -> Result<Option<Judgement>, CacheError> {
        (**self).get(key)
    }
    fn put(&self, key: &Fingerprint, judgement: &Judgement) -> Result<(), CacheError> {
        (**self).put(key, judgement)
    }
}

/// What a [`Cached`] did so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheStats {
    /// Items answered from the store, or by another item of the same batch.
    pub hits: u64,
    /// Items the judge was asked.
    pub misses: u64,
    /// Reads and writes the store failed at; each is also a `tracing` warning.
    pub store_errors: u64,
}

#[derive(Default)]
struct Counters {
    hits: AtomicU64,
    misses: AtomicU64,
    store_errors: AtomicU64,
}

/// Remembers judgements, so that the same question is asked once: in one batch, over calls and, with a [`FileStore`], over runs.
///
/// The key holds everything a verdict depends on: the judge's fingerprint, the task (messages, tools, reference answers), the
/// canonical form of each candidate **in the order shown**, and the seed if the judge is not deterministic. A hit costs nothing:
/// its usage is zero. Only judgements are kept, never abstentions or failures.
///
/// A store that fails does not fail the judgement: the item is asked as if it were new, a warning is traced, and
/// [`Cached::stats`] counts it. Two stores stack: `judge.cached(file).cached(memory)`.
///
/// # The trap: a key without the order
///
/// "The pair (a, b) is the pair (b, a)" is not so. Wrong: a key that sorts the two sides. The first verdict about a pair then
/// answers for both orders, a position-biased judge looks consistent, and the mirrored question gets the wrong winner:
///
/// ```
/// use std::collections::HashMap;
/// use toolrm_core::judge::{Choice, Comparison};
/// let biased = |_first: &str, _second: &str| Comparison::from_probability(0.9); // always prefers the first
/// let mut cache = HashMap::new();
/// let mut wrong = |first: &'static str, second: &'static str| {
///     let mut key = [first, second];
///     key.sort(); // order-free
///     cache.entry(key).or_insert_with(|| biased(first, second)).clone()
/// };
/// assert_eq!(wrong("a", "b").choice, Choice::First);  // "a" wins
/// assert_eq!(wrong("b", "a").choice, Choice::First);  // and now "b" wins: the judge was never asked this
/// ```
///
/// Right: the order is part of the key, both orders are asked, and [`crate::layer::BothOrders`] sees the disagreement:
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), toolrm_core::error::JudgeError> {
/// use async_trait::async_trait;
/// use toolrm_core::{call::Candidate, layer::MemoryStore, prelude::*};
///
/// struct Biased(JudgeCard);
/// #[async_trait]
/// impl ToolCallJudge for Biased {
///     fn card(&self) -> &JudgeCard { &self.0 }
///     async fn compare(&self, p: &[PairItem<'_>], _: &CallOptions) -> Result<Vec<Outcome<Comparison>>, JudgeError> {
///         Ok(p.iter().map(|_| Outcome::Judged(Comparison::from_probability(0.9))).collect())
///     }
/// }
/// # let task = Task::new(vec![Message::user("hi")], Toolset::new(vec![]).unwrap());
/// let (a, b) = (Candidate::text("a"), Candidate::text("b"));
/// let cached = Biased(JudgeCard::pairwise("biased", "biased@1")).cached(MemoryStore::new(1_000));
/// let judge = (&cached).both_orders();
/// for _ in 0..3 {
///     let out = judge.compare(&[PairItem { task: &task, first: &a, second: &b }], &CallOptions::default()).await?;
///     assert_eq!(out[0].as_judged().unwrap().consistent, Some(false));
/// }
/// assert_eq!((cached.stats().misses, cached.stats().hits), (2, 4));
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Cached<J> {
    inner: J,
    card: JudgeCard,
    store: Arc<dyn CacheStore>,
    counters: Arc<Counters>,
}

impl<J: std::fmt::Debug> std::fmt::Debug for Cached<J> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cached").field("inner", &self.inner).field("stats", &self.stats()).finish_non_exhaustive()
    }
}

impl<J> Cached<J> {
    /// Hits, misses and store errors since it was made; clones share them.
    pub fn stats(&self) -> CacheStats {
        CacheStats {
            hits: self.counters.hits.load(Ordering::Relaxed),
            misses: self.counters.misses.load(Ordering::Relaxed),
            store_errors: self.counters.store_errors.load(Ordering::Relaxed),
        }
    }
}

/// Where the answer to an item comes from.
enum Source<A> {
    Store(A),
    Asked(usize),
}

impl<J: ToolCallJudge> Cached<J> {
    /// Remembers what `inner` says in `store`, which other judges may share.
    pub fn new(inner: J, store: impl CacheStore + 'static) -> Self {
        let card = inner.card().clone();
        Self { inner, card, store: Arc::new(store), counters: Arc::default() }
    }

    fn key<Q: Question>(&self, item: &Q, seed: u64) -> Fingerprint {
        let seed = if self.card.deterministic { String::new() } else { seed.to_string() };
        let parts = [Q::KIND.as_bytes(), self.card.fingerprint.as_bytes(), seed.as_bytes()];
        Fingerprint::of(parts.into_iter().chain([item.fingerprint().as_bytes().as_slice()]))
    }

    async fn ask<Q: Question>(&self, items: &[Q], options: &CallOptions) -> Answers<Q::Answer> {
        let mut sources = Vec::with_capacity(items.len());
        // The distinct items the store does not know: what to ask, under which key, for which item first.
        let (mut questions, mut keys, mut firsts) = (Vec::new(), Vec::new(), Vec::new());
        let mut position = HashMap::new();
        for (i, item) in items.iter().enumerate() {
            let key = self.key(item, options.seed);
            sources.push(match self.look_up::<Q::Answer>(&key) {
                Some(answer) => {
                    options.item_done(i);
                    Source::Store(answer)
                }
                None => Source::Asked(*position.entry(key).or_insert_with(|| {
                    questions.push(*item);
                    keys.push(key);
                    firsts.push(i);
                    questions.len() - 1
                })),
            });
        }
        count(&self.counters.misses, questions.len());
        count(&self.counters.hits, items.len() - questions.len());
        let observed = firsts.clone();
        let inner = deltas_only(options, move |i| observed.get(i).copied().unwrap_or(i));
        let answers = ask(&self.inner, &questions, &inner).await?;
        for (key, answer) in keys.iter().zip(&answers) {
            if let Outcome::Judged(answer) = answer {
                self.keep(key, &answer.clone().into_judgement());
            }
        }
        let mut answers: Vec<_> = answers.into_iter().map(|a| (copy_outcome(&a), Some(a))).collect();
        let mut out = Vec::with_capacity(items.len());
        for (i, source) in sources.into_iter().enumerate() {
            match source {
                Source::Store(answer) => out.push(Outcome::Judged(answer)),
                Source::Asked(at) => {
                    options.item_done(i);
                    // The first item to ask gets the answer with its cost, those with the same question a free copy.
                    out.extend(
                        answers.get_mut(at).map(|(copy, first)| first.take().unwrap_or_else(|| copy_outcome(copy))),
                    );
                }
            }
        }
        Ok(out)
    }

    fn look_up<A: Answer>(&self, key: &Fingerprint) -> Option<A> {
        let judgement = self.store.get(key).unwrap_or_else(|e| {
            self.store_failed(&e);
            None
        });
        judgement.and_then(A::from_judgement).map(|a| a.with_cost(Usage::default()))
    }

    fn keep(&self, key: &Fingerprint, judgement: &Judgement) {
        if judgement.is_storable()
            && let Err(e) = self.store.put(key, judgement)
        {
            self.store_failed(&e);
        }
    }

    fn store_failed(&self, error: &CacheError) {
        count(&self.counters.store_errors, 1);
        tracing::warn!(judge = %self.card.id, %error, "cache store failed; judging goes on without it");
    }
}

fn count(counter: &AtomicU64, n: usize) {
    counter.fetch_add(n as u64, Ordering::Relaxed);
}

judge_by_ask!(Cached<J>);

#[cfg(test)]
mod tests;
