//! `toolrm data build`, killed at random moments with SIGKILL and started again: the folder ends as if nothing had happened.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test helper fails by panicking")]

mod common;

use std::fs;

use common::{
    files,
    kill::{finish, kill_and_resume},
};

#[test]
fn a_killed_build_of_pairs_ends_in_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out").to_str().unwrap().to_owned();
    let args = ["data", "build", "examples/data/build.toml", "--out", &out];
    let empty = || drop(fs::remove_dir_all(&out));
    finish(&args);
    empty();
    let duration = finish(&args);
    let whole = files(&out);
    kill_and_resume(&args, &out, duration, &whole, empty);
}
