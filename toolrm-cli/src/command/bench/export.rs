//! `toolrm bench export`: a bench as the published tables.

use std::{io::Write, path::PathBuf};

use clap::Args;
use toolrm_bench::trbench::{Bench, rows::write_tables};

use crate::{Answer, error::CliError};

/// Write the pairs of a bench as Parquet, in the columns that TRBench-BFCL is published in.
///
/// Three tables: rows for judges that reason (think), for judges that answer at once (no_think), each pair twice, in both orders; and
/// rows for judges that score (disc). `toolrm bench run` reads such tables too. Ties and both-wrong pairs have no place in them.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  toolrm bench export trbench --out tables
  toolrm bench run tables/trbench_test_no_think.parquet --out tables/results")]
pub(crate) struct ExportArgs {
    /// A bench that `toolrm bench build` has written
    #[arg(value_name = "BENCH")]
    bench: PathBuf,
    /// Folder of the tables
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

impl ExportArgs {
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<Answer, CliError> {
        for path in write_tables(&Bench::open(&self.bench)?.pairs()?, &self.out)? {
            writeln!(out, "{}", path.display())?;
        }
        Ok(Answer::Yes)
    }
}
