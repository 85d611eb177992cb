//! `toolrm data build`: preference pairs from trajectories.

use std::{io::Write, path::PathBuf};

use clap::Args;
use toolrm_data::build::{BuildError, Shard};

use super::{ConfigArgs, show, tell};
use crate::{Answer, error::CliError, progress};

/// Build preference pairs from trajectories.
///
/// Reads the datasets that the configuration names, cuts them at every assistant message, gathers right and wrong answers to each step
/// (recorded ones of models, served ones, made-up ones where there are too few), scores them, and takes pairs balanced over
/// sources and intensities. Writes train.jsonl.zst and validation.jsonl.zst, the tables in the formats asked for, quarantine.jsonl
/// (what could not be used, where and why), README.md and card.html (the dataset's card), and manifest.json: counts that add up
/// at every stage, hashes, and every choice. A build that was killed goes on where it was when it is started again. The same
/// configuration and data give the same bytes, on any number of threads and in any number of shards.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
#[allow(clippy::struct_excessive_bools, reason = "flags of a command are booleans")]
pub(crate) struct BuildArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// Folder of the build, or of the shard; made where it is missing
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Only this part of the work, I/N from 0/N to N-1/N: for several machines; `toolrm data merge` puts them together
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// Go on with what an earlier run left: what happens anyway, said aloud
    #[arg(long, conflicts_with = "restart")]
    resume: bool,
    /// Forget what an earlier run left
    #[arg(long)]
    restart: bool,
    /// Print every choice as TOML, defaults spelled out, and build nothing
    #[arg(long)]
    show_config: bool,
    /// Print the manifest as JSON
    #[arg(long)]
    json: bool,
}

const HELP: &str = "Examples:
  toolrm data build examples/data/build.toml --out pairs
  toolrm data build examples/data/build.toml --out pairs-of-7 --seed 7 --threads 1
  toolrm data build examples/data/build.toml --out shard-0 --shard 0/2

A configuration names at least one source; everything else has a default:

  seed = 7
  preset = \"recorded-first\"       # or \"toolpref-30k\": the paper's rules, models' answers only
  [[sources]]
  adapter = \"xlam\"                # `inspect --adapters` lists them
  path = \"xlam_function_calling_60k.json\"
  [balance]
  target = 30000
  [contamination]
  against = [\"bfcl\"]              # benchmarks that no question may be near
  [output]
  formats = [\"published\", \"trl\"]";

impl BuildArgs {
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<Answer, CliError> {
        let build = self.config.build()?.restarting(self.restart);
        if self.show_config {
            write!(out, "{}", build.config.to_toml().map_err(BuildError::from)?)?;
            return Ok(Answer::Yes);
        }
        let shown = progress::Parts::default();
        if let Some(shard) = self.shard {
            build.run_shard(shard, &self.out, &|doing| show(&shown, doing))?;
            drop(shown);
            writeln!(out, "shard {shard} is done: {}", self.out.display())?;
            return Ok(Answer::Yes);
        }
        let manifest = build.run(&self.out, &|doing| show(&shown, doing));
        drop(shown);
        tell(out, manifest, &self.out, self.json)
    }
}
