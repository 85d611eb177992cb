#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod batch;
pub mod call;
pub mod cancel;
pub mod canonical;
pub mod context;
pub mod correct;
pub mod critic;
pub mod error;
pub mod format;
pub mod judge;
pub mod layer;
pub mod measure;
pub mod observe;
pub mod port;
pub mod reward;
pub mod rules;
pub mod sample;
pub mod score;
pub mod select;
pub mod task;
#[cfg(any(test, feature = "testkit"))]
pub mod testkit;
pub mod toolset;

/// The names most programs need.
pub mod prelude {
    pub use crate::{
        call::{Action, Candidate, Message, Role, Tool, ToolCall},
        error::{ErrorKind, JudgeError},
        judge::{Choice, Comparison, FromScorer, JudgeCard, JudgeExt, PairItem, ScoreItem, ToolCallJudge},
        observe::CallOptions,
        rules::RuleScorer,
        score::{Finding, Outcome, Score, ScoreScale, Scorer, scorer_fn},
        select::{Selection, Selector, best_of_n},
        task::Task,
        toolset::Toolset,
    };
}
