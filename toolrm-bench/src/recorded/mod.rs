//! Recorded answers of models: result and score files of the Berkeley leaderboard, in their layouts of 2024, v3 and v4.
//!
//! [`read`] takes a folder or an archive of them and gives every answer as a [`Recording`], decoded, with the label its own score
//! file published beside it, and every multi-turn run as a [`Dialogue`]. What is no answer of a model (an error of its server, an
//! empty text) is left out and counted by kind: see [`Census::left_out`].
//!
//! # Layouts
//! | | file | id | score file's id |
//! |---|---|---|---|
//! | 2024 (version 1) | `MODEL/gorilla_openfunctions_v1_test_simple_result.json`, `MODEL/simple_score.json` | `simple_13`, `parallel_function_0`, `relevance_3` | 14, counted from 1; `prompt.id` where it is written |
//! | version 3 | `MODEL/BFCL_v3_simple_result.json` | `simple_13`, `live_simple_0-0-0` | the same |
//! | version 4 | `MODEL/[non_live/]BFCL_v4_simple_python_result.json` | `simple_python_13` | the same |
//!
//! A score file lists what failed, after a line of totals; what it does not list was right.

mod answer;
mod census;
mod decode;
mod dialogue;
mod label;
mod layout;
mod read;
mod score;
mod served;

pub use answer::{ApiError, RawAnswer};
pub use census::Census;
pub use decode::Decoder;
pub use dialogue::{Dialogue, DialogueTurn, Step};
pub use label::{Label, Labeller};
pub use layout::{FileKind, RunFile, SourceNames};
pub use read::{Recording, Recordings, read};
pub use score::PublishedLabel;
pub use served::{Served, documented_calls};

#[cfg(test)]
pub(crate) mod tests;
