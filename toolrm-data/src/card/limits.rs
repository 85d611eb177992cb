//! What the pairs are not good for, as far as the facts say.

use super::facts::{Facts, named};
use crate::document::number::{count, counted, percent};

/// One of them.
pub(super) struct Limit {
    pub(super) text: String,
    /// Whether it is said at the top, too.
    pub(super) grave: bool,
}

/// A share of pairs won without reading the question above which it is said.
const LEAK: f64 = 0.6;

/// What the notes of inputs say of a licence that there is not; lower case.
const NO_LICENCE: [&str; 7] = [
    "none stated",
    "no licence",
    "no license",
    "without a licence",
    "without a license",
    "licence unknown",
    "license unknown",
];

pub(super) fn limits(facts: &Facts<'_>) -> Vec<Limit> {
    let grave = |text| Limit { text, grave: true };
    let slight = |text| Limit { text, grave: false };
    let mut limits = Vec::new();
    limits.extend(sums(facts).map(grave));
    limits.extend(licences(facts).into_iter().map(grave));
    limits.extend(provenance(facts).map(grave));
    limits.extend(leaks(facts).into_iter().map(grave));
    limits.extend(contamination(facts).map(grave));
    limits.extend(spread(facts).into_iter().map(slight));
    limits.push(slight(
        "Labels come from comparing answers with the dataset's own right answer. An answer that would have served, but is another one, \
         counts as worse."
            .into(),
    ));
    limits.push(slight("Nobody has read all pairs: errors of the sources are in them.".into()));
    limits
}

fn sums(facts: &Facts<'_>) -> impl Iterator<Item = String> {
    facts.wrong_sums().into_iter().map(|(source, stage)| {
        let of = if source.is_empty() { String::new() } else { format!(" of {source}") };
        format!("The counts of stage {}{of} do not add up: {stage}. Please tell us of this.", stage.name)
    })
}

/// Every input of which no licence is stated, and all that were said to have conditions.
fn licences(facts: &Facts<'_>) -> Vec<String> {
    let mut said = Vec::new();
    for input in &facts.manifest.inputs {
        let about = input.about.to_lowercase();
        let source = named(&input.source, &input.adapter);
        if about.trim().is_empty() {
            said.push(format!(
                "It is not said under which licence {source} was published: do not pass it on before you know."
            ));
        } else if NO_LICENCE.iter().any(|none| about.contains(none)) || about.contains("state no licence") {
            said.push(format!(
                "No licence is stated for {source}, or for a part of it: do not pass it on. {}",
                input.about
            ));
        } else if ["non-commercial", "noncommercial", "by-nc", "share-alike", "by-sa"].iter().any(|c| about.contains(c))
        {
            said.push(format!("The licence of {source} has conditions: {}", input.about));
        }
    }
    said.dedup();
    said
}

fn provenance(facts: &Facts<'_>) -> Option<String> {
    let synthetic = facts.share_of("synthetic")?;
    let transfer = "a judge trained on synthetic corruptions alone does not transfer to the errors of models";
    if synthetic >= 1.0 {
        return Some(format!("All pairs are synthetic: {transfer}."));
    }
    (synthetic > 0.5).then(|| {
        let share = percent(synthetic);
        format!("More than half of the pairs ({share} %) are synthetic, and {transfer}. Hold out recorded pairs, and look at them alone.")
    })
}

fn leaks(facts: &Facts<'_>) -> Vec<String> {
    let parts = [("training", &facts.manifest.train), ("validation", &facts.manifest.validation)];
    let leaks =
        parts.iter().flat_map(|(part, spread)| spread.leaks.iter().map(move |(rule, share)| (*part, rule, *share)));
    let high = leaks.filter(|(_, _, share)| *share > LEAK);
    high.map(|(part, rule, share)| {
        format!("The rule `{rule}` wins {} % of the {part} pairs without reading the question: a judge may learn it instead.", percent(share))
    })
    .collect()
}

fn contamination(facts: &Facts<'_>) -> Option<String> {
    let checked = &facts.manifest.contamination;
    (checked.against.is_empty() && facts.all.pairs > 0).then(|| {
        "The questions were not held against any benchmark: what a judge trained on them gets there may be remembered.".into()
    })
}

/// What there is too much or too little of.
fn spread(facts: &Facts<'_>) -> Vec<String> {
    let (all, manifest) = (&facts.all, facts.manifest);
    let mut said = Vec::new();
    if all.pairs == 0 {
        said.push("There are no pairs.".into());
        return said;
    }
    let of_pairs = |n: u64| n as f64 / all.pairs as f64;
    let by_source = all.sources.iter().map(|(source, counts)| (source, super::facts::total(counts)));
    if let Some((source, n)) = by_source.max_by_key(|(_, n)| *n).filter(|(_, n)| of_pairs(*n) > 0.5) {
        said.push(format!("More than half of the pairs ({} %) are of one source, {source}.", percent(of_pairs(n))));
    }
    if manifest.validation.pairs == 0 {
        said.push("There are no validation pairs.".into());
    }
    let swapped = of_pairs(all.swapped);
    if !(0.4..=0.6).contains(&swapped) {
        said.push(format!(
            "The better answer is shown second in {} % of the pairs: a judge that compares may learn its place. Show both orders.",
            percent(swapped)
        ));
    }
    let near = manifest.near_duplicates;
    if near.in_groups > 0 {
        said.push(format!(
            "{} of {} are nearly the same as another: they weigh more than they should.",
            count(near.in_groups),
            counted(near.questions, "distinct question"),
        ));
    }
    let mended: u64 = manifest.repairs.values().map(super::facts::total).sum();
    if mended > 0 {
        let repairs = counted(mended, "repair");
        said.push(format!("{repairs} in trajectories that could have been refused: see what was mended."));
    }
    said
}
