//! [`LoadError`]: why a model could not be loaded.

use std::path::{Path, PathBuf};

/// Why a model could not be loaded. Every case names the file, or the tensor, and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// A file cannot be read.
    #[error("cannot read {}: {source}", .path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is there and is not what it should be.
    #[error("{}: {what}", .path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// What is wrong and what to do.
        what: String,
    },
    /// Tensors the configuration asks for are not in the weights.
    #[error("{}: {} tensors are missing, the first of them {}: are all weight files there, and is config.json of the same model?", .path.display(), .names.len(), .names.first().map_or("", String::as_str))]
    MissingTensors {
        /// The model's folder.
        path: PathBuf,
        /// Their names.
        names: Vec<String>,
    },
    /// A tensor has another shape or type than the configuration says.
    #[error("{}: tensor {name} is {found}, and should be {expected}", .path.display())]
    Tensor {
        /// The file.
        path: PathBuf,
        /// The tensor's name.
        name: String,
        /// What it is.
        found: String,
        /// What it should be.
        expected: String,
    },
    /// The model is of a kind that this backend does not run.
    #[error("{what}")]
    Unsupported {
        /// What, and what is supported.
        what: String,
    },
    /// The device that was asked for is not there.
    #[error("{device} is not available: {why}")]
    Device {
        /// Which one.
        device: String,
        /// Why, and what to do.
        why: String,
    },
    /// The runtime library is missing or failed.
    #[error("{what}")]
    Runtime {
        /// What was tried, and what to do.
        what: String,
        /// What the runtime said.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// The chat template does not compile.
    #[error("{}: {what}", .path.display())]
    Template {
        /// The file it stands in.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
}

impl LoadError {
    /// A file that is not what it should be.
    pub fn file(path: impl AsRef<Path>, what: impl Into<String>) -> Self {
        Self::File { path: path.as_ref().to_owned(), what: what.into() }
    }

    /// A file that cannot be read.
    pub fn io(path: impl AsRef<Path>, source: std::io::Error) -> Self {
        Self::Io { path: path.as_ref().to_owned(), source }
    }

    /// A model of a kind that is not run.
    pub fn unsupported(what: impl Into<String>) -> Self {
        Self::Unsupported { what: what.into() }
    }
}
