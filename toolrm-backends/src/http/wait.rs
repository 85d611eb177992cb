//! Waiting that ends at cancellation and at the deadline.

use std::{future::Future, pin::pin, time::Duration};

use futures_util::future::{Either, select};
use toolrm_core::{error::JudgeError, observe::CallOptions};
use web_time::Instant;

/// How often a waiting call looks at the cancellation flag.
const POLL: Duration = Duration::from_millis(10);

/// Runs `future` until it is done, cancelled or late, or until `ends`: then the result is `Ok(None)`. The future is dropped with this
/// one, which closes the connection of a request.
pub(super) async fn until<F: Future>(
    options: &CallOptions,
    ends: Option<Instant>,
    future: F,
) -> Result<Option<F::Output>, JudgeError> {
    let mut future = pin!(future);
    loop {
        options.check()?;
        let left = ends.map(|end| end.saturating_duration_since(Instant::now()));
        if left == Some(Duration::ZERO) {
            return Ok(None);
        }
        let tick = [left, options.remaining()].into_iter().flatten().fold(POLL, Duration::min);
        match select(future.as_mut(), pin!(tokio::time::sleep(tick))).await {
            Either::Left((output, _)) => return Ok(Some(output)),
            Either::Right(_) => {}
        }
    }
}

/// Waits.
pub(super) async fn pause(options: &CallOptions, wait: Duration) -> Result<(), JudgeError> {
    until(options, None, tokio::time::sleep(wait)).await.map(|_| ())
}
