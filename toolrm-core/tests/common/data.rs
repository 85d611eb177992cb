//! The published data sets, read where they are: the folder of the environment variable `TOOLRM_DATA`, else `../shared/data` beside the
//! workspace. A test without its data says so and passes.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::{
    fs,
    io::{Cursor, Read},
    path::PathBuf,
};

use serde_json::Value;

/// The longest window the data sets are compressed with.
const WINDOW_LOG: u32 = 27;

/// A file of the data folder, decompressed if its name ends in `.zst`; `None`, aloud, when it is not there.
pub(crate) fn bytes(test: &str, path: &str) -> Option<Vec<u8>> {
    let folder = std::env::var_os("TOOLRM_DATA")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data")), PathBuf::from);
    let path = folder.join(path);
    let Ok(bytes) = fs::read(&path) else {
        println!("skipped: {test}: no data at {}", path.display());
        return None;
    };
    if path.extension().is_none_or(|e| e != "zst") {
        return Some(bytes);
    }
    let mut decoder = zstd::stream::read::Decoder::new(Cursor::new(bytes)).unwrap();
    decoder.window_log_max(WINDOW_LOG).unwrap();
    let mut plain = Vec::new();
    decoder.read_to_end(&mut plain).unwrap();
    Some(plain)
}

/// The lines of a JSON Lines text.
pub(crate) fn lines(bytes: &[u8]) -> Vec<Value> {
    bytes
        .split(|b| *b == b'\n')
        .filter(|l| !l.trim_ascii().is_empty())
        .map(|l| serde_json::from_slice(l).unwrap())
        .collect()
}

/// The files of a tar archive whose path holds `folder` and ends in `suffix`, with their last path component.
pub(crate) fn archive(bytes: &[u8], folder: &str, suffix: &str) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in tar::Archive::new(bytes).entries().unwrap() {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().to_string_lossy().into_owned();
        if path.contains(folder) && path.ends_with(suffix) {
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            files.push((path.rsplit('/').next().unwrap_or_default().to_owned(), content));
        }
    }
    files
}
