//! `toolrm data steps`: what models may be asked, so that their answers become part of a build.

use std::{io::Write, path::PathBuf};

use clap::Args;
use serde_json::json;
use toolrm_core::call::Tool;
use toolrm_data::{Place, replace::Replace};

use super::ConfigArgs;
use crate::{Answer, error::CliError};

/// Write the steps that models may be asked to answer.
///
/// One JSON line a step: {"step", "messages", "tools"}, OpenAI chat messages and tools, as a chat completion takes them. Ask any model,
/// write its answers as JSON lines {"step", "model", "answer"} (the answer an assistant message, or the model's text in any dialect), and
/// name that file under `served` in the configuration.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  toolrm data steps examples/data/build.toml --out steps.jsonl")]
pub(crate) struct StepsArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// File of the steps
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl StepsArgs {
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<Answer, CliError> {
        let mut file = Replace::create(&self.out)?;
        let mut steps = 0_u64;
        self.config.build()?.steps(|asked| {
            let tools: Vec<&Tool> = asked.task.tools().tools().collect();
            let line = json!({"step": asked.step, "messages": asked.task.messages(), "tools": tools});
            steps += 1;
            writeln!(file, "{line}").map_err(|e| Place::file(&self.out).io("cannot write", &e, "free the disk"))
        })?;
        file.finish()?;
        writeln!(out, "{steps} steps: {}", self.out.display())?;
        Ok(Answer::Yes)
    }
}
