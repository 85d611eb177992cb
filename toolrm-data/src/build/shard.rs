//! The first half of a build: every record of every source, done by itself. It may be shared out over any number of shards: a trajectory
//! belongs to the shard of its question, so that whatever depends on other trajectories of the same question depends on no shard.

use std::{
    collections::{BTreeMap, HashSet},
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    time::Instant,
};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use toolrm_core::{
    call::{Message, Role},
    canonical::Fingerprint,
    task::Task,
};

use super::{
    BuildError, Doing, Progress, Timing,
    candidates::{Dialogue, Labeller},
    config::{BuildConfig, OnOverlap},
    inputs::{Inputs, OpenSource},
    manifest::Overlap,
    normalise::{Normaliser, Tools},
    pool::{Bad, Body, Line, Outcome, Worked, WorkedStep},
    served::Asked,
    step::{Step, steps},
};
use crate::{
    draw::Draw,
    error::{DataError, Fault, Place},
    input::read_document,
    journal::Journal,
    overlap,
    replace::Replace,
    source::{Quarantined, Record, Trajectory},
};

/// One of the parts that a build is shared out in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(clippy::exhaustive_structs, reason = "which one of how many")]
pub struct Shard {
    /// Its number, from 0.
    pub index: u16,
    /// How many there are.
    pub of: u16,
}

impl Shard {
    /// The only one.
    pub const WHOLE: Self = Self { index: 0, of: 1 };

    /// Whether a key belongs to it.
    fn holds(self, key: u64) -> bool {
        key % u64::from(self.of.max(1)) == u64::from(self.index)
    }
}

impl std::str::FromStr for Shard {
    type Err = String;

    /// `2/8`: the third of eight.
    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text.split_once('/').and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
        match parsed {
            Some((index, of)) if index < of => Ok(Self { index, of }),
            _ => Err(format!("\"{text}\" is no shard: write I/N, from 0/N to N-1/N")),
        }
    }
}

impl std::fmt::Display for Shard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.index, self.of)
    }
}

/// What a finished shard says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ShardInfo {
    /// Of the configuration and everything that was read.
    pub(super) fingerprint: String,
    pub(super) shard: Shard,
    pub(super) records: u64,
}

const INFO: &str = "shard.json";
const JOURNAL: &str = "shard.jsonl";
/// Records that are worked on together.
const BATCH: usize = 128;

impl ShardInfo {
    /// Of a folder with a finished shard; `None` where there is none yet.
    pub(super) fn read(folder: &Path) -> Result<Option<Self>, DataError> {
        let path = folder.join(INFO);
        if !path.exists() {
            return Ok(None);
        }
        let (place, json) = read_document(&path)?;
        let read = serde_json::from_value(json);
        read.map(Some)
            .map_err(|e| place.error(Fault::new(format!("no shard: {e}"), "build the shard again (--restart)")))
    }
}

/// The journal of a shard's folder.
pub(super) fn journal_of(folder: &Path) -> PathBuf {
    folder.join(JOURNAL)
}

/// The key of a shard's journal.
pub(super) fn journal_key(fingerprint: &str, shard: Shard) -> Fingerprint {
    Fingerprint::of(["shard", fingerprint, &shard.to_string()])
}

/// Does one shard into a folder, or what is left of it to do; says how long what took, `None` where nothing was left.
pub(super) fn work(
    config: &BuildConfig,
    inputs: &Inputs,
    shard: Shard,
    folder: &Path,
    restart: bool,
    progress: &Progress<'_>,
) -> Result<Option<Timing>, BuildError> {
    let fingerprint = inputs.fingerprint.to_string();
    let info = ShardInfo::read(folder)?;
    if !restart && info.as_ref().is_some_and(|info| info.fingerprint == fingerprint && info.shard == shard) {
        return Ok(None);
    }
    if info.is_some() {
        let path = folder.join(INFO);
        fs::remove_file(&path).map_err(|e| Place::file(&path).io("cannot delete", &e, "delete it by hand"))?;
    }
    let (path, key) = (journal_of(folder), journal_key(&fingerprint, shard));
    let mut state = State::default();
    let journal = if restart {
        Journal::restart(&path, &key)?
    } else {
        Journal::open_each(&path, &key, |line| {
            state.recover(&line);
            Ok(())
        })?
    };
    let mut run = Run::new(config, inputs, shard, state, journal);
    for (number, source) in inputs.sources.iter().enumerate() {
        run.source(number, source, progress)?;
    }
    run.journal.sync()?;
    let info = ShardInfo { fingerprint, shard, records: run.state.lines };
    let json = serde_json::to_vec_pretty(&info).map_err(|e| BuildError::internal(&e))?;
    Replace::write(&folder.join(INFO), &json)?;
    Ok(Some(run.timing))
}

