//! Models in process behind core's ports: conversations become tokens here, an [`Engine`] does the rest.

mod generator;
mod prompt;
mod scorer;
#[cfg(test)]
mod tests;

pub use generator::LocalGenerator;
pub use prompt::ChatPrompt;
#[cfg(feature = "tokenizers")]
pub use prompt::PairPrompt;
pub use scorer::{LocalScorer, PromptTokens};

#[cfg(doc)]
use crate::engine::Engine;
