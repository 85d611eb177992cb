//! [`JudgeOptions`]: how a judge is set up, whatever runs it.

use std::{path::PathBuf, str::FromStr};

use toolrm_core::{
    critic::{PromptError, PromptSet},
    port::GenParams,
};

use crate::device::Device;

/// What a generative judge writes before its verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum JudgeStyle {
    /// An evaluation, criterion by criterion.
    #[default]
    Evaluate,
    /// Its reasoning, then a short evaluation; for models that can reason.
    Think,
    /// Nothing: the verdict alone, from the probabilities of one token.
    Direct,
}

/// Type of the numbers of a model in process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums, reason = "the three that models are run in")]
pub enum Dtype {
    /// 32 bits.
    F32,
    /// 16 bits, with the exponent of 32.
    Bf16,
    /// 16 bits.
    F16,
}

impl FromStr for Dtype {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "f32" => Ok(Self::F32),
            "bf16" => Ok(Self::Bf16),
            "f16" => Ok(Self::F16),
            _ => Err(format!("\"{text}\" is no type of numbers: give f32, bf16 or f16")),
        }
    }
}

/// How a judge is set up. What a judge has no use for it ignores: a reward model its prompts, a served model its device.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct JudgeOptions {
    /// What a generative judge writes before its verdict.
    pub style: JudgeStyle,
    /// A folder of prompt templates; otherwise `prompts/` beside the model, otherwise the default ones.
    pub prompts: Option<PathBuf>,
    /// Softmax temperature of a generative judge.
    pub temperature: Option<f32>,
    /// Most tokens a generative judge may write.
    pub max_tokens: Option<u32>,
    /// Most tokens of reasoning.
    pub thinking_budget: Option<u32>,
    /// Where a model in process computes.
    pub device: Device,
    /// Type of its numbers; `None`: as it fits the device.
    pub dtype: Option<Dtype>,
    /// Most tokens of a prompt and its answer; `None`: as many as the model was made for.
    pub context: Option<usize>,
    /// Most bytes of keys and values that are kept; `None`: as the runtime likes. More of them let longer prompts in, and keep more for others to share.
    pub kv_bytes: Option<usize>,
    /// Threads of a model in process; `None`: as the runtime likes.
    pub threads: Option<usize>,
    /// The ONNX Runtime library; `None`: `ORT_DYLIB_PATH`, else the usual places.
    pub onnx_library: Option<PathBuf>,
}

impl JudgeOptions {
    /// Sets what a generative judge writes before its verdict.
    pub fn with_style(mut self, style: JudgeStyle) -> Self {
        self.style = style;
        self
    }

    /// Sets where a model in process computes.
    pub fn with_device(mut self, device: Device) -> Self {
        self.device = device;
        self
    }

    /// Sets the type of its numbers.
    pub fn with_dtype(mut self, dtype: Dtype) -> Self {
        self.dtype = Some(dtype);
        self
    }

    /// Sets the most tokens of a prompt and its answer.
    pub fn with_context(mut self, tokens: usize) -> Self {
        self.context = Some(tokens);
        self
    }

    /// Sets the most bytes of keys and values that are kept.
    pub fn with_kv_bytes(mut self, bytes: usize) -> Self {
        self.kv_bytes = Some(bytes);
        self
    }

    /// Sets the number of threads.
    pub fn with_threads(mut self, threads: usize) -> Self {
        self.threads = Some(threads);
        self
    }

    /// Sets the folder of prompt templates.
    pub fn with_prompts(mut self, folder: impl Into<PathBuf>) -> Self {
        self.prompts = Some(folder.into());
        self
    }

    /// The prompts; `beside`: a folder that came with the model.
    pub(super) fn prompt_set(&self, beside: Option<PathBuf>) -> Result<PromptSet, PromptError> {
        let own = self.prompts.clone().or(beside);
        let set = own.map_or_else(|| Ok(PromptSet::default()), PromptSet::from_dir)?;
        Ok(match self.style {
            JudgeStyle::Evaluate => set,
            JudgeStyle::Think => set.with_think(true),
            JudgeStyle::Direct => set.with_direct(true),
        })
    }

    pub(super) fn params(&self) -> GenParams {
        let mut params = GenParams::default();
        if self.style == JudgeStyle::Direct {
            params = GenParams::greedy(params.max_tokens);
        }
        params.temperature = self.temperature.unwrap_or(params.temperature);
        params.max_tokens = self.max_tokens.unwrap_or(params.max_tokens);
        params.thinking_budget = self.thinking_budget;
        params
    }
}
