//! `toolrm parse`: any dialect to OpenAI's JSON.

use std::{io::Write, path::PathBuf};

use clap::Args;
use toolrm_core::call::Action;
use toolrm_data::Place;

use crate::{
    Answer,
    candidate_view::message_json,
    candidates,
    error::CliError,
    format::FormatArgs,
    output::{BAD, json_line, one_line, paint},
};

/// Read model output in any dialect and print it as OpenAI assistant messages, one JSON object a line.
///
/// Output that tries to call a tool and cannot be read is never mended and never dropped: it is printed as {"malformed": {"raw",
/// "why"}}, named on stderr, and the exit code is 1.
#[derive(Debug, Args)]
#[command(after_help = PARSE_HELP)]
pub(crate) struct ParseArgs {
    /// A file with one raw output, or JSON Lines (.jsonl) of outputs: strings or {"text": ..}; `-` is standard input
    #[arg(value_name = "FILE", default_value = "-")]
    file: PathBuf,
    /// The input is JSON Lines whatever its name
    #[arg(long)]
    jsonl: bool,
    #[command(flatten)]
    format: FormatArgs,
}

const PARSE_HELP: &str = r#"Examples:
  echo '[get_weather(city="Paris", days=3)]' | toolrm parse
  toolrm parse examples/data/outputs.jsonl
  toolrm parse --format hermes examples/data/outputs.jsonl"#;

impl ParseArgs {
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<Answer, CliError> {
        let mut answer = Answer::Yes;
        let format = self.format.format(None);
        candidates::each(&self.file, self.jsonl, format.as_ref(), |place, candidate| {
            if let Action::Malformed { why, .. } = &candidate.action {
                answer = Answer::No;
                warn_malformed(place, why);
            }
            json_line(out, &message_json(&candidate))
        })?;
        Ok(answer)
    }
}

fn warn_malformed(place: &Place, why: &str) {
    // A closed stderr must not stop the parsing.
    let _ = writeln!(anstream::stderr(), "{} {place}: {}", paint(BAD.bold(), "malformed:"), one_line(why, 400));
}
