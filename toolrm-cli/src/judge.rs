//! The judges that have a name on the command line.

use std::future::Future;

use clap::ValueEnum;
use toolrm_core::judge::{FromScorer, ToolCallJudge};

use crate::{error::CliError, rules::RuleArgs};

/// A judge by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum JudgeName {
    /// The embedded rules: no weights, no network, microseconds
    Rules,
}

impl JudgeName {
    pub(crate) fn judge(self, rules: &RuleArgs) -> Result<Box<dyn ToolCallJudge>, CliError> {
        match self {
            Self::Rules => Ok(Box::new(FromScorer::new(rules.scorer()?))),
        }
    }

    /// For calls without a conversation.
    pub(crate) fn judge_without_conversation(self, rules: &RuleArgs) -> Result<Box<dyn ToolCallJudge>, CliError> {
        match self {
            Self::Rules => Ok(Box::new(FromScorer::new(rules.scorer_without_conversation()?))),
        }
    }
}

/// Runs a judge's future to its end on this thread.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T, CliError>>) -> Result<T, CliError> {
    tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(work)
}
