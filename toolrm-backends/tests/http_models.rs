//! What served models are asked, and what becomes of their answers.
#![cfg(feature = "http")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::float_cmp,
    reason = "a test fails by panicking"
)]

mod http_support;

use std::sync::Arc;

use http_support::{Logged, answer, chat, prompt, quick, watched};
use serde_json::{Value, json};
use toolrm_backends::http::{Dialect, Head, HttpChat, HttpReward, PlainText, RewardEndpoint, ServerKind};
use toolrm_core::{
    critic::{GenerativeCritic, PromptSet},
    port::{Finish, GenParams, Generation, SequenceScorer, TextGenerator},
    prelude::*,
    reward::Discriminative,
    sample::Sampler,
};
use wiremock::{
    Mock, MockServer, Request, ResponseTemplate,
    matchers::{body_partial_json, body_string_contains, method, path},
};

async fn answering(body: Value) -> MockServer {
    let server = MockServer::start().await;
    let response = ResponseTemplate::new(200).set_body_json(body);
    Mock::given(path("/v1/chat/completions")).respond_with(response).mount(&server).await;
    server
}

async fn streaming(events: &[Value]) -> MockServer {
    let events: Vec<String> = events.iter().map(|event| format!("data: {event}\r\n\r\n")).collect();
    let text = events.concat() + "data: [DONE]\n\n";
    let server = MockServer::start().await;
    let response = ResponseTemplate::new(200).set_body_raw(text, "text/event-stream");
    Mock::given(body_partial_json(json!({"stream": true, "stream_options": {"include_usage": true}})))
        .respond_with(response)
        .mount(&server)
        .await;
    server
}

async fn ask(chat: &HttpChat, params: &GenParams, options: &CallOptions) -> Generation {
    chat.generate(&[prompt("hello")], params, options).await.unwrap().remove(0).unwrap()
}

fn labelled() -> GenParams {
    let mut params = GenParams::greedy(8);
    params.labels = vec!["1".into(), "2".into()];
    params
}

async fn bodies(server: &MockServer) -> Vec<Value> {
    let requests = server.received_requests().await.unwrap();
    requests.iter().filter(|r| !r.body.is_empty()).map(|r| r.body_json().unwrap()).collect()
}

fn with_choice(choice: &Value) -> Value {
    json!({"choices": [choice], "usage": {"prompt_tokens": 7, "completion_tokens": 3}})
}

#[tokio::test]
async fn a_whole_answer_and_a_streamed_one_are_the_same() {
    let logprobs = |token: &str| json!({"content": [{"token": token, "logprob": -0.5, "top_logprobs": [{"token": token, "logprob": -0.5}, {"token": "1", "logprob": -1.0}]}]});
    let both = json!({"content": [logprobs("so ")["content"][0], logprobs("2")["content"][0]]});
    let whole = answering(with_choice(&json!({"index": 0, "finish_reason": "stop", "logprobs": both,
        "message": {"role": "assistant", "content": "so 2", "reasoning_content": "thinking"}})))
    .await;
    let delta = |delta: Value, logprobs: Value| json!({"choices": [{"index": 0, "delta": delta, "logprobs": logprobs, "finish_reason": null}]});
    let streamed = streaming(&[
        delta(json!({"role": "assistant", "content": ""}), Value::Null),
        delta(json!({"reasoning_content": "think"}), Value::Null),
        delta(json!({"reasoning_content": "ing"}), Value::Null),
        delta(json!({"content": "so "}), logprobs("so ")),
        delta(json!({"content": "2"}), logprobs("2")),
        json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}),
        json!({"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 3}}),
    ])
    .await;
    let (options, deltas) = watched();
    let whole = ask(&chat(&whole.uri()), &labelled(), &CallOptions::default()).await;
    let streamed = ask(&chat(&streamed.uri()), &labelled(), &options).await;
    assert_eq!(whole, streamed);
    assert_eq!(*deltas.0.lock().unwrap(), [(0, "so ".to_owned()), (0, "2".to_owned())]);
    assert_eq!((whole.text.as_str(), whole.reasoning.as_deref()), ("so 2", Some("thinking")));
    assert_eq!(whole.label_logprobs, [("2".to_owned(), -0.5), ("1".to_owned(), -1.0)]);
    assert_eq!((whole.usage.calls, whole.usage.prompt_tokens, whole.usage.completion_tokens), (1, 7, 3));
}

