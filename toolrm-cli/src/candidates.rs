//! Candidates from files, standard input and the command line: raw model output, or JSON that was decoded before.

use std::path::Path;

use serde_json::Value;
use toolrm_core::{call::Candidate, format::ToolFormat};
use toolrm_data::{
    Fault, Place,
    input::{Input, parse_json},
    record,
};

use crate::error::CliError;

/// One JSON line: a string is raw model output, and so is `{"text": ..}`; the rest is an assistant message or calls.
pub(crate) fn from_json(value: &Value, format: &dyn ToolFormat) -> Result<Candidate, Fault> {
    match value {
        Value::String(output) => Ok(format.parse(output)),
        Value::Object(fields) if fields.contains_key("text") => match fields.get("text") {
            Some(Value::String(output)) => Ok(format.parse(output)),
            _ => Err(Fault::new("expected a string", "write the model's output as a JSON string").under("text")),
        },
        other => record::candidate(other),
    }
}

/// Reads every candidate of an input, in order, and hands it on with its place. `lines` says whether the input is JSON Lines; by
/// default its name does (`.jsonl`, `.jsonl.zst`), and any other input is one raw output. Gives the place of the whole input.
pub(crate) fn each(
    path: &Path,
    lines: bool,
    format: &dyn ToolFormat,
    mut take: impl FnMut(&Place, Candidate) -> Result<(), CliError>,
) -> Result<Place, CliError> {
    let mut input = Input::open(path)?;
    if !lines && !is_json_lines(path) {
        let (place, text) = input.read_text()?;
        take(&place, format.parse(&text))?;
        return Ok(place);
    }
    while let Some((place, line)) = input.next_line()? {
        let candidate = from_json(&parse_json(&place, line)?, format).map_err(|fault| place.error(fault))?;
        take(&place, candidate)?;
    }
    Ok(input.place())
}

fn is_json_lines(path: &Path) -> bool {
    let name = path.to_string_lossy().to_lowercase();
    let name = name.strip_suffix(".zst").unwrap_or(&name);
    [".jsonl", ".ndjson"].iter().any(|ending| name.ends_with(ending))
}
