//! What a real server answers: recorded (llama-cpp-python's server on a small random model), and live where there is one.
//!
//! The live test runs when `TOOLRM_LIVE_SERVER` is set (`http://127.0.0.1:8000#model`); `scripts/live-server` does that.
#![cfg(feature = "http")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::float_cmp,
    reason = "a test fails by panicking"
)]

#[path = "http_support/cassette.rs"]
mod cassette;
mod http_support;

use std::time::{Duration, Instant};

use cassette::Cassette;
use http_support::{prompt, quick, watched};
use serde_json::json;
use toolrm_backends::http::{Dialect, HttpChat, ServerKind};
use toolrm_core::{
    cancel::Cancel,
    critic::GenerativeCritic,
    port::{Finish, GenParams, TextGenerator},
    prelude::*,
    sample::Sampler,
};

/// The name the scripts give the model.
const MODEL: &str = "judge";

fn chat(url: &str, model: &str) -> HttpChat {
    // The model has one context: requests that wait for each other are recorded in order.
    let client = quick(url).with_concurrency(1).with_timeout(Duration::from_mins(2)).build().unwrap();
    HttpChat::new(client, model).with_dialect(Dialect::LlamaCpp)
}

/// An answer that can only be a verdict, even of a model that knows nothing.
fn verdict_only() -> GenParams {
    let mut params = GenParams::greedy(24);
    params.schema =
        Some(json!({"type": "object", "properties": {"choice": {"enum": ["1", "2"]}}, "required": ["choice"]}));
    params
}

fn lamp() -> Task {
    let tool =
        Tool::new("set_lamp", json!({"type": "object", "properties": {"on": {"type": "boolean"}}, "required": ["on"]}))
            .with_description("Switches the lamp");
    Task::new(vec![Message::user("It is dark.")], Toolset::new(vec![tool]).unwrap())
}

async fn probes(chat: HttpChat) {
    let probe = chat.probe(&CallOptions::default()).await.unwrap();
    assert_eq!(probe.server.kind, ServerKind::LlamaCpp);
    assert!(probe.logprobs);
    assert!(probe.server.to_string().contains("llama.cpp"), "{}", probe.server);
}

async fn names_the_models_when_another_is_asked_for(chat: HttpChat) {
    let other = HttpChat::new(chat.client().clone(), "gpt-99");
    let error = other.probe(&CallOptions::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().contains("no model \"gpt-99\": it serves"), "{error}");
}

async fn generates_and_streams_the_same(chat: HttpChat) {
    let prompts = [prompt("Say 1 or 2."), prompt("Größe? 🦀")];
    let whole = chat.generate(&prompts, &GenParams::greedy(16), &CallOptions::default()).await.unwrap();
    let (options, deltas) = watched();
    let streamed = chat.generate(&prompts, &GenParams::greedy(16), &options).await.unwrap();
    for (i, (whole, streamed)) in whole.iter().zip(&streamed).enumerate() {
        let (whole, streamed) = (whole.as_ref().unwrap(), streamed.as_ref().unwrap());
        // A random model writes pieces of characters, and this server does not stream those.
        let ascii = |text: &str| text.chars().filter(char::is_ascii).collect::<String>();
        assert_eq!((ascii(&whole.text), whole.finish), (ascii(&streamed.text), streamed.finish));
        assert_eq!(deltas.of(i), streamed.text);
        assert!(whole.usage.prompt_tokens > 0 && whole.usage.completion_tokens > 0, "{:?}", whole.usage);
    }
}

async fn stops_where_it_is_told_and_at_the_token_limit(chat: HttpChat) {
    let ask = async |params: GenParams| {
        let mut results = chat.generate(&[prompt("Count.")], &params, &CallOptions::default()).await.unwrap();
        results.remove(0).unwrap()
    };
    let all = ask(GenParams::greedy(12)).await;
    let mut params = GenParams::greedy(12);
    // The second letter: something comes before it.
    let stop = all.text.chars().filter(char::is_ascii_alphanumeric).nth(1).unwrap();
    params.stop = vec![stop.to_string()];
    let stopped = ask(params).await;
    assert_eq!(stopped.finish, Finish::Stop);
    assert!(all.text.starts_with(&stopped.text) && !stopped.text.contains(stop), "{:?} {:?}", all.text, stopped.text);
    assert_eq!(ask(GenParams::greedy(2)).await.finish, Finish::Length);
}

