//! `toolrm bench build` and `run`, killed at random moments with SIGKILL and started again: the folder ends as if nothing had happened.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test helper fails by panicking")]

mod common;

use std::fs;

use common::{
    files,
    kill::{finish, kill_and_resume},
    leaderboard::Leaderboard,
};

#[test]
fn a_killed_build_ends_in_the_same_bytes() {
    let board = Leaderboard::new();
    let (questions, runs, out) = (board.path("questions"), board.path("runs"), board.path("out"));
    let args = ["bench", "build", "--bfcl", &questions, "--runs", &runs, "--out", &out];
    let empty = || drop(fs::remove_dir_all(&out));
    finish(&args);
    empty();
    let duration = finish(&args);
    let whole = files(&out);
    kill_and_resume(&args, &out, duration, &whole, empty);
}

#[test]
fn a_killed_run_ends_in_the_same_bytes() {
    let board = Leaderboard::new();
    let (bench, out) = (board.build("trbench", &[]), board.path("out"));
    // One pair at a time, so that there is much to interrupt.
    let args = ["bench", "run", &bench, "--out", &out, "--batch", "1", "--concurrency", "1"];
    let empty = || drop(fs::remove_dir_all(&out));
    finish(&args);
    empty();
    let duration = finish(&args);
    let whole = files(&out);
    kill_and_resume(&args, &out, duration, &whole, empty);
}
