//! [`MemoryStore`]: the most recently used judgements, in memory.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{Mutex, PoisonError},
};

use super::{CacheError, CacheStore, Judgement};
use crate::canonical::Fingerprint;

/// Keeps the `capacity` judgements used last.
pub struct MemoryStore {
    capacity: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    clock: u64,
    entries: HashMap<Fingerprint, (u64, Judgement)>,
    /// Keys by the time of their last use, oldest first.
    by_use: BTreeMap<u64, Fingerprint>,
}

impl State {
    fn touch(&mut self, key: &Fingerprint) -> Option<Judgement> {
        let (used, judgement) = self.entries.get_mut(key)?;
        self.by_use.remove(used);
        self.clock += 1;
        *used = self.clock;
        self.by_use.insert(self.clock, *key);
        Some(judgement.clone())
    }

    fn insert(&mut self, key: Fingerprint, judgement: Judgement) {
        self.clock += 1;
        if let Some((used, _)) = self.entries.insert(key, (self.clock, judgement)) {
            self.by_use.remove(&used);
        }
        self.by_use.insert(self.clock, key);
    }

    fn shrink_to(&mut self, capacity: usize) {
        while self.entries.len() > capacity {
            let Some((_, oldest)) = self.by_use.pop_first() else { break };
            self.entries.remove(&oldest);
        }
    }
}

impl MemoryStore {
    /// A store of at most `capacity` judgements; 0 keeps none.
    pub fn new(capacity: usize) -> Self {
        Self { capacity, state: Mutex::default() }
    }

    /// How many judgements it holds.
    pub fn len(&self) -> usize {
        self.with_state(|s| s.entries.len())
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn with_state<R>(&self, f: impl FnOnce(&mut State) -> R) -> R {
        f(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore")
            .field("capacity", &self.capacity)
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

impl CacheStore for MemoryStore {
    fn get(&self, key: &Fingerprint) -> Result<Option<Judgement>, CacheError> {
        Ok(self.with_state(|s| s.touch(key)))
    }

    fn put(&self, key: &Fingerprint, judgement: &Judgement) -> Result<(), CacheError> {
        self.with_state(|s| {
            s.insert(*key, judgement.clone());
            s.shrink_to(self.capacity);
        });
        Ok(())
    }
}
