//! BFCL's visible pairs, for commands that need no others.

use std::{io, path::PathBuf};

use toolrm_lab::{error::LabError, recorded, sources::SOURCES};

/// The files that were named, or else that of BFCL's visible pairs.
pub(crate) fn pairs(named: &[PathBuf]) -> Result<Vec<PathBuf>, LabError> {
    if !named.is_empty() {
        return Ok(named.to_vec());
    }
    let visible = SOURCES.iter().find(|source| source.name == "bfcl").ok_or(LabError::NoPairs)?;
    let path = recorded(visible.file);
    if path.is_file() { Ok(vec![path]) } else { Err(LabError::NoData(path)) }
}

/// What was read of BFCL's own files.
pub(crate) fn source<T>(read: io::Result<T>) -> Result<T, LabError> {
    read.map_err(|error| LabError::Source { name: "bfcl", error })
}
