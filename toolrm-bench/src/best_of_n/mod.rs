//! Best of N: of the answers that many models gave to one question, which one does a judge pick, and is it right?
//!
//! [`curves`] gives, for every N and [`Strategy`], the probability that the answer picked among N answers is right: the mean over all
//! ways to draw N of a question's answers, then the mean over questions, with a 95 % interval over questions.
//!
//! - Exact, by the hypergeometric distribution, for everything but tournaments: the mean and the oracle, a judge that scores, and votes
//!   with their ties, as long as there are at most [`EXACT`] kinds of draws; of more, [`DRAWS`] draws are made.
//! - A judge that compares plays a tournament of [`Options::select`] over each of [`Options::tournaments`] draws. It is asked of every
//!   pair of a question's distinct answers, which is much where a hundred models answered (some 220 pairs a question, 20 distinct
//!   answers, on the Berkeley leaderboard's): [`Progress`] tells how many before the second batch. Give fewer questions or models.
//! - Draws come of a hash of the seed, the question's id and the draw: the same on any machine and in any order of questions, answers
//!   and models.
//! - Answers that do the same ([`toolrm_core::canonical`]) are judged once for each question. All judgements are made first, in batches
//!   over questions; no draw asks again. What cannot be read as calls takes part like any other answer.
//! - An answer that the judge abstains or fails on is counted, and picked only where nothing else is there (or where votes decide);
//!   a comparison without a verdict is counted, and worth half a point to both sides.

mod ask;
mod chance;
mod curves;
mod field;
mod tournament;

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};
use toolrm_core::{
    error::{ErrorKind, JudgeError},
    judge::{JudgeCard, ToolCallJudge},
    measure::Bootstrap,
    observe::CallOptions,
    score::Usage,
};

use crate::trbench::Group;

pub use curves::{CategoryCurves, Curve, Curves};
pub use field::{DRAWS, EXACT};

use field::Field;
use tournament::Tournament;

/// How one of several answers is picked. Where answers are equally good by it, each of them is as likely.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(clippy::exhaustive_enums, reason = "a curve of the plot each")]
pub enum Strategy {
    /// Any: what a pick at random is worth.
    Mean,
    /// The one most models gave: the same calls, in whatever order.
    Vote,
    /// The one the judge likes best.
    Judge,
    /// The one most models gave; of equal votes the one the judge likes best.
    VoteThenJudge,
    /// The one the judge likes best; of those it likes alike the one most models gave.
    JudgeThenVote,
    /// A right one, if there is one: no strategy can do better.
    Oracle,
}

impl Strategy {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Mean, Self::Vote, Self::Judge, Self::VoteThenJudge, Self::JudgeThenVote, Self::Oracle];

    /// Its name with a judge's in its place: `mean`, `majority`, `rules`, `majority, ties by rules`, ..
    pub fn name(self, judge: &str) -> String {
        match self {
            Self::Mean => "mean".into(),
            Self::Vote => "majority".into(),
            Self::Judge => judge.into(),
            Self::VoteThenJudge => format!("majority, ties by {judge}"),
            Self::JudgeThenVote => format!("{judge}, ties by majority"),
            Self::Oracle => "oracle".into(),
        }
    }

    /// Whether the judge has a say in it.
    pub fn asks_judge(self) -> bool {
        matches!(self, Self::Judge | Self::VoteThenJudge | Self::JudgeThenVote)
    }
}

/// How the judge picks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Select {
    /// By its scores if it scores, else by a knockout.
    #[default]
    Auto,
    /// The highest score ([`toolrm_core::select::Pointwise`]).
    Pointwise,
    /// [`toolrm_core::select::Knockout`], every pair judged in both orders unless the judge is symmetric.
    Knockout,
    /// [`toolrm_core::select::RoundRobin`], every pair judged in both orders unless the judge is symmetric.
    RoundRobin,
}

impl Select {
    /// What it means for a judge.
    fn of(self, card: &JudgeCard) -> Result<Self, BestOfNError> {
        let (able, does) = match self {
            Self::Auto if card.pointwise.is_some() => return Ok(Self::Pointwise),
            Self::Auto => (card.pairwise, "neither scores nor compares answers"),
            Self::Pointwise => (card.pointwise.is_some(), "does not score answers: choose knockout or round_robin"),
            Self::Knockout | Self::RoundRobin => (card.pairwise, "does not compare answers: choose pointwise"),
        };
        if !able {
            return Err(JudgeError::new(ErrorKind::Unsupported, format!("judge \"{}\" {does}", card.id)).into());
        }
        Ok(if self == Self::Auto { Self::Knockout } else { self })
    }
}

