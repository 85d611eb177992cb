//! [`Device`]: where a model in process computes.

use std::{fmt, str::FromStr};

use crate::error::LoadError;

/// Where a model in process computes. One that is asked for and not there is an error: nothing falls back to the CPU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Device {
    /// The processor.
    #[default]
    Cpu,
    /// An NVIDIA GPU, by its number.
    Cuda(u32),
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(number) => write!(f, "cuda:{number}"),
        }
    }
}

impl FromStr for Device {
    type Err = LoadError;

    /// `cpu`, `cuda` (the first GPU) or `cuda:1`.
    fn from_str(text: &str) -> Result<Self, LoadError> {
        let number = match text {
            "cpu" => return Ok(Self::Cpu),
            "cuda" => Some(0),
            _ => text.strip_prefix("cuda:").and_then(|n| n.parse().ok()),
        };
        number.map(Self::Cuda).ok_or_else(|| LoadError::Device {
            device: format!("\"{text}\""),
            why: "devices are written cpu, cuda (the first GPU) or cuda:1".to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_read_back_and_what_is_none_is_told() {
        for text in ["cpu", "cuda:0", "cuda:7"] {
            assert_eq!(text.parse::<Device>().unwrap().to_string(), text);
        }
        assert_eq!("cuda".parse::<Device>().unwrap(), Device::Cuda(0));
        for text in ["", "gpu", "cuda:", "cuda:-1", "CPU"] {
            assert!(text.parse::<Device>().unwrap_err().to_string().contains("devices are written"), "{text}");
        }
    }
}
