//! [`Selector`]: how a judge picks one of N candidates. [`best_of_n`] is the short way.
//!
//! | selector | asks | for |
//! |---|---|---|
//! | [`Pointwise`] | N scores | judges that score: cheapest, and gives findings |
//! | [`Knockout`] | N - 1 comparisons in log2 N rounds | judges that compare |
//! | [`RoundRobin`] | N (N - 1) / 2 comparisons in one batch | the most reliable order of a few candidates |
//! | [`Listwise`] | about N / (k - 1) choices among k | judges that choose from a list |
//!
//! What all of them keep to:
//! - candidates that do the same ([`crate::canonical`]) are judged once, and stand side by side in the order;
//! - malformed candidates take part: they are data, and the judge says what they are worth;
//! - an item the judge abstained or failed on is a [`Problem`] and never a 0: a comparison without a verdict is worth a
//!   half-point to both sides, and candidates no judgement was made of come last;
//! - no float picks a winner: integers decide first, then strengths in steps of 1e-6, then the lower index. So the winner does
//!   not depend on the order of the candidates where their strengths differ.

use std::{borrow::Cow, fmt};

use async_trait::async_trait;

use crate::{
    call::Candidate,
    canonical::dedupe,
    error::{ErrorKind, JudgeError},
    judge::{JudgeCard, ToolCallJudge},
    layer::{
        BothOrders,
        ask::{Answer, copy_error},
    },
    observe::CallOptions,
    score::{Outcome, Score, Usage},
    task::Task,
};

mod knockout;
mod listwise;
mod pointwise;
mod round_robin;
mod tally;

pub use knockout::Knockout;
pub use listwise::{Listwise, ListwiseJudge, Pick};
pub use pointwise::Pointwise;
pub use round_robin::RoundRobin;

/// What a selector decided. Indices are those of the candidates as given.
#[derive(Debug)]
#[non_exhaustive]
pub struct Selection {
    /// Index of the winner; of candidates that do the same, the first.
    pub winner: usize,
    /// All candidates, best first.
    pub order: Vec<usize>,
    /// How strong each candidate is: its score (on the judge's scale) or its mean probability in \[0, 1\] of being the better
    /// one. `None` where no judgement was made, which is also the case when there was nothing to choose.
    pub strength: Vec<Option<f64>>,
    /// The scores with their findings, from selectors that score; else all `None`.
    pub scores: Vec<Option<Score>>,
    /// Candidates that were to be judged and of which no judgement was made; they stand last in the order.
    pub unjudged: Vec<usize>,
    /// Scores and comparisons that were to be made and were not, and why.
    pub problems: Vec<Problem>,
    /// Comparisons asked for.
    pub comparisons: usize,
    /// Number of candidates that do different things.
    pub distinct: usize,
    /// What it cost.
    pub usage: Usage,
}

impl Selection {
    /// How many scores or comparisons could not be made: the length of [`Selection::problems`].
    pub fn skipped(&self) -> usize {
        self.problems.len()
    }
}

/// A score or a comparison that could not be made.
#[derive(Debug)]
#[non_exhaustive]
pub struct Problem {
    /// Index of the candidate.
    pub candidate: usize,
    /// Indices of those it was to be compared with; empty when it was to be scored by itself.
    pub others: Vec<usize>,
    /// Why not.
    pub why: Why,
}

/// Why there is no judgement.
#[derive(Debug)]
#[non_exhaustive]
pub enum Why {
    /// The judge has nothing to say about it.
    Abstained(Cow<'static, str>),
    /// The judge broke.
    Failed(JudgeError),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "candidate {}", self.candidate)?;
        if !self.others.is_empty() {
            write!(f, " against {:?}", self.others)?;
        }
        match &self.why {
            Why::Abstained(reason) => write!(f, ": the judge abstained: {reason}"),
            Why::Failed(error) => write!(f, ": {error}"),
        }
    }
}

