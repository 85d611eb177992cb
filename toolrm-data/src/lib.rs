//! Tool-use data: files and archives read with the place of every record at hand, records turned into core's words, outputs that are
//! never half-written.

pub mod build;
pub mod digest;
pub mod draw;
pub mod error;
pub mod input;
pub mod journal;
pub mod obfuscate;
pub mod overlap;
pub mod pair;
pub mod perturb;
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
