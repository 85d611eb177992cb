//! Tasks and tools from files.

use std::{path::Path, sync::Arc};

use indicatif::ProgressBar;
use serde_json::Value;
use toolrm_core::{
    task::Task,
    toolset::{Dialect, Toolset},
};

use crate::{
    error::{CliError, Fault, Place},
    input::{Input, parse_json},
    shape::{self, ToolsetCache},
};

const TASK_SHAPE: &str = "write a task: {\"messages\": [..], \"tools\": [..]}";

/// The one JSON document of a file (or of a JSON Lines file with one line).
fn read_document(path: &Path) -> Result<(Place, Value), CliError> {
    let (place, text) = Input::open(path, &ProgressBar::hidden())?.read_text()?;
    if text.trim().is_empty() {
        return Err(place.error(Fault::new("an empty file", "give a file with one JSON document")));
    }
    let document = parse_json(&place, &text)?;
    Ok((place, document))
}

/// The task of a file. `tools` replaces the tools it names; without it the file must name them.
pub(crate) fn read_task(path: &Path, tools: Option<Arc<Toolset>>) -> Result<Task, CliError> {
    let (place, document) = read_document(path)?;
    let read = || {
        let record = shape::object(&document, TASK_SHAPE)?;
        match tools {
            Some(tools) => Ok(Task::new(shape::conversation(record)?, tools)),
            None => shape::task(record, Dialect::Auto, &mut ToolsetCache::default()),
        }
    };
    read().map_err(|fault: Fault| place.error(fault))
}

/// The tools of a file: a list in any shape [`Toolset::from_json`] knows, or a task that names them.
pub(crate) fn read_tools(path: &Path) -> Result<Arc<Toolset>, CliError> {
    let (place, document) = read_document(path)?;
    ToolsetCache::default().read(&document, Dialect::Auto).map_err(|fault| place.error(fault))
}
