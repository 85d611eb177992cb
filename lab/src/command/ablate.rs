//! `toolrm-lab ablate`: what each rule is worth.

use std::io::Write;

use clap::Args;
use toolrm_lab::{ablation::ablate, error::LabError};

use super::plan::Pairs;

/// By how many percentage points each accuracy drops when a rule is switched off, as a Markdown table.
///
/// Positive: the rule helps; ± is half of a 95 % interval over questions, the same ones with and without the rule. `decides`: pairs whose verdict it changes. The last columns: pairs in which it has more against the rejected
/// answer, and against the chosen one.
#[derive(Debug, Args)]
pub(crate) struct AblateArgs {
    #[command(flatten)]
    pairs: Pairs,
    /// Seed of the intervals
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

impl AblateArgs {
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<(), LabError> {
        let bench = self.pairs.bench()?;
        out.write_all(ablate(&bench, &bench.present(), self.seed).to_markdown().as_bytes())?;
        Ok(())
    }
}
