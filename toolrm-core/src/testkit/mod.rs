//! Mock judges, scripted models and conformance suites, for the tests of crates that implement the traits. Feature `testkit`.
//!
//! - Judges: [`MockJudge`] (a script), [`BiasedJudge`] (prefers a place), [`NoisyJudge`] (errs at a known rate).
//! - Models: [`ScriptedGenerator`], [`FlakyGenerator`] (fails on purpose), [`ScriptedSampler`], [`ScriptedSequenceScorer`].
//! - Suites: [`crate::judge_conformance!`] and [`crate::scorer_conformance!`] write one test per law of [`conformance::Law`], over
//!   the tasks of [`cases()`].
//!
//! Nothing here needs a runtime: [`block_on`] drives a future on the thread it is called from. Being for tests, this module may
//! panic: with a message, where a test is written wrongly.

pub mod cases;
pub mod conformance;
mod judges;
mod macros;
mod models;
#[cfg(test)]
mod tests;

use std::{
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
};

pub use cases::{Case, Quality, Sample, cases};
pub use judges::{BiasedJudge, MockJudge, NoisyJudge};
pub use models::{Fault, FlakyGenerator, ScriptedGenerator, ScriptedSampler, ScriptedSequenceScorer};

use crate::{call::Candidate, canonical::Fingerprint, task::Task};

/// Drives a future to its end on this thread, which sleeps while the future waits.
///
/// ```
/// # #[cfg(feature = "testkit")]
/// assert_eq!(toolrm_core::testkit::block_on(async { 1 + 1 }), 2);
/// ```
pub fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

/// A number in \[0, 1) that depends on the seed, the task and the candidates in their order, and on nothing else.
fn chance(seed: u64, task: &Task, candidates: &[&Candidate]) -> f64 {
    let messages = serde_json::to_string(task.messages()).unwrap_or_default();
    let parts = [seed.to_string(), messages, task.tools().fingerprint().to_string()];
    let actions = candidates.iter().map(|c| Fingerprint::of_action(&c.action).to_string());
    let hash = Fingerprint::of(parts.into_iter().chain(actions));
    let top = hash.as_bytes().iter().take(7).fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
    // 53 of the 56 bits: exactly what an f64 holds.
    (top >> 3) as f64 / (1_u64 << 53) as f64
}