#[tokio::test]
async fn an_opened_answer_is_judged_by_its_first_token() {
    let first = json!({"token": "so", "logprob": -0.1, "top_logprobs": [
        {"token": "so", "logprob": -0.1}, {"token": "2", "logprob": -2.0}, {"token": "1", "logprob": -4.0}]});
    let body = with_choice(
        &json!({"message": {"content": "so"}, "finish_reason": "length", "logprobs": {"content": [first]}}),
    );
    let server = answering(body).await;
    let judge = GenerativeCritic::new(chat(&server.uri())).with_prompts(PromptSet::direct());
    let task = weather();
    let (a, b) = (Candidate::text("a"), Candidate::text("b"));
    let pair = PairItem { task: &task, first: &a, second: &b };
    let outcomes = judge.compare(&[pair], &CallOptions::default()).await.unwrap();
    let comparison = outcomes[0].as_judged().unwrap();
    assert!((comparison.p_first - 1.0 / (1.0 + 2.0_f64.exp())).abs() < 1e-6, "{comparison:?}");
    let body = bodies(&server).await.remove(0);
    let fields = ["continue_final_message", "add_generation_prompt", "max_tokens"].map(|name| body[name].clone());
    assert_eq!(fields, [json!(true), json!(false), json!(1)]);
    assert_eq!(body["messages"].as_array().unwrap().last().unwrap()["role"], "assistant");
}

#[tokio::test]
async fn endings_are_told_apart() {
    let cases = [
        (json!({"message": {"content": "x"}, "finish_reason": "stop"}), Finish::Stop, "x"),
        (json!({"message": {"content": "x"}, "finish_reason": "eos"}), Finish::Stop, "x"),
        (json!({"message": {"content": "x"}, "finish_reason": "length"}), Finish::Length, "x"),
        (json!({"message": {"content": ""}, "finish_reason": "content_filter"}), Finish::Refusal, ""),
        (json!({"message": {"content": null, "refusal": "No."}, "finish_reason": "stop"}), Finish::Refusal, "No."),
        (
            json!({"message": {"content": [{"type": "text", "text": "parts"}]}, "finish_reason": "stop"}),
            Finish::Stop,
            "parts",
        ),
    ];
    for (choice, finish, text) in cases {
        let server = answering(with_choice(&choice)).await;
        let generation = ask(&chat(&server.uri()), &GenParams::greedy(8), &CallOptions::default()).await;
        assert_eq!((generation.finish, generation.text.as_str()), (finish, text), "{choice}");
    }
    let server = answering(with_choice(&json!({"message": {"content": "x"}, "finish_reason": "abort"}))).await;
    let result = chat(&server.uri()).generate(&[prompt("x")], &GenParams::greedy(8), &CallOptions::default()).await;
    assert_eq!(result.unwrap().remove(0).unwrap_err().kind(), ErrorKind::Backend);
}

#[tokio::test]
async fn a_prompt_gets_the_same_request_alone_and_among_others() {
    let server = answering(answer("fine")).await;
    let chat = chat(&server.uri()).with_field("chat_template_kwargs", json!({"enable_thinking": false}));
    let options = CallOptions::default().with_seed(5);
    let params = GenParams::default();
    chat.generate(&[prompt("a"), prompt("b")], &params, &options).await.unwrap();
    chat.generate(&[prompt("b")], &params, &options).await.unwrap();
    let bodies = bodies(&server).await;
    let b = bodies.iter().filter(|body| body["messages"][0]["content"] == "b").collect::<Vec<_>>();
    assert_eq!(b.len(), 2);
    assert_eq!(b[0], b[1]);
    assert_eq!(b[0]["chat_template_kwargs"], json!({"enable_thinking": false}));
    assert!(chat.id().starts_with("judge+") && chat.clone().with_revision("r1").id().starts_with("judge@r1+"));
}

