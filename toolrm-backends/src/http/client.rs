//! [`HttpClient`]: the connection to one server.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use reqwest::{
    Method, Response,
    header::{CONTENT_TYPE, HeaderMap},
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::{Semaphore, SemaphorePermit};
use toolrm_core::{
    error::{ErrorKind, JudgeError},
    layer::RetryPolicy,
    observe::CallOptions,
};
use web_time::Instant;

use super::{
    address::{Address, Secrets},
    builder::HttpClientBuilder,
    fault::Place,
    retry,
    wait::until,
};

/// Headers servers put a request's name in.
const REQUEST_IDS: [&str; 3] = ["x-request-id", "request-id", "x-correlation-id"];
/// Most bytes of an error's body that are read.
const ERROR_BODY: usize = 64 * 1024;

/// The connection to one server, shared by all that ask it. Clones share connections and the concurrency limit.
///
/// - Requests that are refused for now (429, 500, 502, 503, 504) or cannot be delivered are made again, with exponential waits whose
///   jitter comes from [`CallOptions::seed`], and no earlier than `Retry-After` says; never past the deadline.
/// - [`CallOptions::cancel`] and the deadline end a request within some 10 ms: the connection is closed, which stops the server's work.
/// - The key, and user, password and query of the address, stand in no error, log or debug text.
/// - Redirects are not followed, so that the key goes nowhere else.
#[derive(Clone)]
pub struct HttpClient(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub(super) http: reqwest::Client,
    pub(super) address: Address,
    pub(super) secrets: Secrets,
    pub(super) key_advice: String,
    pub(super) limit: Semaphore,
    pub(super) concurrency: usize,
    pub(super) timeout: Duration,
    pub(super) retry: RetryPolicy,
    pub(super) max_body: usize,
    /// Retries so far, so that the jitter of calls with the same seed differs.
    pub(super) retries: AtomicU64,
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClient")
            .field("url", &self.0.address)
            .field("concurrency", &self.0.concurrency)
            .field("timeout", &self.0.timeout)
            .field("retry", &self.0.retry)
            .finish_non_exhaustive()
    }
}

/// Why one attempt failed, and whether there should be another.
struct Attempt {
    error: JudgeError,
    again: bool,
}

impl From<JudgeError> for Attempt {
    fn from(error: JudgeError) -> Self {
        Self { error, again: false }
    }
}

impl HttpClient {
    /// A client with default settings. `url` is the server's address, with or without `/v1`.
    pub fn new(url: impl Into<String>) -> Result<Self, JudgeError> {
        Self::builder(url).build()
    }

    /// A client with other settings.
    pub fn builder(url: impl Into<String>) -> HttpClientBuilder {
        HttpClientBuilder::new(url.into())
    }

    /// The server's address, without user, password, query and `/v1`.
    pub fn url(&self) -> &str {
        self.0.address.shown()
    }

    /// Most requests that are under way at once.
    pub fn concurrency(&self) -> usize {
        self.0.concurrency
    }

