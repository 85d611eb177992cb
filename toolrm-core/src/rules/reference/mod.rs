//! Scorers that know the right answer: [`ReferenceScorer`], a score in \[0, 1\], and [`ToolRlReward`], ToolRL's reward.
//!
//! Both compare the candidate with each of [`Task::reference`](crate::task::Task::reference) and keep the best. What makes two
//! argument values equal is up to an [`equiv::ArgEquiv`].
//!
//! # What is data and what is not
//! A candidate that answers in words, repeats itself or cannot be read is data: it is judged (and scores low). A task without
//! reference is abstained from. A reference that is malformed, has no calls or arguments that are no object is a mistake of the
//! caller: the outcome is [`Failed`](crate::score::Outcome::Failed) and says which one.
//!
//! # Findings
//! Every loss of credit is a finding, and the weights of the findings add up to what the score lost. Pointers are those of
//! [`Finding::pointer`](crate::score::Finding::pointer). What is missing is pointed at where it would have to be added: a missing
//! argument by its own pointer, a missing call by the index it gets when it is appended (`/2` for the first one missing from a
//! candidate with two calls). What differs, and what is too much, is pointed at where it is.

mod assess;
mod bfcl;
mod compare;
pub mod equiv;
mod gold;
mod options;
mod pairing;
mod scorer;
mod toolrl;

pub use assess::Assessment;
pub use bfcl::{GroundTruthError, reference_from_bfcl};
pub use options::{Counts, EmptyArguments, Matching, Repeats, WordsReference};
pub use scorer::ReferenceScorer;
pub use toolrl::{ToolRlParts, ToolRlReward};
