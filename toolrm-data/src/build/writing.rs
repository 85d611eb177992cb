//! The pairs that were taken, made of what is in the journals, and written in every format.

use std::{
    collections::HashSet,
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        mpsc::{Receiver, sync_channel},
    },
};

use rayon::prelude::*;
use toolrm_core::{
    call::{Action, Candidate},
    task::Task,
    toolset::Dialect,
};

use super::{
    BuildError, Doing, Progress,
    balance::Key,
    config::BuildConfig,
    inputs::Inputs,
    manifest::{FileInfo, Spread},
    merge::{CHUNK, Shards, gone, worked_at},
    scan::pair_id,
    selection::share,
    spread::{Counting, Lengths},
};
use crate::{
    draw::Draw,
    error::{DataError, Place},
    export::{Export, ExportError, Split},
    journal::JournalReader,
    obfuscate,
    pair::{PreferencePair, Side},
    record::ToolsetCache,
};

/// Compiled toolsets that a thread keeps.
const TOOLSETS: usize = 256;

/// Writes pairs.
pub(super) struct Writing<'c, 'p> {
    config: &'c BuildConfig,
    inputs: &'c Inputs,
    shards: &'c Shards,
    out: &'c Path,
    /// What was written.
    pub(super) files: Vec<FileInfo>,
    done: u64,
    total: u64,
    progress: &'c Progress<'p>,
    idle: Mutex<Vec<Making<'c>>>,
}

impl<'c, 'p> Writing<'c, 'p> {
    /// To write this many pairs in all.
    pub(super) fn new(
        config: &'c BuildConfig,
        inputs: &'c Inputs,
        shards: &'c Shards,
        out: &'c Path,
        total: usize,
        progress: &'c Progress<'p>,
    ) -> Self {
        let (files, idle) = (Vec::new(), Mutex::default());
        Self { config, inputs, shards, out, files, done: 0, total: total as u64, progress, idle }
    }

    /// One side of the split, in all formats.
    pub(super) fn write(&mut self, split: Split, keys: &[Key]) -> Result<Spread, BuildError> {
        let config = self.config;
        let swapped = share(keys, config.output.swapped, config.seed, "swapped");
        // What is measured on is left as it is.
        let obfuscated = match split {
            Split::Train => share(keys, config.output.obfuscated, config.seed, "obfuscated"),
            Split::Validation => HashSet::new(),
        };
        let (formats, out) = (config.formats()?, self.out);
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
                        for (pair, lengths) in &pairs {
                            counting.add(pair, *lengths);
                        }
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
