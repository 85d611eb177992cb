//! Waiting that ends with the time a request may take, too.

use std::{future::Future, pin::pin};

use futures_util::future::{Either, select};
use toolrm_core::{error::JudgeError, observe::CallOptions};
use web_time::Instant;

/// Runs `future` until it is done, cancelled or late, or until `ends`: then the result is `Ok(None)`. The future is dropped with this
/// one, which closes the connection of a request.
pub(super) async fn until<F: Future>(
    options: &CallOptions,
    ends: Option<Instant>,
    future: F,
) -> Result<Option<F::Output>, JudgeError> {
    let Some(end) = ends else { return options.or_stopped(future).await.map(Some) };
    let late = tokio::time::sleep(end.saturating_duration_since(Instant::now()));
    Ok(match options.or_stopped(select(pin!(future), pin!(late))).await? {
        Either::Left((output, _)) => Some(output),
        Either::Right(_) => None,
    })
}
