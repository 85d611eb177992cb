//! `toolrm data verify`: whether a build is what it says.

use std::{io::Write, path::PathBuf};

use clap::Args;
use toolrm_data::build::verify;

use crate::{
    Answer,
    error::CliError,
    output::{BAD, GOOD, json_line, paint},
};

/// Look whether a build is what its manifest says.
///
/// Adds up the stages, hashes the files, reads every pair, scores both answers anew, looks that no question is on both sides of the
/// split, and compares every table with the pairs. Exit code 1 when anything is wrong.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  toolrm data verify pairs")]
pub(crate) struct VerifyArgs {
    /// The folder of a build
    #[arg(value_name = "BUILD")]
    build: PathBuf,
    /// Print the checks as JSON lines
    #[arg(long)]
    json: bool,
}

impl VerifyArgs {
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<Answer, CliError> {
        let checks = verify(&self.build)?;
        for check in &checks {
            if self.json {
                json_line(out, check)?;
                continue;
            }
            let mark = if check.is_good() { paint(GOOD, "ok   ") } else { paint(BAD, "WRONG") };
            writeln!(out, "{mark} {} ({})", check.what, check.n)?;
            for wrong in &check.wrong {
                writeln!(out, "      {wrong}")?;
            }
        }
        Ok(if checks.iter().all(toolrm_data::build::verify::Check::is_good) { Answer::Yes } else { Answer::No })
    }
}
