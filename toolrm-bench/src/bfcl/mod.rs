//! The Berkeley Function-Calling Leaderboard: its questions, its accepted answers, its checker.

pub mod category;
pub mod checker;
pub mod fetch;
pub mod ids;
pub mod question;
mod source;
pub mod verdicts;

pub use category::Category;
pub use question::{Question, Questions};
