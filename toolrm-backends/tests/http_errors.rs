//! Everything that goes wrong between here and a server: typed errors, in bounded time.
#![cfg(feature = "http")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::float_cmp,
    reason = "a test fails by panicking"
)]

mod http_support;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use http_support::{Logged, Part, RawServer, answer, chat, ok, prompt, quick, watched};
use serde_json::json;
use toolrm_backends::http::{HttpChat, HttpClient, HttpReward, RewardEndpoint};
use toolrm_core::{
    cancel::Cancel,
    layer::RetryPolicy,
    port::{GenParams, Generation, SequenceScorer, TextGenerator},
    prelude::*,
};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{body_string_contains, header, method, path},
};

async fn ask(chat: &HttpChat, options: &CallOptions) -> Result<Generation, JudgeError> {
    let mut results = chat.generate(&[prompt("hello")], &GenParams::greedy(8), options).await?;
    assert_eq!(results.len(), 1);
    results.remove(0)
}

/// A server that gives `first` once and answers afterwards.
async fn recovering(first: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(first).up_to_n_times(1).expect(1).with_priority(1).mount(&server).await;
    let good = ResponseTemplate::new(200).set_body_json(answer("fine"));
    Mock::given(path("/v1/chat/completions")).respond_with(good).expect(1).mount(&server).await;
    server
}

async fn always(response: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(response).mount(&server).await;
    server
}

async fn count(server: &MockServer) -> usize {
    server.received_requests().await.unwrap().len()
}