/// What depends on the records before.
#[derive(Debug, Default)]
struct State {
    /// The last record that is in the journal, by source.
    last: Option<(u16, u64)>,
    lines: u64,
    /// Steps that were met.
    seen: HashSet<u64>,
}

impl State {
    fn recover(&mut self, line: &Line) {
        self.last = Some((line.source, line.record));
        self.lines += 1;
        if let Outcome::Worked(worked) = &line.outcome {
            self.seen.extend(&worked.seen);
        }
    }
}

/// The number that a key of a question is written as.
pub(super) fn number_of(key: &str) -> u64 {
    u64::from_str_radix(key, 16).unwrap_or_else(|_| Fingerprint::of([key]).first_bits())
}

/// What is done with a record by itself.
struct Preparing<'c> {
    config: &'c BuildConfig,
    inputs: &'c Inputs,
    shard: Shard,
    normaliser: Normaliser,
    draw: Draw,
}

struct Run<'c> {
    preparing: Preparing<'c>,
    state: State,
    journal: Journal<Line>,
    labeller: Labeller<'c>,
    draw: Draw,
    timing: Timing,
}

/// A record that was looked at by itself.
enum Prepared {
    Bad(Bad),
    Ready(Box<Ready>),
}

struct Ready {
    trajectory: Trajectory,
    tools: Arc<Tools>,
    steps: Vec<Step>,
    worked: Worked,
}

impl<'c> Preparing<'c> {
    fn new(config: &'c BuildConfig, inputs: &'c Inputs, shard: Shard) -> Self {
        Self { config, inputs, shard, normaliser: Normaliser::default(), draw: Draw::new(config.seed).of("build") }
    }

    /// Everything that a record needs no other for; `None` where it is another shard's.
    fn prepare(&self, source: &OpenSource, record: u64, given: Record) -> Option<Prepared> {
        let mut trajectory = match given {
            Record::Trajectory(trajectory) => *trajectory,
            Record::Quarantined(bad) => {
                let owner = Fingerprint::of([source.name.as_bytes(), &record.to_le_bytes()]).first_bits();
                return self.shard.holds(owner).then(|| Prepared::Bad(Bad::of_record(bad)));
            }
        };
        let text = question_text(&trajectory.messages);
        let question = overlap::question_key(&text);
        if !self.shard.holds(number_of(&question)) {
            return None;
        }
        let mut worked = Worked { id: trajectory.id.clone(), question, ..Worked::default() };
        let mut repairs = BTreeMap::new();
        let tools = match self.normaliser.normalise(&mut trajectory, &mut repairs) {
            Ok(tools) => tools,
            Err(fault) => return Some(Prepared::Bad(Bad::of_trajectory(&trajectory, fault))),
        };
        worked.counts.repairs = repairs;
        worked.overlap = self.overlap(source, &trajectory, &text);
        if worked.overlap.is_some() && self.config.contamination.on_overlap == OnOverlap::Drop {
            worked.counts.trajectories.filter("too near to a benchmark's question", 1);
            return Some(Prepared::Ready(Box::new(Ready { trajectory, tools, steps: Vec::new(), worked })));
        }
        let draw = self.draw.of(format!("{}/{}", source.name, trajectory.id));
        let mut good = Vec::new();
        for step in steps(&trajectory, &tools, &self.config.gold, &self.inputs.failures, &draw) {
            match step {
                Ok(step) => good.push(step),
                Err(why) => worked.counts.steps.filter(why, 1),
            }
        }
        Some(Prepared::Ready(Box::new(Ready { trajectory, tools, steps: good, worked })))
    }

