//! All lines of all shards, looked at once: what became of the records, and which pairs there are to choose from.

use std::collections::{BTreeMap, HashMap};

use toolrm_core::canonical::Fingerprint;

use super::{
    BuildError, Doing, Progress,
    balance::{Groups, Key, bin},
    config::BuildConfig,
    inputs::Inputs,
    manifest::{Contamination, Overlap, Stage},
    merge::{Shards, gone},
    pool::{Counts, LineInShort, OutcomeInShort, WorkedInShort},
    shard::number_of,
};
use crate::{
    error::{DataError, reason_of},
    journal::JournalReader,
    observed::ErrorType,
};

/// Overlaps with benchmarks that are told of.
const EXAMPLES: usize = 20;

/// What is told of a build before it is balanced.
#[derive(Default)]
pub(super) struct Told {
    pub(super) stages: Vec<Stage>,
    pub(super) sources: BTreeMap<String, Vec<Stage>>,
    pub(super) repairs: BTreeMap<String, BTreeMap<String, u64>>,
    pub(super) candidates: BTreeMap<String, BTreeMap<String, u64>>,
    pub(super) available: BTreeMap<String, Vec<u64>>,
    pub(super) contamination: Contamination,
}

/// Where a quarantined record is: source, record, shard, line.
pub(super) type BadAt = (u16, u64, u16, u64);

/// All lines of all shards, looked at once.
pub(super) struct Scan<'c> {
    config: &'c BuildConfig,
    pub(super) groups: Groups<'c>,
    /// By the name of the source.
    records: BTreeMap<String, Stage>,
    counts: BTreeMap<String, Counts>,
    overlaps: BTreeMap<(u16, u64), Overlap>,
    pub(super) quarantined: Vec<BadAt>,
    /// The pairs of the shard's questions.
    questions: HashMap<u64, Vec<Key>>,
    pub(super) told: Told,
}

impl<'c> Scan<'c> {
    pub(super) fn of(
        config: &'c BuildConfig,
        inputs: &Inputs,
        shards: &Shards,
        progress: &Progress<'_>,
    ) -> Result<Self, BuildError> {
        let mut scan = Self {
            config,
            groups: Groups::new(&config.balance),
            records: BTreeMap::new(),
            counts: BTreeMap::new(),
            overlaps: BTreeMap::new(),
            quarantined: Vec::new(),
            questions: HashMap::new(),
            told: Told::default(),
        };
        for source in &inputs.sources {
            scan.records.entry(source.name.clone()).or_default();
            scan.counts.entry(source.name.clone()).or_default();
        }
        // Two inputs may share a name, and are one source then.
        let names: Vec<&str> = inputs.sources.iter().map(|source| source.name.as_str()).collect();
        let numbers: BTreeMap<&str, u16> = (0..).zip(&names).fold(BTreeMap::new(), |mut numbers, (number, name)| {
            numbers.entry(*name).or_insert(number);
            numbers
        });
        for (shard, (path, key)) in shards.journals.iter().enumerate() {
            let shard = u16::try_from(shard).unwrap_or(u16::MAX);
            JournalReader::open(path)?.each(key, |at, line: LineInShort| {
                let name = names.get(usize::from(line.source)).copied().unwrap_or_default();
                let source = numbers.get(name).copied().unwrap_or_default();
                scan.line(name, source, shard, at, line)
            })?;
            // A question is in one shard: it is complete.
            scan.cap_questions(&names);
            progress(Doing::Balancing { done: u64::from(shard) + 1, total: shards.journals.len() as u64 });
        }
        scan.tell(inputs);
        Ok(scan)
    }

    fn line(&mut self, name: &str, source: u16, shard: u16, at: u64, line: LineInShort) -> Result<(), DataError> {
        let records = self.records.entry(name.to_owned()).or_default();
        let counts = self.counts.entry(name.to_owned()).or_default();
        match line.outcome {
            OutcomeInShort::Quarantined(bad) => {
                if bad.is_trajectory {
                    records.keep();
                    counts.trajectories.quarantine(&reason_of(&bad.what));
                } else {
                    records.quarantine(&reason_of(&bad.what));
                }
                self.quarantined.push((line.source, line.record, shard, at));
            }
            OutcomeInShort::Worked(worked) => {
                records.keep();
                counts.add(&worked.counts);
                if let Some(overlap) = &worked.overlap {
                    *self.told.contamination.found.entry(name.to_owned()).or_default() += 1;
                    self.overlaps.insert((line.source, line.record), overlap.clone());
                    if self.overlaps.len() > EXAMPLES {
                        self.overlaps.pop_last();
                    }
                }
                self.told.contamination.checked += 1;
                self.keys(name, source, shard, at, &worked)?;
            }
        }
        Ok(())
    }

