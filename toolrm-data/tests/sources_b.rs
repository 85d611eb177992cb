//! The adapters over the published files: how many records give what. Skipped aloud where the data is not there.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::collections::{BTreeMap, HashSet};

use common::data;
use toolrm_core::{
    call::{Action, Role, ToolCall},
    canonical::same_call,
    toolset::Dialect,
};
use toolrm_data::{
    record::ToolsetCache,
    source::{
        Record, Source, api_bank::ApiBank, hammerbench::HammerBench, seal_tools::SealTools, sgd::Sgd,
        tau_bench::TauBench, toolrl::ToolRl, ultratool::UltraTool,
    },
    tree::Tree,
};

/// What a source gave.
#[derive(Debug, Default, PartialEq)]
struct Counts {
    trajectories: usize,
    steps: usize,
    steps_with_calls: usize,
    /// Trajectories whose tools are no toolset as they are published.
    bad_tools: usize,
    /// Steps with a call of a tool that is not listed.
    unlisted: usize,
    /// Steps with calls that are all listed, and do not fit the schema of their tool.
    unfit: usize,
    /// Recorded answers: right and wrong by their publisher's word, and without one.
    published: [usize; 3],
    /// Recorded answers: calls as the step has them, other calls, words, malformed.
    answers: [usize; 4],
    /// Quarantined, by reason.
    quarantined: BTreeMap<String, usize>,
}

/// Reads everything, twice, and sees that it is well-formed and the same.
fn counts(source: &dyn Source, file: &str) -> Option<Counts> {
    let path = data(source.name(), file)?;
    let (first, ids) = read(source, &Tree::open_any(&path).unwrap());
    let (second, same_ids) = read(source, &Tree::open_any(&path).unwrap());
    assert!(first == second && ids == same_ids, "two readings differ");
    println!("{file}: {first:?}");
    Some(first)
}

fn read(source: &dyn Source, files: &Tree) -> (Counts, Vec<String>) {
    let mut counts = Counts::default();
    let mut ids = Vec::new();
    let mut toolsets = ToolsetCache::default();
    let mut seen = HashSet::new();
    let read = source.read(files, &mut |record| {
        match record {
            Record::Trajectory(t) => {
                assert!(seen.insert(t.id.clone()), "{} occurs twice", t.id);
                ids.push(t.id.clone());
                counts.trajectories += 1;
                let tools = toolsets.read(&t.tools, Dialect::Auto).inspect_err(|e| show(&format!("{}: {e}", t.id)));
                counts.bad_tools += usize::from(tools.is_err());
                for message in t.messages.iter().filter(|m| m.role == Role::Assistant) {
                    counts.steps += 1;
                    counts.steps_with_calls += usize::from(!message.tool_calls.is_empty());
                    let Ok(tools) = &tools else { continue };
                    let called = |c: &ToolCall| tools.get(&c.name).map(|t| t.is_valid(&c.arguments));
                    let called: Option<Vec<bool>> = message.tool_calls.iter().map(called).collect();
                    counts.unlisted += usize::from(called.is_none());
                    if called.as_ref().is_some_and(|fits| fits.contains(&false)) {
                        let (call, tool) =
                            message.tool_calls.iter().find_map(|c| Some((c, tools.get(&c.name)?))).unwrap();
                        show(&format!("UNFIT {}: {call:?} {:?}", t.id, tool.violations(&call.arguments)));
                    }
                    counts.unfit += usize::from(called.is_some_and(|fits| fits.contains(&false)));
                }
                for answer in &t.answers {
                    assert_eq!(t.messages[answer.step].role, Role::Assistant, "{}", t.id);
                    let gold = &t.messages[answer.step].tool_calls;
                    counts.published[answer.published.map_or(2, |right| usize::from(!right))] += 1;
                    counts.answers[kind(&answer.answer.action, gold)] += 1;
                }
            }
            Record::Quarantined(q) => {
                assert!(!q.fault.what.is_empty() && !q.fault.fix.is_empty(), "{q:?}");
                show(&format!("{}: {} [{}]", q.place, q.fault, q.excerpt));
                let reason = q.fault.what.split(':').next().unwrap_or_default().to_owned();
                *counts.quarantined.entry(reason).or_default() += 1;
            }
            other => panic!("unknown record {other:?}"),
        }
        Ok(())
    });
    read.unwrap();
    (counts, ids)
}

