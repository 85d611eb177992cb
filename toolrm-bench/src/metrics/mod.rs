//! Accuracies of both orders, how sure they are, calibration, significance, cost.

pub mod count;

pub use count::{Counts, Measured, Verdict};
