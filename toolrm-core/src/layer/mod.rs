//! Layers: what is put around a judge. A layer is a judge again, so layers stack; [`JudgeExt`] has a method for each.
//!
//! | layer | what it does | changes verdicts |
//! |---|---|---|
//! | [`BothOrders`] | asks both orders, disagreement is a tie | yes |
//! | [`Calibrated`] | makes probabilities mean what they say | yes |
//! | [`Cascade`] | asks a cheap judge first and a dear one where that is unsure | yes |
//! | [`Ensemble`] | asks several judges and combines what they say | yes |
//! | [`Cached`] | asks the same question once | no |
//! | [`Retry`] | asks again what failed | no |
//! | [`Limit`] | bounds the calls that run at once | no |
//! | [`Budget`] | bounds calls, items and time | no |
//! | [`Traced`] | puts calls into `tracing` spans | no |
//!
//! A layer that changes verdicts shows in the fingerprint of the card, the others do not: a verdict is the same with and without
//! them. Every layer keeps to the judge's `max_batch`, calls nothing after cancellation or the deadline, and stops when its future
//! is dropped. An observer hears of the caller's items, whatever a layer makes of them inside.

use crate::judge::ToolCallJudge;

pub(crate) mod ask;
mod both_orders;
mod budget;
mod cached;
mod calibrated;
mod calibration;
mod cascade;
mod ensemble;
mod limit;
pub(crate) mod mix;
mod retry;
mod traced;

pub use both_orders::BothOrders;
pub use budget::{Budget, BudgetLimits, Spent};
pub use cached::{CacheError, CacheStats, CacheStore, Cached, FileStore, Judgement, MemoryStore};
pub use calibrated::{Calibrated, Calibration, Signal};
pub use calibration::{CalibrationError, Curve, brier, expected_calibration_error, fit_isotonic, fit_platt};
pub use cascade::{Cascade, CascadeStats};
pub use ensemble::{Combine, Ensemble};
pub use limit::Limit;
pub use retry::{Retry, RetryPolicy};
pub use traced::Traced;

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

    /// Asks again what failed; see [`Retry`].
    fn retry(self, policy: RetryPolicy) -> Retry<Self> {
        Retry::new(self, policy)
    }

    /// At most `n` calls at once; see [`Limit`].
    fn limit(self, n: usize) -> Limit<Self> {
        Limit::new(self, n)
    }

    /// Stops asking when the budget is spent; see [`Budget`].
    fn budget(self, limits: BudgetLimits) -> Budget<Self> {
        Budget::new(self, limits)
    }

    /// Makes the probabilities of comparisons mean what they say; see [`Calibrated`].
    fn calibrated(self, calibration: Calibration) -> Calibrated<Self> {
        Calibrated::new(self, calibration)
    }

    /// Puts every call into a `tracing` span; see [`Traced`].
    fn traced(self, level: tracing::Level) -> Traced<Self> {
        Traced::new(self, level)
    }

    /// Hands on to `dear` what this judge is unsure of; see [`Cascade`].
    fn cascade<D: ToolCallJudge>(self, dear: D, unsure_below: f64) -> Cascade<Self, D> {
        Cascade::new(self, dear, unsure_below)
    }
}

impl<J: ToolCallJudge> JudgeExt for J {}

#[cfg(test)]
pub(crate) mod mock;
#[cfg(test)]
mod tests;
