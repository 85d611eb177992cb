//! [`build`]: from recorded answers to a bench.
//!
//! # Steps
//! 1. Recordings are read and decoded ([`crate::recorded`]).
//! 2. Every answer is labelled by [`crate::bfcl::checker`]; the label its score file published is kept beside, and how often the two
//!    agree is counted. Answers are brought into one style: names as documented, arguments in the documented order, nothing beside
//!    the calls. What does the same (numbers by value) is one answer of several models.
//! 3. Pairs are picked, for every split by itself: round by round over its questions, each time the wrong answer whose error type and
//!    source were used least so far, then whose model was; ties are drawn by the seed. Set against it is the right answer of the
//!    source and model used least ([`ChosenFrom`](super::ChosenFrom)).
//!    Where no call is due, chosen are recorded words and rejected calls; in `live_relevance` it is the other way round.
//!    Multi-turn pairs are described in `dialogues.rs`.
//! 4. Ties: two right answers that differ in more than the order of their calls. Both wrong: two wrong answers, graded against the
//!    accepted ones by [`ReferenceScorer::bfcl`](toolrm_core::rules::ReferenceScorer::bfcl) with partial credit, of which one is better by
//!    a margin. Groups: all answers to a question.
//!
//! What is left out, and why, is counted in the [`Manifest`]; the counts add up.
//!
//! # Interrupted
//! Every file gets its name only when it is whole, the manifest last and an older manifest goes first: a folder without a manifest
//! is no bench, and building it again gives the same bytes. A build takes seconds, so there are no half-way stages to keep;
//! [`Build::resuming`] makes it nothing when the folder already holds the bench that would be built.

mod answers;
mod dialogues;
mod pedantic;
mod pick;
mod single;
mod write;

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

use rayon::prelude::*;
use toolrm_data::{DataError, Fault, Place, replace, tree::Tree};

use self::{
    answers::{Agreement, Author, Contest},
    single::{Split, group, split},
    write::Lines,
};
use super::{
    Bench, BuildOptions, Manifest, Pair,
    leaks::leaks,
    manifest::{AnswerCounts, FileCounts, LabelCounts, RecordingCounts, Sources, spread},
};
use crate::{
    bfcl::{category::Category, question::Questions},
    recorded::{Recording, Recordings, Served, SourceNames, read},
};

/// How far a build is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// What is being done.
    pub stage: Stage,
    /// How much of it is done: lines, questions, splits, files.
    pub done: u64,
    /// How much there is, where it is known.
    pub total: Option<u64>,
}

/// What a build does, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// Recorded lines are read and decoded.
    Reading,
    /// Answers are labelled, question by question.
    Labelling,
    /// Pairs are picked, split by split.
    Picking,
    /// Files are written.
    Writing,
}

/// A build: from what, with which options.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Build<'b> {
    /// Result and score files.
    pub runs: &'b Tree,
    /// The questions they answer.
    pub questions: &'b Questions,
    /// How models are named by the paths of their files.
    pub sources: SourceNames,
    /// How it is built.
    pub options: BuildOptions,
    /// Whether a folder that already holds this bench is left as it is.
    pub resume: bool,
}

impl<'b> Build<'b> {
    /// A build with the default options.
    pub fn new(runs: &'b Tree, questions: &'b Questions) -> Self {
        Self { runs, questions, sources: SourceNames::default(), options: BuildOptions::default(), resume: false }
    }

    /// Sets how it is built.
    pub fn with_options(mut self, options: BuildOptions) -> Self {
        self.options = options;
        self
    }

    /// Sets how models are named by the paths of their files.
    pub fn with_sources(mut self, sources: SourceNames) -> Self {
        self.sources = sources;
        self
    }

    /// Leaves a folder as it is when it holds, whole, the bench of the same inputs and options.
    pub fn resuming(mut self, resume: bool) -> Self {
        self.resume = resume;
        self
    }
}

