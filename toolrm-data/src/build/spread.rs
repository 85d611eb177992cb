//! What a set of pairs is like, counted pair by pair.

use std::collections::{BTreeMap, BTreeSet};

use toolrm_core::call::{Action, Candidate};

use super::{
    balance::bin,
    manifest::{Quantiles, Spread},
};
use crate::{pair::PreferencePair, rows::hermes};

/// Lengths of a pair, in characters.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lengths {
    pub(super) prompt: u64,
    pub(super) chosen: u64,
    pub(super) rejected: u64,
}

impl Lengths {
    pub(super) fn of(pair: &PreferencePair) -> Self {
        let chars = |text: &str| text.chars().count() as u64;
        let answer = |candidate: &Candidate| chars(&hermes::answer(candidate));
        Self {
            prompt: hermes::conversation(&pair.task).iter().map(|message| chars(&message.content)).sum(),
            chosen: answer(&pair.chosen.candidate),
            rejected: answer(&pair.rejected.candidate),
        }
    }
}

/// Counts pairs.
#[derive(Debug)]
pub(super) struct Counting {
    bins: u8,
    spread: Spread,
    questions: BTreeSet<String>,
    prompts: Vec<u64>,
    chosen: Vec<u64>,
    rejected: Vec<u64>,
    /// Halves of points that each null judge wins.
    leaks: BTreeMap<&'static str, u64>,
}

impl Counting {
    pub(super) fn new(bins: u8) -> Self {
        Self {
            bins,
            spread: Spread::default(),
            questions: BTreeSet::new(),
            prompts: Vec::new(),
            chosen: Vec::new(),
            rejected: Vec::new(),
            leaks: BTreeMap::new(),
        }
    }

    pub(super) fn add(&mut self, pair: &PreferencePair, lengths: Lengths) {
        let spread = &mut self.spread;
        spread.pairs += 1;
        self.questions.insert(pair.question_id.clone());
        let provenance = pair.provenance().name();
        count(&mut spread.provenance, provenance);
        count(spread.sources.entry(pair.source.clone()).or_default(), provenance);
        let bins = spread.intensity.entry(pair.source.clone()).or_insert_with(|| vec![0; usize::from(self.bins)]);
        if let Some(n) = bins.get_mut(usize::from(bin(pair.intensity(), self.bins))) {
            *n += 1;
        }
        *spread.complexity.entry(pair.source.clone()).or_default().entry(pair.complexity).or_default() += 1;
        count(spread.error_types.entry(pair.rejected.error_type.clone()).or_default(), provenance);
        let (better, worse) = (&pair.chosen.candidate.action, &pair.rejected.candidate.action);
        count(&mut spread.kinds, &format!("{} > {}", kind(better), kind(worse)));
        count(&mut spread.chosen_from, &pair.chosen.from);
        count(&mut spread.rejected_from, &pair.rejected.from);
        spread.swapped += u64::from(pair.swapped);
        spread.obfuscated += u64::from(pair.obfuscated);
        self.prompts.push(lengths.prompt);
        self.chosen.push(lengths.chosen);
        self.rejected.push(lengths.rejected);
        let calls = |action: &Action| action.calls().len();
        let words = |action: &Action| u64::from(action.text().is_some());
        for (null, better, worse) in [
            ("longer", lengths.chosen, lengths.rejected),
            ("shorter", lengths.rejected, lengths.chosen),
            ("more-calls", calls(better) as u64, calls(worse) as u64),
            ("words", words(better), words(worse)),
        ] {
            *self.leaks.entry(null).or_default() += match better.cmp(&worse) {
                std::cmp::Ordering::Greater => 2,
                std::cmp::Ordering::Equal => 1,
                std::cmp::Ordering::Less => 0,
            };
        }
    }

    pub(super) fn finish(self) -> Spread {
        let mut spread = self.spread;
        spread.questions = self.questions.len() as u64;
        spread.prompt_chars = Quantiles::of(self.prompts);
        spread.chosen_chars = Quantiles::of(self.chosen);
        spread.rejected_chars = Quantiles::of(self.rejected);
        let points = 2 * spread.pairs;
        spread.leaks =
            self.leaks.into_iter().map(|(null, won)| (null.to_owned(), won as f64 / points as f64)).collect();
        spread
    }
}

fn count(counts: &mut BTreeMap<String, u64>, name: &str) {
    match counts.get_mut(name) {
        Some(n) => *n += 1,
        None => drop(counts.insert(name.to_owned(), 1)),
    }
}

fn kind(action: &Action) -> &'static str {
    match action {
        Action::Calls(_) => "calls",
        Action::Text(_) => "words",
        _ => "malformed",
    }
}
