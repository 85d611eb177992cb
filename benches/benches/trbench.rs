//! The bench itself: what a judgement costs beside the judge, what a report costs, what building from recordings costs.
#![allow(missing_docs, clippy::expect_used, reason = "a bench that cannot start should stop")]

use std::{env, hint::black_box};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tokio::runtime::Builder;
use toolrm_bench::{
    bfcl::Questions,
    null::Null,
    report::{
        assemble::{JudgeVerdicts, ReportOptions},
        model::{BenchInfo, Report},
    },
    run::{Run, RunOptions, Runner},
    trbench::{Build, Pair, build},
};
use toolrm_benches::recorded;
use toolrm_core::judge::ToolCallJudge;
use toolrm_data::tree::Tree;

fn run(judge: &dyn ToolCallJudge, pairs: &[Pair]) -> Run {
    let runtime = Builder::new_current_thread().build().expect("a runtime");
    let runner = Runner::new(judge, RunOptions::default());
    runtime.block_on(runner.run(pairs, &mut |_| ())).expect("a run")
}

fn trbench(c: &mut Criterion) {
    let mut group = c.benchmark_group("trbench");
    group.sample_size(10);
    let recorded_pairs = Pair::read_file(&recorded::folder().join("eval/bfcl_pairs_visible.jsonl.zst"));
    match recorded_pairs {
        Ok(pairs) => {
            group.throughput(Throughput::Elements(pairs.len() as u64));
            let judge = Null::Longer.judge(0);
            group.bench_function("a null judge over recorded pairs", |b| b.iter(|| run(&*judge, black_box(&pairs))));
            let verdicts = run(&*judge, &pairs).verdicts;
            let said = [JudgeVerdicts { card: judge.card(), null: true, verdicts: &verdicts, seconds: None }; 7];
            let info = || BenchInfo::of("bench", "", None, &pairs);
            group.bench_function("the report of seven judges", |b| {
                b.iter(|| Report::of(info(), &pairs, black_box(&said), &ReportOptions::default()).expect("a report"));
            });
        }
        Err(e) => eprintln!("skipped: trbench/recorded pairs: {e}"),
    }
    let open = |file: &str| Tree::open(&recorded::folder().join(file));
    let inputs = open("eval/bfcl_runs.tar.zst")
        .and_then(|runs| Ok((runs, Questions::load(&open("eval/bfcl_v4_visible_half.tar.zst")?)?)));
    match inputs {
        Ok((runs, questions)) => {
            let out = env::temp_dir().join(format!("toolrm-bench-{}", std::process::id()));
            group.throughput(Throughput::Elements(1));
            group.bench_function("a build from recordings", |b| {
                b.iter(|| build(&Build::new(&runs, &questions), &out, &|_| ()).expect("a bench"));
            });
            drop(std::fs::remove_dir_all(out));
        }
        Err(e) => eprintln!("skipped: trbench/build: {e}"),
    }
    group.finish();
}

criterion_group!(benches, trbench);
criterion_main!(benches);
