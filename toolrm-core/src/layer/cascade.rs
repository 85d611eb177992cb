//! [`Cascade`]: the cheap judge first, the dear one where the cheap one is unsure.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use crate::{
    error::ErrorKind,
    judge::{Comparison, JudgeCard, PairItem, ScoreItem, ToolCallJudge},
    layer::ask::{Answer, Answers, Question, ask, copy_error, deltas_only, judge_by_ask, unsupported},
    observe::CallOptions,
    score::{Outcome, Score},
};

/// How many items a [`Cascade`] was asked and handed on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CascadeStats {
    /// Items asked.
    pub items: u64,
    /// Items handed on to the dear judge.
    pub escalated: u64,
    /// Items handed on that the dear judge gave no judgement of, so that the cheap judge's answer stands, whatever it was.
    pub fell_back: u64,
}

#[derive(Debug, Default)]
struct Counters {
    items: AtomicU64,
    escalated: AtomicU64,
    fell_back: AtomicU64,
}

/// Asks a cheap judge, and hands on to a dear one, in one batch, what the cheap one abstained or failed on and the pairs it is
/// unsure of: `|p_first - 0.5| < unsure_below`, in \[0, 0.5\]. The answer's usage is the cost of both.
///
/// A single score says nothing about how sure it is, so scores are handed on only where there is none; and since scores of the
/// two judges then stand side by side, the cascade scores only if both have the same scale (calibrate them first if they do not
/// mean the same by it). Where the dear judge gives no judgement either, a verdict of the cheap one stands, unsure as it is;
/// [`Cascade::stats`] counts it.
///
/// ```
/// use toolrm_core::{judge::JudgeCard, prelude::*};
/// let cheap = FromScorer::new(RuleScorer::default());
/// let dear = FromScorer::new(scorer_fn("dear", |_: &Task, _: &toolrm_core::call::Candidate| Outcome::Judged(Score::new(0.5))));
/// let judge = cheap.cascade(dear, 0.2);
/// assert_eq!(judge.card().id, "rules>dear");
/// ```
#[derive(Debug, Clone)]
pub struct Cascade<A, B> {
    cheap: A,
    dear: B,
    unsure_below: f64,
    card: JudgeCard,
    counters: Arc<Counters>,
}

impl<A, B> Cascade<A, B> {
    /// What it did so far; clones share it.
    pub fn stats(&self) -> CascadeStats {
        let Counters { items, escalated, fell_back } = &*self.counters;
        let [items, escalated, fell_back] = [items, escalated, fell_back].map(|c| c.load(Ordering::Relaxed));
        CascadeStats { items, escalated, fell_back }
    }
}

impl<A: ToolCallJudge, B: ToolCallJudge> Cascade<A, B> {
    /// `cheap` first, `dear` below that certainty. 0 hands on only what was not judged.
    pub fn new(cheap: A, dear: B, unsure_below: f64) -> Self {
        let (a, b) = (cheap.card(), dear.card());
        let card = JudgeCard {
            id: format!("{}>{}", a.id, b.id).into(),
            fingerprint: format!("cascade[{unsure_below}]({},{})", a.fingerprint, b.fingerprint),
            pointwise: a.pointwise.filter(|_| a.pointwise == b.pointwise),
            pairwise: a.pairwise && b.pairwise,
            symmetric: a.symmetric && b.symmetric,
            deterministic: a.deterministic && b.deterministic,
            max_batch: a.max_batch,
            model: None,
        };
        Self { cheap, dear, unsure_below, card, counters: Arc::default() }
    }

    async fn ask<Q: Question>(&self, items: &[Q], options: &CallOptions) -> Answers<Q::Answer> {
        if !Q::is_answered_by(&self.card) {
            return Err(unsupported::<Q>(&self.card, "both of its judges must, and on the same scale"));
        }
        let mut out = match ask(&self.cheap, items, &deltas_only(options, |i| i)).await {
            Ok(answers) => answers,
            Err(e) if e.kind() == ErrorKind::Cancelled => return Err(e),
            Err(e) => items.iter().map(|_| Outcome::Failed(copy_error(&e))).collect(),
        };
        let unsure: Vec<usize> = out.iter().enumerate().filter(|(_, o)| self.is_unsure(o)).map(|(i, _)| i).collect();
        for i in (0..out.len()).filter(|i| unsure.binary_search(i).is_err()) {
            options.item_done(i);
        }
        self.counters.items.fetch_add(items.len() as u64, Ordering::Relaxed);
        self.counters.escalated.fetch_add(unsure.len() as u64, Ordering::Relaxed);
        let batch: Vec<Q> = unsure.iter().filter_map(|&i| items.get(i).copied()).collect();
        let indices = unsure.clone();
        let inner = deltas_only(options, move |i| indices.get(i).copied().unwrap_or(i));
        let second = match ask(&self.dear, &batch, &inner).await {
            Ok(answers) => answers,
            // Without any judgement of the cheap judge, nothing could be done.
            Err(e) if e.kind() == ErrorKind::Cancelled || !out.iter().any(|o| o.as_judged().is_some()) => {
                return Err(e);
            }
            Err(e) => batch.iter().map(|_| Outcome::Failed(copy_error(&e))).collect(),
        };
        for (i, second) in unsure.into_iter().zip(second) {
            options.item_done(i);
            if let Some(first) = out.get_mut(i) {
                self.settle(first, second);
            }
        }
        Ok(out)
    }

    fn is_unsure<T: Answer>(&self, outcome: &Outcome<T>) -> bool {
        outcome.as_judged().is_none_or(|answer| answer.certainty().is_some_and(|c| c < self.unsure_below))
    }

    /// The dear judge's answer takes the place of the cheap one's, unless it is none and the other is one.
    fn settle<T: Answer>(&self, first: &mut Outcome<T>, second: Outcome<T>) {
        match (first.as_judged().map(Answer::usage), second) {
            (spent, Outcome::Judged(answer)) => {
                let cost = answer.usage() + spent.unwrap_or_default();
                *first = Outcome::Judged(answer.with_cost(cost));
            }
            (spent, second) => {
                self.counters.fell_back.fetch_add(1, Ordering::Relaxed);
                if spent.is_none() {
                    *first = second;
                }
            }
        }
    }
}

judge_by_ask!(Cascade<A, B>);
