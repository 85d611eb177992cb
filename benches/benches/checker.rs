//! The leaderboard's AST checker: an answer of each outcome, what a question costs once, and all recorded answers.
#![allow(missing_docs, clippy::expect_used, reason = "a bench that cannot start should stop")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use serde_json::{Value, json};
use toolrm_bench::bfcl::{category::Category, checker::Checker};
use toolrm_benches::verdicts::{self, Prepared};

fn question() -> (Value, Value) {
    let docs = json!([{"name": "hotels.book", "parameters": {"type": "dict", "properties": {
        "city": {"type": "string"}, "nights": {"type": "integer"}, "max_price": {"type": "float"},
        "amenities": {"type": "array", "items": {"type": "string"}}, "guests": {"type": "dict"},
    }, "required": ["city", "nights"]}}]);
    let accepted = |city: &str| {
        json!({"hotels.book": {
            "city": [city, format!("{city}, FR")], "nights": [3], "max_price": [180.5, ""],
            "amenities": [["wifi", "parking"], ["parking", "wifi"]], "guests": [{"adults": [2], "children": [1, ""]}, ""],
        }})
    };
    (docs, json!([accepted("Paris"), accepted("Lyon"), accepted("Nice")]))
}

fn call(city: &str, nights: &Value) -> Value {
    json!({"hotels.book": {
        "city": city, "nights": nights, "max_price": 180.5, "amenities": ["Wi-Fi", "Parking"], "guests": {"adults": 2},
    }})
}

fn checker(c: &mut Criterion) {
    let (docs, accepted) = question();
    let first = json!([accepted.get(0)]);
    let new = |category, accepted| Checker::new(category, &docs, accepted, false).expect("a question that is right");
    let simple = new(Category::SimplePython, &first);
    let parallel = new(Category::Parallel, &accepted);
    let cases = [
        ("simple/right", &simple, json!([call("paris", &json!(3))])),
        ("simple/wrong type", &simple, json!([call("paris", &json!("3"))])),
        ("simple/wrong name", &simple, json!([{"hotel.book": {}}])),
        ("parallel/3 in another order", &parallel, json!(["Nice", "Paris", "Lyon"].map(|city| call(city, &json!(3))))),
    ];
    let mut group = c.benchmark_group("checker");
    for (name, checker, answer) in &cases {
        group.bench_function(*name, |b| b.iter(|| checker.check(black_box(answer))));
    }
    group.bench_function("a question prepared", |b| b.iter(|| new(Category::SimplePython, black_box(&first))));

    let recorded = verdicts::answers().and_then(|answers| Ok((verdicts::questions()?, answers)));
    match recorded.and_then(|(questions, answers)| Prepared::new(&answers, &questions)) {
        Ok(prepared) => {
            group.throughput(Throughput::Elements(prepared.len() as u64)).sample_size(20);
            group.bench_function("recorded/all answers", |b| {
                b.iter(|| prepared.verdicts().flatten().filter(|verdict| verdict.valid).count());
            });
        }
        Err(e) => eprintln!("skipped: checker/recorded: {e}"),
    }
    group.finish();
}

criterion_group!(benches, checker);
criterion_main!(benches);
