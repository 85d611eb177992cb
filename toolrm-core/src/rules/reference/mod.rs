//! The reference-based scorer.

/// Scores a candidate against the task's reference answers.
#[derive(Debug, Clone, Default)]
pub struct ReferenceScorer {}
