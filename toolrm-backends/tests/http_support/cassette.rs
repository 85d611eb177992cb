//! Recorded conversations with a server: `tests/cassettes/NAME.json`. A request is answered only if method, path and body are those
//! that were recorded, so a change of a prompt or a parameter breaks the test.
//!
//! `TOOLRM_RECORD=http://127.0.0.1:8000` records anew, from that server (`toolrm-backends/scripts/record-cassettes` does it all).

use std::{
    fs,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers::any};

/// One request and its answer. Bodies are JSON where they are JSON, and text otherwise.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Exchange {
    method: String,
    path: String,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    request: Value,
    status: u16,
    content_type: String,
    response: Value,
    #[serde(skip)]
    used: bool,
}

#[derive(Clone)]
pub(crate) struct Cassette {
    file: PathBuf,
    /// The server that is recorded.
    record: Option<String>,
    exchanges: Arc<Mutex<Vec<Exchange>>>,
    strangers: Arc<Mutex<Vec<String>>>,
}

impl Cassette {
    /// A server that plays the recording, or makes it.
    pub(crate) async fn open(name: &str) -> (Self, MockServer) {
        let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/cassettes/{name}.json"));
        let record = std::env::var("TOOLRM_RECORD").ok();
        let exchanges = match &record {
            Some(_) => Vec::new(),
            None => serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap(),
        };
        let cassette = Self { file, record, exchanges: Arc::new(Mutex::new(exchanges)), strangers: Arc::default() };
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(cassette.clone()).mount(&server).await;
        (cassette, server)
    }

    /// Everything that was recorded was asked for, and nothing else; or the recording is written.
    pub(crate) fn close(self) {
        let mut exchanges = self.exchanges.lock().unwrap();
        if self.record.is_some() {
            // Requests made at the same time come in any order: the file has one.
            exchanges.sort_by_key(|e| (e.path.clone(), e.request.to_string()));
            let text = serde_json::to_string_pretty(&*exchanges).unwrap();
            fs::write(&self.file, text + "\n").unwrap();
            return;
        }
        let strangers = self.strangers.lock().unwrap();
        let rerecord = "if that is meant, record anew (toolrm-backends/scripts/record-cassettes)";
        assert!(strangers.is_empty(), "requests that were never recorded; {rerecord}:\n{}", strangers.join("\n"));
        let unused: Vec<_> = exchanges.iter().filter(|e| !e.used).map(|e| e.request.to_string()).collect();
        assert!(unused.is_empty(), "recorded requests that were not made; {rerecord}:\n{}", unused.join("\n"));
    }

    fn play(&self, request: &Request) -> ResponseTemplate {
        let (method, path, body) = (request.method.to_string(), request.url.path(), body_of(&request.body));
        let mut exchanges = self.exchanges.lock().unwrap();
        let found = exchanges.iter_mut().find(|e| !e.used && e.method == method && e.path == path && e.request == body);
        if let Some(exchange) = found {
            exchange.used = true;
            return exchange.answer();
        }
        self.strangers.lock().unwrap().push(format!("{method} {path} {body}"));
        ResponseTemplate::new(418).set_body_string("this request was never recorded")
    }

    fn record(&self, server: &str, request: &Request) -> ResponseTemplate {
        let (url, method, body) =
            (format!("{server}{}", request.url.path()), request.method.clone(), request.body.clone());
        // wiremock asks for answers without waiting: the waiting is done elsewhere.
        let (status, content_type, response) = std::thread::spawn(move || fetch(method, &url, body)).join().unwrap();
        let exchange = Exchange {
            method: request.method.to_string(),
            path: request.url.path().to_owned(),
            request: body_of(&request.body),
            status,
            content_type,
            response: body_of(&response),
            used: true,
        };
        let answer = exchange.answer();
        self.exchanges.lock().unwrap().push(exchange);
        answer
    }
}

impl Respond for Cassette {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        match &self.record {
            Some(server) => self.record(server.trim_end_matches('/'), request),
            None => self.play(request),
        }
    }
}

impl Exchange {
    fn answer(&self) -> ResponseTemplate {
        let body = match &self.response {
            Value::String(text) => text.clone(),
            json => json.to_string(),
        };
        ResponseTemplate::new(self.status).set_body_raw(body, &self.content_type)
    }
}

fn body_of(bytes: &[u8]) -> Value {
    if bytes.is_empty() {
        return Value::Null;
    }
    let text = String::from_utf8_lossy(bytes);
    serde_json::from_str(&text).unwrap_or_else(|_| Value::String(text.into_owned()))
}

#[tokio::main(flavor = "current_thread")]
async fn fetch(method: wiremock::http::Method, url: &str, body: Vec<u8>) -> (u16, String, Vec<u8>) {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let client = reqwest::Client::builder().tls_backend_preconfigured(tls).build().unwrap();
    let request = client.request(method, url).header("content-type", "application/json").body(body);
    let response = request.send().await.unwrap();
    let content_type = response.headers().get("content-type").map_or("text/plain", |v| v.to_str().unwrap()).to_owned();
    (response.status().as_u16(), content_type, response.bytes().await.unwrap().to_vec())
}
