//! [`Ensemble`]: several judges, one verdict.

use std::sync::Arc;

use futures_util::future::join_all;

use crate::{
    error::{ErrorKind, JudgeError},
    judge::{Choice, Comparison, JudgeCard, PairItem, ScoreItem, ToolCallJudge},
    layer::ask::{Answer, Answers, Question, ask, copy_error, deltas_only, judge_by_ask, unsupported},
    observe::CallOptions,
    score::{Outcome, Score, ScoreScale, Usage},
};

/// How members' comparisons become one. Scores are always combined by their weighted mean.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Combine {
    /// `p_first` is the weighted mean of the members' probabilities: a sure member outweighs an unsure one.
    #[default]
    Mean,
    /// `p_first` is the weighted share of votes for the first, a tie being half a vote for both: every member counts the same,
    /// however sure it is. For members whose probabilities mean different things.
    Majority,
}

/// Asks several judges at once and combines what they say.
///
/// - Members that abstain or fail on an item are left out of it. With fewer than `quorum` judgements left (default: more than
///   half of the members) the item fails with the first failure, or abstains if nobody failed.
/// - It scores only if all members score on the same scale, [`ScoreScale::Unit`] or [`ScoreScale::Logit`]; the mean of open
///   scales means nothing.
/// - `consistent` is the worst the members say. Findings are put together, most severe first, critiques one after the other.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), toolrm_core::error::JudgeError> {
/// use std::sync::Arc;
/// use toolrm_core::{call::Candidate, layer::{Combine, Ensemble}, prelude::*};
/// # let task = Task::new(vec![Message::user("hi")], Toolset::new(vec![]).unwrap());
/// let says = |value: f64| -> Arc<dyn ToolCallJudge> {
///     Arc::new(FromScorer::new(scorer_fn(format!("says {value}"), move |_: &Task, _: &Candidate| Outcome::Judged(Score::new(value)))))
/// };
/// let judge = Ensemble::new([says(0.2), says(0.4), says(1.0)])?.with_weights(&[1.0, 1.0, 2.0])?.with_rule(Combine::Majority);
/// let candidate = Candidate::text("a");
/// let out = judge.score(&[ScoreItem { task: &task, candidate: &candidate }], &CallOptions::default()).await?;
/// assert!((out[0].as_judged().unwrap().value - 0.65).abs() < 1e-9);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Ensemble {
    members: Vec<(Arc<dyn ToolCallJudge>, f64)>,
    rule: Combine,
    quorum: usize,
    card: JudgeCard,
}

impl std::fmt::Debug for Ensemble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ensemble").field("card", &self.card).finish_non_exhaustive()
    }
}

impl Ensemble {
    /// An ensemble of equal members, by [`Combine::Mean`]. Error: no members.
    pub fn new(members: impl IntoIterator<Item = Arc<dyn ToolCallJudge>>) -> Result<Self, JudgeError> {
        let members: Vec<_> = members.into_iter().map(|judge| (judge, 1.0)).collect();
        if members.is_empty() {
            return Err(JudgeError::new(ErrorKind::InvalidInput, "an ensemble needs at least one member"));
        }
        let quorum = members.len() / 2 + 1;
        let card = card(&members, Combine::Mean, quorum);
        Ok(Self { members, rule: Combine::Mean, quorum, card })
    }

    /// Sets the members' weights, in their order. Error: another number of weights than members, or one that is not positive.
    pub fn with_weights(mut self, weights: &[f64]) -> Result<Self, JudgeError> {
        if weights.len() != self.members.len() {
            let message = format!("{} weights for {} members of an ensemble", weights.len(), self.members.len());
            return Err(JudgeError::new(ErrorKind::InvalidInput, message));
        }
        if let Some(bad) = weights.iter().find(|w| !(w.is_finite() && **w > 0.0)) {
            let message = format!("the weight {bad} of an ensemble's member is not a positive number");
            return Err(JudgeError::new(ErrorKind::InvalidInput, message));
        }
        for (member, weight) in self.members.iter_mut().zip(weights) {
            member.1 = *weight;
        }
        self.card = card(&self.members, self.rule, self.quorum);
        Ok(self)
    }

    /// Sets how comparisons are combined.
    pub fn with_rule(mut self, rule: Combine) -> Self {
        self.rule = rule;
        self.card = card(&self.members, rule, self.quorum);
        self
    }

    /// Sets the fewest members that must judge an item. Error: not between 1 and the number of members.
    pub fn with_quorum(mut self, quorum: usize) -> Result<Self, JudgeError> {
        if !(1..=self.members.len()).contains(&quorum) {
            let message = format!("a quorum of {quorum} in an ensemble of {}", self.members.len());
            return Err(JudgeError::new(ErrorKind::InvalidInput, message));
        }
        self.quorum = quorum;
        self.card = card(&self.members, self.rule, quorum);
        Ok(self)
    }

