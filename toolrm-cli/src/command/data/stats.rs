//! `toolrm data stats`: what is in a build, or in a dataset.

use std::{collections::BTreeMap, io::Write, path::PathBuf};

use clap::Args;
use serde::Serialize;
use toolrm_data::{
    build::Manifest,
    error::reason_of,
    source::{Record, Trajectory},
};

use super::{
    inspect::{adapter_named, each_until},
    tell,
};
use crate::{Answer, error::CliError, output::json_line};

/// Count what is in a build, or in a dataset.
///
/// Of a build: what went in and came out of every stage, and the pairs by source, provenance and intensity. Of a dataset: its records,
/// steps and recorded answers, and what could not be read, by reason.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  toolrm data stats pairs
  toolrm data stats examples/data/queries.jsonl --adapter xlam")]
pub(crate) struct StatsArgs {
    /// The folder of a build; or a dataset, with --adapter
    #[arg(value_name = "PATH")]
    path: PathBuf,
    /// The adapter that reads the dataset
    #[arg(long, value_name = "NAME")]
    adapter: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What a dataset gives.
#[derive(Debug, Default, Serialize)]
struct Census {
    trajectories: u64,
    messages: u64,
    steps: u64,
    steps_with_calls: u64,
    tools: u64,
    recorded_answers: u64,
    by_model: BTreeMap<String, u64>,
    quarantined: BTreeMap<String, u64>,
}

impl StatsArgs {
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<Answer, CliError> {
        let Some(adapter) = &self.adapter else {
            return tell(out, Manifest::read(&self.path).map_err(Into::into), &self.path, self.json);
        };
        let mut census = Census::default();
        each_until(&*adapter_named(adapter)?, &self.path, |record| {
            census.add(record);
            true
        })?;
        if self.json {
            json_line(out, &census)?;
        } else {
            census.print(out)?;
        }
        Ok(Answer::Yes)
    }
}

impl Census {
    fn add(&mut self, record: Record) {
        match record {
            Record::Trajectory(trajectory) => self.add_trajectory(&trajectory),
            Record::Quarantined(bad) => {
                *self.quarantined.entry(reason_of(&bad.fault.what)).or_default() += 1;
            }
            _ => {}
        }
    }

    fn add_trajectory(&mut self, trajectory: &Trajectory) {
        self.trajectories += 1;
        self.messages += trajectory.messages.len() as u64;
        self.tools += trajectory.tools.as_array().map_or(0, Vec::len) as u64;
        for step in trajectory.steps() {
            self.steps += 1;
            let calls = trajectory.messages.get(step).is_some_and(|message| !message.tool_calls.is_empty());
            self.steps_with_calls += u64::from(calls);
        }
        self.recorded_answers += trajectory.answers.len() as u64;
        for answer in &trajectory.answers {
            *self.by_model.entry(answer.model.clone()).or_default() += 1;
        }
    }

    fn print(&self, out: &mut dyn Write) -> Result<(), CliError> {
        writeln!(
            out,
            "{} trajectories, {} messages, {} tools; {} steps, {} of them with calls; {} recorded answers",
            self.trajectories, self.messages, self.tools, self.steps, self.steps_with_calls, self.recorded_answers
        )?;
        for (model, n) in &self.by_model {
            writeln!(out, "  {n} of {model}")?;
        }
        for (reason, n) in &self.quarantined {
            writeln!(out, "  quarantined {n}: {reason}")?;
        }
        Ok(())
    }
}