fn show(line: &str) {
    if std::env::var_os("SHOW").is_some() {
        println!("{line}");
    }
}

fn kind(answer: &Action, gold: &[ToolCall]) -> usize {
    match answer {
        Action::Calls(calls) => {
            usize::from(calls.len() != gold.len() || calls.iter().zip(gold).any(|(a, b)| !same_call(a, b)))
        }
        Action::Text(_) => 2,
        _ => 3,
    }
}

#[test]
fn api_bank() {
    let Some(counts) = counts(&ApiBank, "api_bank.tar.zst") else { return };
    assert_eq!((counts.trajectories, counts.steps, counts.steps_with_calls, counts.unlisted), (598, 2598, 1401, 42));
    assert_eq!(counts.quarantined.values().sum::<usize>(), 14);
}

#[test]
fn seal_tools() {
    let Some(counts) = counts(&SealTools, "seal_tools.tar.zst") else { return };
    assert_eq!((counts.trajectories, counts.steps, counts.unlisted), (1397, 1397, 0));
    // Three questions call a tool that they do not list; the answers to them are said to have no question.
    assert_eq!(counts.answers, [800, 137, 815, 339]);
    assert_eq!(counts.quarantined.values().sum::<usize>(), 3 + 9);
}

#[test]
fn ultratool() {
    let Some(counts) = counts(&UltraTool, "ultratool.tar.zst") else { return };
    assert_eq!((counts.trajectories, counts.steps_with_calls, counts.unlisted), (1000, 1000, 0));
    assert_eq!(counts.answers, [435, 1510, 0, 55]);
    assert!(counts.quarantined.is_empty());
}

#[test]
fn sgd() {
    let Some(train) = counts(&Sgd, "sgd_train.tar.zst") else { return };
    let Some(dev) = counts(&Sgd, "sgd_dev.tar.zst") else { return };
    assert_eq!((train.trajectories, train.steps, train.steps_with_calls), (12174, 145_841, 33963));
    assert_eq!((dev.trajectories, dev.steps, dev.steps_with_calls), (2098, 25411, 6027));
    assert!(train.quarantined.is_empty() && dev.quarantined.is_empty());
}

#[test]
fn toolrl() {
    let Some(sft) = counts(&ToolRl, "toolrl_rlla_sft.json.zst") else { return };
    let Some(test) = counts(&ToolRl, "toolrl_rlla_test.parquet") else { return };
    assert_eq!((sft.trajectories, sft.steps, sft.steps_with_calls), (400, 503, 398));
    assert_eq!((test.trajectories, test.steps, test.steps_with_calls), (80, 101, 83));
    assert!(sft.quarantined.is_empty() && test.quarantined.is_empty());
}

#[test]
fn tau_bench() {
    let Some(counts) = counts(&TauBench, "tau_bench_retail.tar.zst") else { return };
    assert_eq!((counts.trajectories, counts.steps, counts.steps_with_calls), (1035, 14245, 7658));
    // Two other calls and eleven times words, in place of the rewarded runs' next step.
    assert_eq!((counts.published, counts.answers), ([0, 0, 13], [0, 2, 11, 0]));
    assert_eq!(counts.quarantined["an error ended the run"], 72);
    // Every run is one of the three: a trajectory, quarantined, or the source of a recorded answer.
    assert_eq!(1610 - counts.trajectories - counts.quarantined.values().sum::<usize>(), 13);
}

#[test]
fn hammerbench() {
    let Some(counts) = counts(&HammerBench, "hammerbench_en.tar.zst") else { return };
    assert_eq!((counts.trajectories, counts.steps, counts.steps_with_calls, counts.unfit), (9461, 25587, 7646, 76));
    // Right and wrong by the benchmark's verdict; calls in place of a question, without one.
    assert_eq!((counts.published, counts.answers), ([5271, 1832, 4500], [2130, 9214, 252, 7]));
    assert_eq!(counts.quarantined["a dialogue whose tools are not published"], 2042);
    assert_eq!(counts.quarantined.values().sum::<usize>(), 2042 + 175 + 6 + 1100 + 8332 + 182);
}
