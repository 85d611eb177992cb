//! Tasks and tools from files.

use std::{path::Path, sync::Arc};

use toolrm_core::{
    task::Task,
    toolset::{Dialect, Toolset},
};
use toolrm_data::{
    DataError, Fault,
    input::read_document,
    record::{self, ToolsetCache},
};

const TASK_SHAPE: &str = "write a task: {\"messages\": [..], \"tools\": [..]}";

/// The task of a file. `tools` replaces the tools it names; without it the file must name them.
pub(crate) fn read_task(path: &Path, tools: Option<Arc<Toolset>>) -> Result<Task, DataError> {
    let (place, document) = read_document(path)?;
    let read = || {
        let record = record::object(&document, TASK_SHAPE)?;
        match tools {
            Some(tools) => Ok(Task::new(record::conversation(record)?, tools)),
            None => record::task(record, Dialect::Auto, &mut ToolsetCache::default()),
        }
    };
    read().map_err(|fault: Fault| place.error(fault))
}

/// The tools of a file: a list in any shape [`Toolset::from_json`] knows, or a task that names them.
pub(crate) fn read_tools(path: &Path) -> Result<Arc<Toolset>, DataError> {
    let (place, document) = read_document(path)?;
    ToolsetCache::default().read(&document, Dialect::Auto).map_err(|fault| place.error(fault))
}