/// The judgement, or why there is none.
pub(crate) fn verdict<T>(outcome: Outcome<T>) -> Result<T, Why> {
    match outcome {
        Outcome::Judged(judgement) => Ok(judgement),
        Outcome::Abstained { reason } => Err(Why::Abstained(reason)),
        Outcome::Failed(error) => Err(Why::Failed(error)),
    }
}

/// A way to pick one of N candidates with a judge.
#[async_trait]
pub trait Selector: Send + Sync {
    /// Picks the best of `candidates`. One candidate is picked without asking. Errors: no candidates
    /// ([`ErrorKind::InvalidInput`]), a judge that cannot do this ([`ErrorKind::Unsupported`]), or no judgement of any
    /// candidate (the kind of the first failure, [`ErrorKind::Unsupported`] if the judge abstained on all of them).
    async fn select(
        &self,
        judge: &dyn ToolCallJudge,
        task: &Task,
        candidates: &[Candidate],
        options: &CallOptions,
    ) -> Result<Selection, JudgeError>;
}

/// The selector that suits the judge: [`Pointwise`] if it scores, else a [`Knockout`] in both orders ([`BothOrders`], unless the
/// judge is symmetric already).
#[derive(Debug, Clone, Copy, Default)]
#[allow(clippy::exhaustive_structs, reason = "there is nothing to set")]
pub struct Auto;

#[async_trait]
impl Selector for Auto {
    async fn select(
        &self,
        judge: &dyn ToolCallJudge,
        task: &Task,
        candidates: &[Candidate],
        options: &CallOptions,
    ) -> Result<Selection, JudgeError> {
        let card: &JudgeCard = judge.card();
        if card.pointwise.is_some() || !card.pairwise {
            // A judge that can do neither says so itself.
            return Pointwise.select(judge, task, candidates, options).await;
        }
        if card.symmetric {
            return Knockout::default().select(judge, task, candidates, options).await;
        }
        Knockout::default().select(&BothOrders::new(judge), task, candidates, options).await
    }
}

/// Picks the best candidate in the way that suits the judge; see [`Auto`]. With cancellation, a deadline or a seed, call
/// [`Auto`] or another [`Selector`] yourself.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), toolrm_core::error::JudgeError> {
/// use toolrm_core::{call::Candidate, prelude::*};
/// # let task = Task::new(vec![Message::user("hi")], Toolset::new(vec![]).unwrap());
/// let shortest = FromScorer::new(scorer_fn("shortest", |_: &Task, c: &Candidate| match c.action.text() {
///     Some(text) => Outcome::Judged(Score::new(1.0 / (1.0 + text.len() as f64))),
///     None => Outcome::abstained("not a text"),
/// }));
/// let candidates = ["a long answer", "short", "a long  answer"].map(Candidate::text);
/// let selection = best_of_n(&shortest, &task, &candidates).await?;
/// assert_eq!((selection.winner, selection.order), (1, vec![1, 0, 2]));
/// assert_eq!(selection.distinct, 2); // white space aside, the first and the last say the same
/// # Ok(()) }
/// ```
pub async fn best_of_n(
    judge: &dyn ToolCallJudge,
    task: &Task,
    candidates: &[Candidate],
) -> Result<Selection, JudgeError> {
    Auto.select(judge, task, candidates, &CallOptions::default()).await
}

/// The candidates that do different things, in their order, and where they came from.
pub(crate) struct Field<'a> {
    pub(crate) distinct: Vec<&'a Candidate>,
    /// For each distinct candidate, the indices of all that do the same.
    members: Vec<Vec<usize>>,
    total: usize,
}

/// What a selector found out about the distinct candidates; indices count those.
#[derive(Default)]
pub(crate) struct Standing {
    /// All, best first.
    pub(crate) ranking: Vec<usize>,
    /// How strong each is; `None` for those without a judgement.
    pub(crate) strength: Vec<Option<f64>>,
    pub(crate) scores: Vec<Option<Score>>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) comparisons: usize,
    pub(crate) usage: Usage,
}

