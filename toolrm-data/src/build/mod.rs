//! From trajectories to preference pairs.

pub mod manifest;

pub use manifest::Manifest;
