//! Waiting without a runtime, that ends at cancellation and at the deadline.

use std::{future::Future, pin::pin, time::Duration};

use futures_timer::Delay;
use futures_util::future::{Either, select};

use crate::{error::JudgeError, observe::CallOptions};

/// How often a waiting call looks at the cancellation flag.
const POLL: Duration = Duration::from_millis(20);

/// Runs `future` until it is done, cancelled or late, whichever comes first.
pub(crate) async fn or_stopped<F: Future>(options: &CallOptions, future: F) -> Result<F::Output, JudgeError> {
    let mut future = pin!(future);
    loop {
        options.check()?;
        let tick = options.remaining().map_or(POLL, |left| left.min(POLL));
        match select(future.as_mut(), Delay::new(tick)).await {
            Either::Left((output, _)) => return Ok(output),
            Either::Right(_) => {}
        }
    }
}

/// Waits.
pub(crate) async fn pause(options: &CallOptions, wait: Duration) -> Result<(), JudgeError> {
    if wait.is_zero() {
        return options.check();
    }
    or_stopped(options, Delay::new(wait)).await
}
