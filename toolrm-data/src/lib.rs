#![doc = include_str!("../README.md")]

#[cfg(feature = "build")]
pub mod build;
#[cfg(feature = "build")]
pub mod card;
pub mod digest;
#[cfg(feature = "document")]
pub mod document;
pub mod draw;
pub mod error;
#[cfg(feature = "build")]
pub mod export;
pub mod input;
pub mod journal;
#[cfg(feature = "build")]
pub mod obfuscate;
pub mod observed;
#[cfg(feature = "build")]
pub mod overlap;
pub mod pair;
pub mod perturb;
#[cfg(feature = "document")]
pub mod plot;
pub mod record;
pub mod replace;
pub mod rows;
pub mod source;
pub mod spelling;
#[cfg(feature = "parquet")]
pub mod table;
pub mod transcript;
pub mod tree;

pub use error::{DataError, Fault, Place};
