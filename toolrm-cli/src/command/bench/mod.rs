//! `toolrm bench`: how good a judge is.

use std::io::Write;

use clap::{Args, Subcommand};

mod pairs;

use crate::{Answer, error::CliError};

/// Measure a judge.
#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    #[command(subcommand)]
    command: BenchCommand,
}

#[derive(Debug, Subcommand)]
enum BenchCommand {
    Pairs(pairs::PairsArgs),
}

impl BenchArgs {
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<Answer, CliError> {
        match &self.command {
            BenchCommand::Pairs(args) => args.run(out),
        }
    }
}
