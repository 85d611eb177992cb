//! Recorded answers of real models, read from the folder named by `TOOLRM_DATA` (without it `../shared/data`, seen from the
//! workspace). They are not part of the repository: without them the benches run on [`crate::fixture`] alone.

use std::{
    error::Error,
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use serde::Deserialize;
use serde_json::{Map, Value};
use toolrm_core::{
    call::{Candidate, Message, ToolCall},
    task::Task,
    toolset::Toolset,
};

/// The published files are compressed with a window of 2^27 bytes.
const WINDOW_LOG: u32 = 27;

/// The folder of recorded data, whether it is there or not.
pub fn folder() -> PathBuf {
    std::env::var_os("TOOLRM_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"), PathBuf::from)
}

/// Opens a file of the folder, decompressed.
pub fn open(name: &str) -> io::Result<Box<dyn Read>> {
    let path = folder().join(name);
    let file = File::open(&path).map_err(|e| io::Error::new(e.kind(), format!("{}: {e}", path.display())))?;
    if path.extension().is_none_or(|e| e != "zst") {
        return Ok(Box::new(file));
    }
    let mut decoder = zstd::Decoder::new(file)?;
    decoder.window_log_max(WINDOW_LOG)?;
    Ok(Box::new(decoder))
}

/// One question with a right and a wrong answer.
#[derive(Debug)]
#[non_exhaustive]
pub struct Pair {
    /// The question with its tools.
    pub task: Task,
    /// The right answer.
    pub chosen: Candidate,
    /// The wrong answer.
    pub rejected: Candidate,
}

/// The pairs of `eval/bfcl_pairs_visible.jsonl.zst`, or why they cannot be had.
pub fn pairs() -> io::Result<Vec<Pair>> {
    json_lines(open("eval/bfcl_pairs_visible.jsonl.zst")?)
        .enumerate()
        .map(|(i, record)| pair(&record?).map_err(|e| io::Error::other(format!("pair of line {}: {e}", i + 1))))
        .collect()
}

/// The records of a JSON Lines file, split at `\n` only: other line breaks occur inside strings.
pub fn json_lines(file: impl Read) -> impl Iterator<Item = io::Result<Value>> {
    BufReader::new(file).split(b'\n').map(|line| Ok(serde_json::from_slice(&line?)?))
}

/// Calls `visit` with the path and the records of every file of an archive of the folder.
pub fn each_file(
    archive: &str,
    mut visit: impl FnMut(&Path, &mut dyn Iterator<Item = std::io::Result<Value>>) -> Result<(), Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    for entry in tar::Archive::new(open(archive)?).entries()? {
        let entry = entry?;
        if entry.header().entry_type().is_file() {
            let path = entry.path()?.into_owned();
            visit(&path, &mut json_lines(entry)).map_err(|e| format!("{archive}: {}: {e}", path.display()))?;
        }
    }
    Ok(())
}

fn pair(record: &Value) -> Result<Pair, Box<dyn Error + Send + Sync>> {
    let messages: Vec<Message> = Deserialize::deserialize(&record["messages"])?;
    let tools = Toolset::from_json(&record["tools"])?;
    Ok(Pair {
        task: Task::new(messages, tools),
        chosen: answer(&record["chosen"])?,
        rejected: answer(&record["rejected"])?,
    })
}

/// An answer as the file writes it: words, or a list of `{name: {arguments}}`.
fn answer(value: &Value) -> Result<Candidate, String> {
    match value {
        Value::String(words) => Ok(Candidate::text(words)),
        Value::Array(calls) => {
            Ok(Candidate::calls(calls.iter().filter_map(Value::as_object).flat_map(calls_of).collect()))
        }
        other => Err(format!("an answer is words or a list of calls, not {other}")),
    }
}

/// The calls of one `{name: arguments}` object.
pub fn calls_of(object: &Map<String, Value>) -> impl Iterator<Item = ToolCall> {
    object.iter().map(|(name, arguments)| ToolCall::new(name.clone(), arguments.clone()))
}