#[tokio::test]
async fn nothing_is_asked_for_nothing() {
    let server = answering(answer("fine")).await;
    let options = CallOptions::default();
    assert!(chat(&server.uri()).generate(&[], &GenParams::default(), &options).await.unwrap().is_empty());
    let task = Task::new(prompt("x"), Toolset::new(vec![]).unwrap());
    assert!(chat(&server.uri()).sample(&task, 0, &GenParams::default(), &options).await.unwrap().is_empty());
    let results = chat(&server.uri()).generate(&[vec![]], &GenParams::default(), &options).await.unwrap();
    assert_eq!(results[0].as_ref().unwrap_err().kind(), ErrorKind::InvalidInput);
    assert!(bodies(&server).await.is_empty());
}

fn weather() -> Task {
    let tool = Tool::new("get_weather", json!({"type": "object", "properties": {"city": {"type": "string"}}}));
    Task::new(prompt("Weather in Paris?"), Toolset::new(vec![tool]).unwrap())
}

fn call(arguments: &str) -> Value {
    json!({"finish_reason": "tool_calls", "message": {"content": null, "tool_calls": [
        {"id": "c1", "type": "function", "function": {"name": "get_weather", "arguments": arguments}}]}})
}

fn numbered(choices: Vec<Value>) -> Value {
    let numbered = choices.into_iter().enumerate().map(|(i, mut choice)| {
        choice["index"] = json!(i);
        choice
    });
    json!({"choices": numbered.collect::<Vec<_>>()})
}

