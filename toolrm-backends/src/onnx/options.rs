//! [`OnnxOptions`]: which library, where to compute, with how many threads.

use std::{path::PathBuf, thread::available_parallelism};

use toolrm_core::score::ScoreScale;

use crate::{device::Device, engine::Token};

/// How an ONNX model is loaded.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct OnnxOptions {
    /// See [`OnnxOptions::with_library`].
    pub library: Option<PathBuf>,
    /// Where it computes.
    pub device: Device,
    /// Threads on the processor, at least 1.
    pub threads: usize,
    /// What a classifier's score means.
    pub scale: ScoreScale,
    /// See [`OnnxOptions::with_separator`].
    pub separator: Option<Token>,
    /// Bytes a causal model keeps at most of keys and values, of all sequences together, what they share counted once. While a
    /// step runs, it takes as much again, and what its rows share for each of them.
    pub kv_bytes: usize,
}

impl Default for OnnxOptions {
    /// On the processor, a thread a core; scores are logits; 1 GiB of keys and values.
    fn default() -> Self {
        Self {
            library: None,
            device: Device::Cpu,
            threads: available_parallelism().map_or(1, usize::from),
            scale: ScoreScale::Logit,
            separator: None,
            kv_bytes: 1 << 30,
        }
    }
}

impl OnnxOptions {
    /// Sets the library of ONNX Runtime, 1.24 or newer (`libonnxruntime.so.1.24.1`, `onnxruntime.dll`). Without it, the
    /// first of these is taken: the file that the environment variable `ORT_DYLIB_PATH` names; one in the folder of the
    /// program, in the active Python environment (`pip install onnxruntime`), or in the system's folders of libraries; what
    /// the system's loader finds. A process has one: asking for another one later is an error.
    pub fn with_library(mut self, path: impl Into<PathBuf>) -> Self {
        self.library = Some(path.into());
        self
    }

    /// Sets where it computes.
    pub fn with_device(mut self, device: Device) -> Self {
        self.device = device;
        self
    }

    /// Sets the threads; 0 counts as 1.
    pub fn with_threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// Sets what a classifier's score means.
    pub fn with_scale(mut self, scale: ScoreScale) -> Self {
        self.scale = scale;
        self
    }

    /// Sets the token that ends the first text of a pair. Where a classifier tells the two texts apart (`token_type_ids`),
    /// the tokens behind the first one of these are of the second text. Without it, it is `sep_token_id` of config.json, or
    /// the `sep_token` of the tokenizer.
    pub fn with_separator(mut self, token: Token) -> Self {
        self.separator = Some(token);
        self
    }

    /// Sets how many bytes of keys and values a causal model keeps.
    pub fn with_kv_bytes(mut self, bytes: usize) -> Self {
        self.kv_bytes = bytes;
        self
    }

    /// The device, for people.
    pub(super) fn device(&self) -> String {
        match self.device {
            Device::Cpu if self.threads <= 1 => "cpu (1 thread)".into(),
            Device::Cpu => format!("cpu ({} threads)", self.threads),
            Device::Cuda(device) => format!("cuda:{device}"),
        }
    }
}
