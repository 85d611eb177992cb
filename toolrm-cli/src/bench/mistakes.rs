//! The pairs a judge did not win, by what they are about.

use indexmap::IndexMap;
use toolrm_core::{
    call::Candidate,
    score::{Finding, Score},
    task::Task,
};

use super::{
    Judged,
    metrics::{Counts, Verdict},
};

/// Mistakes by category and kind of error.
#[derive(Debug)]
pub(crate) struct Mistakes {
    /// Most to remember of a kind.
    keep: usize,
    kinds: IndexMap<(String, String), Kind>,
}

/// All pairs of one category and kind of error, and the worst mistakes.
#[derive(Debug, Default)]
pub(crate) struct Kind {
    pub(crate) counts: Counts,
    /// Worst first.
    pub(crate) worst: Vec<Mistake>,
}

impl Kind {
    /// Points not won, twice over: a whole number.
    fn lost(&self) -> u64 {
        2 * self.counts.wrong + self.counts.undecided()
    }
}

/// A pair that a judge did not win.
#[derive(Debug)]
pub(crate) struct Mistake {
    pub(crate) id: String,
    pub(crate) category: String,
    pub(crate) error_type: String,
    pub(crate) task: Task,
    pub(crate) verdict: Verdict,
    /// By how much it liked the rejected one better.
    pub(crate) gap: f64,
    pub(crate) chosen: KeptSide,
    pub(crate) rejected: KeptSide,
}

/// One of the two candidates, with the judge's score where it gives one.
#[derive(Debug)]
pub(crate) struct KeptSide {
    pub(crate) candidate: Candidate,
    pub(crate) score: Option<Score>,
}

impl KeptSide {
    pub(crate) fn findings(&self) -> &[Finding] {
        self.score.as_ref().map_or(&[], |score| &score.findings)
    }

    /// The findings that the other side has not: same rule, same words.
    pub(crate) fn findings_not_of<'s>(&'s self, other: &'s Self) -> impl Iterator<Item = &'s Finding> {
        let same = |a: &Finding, b: &Finding| a.rule == b.rule && a.message == b.message;
        self.findings().iter().filter(move |f| !other.findings().iter().any(|o| same(f, o)))
    }
}

impl Mistakes {
    pub(crate) fn new(keep: usize) -> Self {
        Self { keep, kinds: IndexMap::new() }
    }

    /// Whether mistakes are looked at.
    pub(crate) fn kept(&self) -> bool {
        self.keep > 0
    }

    pub(crate) fn add(&mut self, judged: &Judged<'_>) {
        if self.keep == 0 {
            return;
        }
        let key = (judged.pair.category.clone(), judged.pair.error_type.clone());
        let kind = self.kinds.entry(key).or_default();
        kind.counts.add(judged.verdict);
        if judged.verdict == Verdict::Right {
            return;
        }
        let mistake = Mistake::of(judged);
        // Of equally bad ones the earlier in the file stays.
        let place = kind.worst.partition_point(|other| other.gap >= mistake.gap);
        kind.worst.insert(place, mistake);
        kind.worst.truncate(self.keep);
    }

    /// The kinds with mistakes, where most was lost first.
    pub(crate) fn kinds(&self) -> Vec<((&str, &str), &Kind)> {
        let mut kinds: Vec<_> = self.kinds.iter().filter(|(_, kind)| kind.lost() > 0).collect();
        kinds.sort_by_key(|(_, kind)| std::cmp::Reverse(kind.lost()));
        kinds.into_iter().map(|((category, error_type), kind)| ((&**category, &**error_type), kind)).collect()
    }
}

impl Mistake {
    fn of(judged: &Judged<'_>) -> Self {
        let Judged { pair, verdict, comparison, chosen, rejected } = judged;
        let by_scores = chosen.score.as_ref().zip(rejected.score.as_ref()).map(|(c, r)| r.value - c.value);
        let by_verdict = comparison.as_judged().map_or(0.0, |v| 1.0 - 2.0 * v.p_first);
        let kept = |side: &super::Side<'_>| KeptSide { candidate: side.candidate.clone(), score: side.score.clone() };
        Self {
            id: pair.id.clone(),
            category: pair.category.clone(),
            error_type: pair.error_type.clone(),
            task: pair.task.clone(),
            verdict: *verdict,
            gap: by_scores.unwrap_or(by_verdict),
            chosen: kept(chosen),
            rejected: kept(rejected),
        }
    }
}
