//! The published tables of TRBench: their columns, from pairs and back.
//!
//! A table holds every pair twice: first all of them in the original order (the chosen answer is response 1), then all of them swapped;
//! `extra_info.original_index` says which pair a row shows. Conversations and answers are texts in the form of Hermes: tools in
//! `<tools>`, calls in `<tool_call>`, results in `<tool_response>`.
//!
//! ```
//! use toolrm_bench::trbench::{Pair, rows};
//! use toolrm_core::{critic::PromptSet, prelude::*};
//! use serde_json::json;
//! let tools = Toolset::from_json(&json!([{"name": "f", "parameters": {"type": "object", "properties": {"a": {"type": "integer"}}}}]))?;
//! let call = |a| Candidate::calls(vec![ToolCall::new("f", json!({"a": a}))]);
//! let pair = Pair::new(Task::new(vec![Message::user("f of 1?")], tools), call(1), call(2));
//! let table = rows::generative(&[pair], &PromptSet::no_think())?;
//! assert_eq!((table.len(), table[1].reward_model.ground_truth.as_str()), (2, "2"));
//! let again = rows::pairs(table.iter().map(|row| json!(row)))?;
//! assert_eq!(again[0].rejected.action, call(2).action);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod read;
#[cfg(feature = "parquet")]
mod tables;
mod write;

use toolrm_core::critic::PromptError;

pub use read::{RowError, pairs};
#[cfg(feature = "parquet")]
pub use tables::{DISC, NO_THINK, THINK, TablesError, read_table, write_tables};
pub use toolrm_data::rows::{DiscriminativeRow, ExtraInfo, PublishedRow, RewardModel, RowMessage};
pub use write::{discriminative, generative};

/// Why pairs could not be written as rows.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RowsError {
    /// The tables hold pairs of a right and a wrong answer only.
    #[error("pair \"{id}\" is no pair of a right and a wrong answer: leave ties and both-wrong pairs out")]
    #[non_exhaustive]
    NotBetter {
        /// The pair's id.
        id: String,
    },
    /// The prompt of the judge could not be written.
    #[error("pair \"{id}\": {source}")]
    #[non_exhaustive]
    Prompt {
        /// The pair's id.
        id: String,
        /// Why.
        source: PromptError,
    },
}
