//! [`LlamaOptions`]: how much room a model gets and what computes it.

use llama_cpp_2::context::params::{KvCacheType, LlamaContextParams};

/// `LLAMA_FLASH_ATTN_TYPE_DISABLED`.
const FLASH_ATTENTION_OFF: i32 = 0;

/// How exact attention is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Precision {
    /// Keys and values in F16 and flash attention, as llama.cpp does when not told otherwise. It moves logits by about a thousandth
    /// of their size, and differently for other batches.
    #[default]
    Fast,
    /// Keys and values in F32, twice the memory: logits that agree with other implementations, and between batches, to rounding.
    Exact,
}

impl Precision {
    /// Bytes of a number in the cache.
    pub(super) fn bytes(self) -> u64 {
        match self {
            Self::Fast => 2,
            Self::Exact => 4,
        }
    }

    pub(super) fn apply(self, params: LlamaContextParams) -> LlamaContextParams {
        match self {
            Self::Fast => params,
            // Flash attention computes in F16 whatever the cache is kept in.
            Self::Exact => params
                .with_type_k(KvCacheType::F32)
                .with_type_v(KvCacheType::F32)
                .with_flash_attention_policy(FLASH_ATTENTION_OFF),
        }
    }
}

/// How much room a model gets and what computes it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LlamaOptions {
    /// Most tokens one sequence may have; never more than the model was made for.
    pub context: usize,
    /// Most sequences that are kept at once: 1 to 256.
    pub max_sequences: usize,
    /// Most tokens, of all sequences together, that are kept at once, rounded up to a multiple of 256. Their memory is taken when
    /// the model is loaded: `kv_tokens * ModelSpec::kv_bytes_per_token`.
    pub kv_tokens: usize,
    /// Most tokens, of all rows together, in one step.
    pub max_step_tokens: usize,
    /// How exact attention is.
    pub precision: Precision,
    /// How many threads compute; `None`: one for every core.
    pub threads: Option<usize>,
    /// How many layers a GPU computes. More than 0 is an error where llama.cpp was built without one.
    pub gpu_layers: u32,
}

impl Default for LlamaOptions {
    /// 4,096 tokens a sequence, 32 sequences of together 8,192 tokens, 2,048 tokens a step, fast attention, all cores, no GPU.
    fn default() -> Self {
        Self {
            context: 4096,
            max_sequences: 32,
            kv_tokens: 8192,
            max_step_tokens: 2048,
            precision: Precision::Fast,
            threads: None,
            gpu_layers: 0,
        }
    }
}

impl LlamaOptions {
    /// Sets how many tokens one sequence may have.
    pub fn with_context(mut self, tokens: usize) -> Self {
        self.context = tokens;
        self
    }

    /// Sets how many sequences are kept at once.
    pub fn with_max_sequences(mut self, sequences: usize) -> Self {
        self.max_sequences = sequences;
        self
    }

    /// Sets how many tokens of all sequences together are kept at once.
    pub fn with_kv_tokens(mut self, tokens: usize) -> Self {
        self.kv_tokens = tokens;
        self
    }

    /// Sets how many tokens one step may have.
    pub fn with_max_step_tokens(mut self, tokens: usize) -> Self {
        self.max_step_tokens = tokens;
        self
    }

    /// Sets how exact attention is.
    pub fn with_precision(mut self, precision: Precision) -> Self {
        self.precision = precision;
        self
    }

    /// Sets how many threads compute.
    pub fn with_threads(mut self, threads: usize) -> Self {
        self.threads = Some(threads);
        self
    }

    /// Sets how many layers a GPU computes.
    pub fn with_gpu_layers(mut self, layers: u32) -> Self {
        self.gpu_layers = layers;
        self
    }
}
