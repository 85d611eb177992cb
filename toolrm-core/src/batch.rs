//! Runs the items of a batch through a model port, in pieces the port can take.

use std::sync::Arc;

use crate::{
    error::{ErrorKind, JudgeError},
    observe::{CallOptions, Observer},
};

/// Gives one result per input, in order.
///
/// Inputs that are errors already stay what they are and cost no call. The rest goes to `call` in pieces of at most `max_batch`;
/// before each one the options are checked, so that nothing starts after a cancellation or the deadline. When a piece fails as a
/// whole, its items fail with the same error; when that is the very first piece, nothing could be done and the error is the result.
pub(crate) async fn run<I, T, F, Fut>(
    inputs: Vec<Result<I, JudgeError>>,
    max_batch: usize,
    options: &CallOptions,
    mut call: F,
) -> Result<Vec<Result<T, JudgeError>>, JudgeError>
where
    F: FnMut(Vec<I>, CallOptions) -> Fut,
    Fut: Future<Output = Result<Vec<Result<T, JudgeError>>, JudgeError>>,
{
    let mut results: Vec<(usize, Result<T, JudgeError>)> = Vec::with_capacity(inputs.len());
    let mut waiting = Vec::new();
    for (i, input) in inputs.into_iter().enumerate() {
        match input {
            Ok(input) => waiting.push((i, input)),
            Err(error) => {
                results.push((i, Err(error)));
                options.item_done(i);
            }
        }
    }
    let mut waiting = waiting.into_iter().peekable();
    let mut first = true;
    while waiting.peek().is_some() {
        options.check()?;
        let (places, piece): (Vec<usize>, Vec<I>) = waiting.by_ref().take(max_batch.max(1)).unzip();
        let piece_options = renumbered(options, &places);
        let outcome = match call(piece, piece_options).await {
            Err(error) if first || error.kind() == ErrorKind::Cancelled => return Err(error),
            Err(error) => places.iter().map(|_| Err(copy(&error))).collect(),
            Ok(outcome) if outcome.len() == places.len() => outcome,
            Ok(outcome) => {
                // Which result belongs to which item is no longer known.
                let error = JudgeError::new(
                    ErrorKind::Backend,
                    format!("the model backend gave {} results for {} items", outcome.len(), places.len()),
                );
                places.iter().map(|_| Err(copy(&error))).collect()
            }
        };
        first = false;
        for (place, result) in places.into_iter().zip(outcome) {
            results.push((place, result));
            options.item_done(place);
        }
    }
    results.sort_by_key(|(place, _)| *place);
    Ok(results.into_iter().map(|(_, result)| result).collect())
}

/// The same error for another item; its source is told in words.
fn copy(error: &JudgeError) -> JudgeError {
    let message = match std::error::Error::source(error) {
        Some(source) => format!("{} ({source})", error.message()),
        None => error.message().to_owned(),
    };
    let mut copy = JudgeError::new(error.kind(), message);
    if let Some(raw) = error.raw_output() {
        copy = copy.with_raw_output(raw);
    }
    match error.retry_after() {
        Some(wait) => copy.with_retry_after(wait),
        None => copy,
    }
}

/// The options of a piece: its observer is told the places of the whole batch.
fn renumbered(options: &CallOptions, places: &[usize]) -> CallOptions {
    let mut options = options.clone();
    options.observer =
        options.observer.map(|inner| Arc::new(Renumbered { inner, places: places.to_vec() }) as Arc<dyn Observer>);
    options
}

struct Renumbered {
    inner: Arc<dyn Observer>,
    places: Vec<usize>,
}

impl Observer for Renumbered {
    fn on_delta(&self, item: usize, text: &str) {
        if let Some(place) = self.places.get(item) {
            self.inner.on_delta(*place, text);
        }
    }
    // `on_item` is told once, by `run`.
}
