//! The Berkeley Function-Calling Leaderboard: its questions, its accepted answers, its checker.

pub mod category;
pub mod checker;
pub mod verdicts;
