//! `toolrm-lab pairs`: recorded answers as files of preference pairs.

use std::{
    collections::{BTreeMap, HashSet},
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};
use toolrm_lab::{
    error::LabError,
    recorded,
    sources::{Census, Pair, SOURCES, Split},
};

/// Preference pairs from recorded answers of real models to several benchmarks: one file per source, for `toolrm bench pairs` and the
/// other commands.
#[derive(Debug, Args)]
pub(crate) struct PairsArgs {
    /// Folder to write one file per source to; without it only the tables are shown
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Part of each source
    #[arg(long, value_enum, default_value_t = Part::Dev)]
    split: Part,
    /// Seed of the draw of a question's pairs
    #[arg(long, default_value_t = 20_251_122)]
    seed: u64,
}

/// A part of the questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// Four fifths of the questions, to develop on
    Dev,
    /// The rest, to look at once
    Holdout,
    /// Both
    All,
}

impl Part {
    /// Whether a question belongs to it.
    pub(crate) fn holds_question(self, id: &str) -> bool {
        self.holds(Split::of(id))
    }

    fn holds(self, split: Split) -> bool {
        match self {
            Self::Dev => split == Split::Dev,
            Self::Holdout => split == Split::Holdout,
            Self::All => true,
        }
    }
}

impl PairsArgs {
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<(), LabError> {
        if let Some(missing) = SOURCES.iter().map(|s| recorded(s.file)).find(|path| !path.is_file()) {
            return Err(LabError::NoData(missing));
        }
        if let Some(folder) = &self.out {
            fs::create_dir_all(folder).map_err(|error| LabError::Write { path: folder.clone(), error })?;
        }
        let mut left_out = Vec::new();
        writeln!(out, "{:18}{:>9}{:>7}  error types", "source", "questions", "pairs")?;
        for source in SOURCES {
            let mut census = Census::default();
            let drawn = source.pairs(self.seed, &mut census);
            let mut drawn = drawn.map_err(|error| LabError::Source { name: source.name, error })?;
            drawn.retain(|pair| self.split.holds(pair.split));
            writeln!(out, "{}", row(source.name, &drawn))?;
            if let Some(folder) = &self.out {
                let path = folder.join(source.name).with_extension("jsonl");
                write(&path, &drawn).map_err(|error| LabError::Write { path, error })?;
            }
            left_out.push((source.name, census));
        }
        writeln!(out, "\nleft out, of both parts:")?;
        for (source, census) in &left_out {
            for (reason, n) in census.reasons() {
                writeln!(out, "{source:18}{n:>9}  {reason}")?;
            }
        }
        Ok(())
    }
}

/// A line of the table.
fn row(source: &str, pairs: &[Pair]) -> String {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for pair in pairs {
        *kinds.entry(&pair.error_type).or_default() += 1;
    }
    let mut kinds: Vec<_> = kinds.into_iter().collect();
    kinds.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    let kinds: Vec<String> = kinds.iter().map(|(kind, n)| format!("{kind} {n}")).collect();
    let questions: HashSet<&str> = pairs.iter().map(|p| p.question_id.as_str()).collect();
    format!("{source:18}{:>9}{:>7}  {}", questions.len(), pairs.len(), kinds.join(", "))
}

/// Writes a file whole or not at all: under another name first.
fn write(path: &Path, pairs: &[Pair]) -> io::Result<()> {
    let unfinished = path.with_extension("jsonl.part");
    let mut file = BufWriter::new(File::create(&unfinished)?);
    for pair in pairs {
        serde_json::to_writer(&mut file, pair)?;
        file.write_all(b"\n")?;
    }
    file.into_inner()?.sync_all()?;
    fs::rename(&unfinished, path)
}