    /// The pairs of a trajectory.
    fn keys(
        &mut self,
        name: &str,
        source: u16,
        shard: u16,
        line: u64,
        worked: &WorkedInShort,
    ) -> Result<(), DataError> {
        let bins = self.config.balance.bins;
        let question = number_of(&worked.question);
        for (s, step) in worked.body.iter().flat_map(|body| &body.steps).enumerate() {
            for (p, (better, worse)) in step.pairs.iter().enumerate() {
                let side = |at: &u16| step.candidates.get(usize::from(*at));
                let (Some(better_side), Some(worse_side)) = (side(better), side(worse)) else { return Err(gone()) };
                let bin = bin(better_side.score - worse_side.score, bins);
                let id = pair_id(name, &worked.id, step.at, *better, *worse);
                self.questions.entry(question).or_default().push(Key {
                    order: Fingerprint::of([b"order".as_slice(), &self.config.seed.to_le_bytes(), id.as_bytes()])
                        .first_bits(),
                    question,
                    line,
                    shard,
                    source,
                    step: u16::try_from(s).unwrap_or(u16::MAX),
                    pair: u16::try_from(p).unwrap_or(u16::MAX),
                    error: error_number(&worse_side.error_type),
                    complexity: u16::try_from(step.complexity).unwrap_or(u16::MAX),
                    bin,
                    provenance: better_side.provenance.max(worse_side.provenance) as u8,
                    in_words: step.complexity == 0,
                    malformed: worse_side.candidate.malformed.is_some(),
                });
            }
        }
        Ok(())
    }

    /// A question gives no more pairs than it may: models' errors first, what that leaves open is drawn.
    fn cap_questions(&mut self, names: &[&str]) {
        let (bins, most) = (usize::from(self.config.balance.bins), self.config.pairs.per_question);
        for mut keys in std::mem::take(&mut self.questions).into_values() {
            keys.sort_unstable_by_key(|key| (key.provenance, key.order));
            for (i, key) in keys.into_iter().enumerate() {
                let name = names.get(usize::from(key.source)).copied().unwrap_or_default();
                if i >= most {
                    let pairs = &mut self.counts.entry(name.to_owned()).or_default().pairs;
                    pairs.kept -= 1;
                    *pairs.filtered.entry("beyond pairs.per_question".to_owned()).or_default() += 1;
                    continue;
                }
                let available = self.told.available.entry(name.to_owned()).or_insert_with(|| vec![0; bins]);
                if let Some(n) = available.get_mut(usize::from(key.bin)) {
                    *n += 1;
                }
                self.groups.add(key);
            }
        }
    }

    /// Sums up.
    fn tell(&mut self, inputs: &Inputs) {
        let mut all = Counts::default();
        let mut all_records = Stage::new("records");
        for (name, counts) in &self.counts {
            let mut records = Stage::new("records");
            if let Some(of) = self.records.get(name) {
                records.add(of);
            }
            all_records.add(&records);
            all.add(counts);
            self.told.repairs.insert(name.clone(), counts.repairs.clone());
            let stages = std::iter::once(records).chain(counts.stages()).collect();
            self.told.sources.insert(name.clone(), stages);
        }
        self.told.repairs.retain(|_, repairs| !repairs.is_empty());
        self.told.stages = std::iter::once(all_records).chain(all.stages()).collect();
        self.told.candidates = all.labelled;
        self.told.contamination.against.clone_from(&inputs.benchmarks);
        self.told.contamination.examples = self.overlaps.values().cloned().collect();
        if self.told.contamination.against.is_empty() {
            self.told.contamination.checked = 0;
        }
    }
}

fn error_number(name: &str) -> u16 {
    let known = ErrorType::ALL.iter().position(|error| error.name() == name);
    known.and_then(|at| u16::try_from(at).ok()).unwrap_or(u16::MAX)
}

/// The id of a pair.
pub(super) fn pair_id(source: &str, trajectory: &str, at: usize, better: u16, worse: u16) -> String {
    format!("{source}/{trajectory}@{at}:{better}>{worse}")
}
