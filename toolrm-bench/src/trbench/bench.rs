//! [`Bench`]: a folder that was built, opened and checked.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use toolrm_data::{DataError, Fault, Place, digest, input::read_document};

use super::{Group, Manifest, Pair};

/// A bench on disk. Opening it checks that every file is the one its manifest describes.
#[derive(Debug, Clone)]
pub struct Bench {
    folder: PathBuf,
    manifest: Manifest,
}

impl Bench {
    /// Pairs of a right and a wrong answer.
    pub const PAIRS: &str = "pairs.jsonl";
    /// Pairs of two right answers.
    pub const TIES: &str = "ties.jsonl";
    /// Pairs of two wrong answers, the chosen one less so.
    pub const BOTH_WRONG: &str = "both_wrong.jsonl";
    /// All answers to each question.
    pub const GROUPS: &str = "groups.jsonl";
    /// What a bench was built from and what is in it; written last.
    pub const MANIFEST: &str = "manifest.json";
    /// All files of a bench.
    pub const FILES: [&str; 5] = [Self::PAIRS, Self::TIES, Self::BOTH_WRONG, Self::GROUPS, Self::MANIFEST];

    /// Opens a folder that [`build`](super::build::build) has written.
    ///
    /// # Errors
    /// When there is no manifest (the build was interrupted, or the folder is no bench), it is of another format, or a file is not the
    /// one it describes.
    pub fn open(folder: &Path) -> Result<Self, DataError> {
        let path = folder.join(Self::MANIFEST);
        if !path.is_file() {
            let what = "no manifest.json: no bench, or one whose building was interrupted";
            return Err(Place::file(folder).error(Fault::new(what, "build it with `toolrm bench build`")));
        }
        let (place, document) = read_document(&path)?;
        let format = document.get("format").and_then(serde_json::Value::as_u64);
        if format != Some(u64::from(Manifest::FORMAT)) {
            let fix = format!("build it again: this version reads format {}", Manifest::FORMAT);
            return Err(place.error(Fault::new("a bench of another format", fix).under("format")));
        }
        let manifest = Manifest::deserialize(&document)
            .map_err(|e| place.error(Fault::new(format!("no manifest: {e}"), "build the bench again")))?;
        for name in Self::FILES.iter().filter(|name| **name != Self::MANIFEST) {
            let file = folder.join(name);
            let fix = "the file was changed or belongs to another build: build the bench again";
            let counts = manifest
                .files
                .get(*name)
                .ok_or_else(|| place.error(Fault::new(format!("\"{name}\" is missing"), fix).under("files")))?;
            if digest::of_file(&file)?.0 != counts.sha256 {
                return Err(Place::file(&file).error(Fault::new("not the file the manifest describes", fix)));
            }
        }
        Ok(Self { folder: folder.to_owned(), manifest })
    }

    /// What it was built from and what is in it.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The pairs of a right and a wrong answer.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn pairs(&self) -> Result<Vec<Pair>, DataError> {
        self.read(Self::PAIRS)
    }

    /// The pairs of two right answers.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn ties(&self) -> Result<Vec<Pair>, DataError> {
        self.read(Self::TIES)
    }

    /// The pairs of two wrong answers.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn both_wrong(&self) -> Result<Vec<Pair>, DataError> {
        self.read(Self::BOTH_WRONG)
    }

    /// All answers to each question.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn groups(&self) -> Result<Vec<Group>, DataError> {
        Group::read_file(&self.folder.join(Self::GROUPS))
    }

    fn read(&self, name: &str) -> Result<Vec<Pair>, DataError> {
        Pair::read_file(&self.folder.join(name))
    }
}