/// Builds a bench into the folder `out`: `pairs.jsonl`, `ties.jsonl`, `both_wrong.jsonl`, `groups.jsonl` and `manifest.json`.
///
/// # Errors
/// When the options make no sense, an input cannot be read, no recording answers a known question, or a file cannot be written. The
/// folder then holds no manifest, or the one it held before anything was written.
pub fn build(build: &Build<'_>, out: &Path, progress: &(dyn Fn(Progress) + Sync)) -> Result<Manifest, DataError> {
    if let Some(fault) = build.options.fault() {
        return Err(Place::new("options of the build").error(Fault::new(fault, "correct the option")));
    }
    let sources = Sources::of(build.runs, build.questions, &build.sources)?;
    if build.resume
        && let Ok(bench) = Bench::open(out)
        && bench.manifest().is_of(&sources, &build.options)
    {
        return Ok(bench.manifest().clone());
    }
    let categories = &build.options.categories;
    let mut lines = |done| progress(Progress { stage: Stage::Reading, done, total: None });
    let recordings = read(build.runs, build.questions, &build.sources, |c| categories.contains(&c), &mut lines)?;
    if recordings.answers.is_empty() && recordings.dialogues.is_empty() {
        let fix = "give runs and questions of the same benchmark, and name their categories";
        return Err(Place::file(build.runs.path()).error(Fault::new("no recording answers a known question", fix)));
    }
    let contests = label(&recordings.answers, build.questions, progress)?;
    let picked = Picked::of(&contests, &recordings, build, progress)?;
    let mut manifest = Manifest::new(sources, build.options.clone());
    manifest.recordings = RecordingCounts::of(&recordings, &contests_unchecked(&contests));
    manifest.labels = labels(&contests);
    manifest.answers = picked.answers(&contests);
    manifest.dialogues = picked.dialogue_fate.clone();
    manifest.pairs = spread(&picked.pairs);
    manifest.ties = spread(&picked.ties);
    manifest.both_wrong = spread(&picked.both_wrong);
    manifest.leaks = leaks(&picked.pairs, build.options.seed);
    picked.write(&contests, build.questions, out, &mut manifest, progress)?;
    Ok(manifest)
}

/// The answers to every question, labelled; questions in their order.
fn label<'q>(
    answers: &[Recording],
    questions: &'q Questions,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Vec<Contest<'q>>, DataError> {
    let at = |id: &str| Place::new(format!("question {id}"));
    let served = Served::of(answers, questions).map_err(|fault| Place::new("questions").error(fault))?;
    let by_question: HashMap<&str, &[Recording]> =
        answers.chunk_by(|a, b| a.id == b.id).filter_map(|of| Some((of.first()?.id.as_str(), of))).collect();
    let asked: Vec<_> = questions.iter().filter_map(|q| Some((q, *by_question.get(q.id.as_str())?))).collect();
    let (done, total) = (AtomicU64::new(0), Some(asked.len() as u64));
    asked
        .into_par_iter()
        .map(|(question, recordings)| {
            let contest = Contest::new(question, recordings, &served).map_err(|fault| at(&question.id).error(fault))?;
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            progress(Progress { stage: Stage::Labelling, done, total });
            Ok(contest)
        })
        .collect()
}

