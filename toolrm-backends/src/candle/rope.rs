//! Rotary positions: the frequencies a configuration asks for, and tables of their sines and cosines, always in `f32`.
//!
//! Su et al., "RoFormer: Enhanced Transformer with Rotary Position Embedding", <https://arxiv.org/abs/2104.09864>; features `i` and
//! `i + d/2` of a head form a pair, as in Hugging Face checkpoints.

use std::{f64::consts::PI, path::Path};

use candle_core::{Device, Result, Tensor};
use serde::Deserialize;
use serde_json::Value;

use crate::error::LoadError;

/// How positions turn queries and keys.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RopeConfig {
    /// The base of the wavelengths.
    pub theta: f64,
    /// How the frequencies are stretched to longer contexts.
    pub scaling: RopeScaling,
}

/// How frequencies are stretched to longer contexts than the model was first trained for.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum RopeScaling {
    /// They are not.
    None,
    /// All alike.
    Linear {
        /// How many times longer.
        factor: f64,
    },
    /// The long wavelengths only, with a smooth passage between (Llama 3.1 and later).
    Llama3 {
        /// How many times longer.
        factor: f64,
        /// Wavelengths longer than `original / low` are stretched.
        low: f64,
        /// Wavelengths shorter than `original / high` are kept.
        high: f64,
        /// The context it was first trained for.
        original: f64,
    },
}

#[derive(Deserialize, Default)]
struct Raw {
    rope_theta: Option<f64>,
    rope_type: Option<String>,
    #[serde(rename = "type")]
    older_type: Option<String>,
    factor: Option<f64>,
    low_freq_factor: Option<f64>,
    high_freq_factor: Option<f64>,
    original_max_position_embeddings: Option<f64>,
    partial_rotary_factor: Option<f64>,
}

impl RopeConfig {
    /// From `rope_theta` and `rope_scaling` as older configurations write them, or from `rope_parameters`, which holds both.
    pub(super) fn parse(
        path: &Path,
        theta: Option<f64>,
        parameters: Option<&Value>,
    ) -> std::result::Result<Self, LoadError> {
        let raw: Raw = match parameters {
            None | Some(Value::Null) => Raw::default(),
            Some(value) => {
                Raw::deserialize(value).map_err(|e| LoadError::file(path, format!("rope parameters: {e}")))?
            }
        };
        let positive = |name: &str, value: Option<f64>| match value {
            Some(v) if v.is_finite() && v > 0.0 => Ok(v),
            Some(v) => Err(LoadError::file(path, format!("rope: {name} is {v}, and should be a positive number"))),
            None => Err(LoadError::file(path, format!("rope: {name} is missing"))),
        };
        let kind = raw.rope_type.as_deref().or(raw.older_type.as_deref()).unwrap_or("default");
        let scaling = match kind {
            "default" => RopeScaling::None,
            "linear" => RopeScaling::Linear { factor: positive("factor", raw.factor)? },
            "llama3" => RopeScaling::Llama3 {
                factor: positive("factor", raw.factor)?,
                low: positive("low_freq_factor", raw.low_freq_factor)?,
                high: positive("high_freq_factor", raw.high_freq_factor)?,
                original: positive("original_max_position_embeddings", raw.original_max_position_embeddings)?,
            },
            other => {
                return Err(LoadError::unsupported(format!(
                    "{}: rotary positions of type {other:?} are not supported; supported are default, linear and llama3",
                    path.display()
                )));
            }
        };
        if raw.partial_rotary_factor.is_some_and(|part| (part - 1.0).abs() > f64::EPSILON) {
            return Err(LoadError::unsupported(format!(
                "{}: partial_rotary_factor is not supported: positions must turn whole heads",
                path.display()
            )));
        }
        // transformers takes 10,000 where nothing is said
        let theta = positive("rope_theta", raw.rope_theta.or(theta).or(Some(10_000.0)))?;
        Ok(Self { theta, scaling })
    }

    /// Radians per position of every pair of features.
    fn frequencies(&self, head_dim: usize) -> Vec<f32> {
        let plain = (0..head_dim / 2).map(|i| 1.0 / self.theta.powf(2.0 * i as f64 / head_dim as f64));
        #[allow(
            clippy::cast_possible_truncation,
            reason = "checkpoints were trained with frequencies and angles in f32"
        )]
        plain.map(|frequency| self.scaling.apply(frequency) as f32).collect()
    }
}

