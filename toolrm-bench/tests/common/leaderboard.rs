//! The leaderboard's questions with their accepted answers, read from the archive of recorded data. Tests without the data say so.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

use std::{
    collections::HashMap,
    fs::File,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use serde_json::Value;
use toolrm_bench::bfcl::verdicts::Question;

/// Opens a file of recorded data, decompressed; without it says that the test is skipped.
pub(crate) fn open(test: &str, name: &str) -> Option<impl Read> {
    let folder = std::env::var_os("TOOLRM_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"), PathBuf::from);
    let path = folder.join(name);
    if !path.exists() {
        println!("skipped: {test}: no data at {}", path.display());
        return None;
    }
    let mut decoder = zstd::Decoder::new(File::open(path).unwrap()).unwrap();
    decoder.window_log_max(27).unwrap();
    Some(decoder)
}

/// Function docs and accepted answers by a question's id.
#[derive(Debug, Default)]
pub(crate) struct Leaderboard {
    functions: HashMap<String, Value>,
    ground_truths: HashMap<String, Value>,
}

impl Leaderboard {
    /// The single-turn questions of the archive.
    pub(crate) fn load(test: &str) -> Option<Self> {
        let mut archive = tar::Archive::new(open(test, "eval/bfcl_v4_visible_half.tar.zst")?);
        let mut all = Self::default();
        for entry in archive.entries().unwrap() {
            let entry = entry.unwrap();
            let path = entry.path().unwrap().to_string_lossy().into_owned();
            if !entry.header().entry_type().is_file() || path.contains("multi_turn") {
                continue;
            }
            for line in BufReader::new(entry).split(b'\n') {
                let mut record: Value = serde_json::from_slice(&line.unwrap()).unwrap();
                let id = record["id"].as_str().unwrap().to_owned();
                if path.contains("possible_answer") {
                    all.ground_truths.insert(id, record["ground_truth"].take());
                } else {
                    all.functions.insert(id, record["function"].take());
                }
            }
        }
        Some(all)
    }

    /// The question of an id.
    pub(crate) fn question(&self, id: &str) -> Option<Question<'_>> {
        Some(Question { functions: self.functions.get(id)?, ground_truth: self.ground_truths.get(id) })
    }
}
