//! A run that is killed at any moment and started again ends in the same bytes as one that was left alone.
//!
//! The runs are processes of their own: this very test binary, told by the environment to be one.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    thread,
    time::Duration,
};

use async_trait::async_trait;
use serde_json::{Value, json};
use toolrm_bench::{
    run::{RunFolder, RunOptions, Runner},
    trbench::Pair,
};
use toolrm_core::{canonical::Fingerprint, prelude::*, score::Usage};

const FOLDER: &str = "TOOLRM_KILL_RUN_FOLDER";
/// How long a call of the judge takes at most, in milliseconds.
const SLOWNESS: &str = "TOOLRM_KILL_RUN_SLOWNESS";

const PAIRS: u64 = 120;
const KILLS: u64 = 20;

/// Judges by hash, and takes its time, a different one for each call.
struct Slow {
    card: JudgeCard,
    slowness: u64,
}

fn hash(parts: &[&str]) -> u64 {
    Fingerprint::of(parts).as_bytes().iter().take(4).fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

#[async_trait]
impl ToolCallJudge for Slow {
    fn card(&self) -> &JudgeCard {
        &self.card
    }

    async fn compare(&self, pairs: &[PairItem<'_>], _: &CallOptions) -> Result<Vec<Outcome<Comparison>>, JudgeError> {
        let coin = |pair: &PairItem<'_>| {
            let [first, second] = [pair.first, pair.second].map(|c| Fingerprint::of_action(&c.action).to_string());
            hash(&[&pair.task.fingerprint().to_string(), &first, &second])
        };
        let wait = pairs.first().map_or(0, coin) % (self.slowness + 1);
        tokio::time::sleep(Duration::from_millis(wait)).await;
        let outcome = |pair| match coin(pair) {
            coin if coin % 11 == 0 => Outcome::abstained("not my case"),
            coin if coin % 13 == 0 => Outcome::Failed(JudgeError::new(ErrorKind::PromptTooLong, "40,000 tokens")),
            coin => {
                Outcome::Judged(Comparison::from_probability(coin as f64 / f64::from(u32::MAX)).with_usage(Usage::new(
                    1,
                    coin % 100,
                    5,
                )))
            }
        };
        Ok(pairs.iter().map(outcome).collect())
    }
}

fn pairs() -> Vec<Pair> {
    let tools = Arc::new(Toolset::new(vec![]).unwrap());
    let one = |n| {
        let call = |value| Candidate::calls(vec![ToolCall::new("say", json!({ "sum": value }))]);
        let task = Task::new(vec![Message::user(format!("What is {n} and 1?"))], Arc::clone(&tools));
        Pair::new(task, call(n + 1), call(n))
    };
    (0..PAIRS).map(one).collect()
}

/// The run itself; does nothing unless it is told to be one.
#[test]
#[ignore = "started by the other test, as a process of its own"]
fn child() {
    let Some(folder) = env::var_os(FOLDER) else { return };
    let slowness = env::var(SLOWNESS).unwrap().parse().unwrap();
    let judge = Slow { card: JudgeCard::pairwise("slow", "slow@1"), slowness };
    let runner = Runner::new(judge, RunOptions::default().with_batch(4).with_concurrency(3));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let folder = RunFolder::at(PathBuf::from(folder));
    runtime.block_on(folder.run(&runner, &pairs(), &mut |_| ())).unwrap();
}

fn start(folder: &Path, slowness: u64) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "child", "--ignored"])
        .env(FOLDER, folder)
        .env(SLOWNESS, slowness.to_string())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

fn finish(folder: &Path) -> [Vec<u8>; 2] {
    assert!(start(folder, 0).wait().unwrap().success());
    assert!(!folder.join("journal.jsonl").exists());
    ["verdicts.jsonl", "judge.json"].map(|name| fs::read(folder.join(name)).unwrap())
}

fn journal_lines(folder: &Path) -> u64 {
    let journal = fs::read(folder.join("journal.jsonl")).unwrap_or_default();
    journal.split(|byte| *byte == b'\n').count() as u64 - 1
}

/// Waits until the run has come so far, and some milliseconds more, then kills it. Whether it was still going.
fn kill_at(mut run: Child, folder: &Path, lines: u64, more: u64) -> bool {
    while journal_lines(folder) < lines && run.try_wait().unwrap().is_none() {
        thread::sleep(Duration::from_millis(1));
    }
    thread::sleep(Duration::from_millis(more));
    run.kill().unwrap();
    !run.wait().unwrap().success()
}

#[test]
fn a_killed_run_ends_in_the_same_bytes() {
    let out = tempfile::tempdir().unwrap();
    let whole = finish(&out.path().join("whole"));
    let mut interrupted = 0;
    for kill in 0..KILLS {
        let folder = out.path().join(kill.to_string());
        // Moments all over the run, the first ones before there is a journal; other milliseconds in each run of this test.
        let more = hash(&[&kill.to_string(), &std::process::id().to_string()]) % 10;
        let was_going = kill_at(start(&folder, 15), &folder, kill * PAIRS / KILLS, more);
        // Every third one is killed again on its way.
        if kill % 3 == 0 {
            let lines = journal_lines(&folder);
            kill_at(start(&folder, 15), &folder, lines + 3, more);
        }
        let kept = journal_lines(&folder).saturating_sub(1);
        let unfinished = !folder.join("verdicts.jsonl").exists();
        assert!(finish(&folder) == whole, "killed at line {}, {more} ms", kill * PAIRS / KILLS);
        if unfinished {
            let timing: Value = serde_json::from_slice(&fs::read(folder.join("timing.json")).unwrap()).unwrap();
            assert_eq!(timing["known"], kept, "what the journal kept was asked again");
        }
        interrupted += u64::from(was_going && unfinished && kept > 0);
    }
    println!("{interrupted} of {KILLS} runs were killed with some pairs done and others not");
    assert!(interrupted > 0, "no run was killed on its way: the test has shown nothing");
}
