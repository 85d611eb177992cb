//! The second half of a build: all pairs of all shards, balanced, split and written.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fs,
    io::Write,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        mpsc::{Receiver, sync_channel},
    },
    time::Instant,
};

use rayon::prelude::*;
use serde_json::json;
use toolrm_core::{
    call::{Action, Candidate},
    canonical::Fingerprint,
    task::Task,
    toolset::Dialect,
};

use super::{
    BuildError, Doing, Progress, Timing,
    balance::{Groups, Key, bin},
    config::BuildConfig,
    inputs::Inputs,
    manifest::{Contamination, FORMAT, FileInfo, Manifest, Overlap, Spread, Stage, VERSION},
    pool::{Bad, Counts, Line, LineInShort, Outcome, OutcomeInShort, Worked, WorkedInShort},
    selection::{share, split},
    shard::{ShardInfo, first_bits, journal_key, journal_of, number_of, question_text},
    spread::{Counting, Lengths},
};
use crate::{
    digest,
    draw::Draw,
    error::{DataError, Fault, Place},
    export::{Export, ExportError, Format, Split},
    journal::JournalReader,
    obfuscate,
    observed::ErrorType,
    pair::{PreferencePair, Side},
    record::ToolsetCache,
    replace::Replace,
};

/// Overlaps with benchmarks that are told of.
const EXAMPLES: usize = 20;
/// Pairs that are made and written together.
const CHUNK: usize = 256;
/// Compiled toolsets that a thread keeps.
const TOOLSETS: usize = 256;
const QUARANTINE: &str = "quarantine.jsonl";

/// Puts the finished shards in these folders together.
pub(super) fn merge(
    config: &BuildConfig,
    inputs: &Inputs,
    folders: &[PathBuf],
    out: &Path,
    timing: &mut Timing,
    progress: &Progress<'_>,
) -> Result<Manifest, BuildError> {
    let shards = Shards::open(folders, &inputs.fingerprint.to_string())?;
    clear(out)?;
    let started = Instant::now();
    let scan = Scan::of(config, inputs, &shards, progress)?;
    let Scan { groups, mut told, quarantined, .. } = scan;
    let taken = groups.take();
    timing.balancing = started.elapsed().as_secs_f64();
    timing.balanced = taken.added;
    let mut balance = Stage { kept: taken.keys.len() as u64, taken: taken.keys.len() as u64, ..Stage::new("balance") };
    balance.filter("malformed, beyond balance.malformed_share", taken.too_malformed);
    balance.filter("beyond balance.target", taken.added - taken.too_malformed - balance.kept);
    let started = Instant::now();
    let texts = shards.questions(&taken.keys)?;
    let sides = split(taken.keys, &texts, &config.split, config.seed);
    timing.splitting = started.elapsed().as_secs_f64();

    let started = Instant::now();
    let mut writing = Writing {
        config,
        inputs,
        shards: &shards,
        out,
        files: Vec::new(),
        done: 0,
        total: 0,
        progress,
        idle: Mutex::default(),
    };
    writing.total = (sides.train.len() + sides.validation.len()) as u64;
    let train = writing.write(Split::Train, &sides.train)?;
    let validation = writing.write(Split::Validation, &sides.validation)?;
    let mut files = writing.files;
    files.push(write_quarantine(inputs, &shards, quarantined, out)?);
    timing.exporting = started.elapsed().as_secs_f64();

    let kept = train.pairs + validation.pairs;
    told.stages.push(balance);
    told.stages.push(Stage { taken: kept, kept, ..Stage::new("split") });
    let mut manifest = Manifest {
        format: FORMAT.into(),
        version: VERSION,
        builder: env!("CARGO_PKG_VERSION").into(),
        config: serde_json::to_value(config).map_err(|e| BuildError::internal(&e))?,
        fingerprint: inputs.fingerprint.to_string(),
        inputs: inputs.infos.clone(),
        stages: told.stages,
        sources: told.sources,
        repairs: told.repairs,
        candidates: told.candidates,
        available: told.available,
        train,
        validation,
        contamination: told.contamination,
        near_duplicates: sides.near_duplicates,
        files,
    };
    manifest.files.extend(write_card(&manifest, out)?);
    manifest.files.sort_by(|a, b| a.name.cmp(&b.name));
    let json = serde_json::to_vec_pretty(&manifest).map_err(|e| BuildError::internal(&e))?;
    Replace::write(&out.join(Manifest::FILE), &json)?;
    Ok(manifest)
}

