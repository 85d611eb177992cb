//! TRBench-BFCL: pairs, ties, both-wrong pairs and groups, built from recorded answers.

pub mod bench;
pub mod build;
pub mod group;
pub mod leaks;
pub mod manifest;
pub mod options;
pub mod pair;
pub mod rows;

pub use bench::Bench;
pub use build::{Build, Progress, Stage, build};
pub use group::{Group, GroupEntry};
pub use manifest::Manifest;
pub use options::{BuildOptions, ChosenFrom};
pub use pair::{Pair, Relation};
