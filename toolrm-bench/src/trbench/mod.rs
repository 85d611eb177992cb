//! TRBench-BFCL: pairs, ties, both-wrong pairs and groups, built from recorded answers.

pub mod pair;

pub use pair::{Pair, Relation};
