//! Discriminative judges, over the port [`crate::port::SequenceScorer`].
