//! What can go wrong on the command line, and how it is said: `error: FILE:LINE: /pointer: what; do this`.

use std::{io, path::PathBuf};

use toolrm_backends::judge::OpenError;
use toolrm_bench::{
    best_of_n::BestOfNError, bfcl::fetch::FetchError, mutate::MutateError, report::ReportError, suite::MeasureError,
    trbench::rows::TablesError,
};
use toolrm_core::error::JudgeError;
use toolrm_data::{DataError, build::BuildError, export::ExportError};

/// Why a command ended early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    #[error(transparent)]
    Data(#[from] DataError),
    #[error("cannot get BFCL's questions: {0}")]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Build(#[from] BuildError),
    #[error(transparent)]
    Export(#[from] ExportError),
    #[error(transparent)]
    Measure(#[from] MeasureError),
    #[error(transparent)]
    Tables(#[from] TablesError),
    #[error(transparent)]
    BestOfN(#[from] BestOfNError),
    #[error(transparent)]
    Mutate(#[from] MutateError),
    /// Good calls that cannot be corrupted, and their file.
    #[error("{}: {error}", calls.display())]
    Calls { calls: PathBuf, error: MutateError },
    #[error(transparent)]
    Report(#[from] ReportError),
    #[error("{0}; see --help")]
    Usage(String),
    /// A model that was to judge.
    #[error("cannot open the judge {judge}: {error}")]
    Open { judge: String, error: OpenError },
    #[error("the judge could not judge: {0}")]
    Judge(#[from] JudgeError),
    #[error("cannot write the output: {0}; free the destination or choose another one")]
    Output(#[from] io::Error),
}

impl CliError {
    /// Whether the reader of our output went away (`| head`), which is its right.
    pub(crate) fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Output(e) if e.kind() == io::ErrorKind::BrokenPipe)
    }
}
