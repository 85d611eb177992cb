//! Parsing by dialect, in bytes per second: a fixture in every syntax, and the recorded Hermes answers where the data is there
//! (`TOOLRM_DATA`, else `../shared/data`).

use std::{fs::File, hint::black_box, io::Read, path::PathBuf, sync::Arc};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use serde_json::{Value, json};
use toolrm_core::{
    call::{Action, ToolCall},
    format::{
        Anthropic, Auto, Bfcl, Gemini, Glm, JsonList, Llama, Mcp, Mistral, OpenAi, Pythonic, Responses, StreamParser,
        Tagged, ToolFormat,
    },
};

fn fixture() -> Action {
    Action::Calls(vec![
        ToolCall::new("get_weather", json!({"city": "Paris", "days": 3, "unit": "celsius"})).with_id("call_1"),
        ToolCall::new(
            "calendar_create_event",
            json!({"title": "Lunch with Zoë", "start": "2025-11-22T12:30:00", "attendees": ["ann@example.org", "bob@example.org"],
                "reminder": {"minutes": 15, "method": "popup"}, "notes": "bring the \"blue\" folder\nand the keys"}),
        )
        .with_id("call_2"),
        ToolCall::new("send_email", json!({"to": "ann@example.org", "subject": "Lunch", "body": "See you at half past twelve. ".repeat(8)}))
            .with_id("call_3"),
    ])
}

fn formats() -> Vec<Box<dyn ToolFormat>> {
    vec![
        Box::new(Tagged::HERMES),
        Box::new(OpenAi),
        Box::new(Responses),
        Box::new(Anthropic),
        Box::new(Mcp),
        Box::new(Gemini),
        Box::new(Llama),
        Box::new(Mistral),
        Box::new(JsonList),
        Box::new(Bfcl),
        Box::new(Glm),
        Box::new(Pythonic::default()),
    ]
}

fn dialects(c: &mut Criterion) {
    let mut group = c.benchmark_group("parse");
    let action = fixture();
    let auto = Auto::default();
    for format in formats() {
        let text = format.render(&action);
        assert!(matches!(format.parse(&text).action, Action::Calls(_)));
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_with_input(BenchmarkId::new("named", format.id()), &text, |b, text| {
            b.iter(|| format.parse(black_box(text)));
        });
        group.bench_with_input(BenchmarkId::new("auto", format.id()), &text, |b, text| {
            b.iter(|| auto.parse(black_box(text)));
        });
    }
    group.finish();
}

/// The recorded answers of a model, by the name of its folder.
fn recorded(model: &str) -> Option<Vec<String>> {
    let root = std::env::var_os("TOOLRM_DATA")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"), PathBuf::from);
    let file = File::open(root.join("eval/bfcl_runs.tar.zst")).ok()?;
    let mut decoder = zstd::Decoder::new(file).ok()?;
    decoder.window_log_max(27).ok()?;
    let mut texts = Vec::new();
    for entry in tar::Archive::new(decoder).entries().ok()? {
        let mut entry = entry.ok()?;
        let path = entry.path().ok()?.to_string_lossy().into_owned();
        if !path.contains(model) || !path.ends_with("_result.json") {
            continue;
        }
        let mut lines = String::new();
        entry.read_to_string(&mut lines).ok()?;
        for line in lines.split('\n').filter(|line| !line.is_empty()) {
            let line: Value = serde_json::from_str(line).ok()?;
            texts.extend(line.get("result").and_then(Value::as_str).map(str::to_owned));
        }
    }
    Some(texts)
}

fn recorded_answers(c: &mut Criterion) {
    let mut group = c.benchmark_group("recorded");
    let auto = Auto::default();
    for (name, model, format) in [
        ("hermes/Hermes-2-Pro-Llama-3-8B", "Hermes-2-Pro-Llama-3-8B", &Tagged::HERMES as &dyn ToolFormat),
        ("hermes/Qwen3-8B-FC", "Qwen_Qwen3-8B-FC", &Tagged::HERMES),
        ("pythonic/claude-3-opus", "claude-3-opus-20240229/", &Pythonic::default()),
        ("llama/Llama-3.1-8B-FC", "meta-llama_Llama-3.1-8B-Instruct-FC", &Llama),
    ] {
        let Some(texts) = recorded(model) else {
            println!("skipped: {name}: no recorded answers");
            continue;
        };
        group.throughput(Throughput::Bytes(texts.iter().map(|text| text.len() as u64).sum()));
        group.bench_with_input(BenchmarkId::new("named", name), &texts, |b, texts| {
            b.iter(|| texts.iter().filter(|text| format.parse(black_box(text)).action.is_malformed()).count());
        });
        group.bench_with_input(BenchmarkId::new("auto", name), &texts, |b, texts| {
            b.iter(|| texts.iter().filter(|text| auto.parse(black_box(text)).action.is_malformed()).count());
        });
    }
    group.finish();
}

fn streams(c: &mut Criterion) {
    let mut group = c.benchmark_group("stream");
    let text = Tagged::HERMES.render(&fixture()).repeat(200);
    let format: Arc<dyn ToolFormat> = Arc::new(Tagged::HERMES);
    group.throughput(Throughput::Bytes(text.len() as u64));
    for size in [4_usize, 64, 4096] {
        group.bench_with_input(BenchmarkId::new("hermes, bytes a chunk", size), &text, |b, text| {
            b.iter(|| {
                let mut parser = StreamParser::new(Arc::clone(&format));
                let events: usize = text.as_bytes().chunks(size).map(|chunk| parser.push_bytes(chunk).len()).sum();
                (events, parser.finish())
            });
        });
    }
    group.finish();
}

criterion_group!(benches, dialects, recorded_answers, streams);
criterion_main!(benches);
