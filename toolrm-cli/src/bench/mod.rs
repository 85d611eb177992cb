//! Judges on files of pairs: reading and showing. Judging and counting are toolrm-bench's.

use toolrm_bench::{
    metrics::Tally,
    run::{PairVerdict, quick::judge_once},
    trbench::Pair,
};
use toolrm_core::{error::JudgeError, judge::ToolCallJudge, observe::CallOptions};

pub(crate) mod dump;
pub(crate) mod read;
pub(crate) mod report;

/// A judge and how it fares.
pub(crate) struct Standing {
    judge: Box<dyn ToolCallJudge>,
    /// Whether it is one of the null judges.
    pub(crate) null: bool,
    pub(crate) tally: Tally,
}

impl Standing {
    pub(crate) fn new(judge: Box<dyn ToolCallJudge>, null: bool, tally: Tally) -> Self {
        Self { judge, null, tally }
    }

    pub(crate) fn name(&self) -> &str {
        &self.judge.card().id
    }

    /// Judges some pairs, each with its number and in one order, and counts the verdicts. `questions` are the numbers of their
    /// questions.
    pub(crate) async fn judge(
        &mut self,
        pairs: &[(u64, Pair)],
        questions: &[usize],
        options: &CallOptions,
    ) -> Result<Vec<PairVerdict>, JudgeError> {
        let verdicts = judge_once(&*self.judge, pairs, options).await?;
        for (((_, pair), question), verdict) in pairs.iter().zip(questions).zip(&verdicts) {
            self.tally.add(pair, *question, verdict);
        }
        Ok(verdicts)
    }
}
