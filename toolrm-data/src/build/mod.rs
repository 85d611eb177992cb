//! From trajectories to preference pairs.

pub mod config;
pub mod manifest;

pub use config::{BuildConfig, ConfigError, Preset};
pub use manifest::Manifest;
