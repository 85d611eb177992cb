//! What the tests of served models share.
#![allow(dead_code, reason = "every test uses a part of it")]

use std::{
    fmt::Write as _,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use toolrm_backends::http::{HttpChat, HttpClient, HttpClientBuilder};
use toolrm_core::{layer::RetryPolicy, observe::Observer, prelude::*};

/// A client that is quick to give up, and sends no key that happens to be in the environment.
pub(crate) fn quick(url: &str) -> HttpClientBuilder {
    let waits = RetryPolicy::default().with_waits(Duration::from_millis(5), Duration::from_secs(5));
    HttpClient::builder(url).without_key().with_retry(waits)
}

pub(crate) fn chat(url: &str) -> HttpChat {
    HttpChat::new(quick(url).build().unwrap(), "judge")
}

pub(crate) fn prompt(text: &str) -> Vec<Message> {
    vec![Message::user(text)]
}

/// A whole answer in words.
pub(crate) fn answer(text: &str) -> Value {
    json!({"id": "a", "object": "chat.completion", "model": "judge",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}})
}

/// What a raw server does with a connection.
pub(crate) enum Part {
    /// Sends these bytes.
    Send(String),
    Sleep(Duration),
    /// Waits until the other side hangs up, and says so by raising the number.
    AwaitHangUp(Arc<AtomicUsize>),
    Close,
}

/// An HTTP answer with a JSON body, on a connection that stays open.
pub(crate) fn ok(body: &Value) -> Part {
    let body = body.to_string();
    Part::Send(format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    ))
}

/// A server of bytes: what `reply` says to the nth request, and counts.
pub(crate) struct RawServer {
    pub url: String,
    pub requests: Arc<AtomicUsize>,
    pub connections: Arc<AtomicUsize>,
    /// Most requests under way at once.
    pub most_at_once: Arc<AtomicUsize>,
}

impl RawServer {
    pub(crate) async fn start(reply: impl Fn(usize) -> Vec<Part> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            requests: Arc::default(),
            connections: Arc::default(),
            most_at_once: Arc::default(),
        };
        let (requests, connections, most) =
            (Arc::clone(&server.requests), Arc::clone(&server.connections), Arc::clone(&server.most_at_once));
        let (reply, at_once) = (Arc::new(reply), Arc::new(AtomicUsize::new(0)));
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::SeqCst);
                let (reply, requests, most, at_once) =
                    (Arc::clone(&reply), Arc::clone(&requests), Arc::clone(&most), Arc::clone(&at_once));
                tokio::spawn(async move {
                    while read_request(&mut socket).await {
                        let parts = reply(requests.fetch_add(1, Ordering::SeqCst));
                        most.fetch_max(at_once.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        let open = play(&mut socket, parts).await;
                        at_once.fetch_sub(1, Ordering::SeqCst);
                        if !open {
                            break;
                        }
                    }
                });
            }
        });
        server
    }

    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

/// Reads a request, body and all; false when there is none.
async fn read_request(socket: &mut TcpStream) -> bool {
    let (mut seen, mut buffer) = (Vec::new(), [0_u8; 4096]);
    loop {
        let text = String::from_utf8_lossy(&seen).to_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|l| l.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
            if body.len() >= length.unwrap_or(0) {
                return true;
            }
        }
        match socket.read(&mut buffer).await {
            Ok(n) if n > 0 => seen.extend_from_slice(&buffer[..n]),
            _ => return false,
        }
    }
}

/// Whether the connection stays open.
async fn play(socket: &mut TcpStream, parts: Vec<Part>) -> bool {
    for part in parts {
        match part {
            Part::Send(text) => {
                if socket.write_all(text.as_bytes()).await.is_err() {
                    return false;
                }
            }
            Part::Sleep(time) => tokio::time::sleep(time).await,
            Part::AwaitHangUp(seen) => {
                if matches!(socket.read(&mut [0_u8; 1]).await, Ok(0) | Err(_)) {
                    seen.fetch_add(1, Ordering::SeqCst);
                }
                return false;
            }
            Part::Close => return false,
        }
    }
    true
}

/// Remembers the texts of each item.
#[derive(Default)]
pub(crate) struct Deltas(pub Mutex<Vec<(usize, String)>>);

impl Observer for Deltas {
    fn on_delta(&self, item: usize, text: &str) {
        self.0.lock().unwrap().push((item, text.to_owned()));
    }
}

impl Deltas {
    pub(crate) fn of(&self, item: usize) -> String {
        self.0.lock().unwrap().iter().filter(|(i, _)| *i == item).map(|(_, text)| text.as_str()).collect()
    }
}

/// Options whose calls are streamed.
pub(crate) fn watched() -> (CallOptions, Arc<Deltas>) {
    let deltas = Arc::new(Deltas::default());
    (CallOptions::default().with_observer(Arc::clone(&deltas) as Arc<dyn Observer>), deltas)
}

/// Everything that is logged while it is the subscriber of the thread.
#[derive(Clone, Default)]
pub(crate) struct Logged(Arc<Mutex<String>>);

impl Logged {
    pub(crate) fn text(&self) -> String {
        self.0.lock().unwrap().clone()
    }
}

impl tracing::Subscriber for Logged {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, span: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        let _ = write!(self.0.lock().unwrap(), "{span:?}");
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, values: &tracing::span::Record<'_>) {
        let _ = write!(self.0.lock().unwrap(), "{values:?}");
    }
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        let _ = writeln!(self.0.lock().unwrap(), "{event:?}");
    }
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}
