//! Validation of one call's arguments against a tool compiled once: the fast answer, and the explained one.
#![allow(missing_docs, clippy::expect_used, clippy::indexing_slicing, reason = "a bench that cannot start should stop")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use toolrm_benches::{fixture, recorded};
use toolrm_core::{call::ToolCall, toolset::Toolset};

fn validate(c: &mut Criterion) {
    let mut group = c.benchmark_group("validate");

    let toolset = fixture::toolset().expect("the fixture's tools are right");
    let calls: Vec<ToolCall> = fixture::candidates().iter().flat_map(|c| c.action.calls().to_vec()).collect();
    group.throughput(Throughput::Elements(calls.len() as u64));
    group.bench_function("fixture/is_valid", |b| {
        b.iter(|| calls.iter().filter(|call| is_valid(&toolset, call)).count());
    });
    group.bench_function("fixture/violations", |b| {
        b.iter(|| calls.iter().filter_map(|call| toolset.violations(black_box(call))).map(|v| v.len()).sum::<usize>());
    });

    match recorded::pairs() {
        Ok(pairs) => {
            let calls: Vec<_> = pairs
                .iter()
                .flat_map(|p| [(&p.task, &p.chosen), (&p.task, &p.rejected)])
                .flat_map(|(task, candidate)| candidate.action.calls().iter().map(move |call| (task.tools(), call)))
                .collect();
            group.throughput(Throughput::Elements(calls.len() as u64)).sample_size(20);
            group.bench_function("recorded/is_valid", |b| {
                b.iter(|| calls.iter().filter(|(toolset, call)| is_valid(toolset, call)).count());
            });
            group.bench_function("recorded/violations", |b| {
                b.iter(|| {
                    calls.iter().filter_map(|(toolset, call)| toolset.violations(call)).map(|v| v.len()).sum::<usize>()
                });
            });
        }
        Err(e) => eprintln!("skipped: validate/recorded: {e}"),
    }
    group.finish();

    c.bench_function("toolset/build eight tools", |b| {
        let json = fixture::tools();
        b.iter(|| Toolset::from_json(black_box(&json)).expect("the fixture's tools are right"));
    });
}

fn is_valid(toolset: &Toolset, call: &ToolCall) -> bool {
    toolset.get(&call.name).is_some_and(|spec| spec.is_valid(black_box(&call.arguments)))
}

criterion_group!(benches, validate);
criterion_main!(benches);
