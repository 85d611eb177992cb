//! [`CandleOptions`]: where a model runs, in which numbers, and how much it may keep.

use candle_core::DType;

use crate::{device::Device, engine::Token, error::LoadError};

/// Candle's device of that name.
///
/// # Errors
/// [`LoadError::Device`]: no GPU of that number, or built without the feature `cuda`.
pub(crate) fn open(device: Device) -> Result<candle_core::Device, LoadError> {
    let Device::Cuda(number) = device else { return Ok(candle_core::Device::Cpu) };
    let ordinal = usize::try_from(number).unwrap_or(usize::MAX);
    candle_core::Device::new_cuda(ordinal).map_err(|e| LoadError::Device {
        device: device.to_string(),
        why: if cfg!(feature = "cuda") {
            format!("{e}: is there a GPU of that number, and is its driver loaded (nvidia-smi)?")
        } else {
            "toolrm-backends was built without the feature `cuda`".to_owned()
        },
    })
}

/// The numbers a model computes in; weights stored in others are converted while they are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Precision {
    /// [`Precision::F32`] on the processor, [`Precision::Bf16`] on a GPU.
    #[default]
    Auto,
    /// 32 bits: exact to about seven digits.
    F32,
    /// 16 bits with the range of 32: three digits. On the processor it is slower than `F32`, which candle multiplies in.
    Bf16,
    /// 16 bits: four digits, overflows at 65,504.
    F16,
}

impl Precision {
    pub(super) fn dtype(self, device: Device) -> DType {
        match (self, device) {
            (Self::F32, _) | (Self::Auto, Device::Cpu) => DType::F32,
            (Self::Bf16, _) | (Self::Auto, Device::Cuda(_)) => DType::BF16,
            (Self::F16, _) => DType::F16,
        }
    }
}

/// How to load a model. The default is one on the processor, in `f32`, with the context its configuration states as far as a
/// gibibyte of keys and values reaches.
///
/// ```
/// use toolrm_backends::{Device, candle::{CandleOptions, Precision}};
///
/// let options = CandleOptions::default().with_device(Device::Cuda(0)).with_precision(Precision::Bf16).with_context(8192);
/// assert_eq!(options.device.to_string(), "cuda:0");
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CandleOptions {
    /// Where it computes.
    pub device: Device,
    /// In which numbers.
    pub precision: Precision,
    /// Most tokens of one sequence; nothing = what the model's configuration states. Never more than it states, nor than
    /// `kv_bytes` holds.
    pub context: Option<usize>,
    /// Threads on the processor; nothing = all of rayon's (`RAYON_NUM_THREADS`, or the number of cores). Setting
    /// `RAYON_NUM_THREADS` helps on machines with many cores in any case: without it candle counts them anew in every product.
    pub threads: Option<usize>,
    /// Most bytes of keys and values that are kept, of all sequences together.
    pub kv_bytes: usize,
    /// Most sequences that are kept at once.
    pub max_sequences: usize,
    /// Most tokens in one step, of all rows together; it bounds the memory of a step. Encoders, which read a sequence at once, take
    /// as many as their context in any case.
    pub max_step_tokens: usize,
    /// The token that ends a segment, for encoders with token types (BERT); nothing = the `sep_token` of the folder's tokenizer.
    pub separator: Option<Token>,
}

impl Default for CandleOptions {
    fn default() -> Self {
        Self {
            device: Device::Cpu,
            precision: Precision::Auto,
            context: None,
            threads: None,
            kv_bytes: 1 << 30,
            max_sequences: 256,
            max_step_tokens: 2048,
            separator: None,
        }
    }
}

impl CandleOptions {
    /// Sets where it computes.
    pub fn with_device(mut self, device: Device) -> Self {
        self.device = device;
        self
    }

    /// Sets the numbers it computes in.
    pub fn with_precision(mut self, precision: Precision) -> Self {
        self.precision = precision;
        self
    }

    /// Sets the most tokens of one sequence.
    pub fn with_context(mut self, tokens: usize) -> Self {
        self.context = Some(tokens);
        self
    }

    /// Sets the threads on the processor.
    pub fn with_threads(mut self, threads: usize) -> Self {
        self.threads = Some(threads);
        self
    }

    /// Sets the most bytes of keys and values.
    pub fn with_kv_bytes(mut self, bytes: usize) -> Self {
        self.kv_bytes = bytes;
        self
    }

    /// Sets the most sequences.
    pub fn with_max_sequences(mut self, sequences: usize) -> Self {
        self.max_sequences = sequences;
        self
    }

    /// Sets the most tokens in one step.
    pub fn with_max_step_tokens(mut self, tokens: usize) -> Self {
        self.max_step_tokens = tokens;
        self
    }

    /// Sets the token that ends a segment.
    pub fn with_separator(mut self, token: Token) -> Self {
        self.separator = Some(token);
        self
    }
}
