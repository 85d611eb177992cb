//! What the commands of `toolrm-lab` share: pairs of recorded answers and where they come from, what the rules find in them, weights
//! fitted to them, and how good those are.

pub mod ablation;
pub mod calibration;
pub mod columns;
pub mod correction;
pub mod dataset;
pub mod diagnosis;
pub mod error;
pub mod examples;
pub mod figures;
pub mod fitting;
pub mod folds;
pub mod logistic;
pub mod pointwise;
pub mod progress;
pub mod relevance;
pub mod rules_doc;
pub mod severities;
pub mod shares;
pub mod sources;

use std::path::{Path, PathBuf};

/// A file of recorded data, whether it is there or not: in the folder that TOOLRM_DATA names, else in `../shared/data` beside the
/// workspace.
pub fn recorded(name: &str) -> PathBuf {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    std::env::var_os("TOOLRM_DATA").map_or_else(beside, PathBuf::from).join(name)
}