/// Makes the folder, and takes away an older manifest: from here on it is no build until the new one is there.
fn clear(out: &Path) -> Result<(), DataError> {
    let failed = |e: std::io::Error| Place::file(out).io("cannot write into the folder", &e, "choose another folder");
    fs::create_dir_all(out).map_err(failed)?;
    match fs::remove_file(out.join(Manifest::FILE)) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(failed(e)),
        _ => Ok(()),
    }
}

/// Finished shards in their order.
struct Shards {
    journals: Vec<(PathBuf, Fingerprint)>,
}

impl Shards {
    fn open(folders: &[PathBuf], fingerprint: &str) -> Result<Self, DataError> {
        let mut found: BTreeMap<u16, (PathBuf, ShardInfo)> = BTreeMap::new();
        for folder in folders {
            let place = Place::file(folder);
            let unfinished = || {
                let fix = "build the shard to its end first: toolrm data build --shard";
                place.error(Fault::new("no finished shard", fix))
            };
            let info = ShardInfo::read(folder)?.ok_or_else(unfinished)?;
            if info.fingerprint != fingerprint {
                let what = "a shard of another configuration or other data";
                return Err(place.error(Fault::new(what, "build it again with this configuration, or leave it out")));
            }
            if let Some((other, _)) = found.get(&info.shard.index) {
                let what = format!("shard {} is in {} as well", info.shard, other.display());
                return Err(place.error(Fault::new(what, "give each shard once")));
            }
            found.insert(info.shard.index, (folder.clone(), info));
        }
        let of = found.values().next().map_or(0, |(_, info)| info.shard.of);
        let place = Place::new("the shards");
        if let Some((folder, info)) = found.values().find(|(_, info)| info.shard.of != of) {
            let what = format!("shard {} is not one of {of}", info.shard);
            return Err(Place::file(folder).error(Fault::new(what, "give the shards of one build")));
        }
        if let Some(missing) = (0..of).find(|index| !found.contains_key(index)) {
            let what = format!("shard {missing}/{of} is missing");
            return Err(place.error(Fault::new(what, "give the folders of all shards")));
        }
        if found.is_empty() {
            return Err(place.error(Fault::new("no shards", "give the folders of all shards")));
        }
        let journal =
            |(folder, info): (PathBuf, ShardInfo)| (journal_of(&folder), journal_key(&info.fingerprint, info.shard));
        Ok(Self { journals: found.into_values().map(journal).collect() })
    }

    fn readers(&self) -> Result<Vec<JournalReader>, DataError> {
        self.journals.iter().map(|(path, _)| JournalReader::open(path)).collect()
    }

    /// The texts of the questions of these pairs, by key. Of texts that differ in what the key does not look at, the smallest.
    fn questions(&self, keys: &[Key]) -> Result<BTreeMap<u64, String>, DataError> {
        let mut lines: Vec<(u16, u64, u64)> = keys.iter().map(|key| (key.shard, key.line, key.question)).collect();
        lines.sort_unstable();
        lines.dedup();
        let read: Result<Vec<(u64, String)>, DataError> = lines
            .par_chunks(CHUNK)
            .flat_map_iter(|lines| {
                let mut readers = self.readers();
                lines.iter().map(move |(shard, line, question)| {
                    let readers = readers.as_mut().map_err(|e| e.clone())?;
                    let worked = worked_at(readers, *shard, *line)?;
                    Ok((*question, worked.body.map(|body| question_text(&body.messages)).unwrap_or_default()))
                })
            })
            .collect();
        let mut texts: BTreeMap<u64, String> = BTreeMap::new();
        for (question, text) in read? {
            match texts.get(&question) {
                Some(known) if *known <= text => {}
                _ => drop(texts.insert(question, text)),
            }
        }
        Ok(texts)
    }
}

fn worked_at(readers: &mut [JournalReader], shard: u16, line: u64) -> Result<Worked, DataError> {
    let gone = || Place::new("the shards").error(Fault::new("a pair that is not there any more", "merge again"));
    let reader = readers.get_mut(usize::from(shard)).ok_or_else(gone)?;
    match reader.at::<Line>(line)?.outcome {
        Outcome::Worked(worked) => Ok(*worked),
        Outcome::Quarantined(_) => Err(gone()),
    }
}