/// What is measured.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Options {
    /// Numbers of answers. Questions with fewer answers than the largest one are left out, so that all points are over the same
    /// questions.
    pub sizes: Vec<usize>,
    /// How the judge picks.
    pub select: Select,
    /// Draws of a question and a number of answers over which a tournament is played.
    pub tournaments: u32,
}

impl Default for Options {
    /// 1, 2, 4, 8 and 16 answers; as suits the judge; 20 tournaments.
    fn default() -> Self {
        Self { sizes: vec![1, 2, 4, 8, 16], select: Select::Auto, tournaments: 20 }
    }
}

impl Options {
    /// Sets the numbers of answers.
    pub fn with_sizes(mut self, sizes: impl Into<Vec<usize>>) -> Self {
        self.sizes = sizes.into();
        self
    }

    /// Drops the numbers of which no question has so many answers; without any answers at all the numbers stay.
    pub fn within(mut self, groups: &[Group]) -> Self {
        let most = groups.iter().map(|group| group.entries.len()).max().unwrap_or_default();
        if most > 0 {
            self.sizes.retain(|&size| size <= most);
        }
        self
    }

    /// Sets how the judge picks.
    pub fn with_select(mut self, select: Select) -> Self {
        self.select = select;
        self
    }

    /// Sets the number of draws over which a tournament is played.
    pub fn with_tournaments(mut self, tournaments: u32) -> Self {
        self.tournaments = tournaments;
        self
    }
}

