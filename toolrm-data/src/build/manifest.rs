//! [`Manifest`]: what a build was made of, what became of it at every stage, what is in it. It says nothing that differs between two
//! builds of the same data with the same configuration.

use std::{collections::BTreeMap, fmt, path::Path};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    error::{DataError, Fault},
    input::read_document,
};

/// The format of [`Manifest::format`].
pub const FORMAT: &str = "toolrm-pairs";
/// The version of the format.
pub const VERSION: u32 = 1;

/// What a build was made of, what became of it at every stage, what is in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Manifest {
    /// `toolrm-pairs`.
    pub format: String,
    /// The version of the format.
    pub version: u32,
    /// The version of the crate that built it.
    pub builder: String,
    /// The configuration, with every default spelled out.
    pub config: Value,
    /// The fingerprint of the configuration and the inputs.
    pub fingerprint: String,
    /// The inputs, in the order they were read.
    pub inputs: Vec<InputInfo>,
    /// The stages, over all sources.
    pub stages: Vec<Stage>,
    /// The stages up to the pairs, by source.
    pub sources: BTreeMap<String, Vec<Stage>>,
    /// What was mended in trajectories rather than refused, by source and what it was.
    pub repairs: BTreeMap<String, BTreeMap<String, u64>>,
    /// All candidates that were labelled: by provenance, then by error type (empty text: right), how many.
    pub candidates: BTreeMap<String, BTreeMap<String, u64>>,
    /// The pairs before balancing, by source and intensity bin.
    pub available: BTreeMap<String, Vec<u64>>,
    /// The training pairs.
    pub train: Spread,
    /// The validation pairs.
    pub validation: Spread,
    /// Questions held against benchmarks.
    pub contamination: Contamination,
    /// Questions of chosen pairs that are nearly the same: they are on one side of the split.
    pub near_duplicates: NearDuplicates,
    /// The files beside the manifest.
    pub files: Vec<FileInfo>,
}

/// An input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct InputInfo {
    /// The name of the source in rows.
    pub source: String,
    /// The adapter that read it.
    pub adapter: String,
    /// Its path, as it was given.
    pub path: String,
    /// Who published it, under which licence.
    pub about: String,
    /// Length in bytes; of a folder, of all its files.
    pub bytes: u64,
    /// SHA-256 of the file; of a folder, of its files' names and contents in their order.
    pub sha256: String,
}

/// A stage: what went in is what came out and what was left out, for a reason each.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Stage {
    /// `records`, `trajectories`, `steps`, `candidates`, `contexts`, `pairs`, `balance`, `split`.
    pub name: String,
    /// How many went in.
    pub taken: u64,
    /// How many came out.
    pub kept: u64,
    /// How many were quarantined: unusable, with a line in the quarantine file each, by reason.
    pub quarantined: BTreeMap<String, u64>,
    /// How many were left out by a rule, by rule.
    pub filtered: BTreeMap<String, u64>,
}

impl Stage {
    /// A stage that nothing went through yet.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Whether what went in is what came out and what was left out.
    pub fn adds_up(&self) -> bool {
        self.taken == self.kept + self.quarantined.values().sum::<u64>() + self.filtered.values().sum::<u64>()
    }

    /// One that came out.
    pub fn keep(&mut self) {
        self.taken += 1;
        self.kept += 1;
    }

    /// Some that were left out by a rule.
    pub fn filter(&mut self, rule: &str, n: u64) {
        if n > 0 {
            self.taken += n;
            *self.filtered.entry(rule.to_owned()).or_default() += n;
        }
    }

    /// One that was quarantined.
    pub fn quarantine(&mut self, reason: &str) {
        self.taken += 1;
        *self.quarantined.entry(reason.to_owned()).or_default() += 1;
    }

    /// What went through another stage of this name went through this one, too.
    pub fn add(&mut self, other: &Self) {
        self.taken += other.taken;
        self.kept += other.kept;
        add_counts(&mut self.quarantined, &other.quarantined);
        add_counts(&mut self.filtered, &other.filtered);
    }
}

/// Adds counts to counts.
pub(crate) fn add_counts(to: &mut BTreeMap<String, u64>, from: &BTreeMap<String, u64>) {
    for (name, n) in from {
        *to.entry(name.clone()).or_default() += n;
    }
}

