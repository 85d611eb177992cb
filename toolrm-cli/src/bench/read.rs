//! Files of pairs, read one after the other.

use std::path::PathBuf;

use indexmap::IndexSet;
use indicatif::ProgressBar;
use serde_json::Value;
use toolrm_bench::trbench::Pair;
use toolrm_data::{
    Fault, Place,
    input::{Input, parse_json},
    record::ToolsetCache,
};

use crate::{error::CliError, progress};

/// Reads the pairs of several files, one after the other.
pub(crate) struct PairReader<'f> {
    files: &'f [PathBuf],
    /// The categories that are wanted; all when there are none.
    categories: &'f [String],
    /// The categories that were met.
    met: IndexSet<String>,
    left: std::slice::Iter<'f, PathBuf>,
    current: Option<Input>,
    toolsets: ToolsetCache,
    read: u64,
    progress: ProgressBar,
}

impl<'f> PairReader<'f> {
    pub(crate) fn new(files: &'f [PathBuf], categories: &'f [String]) -> Self {
        Self {
            files,
            categories,
            met: IndexSet::new(),
            left: files.iter(),
            current: None,
            toolsets: ToolsetCache::default(),
            read: 0,
            progress: progress::bytes(total_bytes(files)),
        }
    }

    /// The next pairs, at most `most`, each with its number in the files; none at the end.
    pub(crate) fn chunk(&mut self, most: usize) -> Result<Vec<(u64, Pair)>, CliError> {
        let mut chunk = Vec::new();
        while chunk.len() < most {
            let Some(input) = &mut self.current else {
                let Some(path) = self.left.next() else { break };
                self.current = Some(Input::open_with(path, |raw| Box::new(self.progress.wrap_read(raw)))?);
                continue;
            };
            let Some((place, line)) = input.next_line()? else {
                self.current = None;
                continue;
            };
            let record: Value = parse_json(&place, line)?;
            let number = self.read;
            let pair = Pair::read(&record, number, &mut self.toolsets).map_err(|fault| place.error(fault))?;
            self.read += 1;
            if !self.met.contains(&pair.category) {
                self.met.insert(pair.category.clone());
            }
            if self.categories.is_empty() || self.categories.contains(&pair.category) {
                chunk.push((number, pair));
            }
        }
        self.progress.set_message(format!("{} pairs", self.read));
        Ok(chunk)
    }

    /// Ends the reading; no pairs at all, or none of a category that was asked for, is an error.
    pub(crate) fn finish(self) -> Result<(), CliError> {
        let missing = self.categories.iter().find(|name| !self.met.contains(*name));
        let fault = match missing {
            _ if self.read == 0 => Fault::new("no pairs", "give a file with one JSON object a line"),
            Some(name) => {
                let met: Vec<&str> = self.met.iter().map(String::as_str).collect();
                Fault::new(format!("no pairs of the category \"{name}\""), format!("choose from {}", met.join(", ")))
            }
            None => return Ok(()),
        };
        let names: Vec<String> = self.files.iter().map(|f| f.display().to_string()).collect();
        Err(Place::new(names.join(" ")).error(fault).into())
    }
}

impl Drop for PairReader<'_> {
    /// However it ends, nothing is left of the progress bar before the report or the error is printed.
    fn drop(&mut self) {
        self.progress.finish_and_clear();
    }
}

/// Size of all files together; `None` when one of them is no plain file.
fn total_bytes(files: &[PathBuf]) -> Option<u64> {
    files.iter().map(|f| std::fs::metadata(f).ok().filter(std::fs::Metadata::is_file).map(|m| m.len())).sum()
}
