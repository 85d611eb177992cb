//! GGUF models in process, computed by llama.cpp.
//!
//! [`LlamaModel`] is a [`TokenModel`](crate::engine::TokenModel), [`LlamaCodec`] the [`Codec`](crate::engine::Codec) to it, and
//! [`LlamaModel::chat_template`] the Jinja text that writes its prompts.
//!
//! Building this feature compiles llama.cpp: it needs cmake, a C++ compiler and libclang. Its C++ is optimised in every profile. It
//! is compiled for the processor that Rust compiles for: `RUSTFLAGS="-C target-cpu=native"` lets it use all that this machine has,
//! without it x86 gets AVX2, FMA and F16C, and a machine without those cannot run it.

mod codec;
mod describe;
mod gguf;
mod load;
mod log;
mod model;
mod options;

pub use codec::LlamaCodec;
pub use model::LlamaModel;
pub use options::{LlamaOptions, Precision};
