//! `--judge`: models behind a server as judges, on `rank`, `bench pairs` and `doctor`; what is said when there is none.
#![cfg(feature = "http")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test helper fails by panicking")]

mod common;

use std::fs;

use common::{command, root, scratch, toolrm};
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, Request, ResponseTemplate,
    matchers::{method, path},
};

const PAIRS: &str = "examples/data/pairs.jsonl";
const TASK: &str = "examples/data/task.json";
const CANDIDATES: &str = "examples/data/candidates.jsonl";

/// A server of the model `m` that, as a judge, holds calls for Paris to be right and calls for Rome to be half right. `owner` is what
/// tells its kind. It answers with log-probabilities where it is asked for them and `logprobs` is set.
async fn serve(owner: &'static str, logprobs: bool) -> MockServer {
    let server = MockServer::start().await;
    let models = json!({"object": "list", "data": [{"id": "m", "object": "model", "owned_by": owner}]});
    let models = ResponseTemplate::new(200).set_body_json(models);
    Mock::given(method("GET")).and(path("/v1/models")).respond_with(models).mount(&server).await;
    let chat = Mock::given(method("POST")).and(path("/v1/chat/completions"));
    chat.respond_with(move |request: &Request| respond(&request.body_json().unwrap(), logprobs)).mount(&server).await;
    server
}

/// Rating of the response in `<NAMECODE>`.
fn rating(prompt: &str, name: &str) -> u8 {
    let block = prompt.split_once(&format!("<{name}")).unwrap().1.split_once(&format!("</{name}")).unwrap().0;
    match block {
        _ if block.contains("Paris") => 5,
        _ if block.contains("Rome") => 3,
        _ => 1,
    }
}

fn respond(body: &Value, with_logprobs: bool) -> ResponseTemplate {
    let messages = body["messages"].as_array().unwrap();
    let prompt = messages.iter().map(|m| m["content"].as_str().unwrap()).collect::<Vec<_>>().join("\n");
    let (tag, verdict, other) = match () {
        () if prompt.contains("<choice>") => {
            let first = rating(&prompt, "response_1_") >= rating(&prompt, "response_2_");
            if first { ("choice", 1, 2) } else { ("choice", 2, 1) }
        }
        () if prompt.contains("<rating>") => {
            let rating = rating(&prompt, "response_");
            ("rating", rating, if rating == 1 { 2 } else { rating - 1 })
        }
        // Whether it is there.
        () => ("", 1, 2),
    };
    let direct = messages.last().unwrap()["role"] == "assistant";
    let text = match tag {
        _ if direct => {
            assert_eq!(body["continue_final_message"], true, "the verdict goes on from what was opened");
            verdict.to_string()
        }
        "" => verdict.to_string(),
        tag => format!("<evaluation>\nLooked at.\n</evaluation>\n<{tag}>{verdict}</{tag}>"),
    };
    let message = json!({"role": "assistant", "content": text});
    let mut choice = json!({"index": 0, "message": message, "finish_reason": "stop"});
    if with_logprobs && body["logprobs"] == true {
        let alternatives: Vec<Value> = [(verdict, 0.75_f64), (other, 0.25)]
            .iter()
            .map(|(label, p)| json!({"token": label.to_string(), "logprob": p.ln()}))
            .collect();
        let token = json!({"token": verdict.to_string(), "logprob": 0.75_f64.ln(), "top_logprobs": alternatives});
        choice["logprobs"] = json!({"content": [token]});
    }
    ResponseTemplate::new(200).set_body_json(json!({"choices": [choice]}))
}

/// What was asked of the chat, the probes at the start left out.
async fn prompts(server: &MockServer) -> Vec<Value> {
    let requests = server.received_requests().await.unwrap();
    let bodies = requests.iter().filter(|r| r.url.path() == "/v1/chat/completions").map(|r| r.body_json().unwrap());
    bodies.filter(|body: &Value| body["messages"][0]["content"] != "Answer with 1.").collect()
}

fn call(city: &str) -> Value {
    json!([{"get_weather": {"city": city}}])
}

