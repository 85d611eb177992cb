//! What can be chosen about a run, and what it tells while it goes.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use toolrm_core::cancel::Cancel;

/// What a judge is asked about a pair.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Ask {
    /// All its card offers: to compare the two, and to score each of them.
    #[default]
    Everything,
    /// To compare the two, and nothing else.
    Comparisons,
    /// To score each of them; the comparison follows from the scores ([`toolrm_core::judge::link`]). For a judge that compares by its
    /// scores anyway this gives the same verdicts at the least cost. Layers that change comparisons only (`both_orders`,
    /// `calibrated`) have no say.
    Scores,
}

/// How a run is done.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RunOptions {
    /// What the judge is asked.
    pub ask: Ask,
    /// Seed of everything random in the judge.
    pub seed: u64,
    /// Batches in flight at once, at least 1.
    pub concurrency: usize,
    /// Most questions in one call of the judge; its card's `max_batch` is kept to as well.
    pub batch: usize,
    /// After so many failed batches in a row the run stops, instead of recording a failure for everything that is left. A batch
    /// failed when none of its pairs was settled ([`super::Said::is_settled`]).
    pub max_failed_batches: usize,
    /// Where finished pairs are kept while the run goes; without one, a run that is stopped starts anew.
    pub journal: Option<PathBuf>,
    /// Whether to forget what an earlier run left, even if it was another one.
    pub restart: bool,
    /// Raise it to stop: nothing more is asked, what is asked already is waited for and kept.
    pub cancel: Cancel,
}

impl Default for RunOptions {
    /// Everything the card offers, 8 batches of 32 questions at once, a stop after 20 failed batches, no journal.
    fn default() -> Self {
        Self {
            ask: Ask::default(),
            seed: 0,
            concurrency: 8,
            batch: 32,
            max_failed_batches: 20,
            journal: None,
            restart: false,
            cancel: Cancel::default(),
        }
    }
}

impl RunOptions {
    /// Sets what the judge is asked.
    pub fn with_ask(mut self, ask: Ask) -> Self {
        self.ask = ask;
        self
    }

    /// Sets the seed.
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets how many batches are in flight at once.
    pub fn with_concurrency(mut self, batches: usize) -> Self {
        self.concurrency = batches;
        self
    }

    /// Sets the most questions in one call.
    pub fn with_batch(mut self, questions: usize) -> Self {
        self.batch = questions;
        self
    }

    /// Sets after how many failed batches in a row the run stops.
    pub fn with_max_failed_batches(mut self, batches: usize) -> Self {
        self.max_failed_batches = batches;
        self
    }

    /// Sets where finished pairs are kept.
    pub fn with_journal(mut self, path: impl Into<PathBuf>) -> Self {
        self.journal = Some(path.into());
        self
    }

    /// Sets whether to forget what an earlier run left.
    pub fn with_restart(mut self, restart: bool) -> Self {
        self.restart = restart;
        self
    }

    /// Sets the cancellation flag.
    pub fn with_cancel(mut self, cancel: Cancel) -> Self {
        self.cancel = cancel;
        self
    }
}

/// How far a run is; told at its start and after each batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Pairs that have a verdict.
    pub done: usize,
    /// Of these, the ones an earlier run left: what an estimate of the time left must not count as work of this one.
    pub known: usize,
    /// Of these, the ones on which the judge broke.
    pub failed: usize,
    /// All pairs.
    pub total: usize,
}
