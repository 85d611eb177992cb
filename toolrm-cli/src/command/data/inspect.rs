//! `toolrm data inspect`: what an adapter makes of a dataset.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use clap::Args;
use serde_json::{Value, json};
use toolrm_data::{
    Fault, Place,
    source::{Record, Source, Trajectory, by_name, sources},
    tree::Tree,
};

use crate::{
    Answer,
    error::CliError,
    output::{BOLD, DIM, PLAIN, Table, json_line, left, one_line, paint},
};

/// Show what an adapter makes of a dataset.
///
/// Prints the first trajectories: messages, which of them are steps, the answers that models were recorded to give; and the records that
/// give none, with why.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  toolrm data inspect --adapters
  toolrm data inspect xlam examples/data/queries.jsonl -n 2
  toolrm data inspect openai_chat examples/data/chats.jsonl --json")]
pub(crate) struct InspectArgs {
    /// The adapter that reads it
    #[arg(value_name = "ADAPTER", required_unless_present = "adapters", requires = "path")]
    adapter: Option<String>,
    /// The dataset: a file, folder or archive
    #[arg(value_name = "PATH")]
    path: Option<PathBuf>,
    /// Records to show
    #[arg(short, value_name = "N", default_value_t = 3)]
    n: usize,
    /// List the adapters
    #[arg(long, conflicts_with_all = ["adapter", "path"])]
    adapters: bool,
    /// Print JSON lines
    #[arg(long)]
    json: bool,
}

impl InspectArgs {
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<Answer, CliError> {
        let (Some(adapter), Some(path)) = (&self.adapter, &self.path) else {
            self.list(out)?;
            return Ok(Answer::Yes);
        };
        let source = adapter_named(adapter)?;
        let mut records = Vec::new();
        each_until(&*source, path, |record| {
            records.push(record);
            records.len() < self.n
        })?;
        for record in records {
            match (record, self.json) {
                (Record::Trajectory(trajectory), false) => print(out, &trajectory)?,
                (Record::Trajectory(trajectory), true) => json_line(out, &to_json(&trajectory))?,
                (Record::Quarantined(bad), false) => {
                    writeln!(out, "{}: {}\n  {}", bad.place, bad.fault, one_line(&bad.excerpt, 160))?;
                }
                (Record::Quarantined(bad), true) => {
                    let (place, fault) = (bad.place.to_string(), bad.fault.to_string());
                    json_line(out, &json!({"quarantined": fault, "place": place, "excerpt": bad.excerpt}))?;
                }
                _ => {}
            }
        }
        Ok(Answer::Yes)
    }

    fn list(&self, out: &mut dyn Write) -> Result<(), CliError> {
        if self.json {
            return sources()
                .iter()
                .try_for_each(|source| json_line(out, &json!({"adapter": source.name(), "about": source.about()})));
        }
        let mut table = Table::default();
        for source in sources() {
            table.row(vec![left(BOLD, source.name()), left(PLAIN, source.about())]);
        }
        Ok(table.print(out)?)
    }
}

/// The adapter of this name.
pub(super) fn adapter_named(name: &str) -> Result<Box<dyn Source>, CliError> {
    by_name(name).ok_or_else(|| {
        let known: Vec<&str> = sources().iter().map(|source| source.name()).collect();
        CliError::Usage(format!("no adapter is named \"{name}\": they are {}", known.join(", ")))
    })
}

/// Hands on the records of a dataset until no more are wanted.
pub(super) fn each_until(
    source: &dyn Source,
    path: &Path,
    mut each: impl FnMut(Record) -> bool,
) -> Result<(), CliError> {
    let tree = Tree::open_any(path)?;
    let mut is_enough = false;
    let read = source.read(&tree, &mut |record| {
        is_enough = is_enough || !each(record);
        // Nothing else ends the reading.
        if is_enough { Err(Place::file(path).error(Fault::new("enough", ""))) } else { Ok(()) }
    });
    match read {
        Err(error) if !is_enough => Err(error.into()),
        _ => Ok(()),
    }
}

fn print(out: &mut dyn Write, trajectory: &Trajectory) -> Result<(), CliError> {
    const LINE: usize = 140;
    let tools = trajectory.tools.as_array().map_or(0, Vec::len);
    writeln!(out, "{} {}, {tools} tools", paint(BOLD, &trajectory.id), paint(DIM, &trajectory.place.to_string()))?;
    let steps: Vec<usize> = trajectory.steps().collect();
    for (at, message) in trajectory.messages.iter().enumerate() {
        let mark = if steps.contains(&at) { ">" } else { " " };
        let calls = message.tool_calls.iter().map(|call| format!("{}({})", call.name, call.arguments));
        let said: Vec<String> = std::iter::once(message.text().into_owned()).chain(calls).collect();
        let said = one_line(said.join(" ").trim(), LINE);
        writeln!(out, "{mark} {at:>3} {:9} {said}", message.role.as_str())?;
        for answer in trajectory.answers.iter().filter(|answer| answer.step == at) {
            let verdict = answer.published.map_or("", |right| if right { " (right)" } else { " (wrong)" });
            let said = one_line(&json!(answer.answer).to_string(), LINE);
            writeln!(out, "      {}", paint(DIM, &format!("{}{verdict}: {said}", answer.model)))?;
        }
    }
    writeln!(out)?;
    Ok(())
}

fn to_json(trajectory: &Trajectory) -> Value {
    let answers: Vec<Value> = trajectory
        .answers
        .iter()
        .map(|a| json!({"step": a.step, "model": a.model, "answer": a.answer, "published": a.published}))
        .collect();
    json!({
        "id": trajectory.id,
        "place": trajectory.place.to_string(),
        "tools": trajectory.tools,
        "messages": trajectory.messages,
        "steps": trajectory.steps().collect::<Vec<_>>(),
        "answers": answers,
        "metadata": trajectory.metadata,
    })
}
