//! The laws every judge keeps, as checks and as ready-made tests.
//!
//! ```
//! # #[cfg(feature = "testkit")] {
//! use toolrm_core::{prelude::*, testkit::conformance::{Law, check_judge}};
//! let judge = FromScorer::new(scorer_fn("calls", |_: &Task, c: &Candidate| {
//!     Outcome::Judged(Score::new(if c.action.calls().is_empty() { 0.0 } else { 1.0 }))
//! }));
//! for law in Law::ALL {
//!     check_judge(&judge, *law).unwrap();
//! }
//! let broken = FromScorer::new(scorer_fn("broken", |_: &Task, _: &Candidate| Outcome::Judged(Score::new(7.0))));
//! assert!(check_judge(&broken, Law::ScoresOnScale).unwrap_err().to_string().contains("7 is outside [0, 1]"));
//! # }
//! ```

use std::{fmt, sync::Arc, time::Duration};

use super::{Case, block_on, cases};
use crate::{
    call::{Action, Candidate},
    cancel::Cancel,
    error::{ErrorKind, JudgeError},
    judge::{Choice, Comparison, FromScorer, PairItem, ScoreItem, ToolCallJudge, quantise},
    observe::{CallOptions, Observer},
    score::{Outcome, Score, ScoreScale, Scorer},
};

/// How far two runs of the same judgement may be apart, relative to their size (absolutely under 1): what batching does to
/// floating-point sums in a model.
pub const TOLERANCE: f64 = 1e-4;

/// A law of judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Law {
    /// The card has an id and a fingerprint, the judge can do what the card says, and says [`ErrorKind::Unsupported`] to the rest.
    CardIsTrue,
    /// One outcome per item.
    OneOutcomePerItem,
    /// A deterministic judge says of an item in a batch, wherever it stands, what it says of it alone.
    BatchEqualsSingle,
    /// A deterministic judge says the same twice.
    SameTwice,
    /// A cancelled call ends in [`ErrorKind::Cancelled`], one whose deadline has passed in [`ErrorKind::Timeout`], and a call
    /// cancelled on its way ends so or is complete.
    CancelStops,
    /// An empty batch gives an empty result.
    EmptyBatch,
    /// No score is NaN, and on [`ScoreScale::Unit`] all are in \[0, 1\].
    ScoresOnScale,
    /// `p_first` is a probability, and the choice goes with it.
    ComparisonsAreSound,
    /// A deterministic judge that both scores and compares does not prefer the one it scores lower.
    CompareFollowsScore,
    /// Candidates that call tools are judged or abstained from, and not all abstained from.
    CallsAreJudged,
    /// Candidates in words are judged or abstained from.
    TextIsFine,
    /// Malformed candidates are judged or abstained from.
    MalformedIsFine,
    /// Tasks without tools are judged or abstained from.
    EmptyToolsetIsFine,
    /// All scripts of the world are judged or abstained from.
    UnicodeIsFine,
}

impl Law {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::CardIsTrue,
        Self::OneOutcomePerItem,
        Self::BatchEqualsSingle,
        Self::SameTwice,
        Self::CancelStops,
        Self::EmptyBatch,
        Self::ScoresOnScale,
        Self::ComparisonsAreSound,
        Self::CompareFollowsScore,
        Self::CallsAreJudged,
        Self::TextIsFine,
        Self::MalformedIsFine,
        Self::EmptyToolsetIsFine,
        Self::UnicodeIsFine,
    ];
}

/// A law that does not hold, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Breach {
    /// Which law.
    pub law: Law,
    /// Where and how it is broken.
    pub what: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.law, self.what)
    }
}

impl std::error::Error for Breach {}

/// Checks one law on one judge, over [`cases()`].
pub fn check_judge(judge: &dyn ToolCallJudge, law: Law) -> Result<(), Breach> {
    let cases = cases();
    let bench = Bench { judge, cases: &cases };
    bench.check(law).map_err(|what| Breach { law, what })
}