    /// Gets a JSON document.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str, options: &CallOptions) -> Result<T, JudgeError> {
        self.open(Method::GET, path, None, options).await?.json(options).await
    }

    /// Makes a request until it is answered with a good status, or given up.
    pub(super) async fn open(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        options: &CallOptions,
    ) -> Result<Incoming<'_>, JudgeError> {
        if tokio::runtime::Handle::try_current().is_err() {
            let message = "a served model is asked from inside a tokio runtime, and there is none here";
            return Err(JudgeError::new(ErrorKind::InvalidInput, message));
        }
        let place = self.place(&method, path);
        let body = body.map(|b| b.to_string().into_bytes());
        let mut failed = 0;
        loop {
            options.check()?;
            let error = match self.attempt(&method, path, body.clone(), &place, options).await {
                Ok(incoming) => return Ok(incoming),
                Err(Attempt { error, again: false }) => return Err(error),
                Err(Attempt { error, .. }) => error,
            };
            failed += 1;
            let random = retry::mix(options.seed, self.0.retries.fetch_add(1, Ordering::Relaxed));
            let wait = retry::wait(&self.0.retry, failed, error.retry_after(), random);
            let Some(wait) = wait.filter(|wait| options.remaining().is_none_or(|left| left > *wait)) else {
                return Err(error);
            };
            tracing::debug!(%error, ?wait, failed, "the request is made again");
            options.pause(wait).await?;
        }
    }

    async fn attempt(
        &self,
        method: &Method,
        path: &str,
        body: Option<Vec<u8>>,
        place: &Place,
        options: &CallOptions,
    ) -> Result<Incoming<'_>, Attempt> {
        let permit = until(options, None, self.0.limit.acquire()).await?.and_then(Result::ok);
        let permit = permit.ok_or_else(|| place.error(ErrorKind::Backend, "the client is shut down"))?;
        let ends = Instant::now().checked_add(self.0.timeout);
        let mut request = self.0.http.request(method.clone(), self.0.address.of(path));
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, "application/json").body(body);
        }
        let mut place = place.clone();
        let response = match until(options, ends, request.send()).await? {
            None => return Err(self.too_slow(&place).into()),
            Some(Err(error)) => {
                let again = !error.is_builder() && !error.is_redirect();
                return Err(Attempt { error: place.transport("the server cannot be reached", error), again });
            }
            Some(Ok(response)) => response,
        };
        place.request_id = request_id(response.headers());
        let (status, headers) = (response.status(), response.headers().clone());
        let mut incoming = Incoming { client: self, response, place, ends, read: 0, _permit: permit };
        if status.is_success() {
            return Ok(incoming);
        }
        let body = incoming.text(ERROR_BODY, options).await;
        // The status says enough where its body cannot be read, unless the caller wants no more.
        options.check()?;
        let after = retry::retry_after(&headers, SystemTime::now());
        let error = incoming.place.status(status, &body.unwrap_or_default(), after);
        let again = retry::may_pass(status) && error.kind() != ErrorKind::PromptTooLong;
        Err(Attempt { error, again })
    }

    fn too_slow(&self, place: &Place) -> JudgeError {
        let what = format!("no answer within {:?}, the time one request may take", self.0.timeout);
        place.error(ErrorKind::Timeout, what)
    }

    fn place(&self, method: &Method, path: &str) -> Place {
        Place {
            endpoint: format!("{method} {}{path}", self.0.address.shown()),
            request_id: None,
            secrets: self.0.secrets.clone(),
            key_advice: self.0.key_advice.clone(),
        }
    }
}

fn request_id(headers: &HeaderMap) -> Option<String> {
    REQUEST_IDS.iter().find_map(|name| headers.get(*name)?.to_str().ok()).map(str::to_owned)
}

/// An answer of which the head has come. It counts against the concurrency limit until it is dropped.
pub(super) struct Incoming<'a> {
    client: &'a HttpClient,
    response: Response,
    pub(super) place: Place,
    ends: Option<Instant>,
    read: usize,
    _permit: SemaphorePermit<'a>,
}

impl Incoming<'_> {
    /// The next piece of the body; `None` at its end.
    pub(super) async fn chunk(
        &mut self,
        options: &CallOptions,
    ) -> Result<Option<impl AsRef<[u8]> + use<>>, JudgeError> {
        let chunk = match until(options, self.ends, self.response.chunk()).await? {
            None => return Err(self.client.too_slow(&self.place)),
            Some(Err(error)) => return Err(self.place.transport("the answer broke off", error)),
            Some(Ok(chunk)) => chunk,
        };
        self.read = self.read.saturating_add(chunk.as_ref().map_or(0, |c| c.as_ref().len()));
        let most = self.client.0.max_body;
        if self.read > most {
            let what = format!("the answer is larger than the {most} bytes that are allowed");
            return Err(self.place.error(ErrorKind::Backend, what));
        }
        Ok(chunk)
    }

    /// The whole body, or its first `most` bytes and what came with them.
    async fn text(&mut self, most: usize, options: &CallOptions) -> Result<String, JudgeError> {
        let mut body = Vec::new();
        while body.len() < most {
            let Some(chunk) = self.chunk(options).await? else { break };
            body.extend_from_slice(chunk.as_ref());
        }
        Ok(String::from_utf8_lossy(&body).into_owned())
    }

    /// The body as JSON.
    pub(super) async fn json<T: DeserializeOwned>(mut self, options: &CallOptions) -> Result<T, JudgeError> {
        let body = self.text(usize::MAX, options).await?;
        serde_json::from_str(&body).map_err(|e| self.place.garbage(e, &body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_runtime_there_is_an_error_and_no_panic() {
        let client = HttpClient::builder("http://127.0.0.1:9").without_key().build().unwrap();
        let result = toolrm_core::testkit::block_on(client.get::<Value>("/health", &CallOptions::default()));
        assert_eq!(result.unwrap_err().kind(), ErrorKind::InvalidInput);
    }
}
