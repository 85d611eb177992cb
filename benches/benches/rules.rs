//! The embedded judge on one candidate, the toolset built and the conversation read beforehand.
#![allow(missing_docs, clippy::expect_used, clippy::indexing_slicing, reason = "a bench that cannot start should stop")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::{
    hint::black_box,
    time::{Duration, Instant},
};
use toolrm_benches::{fixture, recorded, steps};
use toolrm_core::{call::Candidate, rules::RuleScorer, score::Scorer, task::Task};

fn rules(c: &mut Criterion) {
    let scorer = RuleScorer::default();
    let mut group = c.benchmark_group("rules");

    let task = fixture::task().expect("the fixture's tools are right");
    let candidates = fixture::candidates();
    group.throughput(Throughput::Elements(candidates.len() as u64));
    group.bench_function("fixture/16 candidates", |b| {
        b.iter(|| candidates.iter().filter_map(|candidate| scorer.score(&task, black_box(candidate)).judged()).count());
    });
    group.bench_function("fixture/the right answer", |b| {
        b.iter(|| scorer.score(&task, black_box(&candidates[5])).judged());
    });
    group.bench_function("fixture/first candidate of a new task", |b| {
        b.iter(|| {
            let fresh = Task::new(task.messages().to_vec(), task.tools().clone());
            scorer.score(&fresh, black_box(&candidates[5])).judged()
        });
    });

    match recorded::pairs() {
        Ok(pairs) => {
            let items: Vec<(&Task, &Candidate)> =
                pairs.iter().flat_map(|p| [(&p.task, &p.chosen), (&p.task, &p.rejected)]).collect();
            print_quantiles("recorded", &scorer, &items);
            group.throughput(Throughput::Elements(items.len() as u64)).sample_size(20);
            group.bench_function("recorded/all candidates", |b| {
                b.iter(|| items.iter().filter_map(|(task, candidate)| scorer.score(task, candidate).judged()).count());
            });
        }
        Err(e) => eprintln!("skipped: rules/recorded: {e}"),
    }
    match steps::steps() {
        Ok(steps) => {
            let items: Vec<(&Task, &Candidate)> = steps.iter().map(|(task, candidate)| (task, candidate)).collect();
            print_quantiles("steps after tools' answers", &scorer, &items);
        }
        Err(e) => eprintln!("skipped: rules/steps: {e}"),
    }
    group.finish();
}

/// Criterion gives the mean over all; what is promised is the median of one candidate.
fn print_quantiles(what: &str, scorer: &RuleScorer, items: &[(&Task, &Candidate)]) {
    // Reading a conversation is timed on a task of its own, so that it is cold.
    let read = |(task, _): &(&Task, &Candidate)| {
        let fresh = Task::new(task.messages().to_vec(), task.tools().clone());
        time(|| fresh.context())
    };
    let judge = |(task, candidate): &(&Task, &Candidate)| time(|| scorer.score(task, candidate));
    print(what, "conversations", items.iter().map(read).collect());
    // The first round reads the conversations; the second is the one that counts.
    for item in items {
        judge(item);
    }
    print(what, "candidates", items.iter().map(judge).collect());
}

fn time<T>(work: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    let _ = black_box(work());
    start.elapsed()
}

fn print(what: &str, unit: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |q: usize| times[(times.len() - 1) * q / 100];
    println!(
        "rules/{what}: {} {unit}, median {:?}, 90% {:?}, 99% {:?}, longest {:?}",
        times.len(),
        at(50),
        at(90),
        at(99),
        at(100)
    );
}

criterion_group!(benches, rules);
criterion_main!(benches);
