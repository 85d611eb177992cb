//! TRBench-BFCL: how good is a judge of tool calls, on real answers of real models, with error bars.

pub mod acebench;
pub mod best_of_n;
pub mod bfcl;
#[cfg(feature = "hub")]
pub mod hub;
pub mod metrics;
pub mod mutate;
pub mod null;
pub mod recorded;
pub mod report;
pub mod run;
pub mod suite;
pub mod trbench;
