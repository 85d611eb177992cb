//! Finding the files of a dataset, and naming what is in them.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
};

use serde_json::Value;

use super::{
    Trajectory,
    fields::Each,
    reading::{each_record, unpacked},
};
use crate::{
    error::{DataError, Fault, Place},
    input::Input,
    tree::Tree,
};

/// The files of a dataset.
#[derive(Debug, Clone, Copy)]
pub(super) struct Published {
    /// What they are called where they are published.
    pub(super) names: &'static str,
    /// Whether a path, in lower case, is one of them.
    pub(super) is: fn(&str) -> bool,
}

impl Published {
    /// Hands on the files of the dataset, or the one file there is, whatever its name. `files` without any of them are an error.
    pub(super) fn visit(
        self,
        files: &Tree,
        mut each: impl FnMut(&str, Input) -> Result<(), DataError>,
    ) -> Result<(), DataError> {
        let mut met = false;
        let wanted = |path: &str| files.is_file() || (self.is)(&path.to_lowercase());
        files.visit(wanted, |path, file| {
            met = true;
            each(path, file)
        })?;
        if met {
            return Ok(());
        }
        let fix = format!("give a folder, archive or file with {}", self.names);
        Err(Place::file(files.path()).error(Fault::new("no file of the dataset in it", fix)))
    }

    /// Hands on what each record of the files gives, with an id that no other one has.
    pub(super) fn each_row(
        self,
        files: &Tree,
        each: Each<'_>,
        mut read: impl FnMut(Value, Row<'_>) -> Result<Trajectory, Fault>,
    ) -> Result<(), DataError> {
        let mut ids = Ids::default();
        self.visit(files, |path, file| {
            each_record(file, each, |raw, value| {
                let row = Row { file: stem(path), number: raw.number, place: &raw.place };
                let mut trajectory = read(value, row)?;
                ids.set_apart(&mut trajectory.id);
                Ok(trajectory)
            })
        })
    }
}

/// The name of a file without folders and endings.
pub(super) fn stem(path: &str) -> &str {
    let name = unpacked(path).rsplit('/').next().unwrap_or_default();
    name.trim_end_matches(".jsonl").trim_end_matches(".json")
}

/// Where a record is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'r> {
    /// The name of its file without folders and endings.
    pub(super) file: &'r str,
    /// Its number in the file, from 0.
    pub(super) number: u64,
    pub(super) place: &'r Place,
}

impl Row<'_> {
    /// An id for a record that has none.
    pub(super) fn id(self) -> String {
        format!("{}-{}", self.file, self.number)
    }
}

/// The ids that were met. Of an id that is longer than a few bytes only a hash is kept.
#[derive(Debug, Default)]
pub(super) struct Ids(HashMap<u64, u64>);

impl Ids {
    /// An id that was met before gets its number behind it: `a`, `a#2`, `a#3`.
    pub(super) fn set_apart(&mut self, id: &mut String) {
        loop {
            let mut hasher = DefaultHasher::new();
            id.hash(&mut hasher);
            let times = self.0.entry(hasher.finish()).or_default();
            *times += 1;
            if *times == 1 {
                return;
            }
            *id = format!("{id}#{times}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_set_apart() {
        let mut ids = Ids::default();
        let named: Vec<String> = ["a", "a", "b", "a#2", "a", "a#2"]
            .into_iter()
            .map(|id| {
                let mut id = id.to_owned();
                ids.set_apart(&mut id);
                id
            })
            .collect();
        let distinct: std::collections::HashSet<_> = named.iter().collect();
        assert_eq!(distinct.len(), named.len(), "{named:?}");
        assert_eq!(&named[..3], ["a", "a#2", "b"]);
    }

    #[test]
    fn endings_and_folders_are_taken_off() {
        assert_eq!(["a/b.jsonl.zst", "b.json", "b.json.gz", "b"].map(stem), ["b"; 4]);
    }
}