#[tokio::test]
async fn one_request_gives_all_candidates_and_broken_ones_stay() {
    let words = json!({"finish_reason": "stop", "message": {"content": "It rains."}});
    let choices = vec![call("{\"city\": \"Paris\"}"), call("{\"city\": "), words];
    let server = answering(numbered(choices)).await;
    let options = CallOptions::default();
    let candidates = chat(&server.uri()).sample(&weather(), 3, &GenParams::default(), &options).await.unwrap();
    assert_eq!(candidates.len(), 3);
    assert_eq!(candidates[0].action.calls()[0].arguments, json!({"city": "Paris"}));
    assert!(candidates[1].action.is_malformed());
    assert!(candidates[1].raw.as_deref().unwrap().contains(r#""arguments":"{\"city\": ""#), "{:?}", candidates[1].raw);
    assert_eq!(candidates[2].action.text(), Some("It rains."));
    let body = bodies(&server).await.remove(0);
    assert_eq!((&body["n"], &body["tool_choice"]), (&json!(3), &json!("auto")));
    assert_eq!(body["tools"][0]["function"]["name"], "get_weather");
}

#[tokio::test]
async fn a_server_that_gives_one_is_asked_for_each_with_a_seed_of_its_own() {
    for (n, per_request, requests) in [(4, 128, 4), (4, 1, 4), (5, 2, 3)] {
        let server = MockServer::start().await;
        let respond = move |request: &Request| {
            let asked = request.body_json::<Value>().unwrap()["n"].as_u64().unwrap_or(1);
            let given = if per_request == 2 { asked } else { 1 };
            ResponseTemplate::new(200).set_body_json(numbered((0..given).map(|_| call("{}")).collect()))
        };
        Mock::given(method("POST")).respond_with(respond).mount(&server).await;
        let chat = chat(&server.uri()).with_choices_per_request(per_request);
        let candidates = chat.sample(&weather(), n, &GenParams::default(), &CallOptions::default()).await.unwrap();
        assert_eq!(candidates.len(), n);
        let mut seeds: Vec<u64> = bodies(&server).await.iter().map(|b| b["seed"].as_u64().unwrap()).collect();
        assert_eq!(seeds.len(), requests);
        seeds.sort_unstable();
        seeds.dedup();
        assert_eq!(seeds.len(), requests, "seeds repeat");
    }
}

#[tokio::test]
async fn greedy_sampling_asks_once() {
    let server = answering(numbered(vec![call("{}")])).await;
    let candidates =
        chat(&server.uri()).sample(&weather(), 8, &GenParams::greedy(8), &CallOptions::default()).await.unwrap();
    assert_eq!((candidates.len(), bodies(&server).await.len()), (1, 1));
}

#[tokio::test]
async fn candidates_that_came_outlive_requests_that_failed_and_the_log_says_so() {
    let server = MockServer::start().await;
    let one = ResponseTemplate::new(200).set_body_json(numbered(vec![call("{}")]));
    Mock::given(method("POST")).respond_with(one).up_to_n_times(2).with_priority(1).mount(&server).await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(400)).mount(&server).await;
    let logged = Logged::default();
    let _guard = tracing::subscriber::set_default(logged.clone());
    let candidates =
        chat(&server.uri()).sample(&weather(), 4, &GenParams::default(), &CallOptions::default()).await.unwrap();
    assert_eq!(candidates.len(), 2);
    assert!(logged.text().contains("some candidates could not be sampled"));
    // When nothing could be sampled, that is the error.
    let result = chat(&server.uri()).sample(&weather(), 4, &GenParams::default(), &CallOptions::default()).await;
    assert_eq!(result.unwrap_err().kind(), ErrorKind::InvalidInput);
}

#[tokio::test]
async fn streamed_candidates_come_side_by_side() {
    let part = |index: usize, text: &str, finish: Value| json!({"choices": [{"index": index, "delta": {"content": text}, "finish_reason": finish}]});
    let server = streaming(&[
        part(0, "A", Value::Null),
        part(1, "B", Value::Null),
        part(0, "a", json!("stop")),
        part(1, "b", json!("stop")),
    ])
    .await;
    let (options, deltas) = watched();
    let candidates = chat(&server.uri()).sample(&weather(), 2, &GenParams::default(), &options).await.unwrap();
    assert_eq!(candidates.iter().map(|c| c.action.text().unwrap()).collect::<Vec<_>>(), ["Aa", "Bb"]);
    assert_eq!((deltas.of(0), deltas.of(1)), ("Aa".to_owned(), "Bb".to_owned()));
}

async fn serving(models: Value, health: u16) -> MockServer {
    let server = MockServer::start().await;
    let json = |body: Value| ResponseTemplate::new(200).set_body_json(body);
    Mock::given(path("/v1/models")).respond_with(json(models)).mount(&server).await;
    Mock::given(path("/health")).respond_with(ResponseTemplate::new(health)).mount(&server).await;
    Mock::given(path("/version")).respond_with(json(json!({"version": "0.11.0"}))).mount(&server).await;
    server
}

fn vllm_models() -> Value {
    json!({"object": "list", "data": [{"id": "judge", "owned_by": "vllm", "max_model_len": 4096}, {"id": "lora", "owned_by": "vllm"}]})
}

#[tokio::test]
async fn a_server_is_asked_what_it_is() {
    let server = serving(vllm_models(), 200).await;
    let info = quick(&server.uri()).build().unwrap().probe(&CallOptions::default()).await.unwrap();
    assert_eq!((info.kind, info.version.as_deref(), info.healthy), (ServerKind::Vllm, Some("0.11.0"), Some(true)));
    assert_eq!(info.to_string(), format!("{}: vLLM 0.11.0, healthy\n  judge (4096 tokens)\n  lora", server.uri()));
    let error = info.require_model("other").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().ends_with("serves no model \"other\": it serves judge, lora"), "{error}");
    let sick = serving(vllm_models(), 503).await;
    let info = quick(&sick.uri()).build().unwrap().probe(&CallOptions::default()).await.unwrap();
    assert_eq!(info.healthy, Some(false));
}

