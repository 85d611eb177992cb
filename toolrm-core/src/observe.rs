//! [`CallOptions`]: how one call is controlled and watched. The same code path serves streaming and not: streaming is an
//! [`Observer`].

use std::{fmt, future::Future, pin::pin, sync::Arc, time::Duration};

use futures_timer::Delay;
use futures_util::future::{Either, select};
use web_time::Instant;

use crate::{
    cancel::Cancel,
    error::{ErrorKind, JudgeError},
};

/// Watches a call from outside. Both methods are called in the order things happen, from whichever thread does the work.
pub trait Observer: Send + Sync {
    /// Item `item` of the batch got more text from the model.
    fn on_delta(&self, item: usize, text: &str) {
        let _ = (item, text);
    }
    /// Item `item` of the batch is finished.
    fn on_item(&self, item: usize) {
        let _ = item;
    }
}

/// How often a waiting call looks at the cancellation flag.
const POLL: Duration = Duration::from_millis(20);

/// Control of one call: cancellation, deadline, seed, observer.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct CallOptions {
    /// Raise it to stop; no backend call starts afterwards.
    pub cancel: Cancel,
    /// No backend call starts after this instant, and waiting ends there.
    pub deadline: Option<Instant>,
    /// Seed of everything random (sampling, tournament brackets). The same seed gives the same result.
    pub seed: u64,
    /// How often the same request was made before: 0 the first time. [`crate::layer::Retry`] counts it up, and a judge that
    /// writes text takes it as leave to spend a larger token budget after [`ErrorKind::Truncated`].
    pub attempt: u32,
    /// Watches the call.
    pub observer: Option<Arc<dyn Observer>>,
}

impl CallOptions {
    /// Sets the cancellation flag.
    pub fn with_cancel(mut self, cancel: Cancel) -> Self {
        self.cancel = cancel;
        self
    }

    /// Sets the deadline to `timeout` from now.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.deadline = Instant::now().checked_add(timeout);
        self
    }

    /// Sets the seed.
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets the observer.
    pub fn with_observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// Time left until the deadline; `None` when there is none.
    pub fn remaining(&self) -> Option<Duration> {
        self.deadline.map(|d| d.saturating_duration_since(Instant::now()))
    }

    /// An error when the call was cancelled ([`ErrorKind::Cancelled`]) or its deadline has passed ([`ErrorKind::Timeout`]).
    /// Judges call it before every piece of work.
    pub fn check(&self) -> Result<(), JudgeError> {
        if self.cancel.is_cancelled() {
            return Err(JudgeError::cancelled());
        }
        match self.remaining() {
            Some(Duration::ZERO) => Err(JudgeError::new(ErrorKind::Timeout, "the deadline passed")),
            _ => Ok(()),
        }
    }

    /// Runs `future` until it is done, or until the call is cancelled or late, whichever comes first. Needs no runtime.
    ///
    /// ```
    /// use std::time::Duration;
    /// use toolrm_core::{error::ErrorKind, observe::CallOptions};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let options = CallOptions::default().with_timeout(Duration::from_millis(5));
    /// assert_eq!(options.or_stopped(async { 1 }).await.unwrap(), 1);
    /// let late = options.or_stopped(std::future::pending::<()>()).await.unwrap_err();
    /// assert_eq!(late.kind(), ErrorKind::Timeout);
    /// # }
    /// ```
    pub async fn or_stopped<F: Future>(&self, future: F) -> Result<F::Output, JudgeError> {
        let mut future = pin!(future);
        loop {
            self.check()?;
            let tick = self.remaining().map_or(POLL, |left| left.min(POLL));
            match select(future.as_mut(), Delay::new(tick)).await {
                Either::Left((output, _)) => return Ok(output),
                Either::Right(_) => {}
            }
        }
    }

    /// Waits, and no longer than the caller does.
    pub async fn pause(&self, wait: Duration) -> Result<(), JudgeError> {
        if wait.is_zero() {
            return self.check();
        }
        self.or_stopped(Delay::new(wait)).await
    }

    /// Tells the observer, if any, that item `item` is finished.
    pub fn item_done(&self, item: usize) {
        if let Some(observer) = &self.observer {
            observer.on_item(item);
        }
    }
}

impl fmt::Debug for CallOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallOptions")
            .field("cancel", &self.cancel)
            .field("deadline", &self.deadline)
            .field("seed", &self.seed)
            .field("attempt", &self.attempt)
            .field("observer", &self.observer.is_some())
            .finish()
    }
}
