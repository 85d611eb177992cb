//! [`HttpClientBuilder`]: how a server is reached.

use std::{
    fmt,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use reqwest::{
    header::{AUTHORIZATION, HeaderMap, HeaderValue},
    redirect,
};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::sync::Semaphore;
use toolrm_core::{
    error::{ErrorKind, JudgeError},
    layer::RetryPolicy,
};

use super::{
    address::{Address, Secrets},
    client::{HttpClient, Inner},
};

/// Environment variables a key is looked for in, in this order.
const KEY_VARIABLES: [&str; 2] = ["TOOLRM_API_KEY", "OPENAI_API_KEY"];

/// How to reach a server. Made by [`HttpClient::builder`].
#[derive(Clone)]
pub struct HttpClientBuilder {
    url: String,
    key: Option<String>,
    variables: Vec<String>,
    concurrency: usize,
    timeout: Duration,
    connect_timeout: Duration,
    retry: RetryPolicy,
    max_body: usize,
}

impl HttpClientBuilder {
    pub(super) fn new(url: String) -> Self {
        Self {
            url,
            key: None,
            variables: KEY_VARIABLES.map(str::to_owned).to_vec(),
            concurrency: 32,
            timeout: Duration::from_mins(10),
            connect_timeout: Duration::from_secs(10),
            retry: RetryPolicy::default(),
            max_body: 64 * 1024 * 1024,
        }
    }

    /// Sets the key that is sent as `Authorization: Bearer`. Without it the environment is looked at.
    pub fn with_key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Sets the one environment variable that holds the key, instead of `TOOLRM_API_KEY` and `OPENAI_API_KEY`.
    pub fn with_key_variable(mut self, name: impl Into<String>) -> Self {
        self.variables = vec![name.into()];
        self
    }

    /// Sends no key, whatever the environment holds.
    pub fn without_key(mut self) -> Self {
        (self.key, self.variables) = (None, Vec::new());
        self
    }

    /// Sets how many requests may be under way at once, over all clones of the client; 0 counts as 1. 32 otherwise.
    pub fn with_concurrency(mut self, requests: usize) -> Self {
        self.concurrency = requests.clamp(1, Semaphore::MAX_PERMITS);
        self
    }

    /// Sets how long one request may take, its answer included. 10 minutes otherwise.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets how long connecting may take. 10 seconds otherwise.
    pub fn with_connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Sets how often and how patiently a request is made again after 429, 500, 502, 503, 504 and failures to connect. A server that
    /// asks for a longer wait than the policy's longest is not waited for: its error says how long it asked for.
    pub fn with_retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// Sets the largest answer in bytes. 64 MiB otherwise.
    pub fn with_max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }

    /// The client, or [`ErrorKind::InvalidInput`]: the address is none, or the key cannot stand in a header. Nothing is sent yet.
    pub fn build(self) -> Result<HttpClient, JudgeError> {
        let mut address = Address::new(&self.url)?;
        let explicit = self.key.is_some();
        // A user in the address is a credential by itself: the environment's key is not meant for it.
        let key = if !explicit && address.has_user() { None } else { self.find_key(|name| std::env::var(name).ok()) };
        let secrets = Secrets::new(&address, key.as_deref());
        if explicit {
            address = address.without_user();
        }
        if key.is_some() && !address.is_https() && !address.is_local() {
            tracing::warn!(server = address.shown(), "the key is sent unencrypted: use https");
        }
        let key_advice = self.key_advice(key.is_some() || address.has_user());
        let http = reqwest::Client::builder()
            .user_agent(concat!("toolrm/", env!("CARGO_PKG_VERSION")))
            .tls_backend_preconfigured(tls(address.is_https())?)
            .default_headers(headers(key.as_deref())?)
            .connect_timeout(self.connect_timeout)
            .redirect(redirect::Policy::none())
            .build()
            .map_err(|e| unusable("the HTTP client cannot be built", e.without_url()))?;
        Ok(HttpClient(Arc::new(Inner {
            http,
            address,
            secrets,
            key_advice,
            limit: Semaphore::new(self.concurrency),
            concurrency: self.concurrency,
            timeout: self.timeout,
            retry: self.retry,
            max_body: self.max_body,
            retries: AtomicU64::new(0),
        })))
    }

    fn find_key(&self, variable: impl Fn(&str) -> Option<String>) -> Option<String> {
        let found = self.key.clone().or_else(|| {
            let values = self.variables.iter().filter_map(|name| variable(name));
            values.map(|v| v.trim().to_owned()).find(|v| !v.is_empty())
        });
        found.map(|key| key.trim().to_owned()).filter(|key| !key.is_empty())
    }

    fn key_advice(&self, sent: bool) -> String {
        let variable = self.variables.first().map_or("TOOLRM_API_KEY", String::as_str);
        if sent {
            format!("the server refuses the key it was sent; set {variable} to one it takes")
        } else {
            format!("the server wants a key and was sent none; set {variable}")
        }
    }
}

impl fmt::Debug for HttpClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = Address::new(&self.url).ok().map(|a| a.shown().to_owned());
        f.debug_struct("HttpClientBuilder")
            .field("url", &url)
            .field("key", &self.key.is_some())
            .field("variables", &self.variables)
            .finish_non_exhaustive()
    }
}

fn unusable(what: &'static str, error: impl std::error::Error + Send + Sync + 'static) -> JudgeError {
    JudgeError::new(ErrorKind::InvalidInput, format!("{what}: {error}")).with_source(error)
}

/// Ring as the provider of this client alone, and the system's roots where they are needed.
fn tls(needed: bool) -> Result<ClientConfig, JudgeError> {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|e| unusable("TLS cannot be set up", e))?;
    let config = if needed {
        config.with_platform_verifier().map_err(|e| unusable("the system's certificates cannot be loaded", e))?
    } else {
        config.with_root_certificates(RootCertStore::empty())
    };
    Ok(config.with_no_client_auth())
}

fn headers(key: Option<&str>) -> Result<HeaderMap, JudgeError> {
    let mut headers = HeaderMap::new();
    if let Some(key) = key {
        let mut value = HeaderValue::from_str(&format!("Bearer {key}")).map_err(|_| {
            JudgeError::new(ErrorKind::InvalidInput, "the key holds characters that cannot stand in an HTTP header")
        })?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_comes_from_the_first_variable_that_has_one() {
        let found = |builder: HttpClientBuilder| {
            builder.find_key(|name| match name {
                "TOOLRM_API_KEY" => Some("  ".into()),
                "OPENAI_API_KEY" => Some("from-openai\n".into()),
                "MINE" => Some("mine".into()),
                _ => None,
            })
        };
        let builder = HttpClient::builder("http://h");
        assert_eq!(found(builder.clone()).as_deref(), Some("from-openai"));
        assert_eq!(found(builder.clone().with_key_variable("MINE")).as_deref(), Some("mine"));
        assert_eq!(found(builder.clone().with_key_variable("OTHER")), None);
        assert_eq!(found(builder.clone().with_key("given")).as_deref(), Some("given"));
        assert_eq!(found(builder.without_key()), None);
    }

    #[test]
    fn a_key_that_cannot_be_sent_is_an_error_that_does_not_show_it() {
        let error = HttpClient::builder("http://h").with_key("sk-\nsecret").build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(!format!("{error:?}").contains("secret"), "{error:?}");
    }

    #[test]
    fn https_is_set_up_without_a_provider_for_the_whole_process() {
        HttpClient::builder("https://example.invalid").without_key().build().unwrap();
        assert!(rustls::crypto::CryptoProvider::get_default().is_none());
    }
}