async fn judges_by_labels(chat: HttpChat) {
    let judge = GenerativeCritic::new(chat.clone()).with_params(verdict_only());
    let task = lamp();
    let call = |on| Candidate::calls(vec![ToolCall::new("set_lamp", json!({"on": on}))]);
    let (right, wrong) = (call(true), call(false));
    let pair = PairItem { task: &task, first: &right, second: &wrong };
    let outcomes = judge.compare(&[pair], &CallOptions::default()).await.unwrap();
    let comparison = outcomes[0].as_judged().unwrap_or_else(|| panic!("{outcomes:?}"));
    assert!((0.0..=1.0).contains(&comparison.p_first), "{comparison:?}");

    let mut params = verdict_only();
    params.labels = vec!["1".into(), "2".into()];
    let mut results = chat.generate(&[prompt("Which?")], &params, &CallOptions::default()).await.unwrap();
    let generation = results.remove(0).unwrap();
    // The grammar leaves these two, whatever the model would rather write: the one that was written is there.
    let written = if generation.text.contains('1') { "1" } else { "2" };
    let logprobs = &generation.label_logprobs;
    assert!(logprobs.iter().any(|(label, logprob)| label.trim() == written && *logprob < 0.0), "{generation:?}");
    assert!(logprobs.iter().all(|(label, _)| ["1", "2"].contains(&label.trim())), "{generation:?}");
}

async fn samples(chat: HttpChat) {
    let mut params = GenParams::default();
    (params.temperature, params.max_tokens) = (1.0, 12);
    let options = CallOptions::default().with_seed(11);
    let candidates = chat.sample(&lamp(), 3, &params, &options).await.unwrap();
    assert_eq!(candidates.len(), 3);
    // A random model ends nothing: what the limit cut off is no answer.
    assert!(candidates.iter().all(|c| c.action.is_malformed()), "{candidates:?}");
    assert!(candidates[0] != candidates[1] && candidates[1] != candidates[2], "the seeds are the same");
}

async fn samples_calls_whole_and_streamed(chat: HttpChat) {
    let chat = chat.with_field("tool_choice", json!({"type": "function", "function": {"name": "set_lamp"}}));
    let params = GenParams::greedy(32);
    let whole = chat.sample(&lamp(), 1, &params, &CallOptions::default()).await.unwrap();
    let streamed = chat.sample(&lamp(), 1, &params, &watched().0).await.unwrap();
    for candidates in [&whole, &streamed] {
        let calls = candidates[0].action.calls();
        assert_eq!((calls.len(), calls[0].name.as_str()), (1, "set_lamp"), "{candidates:?}");
        assert!(calls[0].arguments["on"].is_boolean(), "{candidates:?}");
    }
    assert_eq!(whole[0].action.calls()[0].arguments, streamed[0].action.calls()[0].arguments);
}

async fn says_that_a_prompt_is_too_long_and_serves_the_next(chat: HttpChat) {
    // Digits are tokens by themselves: more of them than the 4,096 that the scripts give the model.
    let prompts = [prompt(&"7".repeat(4200)), prompt("Hi.")];
    let mut results = chat.generate(&prompts, &GenParams::greedy(1), &CallOptions::default()).await.unwrap();
    results.remove(1).unwrap();
    let error = results.remove(0).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PromptTooLong, "{error}");
}

macro_rules! recorded {
    ($($scenario:ident),* $(,)?) => {
        $(
            #[tokio::test]
            async fn $scenario() {
                let (cassette, server) = Cassette::open(stringify!($scenario)).await;
                super::$scenario(chat(&server.uri(), MODEL)).await;
                cassette.close();
            }
        )*

        /// Everything that is recorded, on a real server.
        pub(super) async fn all(chat: &HttpChat) {
            $(
                println!("live: {}", stringify!($scenario));
                super::$scenario(chat.clone()).await;
            )*
        }
    };
}

mod recorded {
    use super::*;

    recorded!(
        probes,
        names_the_models_when_another_is_asked_for,
        generates_and_streams_the_same,
        stops_where_it_is_told_and_at_the_token_limit,
        judges_by_labels,
        samples,
        samples_calls_whole_and_streamed,
        says_that_a_prompt_is_too_long_and_serves_the_next,
    );
}

#[tokio::test]
async fn live_server() {
    let Ok(server) = std::env::var("TOOLRM_LIVE_SERVER") else {
        println!("SKIPPED: live_server: TOOLRM_LIVE_SERVER is not set (scripts/live-server sets it)");
        return;
    };
    let (url, model) = server.split_once('#').unwrap_or((&server, MODEL));
    let chat = chat(url, model);
    recorded::all(&chat).await;

    // Cancelled in the middle of an answer, which a recording cannot show.
    let cancel = Cancel::default();
    let options = CallOptions::default().with_cancel(cancel.clone());
    let long = chat.clone();
    let call =
        tokio::spawn(async move { long.generate(&[prompt("Go on.")], &GenParams::greedy(1500), &options).await });
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert!(!call.is_finished(), "1,500 tokens in no time: cancelling is not tested");
    cancel.cancel();
    let start = Instant::now();
    assert_eq!(call.await.unwrap().unwrap_err().kind(), ErrorKind::Cancelled);
    assert!(start.elapsed() < Duration::from_millis(500), "{:?}", start.elapsed());
    // The server is free for the next.
    chat.generate(&[prompt("Hi.")], &GenParams::greedy(1), &CallOptions::default()).await.unwrap().remove(0).unwrap();
}
