//! The reference-based scorers on one candidate: perfect, nearly right, and five parallel calls in another order.
#![allow(
    clippy::expect_used,
    missing_docs,
    reason = "a bench may stop at a broken fixture; criterion writes its functions"
)]

use criterion::{Criterion, criterion_group, criterion_main};
use serde_json::{Value, json};
use toolrm_core::{
    prelude::*,
    rules::reference::{Matching, ReferenceScorer, ToolRlReward, reference_from_bfcl},
};

fn calls(of: &[Value]) -> Vec<ToolCall> {
    of.iter().map(|arguments| ToolCall::new("book_hotel", arguments.clone())).collect()
}

/// A call with five arguments, two of them nested.
fn booking(city: &str, nights: u32) -> Value {
    json!({
        "city": city,
        "nights": nights,
        "guests": {"adults": 2, "children": [4, 7]},
        "amenities": ["wifi", "breakfast", "parking"],
        "max_price": 180.5
    })
}

/// The same as a BFCL ground truth.
fn allowed(arguments: &Value) -> Value {
    let lists = arguments.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), json!([value, ""])));
    json!([{"book_hotel": lists.collect::<serde_json::Map<_, _>>()}])
}

fn reference(c: &mut Criterion) {
    let tools =
        std::sync::Arc::new(Toolset::new(vec![Tool::new("book_hotel", json!({"type": "object"}))]).expect("one tool"));
    let task = |gold: Action| Task::new(vec![Message::user("Book it.")], tools.clone()).with_reference(vec![gold]);
    let five: Vec<Value> = ["Paris", "Rome", "Oslo", "Lima", "Pune"].iter().map(|city| booking(city, 3)).collect();
    let mut turned = five.clone();
    turned.rotate_left(2);
    if let Some(first) = turned.first_mut() {
        *first = booking("Rome", 4);
    }
    let one = task(Action::Calls(calls(&[booking("Paris", 3)])));
    let many = task(Action::Calls(calls(&five)));
    let bfcl = task(reference_from_bfcl(&allowed(&booking("Paris", 3))).expect("a ground truth"));
    let perfect = Candidate::calls(calls(&[booking("Paris", 3)]));
    let wrong = Candidate::calls(calls(&[booking("Rome", 3)]));
    let parallel = Candidate::calls(calls(&turned));
    let paper = ReferenceScorer::new();
    let one_to_one = ReferenceScorer::new().with_matching(Matching::OneToOne);
    let toolrl = ToolRlReward::new();
    let with_bfcl = ReferenceScorer::bfcl();
    let cases: [(&str, &dyn Scorer, &Task, &Candidate); 8] = [
        ("paper/perfect", &paper, &one, &perfect),
        ("paper/one wrong value", &paper, &one, &wrong),
        ("bfcl/perfect", &with_bfcl, &bfcl, &perfect),
        ("bfcl/one wrong value", &with_bfcl, &bfcl, &wrong),
        ("paper/5 parallel", &paper, &many, &parallel),
        ("one-to-one/5 parallel", &one_to_one, &many, &parallel),
        ("toolrl/one wrong value", &toolrl, &one, &wrong),
        ("toolrl/5 parallel", &toolrl, &many, &parallel),
    ];
    let mut group = c.benchmark_group("reference");
    for (name, scorer, task, candidate) in cases {
        group.bench_function(name, |b| b.iter(|| scorer.score(task, candidate)));
    }
    group.finish();
}

criterion_group!(benches, reference);
criterion_main!(benches);
