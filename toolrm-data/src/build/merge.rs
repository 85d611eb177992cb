//! The second half of a build: all pairs of all shards, balanced, split and written.

use std::{
    collections::BTreeMap,
    io::Write,
    path::{Path, PathBuf},
    time::Instant,
};

use rayon::prelude::*;
use serde_json::json;
use toolrm_core::canonical::Fingerprint;

use super::{
    BuildError, Progress, Timing,
    balance::Key,
    config::BuildConfig,
    inputs::Inputs,
    manifest::{FORMAT, FileInfo, Manifest, Stage, VERSION},
    pool::{Bad, Line, Outcome, Worked},
    scan::{BadAt, Scan},
    selection::split,
    shard::{ShardInfo, journal_key, journal_of, question_text},
    writing::Writing,
};
use crate::{
    digest,
    error::{DataError, Fault, Place},
    export::Split,
    journal::JournalReader,
    replace::{self, Replace},
};

/// Pairs that are made and written together.
pub(super) const CHUNK: usize = 256;
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
    replace::begin(out, Manifest::FILE)?;
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
    let total = sides.train.len() + sides.validation.len();
    let mut writing = Writing::new(config, inputs, &shards, out, total, progress);
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

/// Finished shards in their order.
pub(super) struct Shards {
    pub(super) journals: Vec<(PathBuf, Fingerprint)>,
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

    pub(super) fn readers(&self) -> Result<Vec<JournalReader>, DataError> {
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

/// What was in a journal when it was scanned is not there any more.
pub(super) fn gone() -> DataError {
    Place::new("the shards").error(Fault::new("changed while they were merged", "merge again"))
}

/// The trajectory in a line.
pub(super) fn worked_at(readers: &mut [JournalReader], shard: u16, line: u64) -> Result<Worked, DataError> {
    let reader = readers.get_mut(usize::from(shard)).ok_or_else(gone)?;
    match reader.at::<Line>(line)?.outcome {
        Outcome::Worked(worked) => Ok(*worked),
        Outcome::Quarantined(_) => Err(gone()),
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
        let reader = readers.get_mut(usize::from(*shard)).ok_or_else(gone)?;
        let Outcome::Quarantined(bad) = reader.at::<Line>(*at)?.outcome else { return Err(gone().into()) };
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