#[tokio::test]
async fn a_refused_key_is_told_when_probing() {
    let server = MockServer::start().await;
    Mock::given(path("/v1/models")).respond_with(ResponseTemplate::new(401)).mount(&server).await;
    let error = quick(&server.uri()).build().unwrap().probe(&CallOptions::default()).await.unwrap_err();
    assert!(error.message().contains("set TOOLRM_API_KEY"), "{error}");
}

#[tokio::test]
async fn log_probabilities_are_tried() {
    let logprobs =
        json!({"content": [{"token": "1", "logprob": -0.1, "top_logprobs": [{"token": "1", "logprob": -0.1}]}]});
    let with = json!({"choices": [{"message": {"content": "1"}, "finish_reason": "length", "logprobs": logprobs}]});
    let cases = [
        (ResponseTemplate::new(200).set_body_json(with), true),
        (ResponseTemplate::new(200).set_body_json(answer("1")), false),
        (ResponseTemplate::new(400).set_body_json(json!({"message": "logprobs are not supported"})), false),
    ];
    for (response, expected) in cases {
        let server = serving(vllm_models(), 200).await;
        Mock::given(body_string_contains("top_logprobs")).respond_with(response).with_priority(1).mount(&server).await;
        let plain = ResponseTemplate::new(200).set_body_json(answer("1"));
        Mock::given(path("/v1/chat/completions")).respond_with(plain).mount(&server).await;
        assert_eq!(chat(&server.uri()).probe(&CallOptions::default()).await.unwrap().logprobs, expected);
    }
    // A server that refuses everything does not merely lack log-probabilities.
    let server = serving(vllm_models(), 200).await;
    Mock::given(path("/v1/chat/completions")).respond_with(ResponseTemplate::new(400)).mount(&server).await;
    assert!(chat(&server.uri()).probe(&CallOptions::default()).await.is_err());
}

fn reward(server: &MockServer, endpoint: RewardEndpoint) -> HttpReward {
    HttpReward::new(quick(&server.uri()).build().unwrap(), "judge", endpoint)
}

#[tokio::test]
async fn a_served_reward_model_is_a_judge_and_one_bad_conversation_fails_alone() {
    let server = MockServer::start().await;
    let score = |value: f64| {
        let data = json!({"data": [{"index": 0, "label": "LABEL_0", "probs": [value], "num_classes": 1}]});
        ResponseTemplate::new(200).set_body_json(data)
    };
    let raw = json!({"model": "judge", "use_activation": false, "add_generation_prompt": false});
    for (text, response) in [
        ("Paris", score(2.5)),
        ("Rome", score(-1.5)),
        ("long", ResponseTemplate::new(400).set_body_json(json!({"message": "maximum model length of 8"}))),
        ("nothing", ResponseTemplate::new(200).set_body_json(json!({"data": [{"probs": []}]}))),
    ] {
        Mock::given(path("/classify"))
            .and(body_partial_json(raw.clone()))
            .and(body_string_contains(text))
            .respond_with(response)
            .mount(&server)
            .await;
    }
    let judge = Discriminative::new(reward(&server, RewardEndpoint::Classify));
    let task = Task::new(prompt("Capital of France?"), Toolset::new(vec![]).unwrap());
    let candidates = ["Paris", "Rome", "long", "nothing"].map(Candidate::text);
    let items: Vec<_> = candidates.iter().map(|candidate| ScoreItem { task: &task, candidate }).collect();
    let outcomes = judge.score(&items, &CallOptions::default()).await.unwrap();
    assert_eq!(outcomes[0].as_judged().unwrap().value, 2.5);
    assert_eq!(outcomes[1].as_judged().unwrap().value, -1.5);
    assert_eq!(outcomes[2].as_failed().unwrap().kind(), ErrorKind::PromptTooLong);
    let nothing = outcomes[3].as_failed().unwrap();
    assert_eq!(nothing.kind(), ErrorKind::Backend);
    assert!(nothing.raw_output().unwrap().contains("probs"), "{nothing:?}");
    assert_eq!(judge.card().pointwise, Some(ScoreScale::Logit));
}