/// What is told of a build before it is balanced.
#[derive(Default)]
struct Told {
    stages: Vec<Stage>,
    sources: BTreeMap<String, Vec<Stage>>,
    repairs: BTreeMap<String, BTreeMap<String, u64>>,
    candidates: BTreeMap<String, BTreeMap<String, u64>>,
    available: BTreeMap<String, Vec<u64>>,
    contamination: Contamination,
}

/// Where a quarantined record is: source, record, shard, line.
type BadAt = (u16, u64, u16, u64);

/// All lines of all shards, looked at once.
struct Scan<'c> {
    config: &'c BuildConfig,
    groups: Groups<'c>,
    /// By the name of the source.
    records: BTreeMap<String, Stage>,
    counts: BTreeMap<String, Counts>,
    overlaps: BTreeMap<(u16, u64), Overlap>,
    quarantined: Vec<BadAt>,
    /// The pairs of the shard's questions.
    questions: HashMap<u64, Vec<Key>>,
    told: Told,
}

impl<'c> Scan<'c> {
    fn of(
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
                scan.line(name, source, shard, at, line);
                Ok(())
            })?;
            // A question is in one shard: it is complete.
            scan.cap_questions(&names);
            progress(Doing::Balancing { done: u64::from(shard) + 1, total: shards.journals.len() as u64 });
        }
        scan.tell(inputs);
        Ok(scan)
    }

    fn line(&mut self, name: &str, source: u16, shard: u16, at: u64, line: LineInShort) {
        let records = self.records.entry(name.to_owned()).or_default();
        let counts = self.counts.entry(name.to_owned()).or_default();
        match line.outcome {
            OutcomeInShort::Quarantined(bad) => {
                if bad.is_trajectory {
                    records.keep();
                    counts.trajectories.quarantine(&reason(&bad.what));
                } else {
                    records.quarantine(&reason(&bad.what));
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
                self.keys(name, source, shard, at, &worked);
            }
        }
    }

    /// The pairs of a trajectory.
    fn keys(&mut self, name: &str, source: u16, shard: u16, line: u64, worked: &WorkedInShort) {
        let bins = self.config.balance.bins;
        let question = number_of(&worked.question);
        for (s, step) in worked.body.iter().flat_map(|body| &body.steps).enumerate() {
            for (p, (better, worse)) in step.pairs.iter().enumerate() {
                let side = |at: &u16| step.candidates.get(usize::from(*at));
                let (Some(better_side), Some(worse_side)) = (side(better), side(worse)) else { continue };
                let bin = bin(better_side.score - worse_side.score, bins);
                let id = pair_id(name, &worked.id, step.at, *better, *worse);
                self.questions.entry(question).or_default().push(Key {
                    order: first_bits(&Fingerprint::of([
                        b"order".as_slice(),
                        &self.config.seed.to_le_bytes(),
                        id.as_bytes(),
                    ])),
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

/// The reason of a fault without what is only of this record: names, numbers, what a parser said.
fn reason(what: &str) -> String {
    const LONGEST: usize = 100;
    const SHORTEST: usize = 16;
    let mut reason = String::new();
    for (i, part) in what.split('"').enumerate() {
        // Every other part stands in quotes.
        reason.push_str(if i % 2 == 0 { part } else { "\"..\"" });
    }
    let said = reason.split(" (").next().unwrap_or(&reason);
    // Behind a colon is what a parser or the record said; before the first one may be no more than where.
    let said = match said.split_once(": ") {
        Some((before, _)) if before.len() > SHORTEST => before,
        _ => said,
    };
    let mut plain = String::new();
    for c in said.trim().chars().take(LONGEST) {
        match c {
            '0'..='9' if plain.ends_with('N') => {}
            '0'..='9' => plain.push('N'),
            other => plain.push(other),
        }
    }
    plain
}

fn error_number(name: &str) -> u16 {
    let known = ErrorType::ALL.iter().position(|error| error.name() == name);
    known.and_then(|at| u16::try_from(at).ok()).unwrap_or(u16::MAX)
}

fn pair_id(source: &str, trajectory: &str, at: usize, better: u16, worse: u16) -> String {
    format!("{source}/{trajectory}@{at}:{better}>{worse}")
}

/// Writes pairs.
struct Writing<'c, 'p> {
    config: &'c BuildConfig,
    inputs: &'c Inputs,
    shards: &'c Shards,
    out: &'c Path,
    files: Vec<FileInfo>,
    done: u64,
    total: u64,
    progress: &'c Progress<'p>,
    idle: Mutex<Vec<Making<'c>>>,
}

impl<'c> Writing<'c, '_> {
    /// One side of the split, in all formats.
    fn write(&mut self, split: Split, keys: &[Key]) -> Result<Spread, BuildError> {
        let config = self.config;
        let swapped = share(keys, config.output.swapped, config.seed, "swapped");
        // What is measured on is left as it is.
        let obfuscated = match split {
            Split::Train => share(keys, config.output.obfuscated, config.seed, "obfuscated"),
            _ => HashSet::new(),
        };
        let (formats, out) = (self.formats()?, self.out);
        let mut counting = Counting::new(config.balance.bins);
        std::thread::scope(|scope| {
            // Each file on a thread of its own, which gets the pairs in their order.
            let exports = formats.into_iter().flat_map(|f| Export::new(f, split, config.name.clone()).by_file());
            let (senders, writers): (Vec<_>, Vec<_>) = exports
                .map(|export| {
                    let (send, receive) = sync_channel::<Arc<Vec<PreferencePair>>>(2);
                    (send, scope.spawn(move || export_all(&export, out, &receive)))
                })
                .unzip();
            let mut made = Ok(());
            for chunk in keys.chunks(CHUNK) {
                match self.made(chunk, &swapped, &obfuscated) {
                    Ok(pairs) => {
                        pairs.iter().for_each(|(pair, lengths)| counting.add(pair, *lengths));
                        let pairs = Arc::new(pairs.into_iter().map(|(pair, _)| pair).collect::<Vec<_>>());
                        // A writer that failed does not listen any more; its own error is the one to tell.
                        if senders.iter().any(|sender| sender.send(Arc::clone(&pairs)).is_err()) {
                            break;
                        }
                    }
                    Err(error) => {
                        made = Err(error);
                        break;
                    }
                }
                self.done += chunk.len() as u64;
                (self.progress)(Doing::Writing { done: self.done, total: self.total });
            }
            drop(senders);
            for writer in writers {
                let files = writer.join().map_err(|_| BuildError::internal(&"a writer panicked"))??;
                self.files.extend(files);
            }
            made
        })?;
        Ok(counting.finish())
    }

    /// Pairs, in the order of their keys.
    fn made(
        &self,
        keys: &[Key],
        swapped: &HashSet<u64>,
        obfuscated: &HashSet<u64>,
    ) -> Result<Vec<(PreferencePair, Lengths)>, BuildError> {
        let made: Result<Vec<Vec<_>>, BuildError> = keys
            .par_chunks(CHUNK / 16)
            .map(|keys| {
                let mut making = match self.idle().pop() {
                    Some(making) => making,
                    None => Making::new(self)?,
                };
                let made = keys.iter().map(|key| {
                    let pair = making.pair(key, swapped.contains(&key.order), obfuscated.contains(&key.order))?;
                    let lengths = Lengths::of(&pair);
                    Ok((pair, lengths))
                });
                let made = made.collect::<Result<Vec<_>, BuildError>>();
                self.idle().push(making);
                made
            })
            .collect();
        Ok(made?.into_iter().flatten().collect())
    }

    /// What makes pairs and has nothing to do.
    fn idle(&self) -> MutexGuard<'_, Vec<Making<'c>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn formats(&self) -> Result<Vec<Format>, BuildError> {
        let mut formats = vec![Format::Jsonl];
        for name in &self.config.output.formats {
            let format: Format = name.parse()?;
            if !formats.contains(&format) {
                formats.push(format);
            }
        }
        Ok(formats)
    }
}

/// Writes the pairs that come in one format.
fn export_all(
    export: &Export,
    out: &Path,
    receive: &Receiver<Arc<Vec<PreferencePair>>>,
) -> Result<Vec<FileInfo>, ExportError> {
    let mut exporter = export.create(out)?;
    for pairs in receive {
        pairs.iter().try_for_each(|pair| exporter.push(pair))?;
    }
    exporter.finish()
}

/// Makes pairs of what is in the journals.
struct Making<'c> {
    readers: Vec<JournalReader>,
    toolsets: ToolsetCache,
    names: Vec<&'c str>,
    draw: Draw,
}

impl<'c> Making<'c> {
    fn new(writing: &Writing<'c, '_>) -> Result<Self, DataError> {
        Ok(Self {
            readers: writing.shards.readers()?,
            toolsets: ToolsetCache::with_capacity(TOOLSETS),
            names: writing.inputs.sources.iter().map(|source| source.name.as_str()).collect(),
            draw: Draw::new(writing.config.seed).of("obfuscated"),
        })
    }

    fn pair(&mut self, key: &Key, swapped: bool, obfuscated: bool) -> Result<PreferencePair, DataError> {
        let worked = worked_at(&mut self.readers, key.shard, key.line)?;
        let place = Place::new(format!("the shards: {}", worked.id));
        let gone = || place.error(Fault::new("a pair that is not there any more", "merge again"));
        let mut body = worked.body.ok_or_else(gone)?;
        if body.steps.len() <= usize::from(key.step) {
            return Err(gone());
        }
        let step = body.steps.swap_remove(usize::from(key.step));
        let (better, worse) = *step.pairs.get(usize::from(key.pair)).ok_or_else(gone)?;
        let side =
            |at: u16| -> Result<Side, DataError> { step.candidates.get(usize::from(at)).cloned().ok_or_else(gone) };
        let tools = self.toolsets.read(&body.tools, Dialect::Json).map_err(|fault| place.error(fault))?;
        body.messages.truncate(step.at);
        let references: Vec<Action> = step.references.iter().map(|right: &Candidate| right.action.clone()).collect();
        let source = self.names.get(usize::from(key.source)).copied().unwrap_or_default();
        let pair = PreferencePair {
            id: pair_id(source, &worked.id, step.at, better, worse),
            question_id: worked.question,
            source: source.to_owned(),
            trajectory: worked.id,
            step: step.at,
            task: Task::new(body.messages, tools).with_reference(references),
            chosen: side(better)?,
            rejected: side(worse)?,
            complexity: step.complexity,
            swapped,
            obfuscated: false,
        };
        if !obfuscated {
            return Ok(pair);
        }
        obfuscate::pair(&pair, &self.draw.of(&pair.id), &obfuscate::Options::default())
            .map_err(|fault| place.error(fault))
    }
}

/// The quarantined records, in the order in which they were read.
fn write_quarantine(
    inputs: &Inputs,
    shards: &Shards,
    mut quarantined: Vec<BadAt>,
    out: &Path,
) -> Result<FileInfo, BuildError> {
    quarantined.sort_unstable();
    let mut readers = shards.readers()?;
    let path = out.join(QUARANTINE);
    let mut file = Replace::create(&path)?;
    for (source, record, shard, at) in &quarantined {
        let Some(reader) = readers.get_mut(usize::from(*shard)) else { continue };
        let Outcome::Quarantined(bad) = reader.at::<Line>(*at)?.outcome else { continue };
        let Bad { place, pointer, what, fix, excerpt, is_trajectory } = bad;
        let source = inputs.sources.get(usize::from(*source)).map(|source| source.name.as_str());
        let line = json!({
            "source": source,
            "record": record,
            "stage": if is_trajectory { "trajectories" } else { "records" },
            "place": place,
            "pointer": pointer,
            "what": what,
            "fix": fix,
            "excerpt": excerpt,
        });
        writeln!(file, "{line}").map_err(|e| Place::file(&path).io("cannot write", &e, "free the disk"))?;
    }
    file.finish()?;
    info(&path, quarantined.len() as u64)
}

/// The card as Markdown and as a page.
fn write_card(manifest: &Manifest, out: &Path) -> Result<[FileInfo; 2], BuildError> {
    let (markdown, page) = (out.join("README.md"), out.join("card.html"));
    Replace::write(&markdown, crate::card::markdown(manifest).as_bytes())?;
    Replace::write(&page, crate::card::html(manifest)?.as_bytes())?;
    Ok([info(&markdown, 1)?, info(&page, 1)?])
}

fn info(path: &Path, rows: u64) -> Result<FileInfo, BuildError> {
    let (sha256, bytes) = digest::of_file(path)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(FileInfo { name, rows, bytes, sha256 })
}
