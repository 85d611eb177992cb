//! Inputs the benches share: a small task written for the purpose, and recorded model answers when they are there.

pub mod fixture;
pub mod recorded;
pub mod steps;
pub mod verdicts;
