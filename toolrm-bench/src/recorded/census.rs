//! Counting: what came in, what was left out and why.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How many result lines were read, and how many of them are no recording, by reason. The two and the recordings add up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Census {
    /// Result files.
    pub files: u64,
    /// Result lines.
    pub lines: u64,
    /// Score files.
    pub score_files: u64,
    /// Lines left out, by reason.
    pub left_out: BTreeMap<String, u64>,
}

impl Census {
    /// Counts a line that is left out.
    pub fn leave_out(&mut self, reason: impl Into<String>) {
        *self.left_out.entry(reason.into()).or_default() += 1;
    }

    /// Lines that were left out for any reason.
    pub fn left_out_in_all(&self) -> u64 {
        self.left_out.values().sum()
    }
}
