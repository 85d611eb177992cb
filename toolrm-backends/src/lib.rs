#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

#[cfg(feature = "candle")]
pub mod candle;
pub mod device;
#[cfg(any(feature = "llama", feature = "onnx"))]
mod digest;
pub mod doctor;
#[cfg(feature = "engine")]
pub mod engine;
pub mod error;
#[cfg(feature = "http")]
pub mod http;
#[cfg(feature = "hub")]
pub mod hub;
#[cfg(any(feature = "candle", feature = "http", feature = "llama", feature = "onnx"))]
pub mod judge;
#[cfg(feature = "llama")]
pub mod llama;
#[cfg(feature = "engine")]
pub mod local;
#[cfg(feature = "onnx")]
pub mod onnx;
#[cfg(any(feature = "candle", feature = "onnx"))]
mod segments;
#[cfg(feature = "template")]
pub mod template;
pub mod text;
#[cfg(feature = "tokenizers")]
pub mod tokenizer;

pub use device::Device;
pub use error::LoadError;
