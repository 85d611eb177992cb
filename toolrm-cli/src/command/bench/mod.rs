//! `toolrm bench`: how good a judge is.

use std::io::Write;

use clap::{Args, Subcommand};

mod best_of_n;
mod build;
mod export;
mod fetch;
mod mutate;
mod pairs;
mod report;
mod run;
mod verdicts;

use crate::{Answer, error::CliError};

/// Measure a judge.
#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    #[command(subcommand)]
    command: BenchCommand,
}

#[derive(Debug, Subcommand)]
enum BenchCommand {
    Fetch(fetch::FetchArgs),
    Build(build::BuildArgs),
    Run(run::RunArgs),
    Export(export::ExportArgs),
    Report(report::ReportArgs),
    BestOfN(best_of_n::BestOfNArgs),
    Mutate(mutate::MutateArgs),
    Pairs(pairs::PairsArgs),
    Verdicts(verdicts::VerdictsArgs),
}

impl BenchArgs {
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<Answer, CliError> {
        match &self.command {
            BenchCommand::Fetch(args) => args.run(out),
            BenchCommand::Build(args) => args.run(out),
            BenchCommand::Run(args) => args.run(out),
            BenchCommand::Export(args) => args.run(out),
            BenchCommand::Report(args) => args.run(out),
            BenchCommand::BestOfN(args) => args.run(out),
            BenchCommand::Mutate(args) => args.run(out),
            BenchCommand::Pairs(args) => args.run(out),
            BenchCommand::Verdicts(args) => args.run(out),
        }
    }
}
