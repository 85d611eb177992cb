//! Models in process on [candle](https://github.com/huggingface/candle): safetensors of Qwen3, Qwen2 (and 2.5), Llama 3, BERT and
//! ModernBERT.
//!
//! [`CandleModel`] is what an engine runs. Beneath it, [`Decoder`] is the forward pass itself, for trainers: the same code with ops
//! that have gradients ([`Ops::Differentiable`]), on tensors by name ([`TensorSource`]).
//!
//! Rows of a step are packed, not padded, and attention looks at each row's own tokens only, so that a row's output does not depend on
//! the others. Keys and values are shared between sequences with a common beginning ([`KvCache`]).

mod attention;
mod bert;
mod cache;
mod config;
mod decoder;
mod heads;
mod kernels;
mod layers;
mod model;
mod modernbert;
mod ops;
mod options;
mod packed;
mod rope;
mod weights;

pub use bert::Bert;
pub use cache::{KvCache, KvShape};
pub use config::{BertConfig, Biases, DecoderConfig, HeadConfig, ModelConfig, ModernBertConfig};
pub use decoder::Decoder;
pub use layers::{Activation, TensorSource};
pub use model::CandleModel;
pub use modernbert::ModernBert;
pub use ops::Ops;
pub(crate) use options::open as open_device;
pub use options::{CandleOptions, Precision};
pub use rope::{RopeConfig, RopeScaling};
