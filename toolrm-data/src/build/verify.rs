//! Looks whether a build is what its manifest says: files, counts, and every pair anew.

use std::{
    collections::{BTreeSet, HashSet},
    path::Path,
};

use toolrm_core::{
    canonical::Fingerprint,
    score::{Outcome, Scorer},
};

use super::{
    BuildConfig, BuildError,
    candidates::scorer,
    manifest::{Manifest, Spread, Stage},
};
use crate::{
    digest,
    error::{DataError, Fault, Place},
    export::{Export, Format, Split},
    input::Input,
    pair::{PreferencePair, Provenance},
};

/// What was looked at, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Check {
    /// What was looked at.
    pub what: String,
    /// How many of it.
    pub n: u64,
    /// What is wrong: the first few, each with its place.
    pub wrong: Vec<String>,
}

impl Check {
    fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), n: 0, wrong: Vec::new() }
    }

    /// One was looked at.
    fn see(&mut self, wrong: Option<String>) {
        const TOLD: usize = 10;
        self.n += 1;
        if self.wrong.len() < TOLD {
            self.wrong.extend(wrong);
        }
    }

    /// Whether nothing is wrong.
    pub fn is_good(&self) -> bool {
        self.wrong.is_empty()
    }
}

/// Looks at a build's folder:
///
/// - every stage's numbers add up, and what one stage gives the next one takes;
/// - every file is the one that the manifest describes;
/// - every pair is read, scored anew (the scores are those written), its right calls fit their schemas, its better answer is not made up;
///   ids are unique, questions are on one side of the split only, and the counts are the manifest's;
/// - every format says the same as the pairs.
///
/// # Errors
/// When there is no manifest. Whatever else is wrong is in the checks.
pub fn verify(folder: &Path) -> Result<Vec<Check>, BuildError> {
    let manifest = Manifest::read(folder)?;
    let place = Place::file(&folder.join(Manifest::FILE));
    let config: BuildConfig = serde_json::from_value(manifest.config.clone())
        .map_err(|e| place.error(Fault::new(format!("no configuration: {e}"), "build it again").under("config")))?;
    let mut checks = vec![stages(&manifest), files(&manifest, folder)];
    let mut pairs = Pairs::new(&config);
    for (split, spread) in [(Split::Train, &manifest.train), (Split::Validation, &manifest.validation)] {
        if let Err(error) = pairs.side(folder, split, spread) {
            pairs.counts.see(Some(error.to_string()));
        }
    }
    checks.extend(pairs.into_checks());
    for format in config.formats()?.into_iter().filter(|format| *format != Format::Jsonl) {
        checks.push(format_says_the_same(folder, &config, format));
    }
    Ok(checks)
}

fn stages(manifest: &Manifest) -> Check {
    let mut check = Check::new("stages add up");
    let of_sources = manifest.sources.iter().flat_map(|(name, stages)| stages.iter().map(move |s| (name.as_str(), s)));
    for (name, stage) in manifest.stages.iter().map(|stage| ("all", stage)).chain(of_sources) {
        check.see((!stage.adds_up()).then(|| format!("{name}: {stage}")));
    }
    let named = |name: &str| manifest.stages.iter().find(|stage| stage.name == name);
    let kept = |name: &str| named(name).map(|stage| stage.kept);
    let taken = |name: &str| named(name).map(|stage| stage.taken);
    for (before, after) in
        [("records", "trajectories"), ("steps", "contexts"), ("pairs", "balance"), ("balance", "split")]
    {
        let wrong = kept(before) != taken(after);
        check.see(wrong.then(|| format!("{before} give {:?}, {after} take {:?}", kept(before), taken(after))));
    }
    let pairs = manifest.train.pairs + manifest.validation.pairs;
    check
        .see((kept("split") != Some(pairs)).then(|| format!("the split gives {:?}, there are {pairs}", kept("split"))));
    let summed = |name: &str| {
        let mut sum = Stage::new(name);
        manifest.sources.values().flatten().filter(|stage| stage.name == name).for_each(|stage| sum.add(stage));
        sum
    };
    for stage in
        manifest.stages.iter().filter(|stage| manifest.sources.values().flatten().any(|s| s.name == stage.name))
    {
        check.see((summed(&stage.name) != *stage).then(|| format!("{} is not the sum of its sources", stage.name)));
    }
    check
}

