//! Reading the published files: JSON Lines and archives, compressed with zstd and a window of 2^27 bytes.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read},
};

use serde::de::DeserializeOwned;

use super::Census;
use crate::recorded;

const WINDOW_LOG: u32 = 27;

/// The text of a file of recorded data, decompressed when its name says so.
pub(super) fn text(name: &str) -> io::Result<String> {
    let mut text = String::new();
    open(name)?.read_to_string(&mut text).map_err(|e| named(name, &e))?;
    Ok(text)
}

fn open(name: &str) -> io::Result<Box<dyn Read>> {
    let path = recorded(name);
    let file = File::open(&path).map_err(|e| named(name, &e))?;
    if path.extension().is_none_or(|extension| extension != "zst") {
        return Ok(Box::new(file));
    }
    let mut decoder = zstd::Decoder::new(file)?;
    decoder.window_log_max(WINDOW_LOG)?;
    Ok(Box::new(decoder))
}

fn named(name: &str, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{name}: {error}"))
}

/// The records of a JSON Lines text. Only `\n` breaks lines: other line breaks occur inside strings.
pub(super) fn records<T: DeserializeOwned>(text: &str, census: &mut Census) -> Vec<T> {
    let lines = text.split('\n').filter(|line| !line.trim().is_empty());
    lines.filter_map(|line| census.keep(serde_json::from_str(line).map_err(|e| format!("not a record: {e}")))).collect()
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
        for entry in tar::Archive::new(open(name)?).entries()? {
            let mut entry = entry?;
            if !entry.header().entry_type().is_file() {
                continue;
            }
            let path = entry.path()?.to_string_lossy().into_owned();
            let mut text = String::new();
            entry.read_to_string(&mut text).map_err(|e| named(&format!("{name}: {path}"), &e))?;
            files.insert(path, text);
        }
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