#[tokio::test]
async fn other_reward_endpoints_are_asked_by_text() {
    let cases = [
        (RewardEndpoint::Score, "/score", json!({"data": [{"index": 0, "score": 0.75}]})),
        (RewardEndpoint::Pooling, "/pooling", json!({"data": [{"index": 0, "data": [[0.1], [0.75]]}]})),
        (RewardEndpoint::Predict, "/predict", json!([{"score": 0.75, "label": "LABEL_0"}])),
        (RewardEndpoint::Rerank, "/rerank", json!([{"index": 0, "score": 0.75}])),
    ];
    for (endpoint, place, body) in cases {
        let server = MockServer::start().await;
        Mock::given(path(place))
            .and(body_string_contains("user: Question?"))
            .respond_with(ResponseTemplate::new(200).set_body_json(body))
            .mount(&server)
            .await;
        let scorer = reward(&server, endpoint).with_renderer(Arc::new(PlainText::default()));
        let conversation = vec![Message::user("Question?"), Message::assistant("Answer.")];
        let numbers = scorer.logits(&[conversation], &CallOptions::default()).await.unwrap();
        assert!((numbers[0].as_ref().unwrap() - 0.75).abs() < 1e-12, "{place}");
    }
}

#[tokio::test]
async fn reward_models_are_probed_and_activated_numbers_warned_of() {
    let two = |a: f64, b: f64| json!({"data": [{"index": 0, "probs": [a, b], "num_classes": 2}]});
    for (good, activated) in [(two(0.25, 0.75), true), (two(-3.0, 0.5), false), (two(0.25, 0.5), false)] {
        let server = serving(vllm_models(), 200).await;
        let response = ResponseTemplate::new(200).set_body_json(good);
        Mock::given(path("/classify")).respond_with(response).mount(&server).await;
        let logged = Logged::default();
        let _guard = tracing::subscriber::set_default(logged.clone());
        let scorer = reward(&server, RewardEndpoint::Classify).with_head(Head::Class("1".into()));
        let probe = scorer.probe(&CallOptions::default()).await.unwrap();
        assert_eq!(probe.looks_activated, activated);
        assert_eq!(logged.text().contains("look activated"), activated);
        assert!(probe.scores.iter().all(|s| s.is_finite()));
        let asked = scorer.with_activation(true);
        assert!(!asked.probe(&CallOptions::default()).await.unwrap().looks_activated);
    }
}

#[tokio::test]
async fn text_embeddings_inference_is_known_by_its_info() {
    let server = MockServer::start().await;
    let info =
        json!({"model_id": "rm/tiny", "version": "1.8.0", "max_input_length": 512, "model_type": {"classifier": {}}});
    let json = |body: Value| ResponseTemplate::new(200).set_body_json(body);
    Mock::given(path("/info")).respond_with(json(info)).mount(&server).await;
    Mock::given(path("/predict")).respond_with(json(json!([{"score": 1.5, "label": "LABEL_0"}]))).mount(&server).await;
    let probe = reward(&server, RewardEndpoint::Predict).probe(&CallOptions::default()).await.unwrap();
    assert_eq!((probe.server.kind, probe.server.version.as_deref()), (ServerKind::Tei, Some("1.8.0")));
    assert_eq!((probe.server.models[0].id.as_str(), probe.server.models[0].context), ("rm/tiny", Some(512)));
    assert_eq!((probe.scores, probe.server.healthy), ([1.5, 1.5], None));
}

#[tokio::test]
async fn openai_is_sent_what_it_documents() {
    let server = answering(answer("fine")).await;
    let chat = chat(&server.uri()).with_dialect(Dialect::OpenAi);
    ask(&chat, &GenParams::default(), &CallOptions::default()).await;
    let body = bodies(&server).await.remove(0);
    assert!(body.get("top_k").is_none() && body.get("max_tokens").is_none(), "{body}");
    assert_eq!(body["max_completion_tokens"], 8192);
}
