//! No heap growth: judging for ever takes no more memory than judging for a while.
//!
//! Counts live bytes exactly (an allocator that counts), so this test stands alone in its binary. A debug build makes 20,000
//! judgements; `cargo test --release -p toolrm-benches --test heap` makes the promised 1,000,000.

use std::alloc::System;

use cap::Cap;
use serde_json::json;
use toolrm_benches::fixture;
use toolrm_core::{
    call::{Candidate, Message, ToolCall},
    format::parse_any,
    rules::RuleScorer,
    score::Scorer,
    task::Task,
};

#[global_allocator]
static HEAP: Cap<System> = Cap::new(System, usize::MAX);

const JUDGEMENTS: usize = if cfg!(debug_assertions) { 20_000 } else { 1_000_000 };
/// What pools inside dependencies (a regex's caches) may still add after the first tenth.
const SLACK: usize = 4096;

#[test]
fn a_million_judgements_leave_nothing_behind() {
    let scorer = RuleScorer::default();
    let task = fixture::task().unwrap();
    let fixed = fixture::candidates();

    let mut after_a_tenth = 0;
    let mut judged = 0;
    for i in 0..JUDGEMENTS {
        let candidate = match i % 4 {
            0 => fixed[i / 4 % fixed.len()].clone(),
            1 => varied_call(i),
            2 => parse_any(&varied_text(i)),
            _ => Candidate::text(varied_text(i)),
        };
        // Every eighth judgement is of a conversation never seen before.
        let task = if i % 8 == 0 { fresh(&task, i) } else { task.clone() };
        judged += usize::from(scorer.score(&task, &candidate).judged().is_some());
        if i == JUDGEMENTS / 10 {
            after_a_tenth = HEAP.allocated();
        }
    }
    let at_the_end = HEAP.allocated();

    println!(
        "{JUDGEMENTS} judgements, {judged} of them scored; live bytes {after_a_tenth} after a tenth, {at_the_end} at the end"
    );
    assert!(judged > JUDGEMENTS / 2, "hardly anything was judged: {judged}");
    assert!(at_the_end <= after_a_tenth + SLACK, "the heap grew from {after_a_tenth} to {at_the_end} bytes");
}

fn fresh(task: &Task, i: usize) -> Task {
    Task::new(vec![Message::user(format!("{} My reference is {i}.", fixture::REQUEST))], task.tools().clone())
}

/// A call with names and values that do not come twice.
fn varied_call(i: usize) -> Candidate {
    let name = if i.is_multiple_of(3) { format!("tool_{i}") } else { "get_weather".to_owned() };
    Candidate::calls(vec![ToolCall::new(
        name,
        json!({"city": format!("City {i}"), "date": "2025-07-14", (format!("key_{i}")): i}),
    )])
}

/// Texts of every size up to 2 KiB: calls, broken calls, words.
fn varied_text(i: usize) -> String {
    let padding = "x".repeat(i % 2048);
    match i % 3 {
        0 => format!(
            "<tool_call>\n{{\"name\": \"get_weather\", \"arguments\": {{\"city\": \"{padding}{i}\"}}}}\n</tool_call>"
        ),
        1 => format!("[get_weather(city='{padding}', date='{i}'"),
        _ => format!("It is {i} degrees. {padding}"),
    }
}
