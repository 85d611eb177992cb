//! Where the recorded data are, and what every test of them needs.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]
#![allow(dead_code, reason = "not every test needs all of it")]

use std::path::PathBuf;

use toolrm_bench::bfcl::Questions;
use toolrm_data::tree::Tree;

/// A file of the data folder (`TOOLRM_DATA`, else `../shared/data` beside the workspace); `None`, aloud, when it is not there.
pub(crate) fn data(test: &str, path: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("TOOLRM_DATA")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data")), PathBuf::from);
    let path = folder.join(path);
    if !path.exists() {
        println!("skipped: {test}: no data at {}", path.display());
        return None;
    }
    Some(path)
}

/// The leaderboard's questions that are there.
pub(crate) fn questions(test: &str) -> Option<Questions> {
    let path = data(test, "eval/bfcl_v4_visible_half.tar.zst")?;
    Some(Questions::load(&Tree::open(&path).unwrap()).unwrap())
}