fn question() -> Value {
    json!({"messages": [{"role": "user", "content": "Weather in the capital of France?"}],
        "tools": [{"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}]})
}

/// Four answers, the best one third.
fn record(file: &str) -> String {
    let mut record = question();
    record["candidates"] = json!([call("Oslo"), call("Rome"), call("Paris"), "<tool_call>\n{\"name\": \"get_w"]);
    scratch(file, record.to_string().as_bytes())
}

/// Pairs whose right answer the server prefers, and one it does not.
fn pairs(file: &str) -> String {
    let pair = |id: &str, chosen: &str, rejected: &str| {
        let mut pair = question();
        (pair["id"], pair["chosen"], pair["rejected"]) = (json!(id), call(chosen), call(rejected));
        pair.to_string()
    };
    let pairs =
        [pair("a", "Paris", "Rome"), pair("b", "Paris", "Oslo"), pair("c", "Rome", "Oslo"), pair("d", "Oslo", "Paris")];
    scratch(file, pairs.join("\n").as_bytes())
}

fn spec(server: &MockServer) -> String {
    format!("http:{}#m", server.uri())
}

fn scores(result: &Value) -> Vec<Option<f64>> {
    result["candidates"].as_array().unwrap().iter().map(|c| c["score"].as_f64()).collect()
}

#[tokio::test]
async fn rank_asks_a_served_model_for_ratings() {
    let server = serve("openai", false).await;
    let run = toolrm(&["rank", "--json", "--judge", &spec(&server), &record("rank-served.jsonl")]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let result = run.json();
    assert_eq!(result["order"].as_array().unwrap()[..2], [json!(2), json!(1)]);
    // Ratings 1, 3, 5 on [0, 1].
    assert_eq!(scores(&result), [Some(0.0), Some(0.5), Some(1.0), Some(0.0)]);
    let asked = prompts(&server).await;
    assert_eq!(asked.len(), 4);
    assert!(asked.iter().all(|body| body["model"] == "m"));
    // The table's numbers are the same ones.
    let table = toolrm(&["rank", "--judge", &spec(&server), &record("rank-served-table.jsonl")]).out;
    assert!(table.contains("  1. #2     1.00  get_weather({\"city\":\"Paris\"})"), "{table}");
}

#[tokio::test]
async fn a_direct_verdict_is_the_probability_of_one_token() {
    let server = serve("vllm", true).await;
    let args = ["rank", "--json", "--judge-style", "direct", "--judge", &spec(&server), &record("rank-direct.jsonl")];
    let run = toolrm(&args);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    // .75 for the rating, .25 for the one beside it: 1.25, 2.75, 4.75 and 1.25 on [0, 1].
    for (score, rating) in scores(&run.json()).iter().zip([1.25, 2.75, 4.75, 1.25]) {
        assert!((score.unwrap() - (rating - 1.0) / 4.0).abs() < 1e-6, "{}", run.out);
    }
    for body in prompts(&server).await {
        assert_eq!((&body["max_tokens"], &body["temperature"]), (&json!(1), &json!(0.0)), "{body}");
        assert_eq!(body["messages"].as_array().unwrap().last().unwrap()["content"], "<rating>");
    }
}

#[tokio::test]
async fn options_of_the_judge_reach_the_server() {
    let server = serve("vllm", false).await;
    let own = tempfile::tempdir().unwrap();
    let template = root().join("toolrm-core/src/critic/prompts/pointwise.jinja");
    let template = fs::read_to_string(template).unwrap() + "\nIn our own words.";
    fs::write(own.path().join("pointwise.jinja"), template).unwrap();
    let numbers = ["--judge-temperature", "0.25", "--judge-max-tokens", "77", "--judge-thinking-budget", "9"];
    let judge = ["rank", "--judge", &spec(&server), "--judge-prompts", own.path().to_str().unwrap()];
    let run = toolrm(&[&judge[..], &numbers, &[&record("rank-options.jsonl")]].concat());
    assert_eq!(run.code, 0, "{}", run.err);
    let asked = prompts(&server).await;
    assert_eq!(asked.len(), 4);
    for body in asked {
        assert!(body["messages"].to_string().contains("In our own words."), "{body}");
        let sent = ["temperature", "max_tokens", "thinking_token_budget"].map(|name| body[name].as_f64());
        assert_eq!(sent, [Some(0.25), Some(77.0), Some(9.0)]);
    }
}

#[tokio::test]
async fn bench_pairs_measures_a_served_model_beside_the_rules() {
    let pairs = pairs("pairs-served.jsonl");
    let without = toolrm(&["bench", "pairs", &pairs, "--judge", "rules", "--json"]).json();
    for (owner, logprobs, style) in [("openai", false, "evaluate"), ("vllm", true, "direct"), ("vllm", true, "think")] {
        let server = serve(owner, logprobs).await;
        let judges = ["--judge", &spec(&server), "--judge", "rules", "--judge-style", style];
        let run = toolrm(&[&["bench", "pairs", &pairs, "--json"], &judges[..]].concat());
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{style}");
        let report = run.json();
        let all = report["judges"].as_array().unwrap();
        assert!(all[0]["name"].as_str().unwrap().contains('m'), "{}", all[0]["name"]);
        assert_eq!((&all[0]["micro"], &all[1]["name"]), (&json!(0.75), &json!("rules")), "{style}");
        assert_eq!(all[1], without["judges"][0], "the rules are the same whoever stands beside them");
        // Once a pair, in one order; whether a tool fits is told by ratings of both answers, where the categories say so.
        let comparisons = prompts(&server).await.iter().filter(|b| b.to_string().contains("<choice>")).count();
        assert_eq!(comparisons, 4, "{style}");
    }
}

#[tokio::test]
async fn a_model_that_is_not_served_is_told_with_those_that_are() {
    let server = serve("vllm", true).await;
    let judge = format!("http:{}#other", server.uri());
    let run = toolrm(&["rank", "--judge", &judge, &record("rank-other.jsonl")]);
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert!(run.err.contains(&format!("cannot open the judge {judge}")), "{}", run.err);
    assert!(run.err.contains("serves no model \"other\": it serves m"), "{}", run.err);
}

#[tokio::test]
async fn a_direct_verdict_of_a_server_that_cannot_continue_is_an_error_that_says_so() {
    let server = serve("openai", true).await;
    let args = ["rank", "--judge-style", "direct", "--judge", &spec(&server), &record("rank-cannot.jsonl")];
    let run = toolrm(&args);
    assert_eq!((run.code, run.err.as_str()), (1, ""));
    assert!(run.out.contains("cannot continue"), "{}", run.out);
    assert!(prompts(&server).await.is_empty());
}

#[tokio::test]
async fn a_server_that_fails_midway_leaves_candidates_unjudged() {
    let server = serve("vllm", false).await;
    let oslo = |request: &Request| String::from_utf8_lossy(&request.body).contains("Oslo");
    let refuse =
        Mock::given(oslo).respond_with(ResponseTemplate::new(400).set_body_json(json!({"error": "not this one"})));
    refuse.with_priority(1).mount(&server).await;
    let run = toolrm(&["rank", "--json", "--judge", &spec(&server), &record("rank-midway.jsonl")]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let result = run.json();
    assert_eq!(result["winner"], 2);
    assert_eq!(scores(&result), [None, Some(0.5), Some(1.0), Some(0.0)]);
    assert!(result["candidates"][0]["unjudged"].as_str().unwrap().contains("not this one"), "{result}");
}

#[tokio::test]
async fn doctor_opens_the_judges_it_is_asked_for() {
    let server = serve("vllm", true).await;
    let judge = spec(&server);
    let run = toolrm(&["doctor", "--judge", &judge, "--judge", "rules"]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    assert!(
        run.out.contains(&format!("\n{judge}: can judge\n")) && run.out.contains("\nrules: can judge\n"),
        "{}",
        run.out
    );
    assert!(prompts(&server).await.is_empty(), "nothing is judged");

    let nobody = nobody();
    let run = toolrm(&["doctor", "--json", "--judge", &judge, "--judge", &nobody]);
    assert_eq!((run.code, run.err.as_str()), (1, ""), "the answer is no, and it is an answer");
    let judges = run.json()["judges"].as_array().unwrap().clone();
    assert_eq!((&judges[0]["judge"], &judges[0]["card"]["pointwise"]), (&json!(judge), &json!("unit")), "{judges:?}");
    assert_eq!(judges[1]["judge"], nobody);
    assert!(judges[1]["error"].as_str().unwrap().contains("cannot be reached"), "{judges:?}");
    let text = toolrm(&["doctor", "--judge", &nobody]);
    assert!(
        text.code == 1 && text.out.contains(&format!("\n{nobody}: cannot judge\n")) && text.out.contains("cpu"),
        "{}",
        text.out
    );
}

/// An address nobody listens at: a port that was free a moment ago.
fn nobody() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http:http://{}#m", listener.local_addr().unwrap())
}

#[test]
fn a_server_that_is_not_there_is_an_error_that_names_it() {
    let judge = nobody();
    for args in [vec!["rank", "--task", TASK, "--candidates", CANDIDATES], vec!["bench", "pairs", PAIRS]] {
        let run = toolrm(&[&args[..], &["--judge", &judge]].concat());
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{args:?}");
        let address = judge.trim_start_matches("http:").trim_end_matches("#m");
        assert!(run.err.starts_with("error: cannot open the judge ") && run.err.contains(address), "{}", run.err);
    }
}

#[test]
fn words_that_name_no_judge_are_told_what_there_is() {
    for (word, what) in [
        ("rulez", "give rules, http:URL#MODEL"),
        ("gguf:x", "llama:FILE.gguf"),
        ("http:http://localhost:1", "#MODEL"),
        ("classify:http://localhost:1#", "#MODEL"),
        ("candle:", "write its path behind the colon"),
    ] {
        for args in
            [vec!["rank", "--task", TASK, "--candidates", CANDIDATES], vec!["bench", "pairs", PAIRS], vec!["doctor"]]
        {
            let run = toolrm(&[&args[..], &["--judge", word]].concat());
            assert_eq!((run.code, run.out.as_str()), (2, ""), "{args:?} {word}");
            assert!(run.err.contains(word) && run.err.contains(what), "{}", run.err);
        }
    }
    for (option, value) in [("--judge-style", "loud"), ("--judge-device", "gpu"), ("--judge-dtype", "f64")] {
        let run = toolrm(&["doctor", option, value]);
        assert_eq!((run.code, run.out.as_str()), (2, ""));
        assert!(run.err.contains(value) && run.err.contains(option), "{}", run.err);
    }
}

#[test]
fn a_backend_that_is_left_out_says_how_to_build_it_and_one_that_is_built_what_is_missing() {
    let backends = toolrm(&["doctor", "--json"]).json()["backends"].as_array().unwrap().clone();
    for kind in ["candle", "onnx", "llama"] {
        let built = backends.iter().find(|b| b["name"] == kind).unwrap()["built"].as_bool().unwrap();
        let judge = format!("{kind}:no/such/place");
        let run = toolrm(&["rank", "--judge", &judge, "--task", TASK, "--candidates", CANDIDATES]);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{kind}");
        let expected = if built { "no/such/place".to_owned() } else { format!("--features {kind}") };
        assert!(run.err.contains(&expected) && run.err.contains(&judge), "{}", run.err);
    }
}

#[test]
fn the_rules_judge_as_they_do_when_nobody_is_named() {
    for args in
        [vec!["rank", "--task", TASK, "--candidates", CANDIDATES, "--json"], vec!["bench", "pairs", PAIRS, "--json"]]
    {
        let named = toolrm(&[&args[..], &["--judge", "rules"]].concat());
        assert_eq!((named.code, named.err.as_str()), (0, ""));
        assert_eq!(named.out, toolrm(&args).out);
        // What sets up models is no concern of theirs.
        assert_eq!(named.out, toolrm(&[&args[..], &["--judge-style", "direct"]].concat()).out);
    }
}

#[tokio::test]
async fn a_key_is_sent_and_shown_nowhere() {
    let server = serve("vllm", false).await;
    let run = |args: &[&str]| command(args).env("TOOLRM_API_KEY", "s3cret").output().unwrap();
    let told = run(&["doctor", "--judge", &spec(&server), "--judge", &nobody()]);
    for text in [&told.stdout, &told.stderr] {
        assert!(!String::from_utf8_lossy(text).contains("s3cret"));
    }
    let requests = server.received_requests().await.unwrap();
    assert!(requests.iter().all(|r| r.headers["authorization"] == "Bearer s3cret"));
}
