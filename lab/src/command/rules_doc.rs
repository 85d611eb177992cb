//! `toolrm-lab rules-doc`: brings `docs/RULES.md` up to date.

use std::{fs, io::Write, path::PathBuf};

use clap::Args;
use toolrm_lab::{
    ablation::ablate,
    dataset,
    error::LabError,
    rules_doc::{replaced, rules_section, worth_section},
    severities::Bench,
};

/// The draws of the intervals.
const SEED: u64 = 1;

/// Writes the rules, their weights and examples, and what each is worth, between the markers of `docs/RULES.md`.
///
/// The rest of the document is left as it is. Examples are in `lab/data/examples.json`.
#[derive(Debug, Args)]
pub(crate) struct RulesDocArgs {
    /// Pairs to measure on: files, or folders of them. Without them the table of worths stays as it is
    #[arg(long, value_name = "PAIRS", num_args = 1..)]
    pairs: Vec<PathBuf>,
    /// The document
    #[arg(long, value_name = "FILE", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/RULES.md"))]
    file: PathBuf,
}

impl RulesDocArgs {
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<(), LabError> {
        let path = &self.file;
        let document = fs::read_to_string(path).map_err(|error| LabError::Read { path: path.clone(), error })?;
        let mut written = replaced(&document, "rules", &rules_section()?)?;
        if !self.pairs.is_empty() {
            let bench = Bench::new(&dataset::read(&self.pairs)?)?;
            written = replaced(&written, "worth", &worth_section(&ablate(&bench, &bench.present(), SEED)))?;
        }
        let unfinished = path.with_extension("md.part");
        let put = || fs::write(&unfinished, &written).and_then(|()| fs::rename(&unfinished, path));
        put().map_err(|error| LabError::Write { path: path.clone(), error })?;
        let changed = if written == document { "unchanged" } else { "written" };
        writeln!(out, "{}: {changed}", path.display())?;
        Ok(())
    }
}
