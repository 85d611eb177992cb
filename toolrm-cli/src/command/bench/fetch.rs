//! `toolrm bench fetch`: BFCL's questions, into the cache.

use std::{io::Write, path::PathBuf};

use clap::Args;
use serde_json::json;
use toolrm_bench::bfcl::fetch::{FetchOptions, VERSION};

use crate::{
    Answer,
    error::CliError,
    output::{PLAIN, Table, json_line, left, right},
    questions,
};

/// Get BFCL's questions and accepted answers, as the package bfcl-eval carries them.
///
/// Runs `python3 -m pip download`, compares the checksum, and keeps the wheel in $TOOLRM_CACHE, $XDG_CACHE_HOME/toolrm or
/// ~/.cache/toolrm. What is there already is checked and not fetched again. The other bench commands fetch by themselves when
/// they find nothing.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  toolrm bench fetch
  toolrm bench fetch --from path/to/bfcl_eval-2026.3.23-py3-none-any.whl
  TOOLRM_BFCL=path/to/bfcl_eval toolrm bench verdicts verdicts.jsonl")]
pub(crate) struct FetchArgs {
    /// Check a wheel, folder or archive that is already there, and fetch nothing
    #[arg(long, value_name = "PATH", conflicts_with_all = ["bfcl_version", "cache"])]
    from: Option<PathBuf>,
    /// Version of bfcl-eval; the checker reproduces the verdicts of the default
    #[arg(long = "bfcl-version", value_name = "VERSION", default_value = VERSION)]
    bfcl_version: String,
    /// Folder to keep it in
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
    /// The Python whose pip is used
    #[arg(long, value_name = "COMMAND", default_value = "python3")]
    python: String,
    /// Print JSON: {"path","sha256","version","was_there","questions":{CATEGORY: n}}
    #[arg(long)]
    json: bool,
}

impl FetchArgs {
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<Answer, CliError> {
        let mut options = FetchOptions::default();
        options.version.clone_from(&self.bfcl_version);
        options.cache.clone_from(&self.cache);
        options.from.clone_from(&self.from);
        options.python.clone_from(&self.python);
        let fetched = questions::load(&options)?;
        let counts = fetched.questions.counts();
        if self.json {
            let counts: serde_json::Map<_, _> =
                counts.iter().map(|(category, n)| (category.to_string(), json!(n))).collect();
            let report = json!({
                "path": fetched.path,
                "sha256": fetched.sha256,
                "version": fetched.version,
                "was_there": fetched.was_there,
                "questions": counts,
            });
            json_line(out, &report)?;
            return Ok(Answer::Yes);
        }
        let found = if fetched.was_there { "checked" } else { "fetched" };
        writeln!(out, "{found}: {}", fetched.path.display())?;
        if let Some(sha256) = &fetched.sha256 {
            writeln!(out, "sha256: {sha256}")?;
        }
        let mut table = Table::default();
        for (category, n) in counts {
            table.row(vec![left(PLAIN, category.name()), right(PLAIN, n.to_string())]);
        }
        table.row(vec![left(PLAIN, "all"), right(PLAIN, fetched.questions.len().to_string())]);
        table.print(out)?;
        Ok(Answer::Yes)
    }
}