/// Why there are no curves.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BestOfNError {
    /// No question has enough answers.
    #[error(
        "none of the {questions} questions has {size} answers, the most is {most}; ask for smaller N or give more answers"
    )]
    TooFewAnswers {
        /// How many questions were given.
        questions: usize,
        /// The largest number of answers asked for.
        size: usize,
        /// The most answers a question has.
        most: usize,
    },
    /// Numbers of answers, or of tournaments, that mean nothing.
    #[error("{0}")]
    Options(&'static str),
    /// Two questions with one id: their draws would be the same.
    #[error("two groups have the id \"{0}\"; give every question once")]
    DuplicateId(String),
    /// The judge cannot do this, was cancelled, or broke as a whole. What it said before is lost unless it is
    /// [cached](toolrm_core::layer::Cached).
    #[error("no curves: {0}")]
    Judge(#[from] JudgeError),
}

/// What is done so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "a step, and how far it is")]
pub struct Progress {
    /// What is being done.
    pub step: Step,
    /// How many of them are done.
    pub done: usize,
    /// Out of how many.
    pub of: usize,
}

/// The two steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "judging, then drawing: there is no third")]
pub enum Step {
    /// Distinct answers are scored, or pairs of them compared.
    Judgements,
    /// Questions are drawn from.
    Questions,
}

/// The curves of a judge over questions with recorded answers, and what they are between: the mean and the oracle.
///
/// `source` is the name of the questions in the result. `call` carries cancellation, deadline and the seed of draws and intervals; its
/// observer is not told anything, `progress` is.
///
/// # Errors
/// See [`BestOfNError`]. An answer the judge could not judge is no error: it is counted.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), toolrm_bench::best_of_n::BestOfNError> {
/// use toolrm_bench::{best_of_n::{Options, Strategy, curves}, trbench::{Group, GroupEntry}};
/// use toolrm_core::{call::Candidate, prelude::*};
/// let task = Task::new(vec![Message::user("hi")], Toolset::new(vec![]).unwrap());
/// let answer = |model: &str, text: &str, right| GroupEntry::new(model, Candidate::text(text), right);
/// let entries = vec![answer("a", "yes", true), answer("b", "no", false), answer("c", "no", false)];
/// let group = Group::new("q", "small talk", task).with_entries(entries);
/// let shorter = FromScorer::new(scorer_fn("longer", |_: &Task, c: &Candidate| {
///     Outcome::Judged(Score::new(c.action.text().map_or(0.0, |t| t.len() as f64)))
/// }));
/// let options = Options::default().with_sizes([1, 2, 3]);
/// let found = curves("talk", &[group], &shorter, &options, &CallOptions::default(), &|_| ()).await?;
/// let judge = found.curve(Strategy::Judge).unwrap();
/// // Of the three ways to draw two answers, two hold the right one, which is the longer one.
/// assert!((judge.points[1].accuracy.value.unwrap() - 2.0 / 3.0).abs() < 1e-12);
/// assert_eq!(found.curve(Strategy::Vote).unwrap().points[2].accuracy.value, Some(0.0));
/// # Ok(()) }
/// ```
pub async fn curves(
    source: &str,
    groups: &[Group],
    judge: &dyn ToolCallJudge,
    options: &Options,
    call: &CallOptions,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Curves, BestOfNError> {
    let select = options.select.of(judge.card())?;
    let kept = kept(groups, options)?;
    let mut fields: Vec<Field<'_>> = kept.iter().map(|group| Field::new(group)).collect();
    let watch = ask::Watch { call, progress };
    let (tables, asked) = match select {
        Select::Pointwise => (None, ask::scores(&mut fields, judge, &watch).await?),
        _ => ask::tables(&fields, judge, &watch).await.map(|(tables, asked)| (Some(tables), asked))?,
    };
    let mut expected = Vec::with_capacity(fields.len());
    for (i, field) in fields.iter().enumerate() {
        call.check()?;
        let mut tournament =
            tables.as_ref().and_then(|tables| tables.get(i)).map(|table| Tournament::new(table, select));
        let mut by_size = Vec::with_capacity(options.sizes.len());
        for &n in &options.sizes {
            by_size.push(match &mut tournament {
                None => field.expected(n, call.seed),
                Some(tournament) => {
                    let drawn = tournament.expected(field, n, call, options.tournaments).await?;
                    field.expected_beside(drawn, n, call.seed)
                }
            });
        }
        expected.push(by_size);
        progress(Progress { step: Step::Questions, done: i + 1, of: fields.len() });
    }
    let models: HashSet<&str> = kept.iter().flat_map(|g| &g.entries).map(|e| e.model.as_str()).collect();
    let curves_of = |rows: &[&Vec<Expected>]| curves::of(rows, &options.sizes, &Bootstrap::new(rows.len(), call.seed));
    let mut categories: BTreeMap<&str, Vec<&Vec<Expected>>> = BTreeMap::new();
    for (group, by_size) in kept.iter().zip(&expected) {
        categories.entry(&group.category).or_default().push(by_size);
    }
    let categories = categories.into_iter().map(|(category, rows)| CategoryCurves {
        category: category.to_owned(),
        questions: rows.len(),
        curves: curves_of(&rows),
    });
    Ok(Curves {
        source: source.to_owned(),
        judge: judge.card().id.to_string(),
        fingerprint: judge.card().fingerprint.clone(),
        select,
        seed: call.seed,
        questions: kept.len(),
        left_out: groups.len() - kept.len(),
        models: models.len(),
        answers: kept.iter().map(|group| group.entries.len()).sum(),
        judged: asked.judged,
        abstained: asked.abstained,
        failed: asked.failed,
        usage: asked.usage,
        curves: curves_of(&expected.iter().collect::<Vec<_>>()),
        categories: categories.collect(),
    })
}

/// What each strategy is worth on one question, in the order of [`Strategy::ALL`].
type Expected = [f64; Strategy::ALL.len()];

/// What was asked of the judge.
#[derive(Debug, Clone, Copy, Default)]
struct Asked {
    judged: usize,
    abstained: usize,
    failed: usize,
    usage: Usage,
}

/// The questions with enough answers, by id.
pub(crate) fn kept<'g>(groups: &'g [Group], options: &Options) -> Result<Vec<&'g Group>, BestOfNError> {
    let ascending = options.sizes.iter().zip(options.sizes.iter().skip(1)).all(|(a, b)| a < b);
    if options.sizes.first().is_none_or(|&least| least == 0) || !ascending {
        return Err(BestOfNError::Options(
            "numbers of answers that are not 1 or more, each larger than the one before",
        ));
    }
    if options.tournaments == 0 {
        return Err(BestOfNError::Options("no tournaments to be played; ask for 1 or more"));
    }
    let mut ids = HashSet::with_capacity(groups.len());
    if let Some(group) = groups.iter().find(|group| !ids.insert(group.id.as_str())) {
        return Err(BestOfNError::DuplicateId(group.id.clone()));
    }
    let size = options.sizes.last().copied().unwrap_or(1);
    let mut kept: Vec<&Group> = groups.iter().filter(|group| group.entries.len() >= size).collect();
    if kept.is_empty() {
        let most = groups.iter().map(|group| group.entries.len()).max().unwrap_or(0);
        return Err(BestOfNError::TooFewAnswers { questions: groups.len(), size, most });
    }
    kept.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(kept)
}

#[cfg(test)]
mod tests;
