//! `toolrm bench`: how good a judge is.

use std::{io::Write, path::PathBuf, time::Duration};

use clap::{Args, Subcommand};
use indexmap::IndexSet;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::Value;
use toolrm_core::observe::CallOptions;

use crate::{
    Answer,
    bench::{Standing, null::null_judges, pairs::Pair, report},
    error::{CliError, Fault, Place},
    input::{Input, parse_json},
    judge::{JudgeName, block_on},
    output::json_line,
    rules::RuleArgs,
    shape::ToolsetCache,
};

/// Measure a judge.
#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    #[command(subcommand)]
    command: BenchCommand,
}

#[derive(Debug, Subcommand)]
enum BenchCommand {
    Pairs(PairsArgs),
}

impl BenchArgs {
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<Answer, CliError> {
        match &self.command {
            BenchCommand::Pairs(args) => block_on(args.run(out)),
        }
    }
}

/// Accuracy of a judge on preference pairs, beside judges that do not read the question.
///
/// Each pair is judged once, in one order (drawn by --seed). A pair whose better answer wins counts 1, a tie 1/2, and so do an
/// abstention and a failure, which are reported besides. Accuracy of a category = points / pairs; micro = mean over all
/// pairs; macro = mean over the categories, each weighing the same.
///
/// Null judges, always shown: random (a seeded coin), longer and shorter (characters of the text, or of the calls as
/// JSON), more-calls (number of calls), schema-only (known tools and arguments their schemas allow beat the rest).
#[derive(Debug, Args)]
#[command(after_help = PAIRS_HELP)]
struct PairsArgs {
    /// Files of pairs, one JSON object a line, plain or zstd; `-` is standard input. Several are read as one
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Judge to measure; may be repeated
    #[arg(long, value_name = "NAME", default_value = "rules", value_enum)]
    judge: Vec<JudgeName>,
    /// Print JSON: {"judges":[{"name","micro","macro","categories":{CAT:{"n","accuracy",..}}}]}
    #[arg(long)]
    json: bool,
    /// Group by a further field of the pairs
    #[arg(long, value_name = "FIELD", value_enum)]
    by: Option<GroupBy>,
    /// Only pairs of this category; may be repeated, or a list with commas
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    category: Vec<String>,
    /// Also show the N worst verdicts, with what the judge says about both answers
    #[arg(long, value_name = "N", default_value_t = 0)]
    errors: usize,
    /// Seed of the order in which the two answers are shown, and of the random judge
    #[arg(long, default_value_t = 0)]
    seed: u64,
    #[command(flatten)]
    rules: RuleArgs,
}

const PAIRS_HELP: &str = r#"A pair:
  {"id": "w1", "category": "weather", "error_type": "wrong_value",
   "messages": [{"role": "user", "content": "Weather in Paris?"}], "tools": [..],
   "chosen": [{"get_weather": {"city": "Paris"}}],
   "rejected": [{"get_weather": {"city": "London"}}]}
  messages          OpenAI's, roles system, user, assistant, tool;
                    tool_calls in OpenAI's shape or as {NAME: {ARGUMENTS}}
  tools             BFCL function docs, OpenAI tools or plain JSON Schema functions
  chosen, rejected  a list of calls {NAME: {ARGUMENTS}}, or a text for an answer in words
  id, category ("all") and error_type ("unknown") may be missing.

Examples:
  toolrm bench pairs examples/data/pairs.jsonl
  toolrm bench pairs examples/data/pairs.jsonl --errors 3 --by error-type
  toolrm bench pairs examples/data/pairs.jsonl --json --category single,parallel"#;

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum GroupBy {
    /// The pair's "error_type": what is wrong with the rejected answer
    ErrorType,
}

/// Pairs read and judged at a time: bounds memory, and how long the progress bar stands still.
const CHUNK: usize = 256;

