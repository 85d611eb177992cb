//! Why a run ended before its end.

use std::path::PathBuf;

use toolrm_core::error::JudgeError;
use toolrm_data::DataError;

/// Why a run ended before its end. What was finished is in the journal, if it had one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The journal or a result cannot be read or written, or is that of another run.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The judge cannot do what it is asked at all.
    #[error("judge \"{judge}\" cannot be run: {source}")]
    Judge {
        /// The judge's id.
        judge: String,
        /// What it said.
        source: JudgeError,
    },
    /// The caller cancelled.
    #[error("cancelled with {done} of {total} pairs done; {}", how_to_go_on(journal.as_ref()))]
    Cancelled {
        /// Pairs that are settled.
        done: usize,
        /// All pairs.
        total: usize,
        /// Where they are kept.
        journal: Option<PathBuf>,
    },
    /// The judge broke too often in a row.
    #[error(
        "judge \"{judge}\" failed on {batches} batches in a row, the last time with \"{last}\"; {done} of {total} pairs are done; {}",
        how_to_go_on(journal.as_ref())
    )]
    KeepsFailing {
        /// The judge's id.
        judge: String,
        /// Failed batches in a row.
        batches: usize,
        /// What it said last.
        last: String,
        /// Pairs that are settled.
        done: usize,
        /// All pairs.
        total: usize,
        /// Where they are kept.
        journal: Option<PathBuf>,
    },
}

fn how_to_go_on(journal: Option<&PathBuf>) -> String {
    match journal {
        Some(path) => format!("run it again to go on from {}", path.display()),
        None => "nothing is kept: give the run a journal to be able to go on".into(),
    }
}
