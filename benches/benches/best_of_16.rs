//! The main job: sixteen candidates of one task, the best one chosen.
#![allow(missing_docs, clippy::expect_used, clippy::indexing_slicing, reason = "a bench that cannot start should stop")]

use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use tokio::runtime::Builder;
use toolrm_benches::fixture;
use toolrm_core::{judge::FromScorer, rules::RuleScorer, select::best_of_n, task::Task};

fn best_of_16(c: &mut Criterion) {
    let runtime = Builder::new_current_thread().build().expect("a runtime without IO needs nothing");
    let judge = FromScorer::new(RuleScorer::default());
    let task = fixture::task().expect("the fixture's tools are right");
    let candidates = fixture::candidates();
    assert_eq!(candidates.len(), 16);

    c.bench_function("best_of_16", |b| {
        b.iter(|| runtime.block_on(best_of_n(&judge, &task, black_box(&candidates))).expect("rules do not fail"));
    });
    c.bench_function("best_of_16/new conversation", |b| {
        b.iter(|| {
            let fresh = Task::new(task.messages().to_vec(), task.tools().clone());
            runtime.block_on(best_of_n(&judge, &fresh, black_box(&candidates))).expect("rules do not fail")
        });
    });
}

criterion_group!(benches, best_of_16);
criterion_main!(benches);