impl PairsArgs {
    async fn run(&self, out: &mut dyn Write) -> Result<Answer, CliError> {
        let mut names = self.judge.clone();
        names.dedup();
        let mut standings = Vec::new();
        for name in names {
            standings.push(Standing::new(name.judge(&self.rules)?, false));
        }
        standings.extend(null_judges(self.seed).into_iter().map(|judge| Standing::new(judge, true)));
        let mut pairs = PairReader::new(&self.files, &self.category);
        let options = CallOptions::default().with_seed(self.seed);
        loop {
            let chunk = pairs.chunk(CHUNK)?;
            if chunk.is_empty() {
                break;
            }
            for standing in &mut standings {
                let keep = if standing.null { 0 } else { self.errors };
                standing.judge(&chunk, keep, &options).await?;
            }
        }
        pairs.finish()?;
        let by_error_type = self.by.is_some();
        if self.json {
            json_line(out, &report::to_json(&standings, by_error_type, self.errors > 0))?;
        } else {
            report::print(out, &standings, by_error_type)?;
        }
        Ok(Answer::Yes)
    }
}

/// Reads the pairs of several files, one after the other.
struct PairReader<'f> {
    files: &'f [PathBuf],
    /// The categories that are wanted; all when there are none.
    categories: &'f [String],
    /// The categories that were met.
    met: IndexSet<String>,
    left: std::slice::Iter<'f, PathBuf>,
    current: Option<Input>,
    toolsets: ToolsetCache,
    read: u64,
    progress: ProgressBar,
}

impl<'f> PairReader<'f> {
    fn new(files: &'f [PathBuf], categories: &'f [String]) -> Self {
        // Shown only when stderr is a terminal.
        let progress = ProgressBar::with_draw_target(total_bytes(files), ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {percent:>3}% of {total_bytes}, {msg} {elapsed}") {
            progress.set_style(style);
        }
        progress.enable_steady_tick(Duration::from_millis(200));
        Self {
            files,
            categories,
            met: IndexSet::new(),
            left: files.iter(),
            current: None,
            toolsets: ToolsetCache::default(),
            read: 0,
            progress,
        }
    }

    /// The next pairs, at most `most`; none at the end.
    fn chunk(&mut self, most: usize) -> Result<Vec<Pair>, CliError> {
        let mut chunk = Vec::new();
        while chunk.len() < most {
            let Some(input) = &mut self.current else {
                let Some(path) = self.left.next() else { break };
                self.current = Some(Input::open(path, &self.progress)?);
                continue;
            };
            let Some((place, line)) = input.next_line()? else {
                self.current = None;
                continue;
            };
            let record: Value = parse_json(&place, line)?;
            let pair = Pair::read(&record, self.read, &mut self.toolsets).map_err(|fault| place.error(fault))?;
            self.read += 1;
            if !self.met.contains(&pair.category) {
                self.met.insert(pair.category.clone());
            }
            if self.categories.is_empty() || self.categories.contains(&pair.category) {
                chunk.push(pair);
            }
        }
        self.progress.set_message(format!("{} pairs", self.read));
        Ok(chunk)
    }

    /// Ends the reading; no pairs at all, or none of a category that was asked for, is an error.
    fn finish(self) -> Result<(), CliError> {
        let missing = self.categories.iter().find(|name| !self.met.contains(*name));
        let fault = match missing {
            _ if self.read == 0 => Fault::new("no pairs", "give a file with one JSON object a line"),
            Some(name) => {
                let met: Vec<&str> = self.met.iter().map(String::as_str).collect();
                Fault::new(format!("no pairs of the category \"{name}\""), format!("choose from {}", met.join(", ")))
            }
            None => return Ok(()),
        };
        let names: Vec<String> = self.files.iter().map(|f| f.display().to_string()).collect();
        Err(Place { source: names.join(" ").into(), line: None }.error(fault))
    }
}

impl Drop for PairReader<'_> {
    /// However it ends, nothing is left of the progress bar before the report or the error is printed.
    fn drop(&mut self) {
        self.progress.finish_and_clear();
    }
}

/// Size of all files together; `None` when one of them is no plain file.
fn total_bytes(files: &[PathBuf]) -> Option<u64> {
    files.iter().map(|f| std::fs::metadata(f).ok().filter(std::fs::Metadata::is_file).map(|m| m.len())).sum()
}