/// Checks one law on one scorer: as a judge, and that it never says NaN, which a judge made of it would report as a failure.
pub fn check_scorer<S: Scorer>(scorer: &S, law: Law) -> Result<(), Breach> {
    if law == Law::ScoresOnScale {
        for case in cases() {
            for sample in &case.samples {
                if let Outcome::Judged(score) = scorer.score(&case.task, &sample.candidate) {
                    on_scale(scorer.scale(), score.value)
                        .map_err(|what| Breach { law, what: format!("{} ({}): {what}", case.name, sample.why) })?;
                }
            }
        }
    }
    check_judge(&FromScorer::new(scorer), law)
}

/// What the macros expand to: panics when the law is broken and not excepted.
#[doc(hidden)]
#[allow(clippy::panic, reason = "this is how a test fails")]
pub fn assert_kept(law: Law, except: &[Law], check: impl FnOnce(Law) -> Result<(), Breach>) {
    if except.contains(&law) {
        return;
    }
    if let Err(breach) = check(law) {
        panic!("{breach}");
    }
}

type Checked = Result<(), String>;

struct Bench<'a> {
    judge: &'a dyn ToolCallJudge,
    cases: &'a [Case],
}

impl<'a> Bench<'a> {
    fn check(&self, law: Law) -> Checked {
        match law {
            Law::CardIsTrue => self.card_is_true(),
            Law::OneOutcomePerItem => self.one_outcome_per_item(),
            Law::BatchEqualsSingle => self.batch_equals_single(),
            Law::SameTwice => self.same_twice(),
            Law::CancelStops => self.cancel_stops(),
            Law::EmptyBatch => self.empty_batch(),
            Law::ScoresOnScale => self.scores_on_scale(),
            Law::ComparisonsAreSound => self.comparisons_are_sound(),
            Law::CompareFollowsScore => self.compare_follows_score(),
            Law::CallsAreJudged => self.calls_are_judged(),
            Law::TextIsFine => self.none_fails(|_, c| c.action.text().is_some()),
            Law::MalformedIsFine => self.none_fails(|_, c| c.action.is_malformed()),
            Law::EmptyToolsetIsFine => self.none_fails(|case, _| case.task.tools().is_empty()),
            Law::UnicodeIsFine => self.none_fails(|case, _| case.name == "unicode"),
        }
    }

