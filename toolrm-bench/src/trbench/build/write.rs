//! Files of a bench: whole or not there.

use std::{io::Write, path::Path};

use serde_json::Value;
use sha2::{Digest, Sha256};
use toolrm_data::{DataError, Place, digest::hex, replace::Replace};

use crate::trbench::manifest::FileCounts;

const FIX: &str = "choose another folder or free the disk";

/// A file of JSON lines that is hashed while it is written.
pub(super) struct Lines {
    name: String,
    file: Replace,
    hasher: Sha256,
    counts: FileCounts,
}

impl Lines {
    pub(super) fn create(folder: &Path, name: &str) -> Result<Self, DataError> {
        let file = Replace::create(&folder.join(name))?;
        Ok(Self { name: name.to_owned(), file, hasher: Sha256::new(), counts: FileCounts::default() })
    }

    pub(super) fn write(&mut self, record: &Value) -> Result<(), DataError> {
        let line = format!("{record}\n");
        let written = self.file.write_all(line.as_bytes());
        written.map_err(|e| Place::file(self.file.path()).io("cannot write", &e, FIX))?;
        self.hasher.update(line.as_bytes());
        self.counts.records += 1;
        self.counts.bytes += line.len() as u64;
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<(String, FileCounts), DataError> {
        self.file.finish()?;
        self.counts.sha256 = hex(&self.hasher.finalize());
        Ok((self.name, self.counts))
    }
}
