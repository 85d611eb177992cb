//! What the manifest says of training and validation pairs together, and sums of its counts.

use std::collections::BTreeMap;

use crate::{
    build::manifest::{Manifest, Spread, Stage, add_counts},
    document::number::{NO_FIGURE, percent},
    pair::Provenance,
};

/// A manifest, and all its pairs.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    pub(super) manifest: &'a Manifest,
    /// Training and validation pairs; its quantiles and leaks are not known and not set.
    pub(super) all: Spread,
}

impl<'a> Facts<'a> {
    pub(super) fn of(manifest: &'a Manifest) -> Self {
        let mut all = Spread::default();
        // A question is on one side of the split: questions add up.
        for part in [&manifest.train, &manifest.validation] {
            all.pairs += part.pairs;
            all.questions += part.questions;
            all.swapped += part.swapped;
            all.obfuscated += part.obfuscated;
            add_counts(&mut all.provenance, &part.provenance);
            add_counts(&mut all.kinds, &part.kinds);
            add_counts(&mut all.rejected_from, &part.rejected_from);
            add_counts(&mut all.chosen_from, &part.chosen_from);
            add_groups(&mut all.sources, &part.sources);
            add_groups(&mut all.error_types, &part.error_types);
            for (source, bins) in &part.intensity {
                add_bins(all.intensity.entry(source.clone()).or_default(), bins);
            }
            for (source, counts) in &part.complexity {
                let to = all.complexity.entry(source.clone()).or_default();
                for (complexity, n) in counts {
                    *to.entry(*complexity).or_default() += n;
                }
            }
        }
        Self { manifest, all }
    }

    /// The provenances that pairs have, the most trusted first; those that this crate does not know come last.
    pub(super) fn provenances(&self) -> Vec<&str> {
        let counts = &self.all.provenance;
        let known =
            Provenance::ALL.iter().map(|provenance| provenance.name()).filter(|name| counts.contains_key(*name));
        let is_known = |name: &str| Provenance::ALL.iter().any(|provenance| provenance.name() == name);
        let others = counts.keys().map(String::as_str).filter(|name| !is_known(name));
        known.chain(others).collect()
    }

    /// The share of pairs of this provenance; none where there are no pairs.
    pub(super) fn share_of(&self, provenance: &str) -> Option<f64> {
        share(self.all.provenance.get(provenance).copied().unwrap_or_default(), self.all.pairs)
    }

    /// The stages whose counts do not add up, with the source they are of, empty of all.
    pub(super) fn wrong_sums(&self) -> Vec<(&str, &Stage)> {
        let all = self.manifest.stages.iter().map(|stage| ("", stage));
        let sources = self.manifest.sources.iter();
        let by_source = sources.flat_map(|(source, stages)| stages.iter().map(move |stage| (source.as_str(), stage)));
        all.chain(by_source).filter(|(_, stage)| !stage.adds_up()).collect()
    }
}

/// Counts of groups added to counts of groups.
fn add_groups(to: &mut BTreeMap<String, BTreeMap<String, u64>>, from: &BTreeMap<String, BTreeMap<String, u64>>) {
    for (group, counts) in from {
        add_counts(to.entry(group.clone()).or_default(), counts);
    }
}

fn add_bins(to: &mut Vec<u64>, from: &[u64]) {
    to.resize(to.len().max(from.len()), 0);
    to.iter_mut().zip(from).for_each(|(to, n)| *to += n);
}

/// All counts together.
pub(super) fn total<K>(counts: &BTreeMap<K, u64>) -> u64 {
    counts.values().sum()
}

/// A share; none of nothing.
pub(super) fn share(n: u64, of: u64) -> Option<f64> {
    (of > 0).then(|| n as f64 / of as f64)
}

/// A cell with a share in per cent.
pub(super) fn share_cell(share: Option<f64>) -> String {
    share.filter(|share| share.is_finite()).map_or(NO_FIGURE.into(), percent)
}

/// Names with their counts, the largest first.
pub(super) fn by_size(counts: &BTreeMap<String, u64>) -> Vec<(&str, u64)> {
    let mut counts: Vec<_> = counts.iter().map(|(name, n)| (name.as_str(), *n)).collect();
    counts.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    counts
}

/// A name, or what stands for one that is empty.
pub(super) fn named<'a>(name: &'a str, empty: &'a str) -> &'a str {
    if name.is_empty() { empty } else { name }
}
