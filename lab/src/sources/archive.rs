//! Reading the published files: JSON Lines and archives.

use std::{collections::BTreeMap, io};

use serde::de::DeserializeOwned;
use toolrm_data::{
    DataError,
    input::Input,
    source::{Record, Source, Trajectory},
    tree::Tree,
};

use super::Census;
use crate::recorded;

/// The text of a file of recorded data, decompressed when it is packed.
pub(super) fn text(name: &str) -> io::Result<String> {
    let read = Input::open(&recorded(name)).and_then(Input::read_text);
    read.map(|(_, text)| text).map_err(io::Error::other)
}

/// The records of a JSON Lines text. Only `\n` breaks lines: other line breaks occur inside strings.
pub(super) fn records<T: DeserializeOwned>(text: &str, census: &mut Census) -> Vec<T> {
    let lines = text.split('\n').filter(|line| !line.trim().is_empty());
    lines.filter_map(|line| census.keep(serde_json::from_str(line).map_err(|e| format!("not a record: {e}")))).collect()
}

/// The trajectories of a file of recorded data.
pub(super) fn trajectories(source: &dyn Source, name: &str, census: &mut Census) -> io::Result<Vec<Trajectory>> {
    let mut all = Vec::new();
    let read = Tree::open_any(&recorded(name)).and_then(|tree| {
        source.read(&tree, &mut |record| {
            match record {
                Record::Trajectory(trajectory) => all.push(*trajectory),
                // What is in brackets is of this record alone.
                Record::Quarantined(found) => census.leave_out(found.fault.what.split(" (").next().unwrap_or_default()),
                _ => census.leave_out("a record of a kind that is not known"),
            }
            Ok(())
        })
    });
    read.map_err(io::Error::other)?;
    Ok(all)
}

/// A JSON document.
pub(super) fn document<T: DeserializeOwned>(name: &str, text: &str) -> io::Result<T> {
    serde_json::from_str(text).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, format!("{name}: {e}")))
}

/// The files of an archive, by path.
#[derive(Debug)]
pub struct Archive(BTreeMap<String, String>);

impl Archive {
    /// Reads an archive of recorded data whole.
    pub fn read(name: &str) -> io::Result<Self> {
        let mut files = BTreeMap::new();
        let read = Tree::open(&recorded(name)).and_then(|tree| {
            tree.visit(
                |_| true,
                |path, file| {
                    files.insert(path.to_owned(), file.read_text()?.1);
                    Ok::<_, DataError>(())
                },
            )
        });
        read.map_err(io::Error::other)?;
        Ok(Self(files))
    }

    /// The text of a file.
    pub fn text(&self, path: &str) -> io::Result<&str> {
        let missing = || io::Error::new(io::ErrorKind::NotFound, format!("the archive has no {path}"));
        self.0.get(path).map(String::as_str).ok_or_else(missing)
    }

    /// The files whose path begins and ends so, each with what is between.
    pub fn between<'a>(&'a self, begin: &'a str, end: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let inner = move |path: &'a str| path.strip_prefix(begin)?.strip_suffix(end);
        self.0.iter().filter_map(move |(path, text)| Some((inner(path)?, text.as_str())))
    }
}
