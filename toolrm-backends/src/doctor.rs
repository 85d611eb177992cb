//! What this program and this machine can run.

use std::fmt;

/// How a backend stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Health {
    /// It can be used.
    Ready,
    /// It is built in, and something it needs is not there.
    Missing,
    /// This program was built without it.
    NotBuilt,
}

/// One backend, or one device.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Check {
    /// Its name.
    pub name: &'static str,
    /// How it stands.
    pub health: Health,
    /// What was found, or what to do.
    pub detail: String,
}

impl Check {
    fn new(name: &'static str, health: Health, detail: impl Into<String>) -> Self {
        Self { name, health, detail: detail.into() }
    }

    #[allow(dead_code, reason = "not needed where everything is built")]
    fn not_built(name: &'static str) -> Self {
        Self::new(name, Health::NotBuilt, format!("build with --features {name}"))
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let health = match self.health {
            Health::Ready => "ready",
            Health::Missing => "missing",
            Health::NotBuilt => "not built",
        };
        write!(f, "{:<8} {health:<10} {}", self.name, self.detail)
    }
}

/// All backends. A runtime library is loaded to see whether it can be.
pub fn checks() -> Vec<Check> {
    vec![machine(), http(), candle(), cuda(), onnx(), llama()]
}

fn machine() -> Check {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    Check::new("cpu", Health::Ready, format!("{cores} cores, {os} {arch}{}", simd()))
}

#[cfg(target_arch = "x86_64")]
fn simd() -> String {
    let found = [
        ("avx2", is_x86_feature_detected!("avx2")),
        ("fma", is_x86_feature_detected!("fma")),
        ("avx512f", is_x86_feature_detected!("avx512f")),
    ];
    found.iter().filter(|(_, there)| *there).flat_map(|(name, _)| [", ", name]).collect()
}

#[cfg(not(target_arch = "x86_64"))]
fn simd() -> String {
    String::new()
}

#[cfg(feature = "http")]
fn http() -> Check {
    let key = ["TOOLRM_API_KEY", "OPENAI_API_KEY"].into_iter().find(|name| std::env::var_os(name).is_some());
    let detail = key.map_or("no key in $TOOLRM_API_KEY or $OPENAI_API_KEY".into(), |name| format!("key in ${name}"));
    Check::new("http", Health::Ready, detail)
}

#[cfg(not(feature = "http"))]
fn http() -> Check {
    Check::not_built("http")
}

#[cfg(feature = "candle")]
fn candle() -> Check {
    let families = "Qwen3, Qwen2.5, Llama 3, BERT, ModernBERT";
    Check::new("candle", Health::Ready, format!("{families}; {} threads", candle_core::utils::get_num_threads()))
}

#[cfg(not(feature = "candle"))]
fn candle() -> Check {
    Check::not_built("candle")
}

#[cfg(feature = "candle")]
fn cuda() -> Check {
    match crate::candle::open_device(crate::Device::Cuda(0)) {
        Ok(_) => Check::new("cuda", Health::Ready, "cuda:0 for candle"),
        Err(_) if !cfg!(feature = "cuda") => Check::not_built("cuda"),
        Err(error) => Check::new("cuda", Health::Missing, error.to_string()),
    }
}

#[cfg(not(feature = "candle"))]
fn cuda() -> Check {
    Check::not_built("cuda")
}

#[cfg(feature = "onnx")]
fn onnx() -> Check {
    match crate::onnx::library_info(None) {
        Ok(info) => Check::new("onnx", Health::Ready, info),
        Err(error) => Check::new("onnx", Health::Missing, error.to_string()),
    }
}

#[cfg(not(feature = "onnx"))]
fn onnx() -> Check {
    Check::not_built("onnx")
}

#[cfg(feature = "llama")]
fn llama() -> Check {
    Check::new("llama", Health::Ready, "GGUF on the CPU")
}

#[cfg(not(feature = "llama"))]
fn llama() -> Check {
    Check::not_built("llama")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_backend_is_told_of_and_what_is_not_there_says_what_to_do() {
        let checks = checks();
        let names: Vec<_> = checks.iter().map(|c| c.name).collect();
        assert_eq!(names, ["cpu", "http", "candle", "cuda", "onnx", "llama"]);
        let health = |name: &str| checks.iter().find(|c| c.name == name).unwrap().health;
        assert_eq!(health("http") == Health::Ready, cfg!(feature = "http"));
        assert_eq!(health("candle") == Health::Ready, cfg!(feature = "candle"));
        assert_eq!(health("onnx") == Health::NotBuilt, !cfg!(feature = "onnx"));
        for check in checks.iter().filter(|c| c.health == Health::NotBuilt) {
            assert!(check.to_string().contains("--features"), "{check}");
        }
    }
}