    fn overlap(&self, source: &OpenSource, trajectory: &Trajectory, text: &str) -> Option<Overlap> {
        let hit = self.inputs.index.nearest(text)?;
        Some(Overlap {
            trajectory: format!("{}/{}", source.name, trajectory.id),
            question: beginning(text),
            benchmark_question: self.inputs.questions.get(hit.id).map(|text| beginning(text)).unwrap_or_default(),
            benchmark_id: hit.id.to_owned(),
            containment: hit.containment,
            jaccard: hit.jaccard,
        })
    }
}

impl<'c> Run<'c> {
    fn new(config: &'c BuildConfig, inputs: &'c Inputs, shard: Shard, state: State, journal: Journal<Line>) -> Self {
        Self {
            preparing: Preparing::new(config, inputs, shard),
            state,
            journal,
            labeller: Labeller::new(config, &inputs.served),
            draw: Draw::new(config.seed).of("build"),
            timing: Timing::default(),
        }
    }

    /// All records of a source: one thread reads, the others work, this one writes.
    fn source(&mut self, number: usize, source: &OpenSource, progress: &Progress<'_>) -> Result<(), BuildError> {
        let number = u16::try_from(number).unwrap_or(u16::MAX);
        if self.state.last.is_some_and(|(last, _)| last > number) {
            return Ok(());
        }
        std::thread::scope(|scope| {
            let (send, receive) = sync_channel(4);
            scope.spawn(move || read(source, &send));
            self.batches(number, source, &receive, progress)
        })
    }

    fn batches(
        &mut self,
        number: u16,
        source: &OpenSource,
        receive: &Receiver<Vec<(u64, Record)>>,
        progress: &Progress<'_>,
    ) -> Result<(), BuildError> {
        let (mut done, mut waited) = (0, Instant::now());
        for batch in receive {
            self.timing.reading += waited.elapsed().as_secs_f64();
            done += batch.len() as u64;
            self.batch(number, source, batch)?;
            progress(Doing::Reading { source: &source.name, records: done });
            waited = Instant::now();
        }
        Ok(())
    }

    fn batch(&mut self, number: u16, source: &OpenSource, batch: Vec<(u64, Record)>) -> Result<(), BuildError> {
        let started = Instant::now();
        let is_done = |record: u64| self.state.last.is_some_and(|last| (number, record) <= last);
        let mut prepared: Vec<(u64, Prepared)> = batch
            .into_par_iter()
            .filter(|(record, _)| !is_done(*record))
            .filter_map(|(record, given)| Some((record, self.preparing.prepare(source, record, given)?)))
            .collect();
        self.timing.preparing += started.elapsed().as_secs_f64();
        for (_, prepared) in &mut prepared {
            if let Prepared::Ready(ready) = prepared {
                self.leave_out_seen(ready);
            }
        }
        let started = Instant::now();
        let lines: Vec<Line> = prepared
            .into_par_iter()
            .map(|(record, prepared)| {
                let outcome = match prepared {
                    Prepared::Bad(bad) => Outcome::Quarantined(bad),
                    Prepared::Ready(ready) => Outcome::Worked(Box::new(self.label(source, *ready))),
                };
                Line { source: number, record, outcome }
            })
            .collect();
        self.timing.labelling += started.elapsed().as_secs_f64();
        let started = Instant::now();
        for line in &lines {
            if let Outcome::Worked(worked) = &line.outcome {
                self.timing.pairs += worked.counts.pairs.kept;
            }
            self.journal.append(line)?;
            self.state.lines += 1;
        }
        self.timing.writing += started.elapsed().as_secs_f64();
        Ok(())
    }

    /// Of steps that are the same the first one stays.
    fn leave_out_seen(&mut self, ready: &mut Ready) {
        let before = ready.steps.len();
        ready.steps.retain(|step| self.state.seen.insert(step.fingerprint));
        ready.worked.seen = ready.steps.iter().map(|step| step.fingerprint).collect();
        ready.worked.counts.steps.filter("the same as an earlier step", (before - ready.steps.len()) as u64);
    }

