//! `toolrm data`: from trajectories to preference pairs.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use toolrm_data::build::{Build, BuildConfig, BuildError, Doing, Manifest};

mod build;
mod export;
mod inspect;
mod merge;
mod stats;
mod steps;
mod verify;

use crate::{
    Answer,
    error::CliError,
    output::{BOLD, DIM, PLAIN, Table, json_line, left, right},
    progress,
};

/// Build preference pairs from tool-use trajectories.
#[derive(Debug, Args)]
pub(crate) struct DataArgs {
    #[command(subcommand)]
    command: DataCommand,
}

#[derive(Debug, Subcommand)]
enum DataCommand {
    Build(build::BuildArgs),
    Merge(merge::MergeArgs),
    Steps(steps::StepsArgs),
    Inspect(inspect::InspectArgs),
    Stats(stats::StatsArgs),
    Export(export::ExportArgs),
    Verify(verify::VerifyArgs),
}

impl DataArgs {
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<Answer, CliError> {
        match &self.command {
            DataCommand::Build(args) => args.run(out),
            DataCommand::Merge(args) => args.run(out),
            DataCommand::Steps(args) => args.run(out),
            DataCommand::Inspect(args) => args.run(out),
            DataCommand::Stats(args) => args.run(out),
            DataCommand::Export(args) => args.run(out),
            DataCommand::Verify(args) => args.run(out),
        }
    }
}

/// The configuration of a build, and what of it the command line says.
#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    /// The configuration, TOML
    #[arg(value_name = "CONFIG")]
    config: PathBuf,
    /// Where relative paths of the configuration start; by default its own folder
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// Seed of every draw, in place of the configuration's
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Pairs in all, in place of the configuration's
    #[arg(long, value_name = "N")]
    target: Option<usize>,
    /// Threads; by default as many as there are cores. The result is the same
    #[arg(long, value_name = "N", default_value_t = 0)]
    threads: usize,
}

impl ConfigArgs {
    fn build(&self) -> Result<Build, CliError> {
        let mut config = BuildConfig::read(&self.config)?;
        config.seed = self.seed.unwrap_or(config.seed);
        config.balance.target = self.target.unwrap_or(config.balance.target);
        config.check().map_err(|error| CliError::Usage(error.to_string()))?;
        let own = self.config.parent().unwrap_or(Path::new(""));
        let root = self.root.clone().unwrap_or_else(|| own.to_owned());
        Ok(Build::new(config, root).with_threads(self.threads))
    }
}

/// What became of a build: its manifest, or in words.
fn tell(
    out: &mut dyn Write,
    built: Result<Manifest, BuildError>,
    folder: &Path,
    json: bool,
) -> Result<Answer, CliError> {
    let manifest = built?;
    if json {
        json_line(out, &manifest)?;
    } else {
        print(out, &manifest, folder)?;
    }
    Ok(Answer::Yes)
}

/// Shows what a build is at.
fn show(shown: &progress::Parts, doing: Doing<'_>) {
    match doing {
        Doing::Reading { source, records, .. } => shown.show(&format!("{source}: records"), records, None),
        Doing::Balancing { done, total, .. } => shown.show("balancing, by shard", done, Some(total)),
        Doing::Writing { done, total, .. } => shown.show("writing pairs", done, Some(total)),
        _ => {}
    }
}

/// The stages of a build, what is in it by source, and what to be told of.
fn print(out: &mut dyn Write, manifest: &Manifest, folder: &Path) -> Result<(), CliError> {
    print_stages(out, manifest)?;
    writeln!(out)?;
    print_sources(out, manifest)?;
    let spread = [&manifest.train, &manifest.validation];
    let sum = |name: &str| spread.iter().filter_map(|s| s.provenance.get(name)).sum::<u64>();
    writeln!(
        out,
        "\n{} pairs to train on, {} for validation, of {} questions: {} recorded, {} served, {} synthetic",
        manifest.train.pairs,
        manifest.validation.pairs,
        manifest.train.questions + manifest.validation.questions,
        sum("recorded"),
        sum("served"),
        sum("synthetic"),
    )?;
    let checked = manifest.contamination.checked;
    if checked > 0 {
        let found: u64 = manifest.contamination.found.values().sum();
        writeln!(out, "{found} of {checked} trajectories are too near to a benchmark's question")?;
    }
    for (name, stages) in &manifest.sources {
        if stages.iter().any(|stage| stage.name == "trajectories" && stage.kept == 0) {
            writeln!(out, "nothing of \"{name}\" could be used: see {}", folder.join("quarantine.jsonl").display())?;
        }
    }
    writeln!(out, "{}", folder.join("card.html").display())?;
    Ok(())
}

fn print_stages(out: &mut dyn Write, manifest: &Manifest) -> Result<(), CliError> {
    let mut table = Table::default();
    table.row(vec![
        left(BOLD, "stage"),
        right(BOLD, "in"),
        right(BOLD, "out"),
        right(BOLD, "quarantined"),
        right(BOLD, "filtered"),
    ]);
    for stage in &manifest.stages {
        let quarantined: u64 = stage.quarantined.values().sum();
        let filtered: u64 = stage.filtered.values().sum();
        let numbers = [stage.taken, stage.kept, quarantined, filtered].map(|n| right(PLAIN, n.to_string()));
        table.row([left(PLAIN, stage.name.as_str())].into_iter().chain(numbers).collect());
        for (why, n) in stage.quarantined.iter().chain(&stage.filtered) {
            table.row(vec![left(DIM, format!("  {n} {why}"))]);
        }
    }
    table.print(out)?;
    Ok(())
}

fn print_sources(out: &mut dyn Write, manifest: &Manifest) -> Result<(), CliError> {
    let bins = manifest.available.values().map(Vec::len).max().unwrap_or_default();
    let mut table = Table::default();
    let mut head = vec![left(BOLD, "source"), right(BOLD, "recorded"), right(BOLD, "served"), right(BOLD, "synthetic")];
    head.extend((0..bins).map(|bin| right(BOLD, format!("<={:.2}", (bin + 1) as f64 / bins as f64))));
    table.row(head);
    let sides = [&manifest.train, &manifest.validation];
    for name in manifest.sources.keys() {
        let of = |provenance: &str| {
            sides.iter().filter_map(|side| side.sources.get(name)?.get(provenance)).sum::<u64>().to_string()
        };
        let in_bin =
            |bin: usize| sides.iter().filter_map(|side| side.intensity.get(name)?.get(bin)).sum::<u64>().to_string();
        let mut row = vec![left(PLAIN, name.as_str())];
        row.extend(["recorded", "served", "synthetic"].map(|provenance| right(PLAIN, of(provenance))));
        row.extend((0..bins).map(|bin| right(PLAIN, in_bin(bin))));
        table.row(row);
    }
    table.print(out)?;
    Ok(())
}