fn files(manifest: &Manifest, folder: &Path) -> Check {
    let mut check = Check::new("files are those described");
    for file in &manifest.files {
        let wrong = match digest::of_file(&folder.join(&file.name)) {
            Ok(found) if found == (file.sha256.clone(), file.bytes) => None,
            Ok((sha256, bytes)) => Some(format!("{}: {bytes} bytes, SHA-256 {sha256}, not as described", file.name)),
            Err(error) => Some(error.to_string()),
        };
        check.see(wrong);
    }
    check
}

/// The pairs of both sides.
struct Pairs<'c> {
    config: &'c BuildConfig,
    scores: Check,
    golds: Check,
    sides: Check,
    ids: Check,
    questions: Check,
    counts: Check,
    seen: HashSet<Fingerprint>,
    /// The questions of the side before.
    before: BTreeSet<String>,
}

impl<'c> Pairs<'c> {
    fn new(config: &'c BuildConfig) -> Self {
        Self {
            config,
            scores: Check::new("pairs score as written"),
            golds: Check::new("right answers fit their schemas"),
            sides: Check::new("better answers are the dataset's or a model's, and better"),
            ids: Check::new("ids are unique"),
            questions: Check::new("questions are on one side of the split"),
            counts: Check::new("counts are the manifest's"),
            seen: HashSet::new(),
            before: BTreeSet::new(),
        }
    }

    fn side(&mut self, folder: &Path, split: Split, spread: &Spread) -> Result<(), DataError> {
        let (mut pairs, mut questions) = (0, BTreeSet::new());
        for name in Format::Jsonl.files(split) {
            PreferencePair::each_of(Input::open(&folder.join(name))?, |pair| {
                pairs += 1;
                questions.insert(pair.question_id.clone());
                self.pair(&pair);
                Ok::<_, DataError>(())
            })?;
        }
        for question in &questions {
            let is_on_both = self.before.contains(question);
            self.questions.see(is_on_both.then(|| format!("question {question} is on both sides")));
        }
        let found = (pairs, questions.len() as u64);
        let told = (spread.pairs, spread.questions);
        self.counts.see(
            (found != told)
                .then(|| format!("{}: {found:?} pairs and questions, the manifest says {told:?}", split.name())),
        );
        self.before = questions;
        Ok(())
    }

    fn pair(&mut self, pair: &PreferencePair) {
        let id = &pair.id;
        let is_new = self.seen.insert(Fingerprint::of([id]));
        self.ids.see((!is_new).then(|| format!("{id} occurs twice")));
        let scorer = scorer(&self.config.label);
        for side in [&pair.chosen, &pair.rejected] {
            let wrong = match scorer.score(&pair.task, &side.candidate) {
                Outcome::Judged(score) if (score.value - side.score).abs() < 1e-12 => None,
                Outcome::Judged(score) => {
                    Some(format!("{id}: {} scores {}, not {}", side.from, score.value, side.score))
                }
                other => Some(format!("{id}: {} cannot be scored: {other:?}", side.from)),
            };
            self.scores.see(wrong);
        }
        let fits = pair
            .reference()
            .calls()
            .iter()
            .all(|call| pair.task.tools().get(&call.name).is_some_and(|tool| tool.is_valid(&call.arguments)));
        self.golds.see((!fits).then(|| format!("{id}: a right call does not fit its schema")));
        let is_sound = pair.intensity() > 0.0 && pair.chosen.provenance != Provenance::Synthetic;
        self.sides.see((!is_sound).then(|| format!("{id}: {} over {}", pair.chosen.from, pair.rejected.from)));
    }

    fn into_checks(self) -> [Check; 6] {
        [self.counts, self.ids, self.questions, self.scores, self.golds, self.sides]
    }
}

fn format_says_the_same(folder: &Path, config: &BuildConfig, format: Format) -> Check {
    let mut check = Check::new(format!("{} says the same", format.name()));
    for split in [Split::Train, Split::Validation] {
        let compared = compare(folder, &Export::new(format, split, config.name.clone()), &mut check.n);
        check.wrong.extend(compared.err().map(|error| error.to_string()));
    }
    check
}

fn compare(folder: &Path, export: &Export, n: &mut u64) -> Result<(), BuildError> {
    let mut checker = export.open(folder)?;
    for name in Format::Jsonl.files(export.split()) {
        PreferencePair::each_of(Input::open(&folder.join(name))?, |pair| {
            *n += 1;
            checker.push(&pair).map_err(BuildError::from)
        })?;
    }
    Ok(checker.finish()?)
}
