//! xLAM: questions with their tools and the right calls. The same calls are wrong where another question stands in place of theirs.

use std::{io, sync::Arc};

use toolrm_core::{
    call::{Message, Role},
    task::Task,
    toolset::Toolset,
};
use toolrm_data::source::{Trajectory, xlam::Xlam};

use super::{Census, archive::trajectories};
use crate::relevance::Called;

/// The file, below the folder of recorded data.
const FILE: &str = "train/xlam_function_calling_1000.jsonl.zst";

/// The calls, with their question and with one that is drawn from elsewhere in the file.
pub fn called(census: &mut Census) -> io::Result<Vec<Called>> {
    let rows = trajectories(&Xlam, FILE, census)?;
    let mut all = Vec::new();
    for (i, row) in rows.iter().enumerate() {
        let tools = Toolset::from_json(&row.tools).map(Arc::new).map_err(|_| "tools that cannot be read");
        let Some(tools) = census.keep(tools) else { continue };
        let called = row.messages.iter().flat_map(|message| &message.tool_calls);
        let names: Vec<String> = called.map(|call| call.name.clone()).collect();
        // A step that shares no factor with the number of rows: every question stands in for one other.
        let other = rows.get((i + rows.len() / 2 + 1) % rows.len());
        for (row, right) in [(Some(row), true), (other, false)] {
            all.push(Called {
                set: "xlam",
                task: Task::new(row.map(question).unwrap_or_default(), Arc::clone(&tools)),
                tools: names.clone(),
                right,
            });
        }
    }
    Ok(all)
}

fn question(row: &Trajectory) -> Vec<Message> {
    row.messages.iter().filter(|message| message.role == Role::User).cloned().collect()
}
