//! `toolrm`: judge, rank, check and parse LLM tool calls from the command line. A thin face over `toolrm-core`.

use std::{io::Write, process::ExitCode};

use clap::{ColorChoice, CommandFactory, Parser, Subcommand};

mod bench;
mod candidate_view;
mod candidates;
mod command;
mod error;
mod format;
mod judge;
mod output;
mod progress;
mod questions;
mod rules;
mod tasks;

use error::CliError;

/// JSON is many small pieces: a third of a build's time went into the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Judge, rank, check and parse LLM tool calls.
///
/// Rules that need no weights and no network say which candidate is best, why, and what is wrong with the others.
#[derive(Debug, Parser)]
#[command(name = "toolrm", version, propagate_version = true, after_help = AFTER_HELP)]
struct Cli {
    /// When to colour the output; `auto` looks at the terminal and at NO_COLOR.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: ColorChoice,
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Exit codes:
  0  done, and nothing is wrong
  1  done, and the answer is no: `check` found something wrong, `parse` met malformed output,
     `rank` met a record of which no candidate could be judged, `bench verdicts` a verdict
     that is not ours, `data verify` a build that is not what it says, `doctor` a judge that
     cannot judge
  2  the arguments or the input are wrong, or the output could not be written;
     the message on stderr says where and what to do

Files may be plain, zstd or gzip; `-` is standard input.";

#[derive(Debug, Subcommand)]
enum Command {
    Rank(command::rank::RankArgs),
    Check(command::check::CheckArgs),
    Parse(command::parse::ParseArgs),
    Explain(command::explain::ExplainArgs),
    Bench(command::bench::BenchArgs),
    Data(command::data::DataArgs),
    Doctor(command::doctor::DoctorArgs),
    Completions(command::completions::CompletionsArgs),
}

/// What a command that ended as planned has to say: exit code 0 or 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Yes,
    No,
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(message) => {
            // Help and version go to stdout with code 0, mistakes to stderr with code 2; a closed pipe is no failure.
            let _ = message.print();
            return ExitCode::from(u8::try_from(message.exit_code()).unwrap_or(2));
        }
    };
    let choice = match cli.color {
        ColorChoice::Auto => anstream::ColorChoice::Auto,
        ColorChoice::Always => anstream::ColorChoice::Always,
        ColorChoice::Never => anstream::ColorChoice::Never,
    };
    choice.write_global();
    let mut out = std::io::BufWriter::new(anstream::stdout());
    let done = run(cli.command, &mut out).and_then(|answer| {
        out.flush()?;
        Ok(answer)
    });
    match done {
        Ok(Answer::Yes) => ExitCode::SUCCESS,
        Ok(Answer::No) => ExitCode::from(1),
        Err(error) if error.is_closed_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            let label = output::paint(output::BAD.bold(), "error:");
            let _ = writeln!(anstream::stderr(), "{label} {error}");
            ExitCode::from(2)
        }
    }
}

fn run(command: Command, out: &mut dyn Write) -> Result<Answer, CliError> {
    match command {
        Command::Rank(args) => args.run(out),
        Command::Check(args) => args.run(out),
        Command::Parse(args) => args.run(out),
        Command::Explain(args) => args.run(out),
        Command::Bench(args) => args.run(out),
        Command::Data(args) => args.run(out),
        Command::Doctor(args) => args.run(out),
        Command::Completions(args) => args.run(&mut Cli::command(), out),
    }
}
