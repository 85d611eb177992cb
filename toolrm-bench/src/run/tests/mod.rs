//! Runs of judges that behave, break, and are stopped.

mod folder;
mod runner;

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use serde_json::json;
use toolrm_core::{
    call::{Candidate, Message, Tool, ToolCall},
    canonical::Fingerprint,
    error::{ErrorKind, JudgeError},
    judge::{Choice, Comparison, JudgeCard, PairItem, ScoreItem, ToolCallJudge},
    observe::CallOptions,
    score::{Outcome, Score, Usage},
    task::Task,
    testkit::MockJudge,
    toolset::Toolset,
};

use super::*;
use crate::trbench::Pair;

/// Pairs `from..to` of an invented bench: the right answer adds, the wrong one is one off.
fn pairs(from: u64, to: u64) -> Vec<Pair> {
    let parameters = json!({"type": "object", "properties": {"sum": {"type": "integer"}}, "required": ["sum"]});
    let tools = Arc::new(Toolset::new(vec![Tool::new("say", parameters)]).unwrap());
    let one = |n: u64| {
        let task = Task::new(vec![Message::user(format!("What is {n} and 1?"))], Arc::clone(&tools));
        let say = |sum: u64| Candidate::calls(vec![ToolCall::new("say", json!({"sum": sum}))]);
        let mut pair = Pair::new(task, say(n + 1), say(n + 2));
        pair.id = format!("sum#{n}");
        pair
    };
    (from..to).map(one).collect()
}

/// What a candidate says, and what was asked.
fn sums(task: &Task, candidate: &Candidate) -> (u64, u64) {
    let asked = task.last_user_text().unwrap().split(' ').nth(2).unwrap().parse().unwrap();
    (candidate.action.calls()[0].arguments["sum"].as_u64().unwrap(), asked)
}

/// Compares by a coin for each ordered pair, abstains from some, has no room for some, cannot be read on some.
fn moody(id: &'static str) -> MockJudge {
    MockJudge::new(id).comparing(|task, first, second| {
        let parts = [sums(task, first), sums(task, second)].map(|(said, asked)| format!("{said} {asked}"));
        let coin = u64::from(Fingerprint::of(parts).as_bytes()[0]);
        match coin % 16 {
            0 => Outcome::abstained("not my case"),
            1 => Outcome::Failed(JudgeError::new(ErrorKind::PromptTooLong, "too long")),
            2 => Outcome::Failed(JudgeError::new(ErrorKind::Unparseable, "no verdict").with_raw_output("hm")),
            _ => Outcome::Judged(
                Comparison::from_probability(coin as f64 / 256.0)
                    .with_critique(format!("coin {coin}"))
                    .with_usage(Usage::new(1, coin, 2)),
            ),
        }
    })
}

/// Prefers the right answer.
fn right(id: &'static str) -> MockJudge {
    MockJudge::new(id).comparing(|task, first, _| {
        let (said, asked) = sums(task, first);
        Outcome::Judged(Comparison::from_choice(if said == asked + 1 { Choice::First } else { Choice::Second }))
    })
}

/// Breaks whole calls of a judge, by their number, and comes back from others late, so that they end out of order.
struct Troubled<J, F> {
    inner: J,
    trouble: F,
    calls: AtomicUsize,
}

impl<J, F: Fn(usize) -> Option<ErrorKind>> Troubled<J, F> {
    fn new(inner: J, trouble: F) -> Self {
        Self { inner, trouble, calls: AtomicUsize::new(0) }
    }

    async fn before(&self) -> Result<(), JudgeError> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        for _ in 0..Fingerprint::of([call.to_string()]).as_bytes()[0] % 5 {
            tokio::task::yield_now().await;
        }
        let broken =
            |kind| JudgeError::new(kind, format!("call {call} broke")).with_source(std::io::Error::other("why"));
        (self.trouble)(call).map_or(Ok(()), |kind| Err(broken(kind)))
    }
}

#[async_trait]
impl<J: ToolCallJudge, F: Fn(usize) -> Option<ErrorKind> + Send + Sync> ToolCallJudge for Troubled<J, F> {
    fn card(&self) -> &JudgeCard {
        self.inner.card()
    }
    async fn score(&self, items: &[ScoreItem<'_>], options: &CallOptions) -> Result<Vec<Outcome<Score>>, JudgeError> {
        self.before().await?;
        self.inner.score(items, options).await
    }
    async fn compare(
        &self,
        items: &[PairItem<'_>],
        options: &CallOptions,
    ) -> Result<Vec<Outcome<Comparison>>, JudgeError> {
        self.before().await?;
        self.inner.compare(items, options).await
    }
}

/// Small batches, several at once.
fn options() -> RunOptions {
    RunOptions::default().with_batch(4).with_concurrency(3)
}

async fn run(judge: impl ToolCallJudge, options: RunOptions, pairs: &[Pair]) -> Result<Run, RunError> {
    // The future of a run can be sent between threads.
    fn sent<T: Send>(future: T) -> T {
        future
    }
    sent(Runner::new(judge, options).run(pairs, &mut |_| ())).await
}

/// What a run says, as text: equality of bytes.
fn text(verdicts: &[PairVerdict]) -> String {
    verdicts.iter().map(|v| serde_json::to_string(v).unwrap() + "\n").collect()
}
