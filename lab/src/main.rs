//! `toolrm-lab`: where the rules of toolrm are tuned. Not published: whoever uses toolrm needs none of it.

use std::{io::Write, process::ExitCode};

use clap::{Parser, Subcommand};
use toolrm_lab::error::LabError;

mod command;

/// Where the rules of toolrm are tuned, on recorded answers of real models.
///
/// Reads the folder TOOLRM_DATA, or ../shared/data beside the workspace.
#[derive(Debug, Parser)]
#[command(name = "toolrm-lab", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Pairs(command::pairs::PairsArgs),
    Fit(command::fit::FitArgs),
    FitRelevance(command::fit_relevance::FitRelevanceArgs),
    BestOfN(command::best_of_n::BestOfNArgs),
    Findings(command::findings::FindingsArgs),
    Correct(command::correct::CorrectArgs),
    Ablate(command::ablate::AblateArgs),
    Calibrate(command::calibrate::CalibrateArgs),
    RulesDoc(command::rules_doc::RulesDocArgs),
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(message) => {
            // Help goes to stdout with code 0, mistakes to stderr with code 2; a closed pipe is no failure.
            let _ = message.print();
            return ExitCode::from(u8::try_from(message.exit_code()).unwrap_or(2));
        }
    };
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let done = run(cli.command, &mut out).and_then(|()| Ok(out.flush()?));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is_closed_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(command: Command, out: &mut dyn Write) -> Result<(), LabError> {
    match command {
        Command::Pairs(args) => args.run(out),
        Command::Fit(args) => args.run(out),
        Command::FitRelevance(args) => args.run(out),
        Command::BestOfN(args) => args.run(out),
        Command::Findings(args) => args.run(out),
        Command::Correct(args) => args.run(out),
        Command::Ablate(args) => args.run(out),
        Command::Calibrate(args) => args.run(out),
        Command::RulesDoc(args) => args.run(out),
    }
}