    fn items(&self) -> Vec<ScoreItem<'a>> {
        let all = self.cases.iter().flat_map(|case| case.samples.iter().map(move |s| (case, &s.candidate)));
        all.map(|(case, candidate)| ScoreItem { task: &case.task, candidate }).collect()
    }

    /// Good against bad in both orders, and each candidate against itself.
    fn pairs(&self) -> Vec<PairItem<'a>> {
        let mut pairs = Vec::new();
        for case in self.cases {
            let task = &case.task;
            for (good, bad) in case.pairs() {
                pairs.push(PairItem { task, first: good, second: bad });
                pairs.push(PairItem { task, first: bad, second: good });
            }
            pairs.extend(case.samples.iter().map(|s| PairItem { task, first: &s.candidate, second: &s.candidate }));
        }
        pairs
    }

    /// Scores in batches of at most `size`; `None` when the card says that the judge does not score.
    fn score(&self, items: &[ScoreItem<'_>], size: usize) -> Result<Option<Vec<Outcome<Score>>>, String> {
        if self.judge.card().pointwise.is_none() {
            return Ok(None);
        }
        in_batches(items, size.min(self.judge.card().max_batch), |batch| {
            block_on(self.judge.score(batch, &CallOptions::default()))
        })
        .map(Some)
    }

    /// Compares in batches of at most `size`; `None` when the card says that the judge does not compare.
    fn compare(&self, pairs: &[PairItem<'_>], size: usize) -> Result<Option<Vec<Outcome<Comparison>>>, String> {
        if !self.judge.card().pairwise {
            return Ok(None);
        }
        in_batches(pairs, size.min(self.judge.card().max_batch), |batch| {
            block_on(self.judge.compare(batch, &CallOptions::default()))
        })
        .map(Some)
    }

    fn card_is_true(&self) -> Checked {
        let card = self.judge.card();
        if card.id.is_empty() || card.fingerprint.is_empty() {
            return Err(format!("id \"{}\" or fingerprint \"{}\" is empty", card.id, card.fingerprint));
        }
        if card.pointwise.is_none() && !card.pairwise {
            return Err("the card says that the judge can neither score nor compare".into());
        }
        if card.max_batch == 0 {
            return Err("max_batch is 0".into());
        }
        let options = CallOptions::default();
        if card.pointwise.is_none() {
            let items: Vec<_> = self.items().into_iter().take(1).collect();
            expect_error("score", &block_on(self.judge.score(&items, &options)), ErrorKind::Unsupported)?;
        }
        if !card.pairwise {
            let pairs: Vec<_> = self.pairs().into_iter().take(1).collect();
            expect_error("compare", &block_on(self.judge.compare(&pairs, &options)), ErrorKind::Unsupported)?;
        }
        Ok(())
    }

    fn one_outcome_per_item(&self) -> Checked {
        // `in_batches` compares the lengths.
        self.score(&self.items(), usize::MAX)?;
        self.compare(&self.pairs(), usize::MAX)?;
        Ok(())
    }

    fn batch_equals_single(&self) -> Checked {
        self.twice(|backwards| if backwards { usize::MAX } else { 1 }, true)
    }

    fn same_twice(&self) -> Checked {
        self.twice(|_| usize::MAX, false)
    }

    /// Judges everything twice, in batches of `size(is the second run)`, the second time from the end when `backwards`, and
    /// compares.
    fn twice(&self, size: impl Fn(bool) -> usize, backwards: bool) -> Checked {
        if !self.judge.card().deterministic {
            return Ok(());
        }
        let (items, pairs) = (self.items(), self.pairs());
        if let (Some(once), Some(again)) =
            (self.score(&items, size(false))?, reversed(backwards, &items, |items| self.score(items, size(true)))?)
        {
            same_outcomes("score", &once, &again, |s| s.value)?;
        }
        if let (Some(once), Some(again)) =
            (self.compare(&pairs, size(false))?, reversed(backwards, &pairs, |pairs| self.compare(pairs, size(true)))?)
        {
            same_outcomes("comparison", &once, &again, |c| c.p_first)?;
        }
        Ok(())
    }

    fn cancel_stops(&self) -> Checked {
        let cancelled = CallOptions::default();
        cancelled.cancel.cancel();
        let late = CallOptions::default().with_timeout(Duration::ZERO);
        let most = self.judge.card().max_batch;
        let items: Vec<_> = self.items().into_iter().take(most).collect();
        let pairs: Vec<_> = self.pairs().into_iter().take(most).collect();
        for (options, kind) in [(&cancelled, ErrorKind::Cancelled), (&late, ErrorKind::Timeout)] {
            if self.judge.card().pointwise.is_some() {
                expect_error("score", &block_on(self.judge.score(&items, options)), kind)?;
            }
            if self.judge.card().pairwise {
                expect_error("compare", &block_on(self.judge.compare(&pairs, options)), kind)?;
            }
        }
        if self.judge.card().pointwise.is_some() {
            cancelled_on_the_way("score", items.len(), |options| block_on(self.judge.score(&items, options)))?;
        }
        if self.judge.card().pairwise {
            cancelled_on_the_way("compare", pairs.len(), |options| block_on(self.judge.compare(&pairs, options)))?;
        }
        Ok(())
    }

    fn empty_batch(&self) -> Checked {
        let (card, options) = (self.judge.card(), CallOptions::default());
        let left = |what: &str, n: Result<usize, JudgeError>| match n {
            Ok(0) => Ok(()),
            Ok(n) => Err(format!("{what} gave {n} outcomes for no items")),
            Err(error) => Err(format!("{what} of nothing failed: {error}")),
        };
        if card.pointwise.is_some() {
            left("score", block_on(self.judge.score(&[], &options)).map(|o| o.len()))?;
        }
        if card.pairwise {
            left("compare", block_on(self.judge.compare(&[], &options)).map(|o| o.len()))?;
        }
        Ok(())
    }

    fn scores_on_scale(&self) -> Checked {
        let Some(scale) = self.judge.card().pointwise else { return Ok(()) };
        let outcomes = self.score(&self.items(), usize::MAX)?.unwrap_or_default();
        outcomes.iter().filter_map(Outcome::as_judged).try_for_each(|score| on_scale(scale, score.value))
    }

    fn comparisons_are_sound(&self) -> Checked {
        let outcomes = self.compare(&self.pairs(), usize::MAX)?.unwrap_or_default();
        outcomes.iter().filter_map(Outcome::as_judged).try_for_each(|c| {
            if !(0.0..=1.0).contains(&c.p_first) {
                return Err(format!("p_first {} is no probability", c.p_first));
            }
            let (p, half) = (quantise(c.p_first), quantise(0.5));
            let goes_with = match c.choice {
                Choice::First => p > half,
                Choice::Second => p < half,
                Choice::Tie => p == half,
            };
            if goes_with { Ok(()) } else { Err(format!("choice {:?} with p_first {}", c.choice, c.p_first)) }
        })
    }

    fn compare_follows_score(&self) -> Checked {
        if !self.judge.card().deterministic {
            return Ok(());
        }
        let pairs = self.pairs();
        let ends: Vec<_> = pairs
            .iter()
            .flat_map(|p| [p.first, p.second].map(|candidate| ScoreItem { task: p.task, candidate }))
            .collect();
        let (Some(scores), Some(comparisons)) = (self.score(&ends, usize::MAX)?, self.compare(&pairs, usize::MAX)?)
        else {
            return Ok(());
        };
        for (scores, comparison) in scores.chunks_exact(2).zip(&comparisons) {
            let ([Outcome::Judged(a), Outcome::Judged(b)], Outcome::Judged(c)) = (scores, comparison) else { continue };
            let (a, b) = (quantise(a.value), quantise(b.value));
            if (c.choice == Choice::First && a < b) || (c.choice == Choice::Second && a > b) {
                return Err(format!("prefers {:?} though the scores are {} and {}", c.choice, a, b));
            }
        }
        Ok(())
    }

    fn calls_are_judged(&self) -> Checked {
        let calls = |c: &Candidate| matches!(c.action, Action::Calls(_));
        self.none_fails(|_, c| calls(c))?;
        let items: Vec<_> = self.items().into_iter().filter(|i| calls(i.candidate)).collect();
        let pairs: Vec<_> = self.pairs().into_iter().filter(|p| calls(p.first) && calls(p.second)).collect();
        let scored = self.score(&items, usize::MAX)?.is_none_or(|o| o.iter().any(|o| o.as_judged().is_some()));
        let compared = self.compare(&pairs, usize::MAX)?.is_none_or(|o| o.iter().any(|o| o.as_judged().is_some()));
        if scored && compared { Ok(()) } else { Err("abstains from every call".into()) }
    }

    /// No item that `wanted` picks may be a failure: a bad candidate is data.
    fn none_fails(&self, wanted: impl Fn(&Case, &Candidate) -> bool) -> Checked {
        for case in self.cases {
            let task = &case.task;
            let candidates: Vec<_> = case.samples.iter().filter(|s| wanted(case, &s.candidate)).collect();
            let items: Vec<_> = candidates.iter().map(|s| ScoreItem { task, candidate: &s.candidate }).collect();
            let failed = |why: &str, error: &JudgeError| format!("fails on {} ({why}): {error}", case.name);
            let scores = self.score(&items, usize::MAX)?.unwrap_or_default();
            for (sample, outcome) in candidates.iter().zip(&scores) {
                outcome.as_failed().map_or(Ok(()), |e| Err(failed(sample.why, e)))?;
            }
            let beside: Vec<_> = candidates.iter().flat_map(|s| case.samples.iter().map(move |o| (s, o))).collect();
            let pairs: Vec<_> =
                beside.iter().map(|(s, o)| PairItem { task, first: &s.candidate, second: &o.candidate }).collect();
            let comparisons = self.compare(&pairs, usize::MAX)?.unwrap_or_default();
            for ((sample, _), outcome) in beside.iter().zip(&comparisons) {
                outcome.as_failed().map_or(Ok(()), |e| Err(failed(sample.why, e)))?;
            }
        }
        Ok(())
    }
}

/// Runs `judge` over batches of at most `size`, and checks that each gives one outcome per item.
fn in_batches<I, T>(
    items: &[I],
    size: usize,
    judge: impl Fn(&[I]) -> Result<Vec<Outcome<T>>, JudgeError>,
) -> Result<Vec<Outcome<T>>, String> {
    let mut all = Vec::with_capacity(items.len());
    for batch in items.chunks(size.max(1)) {
        let outcomes = judge(batch).map_err(|e| format!("a batch of {} failed as a whole: {e}", batch.len()))?;
        if outcomes.len() != batch.len() {
            return Err(format!("{} outcomes for {} items", outcomes.len(), batch.len()));
        }
        all.extend(outcomes);
    }
    Ok(all)
}

/// `judge` of the items from the last to the first, put back in order.
fn reversed<I: Copy, T>(
    backwards: bool,
    items: &[I],
    judge: impl Fn(&[I]) -> Result<Option<Vec<T>>, String>,
) -> Result<Option<Vec<T>>, String> {
    if !backwards {
        return judge(items);
    }
    let items: Vec<I> = items.iter().rev().copied().collect();
    Ok(judge(&items)?.map(|mut outcomes| {
        outcomes.reverse();
        outcomes
    }))
}

fn same_outcomes<T>(what: &str, once: &[Outcome<T>], again: &[Outcome<T>], number: impl Fn(&T) -> f64) -> Checked {
    for (i, (a, b)) in once.iter().zip(again).enumerate() {
        let same = match (a, b) {
            (Outcome::Judged(a), Outcome::Judged(b)) => {
                let (a, b) = (number(a), number(b));
                a.total_cmp(&b).is_eq() || (a - b).abs() <= TOLERANCE * a.abs().max(b.abs()).max(1.0)
            }
            (Outcome::Abstained { .. }, Outcome::Abstained { .. }) => true,
            (Outcome::Failed(a), Outcome::Failed(b)) => a.kind() == b.kind(),
            _ => false,
        };
        if !same {
            let tell = |o: &Outcome<T>| match o {
                Outcome::Judged(t) => number(t).to_string(),
                Outcome::Abstained { reason } => format!("abstained ({reason})"),
                Outcome::Failed(e) => format!("failed ({e})"),
            };
            return Err(format!("{what} of item {i} was {}, then {}", tell(a), tell(b)));
        }
    }
    Ok(())
}

fn on_scale(scale: ScoreScale, value: f64) -> Checked {
    match scale {
        _ if value.is_nan() => Err("a score is NaN".into()),
        ScoreScale::Unit if !(0.0..=1.0).contains(&value) => Err(format!("{value} is outside [0, 1]")),
        _ => Ok(()),
    }
}

fn expect_error<T>(what: &str, result: &Result<Vec<Outcome<T>>, JudgeError>, kind: ErrorKind) -> Checked {
    match result {
        Err(error) if error.kind() == kind => Ok(()),
        Err(error) => Err(format!("{what} should have ended in {}, and ended in {error}", kind.as_str())),
        Ok(outcomes) => {
            Err(format!("{what} should have ended in {}, and gave {} outcomes", kind.as_str(), outcomes.len()))
        }
    }
}

/// Raises the flag when the first item is finished.
fn cancelled_on_the_way<T>(
    what: &str,
    n: usize,
    judge: impl Fn(&CallOptions) -> Result<Vec<Outcome<T>>, JudgeError>,
) -> Checked {
    struct Raise(Cancel);
    impl Observer for Raise {
        fn on_item(&self, _: usize) {
            self.0.cancel();
        }
    }
    let cancel = Cancel::default();
    let options = CallOptions::default().with_cancel(cancel.clone()).with_observer(Arc::new(Raise(cancel)));
    match judge(&options) {
        Ok(outcomes) if outcomes.len() != n => {
            Err(format!("{what}, cancelled on its way, gave {} outcomes for {n} items", outcomes.len()))
        }
        Err(error) if error.kind() != ErrorKind::Cancelled => {
            Err(format!("{what}, cancelled on its way, ended in {error}"))
        }
        _ => Ok(()),
    }
}