/// Authors that made at most one call in every answer of a parallel category, where no answer of one call is right: they were run so.
fn barred(contests: &[Contest<'_>]) -> Vec<Author> {
    const ENOUGH: u64 = 10;
    let mut most: BTreeMap<&Author, (u64, usize)> = BTreeMap::new();
    for answer in contests.iter().filter(|c| is_parallel(c.question.category)).flat_map(|contest| &contest.answers) {
        let calls = answer.candidate.action.calls().len();
        for author in answer.authors.iter().filter(|_| calls > 0) {
            let seen = most.entry(author).or_default();
            *seen = (seen.0 + 1, seen.1.max(calls));
        }
    }
    let single = most.into_iter().filter(|(_, (answers, most))| *answers >= ENOUGH && *most == 1);
    single.map(|(author, _)| author.clone()).collect()
}

fn is_parallel(category: Category) -> bool {
    use Category::{LiveParallel, LiveParallelMultiple, Parallel, ParallelMultiple};
    matches!(category, Parallel | ParallelMultiple | LiveParallel | LiveParallelMultiple)
}

fn contests_unchecked(contests: &[Contest<'_>]) -> BTreeMap<String, u64> {
    let mut all = BTreeMap::new();
    for (why, count) in contests.iter().flat_map(|contest| &contest.unchecked) {
        *all.entry(why.clone()).or_default() += count;
    }
    all
}

fn labels(contests: &[Contest<'_>]) -> LabelCounts {
    let mut agreement = Agreement::default();
    let mut counts = LabelCounts::default();
    for contest in contests {
        agreement.add(contest.agreement);
        for answer in &contest.answers {
            let of = if answer.right { &mut counts.right } else { &mut counts.wrong };
            *of += answer.authors.len() as u64;
        }
    }
    counts.published = agreement.labels;
    counts.published_same_verdict = agreement.valid;
    counts.published_same_error_type = agreement.error_type;
    counts
}

/// Everything that goes into files but the groups.
#[derive(Default)]
struct Picked {
    pairs: Vec<Pair>,
    ties: Vec<Pair>,
    both_wrong: Vec<Pair>,
    /// What became of the distinct wrong answers, by split.
    wrong: BTreeMap<Category, BTreeMap<String, u64>>,
    dialogue_fate: BTreeMap<String, u64>,
}

impl Picked {
    fn of(
        contests: &[Contest<'_>],
        recordings: &Recordings,
        build: &Build<'_>,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<Self, DataError> {
        let barred = barred(contests);
        let splits: Vec<&[Contest<'_>]> =
            contests.chunk_by(|a, b| a.question.category == b.question.category).collect();
        let (done, total) = (AtomicU64::new(0), Some(splits.len() as u64 + 1));
        let tick = || {
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            progress(Progress { stage: Stage::Picking, done, total });
        };
        let each = |of: &&[Contest<'_>]| {
            let category = of.first()?.question.category;
            let none: &[Author] = &[];
            let split = split(of, &build.options, if is_parallel(category) { &barred } else { none });
            tick();
            Some((category, split))
        };
        let splits: Vec<(Category, Split)> = splits.par_iter().filter_map(each).collect();
        let mut picked = Self::default();
        for (category, split) in splits {
            picked.pairs.extend(split.pairs);
            picked.ties.extend(split.ties);
            picked.both_wrong.extend(split.both_wrong);
            picked.wrong.insert(category, split.wrong);
        }
        let multi_turn = dialogues::pairs(&recordings.dialogues, build.questions, &build.options);
        let (pairs, fate) = multi_turn.map_err(|fault| Place::new("multi-turn questions").error(fault))?;
        tick();
        picked.pairs.extend(pairs);
        picked.dialogue_fate = fate;
        Ok(picked)
    }

    fn answers(&self, contests: &[Contest<'_>]) -> BTreeMap<String, AnswerCounts> {
        let mut counts: BTreeMap<String, AnswerCounts> = BTreeMap::new();
        for contest in contests {
            let of = counts.entry(contest.question.category.to_string()).or_default();
            of.questions += 1;
            of.right += contest.answers.iter().filter(|answer| answer.right).count() as u64;
            of.wrong += contest.answers.iter().filter(|answer| !answer.right).count() as u64;
        }
        for (category, fate) in &self.wrong {
            if let Some(of) = counts.get_mut(category.name()) {
                of.wrong_answers.clone_from(fate);
            }
        }
        counts
    }

    fn write(
        &self,
        contests: &[Contest<'_>],
        questions: &Questions,
        out: &Path,
        manifest: &mut Manifest,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<(), DataError> {
        replace::begin(out, Bench::MANIFEST)?;
        let mut done = 0;
        let mut finish = |lines: Lines, files: &mut BTreeMap<String, FileCounts>| {
            let (name, counts) = lines.finish()?;
            files.insert(name, counts);
            done += 1;
            progress(Progress { stage: Stage::Writing, done, total: Some(5) });
            Ok::<_, DataError>(())
        };
        for (name, pairs) in
            [(Bench::PAIRS, &self.pairs), (Bench::TIES, &self.ties), (Bench::BOTH_WRONG, &self.both_wrong)]
        {
            let mut lines = Lines::create(out, name)?;
            for pair in pairs {
                if let Some(question) = questions.get(&pair.question_id) {
                    lines.write(&pair.to_json(&question.functions))?;
                }
            }
            finish(lines, &mut manifest.files)?;
        }
        let mut lines = Lines::create(out, Bench::GROUPS)?;
        for contest in contests {
            lines.write(&group(contest).to_json(&contest.question.functions))?;
        }
        finish(lines, &mut manifest.files)?;
        manifest.write(out)?;
        progress(Progress { stage: Stage::Writing, done: 5, total: Some(5) });
        Ok(())
    }
}

#[cfg(test)]
mod tests;
