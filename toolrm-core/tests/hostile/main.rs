//! Hostile inputs: a table. Each row names an input, the entry point it is given to, and the typed result that must come back.
//!
//! Every row runs on a thread of its own with the stack a Rust thread has by default (2 MiB) and under a watchdog: a panic, a stack
//! overflow, a hang or another result than the one written down fails the row. The entry points check on their way that nothing is
//! lost: a malformed text keeps its text and says why, an error says what, where and in which tool.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    clippy::panic,
    clippy::too_many_lines,
    clippy::type_complexity,
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop; tables are long; entry points take their input by value, as a table hands it over"
)]

mod entry;
mod formats;
mod scores;
mod streams;

mod tools;
mod turns;
mod verdicts;

use std::{
    sync::mpsc::{RecvTimeoutError, channel},
    thread,
    time::{Duration, Instant},
};

use entry::Got;

/// The stack of a thread nobody asked anything special for.
const STACK: usize = 2 << 20;
/// Far beyond what any row needs, even in a debug build on a busy machine: whoever gets there hangs.
const WATCHDOG: Duration = Duration::from_mins(2);

/// What is worth a line of output.
const SLOW: Duration = Duration::from_secs(5);

/// One line of the table.
struct Row {
    name: String,
    run: Box<dyn FnOnce() -> Got + Send>,
    want: Got,
}

/// Rows of one family and one entry point: what each is called, how its input is made, and what must come back.
fn table<I: 'static, const N: usize>(
    family: &str,
    entry: fn(I) -> Got,
    rows: [(&'static str, fn() -> I, Got); N],
) -> Vec<Row> {
    let row = |(name, input, want): (_, fn() -> I, _)| Row {
        name: format!("{family}: {name}"),
        run: Box::new(move || entry(input())),
        want,
    };
    rows.into_iter().map(row).collect()
}

/// Runs a row and says what is wrong with it, if anything.
fn failure(row: Row) -> Option<String> {
    let Row { name, run, want } = row;
    let (done, finished) = channel();
    let start = Instant::now();
    // The thread bears the row's name: a stack overflow ends the process, and its message names the thread.
    let thread = thread::Builder::new()
        .name(name.clone())
        .stack_size(STACK)
        .spawn(move || drop(done.send(run())))
        .expect("a thread can be had");
    let result = finished.recv_timeout(WATCHDOG);
    if start.elapsed() > SLOW {
        println!("slow: {name}: {:?}", start.elapsed());
    }
    match result {
        Ok(got) if got == want => None,
        Ok(got) => Some(format!("{name}: wanted {want:?}, got {got:?}")),
        Err(RecvTimeoutError::Timeout) => Some(format!("{name}: hangs, no result within {WATCHDOG:?}")),
        Err(RecvTimeoutError::Disconnected) => {
            let panic = thread.join().err();
            let said = panic.as_ref().and_then(|p| p.downcast_ref::<String>().cloned());
            let said = said.or_else(|| panic.as_ref().and_then(|p| p.downcast_ref::<&str>().map(|s| (*s).to_owned())));
            Some(format!("{name}: panicked: {}", said.unwrap_or_default()))
        }
    }
}

fn check(rows: Vec<Row>) {
    let count = rows.len();
    let failures: Vec<String> = rows.into_iter().filter_map(failure).collect();
    assert!(failures.is_empty(), "{} of {count} rows fail:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn tool_lists() {
    check(tools::rows());
}

#[test]
fn tasks_and_candidates() {
    check(turns::rows());
}

#[test]
fn model_texts() {
    check(formats::rows());
}

#[test]
fn streamed_texts() {
    check(streams::rows());
}

#[test]
fn scored_candidates() {
    check(scores::rows());
}

#[test]
fn verdict_texts() {
    check(verdicts::rows());
}

#[test]
fn the_table_is_as_long_as_promised_and_names_no_row_twice() {
    let rows = [tools::rows(), turns::rows(), formats::rows(), streams::rows(), scores::rows(), verdicts::rows()];
    let rows: Vec<Row> = rows.into_iter().flatten().collect();
    println!("{} hostile inputs", rows.len());
    assert!(rows.len() >= 150, "{} rows", rows.len());
    let mut names: Vec<&str> = rows.iter().map(|r| r.name.as_str()).collect();
    names.sort_unstable();
    let twice: Vec<_> = names.windows(2).filter(|w| w[0] == w[1]).map(|w| w[0]).collect();
    assert!(twice.is_empty(), "twice in the table: {twice:?}");
}