#[tokio::test]
async fn a_rate_limit_is_waited_for_as_long_as_the_server_says() {
    let server = recovering(ResponseTemplate::new(429).insert_header("retry-after", "1")).await;
    let start = Instant::now();
    assert_eq!(ask(&chat(&server.uri()), &CallOptions::default()).await.unwrap().text, "fine");
    assert!(start.elapsed() >= Duration::from_secs(1), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_rate_limit_with_a_date_is_waited_for() {
    let date = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(2));
    let server = recovering(ResponseTemplate::new(429).insert_header("retry-after", date.as_str())).await;
    let start = Instant::now();
    ask(&chat(&server.uri()), &CallOptions::default()).await.unwrap();
    // Dates have whole seconds.
    assert!(start.elapsed() >= Duration::from_millis(900), "{:?}", start.elapsed());
}

#[tokio::test]
async fn server_errors_are_asked_again() {
    for status in [500, 502, 503, 504] {
        let server = recovering(ResponseTemplate::new(status)).await;
        ask(&chat(&server.uri()), &CallOptions::default()).await.unwrap();
    }
}

#[tokio::test]
async fn a_wait_longer_than_the_policys_is_an_error_that_says_how_long() {
    let server = always(ResponseTemplate::new(429).insert_header("retry-after", "3600")).await;
    let error = ask(&chat(&server.uri()), &CallOptions::default()).await.unwrap_err();
    assert_eq!((error.kind(), error.retry_after()), (ErrorKind::RateLimited, Some(Duration::from_hours(1))));
    assert_eq!(count(&server).await, 1);
}

#[tokio::test]
async fn a_wait_past_the_deadline_is_not_begun() {
    let server = always(ResponseTemplate::new(429).insert_header("retry-after", "4")).await;
    let start = Instant::now();
    let options = CallOptions::default().with_timeout(Duration::from_secs(2));
    let error = ask(&chat(&server.uri()), &options).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert!(start.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn attempts_are_counted() {
    let server = always(ResponseTemplate::new(503).set_body_string("<h1>no</h1>")).await;
    let error = ask(&chat(&server.uri()), &CallOptions::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Backend);
    let wanted = format!("POST {}/v1/chat/completions: status 503 Service Unavailable: <h1>no</h1>", server.uri());
    assert_eq!(error.message(), wanted);
    assert_eq!(count(&server).await, 3);
}

#[tokio::test]
async fn what_will_not_pass_is_not_asked_again() {
    let cases = [
        (400, json!({"error": {"message": "no such field"}}), ErrorKind::InvalidInput),
        (422, json!({"detail": "field required"}), ErrorKind::InvalidInput),
        (400, json!({"error": {"code": "context_length_exceeded", "message": "too long"}}), ErrorKind::PromptTooLong),
        (413, json!({"error": "`inputs` must have less than 512 tokens. Given: 600"}), ErrorKind::PromptTooLong),
        (404, json!({"message": "The model `judge` does not exist."}), ErrorKind::Unsupported),
        (401, json!({"error": "who are you"}), ErrorKind::InvalidInput),
        (403, json!({"error": "not you"}), ErrorKind::InvalidInput),
    ];
    for (status, body, kind) in cases {
        let response = ResponseTemplate::new(status).set_body_json(&body).insert_header("x-request-id", "req-9");
        let server = always(response).await;
        let error = ask(&chat(&server.uri()), &CallOptions::default()).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        for part in ["/v1/chat/completions", "req-9", &status.to_string()] {
            assert!(error.message().contains(part), "{error}");
        }
        assert_eq!(count(&server).await, 1);
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let server = always(ResponseTemplate::new(307).insert_header("location", "http://elsewhere.invalid/")).await;
    let error = ask(&chat(&server.uri()), &CallOptions::default()).await.unwrap_err();
    assert!(error.message().contains("redirects are not followed"), "{error}");
}

#[tokio::test]
async fn garbage_is_an_error_with_the_garbage_in_it() {
    for body in ["", "<html>hello</html>", "{\"choices\": 3}", "{\"choices\": []}", "{}"] {
        let server = always(ResponseTemplate::new(200).set_body_string(body)).await;
        let error = ask(&chat(&server.uri()), &CallOptions::default()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Backend, "{error}");
        if !body.ends_with("[]}") && body != "{}" {
            assert_eq!(error.raw_output(), Some(body));
        }
        assert_eq!(count(&server).await, 1);
    }
}

#[tokio::test]
async fn an_error_inside_a_good_status_is_one() {
    let body = json!({"error": {"message": "maximum context length is 8", "code": 400}});
    let server = always(ResponseTemplate::new(200).set_body_json(body)).await;
    let error = ask(&chat(&server.uri()), &CallOptions::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PromptTooLong, "{error}");
}

#[tokio::test]
async fn a_slow_server_meets_the_deadline() {
    let slow = ResponseTemplate::new(200).set_body_json(answer("late")).set_delay(Duration::from_secs(30));
    let server = always(slow).await;
    let start = Instant::now();
    let options = CallOptions::default().with_timeout(Duration::from_millis(200));
    let error = ask(&chat(&server.uri()), &options).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    assert_eq!(count(&server).await, 1);
    let error = ask(&chat(&server.uri()), &CallOptions::default().with_timeout(Duration::ZERO)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(count(&server).await, 1);
}

#[tokio::test]
async fn a_slow_server_meets_the_timeout_of_one_request() {
    let server = RawServer::start(|_| vec![Part::Sleep(Duration::from_secs(30))]).await;
    let client = quick(&server.url).with_timeout(Duration::from_millis(150)).build().unwrap();
    let start = Instant::now();
    let error = ask(&HttpChat::new(client, "judge"), &CallOptions::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.message().contains("150ms"), "{error}");
    assert!(start.elapsed() < Duration::from_secs(2));
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn an_answer_that_drips_meets_the_timeout_too() {
    let server = RawServer::start(|_| {
        let head = "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n".to_owned();
        let drops = (0..100).flat_map(|_| [Part::Sleep(Duration::from_millis(20)), Part::Send(" ".into())]);
        std::iter::once(Part::Send(head)).chain(drops).collect()
    })
    .await;
    let client = quick(&server.url).with_timeout(Duration::from_millis(200)).build().unwrap();
    let error = ask(&HttpChat::new(client, "judge"), &CallOptions::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
}

#[tokio::test]
async fn nobody_there_is_a_transport_error_after_all_attempts() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = ask(&chat(&url), &CallOptions::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport);
    assert!(error.message().contains("cannot be reached") && error.message().contains("refused"), "{error}");
}

#[tokio::test]
async fn a_connection_closed_before_the_answer_is_tried_again() {
    let server = RawServer::start(|n| if n == 0 { vec![Part::Close] } else { vec![ok(&answer("fine"))] }).await;
    assert_eq!(ask(&chat(&server.url), &CallOptions::default()).await.unwrap().text, "fine");
    assert_eq!(server.requests(), 2);
}

#[tokio::test]
async fn a_connection_closed_inside_the_answer_is_a_transport_error() {
    let cut = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{\"choices\": [";
    let server = RawServer::start(move |_| vec![Part::Send(cut.into()), Part::Close]).await;
    let error = ask(&chat(&server.url), &CallOptions::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport, "{error}");
    assert!(error.message().contains("broke off"), "{error}");
    assert_eq!(server.requests(), 1);
}

const STREAM_HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
const FIRST_WORD: &str = "data: {\"choices\": [{\"index\": 0, \"delta\": {\"content\": \"Hel\"}}]}\n\n";

#[tokio::test]
async fn a_stream_closed_in_the_middle_is_a_transport_error() {
    let chunked = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    let first = format!("{:x}\r\n{FIRST_WORD}\r\n", FIRST_WORD.len());
    // Cut off inside a chunk, and ended in good form without a reason.
    for start in [format!("{chunked}{first}"), format!("{STREAM_HEAD}{FIRST_WORD}")] {
        let server = RawServer::start(move |_| vec![Part::Send(start.clone()), Part::Close]).await;
        let (options, deltas) = watched();
        let error = ask(&chat(&server.url), &options).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Transport, "{error}");
        assert_eq!(deltas.of(0), "Hel");
        assert_eq!(server.requests(), 1);
    }
}

#[tokio::test]
async fn errors_and_garbage_inside_a_stream_are_told() {
    let cases = [
        ("{\"error\": {\"message\": \"out of memory\", \"code\": 500}}", "out of memory"),
        ("{\"error\": \"engine died\"}", "engine died"),
        ("not json", "not json"),
    ];
    for (event, told) in cases {
        let text = format!("{STREAM_HEAD}{FIRST_WORD}data: {event}\n\n");
        let server = RawServer::start(move |_| vec![Part::Send(text.clone()), Part::Close]).await;
        let error = ask(&chat(&server.url), &watched().0).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Backend, "{error}");
        assert!(error.message().contains(told), "{error}");
    }
}

#[tokio::test]
async fn an_answer_too_large_is_not_read_to_its_end() {
    let endless = |_: usize| {
        let piece = " ".repeat(64 * 1024);
        let head = Part::Send("HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n".into());
        std::iter::once(head).chain((0..200).map(move |_| Part::Send(piece.clone()))).collect()
    };
    let server = RawServer::start(endless).await;
    let client = quick(&server.url).with_max_body(100_000).build().unwrap();
    let error = ask(&HttpChat::new(client, "judge"), &CallOptions::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Backend);
    assert!(error.message().contains("100000 bytes"), "{error}");
}

#[tokio::test]
async fn cancelling_ends_a_request_at_once_and_closes_its_connection() {
    let hung_up = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&hung_up);
    let server = RawServer::start(move |_| vec![Part::AwaitHangUp(Arc::clone(&seen))]).await;
    let cancel = Cancel::default();
    let options = CallOptions::default().with_cancel(cancel.clone());
    let chat = chat(&server.url);
    let call =
        tokio::spawn(async move { chat.generate(&[prompt("a"), prompt("b")], &GenParams::greedy(8), &options).await });
    while server.requests() < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let start = Instant::now();
    cancel.cancel();
    let error = call.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert!(start.elapsed() < Duration::from_millis(500), "{:?}", start.elapsed());
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(hung_up.load(Ordering::SeqCst), 2, "the server does not know");
    assert_eq!(server.requests(), 2);
}

#[tokio::test]
async fn no_request_is_made_after_cancelling() {
    let server = always(ResponseTemplate::new(503).insert_header("retry-after", "2")).await;
    let cancel = Cancel::default();
    let options = CallOptions::default().with_cancel(cancel.clone());
    let chat = HttpChat::new(quick(&server.uri()).with_concurrency(1).build().unwrap(), "judge");
    let call =
        tokio::spawn(async move { chat.generate(&[prompt("a"), prompt("b")], &GenParams::greedy(8), &options).await });
    while count(&server).await == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    cancel.cancel();
    let start = Instant::now();
    assert_eq!(call.await.unwrap().unwrap_err().kind(), ErrorKind::Cancelled);
    assert!(start.elapsed() < Duration::from_millis(500));
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(count(&server).await, 1);
}

#[tokio::test]
async fn no_more_requests_are_under_way_than_allowed_over_all_clones() {
    let server = RawServer::start(|_| vec![Part::Sleep(Duration::from_millis(40)), ok(&answer("fine"))]).await;
    let client = quick(&server.url).with_concurrency(3).build().unwrap();
    let (one, other) = (HttpChat::new(client.clone(), "judge"), HttpChat::new(client, "judge"));
    let prompts: Vec<_> = (0..8).map(|i| prompt(&i.to_string())).collect();
    let (params, options) = (GenParams::greedy(8), CallOptions::default());
    let (a, b) = tokio::join!(one.generate(&prompts, &params, &options), other.generate(&prompts, &params, &options));
    assert!(a.unwrap().iter().chain(&b.unwrap()).all(Result::is_ok));
    assert_eq!(server.requests(), 16);
    assert_eq!(server.most_at_once.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn connections_are_used_again() {
    let server = RawServer::start(|_| vec![ok(&answer("fine"))]).await;
    let chat = chat(&server.url);
    for _ in 0..5 {
        ask(&chat, &CallOptions::default()).await.unwrap();
    }
    assert_eq!((server.requests(), server.connections.load(Ordering::SeqCst)), (5, 1));
}

#[tokio::test]
async fn one_bad_prompt_fails_alone_and_results_are_in_order() {
    let server = MockServer::start().await;
    let too_long = ResponseTemplate::new(400).set_body_json(json!({"message": "maximum context length is 8"}));
    Mock::given(body_string_contains("bad")).respond_with(too_long).with_priority(1).mount(&server).await;
    for i in 0..6_u64 {
        let good = ResponseTemplate::new(200)
            .set_body_json(answer(&format!("answer {i}")))
            .set_delay(Duration::from_millis(60 - 10 * i));
        Mock::given(body_string_contains(format!("prompt {i}"))).respond_with(good).mount(&server).await;
    }
    let prompts: Vec<_> = (0..6).map(|i| prompt(&if i == 3 { "bad".into() } else { format!("prompt {i}") })).collect();
    let results = chat(&server.uri()).generate(&prompts, &GenParams::greedy(8), &CallOptions::default()).await.unwrap();
    for (i, result) in results.iter().enumerate() {
        match result {
            Ok(generation) => assert_eq!(generation.text, format!("answer {i}")),
            Err(error) => assert_eq!((i, error.kind()), (3, ErrorKind::PromptTooLong)),
        }
    }
    assert_eq!(results.iter().filter(|r| r.is_err()).count(), 1);
}

#[tokio::test]
async fn requests_say_who_asks_and_carry_the_key() {
    let server = MockServer::start().await;
    let good = ResponseTemplate::new(200).set_body_json(answer("fine"));
    Mock::given(header("user-agent", concat!("toolrm/", env!("CARGO_PKG_VERSION"))))
        .and(header("authorization", "Bearer sk-very-secret"))
        .and(header("content-type", "application/json"))
        .respond_with(good)
        .mount(&server)
        .await;
    let client = quick(&server.uri()).with_key("sk-very-secret\n").build().unwrap();
    ask(&HttpChat::new(client, "judge"), &CallOptions::default()).await.unwrap();
}

/// The key, the password and the query, in everything a user may see.
#[tokio::test]
async fn secrets_are_in_no_error_log_or_debug_text() {
    let logged = Logged::default();
    let _guard = tracing::subscriber::set_default(logged.clone());
    let mut shown: Vec<String> = Vec::new();
    for status in [401, 403, 500, 200] {
        // Servers repeat what they are sent.
        let echo = ResponseTemplate::new(status).set_body_string("no: sk-very-secret, pass-word, tok-en-value");
        let (keyed, server) = (always(echo).await, MockServer::start().await);
        let echo = ResponseTemplate::new(status).set_body_string("no: pass-word, tok-en-value");
        Mock::given(method("POST")).respond_with(echo).mount(&server).await;
        let url = |server: &MockServer| {
            let host = server.uri().replace("http://", "");
            format!("http://user:pass-word@{host}/v1?api_key=tok-en-value")
        };
        for builder in [quick(&url(&keyed)).with_key("sk-very-secret"), quick(&url(&server))] {
            shown.push(format!("{builder:?}"));
            let client = builder.build().unwrap();
            shown.push(format!("{client:?} {}", client.url()));
            let chat = HttpChat::new(client.clone(), "judge");
            let reward = HttpReward::new(client, "judge", RewardEndpoint::Classify);
            let error = ask(&chat, &CallOptions::default()).await.unwrap_err();
            shown.push(format!("{chat:?} {error:?} {error}"));
            let error = reward.logits(&[prompt("x")], &CallOptions::default()).await.unwrap().remove(0).unwrap_err();
            shown.push(format!("{reward:?} {error:?} {error} {:?}", error.raw_output()));
            if status == 401 {
                assert!(error.message().contains("set TOOLRM_API_KEY"), "{error}");
            }
        }
    }
    let unreachable = quick("http://user:pass-word@127.0.0.1:1/?api_key=tok-en-value").with_key("sk-very-secret");
    let error = ask(&HttpChat::new(unreachable.build().unwrap(), "judge"), &CallOptions::default()).await.unwrap_err();
    shown.push(format!("{error:?} {error} {:?}", std::error::Error::source(&error)));
    assert!(logged.text().contains("the request is made again"), "nothing was logged: {}", logged.text());
    shown.push(logged.text());
    let shown = shown.join("\n");
    for secret in ["sk-very-secret", "pass-word", "tok-en-value"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    assert!(shown.contains("[secret]"), "{shown}");
}

#[tokio::test]
async fn the_password_and_the_query_of_the_address_reach_the_server() {
    let server = MockServer::start().await;
    let good = ResponseTemplate::new(200).set_body_json(answer("fine"));
    Mock::given(header("authorization", "Basic dXNlcjpwYXNz"))
        .and(wiremock::matchers::query_param("api_key", "abc"))
        .respond_with(good)
        .mount(&server)
        .await;
    let url = server.uri().replace("http://", "http://user:pass@") + "/v1/?api_key=abc";
    let client = HttpClient::builder(url).with_retry(RetryPolicy::default().with_max_attempts(1)).build().unwrap();
    ask(&HttpChat::new(client, "judge"), &CallOptions::default()).await.unwrap();
}