impl RopeScaling {
    fn apply(&self, frequency: f64) -> f64 {
        match *self {
            Self::None => frequency,
            Self::Linear { factor } => frequency / factor,
            Self::Llama3 { factor, low, high, original } => {
                let wavelength = 2.0 * PI / frequency;
                if wavelength < original / high {
                    frequency
                } else if wavelength > original / low {
                    frequency / factor
                } else {
                    let keep = (original / wavelength - low) / (high - low);
                    (1.0 - keep) * frequency / factor + keep * frequency
                }
            }
        }
    }
}

/// Sines and cosines of every position of a context: two tensors of `[context, head_dim / 2]`.
#[derive(Debug, Clone)]
pub(super) struct RopeTable {
    cos: Tensor,
    sin: Tensor,
}

/// The rows of a [`RopeTable`] for the tokens of one step.
#[derive(Debug, Clone)]
pub(super) struct Angles {
    pub(super) cos: Tensor,
    pub(super) sin: Tensor,
}

impl Angles {
    /// Those of some of the tokens.
    pub(super) fn select(&self, index: &Tensor) -> Result<Self> {
        Ok(Self { cos: self.cos.index_select(index, 0)?, sin: self.sin.index_select(index, 0)? })
    }
}

impl RopeTable {
    pub(super) fn new(config: &RopeConfig, head_dim: usize, context: usize, device: &Device) -> Result<Self> {
        let frequencies = config.frequencies(head_dim);
        #[allow(clippy::cast_precision_loss, reason = "contexts are far below 2^24 tokens")]
        let angles = (0..context).flat_map(|position| frequencies.iter().map(move |f| position as f32 * f));
        let (sin, cos): (Vec<f32>, Vec<f32>) = angles.map(f32::sin_cos).unzip();
        let shape = (context, frequencies.len());
        Ok(Self { cos: Tensor::from_vec(cos, shape, device)?, sin: Tensor::from_vec(sin, shape, device)? })
    }

    /// The angles of tokens at these positions (a tensor of `u32`).
    pub(super) fn at(&self, positions: &Tensor) -> Result<Angles> {
        Ok(Angles { cos: self.cos.index_select(positions, 0)?, sin: self.sin.index_select(positions, 0)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn llama3_keeps_short_waves_and_stretches_long_ones() {
        let config = RopeConfig {
            theta: 500_000.0,
            scaling: RopeScaling::Llama3 { factor: 8.0, low: 1.0, high: 4.0, original: 8192.0 },
        };
        let plain = RopeConfig { theta: 500_000.0, scaling: RopeScaling::None };
        let (ours, plain) = (config.frequencies(128), plain.frequencies(128));
        assert!((ours[0] - plain[0]).abs() < 1e-9);
        assert!((ours[63] * 8.0 - plain[63]).abs() < 1e-9);
        let between = ours.iter().zip(&plain).filter(|(o, p)| **o < **p && **o * 8.0 > **p * 1.001).count();
        assert!(between > 3, "{between} frequencies lie in the passage");
    }

    #[test]
    fn both_ways_of_writing_are_read_and_unknown_kinds_are_named() {
        let path = Path::new("config.json");
        let older = serde_json::json!({"type": "linear", "rope_type": "linear", "factor": 2.0});
        let newer = serde_json::json!({"rope_theta": 5e5, "rope_type": "linear", "factor": 2.0});
        let older = RopeConfig::parse(path, Some(5e5), Some(&older)).unwrap();
        assert_eq!(older, RopeConfig::parse(path, None, Some(&newer)).unwrap());
        let yarn = serde_json::json!({"rope_type": "yarn", "factor": 4.0});
        let error = RopeConfig::parse(path, None, Some(&yarn)).unwrap_err().to_string();
        assert!(error.contains("yarn") && error.contains("llama3"), "{error}");
        let missing = serde_json::json!({"rope_type": "llama3", "factor": 8.0});
        let error = RopeConfig::parse(path, None, Some(&missing)).unwrap_err().to_string();
        assert!(error.contains("low_freq_factor"), "{error}");
    }
}
