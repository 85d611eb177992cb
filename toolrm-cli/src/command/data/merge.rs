//! `toolrm data merge`: the shards of a build, put together.

use std::{io::Write, path::PathBuf};

use clap::Args;

use super::{ConfigArgs, show, tell};
use crate::{Answer, error::CliError, progress};

/// Put the shards of a build together.
///
/// Takes the folders of all shards that `toolrm data build --shard` has written with the same configuration, data and seed, in any
/// order. The result is byte for byte what one machine would have built.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  toolrm data build examples/data/build.toml --out s0 --shard 0/2
  toolrm data build examples/data/build.toml --out s1 --shard 1/2
  toolrm data merge examples/data/build.toml s0 s1 --out merged")]
pub(crate) struct MergeArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// The folders of all shards
    #[arg(value_name = "SHARD", required = true)]
    shards: Vec<PathBuf>,
    /// Folder of the build; made where it is missing
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Build over what is there
    #[arg(long)]
    restart: bool,
    /// Print the manifest as JSON
    #[arg(long)]
    json: bool,
}

impl MergeArgs {
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<Answer, CliError> {
        let build = self.config.build()?.restarting(self.restart);
        let shown = progress::Parts::default();
        let manifest = build.merge(&self.shards, &self.out, &|doing| show(&shown, doing));
        drop(shown);
        tell(out, manifest, &self.out, self.json)
    }
}