    async fn ask<Q: Question>(&self, items: &[Q], options: &CallOptions) -> Answers<Q::Answer>
    where
        Q::Answer: Combined,
    {
        if !Q::is_answered_by(&self.card) {
            return Err(unsupported::<Q>(&self.card, "enough of its members must, and for scores all, on one scale"));
        }
        let inner = deltas_only(options, |i| i);
        let answers = join_all(self.members.iter().map(|(judge, _)| ask(judge, items, &inner))).await;
        let all_broken = answers.iter().all(Result::is_err);
        let mut columns = Vec::with_capacity(answers.len());
        for answers in answers {
            columns.push(match answers {
                Ok(answers) => answers.into_iter(),
                Err(e) if all_broken || e.kind() == ErrorKind::Cancelled => return Err(e),
                Err(e) => items.iter().map(|_| Outcome::Failed(copy_error(&e))).collect::<Vec<_>>().into_iter(),
            });
        }
        let rows = (0..items.len()).map(|i| {
            options.item_done(i);
            self.combine(columns.iter_mut().filter_map(Iterator::next).collect())
        });
        Ok(rows.collect())
    }

    /// One item's outcomes, in the order of the members, as one.
    fn combine<A: Combined>(&self, outcomes: Vec<Outcome<A>>) -> Outcome<A> {
        let (mut votes, mut failure, mut reason) = (Vec::new(), None, None);
        for ((judge, weight), outcome) in self.members.iter().zip(outcomes) {
            match outcome {
                Outcome::Judged(answer) => votes.push(Vote { id: &judge.card().id, weight: *weight, answer }),
                Outcome::Failed(e) => failure = failure.or(Some(e)),
                Outcome::Abstained { reason: why } => reason = reason.or(Some(why)),
            }
        }
        if votes.len() >= self.quorum {
            return Outcome::Judged(A::combine(&votes, self.rule));
        }
        let short = format!("{} of {} members judged, {} must", votes.len(), self.members.len(), self.quorum);
        match (failure, reason) {
            (Some(e), _) => Outcome::Failed(e.context(short)),
            (None, reason) => Outcome::abstained(format!("{short}: {}", reason.unwrap_or_default())),
        }
    }
}

fn card(members: &[(Arc<dyn ToolCallJudge>, f64)], rule: Combine, quorum: usize) -> JudgeCard {
    let cards = || members.iter().map(|(judge, _)| judge.card());
    let weighted: Vec<_> = members.iter().map(|(judge, w)| format!("{w}*{}", judge.card().fingerprint)).collect();
    let scale = cards().next().and_then(|c| c.pointwise);
    JudgeCard {
        id: cards().map(|c| &*c.id).collect::<Vec<_>>().join("+").into(),
        fingerprint: format!("ensemble[{rule:?},{quorum}]({})", weighted.join(",")),
        pointwise: scale.filter(|s| *s != ScoreScale::Open && cards().all(|c| c.pointwise == Some(*s))),
        pairwise: cards().filter(|c| c.pairwise).count() >= quorum,
        symmetric: cards().all(|c| c.symmetric),
        deterministic: cards().all(|c| c.deterministic),
        max_batch: usize::MAX,
        model: None,
    }
}

struct Vote<'a, A> {
    id: &'a str,
    weight: f64,
    answer: A,
}

trait Combined: Answer {
    /// At least one vote as one.
    fn combine(votes: &[Vote<'_, Self>], rule: Combine) -> Self;
}

impl Combined for Score {
    fn combine(votes: &[Vote<'_, Self>], _: Combine) -> Self {
        let mut findings: Vec<_> = votes.iter().flat_map(|v| v.answer.findings.iter().cloned()).collect();
        findings.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        let critique = critiques(votes, |score| score.critique.as_deref());
        Score { value: mean(votes, |score| score.value), findings, critique, usage: usage(votes) }
    }
}

impl Combined for Comparison {
    fn combine(votes: &[Vote<'_, Self>], rule: Combine) -> Self {
        let p = mean(votes, |c| match (rule, c.choice) {
            (Combine::Mean, _) => c.p_first,
            (Combine::Majority, Choice::First) => 1.0,
            (Combine::Majority, Choice::Second) => 0.0,
            (Combine::Majority, Choice::Tie) => 0.5,
        });
        Comparison {
            critique: critiques(votes, |c| c.critique.as_deref()),
            consistent: votes.iter().filter_map(|v| v.answer.consistent).reduce(|a, b| a && b),
            usage: usage(votes),
            ..Comparison::from_probability(p)
        }
    }
}

fn mean<A>(votes: &[Vote<'_, A>], value: impl Fn(&A) -> f64) -> f64 {
    let total: f64 = votes.iter().map(|v| v.weight).sum();
    // Weights first, so that a mean never leaves the range of what it is the mean of by overflow.
    votes.iter().map(|v| v.weight / total * value(&v.answer)).sum()
}

fn usage<A: Answer>(votes: &[Vote<'_, A>]) -> Usage {
    votes.iter().fold(Usage::default(), |sum, v| sum + v.answer.usage())
}

fn critiques<A>(votes: &[Vote<'_, A>], critique: impl Fn(&A) -> Option<&str>) -> Option<String> {
    let all: Vec<_> =
        votes.iter().filter_map(|v| critique(&v.answer).map(|text| format!("{}: {text}", v.id))).collect();
    (!all.is_empty()).then(|| all.join("\n\n"))
}

judge_by_ask!(Ensemble);