    /// Gathers, scores and pairs the answers to the steps of a trajectory.
    fn label(&self, source: &OpenSource, ready: Ready) -> Worked {
        let Ready { mut trajectory, tools, steps, mut worked } = ready;
        let counts = &mut worked.counts;
        let mut done: Vec<WorkedStep> = Vec::new();
        let conversation = if steps.is_empty() { None } else { self.labeller.conversation(&trajectory, &tools) };
        let dialogue = Dialogue::new(&trajectory, &tools, conversation.as_ref());
        for step in &steps {
            counts.steps.keep();
            let key = step_key(source, &trajectory, step);
            let draw = self.draw.of(&key);
            done.extend(self.labeller.work(&dialogue, step, &key, &draw, counts));
        }
        if counts.trajectories.taken == 0 {
            if steps.is_empty() {
                counts.trajectories.filter("no step that can be built on", 1);
            } else {
                counts.trajectories.keep();
            }
        }
        if let Some(last) = done.last() {
            trajectory.messages.truncate(last.at);
            worked.body = Some(Body { tools: tools.json.clone(), messages: trajectory.messages, steps: done });
        }
        worked
    }
}

/// Reads a source and hands on its records in batches, each with its number. A file that cannot be read to its end is a bad record.
fn read(source: &OpenSource, send: &SyncSender<Vec<(u64, Record)>>) {
    let (mut batch, mut record, mut trajectories) = (Vec::with_capacity(BATCH), 0_u64, 0_u64);
    // The other end is gone only when the work failed, and then nothing more is wanted.
    let mut stopped = false;
    let enough = || Place::new("").error(Fault::new("enough", ""));
    let result = source.adapter.read(&source.tree, &mut |given| {
        trajectories += u64::from(matches!(given, Record::Trajectory(_)));
        if stopped || source.limit.is_some_and(|limit| trajectories > limit) {
            stopped = true;
            return Err(enough());
        }
        batch.push((record, given));
        record += 1;
        if batch.len() == BATCH {
            stopped = send.send(std::mem::take(&mut batch)).is_err();
        }
        Ok(())
    });
    if let (Err(error), false) = (result, stopped) {
        let bad = Quarantined { place: error.place().clone(), fault: error.fault().clone(), excerpt: "".into() };
        batch.push((record, Record::Quarantined(bad)));
    }
    // As above.
    let _ = send.send(batch);
}

impl Bad {
    fn of_record(bad: Quarantined) -> Self {
        Self {
            place: bad.place.to_string(),
            pointer: bad.fault.pointer,
            what: bad.fault.what,
            fix: bad.fault.fix,
            excerpt: bad.excerpt.into(),
            is_trajectory: false,
        }
    }

    fn of_trajectory(trajectory: &Trajectory, fault: Fault) -> Self {
        Self {
            place: trajectory.place.to_string(),
            pointer: fault.pointer,
            what: fault.what,
            fix: fault.fix,
            excerpt: trajectory.id.clone(),
            is_trajectory: true,
        }
    }
}

/// What is asked: the first thing that a user says.
pub(super) fn question_text(messages: &[Message]) -> String {
    messages.iter().find(|m| m.role == Role::User).map(|m| m.text().into_owned()).unwrap_or_default()
}

/// How a text begins.
fn beginning(text: &str) -> String {
    text.chars().take(200).collect()
}

/// Hands on the steps that a build would gather answers to, of steps that are the same the first.
pub(super) fn each_step(
    config: &BuildConfig,
    inputs: &Inputs,
    each: &mut dyn FnMut(Asked) -> Result<(), DataError>,
) -> Result<(), BuildError> {
    let preparing = Preparing::new(config, inputs, Shard::WHOLE);
    let mut seen = HashSet::new();
    for source in &inputs.sources {
        std::thread::scope(|scope| {
            let (send, receive) = sync_channel(4);
            scope.spawn(move || read(source, &send));
            for (record, given) in receive.into_iter().flatten() {
                let Some(Prepared::Ready(ready)) = preparing.prepare(source, record, given) else { continue };
                for step in ready.steps.iter().filter(|step| seen.insert(step.fingerprint)) {
                    let key = step_key(source, &ready.trajectory, step);
                    let messages = ready.trajectory.messages.get(..step.at).unwrap_or_default().to_vec();
                    each(Asked::new(key, Task::new(messages, Arc::clone(&ready.tools.set))))?;
                }
            }
            Ok::<_, DataError>(())
        })?;
    }
    Ok(())
}

/// `SOURCE/TRAJECTORY@STEP`.
fn step_key(source: &OpenSource, trajectory: &Trajectory, step: &Step) -> String {
    format!("{}/{}@{}", source.name, trajectory.id, step.at)
}
