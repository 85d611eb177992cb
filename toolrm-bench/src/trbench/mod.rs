//! TRBench-BFCL: pairs, ties, both-wrong pairs and groups, built from recorded answers.

pub mod build;
pub mod group;
pub mod options;
pub mod pair;

pub use group::{Group, GroupEntry};
pub use options::{BuildOptions, ChosenFrom};
pub use pair::{Pair, Relation};
