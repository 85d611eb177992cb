//! `toolrm data export`: the pairs of a build in the formats of trainers.

use std::{io::Write, path::PathBuf};

use clap::Args;
use toolrm_data::{
    build::Manifest,
    export::{Export, Format, Split},
    input::Input,
    pair::PreferencePair,
};

use crate::{
    Answer,
    error::CliError,
    output::{PLAIN, Table, left, right},
    progress,
};

/// Write the pairs of a build in the formats of trainers.
///
///   published    ToolPref-Pairwise's tables: think, no_think, disc (Parquet)
///   verl         what verl's RLHFDataset reads (Parquet)
///   trl          TRL, conversational preference, tools as a JSON text (Parquet)
///   trl-prompts  TRL, prompt-only, for training a policy, with the right calls (Parquet)
///   openrlhf     OpenRLHF's reward model training (JSON lines)
///   jsonl        the pairs themselves, as `toolrm bench pairs` reads them (JSON lines, zstd)
///
/// What is written is read again and compared with the pairs.
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:
  toolrm data export pairs --format verl --out for-verl
  toolrm data export pairs --format trl,openrlhf --out for-training"
)]
pub(crate) struct ExportArgs {
    /// The folder of a build
    #[arg(value_name = "BUILD")]
    build: PathBuf,
    /// Format; may be repeated, or a list with commas
    #[arg(long, value_name = "NAME", value_delimiter = ',', required = true)]
    format: Vec<Format>,
    /// Folder of the files; made where it is missing
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Prompts for models that reason before they answer, where a format has only one
    #[arg(long)]
    think: bool,
}

impl ExportArgs {
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<Answer, CliError> {
        let manifest = Manifest::read(&self.build)?;
        let name = manifest.config.get("name").and_then(|name| name.as_str()).unwrap_or("toolrm-pairs");
        let mut table = Table::default();
        let shown = progress::Parts::default();
        for format in &self.format {
            for (split, pairs) in [(Split::Train, manifest.train.pairs), (Split::Validation, manifest.validation.pairs)]
            {
                let export = Export::new(*format, split, name).with_think(self.think);
                let mut exporter = export.create(&self.out)?;
                self.each(split, |pair, n| {
                    shown.show(&format!("writing {} {}", format.name(), split.name()), n, Some(pairs));
                    Ok(exporter.push(&pair)?)
                })?;
                for file in exporter.finish()? {
                    let size = format!("{} bytes", file.bytes);
                    let cells = [file.rows.to_string(), size].map(|text| right(PLAIN, text));
                    table.row([left(PLAIN, file.name)].into_iter().chain(cells).collect());
                }
                let mut checker = export.open(&self.out)?;
                self.each(split, |pair, n| {
                    shown.show(&format!("comparing {} {}", format.name(), split.name()), n, Some(pairs));
                    Ok(checker.push(&pair)?)
                })?;
                checker.finish()?;
            }
        }
        drop(shown);
        table.print(out)?;
        Ok(Answer::Yes)
    }

    fn each(
        &self,
        split: Split,
        mut each: impl FnMut(PreferencePair, u64) -> Result<(), CliError>,
    ) -> Result<(), CliError> {
        let mut n = 0;
        for name in Format::Jsonl.files(split) {
            PreferencePair::each_of(Input::open(&self.build.join(name))?, |pair| {
                n += 1;
                each(pair, n)
            })?;
        }
        Ok(())
    }
}