/// What a set of pairs is like.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Spread {
    /// How many.
    pub pairs: u64,
    /// Of how many questions.
    pub questions: u64,
    /// By the pair's provenance: `recorded`, `served`, `synthetic`.
    pub provenance: BTreeMap<String, u64>,
    /// By source and provenance.
    pub sources: BTreeMap<String, BTreeMap<String, u64>>,
    /// By source and intensity bin: bin `i` of `n` holds intensities in (i/n, (i+1)/n].
    pub intensity: BTreeMap<String, Vec<u64>>,
    /// By source and complexity.
    pub complexity: BTreeMap<String, BTreeMap<u32, u64>>,
    /// By error type of the rejected answer and provenance.
    pub error_types: BTreeMap<String, BTreeMap<String, u64>>,
    /// By what the chosen and the rejected answer are: `calls > calls`, `calls > words`, `words > calls`, `calls > malformed`, ..
    pub kinds: BTreeMap<String, u64>,
    /// Whose the rejected answer is.
    pub rejected_from: BTreeMap<String, u64>,
    /// Whose the chosen answer is.
    pub chosen_from: BTreeMap<String, u64>,
    /// Pairs whose better answer is shown second.
    pub swapped: u64,
    /// Pairs with random names.
    pub obfuscated: u64,
    /// Lengths of the rendered conversations with tools, in characters.
    pub prompt_chars: Quantiles,
    /// Lengths of the chosen answers, in characters.
    pub chosen_chars: Quantiles,
    /// Lengths of the rejected answers, in characters.
    pub rejected_chars: Quantiles,
    /// The share of pairs that is won without reading the question, ties counting half: `longer`, `shorter`, `more-calls`, `words`.
    pub leaks: BTreeMap<String, f64>,
}

/// Where a set of numbers lies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Quantiles {
    /// The smallest.
    pub min: u64,
    /// A tenth is no larger.
    pub p10: u64,
    /// Half is no larger.
    pub median: u64,
    /// Nine tenths are no larger.
    pub p90: u64,
    /// All but a hundredth are no larger.
    pub p99: u64,
    /// The largest.
    pub max: u64,
}

impl Quantiles {
    /// Of these numbers; all 0 of none.
    pub fn of(mut numbers: Vec<u64>) -> Self {
        numbers.sort_unstable();
        let last = numbers.len().saturating_sub(1);
        let at = |percent: usize| numbers.get(last * percent / 100).copied().unwrap_or_default();
        Self { min: at(0), p10: at(10), median: at(50), p90: at(90), p99: at(99), max: at(100) }
    }
}

/// Questions held against benchmarks.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Contamination {
    /// What they were held against: path, SHA-256, number of questions.
    pub against: Vec<Benchmark>,
    /// Trajectories that were held against it.
    pub checked: u64,
    /// Those that are too near to a question of it, by source.
    pub found: BTreeMap<String, u64>,
    /// Some of them, for the eye.
    pub examples: Vec<Overlap>,
}

/// A benchmark.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Benchmark {
    /// Its path, as it was given.
    pub path: String,
    /// SHA-256.
    pub sha256: String,
    /// How many questions.
    pub questions: u64,
}

/// A question that is too near to one of a benchmark.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Overlap {
    /// The trajectory: `SOURCE/ID`.
    pub trajectory: String,
    /// How its question begins.
    pub question: String,
    /// The benchmark's question.
    pub benchmark_id: String,
    /// How that begins.
    pub benchmark_question: String,
    /// The share of the question's n-grams that the benchmark's question has.
    pub containment: f64,
    /// Jaccard index of the two sets of n-grams.
    pub jaccard: f64,
}

/// Questions of chosen pairs that are nearly the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NearDuplicates {
    /// Distinct questions.
    pub questions: u64,
    /// Groups of more than one.
    pub groups: u64,
    /// Questions in such groups.
    pub in_groups: u64,
}

/// A file of the build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FileInfo {
    /// Its name.
    pub name: String,
    /// Rows or lines.
    pub rows: u64,
    /// Length in bytes.
    pub bytes: u64,
    /// SHA-256.
    pub sha256: String,
}

impl Manifest {
    /// The name of the file.
    pub const FILE: &'static str = "manifest.json";

    /// Reads the manifest of a build's folder.
    ///
    /// # Errors
    /// When there is none, or it is none of this version.
    pub fn read(folder: &Path) -> Result<Self, DataError> {
        let path = folder.join(Self::FILE);
        let (place, json) = read_document(&path)?;
        let fix = "give a folder that `toolrm data build` or `merge` wrote";
        let manifest: Self = serde_json::from_value(json)
            .map_err(|e| place.error(Fault::new(format!("no manifest of pairs: {e}"), fix)))?;
        if (manifest.format.as_str(), manifest.version) != (FORMAT, VERSION) {
            let what =
                format!("{} of version {}, not {FORMAT} of version {VERSION}", manifest.format, manifest.version);
            return Err(place.error(Fault::new(what, fix)));
        }
        Ok(manifest)
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quarantined: u64 = self.quarantined.values().sum();
        let filtered: u64 = self.filtered.values().sum();
        write!(f, "{}: {} in, {} out, {quarantined} quarantined, {filtered} filtered", self.name, self.taken, self.kept)
    }
}
