//! [`Listwise`]: the judge sees several candidates at once and chooses one.

use async_trait::async_trait;
use futures_util::future::{join, join_all};

use super::{
    Field, Selection,
    tally::{Tally, apart},
    verdict,
};
use crate::{
    call::Candidate,
    error::{ErrorKind, JudgeError},
    judge::ToolCallJudge,
    observe::CallOptions,
    score::{Outcome, Usage},
    task::Task,
};

/// What a listwise judge chose.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Pick {
    /// Index of the best candidate in the list as it was shown.
    pub index: usize,
    /// A critique in words, when a model wrote one.
    pub critique: Option<String>,
    /// What it cost.
    pub usage: Usage,
}

impl Pick {
    /// A choice without words.
    pub fn new(index: usize) -> Self {
        Self { index, critique: None, usage: Usage::default() }
    }

    /// Adds a critique.
    pub fn with_critique(mut self, critique: impl Into<String>) -> Self {
        self.critique = Some(critique.into());
        self
    }

    /// Adds the cost.
    pub fn with_usage(mut self, usage: Usage) -> Self {
        self.usage = usage;
        self
    }
}

/// A judge that can choose the best of a list, shown in the order given.
#[async_trait]
pub trait ListwiseJudge: ToolCallJudge {
    /// The best of `candidates` (two or more). As everywhere, the outer error means that nothing could be done.
    async fn choose(
        &self,
        task: &Task,
        candidates: &[&Candidate],
        options: &CallOptions,
    ) -> Result<Outcome<Pick>, JudgeError>;
}

/// Shows windows of at most `window` candidates to a [`ListwiseJudge`]; the chosen ones advance until one is left. The windows
/// of a round are asked concurrently: put a limit into the judge where that is too many.
///
/// Each window is shown in both orders, forwards and backwards, unless [`Listwise::single_order`] says otherwise: a choice that
/// depends on the order is a tie of the two chosen, and of those the lower index advances, so that a judge that always takes
/// the first (or the last) keeps candidate 0. After a window without a verdict all of it stay in; two such windows in a row and a candidate is
/// out. Ranked by the round reached, half-points, share of views that chose it, lower index.
///
/// It is no [`super::Selector`], because a [`ToolCallJudge`] cannot choose from a list; it selects by itself.
#[derive(Debug, Clone)]
pub struct Listwise<L> {
    judge: L,
    window: usize,
    both_orders: bool,
}

impl<L: ListwiseJudge> Listwise<L> {
    /// Windows of 5.
    pub fn new(judge: L) -> Self {
        Self { judge, window: 5, both_orders: true }
    }

    /// Sets the size of a window; under 2 counts as 2.
    pub fn with_window(mut self, window: usize) -> Self {
        self.window = window.max(2);
        self
    }

    /// Shows each window once, in the order of the indices: half the cost, and all of the judge's position bias.
    pub fn single_order(mut self) -> Self {
        self.both_orders = false;
        self
    }

    /// Picks the best of `candidates`; errors as in [`super::Selector::select`].
    pub async fn select(
        &self,
        task: &Task,
        candidates: &[Candidate],
        options: &CallOptions,
    ) -> Result<Selection, JudgeError> {
        let field = Field::new(candidates)?;
        if let Some(only) = field.trivial() {
            return Ok(only);
        }
        let mut tally = Tally::new(field.distinct.len());
        let mut alive: Vec<usize> = (0..field.distinct.len()).collect();
        for round in 1.. {
            if alive.len() < 2 {
                break;
            }
            let windows: Vec<&[usize]> = alive.chunks(self.window).collect();
            let views = windows.iter().map(|window| self.view(task, &field, window, options));
            let outcomes = join_all(views).await;
            let (mut winners, mut open) = (Vec::with_capacity(windows.len()), Vec::new());
            for (window, outcome) in windows.into_iter().zip(outcomes) {
                match outcome? {
                    Some(outcome) => match book(&mut tally, window, outcome) {
                        Some(winner) => winners.push(winner),
                        None => open.extend(window.iter().copied().filter(|&p| tally.survives(p))),
                    },
                    None => winners.extend_from_slice(window),
                }
            }
            alive = apart(winners, &open);
            tally.reached(&alive, round);
        }
        field.finish(tally.standing())
    }

    /// Who of a window is chosen, forwards and backwards; `None` for a window of one, which nobody is asked about.
    async fn view(
        &self,
        task: &Task,
        field: &Field<'_>,
        window: &[usize],
        options: &CallOptions,
    ) -> Result<Option<Outcome<Verdict>>, JudgeError> {
        if window.len() < 2 {
            return Ok(None);
        }
        let forward = self.show(task, field, window, options);
        if !self.both_orders {
            return Ok(Some(forward.await?.map(|(chosen, usage)| Verdict { chosen: [chosen; 2], usage })));
        }
        let backwards: Vec<usize> = window.iter().rev().copied().collect();
        let (a, b) = join(forward, self.show(task, field, &backwards, options)).await;
        Ok(Some(a?.zip(b?).map(|((a, cost_a), (b, cost_b))| Verdict { chosen: [a, b], usage: cost_a + cost_b })))
    }

    /// Shows one list and says which of `shown` was chosen.
    async fn show(
        &self,
        task: &Task,
        field: &Field<'_>,
        shown: &[usize],
        options: &CallOptions,
    ) -> Result<Outcome<(usize, Usage)>, JudgeError> {
        options.check()?;
        let list: Vec<&Candidate> = shown.iter().filter_map(|&i| field.distinct.get(i).copied()).collect();
        Ok(match self.judge.choose(task, &list, options).await? {
            Outcome::Judged(pick) => match shown.get(pick.index) {
                Some(&chosen) => Outcome::Judged((chosen, pick.usage)),
                None => Outcome::Failed(JudgeError::new(
                    ErrorKind::Backend,
                    format!("the judge chose candidate {} of a list of {}", pick.index, shown.len()),
                )),
            },
            Outcome::Abstained { reason } => Outcome::Abstained { reason },
            Outcome::Failed(error) => Outcome::Failed(error),
        })
    }
}

/// Whom the two views of a window chose.
struct Verdict {
    chosen: [usize; 2],
    usage: Usage,
}

/// Books a window and says who of it is chosen.
fn book(tally: &mut Tally, window: &[usize], outcome: Outcome<Verdict>) -> Option<usize> {
    match verdict(outcome) {
        Ok(Verdict { chosen, usage }) => {
            tally.cost(usage);
            for &player in window {
                let views: u32 = chosen.iter().map(|&c| u32::from(c == player)).sum();
                tally.judge(player, views, f64::from(views) / 2.0);
            }
            chosen.into_iter().min()
        }
        Err(why) => {
            tally.unjudged(window, why);
            None
        }
    }
}
