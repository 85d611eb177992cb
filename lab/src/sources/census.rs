//! What was left out, and why.

use std::collections::BTreeMap;

/// Counts of records that could not be used, by reason.
#[derive(Debug, Default)]
pub struct Census(BTreeMap<String, usize>);

impl Census {
    /// One more record was left out for this reason.
    pub fn leave_out(&mut self, reason: impl Into<String>) {
        self.leave_out_all(1, reason);
    }

    /// `n` more records were left out for this reason.
    pub fn leave_out_all(&mut self, n: usize, reason: impl Into<String>) {
        *self.0.entry(reason.into()).or_default() += n;
    }

    /// The value; without one the reason is counted.
    pub fn keep<T, R: Into<String>>(&mut self, value: Result<T, R>) -> Option<T> {
        value.map_err(|reason| self.leave_out(reason)).ok()
    }

    /// Reasons and how often each was met.
    pub fn reasons(&self) -> impl Iterator<Item = (&str, usize)> {
        self.0.iter().map(|(reason, n)| (reason.as_str(), *n))
    }
}
