//! `toolrm bench report`: a report, written out again.

use std::{io::Write, path::PathBuf};

use clap::Args;
use toolrm_bench::report;

use super::run::print;
use crate::{Answer, error::CliError};

/// Write a report out again as JSON, Markdown and HTML, from its report.json.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  toolrm bench report trbench/results/report.json
  toolrm bench report old/report.json --out new")]
pub(crate) struct ReportArgs {
    /// A report.json
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Folder to write report.json, report.md and report.html into; without it the judges are printed
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl ReportArgs {
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<Answer, CliError> {
        let read = report::read(&self.file)?;
        match &self.out {
            Some(folder) => {
                report::write(&read, folder)?;
                writeln!(out, "{}", folder.join("report.html").display())?;
            }
            None => print(out, &read)?,
        }
        Ok(Answer::Yes)
    }
}
