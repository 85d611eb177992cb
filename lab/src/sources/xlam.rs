//! xLAM: questions with their tools and the right calls. The same calls are wrong where another question stands in place of theirs.

use std::{io, sync::Arc};

use serde::Deserialize;
use serde_json::Value;
use toolrm_core::{call::Message, task::Task, toolset::Toolset};

use super::{
    Census,
    archive::{records, text},
};
use crate::relevance::Called;

/// The file, below the folder of recorded data.
const FILE: &str = "train/xlam_function_calling_1000.jsonl.zst";

#[derive(Deserialize)]
struct Line {
    query: String,
    tools: String,
    answers: String,
}

#[derive(Deserialize)]
struct Answer {
    name: String,
}

/// The calls, with their question and with one that is drawn from elsewhere in the file.
pub fn called(census: &mut Census) -> io::Result<Vec<Called>> {
    let lines: Vec<Line> = records(&text(FILE)?, census);
    let mut all = Vec::new();
    for (i, line) in lines.iter().enumerate() {
        let Some((tools, names)) = census.keep(read(line)) else { continue };
        // A step that shares no factor with the number of lines: every question stands in for one other.
        let other = lines.get((i + lines.len() / 2 + 1) % lines.len());
        for (query, right) in [(Some(line), true), (other, false)] {
            let messages = query.map(|l| Message::user(l.query.clone())).into_iter().collect::<Vec<_>>();
            all.push(Called {
                set: "xlam",
                task: Task::new(messages, Arc::clone(&tools)),
                tools: names.clone(),
                right,
            });
        }
    }
    Ok(all)
}

fn read(line: &Line) -> Result<(Arc<Toolset>, Vec<String>), String> {
    let tools: Value = serde_json::from_str(&line.tools).map_err(|e| format!("tools are no JSON: {e}"))?;
    let tools = Toolset::from_json(&tools).map(Arc::new).map_err(|_| "tools that cannot be read".to_owned())?;
    let answers: Vec<Answer> = serde_json::from_str(&line.answers).map_err(|e| format!("answers are no calls: {e}"))?;
    Ok((tools, answers.into_iter().map(|a| a.name).collect()))
}
