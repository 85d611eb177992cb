//! From trajectories to preference pairs: the pipeline of ToolPref-Pairwise-30K (arXiv 2510.26167, stages 1 and 2), every rule of it
//! visible and a choice of [`BuildConfig`].
//!
//! 1. **Read** the sources; what cannot be read is quarantined, with its place and why.
//! 2. **Normalise**: tools as JSON Schema, one system message, results behind their calls. Hold the question against benchmarks.
//! 3. **Cut** at every assistant message, and leave out steps that cannot be built on ([`config::GoldRules`], [`failed`]). Of steps that
//!    are the same the first stays.
//! 4. **Gather** answers to each step: the dataset's own, models' recorded ones, served ones ([`served`]), and made-up ones where models
//!    gave too few ([`crate::perturb`]).
//! 5. **Score** them against the right ones; leave out what is neither right nor wrong enough, and contexts that are too easy or too hard.
//! 6. **Pair** them; **balance** the pairs; **split** by question; swap half; write.
//!
//! Steps 1 to 5 look at one question at a time and leave one line in a journal for every record ([`Build::run_shard`] does a [`Shard`] of them); step 6
//! reads the journals ([`Build::merge`]). [`Build::run`] is both on one machine. The same configuration and data give the same bytes, on any number of
//! threads, in any number of shards, killed and resumed or not.

mod balance;
mod candidates;
pub mod config;
pub mod failed;
mod inputs;
pub mod manifest;
mod merge;
mod normalise;
mod pool;
mod scan;
mod selection;
pub mod served;
mod shard;
mod spread;
mod step;
pub mod verify;
mod writing;

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{
    error::{DataError, Fault, Place},
    export::ExportError,
    replace::Replace,
};

pub use config::{BuildConfig, ConfigError, Preset};
pub use manifest::Manifest;
pub use shard::Shard;
pub use verify::verify;

/// Why there is no build.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The configuration cannot be.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Something cannot be read or written.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A file of pairs cannot be written.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// The card cannot be written.
    #[error(transparent)]
    Card(#[from] crate::card::CardError),
    /// The threads cannot be started.
    #[error("cannot start {threads} threads: {why}; give a smaller number")]
    #[non_exhaustive]
    Threads {
        /// How many.
        threads: usize,
        /// Why.
        why: String,
    },
}

impl BuildError {
    /// Plain data that JSON cannot hold.
    fn internal(error: &dyn fmt::Display) -> Self {
        Self::Data(Place::new("the build").error(Fault::new(error.to_string(), "report it")))
    }
}

/// What a build is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Doing<'a> {
    /// Reading a source and working on its records: so many of them are done.
    #[non_exhaustive]
    Reading {
        /// Its name.
        source: &'a str,
        /// Records done.
        records: u64,
    },
    /// Looking at all pairs of so many shards.
    #[non_exhaustive]
    Balancing {
        /// Shards done.
        done: u64,
        /// Shards in all.
        total: u64,
    },
    /// Writing pairs.
    #[non_exhaustive]
    Writing {
        /// Pairs done.
        done: u64,
        /// Pairs in all.
        total: u64,
    },
}

/// Told what a build is at.
pub type Progress<'p> = dyn Fn(Doing<'_>) + Sync + 'p;

/// Seconds that the parts of a build took, and what went through them. A part that was done by an earlier run took none.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Timing {
    /// Waiting for records to be read.
    pub reading: f64,
    /// Normalising, cutting, validating.
    pub preparing: f64,
    /// Gathering, scoring and pairing.
    pub labelling: f64,
    /// Writing the journal.
    pub writing: f64,
    /// Pairs that came out of it.
    pub pairs: u64,
    /// Looking at all pairs and balancing them.
    pub balancing: f64,
    /// Of how many pairs.
    pub balanced: u64,
    /// Near-duplicates and the split.
    pub splitting: f64,
    /// Writing the pairs that were taken.
    pub exporting: f64,
}

/// A build to be made.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Build {
    /// Every choice.
    pub config: BuildConfig,
    /// Where relative paths of the configuration start.
    pub root: PathBuf,
    /// Threads that work; 0: as many as there are cores.
    pub threads: usize,
    /// Forget what an earlier run left.
    pub restart: bool,
}

const TIMING: &str = "timing.json";
/// The folder of what is done and not yet put together.
const WORK: &str = "work";

impl Build {
    /// A build with this configuration, whose paths start at `root`.
    pub fn new(config: BuildConfig, root: impl Into<PathBuf>) -> Self {
        Self { config, root: root.into(), threads: 0, restart: false }
    }

