//! TRBench-BFCL: pairs, ties, both-wrong pairs and groups, built from recorded answers.

pub mod group;
pub mod pair;

pub use group::{Group, GroupEntry};
pub use pair::{Pair, Relation};
