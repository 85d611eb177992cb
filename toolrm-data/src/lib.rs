//! Tool-use data: files and archives read with the place of every record at hand, records turned into core's words, outputs that are
//! never half-written.

pub mod build;
#[cfg(feature = "card")]
pub mod card;
pub mod digest;
#[cfg(feature = "card")]
pub mod document;
pub mod draw;
pub mod error;
#[cfg(feature = "parquet")]
pub mod export;
pub mod input;
pub mod journal;
pub mod obfuscate;
pub mod overlap;
pub mod observed;
pub mod pair;
pub mod perturb;
#[cfg(feature = "card")]
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