    /// Sets how many threads work.
    pub fn with_threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// Sets whether what an earlier run left is forgotten.
    pub fn restarting(mut self, restart: bool) -> Self {
        self.restart = restart;
        self
    }

    /// Builds into a folder: what an earlier run with the same configuration and data left there is gone on with, and a finished build
    /// is not made again.
    ///
    /// # Errors
    /// When something the configuration names cannot be opened, the folder holds the work of another configuration, or something cannot
    /// be written.
    pub fn run(&self, out: &Path, progress: &Progress<'_>) -> Result<Manifest, BuildError> {
        self.in_pool(|| {
            let inputs = inputs::Inputs::open(&self.config, &self.root)?;
            let folder = out.join(WORK);
            if let Some(manifest) = self.finished(&inputs, out)? {
                // An earlier run may have been killed between its last two deeds.
                clear_work(&folder)?;
                return Ok(manifest);
            }
            let worked = shard::work(&self.config, &inputs, Shard::WHOLE, &folder, self.restart, progress)?;
            let mut timing = worked.unwrap_or_default();
            let manifest =
                merge::merge(&self.config, &inputs, std::slice::from_ref(&folder), out, &mut timing, progress)?;
            write_timing(out, &timing)?;
            clear_work(&folder)?;
            Ok(manifest)
        })
    }

    /// Does one shard into a folder; a finished one is not done again.
    ///
    /// # Errors
    /// As [`Build::run`].
    pub fn run_shard(&self, shard: Shard, out: &Path, progress: &Progress<'_>) -> Result<(), BuildError> {
        self.in_pool(|| {
            let inputs = inputs::Inputs::open(&self.config, &self.root)?;
            let worked = shard::work(&self.config, &inputs, shard, out, self.restart, progress)?;
            // What a finished shard took was said when it was done.
            worked.map_or(Ok(()), |timing| write_timing(out, &timing))
        })
    }

    /// Puts all shards of a build together: the same bytes as of [`Build::run`].
    ///
    /// # Errors
    /// When a shard is missing, unfinished, there twice, or of another configuration or other data; else as [`Build::run`].
    pub fn merge(&self, shards: &[PathBuf], out: &Path, progress: &Progress<'_>) -> Result<Manifest, BuildError> {
        self.in_pool(|| {
            let inputs = inputs::Inputs::open(&self.config, &self.root)?;
            if let Some(manifest) = self.finished(&inputs, out)? {
                return Ok(manifest);
            }
            let mut timing = Timing::default();
            let manifest = merge::merge(&self.config, &inputs, shards, out, &mut timing, progress)?;
            write_timing(out, &timing)?;
            Ok(manifest)
        })
    }

    /// The steps that a model may be asked to answer: those whose right answer can be built on, of the first of each.
    ///
    /// # Errors
    /// As [`Build::run`], or when `each` fails.
    pub fn steps(&self, mut each: impl FnMut(served::Asked) -> Result<(), DataError>) -> Result<(), BuildError> {
        let inputs = inputs::Inputs::open(&self.config, &self.root)?;
        shard::each_step(&self.config, &inputs, &mut each)
    }

    /// The manifest of a build of this very configuration and data.
    fn finished(&self, inputs: &inputs::Inputs, out: &Path) -> Result<Option<Manifest>, BuildError> {
        if self.restart || !out.join(Manifest::FILE).exists() {
            return Ok(None);
        }
        let manifest = Manifest::read(out)?;
        if manifest.fingerprint == inputs.fingerprint.to_string() {
            return Ok(Some(manifest));
        }
        let what = "the build of another configuration or other data is here";
        let fix = "choose another folder, or build anew over it (--restart)";
        Err(Place::file(out).error(Fault::new(what, fix)).into())
    }

    fn in_pool<T: Send>(&self, work: impl FnOnce() -> Result<T, BuildError> + Send) -> Result<T, BuildError> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.threads).build();
        let pool = pool.map_err(|e| BuildError::Threads { threads: self.threads, why: e.to_string() })?;
        pool.install(work)
    }
}

fn clear_work(folder: &Path) -> Result<(), DataError> {
    match fs::remove_dir_all(folder) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => {
            Err(Place::file(folder).io("cannot delete", &e, "delete it by hand"))
        }
        _ => Ok(()),
    }
}

fn write_timing(out: &Path, timing: &Timing) -> Result<(), BuildError> {
    let json = serde_json::to_vec_pretty(timing).map_err(|e| BuildError::internal(&e))?;
    Ok(Replace::write(&out.join(TIMING), &json)?)
}
