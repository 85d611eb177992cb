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
        let wanted = |path: &str| {
            let path = path.to_lowercase();
            files.is_file() || (is_json(&path) && (self.is)(&path))
        };
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

/// Whether a path, in lower case, is that of a file of JSON, packed or not: datasets lie beside what is told about them.
fn is_json(path: &str) -> bool {
    let ending = unpacked(path).rsplit('/').next().and_then(|name| name.rsplit_once('.'));
    ending.is_some_and(|(_, ending)| ending == "json" || ending == "jsonl")
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
    use crate::source::{
        testing::{apart, read_files},
        xlam::Xlam,
    };

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

    #[test]
    fn a_dataset_is_read_and_not_what_lies_beside_it() {
        let row = r#"{"query": "Go.", "answers": [{"name": "f", "arguments": {}}], "tools": []}"#;
        let files: [(&str, &[u8]); 4] = [
            ("xLAM-60k/xlam_function_calling_60k.json", row.as_bytes()),
            ("xLAM-60k/README.md", b"# xLAM"),
            ("xLAM-60k/.gitattributes", b"*.json"),
            ("other/data.json", b"{}"),
        ];
        let read = |files: &[(&str, &[u8])]| read_files(&Xlam, files);
        let (trajectories, quarantined) = apart(read(&files).unwrap());
        assert_eq!((trajectories.len(), quarantined.len()), (1, 0), "{quarantined:?}");
        let error = read(&files[1..]).unwrap_err().to_string();
        assert!(
            error.contains("no file of the dataset in it; give a folder, archive or file with xlam_function"),
            "{error}"
        );
    }
}
