//! The leaderboard's questions, wherever they are.

use std::path::PathBuf;

use clap::Args;
use toolrm_bench::bfcl::{
    Questions,
    fetch::{FetchOptions, Fetched, fetch, locate},
};

use crate::{error::CliError, progress};

/// Where BFCL's questions are taken from.
#[derive(Debug, Args)]
pub(crate) struct QuestionsArgs {
    /// BFCL's questions and accepted answers: a folder, the wheel of bfcl-eval, or an archive. By default $TOOLRM_BFCL, else
    /// what `toolrm bench fetch` left in the cache, else they are fetched now
    #[arg(long, value_name = "PATH")]
    bfcl: Option<PathBuf>,
}

impl QuestionsArgs {
    pub(crate) fn load(&self) -> Result<Questions, CliError> {
        let mut options = FetchOptions::default();
        options.from = locate(self.bfcl.as_deref());
        Ok(load(&options)?.questions)
    }
}

/// Loads the questions, with a line on stderr that says what is being done.
pub(crate) fn load(options: &FetchOptions) -> Result<Fetched, CliError> {
    let spinner = progress::spinner();
    let fetched = fetch(options, |step| spinner.set_message(step.to_string()));
    spinner.finish_and_clear();
    Ok(fetched?)
}