impl<'a> Field<'a> {
    pub(crate) fn new(candidates: &'a [Candidate]) -> Result<Self, JudgeError> {
        if candidates.is_empty() {
            return Err(JudgeError::new(ErrorKind::InvalidInput, "no candidates: give at least one to choose from"));
        }
        let mut members: Vec<Vec<usize>> = vec![Vec::new(); candidates.len()];
        for (i, first) in dedupe(candidates).into_iter().enumerate() {
            if let Some(group) = members.get_mut(first) {
                group.push(i);
            }
        }
        let (distinct, members) = candidates.iter().zip(members).filter(|(_, group)| !group.is_empty()).unzip();
        Ok(Self { distinct, members, total: candidates.len() })
    }

    /// The selection when there is nothing to choose: one candidate, or all the same.
    pub(crate) fn trivial(&self) -> Option<Selection> {
        let standing = Standing { ranking: vec![0], strength: vec![None], scores: vec![None], ..Standing::default() };
        (self.distinct.len() == 1).then(|| self.selection(standing, false))
    }

    /// The selection a standing means, or the error when nobody was judged.
    pub(crate) fn finish(&self, standing: Standing) -> Result<Selection, JudgeError> {
        if standing.strength.iter().all(Option::is_none) {
            let context = format!("none of the {} candidates could be judged", self.distinct.len());
            return Err(match standing.problems.iter().find_map(Problem::error) {
                Some(error) => copy_error(error).context(context),
                None => JudgeError::new(
                    ErrorKind::Unsupported,
                    match standing.problems.first() {
                        Some(problem) => format!("{context}: {problem}"),
                        None => context,
                    },
                ),
            });
        }
        Ok(self.selection(standing, true))
    }

    /// The index each distinct candidate has among all.
    pub(crate) fn firsts(&self) -> Vec<usize> {
        (0..self.distinct.len()).map(|i| self.first(i)).collect()
    }

    fn first(&self, distinct: usize) -> usize {
        self.members.get(distinct).and_then(|m| m.first()).copied().unwrap_or(distinct)
    }

    fn selection(&self, standing: Standing, asked: bool) -> Selection {
        let Standing { ranking, strength, scores, problems, comparisons, usage } = standing;
        let order: Vec<usize> = ranking.iter().filter_map(|&i| self.members.get(i)).flatten().copied().collect();
        let unjudged = (0..strength.len()).filter(|&i| asked && strength.get(i).is_some_and(Option::is_none));
        Selection {
            winner: ranking.first().map_or(0, |&i| self.first(i)),
            unjudged: unjudged.filter_map(|i| self.members.get(i)).flatten().copied().collect(),
            order,
            strength: self.spread(strength),
            scores: self.spread(scores),
            problems: problems
                .into_iter()
                .map(|p| Problem {
                    candidate: self.first(p.candidate),
                    others: p.others.into_iter().map(|i| self.first(i)).collect(),
                    why: p.why,
                })
                .collect(),
            comparisons,
            distinct: self.distinct.len(),
            usage,
        }
    }

    /// Values of the distinct candidates, for all candidates.
    fn spread<T: Clone + Free>(&self, values: Vec<Option<T>>) -> Vec<Option<T>> {
        let mut out = vec![None; self.total];
        for (value, group) in values.into_iter().zip(&self.members) {
            for &i in group.iter().skip(1) {
                if let Some(slot) = out.get_mut(i) {
                    *slot = value.clone().map(Free::free);
                }
            }
            if let Some(slot) = group.first().and_then(|&i| out.get_mut(i)) {
                *slot = value;
            }
        }
        out
    }
}

/// A copy that costs nothing.
trait Free {
    fn free(self) -> Self;
}
impl Free for f64 {
    fn free(self) -> Self {
        self
    }
}
impl Free for Score {
    fn free(self) -> Self {
        self.with_cost(Usage::default())
    }
}

impl Problem {
    fn error(&self) -> Option<&JudgeError> {
        match &self.why {
            Why::Failed(error) => Some(error),
            Why::Abstained(_) => None,
        }
    }
}

#[cfg(test)]
mod tests;
