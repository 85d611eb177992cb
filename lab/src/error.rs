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
