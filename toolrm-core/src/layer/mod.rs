//! Layers: what is put around a judge. A layer is a judge again, so layers stack; [`JudgeExt`] has a method for each.
//!
//! | layer | what it does | changes verdicts |
//! |---|---|---|
//! | [`BothOrders`] | asks both orders, disagreement is a tie | yes |
//! | [`Cached`] | asks the same question once | no |
//!
//! A layer that changes verdicts shows in the fingerprint of the card, the others do not: a verdict is the same with and without
//! them. Every layer keeps to the judge's `max_batch`, calls nothing after cancellation or the deadline, and stops when its future
//! is dropped. An observer hears of the caller's items, whatever a layer makes of them inside.

use crate::judge::ToolCallJudge;

pub(crate) mod ask;
mod both_orders;
mod cached;
pub(crate) mod mix;

pub use both_orders::BothOrders;
pub use cached::{CacheError, CacheStats, CacheStore, Cached, FileStore, Judgement, MemoryStore};

/// Layers as methods on every judge.
///
/// ```
/// use toolrm_core::{layer::MemoryStore, prelude::*};
/// let judge = FromScorer::new(RuleScorer::default()).cached(MemoryStore::new(10_000)).both_orders();
/// assert_eq!(judge.card().id, "rules");
/// ```
pub trait JudgeExt: ToolCallJudge + Sized {
    /// Judges every pair in both orders; see [`BothOrders`].
    fn both_orders(self) -> BothOrders<Self> {
        BothOrders::new(self)
    }

    /// Asks the same question once; see [`Cached`].
    fn cached(self, store: impl CacheStore + 'static) -> Cached<Self> {
        Cached::new(self, store)
    }
}

impl<J: ToolCallJudge> JudgeExt for J {}

#[cfg(test)]
pub(crate) mod mock;
