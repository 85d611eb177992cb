//! What can go wrong at the bench, and what to do about it.

use std::{io, path::PathBuf};

/// Why a command ended early.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LabError {
    /// Recorded answers that are not on this machine.
    #[error("no data at {}; name the folder of recorded data in TOOLRM_DATA", .0.display())]
    NoData(PathBuf),
    /// Recorded answers that cannot be read.
    #[error("cannot read the recorded answers of {name}: {error}; get the file again")]
    Source {
        /// Of which source.
        name: &'static str,
        /// What is wrong.
        error: io::Error,
    },
    /// A file that cannot be written.
    #[error("cannot write {}: {error}; free the destination or choose another one", path.display())]
    Write {
        /// Which file or folder.
        path: PathBuf,
        /// What is wrong.
        error: io::Error,
    },
    /// A file of pairs that cannot be read.
    #[error("cannot read {}: {error}; make the files with `toolrm-lab pairs --out DIR`", path.display())]
    Read {
        /// Which file or folder.
        path: PathBuf,
        /// What is wrong.
        error: io::Error,
    },
    /// A line that is no pair.
    #[error("{}:{line}: {what}; write pairs as `toolrm-lab pairs` does", path.display())]
    Pair {
        /// Which file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// What is wrong.
        what: String,
    },
    /// Nothing to work on.
    #[error("no pairs; give files of pairs, or the folder that `toolrm-lab pairs --out DIR` made")]
    NoPairs,
    /// Weights that could not be fitted.
    #[error("the fit failed: {0}; try a stronger penalty (--l2)")]
    Fit(String),
    /// A rule that is named and not there.
    #[error("no rule has the id \"{0}\"; `toolrm explain` lists them")]
    NoRule(String),
    /// The rules could not judge.
    #[error(transparent)]
    Rule(#[from] toolrm_core::error::JudgeError),
    /// Curves that could not be drawn.
    #[error(transparent)]
    BestOfN(#[from] toolrm_bench::best_of_n::BestOfNError),
    /// A check that did not hold.
    #[error("{0}")]
    Check(String),
    /// Standard output that cannot be written.
    #[error("cannot write the output: {0}")]
    Output(#[from] io::Error),
}

impl LabError {
    /// Whether the reader of our output went away (`| head`), which is its right.
    pub fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Output(e) if e.kind() == io::ErrorKind::BrokenPipe)
    }
}
