//! [`OpenError`]: why there is no judge.

use toolrm_core::{critic::PromptError, error::JudgeError};

use crate::error::LoadError;

/// Why a judge could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The model could not be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The server is not there, or does not serve the model.
    #[error(transparent)]
    Server(#[from] JudgeError),
    /// The prompts cannot be used.
    #[error(transparent)]
    Prompts(#[from] PromptError),
}
