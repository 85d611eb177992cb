//! Running a judge over a bench: concurrency, progress, a journal to resume from.

pub mod quick;
pub mod verdict;

pub use verdict::{PairVerdict, Said, ScoreSaid};
