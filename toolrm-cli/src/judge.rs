//! The judges that have a name on the command line.

use std::future::Future;

use clap::ValueEnum;
use toolrm_core::{
    judge::{FromScorer, ToolCallJudge},
    rules::RuleScorer,
};

use crate::error::CliError;

/// A judge by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum JudgeName {
    /// The embedded rules: no weights, no network, microseconds
    Rules,
}

impl JudgeName {
    pub(crate) fn judge(self) -> Box<dyn ToolCallJudge> {
        match self {
            Self::Rules => Box::new(FromScorer::new(RuleScorer::default())),
        }
    }
}

/// Runs a judge's future to its end on this thread.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T, CliError>>) -> Result<T, CliError> {
    tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(work)
}
