//! Preference pairs from recorded answers of real models to several benchmarks, to develop judges on: one file per source, for
//! `toolrm bench pairs`. Reads the folder `TOOLRM_DATA`; without it says so and ends.
//!
//! `cargo run --release -p toolrm-examples --example development_pairs -- --out PAIRS --split dev`. Without `--out` only the tables
//! are shown.
//!
//! ```text
//! source            questions  pairs  error types
//! acebench..
//! complexfuncbench..
//! hammerbench..
//! seal_tools..
//!
//! left out, of both parts:
//! acebench..  a question without a right answer
//! acebench..  a question without a wrong answer
//! acebench..  an answer in words to a question of calls
//! acebench..  an answer that cannot be decoded
//! acebench..  an answer that is called right and wrong
//! acebench..  an answer that its benchmark could not read
//! complexfuncbench..  a question without a right answer
//! complexfuncbench..  a question without a wrong answer
//! complexfuncbench..  a run broken off: no results
//! complexfuncbench..  a step that was not decoded
//! complexfuncbench..  an answer that is called right and wrong
//! hammerbench..  a question without a wrong answer
//! hammerbench..  a turn of a dialogue whose tools are not there
//! hammerbench..  an answer that cannot be decoded
//! hammerbench..  an answer that is accepted with another tool or other arguments than its label
//! hammerbench..  an answer that is called right and wrong
//! hammerbench..  an answer that is refused and the same as its label
//! hammerbench..  an empty answer
//! seal_tools..  a question whose gold calls a tool that is not listed
//! seal_tools..  a question without a usable answer
//! seal_tools..  a question without a wrong answer
//! seal_tools..  an answer that cannot be decoded
//! seal_tools..  an answer without calls in the asked shape
//! ```

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use clap::{Parser, ValueEnum};
use toolrm_examples::{
    development::{Census, Pair, SOURCES, Split, pairs},
    recorded,
};

/// Preference pairs from recorded answers to several benchmarks.
#[derive(Debug, Parser)]
struct Args {
    /// Folder to write one file per source to
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Part of each source
    #[arg(long, value_enum, default_value_t = Part::Dev)]
    split: Part,
    /// Seed of the draw of a question's pairs
    #[arg(long, default_value_t = 20_251_122)]
    seed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Four fifths of the questions, to develop on
    Dev,
    /// The rest, to look at once
    Holdout,
    /// Both
    All,
}

impl Part {
    fn holds(self, split: Split) -> bool {
        match self {
            Self::Dev => split == Split::Dev,
            Self::Holdout => split == Split::Holdout,
            Self::All => true,
        }
    }
}

fn main() -> io::Result<()> {
    let args = Args::parse();
    if let Some(missing) = SOURCES.iter().map(|s| recorded(s.file)).find(|path| !path.is_file()) {
        println!("skipped: development_pairs: no data at {}", missing.display());
        return Ok(());
    }
    if let Some(out) = &args.out {
        fs::create_dir_all(out)?;
    }
    let mut left_out = Vec::new();
    println!("{:18}{:>9}{:>7}  error types", "source", "questions", "pairs");
    for source in SOURCES {
        let mut census = Census::default();
        let questions = source.read(&mut census)?;
        for question in &questions {
            if let Some(reason) = question.unpaired() {
                census.leave_out(reason);
            }
        }
        let drawn: Vec<Pair> = questions.iter().flat_map(|question| pairs(question, args.seed)).collect();
        let drawn: Vec<Pair> = drawn.into_iter().filter(|pair| args.split.holds(pair.split)).collect();
        println!("{}", row(source.name, &drawn));
        if let Some(out) = &args.out {
            write(&out.join(source.name).with_extension("jsonl"), &drawn)?;
        }
        left_out.push((source.name, census));
    }
    println!("\nleft out, of both parts:");
    for (source, census) in &left_out {
        for (reason, n) in census.reasons() {
            println!("{source:18}{n:>9}  {reason}");
        }
    }
    Ok(())
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
    let questions: std::collections::HashSet<&str> = pairs.iter().map(|p| p.question_id.as_str()).collect();
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
